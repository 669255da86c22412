/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The rules: which addresses a Service gets. For ipam/ alone.
 */

#include "ipam/ledger.h"

/**
 * ipam_choose() - book addresses for @entry, which holds none
 * @only_claims: give nothing but what the status of the Service says
 *
 * Fills entry->now (addresses, pools, detail).
 */
enum ipam_outcome ipam_choose(
	struct ledger *ledger, const struct model *model, struct entry *entry, bool only_claims);
