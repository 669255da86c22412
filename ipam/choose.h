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

/* How good a title to an address is, the best first. */
enum ipam_title {
	IPAM_TITLE_HELD,     /* had it when this update began */
	IPAM_TITLE_STATUS,   /* the status says so */
	IPAM_TITLE_RESTORED, /* had it once, or before a restart */
	IPAM_TITLE_COUNT_,
};

/*
 * Books what @entry may have by @title beside what it has booked, until ipam_choose() decides: so
 * that nobody who is served before it draws that.
 */
void ipam_reserve(struct ledger *ledger, const struct model *model, struct entry *entry,
	enum ipam_title title);
