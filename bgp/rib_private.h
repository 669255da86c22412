/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rib.c (the routes of a group) and out.c (its peers) share; nobody else includes this.
 */

#include "bgp/attr_table.h"
#include "bgp/rib.h"
#include "bgp/route_table.h"

#include <bsd/sys/queue.h>

/* Routes with neighbouring numbers and the same attributes. */
struct out_run {
	uint32_t first;
	uint32_t count;
};

struct out_runs {
	struct out_run *runs;
	size_t count;
	size_t capacity;
};

/*
 * What is to be told next: runs of routes, withdrawals first, then by attributes. A run that was told
 * in part is shorter by that part.
 */
struct out_batch {
	struct out_runs all;
	size_t at;          /* the run whose turn it is */
	size_t withdrawals; /* so many runs at the start */
	uint64_t seq;       /* routes that changed after this one wait for the next batch */
};

/* Of one peer and family. */
struct out_family {
	uint64_t told;  /* changes up to this one the peer knows, or has in its batch */
	uint64_t *held; /* one bit a route: the peer has been told of it, and not of its end */
	size_t held_words;
	size_t held_count;

	struct out_batch batch;

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

/* Collects all that changed since the peer was told, sorted, and counts it as told. O(changes). */
void out_batch_collect(struct bgp_out *out, enum bgp_family i);

/* Forgets it; a small one keeps its memory. */
void out_batch_drop(struct out_batch *batch);

/* The next route that is still as it was when it was collected, or BGP_ROUTE_NONE. */
uint32_t out_batch_peek(struct out_family *family, const struct bgp_route_table *table);

/* How many routes from the next one on stand in its run and are still as they were; at most @most. */
uint32_t out_batch_run(
	const struct out_family *family, const struct bgp_route_table *table, size_t most);

/* So many of the run have been told. */
void out_batch_skip(struct out_batch *batch, uint32_t count);

static inline bool out_batch_is_left(const struct out_batch *batch)
{
	return batch->at < batch->all.count;
}

static inline bool out_holds(const struct out_family *family, uint32_t number)
{
	const size_t word = number / 64;

	return word < family->held_words && (family->held[word] >> (number % 64) & 1);
}
