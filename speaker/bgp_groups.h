/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Peers that always hear the same share one Adj-RIB-Out: those that the same BGPAdvertisements mean.
 * A change of advertisements or peers may move a peer from one group to another; its session stays.
 * For speaker/bgp.c alone.
 */

#include "bgp/rib.h"
#include "model/model.h"
#include "plan/bgp_peers.h"
#include "plan/bgp_routes.h"

struct bgp_group {
	char *signature; /* owned; what its peers have in common */
	struct bgp_rib *rib;
	uint64_t slots;    /* of its peers, all of them */
	uint32_t local_as; /* of the link bandwidth community; 0: none is sent */
	bool is_filled;    /* has the routes that were there before it */
};

struct bgp_groups {
	struct bgp_group **at; /* owned */
	size_t count;
	size_t capacity;
};

/* Frees all; no peer may be in any of them. */
void bgp_groups_fini(struct bgp_groups *groups);

/* From here on no group has a peer. */
void bgp_groups_begin(struct bgp_groups *groups);

/*
 * Puts @peer, which has a slot, into its group, a new one if need be. Return: the group, borrowed
 * until bgp_groups_sweep().
 */
struct bgp_group *bgp_groups_join(struct bgp_groups *groups, const struct model *model,
	const struct plan_bgp_peer *peer, bool weighs_endpoints);

/* plan_bgp_route_fn: puts a prefix into the groups whose peers it is for, @user; out of the others. */
void bgp_groups_route(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count);

/* Gives groups that are new what is in @routes. */
void bgp_groups_fill(struct bgp_groups *groups, const struct plan_bgp_routes *routes);

/* Frees groups without peers, when nobody is in them any more. */
void bgp_groups_sweep(struct bgp_groups *groups);

/* Lets sessions send; @is_loaded: End-of-RIB may follow. */
void bgp_groups_flush(struct bgp_groups *groups, bool is_loaded);
