/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One address of an ownership comes, goes or is another, without the rest of a snapshot and without
 * memory: whoever calls brings it, and frees what comes back, perhaps in another thread. The actions
 * of many such calls may be taken together, if there is room for all.
 */

#include "plan/ownership.h"

struct claim;

/* All there is to know of an address, and room for it; @address is copied. */
struct claim *ownership_claim_new(const struct ownership_address *address);
struct claim *ownership_claim_free(struct claim *claim);

/* @claim is taken. Return: what it replaces, or NULL; now the caller's. */
struct claim *ownership_put(
	struct ownership *o, struct claim *claim, bool can_serve, uint64_t now_ns);
/* Return: what was kept of it, or NULL; now the caller's. */
struct claim *ownership_drop(struct ownership *o, const struct ip *ip, uint64_t now_ns);

/* For so many actions there must be room. */
size_t ownership_room(size_t members, size_t addresses);
/* @actions is taken. Return: the room there was, now the caller's. */
struct ownership_action *ownership_set_room(
	struct ownership *o, struct ownership_action *actions, size_t capacity);
