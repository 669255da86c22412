/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which prefixes are to be announced, to whom and with what: the parts that Services have in them,
 * merged. An index by prefix holds each part once with a count, so that a change costs what it
 * touches: one Service more behind an aggregate of ten thousand is one number. Pure.
 */

#include "plan/bgp.h"
#include "plan/plan.h"

struct plan_bgp_routes;

/* One announcement: the peers of a prefix that hear the same. */
struct plan_bgp_route {
	uint64_t peers;
	struct plan_bgp_attrs attrs;
};

struct plan_bgp_routes *plan_bgp_routes_new(void);
struct plan_bgp_routes *plan_bgp_routes_free(struct plan_bgp_routes *routes);
DEFINE_FREEP(struct plan_bgp_routes, plan_bgp_routes);

/* Takes the parts of @before out and those of @after in; either may be NULL. */
void plan_bgp_routes_change(struct plan_bgp_routes *routes, const struct service_plan *before,
	const struct service_plan *after);

/*
 * @routes are borrowed for the call; no peer is in two of them. None: the prefix is to be withdrawn.
 * A route with attrs.has_too_many is not to be announced either.
 */
typedef void plan_bgp_route_fn(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count);

/* Tells what the prefixes touched since the last call have become. May tell what was so before. */
void plan_bgp_routes_flush(struct plan_bgp_routes *routes, plan_bgp_route_fn *on_route, void *user);

/* Tells of all prefixes, in order. */
void plan_bgp_routes_visit(
	const struct plan_bgp_routes *routes, plan_bgp_route_fn *on_route, void *user);

size_t plan_bgp_routes_count(const struct plan_bgp_routes *routes);

/* Prefixes that some peer does not hear of for having too many communities, as of the last flush. */
size_t plan_bgp_routes_too_many(const struct plan_bgp_routes *routes);
