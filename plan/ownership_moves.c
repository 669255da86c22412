/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a drain or a rebalance would move, told without doing it.
 */

#include "plan/ownership_moves.h"

#include "plan/ownership_rules.h"

static uint16_t heir_of(const struct ownership *o, const struct claim *claim, bool must_be_better)
{
	for (size_t rank = 0; rank < claim->count; rank++) {
		uint16_t member = claim->candidates[rank];

		if (must_be_better && rank >= claim->self_rank)
			return OWNERSHIP_NOBODY;
		if (member != o->self && o->members[member].state == OWNERSHIP_UP &&
			!o->members[member].is_draining)
			return member;
	}
	return OWNERSHIP_NOBODY;
}

void ownership_would_move(
	const struct ownership *o, bool is_drain, ownership_move_fn *tell, void *user)
{
	each_claim(o, claim)
	{
		uint16_t heir;

		if (claim->state != OWNERSHIP_OWNER)
			continue;
		heir = heir_of(o, claim, !is_drain);
		if (is_drain || heir != OWNERSHIP_NOBODY)
			tell(user, &claim->ip, heir);
	}
}

size_t ownership_rebalance(struct ownership *o, uint64_t now_ns)
{
	size_t count = 0;

	o->now_ns = now_ns;
	each_claim(o, claim)
	{
		uint16_t heir = heir_of(o, claim, true);

		if (claim->state != OWNERSHIP_OWNER || heir == OWNERSHIP_NOBODY)
			continue;
		give_away(o, claim, heir, OWNERSHIP_MOVED);
		count++;
	}
	return count;
}
