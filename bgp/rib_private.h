/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rib.c (the routes of a group) and out.c (its peers) share; nobody else includes this.
 */

#include "bgp/attr_table.h"
#include "bgp/rib.h"
#include "bgp/route_table.h"

#include <bsd/sys/queue.h>

/* Of one peer and family. */
struct out_family {
	uint64_t told;  /* changes up to this one the peer knows, or has in its batch */
	uint64_t *held; /* one bit a route: the peer has been told of it, and not of its end */
	size_t held_words;
	size_t held_count;

	/* Numbers of routes to tell, withdrawals first, then by attributes. */
	uint32_t *batch;
	size_t batch_capacity;
	size_t batch_count;
	size_t batch_at;
	size_t batch_withdrawals; /* so many of them at its start */
	uint64_t batch_seq;       /* routes that changed after this one wait for the next batch */

	bool is_end_of_rib_due;
	bool is_end_of_rib_sent;
	bool is_refresh_wanted;
	bool is_refreshing; /* BoRR is sent, EoRR is due */
	bool is_marker_armed;
	uint64_t marker_seq; /* End-of-RIB or EoRR is true once the peer knows so much */
	uint64_t announced;
	uint64_t withdrawn;
	uint64_t refreshes;
};

struct bgp_out {
	struct bgp_rib *rib;
	LIST_ENTRY(bgp_out) link;
	void (*wake)(void *user);
	void *user;
	bool is_up;
	bool is_drain;
	struct bgp_export ex; /* while up */
	struct out_family family[BGP_FAMILY_COUNT_];
	enum bgp_family turn; /* who comes first in the next buffer */
	uint64_t messages;
	uint64_t bytes;
};

LIST_HEAD(bgp_out_list, bgp_out);

struct bgp_rib {
	struct bgp_route_table table[BGP_FAMILY_COUNT_];
	struct bgp_attr_table attrs; /* of both families */
	struct bgp_out_list outs;
	bool is_loaded;
};

/* True if a peer of the group holds route @number. */
bool bgp_rib_is_held(const struct bgp_rib *rib, enum bgp_family family, uint32_t number);

/* Forgets the dead routes that no peer holds (any more). */
void bgp_rib_sweep(struct bgp_rib *rib, enum bgp_family family);

static inline bool out_holds(const struct out_family *family, uint32_t number)
{
	const size_t word = number / 64;

	return word < family->held_words && (family->held[word] >> (number % 64) & 1);
}
