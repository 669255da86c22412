/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What BGP is to say, as plain data: the attributes of a route, and a Service's part in a prefix.
 * The agent turns them into messages; nothing here knows a session or an encoding.
 */

#include "base/ip.h"

enum {
	PLAN_BGP_PEERS_MAX = 64,        /* of a node: one bit each */
	PLAN_BGP_COMMUNITIES_MAX = 128, /* of a route, standard and large each */
};

struct plan_bgp_large {
	uint32_t parts[3]; /* global administrator, local data 1 and 2 */
};

/* Path attributes (RFC 4271 section 5). Zero-initialised: none. */
struct plan_bgp_attrs {
	uint32_t *communities; /* owned; sorted, each once */
	size_t community_count;
	struct plan_bgp_large *large; /* owned; sorted, each once */
	size_t large_count;
	uint32_t local_pref; /* 0: none is sent */
	uint32_t med;
	bool has_med;
	uint8_t prepend;   /* how often the own AS is added once more */
	uint32_t weight;   /* endpoints behind it here; 0: no link bandwidth is sent */
	bool has_too_many; /* more communities than PLAN_BGP_COMMUNITIES_MAX: not to be sent */
};

void plan_bgp_attrs_fini(struct plan_bgp_attrs *attrs);
struct plan_bgp_attrs plan_bgp_attrs_copy(const struct plan_bgp_attrs *attrs);
int plan_bgp_attrs_compare(const struct plan_bgp_attrs *a, const struct plan_bgp_attrs *b);

void plan_bgp_add_community(struct plan_bgp_attrs *attrs, uint32_t community);
void plan_bgp_add_large(struct plan_bgp_attrs *attrs, const uint32_t parts[3]);

/**
 * plan_bgp_attrs_merge() - let @attrs speak for @more too, which has the same prefix
 *
 * Communities are united; of the rest the more attractive counts, so that a Service that wants the
 * traffic gets it: the higher local preference, the lower MED (none is lowest), the shorter path.
 * Weights add up unless one has none. The order of merging does not matter.
 */
void plan_bgp_attrs_merge(struct plan_bgp_attrs *attrs, const struct plan_bgp_attrs *more);

/* One Service's part in a prefix, by one BGPAdvertisement. */
struct plan_bgp_path {
	struct ip_prefix prefix;
	char *advertisement; /* owned */
	uint64_t peers;      /* slots of plan/bgp_peers.h */
	struct plan_bgp_attrs attrs;
};

struct plan_bgp_paths {
	struct plan_bgp_path *at; /* owned */
	size_t count;
	size_t capacity;
};

void plan_bgp_paths_fini(struct plan_bgp_paths *paths);
bool plan_bgp_paths_equal(const struct plan_bgp_paths *a, const struct plan_bgp_paths *b);
