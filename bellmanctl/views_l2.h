/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "bellmanctl/command.h"

view_fn view_l2;
view_fn view_l2_moves;      /* under way */
view_fn view_l2_would_move; /* with --dry-run */
view_fn view_drain;
