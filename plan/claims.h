/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The claims of an ownership, for its own files alone: by address, and by deadline. Both are trees
 * of what the claims themselves hold, so that one more costs O(log n) and no memory.
 */

#include "base/ip.h"

#include <stdint.h>

#define DUE_NEVER UINT64_MAX

struct claim;
struct ownership;

/* In the order of addresses; none may come or go meanwhile. */
#define each_claim(o, claim) \
	for (struct claim *claim = claims_first(o); claim; claim = claims_next(claim))

struct claim *claims_first(const struct ownership *o);
struct claim *claims_next(const struct claim *claim);
/* The claim of @ip, or NULL. */
struct claim *ownership_find(const struct ownership *o, const struct ip *ip);
void claims_insert(struct ownership *o, struct claim *claim);
/* It stays the caller's. */
void claims_remove(struct ownership *o, struct claim *claim);
/* @at_ns may be DUE_NEVER. */
void claims_set_due(struct ownership *o, struct claim *claim, uint64_t at_ns);
/* The claim with the first deadline, or NULL. */
struct claim *claims_due(const struct ownership *o);
uint64_t claims_due_ns(const struct ownership *o);
