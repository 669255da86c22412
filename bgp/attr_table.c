/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/attr_table.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
	CAPACITY_MIN = 8,
};

void bgp_attr_table_fini(struct bgp_attr_table *table)
{
	for (uint32_t i = 1; i <= table->used; i++)
		bgp_attrs_fini(&table->sets[i].attrs);
	free(table->sets);
	free(table->buckets);
	*table = (struct bgp_attr_table){ 0 };
}

static uint32_t *bucket_of(struct bgp_attr_table *table, uint32_t hash)
{
	return &table->buckets[hash & (table->capacity - 1)];
}

static void grow(struct bgp_attr_table *table)
{
	uint32_t capacity = table->capacity ? 2 * table->capacity : CAPACITY_MIN;

	table->sets = xreallocarray(table->sets, capacity, sizeof(*table->sets));
	memset(table->sets + table->capacity, 0,
		(capacity - table->capacity) * sizeof(*table->sets));
	free(table->buckets);
	table->buckets = xnew_array(uint32_t, capacity);
	table->capacity = capacity;

	/* Only a full table grows, so every number up to used is in use. */
	for (uint32_t i = 1; i <= table->used; i++) {
		uint32_t *bucket = bucket_of(table, table->sets[i].hash);

		table->sets[i].next = *bucket;
		*bucket = i;
	}
}

static uint32_t take_number(struct bgp_attr_table *table)
{
	uint32_t number = table->free;

	if (number) {
		table->free = table->sets[number].next;
		return number;
	}
	if (table->used + 1 >= table->capacity)
		grow(table);
	return ++table->used;
}

static uint32_t find(struct bgp_attr_table *table, const struct bgp_attrs *attrs, uint32_t hash)
{
	if (table->capacity == 0)
		return 0;
	for (uint32_t i = *bucket_of(table, hash); i; i = table->sets[i].next) {
		if (table->sets[i].hash == hash && bgp_attrs_equal(&table->sets[i].attrs, attrs))
			return i;
	}
	return 0;
}

static uint32_t add(struct bgp_attr_table *table, const struct bgp_attrs *attrs, uint32_t hash)
{
	uint32_t number = take_number(table);
	uint32_t *bucket = bucket_of(table, hash);

	table->sets[number] = (struct bgp_attr_set){
		.attrs = bgp_attrs_copy(attrs),
		.hash = hash,
		.next = *bucket,
	};
	*bucket = number;
	table->count++;
	return number;
}

uint32_t bgp_attr_table_hold(struct bgp_attr_table *table, const struct bgp_attrs *attrs)
{
	uint32_t number = table->last;

	if (!number || !bgp_attrs_equal(&table->sets[number].attrs, attrs)) {
		uint32_t hash = bgp_attrs_hash(attrs);

		number = find(table, attrs, hash);
		if (!number)
			number = add(table, attrs, hash);
		table->last = number;
	}
	table->sets[number].routes++;
	return number;
}

void bgp_attr_table_release(struct bgp_attr_table *table, uint32_t number)
{
	struct bgp_attr_set *set = &table->sets[number];
	uint32_t *link;

	assert(set->routes > 0);
	if (--set->routes > 0)
		return;
	link = bucket_of(table, set->hash);
	while (*link != number)
		link = &table->sets[*link].next;
	*link = set->next;

	bgp_attrs_fini(&set->attrs);
	set->next = table->free;
	table->free = number;
	table->count--;
	if (table->last == number)
		table->last = 0;
}

size_t bgp_attr_table_memory(const struct bgp_attr_table *table)
{
	size_t bytes = table->capacity * (sizeof(*table->sets) + sizeof(*table->buckets));

	for (uint32_t i = 1; i <= table->used; i++) {
		const struct bgp_attrs *attrs = &table->sets[i].attrs;

		bytes += attrs->as_path_count * sizeof(*attrs->as_path) +
			attrs->community_count * sizeof(*attrs->communities) +
			attrs->extended_count * sizeof(*attrs->extended) +
			attrs->large_count * sizeof(*attrs->large);
	}
	return bytes;
}
