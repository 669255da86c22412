/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/route_table.h"

#include "base/mem.h"

#include <string.h>

enum {
	CAPACITY_MIN = 16,
};

void bgp_route_table_init(struct bgp_route_table *table, uint8_t family)
{
	*table = (struct bgp_route_table){
		.key_len = family == AF_INET ? 5 : BGP_KEY_MAX,
		.free = BGP_ROUTE_NONE,
		.live.last = BGP_ROUTE_NONE,
		.dead.last = BGP_ROUTE_NONE,
	};
}

void bgp_route_table_fini(struct bgp_route_table *table)
{
	free(table->routes);
	free(table->attrs);
	free(table->seqs);
	free(table->keys);
	free(table->index);
}

void bgp_route_key(const struct ip_prefix *prefix, uint8_t key[BGP_KEY_MAX])
{
	key[0] = prefix->len;
	memcpy(key + 1, prefix->ip.bytes, sizeof(prefix->ip.bytes));
}

/* One multiplication a word; the upper half takes part in the lower, which is what counts. */
static uint64_t mix(uint64_t hash, const uint8_t *octets, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, octets, len);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden ratio */
	return hash ^ hash >> 32;
}

static uint32_t hash_key(const struct bgp_route_table *table, const uint8_t *key)
{
	if (table->key_len < BGP_KEY_MAX)
		return (uint32_t)mix(0, key, 5);
	return (uint32_t)mix(mix(mix(0, key + 1, 8), key + 9, 8), key, 1);
}

/* Where in the index @key stands, or the empty place where it would. */
static uint32_t probe(const struct bgp_route_table *table, const uint8_t *key, uint32_t hash)
{
	const uint32_t mask = table->index_size - 1;
	uint32_t at = hash & mask;

	for (; table->index[at]; at = (at + 1) & mask) {
		uint32_t number = table->index[at] - 1;

		if (table->routes[number].hash == hash &&
			memcmp(bgp_route_table_key(table, number), key, table->key_len) == 0)
			break;
	}
	return at;
}

uint32_t bgp_route_table_find(const struct bgp_route_table *table, const uint8_t *key)
{
	uint32_t entry;

	if (table->index_size == 0)
		return BGP_ROUTE_NONE;
	entry = table->index[probe(table, key, hash_key(table, key))];
	return entry ? entry - 1 : BGP_ROUTE_NONE;
}

/* Puts a route into an index in which it is not. */
static void index_insert(struct bgp_route_table *table, uint32_t number)
{
	const uint32_t mask = table->index_size - 1;
	uint32_t at = table->routes[number].hash & mask;

	while (table->index[at])
		at = (at + 1) & mask;
	table->index[at] = number + 1;
}

static void index_grow(struct bgp_route_table *table)
{
	table->index_size = table->index_size ? 2 * table->index_size : CAPACITY_MIN;
	free(table->index);
	table->index = xnew_array(uint32_t, table->index_size);
	for (uint32_t i = 0; i < table->used; i++) {
		if (table->seqs[i] != UINT64_MAX)
			index_insert(table, i);
	}
}

/* Closes the gap at @at, so that no probe ends there too early. */
static void index_remove(struct bgp_route_table *table, uint32_t at)
{
	const uint32_t mask = table->index_size - 1;

	for (uint32_t from = (at + 1) & mask; table->index[from]; from = (from + 1) & mask) {
		uint32_t home = table->routes[table->index[from] - 1].hash & mask;

		/* It may move to the gap unless its home lies behind the gap. */
		if (((from - home) & mask) < ((from - at) & mask))
			continue;
		table->index[at] = table->index[from];
		at = from;
	}
	table->index[at] = 0;
}

static uint32_t take_number(struct bgp_route_table *table)
{
	uint32_t number = table->free;

	if (number != BGP_ROUTE_NONE) {
		table->free = table->routes[number].next;
		return number;
	}
	if (table->used == table->capacity) {
		table->capacity = table->capacity ? 2 * table->capacity : CAPACITY_MIN;
		table->routes = xreallocarray(
			table->routes, table->capacity, sizeof(*table->routes));
		table->attrs = xreallocarray(table->attrs, table->capacity, sizeof(*table->attrs));
		table->seqs = xreallocarray(table->seqs, table->capacity, sizeof(*table->seqs));
		table->keys = xreallocarray(table->keys, table->capacity, table->key_len);
	}
	return table->used++;
}

uint32_t bgp_route_table_add(struct bgp_route_table *table, const uint8_t *key)
{
	uint32_t number = take_number(table);

	memcpy(table->keys + (size_t)number * table->key_len, key, table->key_len);
	table->routes[number] = (struct bgp_route){
		.hash = hash_key(table, key),
		.prev = BGP_ROUTE_NONE,
		.next = BGP_ROUTE_NONE,
	};
	table->attrs[number] = 0;
	table->seqs[number] = 0;
	/* Whether it is in a list is told by seq, which is 0 until its first change. */
	if (2 * ((uint64_t)table->live.count + table->dead.count + 1) > (uint64_t)table->index_size)
		index_grow(table);
	else
		index_insert(table, number);
	return number;
}

static struct bgp_route_list *list_of(struct bgp_route_table *table, uint32_t number)
{
	return table->attrs[number] ? &table->live : &table->dead;
}

static void list_remove(struct bgp_route_table *table, uint32_t number)
{
	struct bgp_route_list *list = list_of(table, number);
	const struct bgp_route *route = &table->routes[number];

	if (route->prev != BGP_ROUTE_NONE)
		table->routes[route->prev].next = route->next;
	if (route->next != BGP_ROUTE_NONE)
		table->routes[route->next].prev = route->prev;
	else
		list->last = route->prev;
	list->count--;
}

void bgp_route_table_change(struct bgp_route_table *table, uint32_t number, uint32_t attrs)
{
	struct bgp_route *route = &table->routes[number];
	struct bgp_route_list *list;

	if (table->seqs[number])
		list_remove(table, number);
	table->attrs[number] = attrs;
	table->seqs[number] = ++table->seq;

	list = list_of(table, number);
	route->prev = list->last;
	route->next = BGP_ROUTE_NONE;
	if (list->last != BGP_ROUTE_NONE)
		table->routes[list->last].next = number;
	list->last = number;
	list->count++;
}

void bgp_route_table_remove(struct bgp_route_table *table, uint32_t number)
{
	struct bgp_route *route = &table->routes[number];

	index_remove(table, probe(table, bgp_route_table_key(table, number), route->hash));
	list_remove(table, number);
	table->attrs[number] = 0;
	table->seqs[number] = UINT64_MAX;
	route->next = table->free;
	table->free = number;
}

size_t bgp_route_table_memory(const struct bgp_route_table *table)
{
	return (size_t)table->capacity *
		(sizeof(*table->routes) + sizeof(*table->attrs) + sizeof(*table->seqs) +
			table->key_len) +
		(size_t)table->index_size * sizeof(*table->index);
}
