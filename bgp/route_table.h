/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The routes of one family: a hash of prefixes, and two lists in the order of the last change: live
 * ones (announced) and dead ones (withdrawn, but some peer has still to be told).
 *
 * A route is a number that stays its own until it is removed. A change gives it the next sequence
 * number and puts it last, so what somebody has not seen yet is the end of a list. 24 octets a
 * route, the prefix as it stands on the wire (5 or 17 octets), and 8 to 16 for the hash.
 */

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BGP_KEY_MAX = 17, /* length in bits, then all octets of the address */
};

#define BGP_ROUTE_NONE UINT32_MAX

/* How a route is found and in which order it changed. */
struct bgp_route {
	uint32_t hash;
	uint32_t prev; /* in its list; BGP_ROUTE_NONE: it is the first */
	uint32_t next; /* in its list or among the free ones */
};

struct bgp_route_list {
	uint32_t last;
	uint32_t count;
};

struct bgp_route_table {
	/* By number; apart, since who tells a whole table reads attributes first, then the rest. */
	struct bgp_route *routes;
	uint32_t *attrs; /* number in the attribute table; 0: dead or removed */
	uint64_t *seqs;  /* of the last change; UINT64_MAX: removed */
	uint8_t *keys;
	uint32_t *index; /* open addressing: number + 1, or 0 */
	uint32_t key_len;
	uint32_t used;       /* numbers handed out so far, free ones included */
	uint32_t capacity;   /* of these four */
	uint32_t index_size; /* a power of two, at least twice the routes; or 0 */
	uint32_t free;
	struct bgp_route_list live;
	struct bgp_route_list dead;
	uint64_t seq; /* of the last change; 0: there was none */
};

void bgp_route_table_init(struct bgp_route_table *table, uint8_t family);
void bgp_route_table_fini(struct bgp_route_table *table);

/* The octets of @prefix as they are compared and sent. */
void bgp_route_key(const struct ip_prefix *prefix, uint8_t key[BGP_KEY_MAX]);

/* The number of the route with @key, or BGP_ROUTE_NONE. */
uint32_t bgp_route_table_find(const struct bgp_route_table *table, const uint8_t *key);

/* Adds a route that is not there yet; it is in no list before bgp_route_table_change(). */
uint32_t bgp_route_table_add(struct bgp_route_table *table, const uint8_t *key);

/* Gives the route @attrs, 0 for dead, as the latest change. */
void bgp_route_table_change(struct bgp_route_table *table, uint32_t number, uint32_t attrs);

/* Forgets a route that is in a list; its number may come back for another prefix. */
void bgp_route_table_remove(struct bgp_route_table *table, uint32_t number);

static inline const uint8_t *bgp_route_table_key(
	const struct bgp_route_table *table, uint32_t number)
{
	return table->keys + (size_t)number * table->key_len;
}

/* Octets of heap. */
size_t bgp_route_table_memory(const struct bgp_route_table *table);
