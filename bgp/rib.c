/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/rib.h"

#include "base/mem.h"
#include "bgp/rib_private.h"

#include <assert.h>

static enum bgp_family family_of(const struct ip_prefix *prefix)
{
	return prefix->ip.family == AF_INET ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST;
}

struct bgp_rib *bgp_rib_new(void)
{
	struct bgp_rib *rib = xnew(struct bgp_rib);

	bgp_route_table_init(&rib->table[BGP_IPV4_UNICAST], AF_INET);
	bgp_route_table_init(&rib->table[BGP_IPV6_UNICAST], AF_INET6);
	LIST_INIT(&rib->outs);
	return rib;
}

struct bgp_rib *bgp_rib_free(struct bgp_rib *rib)
{
	if (!rib)
		return NULL;

	assert(LIST_EMPTY(&rib->outs));
	for (size_t i = 0; i < BGP_FAMILY_COUNT_; i++)
		bgp_route_table_fini(&rib->table[i]);
	bgp_attr_table_fini(&rib->attrs);
	free(rib);
	return NULL;
}

bool bgp_rib_is_held(const struct bgp_rib *rib, enum bgp_family family, uint32_t number)
{
	const struct bgp_out *out;

	LIST_FOREACH(out, &rib->outs, link)
	{
		if (out_holds(&out->family[family], number))
			return true;
	}
	return false;
}

void bgp_rib_sweep(struct bgp_rib *rib, enum bgp_family family)
{
	struct bgp_route_table *table = &rib->table[family];
	uint32_t number = table->dead.last;

	while (number != BGP_ROUTE_NONE) {
		uint32_t prev = table->routes[number].prev;

		if (!bgp_rib_is_held(rib, family, number))
			bgp_route_table_remove(table, number);
		number = prev;
	}
}

/* The number of @prefix, dead or live, or BGP_ROUTE_NONE. */
static uint32_t find(const struct bgp_rib *rib, const struct ip_prefix *prefix)
{
	uint8_t key[BGP_KEY_MAX];

	bgp_route_key(prefix, key);
	return bgp_route_table_find(&rib->table[family_of(prefix)], key);
}

bool bgp_rib_put(struct bgp_rib *rib, const struct ip_prefix *prefix, const struct bgp_attrs *attrs)
{
	struct bgp_route_table *table = &rib->table[family_of(prefix)];
	uint8_t key[BGP_KEY_MAX];
	uint32_t number;
	uint32_t old = 0;

	bgp_route_key(prefix, key);
	number = bgp_route_table_find(table, key);
	if (number == BGP_ROUTE_NONE)
		number = bgp_route_table_add(table, key);
	else
		old = table->attrs[number];
	if (old && bgp_attrs_equal(bgp_attr_table_get(&rib->attrs, old), attrs))
		return false;

	/* Taken before the old one is released: @attrs may be borrowed from there. */
	bgp_route_table_change(table, number, bgp_attr_table_hold(&rib->attrs, attrs));
	if (old)
		bgp_attr_table_release(&rib->attrs, old);
	return true;
}

bool bgp_rib_drop(struct bgp_rib *rib, const struct ip_prefix *prefix)
{
	enum bgp_family family = family_of(prefix);
	struct bgp_route_table *table = &rib->table[family];
	uint32_t number = find(rib, prefix);
	uint32_t attrs;

	if (number == BGP_ROUTE_NONE || table->attrs[number] == 0)
		return false;
	attrs = table->attrs[number];
	if (bgp_rib_is_held(rib, family, number))
		bgp_route_table_change(table, number, 0);
	else
		bgp_route_table_remove(table, number); /* nobody was told */
	bgp_attr_table_release(&rib->attrs, attrs);
	return true;
}

void bgp_rib_set_loaded(struct bgp_rib *rib)
{
	rib->is_loaded = true;
	bgp_rib_flush(rib);
}

void bgp_rib_flush(struct bgp_rib *rib)
{
	struct bgp_out *out;

	LIST_FOREACH(out, &rib->outs, link)
	{
		if (bgp_out_is_pending(out))
			out->wake(out->user);
	}
}

size_t bgp_rib_count(const struct bgp_rib *rib, enum bgp_family family)
{
	return rib->table[family].live.count;
}

size_t bgp_rib_attrs_count(const struct bgp_rib *rib)
{
	return rib->attrs.count;
}

size_t bgp_rib_memory(const struct bgp_rib *rib)
{
	size_t bytes = sizeof(*rib) + bgp_attr_table_memory(&rib->attrs);
	const struct bgp_out *out;

	for (size_t i = 0; i < BGP_FAMILY_COUNT_; i++)
		bytes += bgp_route_table_memory(&rib->table[i]);
	LIST_FOREACH(out, &rib->outs, link)
	{
		bytes += sizeof(*out);
		for (size_t i = 0; i < BGP_FAMILY_COUNT_; i++)
			bytes += out->family[i].held_words * sizeof(uint64_t) +
				out->family[i].batch.all.capacity * sizeof(struct out_run);
	}
	return bytes;
}
