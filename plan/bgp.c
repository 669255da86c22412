/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp.h"

#include "base/mem.h"

#include <string.h>

void plan_bgp_attrs_fini(struct plan_bgp_attrs *attrs)
{
	free(attrs->communities);
	free(attrs->large);
	*attrs = (struct plan_bgp_attrs){ 0 };
}

struct plan_bgp_attrs plan_bgp_attrs_copy(const struct plan_bgp_attrs *attrs)
{
	struct plan_bgp_attrs copy = *attrs;

	if (attrs->community_count > 0)
		copy.communities = xmemdup(
			attrs->communities, attrs->community_count * sizeof(attrs->communities[0]));
	if (attrs->large_count > 0)
		copy.large = xmemdup(attrs->large, attrs->large_count * sizeof(attrs->large[0]));
	return copy;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_large(const struct plan_bgp_large *a, const struct plan_bgp_large *b)
{
	int order = 0;

	for (size_t i = 0; order == 0 && i < COUNT_OF(a->parts); i++)
		order = compare_numbers(a->parts[i], b->parts[i]);
	return order;
}

static int compare_communities(const struct plan_bgp_attrs *a, const struct plan_bgp_attrs *b)
{
	int order = compare_numbers(a->community_count, b->community_count);

	for (size_t i = 0; order == 0 && i < a->community_count; i++)
		order = compare_numbers(a->communities[i], b->communities[i]);
	if (order == 0)
		order = compare_numbers(a->large_count, b->large_count);
	for (size_t i = 0; order == 0 && i < a->large_count; i++)
		order = compare_large(&a->large[i], &b->large[i]);
	return order;
}

int plan_bgp_attrs_compare(const struct plan_bgp_attrs *a, const struct plan_bgp_attrs *b)
{
	int order = compare_numbers(a->local_pref, b->local_pref);

	if (order == 0)
		order = compare_numbers(a->has_med, b->has_med);
	if (order == 0)
		order = compare_numbers(a->med, b->med);
	if (order == 0)
		order = compare_numbers(a->prepend, b->prepend);
	if (order == 0)
		order = compare_numbers(a->weight, b->weight);
	if (order == 0)
		order = compare_numbers(a->has_too_many, b->has_too_many);
	return order != 0 ? order : compare_communities(a, b);
}

void plan_bgp_add_community(struct plan_bgp_attrs *attrs, uint32_t community)
{
	size_t i = 0;

	while (i < attrs->community_count && attrs->communities[i] < community)
		i++;
	if (i < attrs->community_count && attrs->communities[i] == community)
		return;
	if (attrs->community_count == PLAN_BGP_COMMUNITIES_MAX) {
		attrs->has_too_many = true;
		return;
	}
	attrs->communities = xreallocarray(
		attrs->communities, attrs->community_count + 1, sizeof(attrs->communities[0]));
	memmove(attrs->communities + i + 1, attrs->communities + i,
		(attrs->community_count - i) * sizeof(attrs->communities[0]));
	attrs->communities[i] = community;
	attrs->community_count++;
}

void plan_bgp_add_large(struct plan_bgp_attrs *attrs, const uint32_t parts[3])
{
	const struct plan_bgp_large large = { { parts[0], parts[1], parts[2] } };
	size_t i = 0;

	while (i < attrs->large_count && compare_large(&attrs->large[i], &large) < 0)
		i++;
	if (i < attrs->large_count && compare_large(&attrs->large[i], &large) == 0)
		return;
	if (attrs->large_count == PLAN_BGP_COMMUNITIES_MAX) {
		attrs->has_too_many = true;
		return;
	}
	attrs->large = xreallocarray(attrs->large, attrs->large_count + 1, sizeof(attrs->large[0]));
	memmove(attrs->large + i + 1, attrs->large + i,
		(attrs->large_count - i) * sizeof(attrs->large[0]));
	attrs->large[i] = large;
	attrs->large_count++;
}

/* Which of too many stayed would depend on the order of merging: then none does. */
static void drop_too_many(struct plan_bgp_attrs *attrs)
{
	if (!attrs->has_too_many)
		return;
	free(take(attrs->communities));
	free(take(attrs->large));
	attrs->community_count = 0;
	attrs->large_count = 0;
}

void plan_bgp_attrs_merge(struct plan_bgp_attrs *attrs, const struct plan_bgp_attrs *more)
{
	for (size_t i = 0; i < more->community_count; i++)
		plan_bgp_add_community(attrs, more->communities[i]);
	for (size_t i = 0; i < more->large_count; i++)
		plan_bgp_add_large(attrs, more->large[i].parts);
	attrs->has_too_many |= more->has_too_many;
	drop_too_many(attrs);
	if (more->local_pref > attrs->local_pref)
		attrs->local_pref = more->local_pref;
	attrs->has_med = attrs->has_med && more->has_med;
	if (!attrs->has_med)
		attrs->med = 0;
	else if (more->med < attrs->med)
		attrs->med = more->med;
	if (more->prepend < attrs->prepend)
		attrs->prepend = more->prepend;
	attrs->weight = attrs->weight == 0 || more->weight == 0 ? 0 : attrs->weight + more->weight;
}

void plan_bgp_paths_fini(struct plan_bgp_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		plan_bgp_attrs_fini(&paths->at[i].attrs);
		free(paths->at[i].advertisement);
	}
	free(paths->at);
	*paths = (struct plan_bgp_paths){ 0 };
}

static bool path_equal(const struct plan_bgp_path *a, const struct plan_bgp_path *b)
{
	return ip_prefix_compare(&a->prefix, &b->prefix) == 0 && a->peers == b->peers &&
		strcmp(a->advertisement, b->advertisement) == 0 &&
		plan_bgp_attrs_compare(&a->attrs, &b->attrs) == 0;
}

bool plan_bgp_paths_equal(const struct plan_bgp_paths *a, const struct plan_bgp_paths *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = path_equal(&a->at[i], &b->at[i]);
	return equal;
}
