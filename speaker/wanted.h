/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which addresses this node is to announce, and on which links, as its Services want it: several
 * Services may share one address. Told of one Service's change at a time, it says which addresses
 * are another for it, so that a turn costs what changed. Pure.
 */

#include "plan/plan.h"

struct wanted;

struct wanted *wanted_new(void);
struct wanted *wanted_free(struct wanted *wanted);
DEFINE_FREEP(struct wanted, wanted);

/* The plan of one Service was @before and is @after; NULL: there is none. Both are borrowed. */
void wanted_change(
	struct wanted *wanted, const struct service_plan *before, const struct service_plan *after);

/* An address, wanted on the @count links @ifindexes (sorted, borrowed); 0: not at all. */
typedef void wanted_fn(void *user, const struct ip *ip, const unsigned *ifindexes, size_t count);

/* Tells of each address that changed since it was last asked, once; of those that are as they were,
 * nothing. */
void wanted_take(struct wanted *wanted, wanted_fn *tell, void *user);
