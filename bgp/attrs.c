/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/attrs.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>

void bgp_attrs_fini(struct bgp_attrs *attrs)
{
	free(attrs->as_path);
	free(attrs->communities);
	free(attrs->extended);
	free(attrs->large);
	*attrs = (struct bgp_attrs){ 0 };
}

/* A copy of @count items, NULL if there are none. */
static void *copy_list(const void *list, size_t count, size_t size)
{
	return count > 0 ? xmemdup(list, count * size) : NULL;
}

struct bgp_attrs bgp_attrs_copy(const struct bgp_attrs *attrs)
{
	struct bgp_attrs copy = *attrs;

	copy.as_path = copy_list(copy.as_path, copy.as_path_count, sizeof(*copy.as_path));
	copy.communities = copy_list(
		copy.communities, copy.community_count, sizeof(*copy.communities));
	copy.extended = copy_list(copy.extended, copy.extended_count, sizeof(*copy.extended));
	copy.large = copy_list(copy.large, copy.large_count, sizeof(*copy.large));
	return copy;
}

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a;
	const uint32_t *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_large(const void *a, const void *b)
{
	return bgp_large_compare(a, b);
}

/* Puts @item into the sorted *@list of *@count items of @size bytes, unless it is there. */
static int insert(void **list, uint8_t *count, const void *item, size_t size,
	int (*compare)(const void *a, const void *b))
{
	size_t at = *count;
	uint8_t *bytes;

	while (at > 0) {
		int order = compare((const uint8_t *)*list + (at - 1) * size, item);

		if (order == 0)
			return 0;
		if (order < 0)
			break;
		at--;
	}
	if (*count == BGP_COMMUNITIES_MAX)
		return -E2BIG;
	bytes = xreallocarray(*list, *count + 1U, size);
	memmove(bytes + (at + 1) * size, bytes + at * size, (*count - at) * size);
	memcpy(bytes + at * size, item, size);
	*list = bytes;
	(*count)++;
	return 0;
}

int bgp_attrs_add(struct bgp_attrs *attrs, const struct bgp_community *community)
{
	switch (community->kind) {
	case BGP_COMMUNITY_STANDARD:
		return insert((void **)&attrs->communities, &attrs->community_count,
			&community->standard, sizeof(community->standard), compare_u32);
	case BGP_COMMUNITY_EXTENDED:
		return insert((void **)&attrs->extended, &attrs->extended_count,
			&community->extended, sizeof(community->extended), compare_u64);
	case BGP_COMMUNITY_LARGE:
		break;
	}
	return insert((void **)&attrs->large, &attrs->large_count, &community->large,
		sizeof(community->large), compare_large);
}

int bgp_attrs_add_as(struct bgp_attrs *attrs, uint32_t as)
{
	if (attrs->as_path_count == BGP_PATH_MAX)
		return -E2BIG;
	attrs->as_path = xreallocarray(
		attrs->as_path, attrs->as_path_count + 1U, sizeof(*attrs->as_path));
	attrs->as_path[attrs->as_path_count++] = as;
	return 0;
}

bool bgp_attrs_has_community(const struct bgp_attrs *attrs, uint32_t community)
{
	return attrs->community_count > 0 &&
		bsearch(&community, attrs->communities, attrs->community_count, sizeof(community),
			compare_u32);
}

static bool list_equal(const void *a, const void *b, size_t count, size_t size)
{
	return count == 0 || memcmp(a, b, count * size) == 0;
}

bool bgp_attrs_equal(const struct bgp_attrs *a, const struct bgp_attrs *b)
{
	return a->origin == b->origin && a->prepend == b->prepend && a->has_med == b->has_med &&
		a->has_local_pref == b->has_local_pref && (!a->has_med || a->med == b->med) &&
		(!a->has_local_pref || a->local_pref == b->local_pref) &&
		ip_equal(&a->next_hop, &b->next_hop) && a->as_path_count == b->as_path_count &&
		a->community_count == b->community_count &&
		a->extended_count == b->extended_count && a->large_count == b->large_count &&
		list_equal(a->as_path, b->as_path, a->as_path_count, sizeof(*a->as_path)) &&
		list_equal(a->communities, b->communities, a->community_count,
			sizeof(*a->communities)) &&
		list_equal(a->extended, b->extended, a->extended_count, sizeof(*a->extended)) &&
		list_equal(a->large, b->large, a->large_count, sizeof(*a->large));
}

/* FNV-1a over @len bytes, on from @hash. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint32_t bgp_attrs_hash(const struct bgp_attrs *attrs)
{
	const uint32_t numbers[] = { attrs->origin, attrs->prepend, attrs->has_med,
		attrs->has_local_pref, attrs->has_med ? attrs->med : 0,
		attrs->has_local_pref ? attrs->local_pref : 0, attrs->as_path_count,
		attrs->community_count, ip_hash(&attrs->next_hop) };
	uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), numbers, sizeof(numbers));

	hash = hash_bytes(hash, attrs->as_path, attrs->as_path_count * sizeof(*attrs->as_path));
	hash = hash_bytes(
		hash, attrs->communities, attrs->community_count * sizeof(*attrs->communities));
	hash = hash_bytes(hash, attrs->extended, attrs->extended_count * sizeof(*attrs->extended));
	hash = hash_bytes(hash, attrs->large, attrs->large_count * sizeof(*attrs->large));
	return (uint32_t)(hash ^ hash >> 32);
}
