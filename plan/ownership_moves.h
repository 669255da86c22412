/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moves of many addresses at once that people ask for.
 */

#include "plan/ownership.h"

/* @to: OWNERSHIP_NOBODY if no other node can take it. */
typedef void ownership_move_fn(void *user, const struct ip *ip, uint16_t to);

/* Tells what a drain (else: a rebalance) of self would give to whom. Changes nothing. */
void ownership_would_move(
	const struct ownership *o, bool is_drain, ownership_move_fn *tell, void *user);

/* Gives what self owns to the first live node of its order, if that is another. How many. */
size_t ownership_rebalance(struct ownership *o, uint64_t now_ns);
