/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The BFD engine of the wire thread as main sees it: the functions of bfd/engine.h, carried over.
 * What becomes of a session comes back as WIRE_EV_BFD.
 */

#include "speaker/wire.h"

/* @conf is copied. What bfd_engine_put() refuses is a line in the log: check the parts before. */
void wire_bfd_put(struct wire *wire, const struct bfd_session_conf *conf);
void wire_bfd_drop(struct wire *wire, const struct bfd_key *key);
void wire_bfd_set_admin(
	struct wire *wire, const struct bfd_key *key, bool is_down, enum bfd_diag diag);

/* As bfd_engine_visit(): the wire thread makes copies, without keys; @visit runs in main. */
void wire_bfd_visit(struct wire *wire, bfd_session_view_fn *visit, void *user);

/* What belongs to no session. */
void wire_bfd_view(struct wire *wire, struct bfd_engine_view *ret_view);
