/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Attribute values in use, each once, by number. A value lives as long as a route has its number.
 * Numbers are small and start at 1; 0 is no value.
 */

#include "bgp/attrs.h"

#include <stddef.h>
#include <stdint.h>

struct bgp_attr_set {
	struct bgp_attrs attrs; /* owned */
	uint32_t hash;
	uint32_t routes;      /* that have this number; 0: the number is free */
	uint32_t next;        /* in its bucket, or free number; 0: none */
	uint32_t batch;       /* for who sorts routes by number: zero in between */
	uint32_t batch_chain; /* likewise */
};

struct bgp_attr_table {
	struct bgp_attr_set *sets; /* [0] is not used */
	uint32_t *buckets;
	uint32_t used;     /* numbers handed out so far, free ones included */
	uint32_t capacity; /* of sets; as many buckets, a power of two */
	uint32_t free;     /* head of the free numbers; 0: none */
	uint32_t count;    /* values in use */
	uint32_t last;     /* the number given out last: most routes want the same */
};

void bgp_attr_table_fini(struct bgp_attr_table *table);

/* The number of a value equal to @attrs, which is copied if it is new; counts one route more. */
uint32_t bgp_attr_table_hold(struct bgp_attr_table *table, const struct bgp_attrs *attrs);

/* One route less has @number. */
void bgp_attr_table_release(struct bgp_attr_table *table, uint32_t number);

static inline const struct bgp_attrs *bgp_attr_table_get(
	const struct bgp_attr_table *table, uint32_t number)
{
	return &table->sets[number].attrs;
}

/* Octets of heap. */
size_t bgp_attr_table_memory(const struct bgp_attr_table *table);
