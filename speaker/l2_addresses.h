/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the plans of all Services want of a membership, by address: several Services may share one.
 * Told of one Service's change at a time, it says which addresses are another for it, so that a turn
 * costs what changed. Pure.
 */

#include "plan/plan.h"
#include "speaker/membership.h"

struct l2_addresses;

struct l2_addresses *l2_addresses_new(void);
struct l2_addresses *l2_addresses_free(struct l2_addresses *addresses);
DEFINE_FREEP(struct l2_addresses, l2_addresses);

/* The plan of one Service was @before and is @after; NULL: there is none. @after is borrowed until it
 * comes as @before. */
void l2_addresses_change(struct l2_addresses *addresses, const struct service_plan *before,
	const struct service_plan *after);

/**
 * l2_addresses_take() - what changed since it was last asked
 * @nodes:     candidates are told by their numbers there
 * @is_whole:  all addresses are told again, since nodes have other numbers
 * @is_spread: orders are those of plan/spread.h, which may change any of them
 *
 * What comes back is borrowed until the next call.
 */
struct membership_changes l2_addresses_take(struct l2_addresses *addresses,
	const struct membership_snapshot *nodes, bool is_whole, bool is_spread);

/* As it was told last; an address that is not known has no candidates. Borrowed. */
struct ownership_address l2_addresses_find(
	const struct l2_addresses *addresses, const struct ip *ip);
