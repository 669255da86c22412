/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/pools.h"

#include "base/mem.h"
#include "model/select.h"

#include <errno.h>
#include <string.h>

struct ipam_span {
	struct ip_range range;
	size_t pool; /* position in at */
};

/* Copies @len bytes of @from without spaces around them; false if it is too long. */
static bool copy_trimmed(const char *from, size_t len, char to[IP_TEXT_SIZE])
{
	while (len > 0 && from[0] == ' ') {
		from++;
		len--;
	}
	while (len > 0 && from[len - 1] == ' ')
		len--;
	if (len >= IP_TEXT_SIZE)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

int pool_entry_parse(const char *text, struct ip_range *ret_range)
{
	const char *dash = strchr(text, '-');
	char first[IP_TEXT_SIZE];
	char last[IP_TEXT_SIZE];
	struct ip_prefix prefix;
	struct ip_range range;

	if (!dash) {
		if (ip_prefix_parse(text, &prefix) < 0)
			return -EINVAL;
		*ret_range = ip_prefix_range(&prefix);
		return 0;
	}
	if (!copy_trimmed(text, (size_t)(dash - text), first) ||
		!copy_trimmed(dash + 1, strlen(dash + 1), last))
		return -EINVAL;
	if (ip_parse(first, &range.first) < 0 || ip_parse(last, &range.last) < 0)
		return -EINVAL;
	if (range.first.family != range.last.family || ip_compare(&range.first, &range.last) > 0)
		return -EINVAL;
	*ret_range = range;
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct ipam_span *left = a;
	const struct ipam_span *right = b;

	return ip_compare(&left->range.first, &right->range.first);
}

static bool overlaps_any(const struct ipam_pools *pools, const struct ip_range *range)
{
	for (size_t i = 0; i < pools->span_count; i++) {
		if (ip_range_overlaps(&pools->spans[i].range, range))
			return true;
	}
	return false;
}

static uint64_t saturated_sum(uint64_t a, uint64_t b)
{
	return b > INT64_MAX || a > INT64_MAX - b ? INT64_MAX : a + b;
}

static void add_entries(struct ipam_pools *pools, size_t at, size_t *capacity)
{
	struct ipam_pool *pool = &pools->at[at];

	for (size_t i = 0; i < pool->spec->addresses.count; i++) {
		struct ip_range range;
		unsigned family;

		if (pool_entry_parse(pool->spec->addresses.at[i], &range) < 0 ||
			overlaps_any(pools, &range))
			continue;
		family = family_index(range.first.family);
		free_set_add_range(pool->free[family], &range, (unsigned)i);
		pool->total[family] = saturated_sum(pool->total[family], ip_range_size(&range));
		pool->has_family[family] = true;
		*array_add(pools->spans, pools->span_count, *capacity) = (struct ipam_span){ range,
			at };
	}
}

/* Two pools of one name in two namespaces are one too many: the first in order counts. */
static bool is_known(const struct ipam_pools *pools, const char *name)
{
	for (size_t i = 0; i < pools->count; i++) {
		if (strcmp(pools->at[i].name, name) == 0)
			return true;
	}
	return false;
}

static int compare_pools(const void *a, const void *b)
{
	const struct ipam_pool *left = a;
	const struct ipam_pool *right = b;

	return strcmp(left->name, right->name);
}

void ipam_pools_init(struct ipam_pools *pools, const struct model *model)
{
	size_t span_capacity = 0;
	size_t capacity = 0;

	*pools = (struct ipam_pools){ 0 };
	model_each(model, MODEL_POOL, object)
	{
		const struct pool *spec = (const struct pool *)object;
		struct ipam_pool *pool;

		if (is_known(pools, object->meta.name))
			continue;
		pool = array_add(pools->at, pools->count, capacity);
		pool->name = xstrdup(object->meta.name);
		pool->spec = spec;
		pool->free[0] = free_set_new();
		pool->free[1] = free_set_new();
		pool->auto_assign = !spec->auto_assign.is_set || spec->auto_assign.value;
		pool->avoid_buggy = spec->avoid_buggy_ips;
	}
	if (pools->count > 1)
		qsort(pools->at, pools->count, sizeof(pools->at[0]), compare_pools);
	for (size_t i = 0; i < pools->count; i++)
		add_entries(pools, i, &span_capacity);
	if (pools->span_count > 1)
		qsort(pools->spans, pools->span_count, sizeof(pools->spans[0]), compare_spans);
}

void ipam_pools_fini(struct ipam_pools *pools)
{
	for (size_t i = 0; i < pools->count; i++) {
		free(pools->at[i].name);
		free_set_free(pools->at[i].free[0]);
		free_set_free(pools->at[i].free[1]);
	}
	free(pools->at);
	free(pools->spans);
	*pools = (struct ipam_pools){ 0 };
}

struct ipam_pool *ipam_pools_find(const struct ipam_pools *pools, const char *name)
{
	const struct ipam_pool wanted = { .name = (char *)name };

	if (pools->count == 0)
		return NULL;
	return bsearch(&wanted, pools->at, pools->count, sizeof(pools->at[0]), compare_pools);
}

struct ipam_pool *ipam_pools_of(const struct ipam_pools *pools, const struct ip *ip)
{
	size_t low = 0;
	size_t high = pools->span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ipam_span *span = &pools->spans[middle];

		if (ip_range_contains(&span->range, ip))
			return &pools->at[span->pool];
		if (ip_compare(ip, &span->range.first) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool namespace_matches(
	const struct pool *spec, const struct model *model, const struct service *service)
{
	const char *name = object_ns(&service->object);
	const struct object *ns;

	if (spec->namespaces.count == 0 && spec->namespace_selectors.count == 0)
		return true;
	if (strings_contain(&spec->namespaces, name))
		return true;
	ns = model_find(model, MODEL_NAMESPACE, NULL, name);
	return ns && spec->namespace_selectors.count > 0 &&
		selectors_match(&spec->namespace_selectors, &ns->meta.labels);
}

bool ipam_pool_allows(
	const struct ipam_pool *pool, const struct model *model, const struct service *service)
{
	const struct pool *spec = pool->spec;

	if (!spec->has_service_allocation)
		return true;
	return namespace_matches(spec, model, service) &&
		selectors_match(&spec->service_selectors, &service->object.meta.labels);
}
