/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a peer announces to us: never used, only shown. At most BGP_RECEIVED_MAX prefixes are kept;
 * what is beyond is counted.
 */

#include "base/ip.h"
#include "bgp/update_parse.h"

enum {
	BGP_RECEIVED_MAX = 1000,
};

struct bgp_received_route {
	struct ip_prefix prefix;
	struct ip next_hop;
	uint32_t first_as; /* 0: empty path */
	uint32_t origin_as;
	uint16_t path_len; /* AS numbers */
	bool has_loop;     /* our own AS stands in the path */
};

struct bgp_received_counts {
	uint64_t updates;
	uint64_t announced; /* prefixes, each time they came */
	uint64_t withdrawn;
	uint64_t treated_as_withdraw; /* prefixes of faulty UPDATEs (RFC 7606) */
	uint64_t discarded_attrs;
	uint64_t faulty_updates;
	uint64_t foreign_families; /* attributes of families that were not agreed */
	uint64_t loops;
	uint64_t not_kept; /* announced when the table was full */
	uint64_t end_of_rib[BGP_FAMILY_COUNT_];
};

struct bgp_received {
	struct bgp_received_route *routes; /* sorted by prefix; owned */
	size_t count;
	struct bgp_received_counts counts;
};

void bgp_received_fini(struct bgp_received *received);

/* Forgets the routes, keeps the counts: the session is gone. */
void bgp_received_clear(struct bgp_received *received);

/* Takes in what @update says; its verdict is not RESET. */
void bgp_received_add(struct bgp_received *received, const struct bgp_update *update);

/* The route of @prefix, borrowed, or NULL. */
const struct bgp_received_route *bgp_received_find(
	const struct bgp_received *received, const struct ip_prefix *prefix);
