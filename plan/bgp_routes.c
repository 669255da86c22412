/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_routes.h"

#include "base/mem.h"
#include "base/tree.h"

#include <assert.h>
#include <string.h>

/* Parts that are alike. */
struct part {
	uint64_t peers;
	struct plan_bgp_attrs attrs;
	size_t count; /* of Services */
};

struct entry {
	RB_ENTRY(entry) link;
	struct ip_prefix prefix;
	struct part *parts; /* owned; one as a rule */
	size_t part_count;
	size_t part_capacity;
	bool is_touched;
	bool has_too_many; /* some peer was not to hear of it, as told last */
};

RB_HEAD(entry_tree, entry);

struct plan_bgp_routes {
	struct entry_tree entries;
	size_t count;
	size_t too_many;        /* entries */
	struct entry **touched; /* borrowed from the tree */
	size_t touched_count;
	size_t touched_capacity;
};

/* At most as many as there are peers. */
struct merged {
	struct plan_bgp_route at[PLAN_BGP_PEERS_MAX];
	size_t count;
};

static int compare(struct entry *a, struct entry *b)
{
	return ip_prefix_compare(&a->prefix, &b->prefix);
}

TREE_GENERATE(entry_tree, entry, link, compare)

struct plan_bgp_routes *plan_bgp_routes_new(void)
{
	struct plan_bgp_routes *routes = xnew(struct plan_bgp_routes);

	RB_INIT(&routes->entries);
	return routes;
}

static void drop(struct plan_bgp_routes *routes, struct entry *entry)
{
	routes->too_many -= entry->has_too_many;
	RB_REMOVE(entry_tree, &routes->entries, entry);
	for (size_t i = 0; i < entry->part_count; i++)
		plan_bgp_attrs_fini(&entry->parts[i].attrs);
	free(entry->parts);
	free(entry);
	routes->count--;
}

struct plan_bgp_routes *plan_bgp_routes_free(struct plan_bgp_routes *routes)
{
	struct entry *entry;

	if (!routes)
		return NULL;
	while ((entry = RB_ROOT(&routes->entries)))
		drop(routes, entry);
	free(routes->touched);
	free(routes);
	return NULL;
}

static struct entry *entry_of(struct plan_bgp_routes *routes, const struct ip_prefix *prefix)
{
	struct entry wanted = { .prefix = *prefix };
	struct entry *entry = RB_FIND(entry_tree, &routes->entries, &wanted);

	if (entry)
		return entry;
	entry = xnew(struct entry);
	entry->prefix = *prefix;
	RB_INSERT(entry_tree, &routes->entries, entry);
	routes->count++;
	return entry;
}

static void touch(struct plan_bgp_routes *routes, struct entry *entry)
{
	if (entry->is_touched)
		return;
	entry->is_touched = true;
	*array_add(routes->touched, routes->touched_count, routes->touched_capacity) = entry;
}

static struct part *find_part(struct entry *entry, const struct plan_bgp_path *path)
{
	for (size_t i = 0; i < entry->part_count; i++) {
		struct part *part = &entry->parts[i];

		if (part->peers == path->peers &&
			plan_bgp_attrs_compare(&part->attrs, &path->attrs) == 0)
			return part;
	}
	return NULL;
}

static void add(struct plan_bgp_routes *routes, const struct plan_bgp_path *path)
{
	struct entry *entry = entry_of(routes, &path->prefix);
	struct part *part = find_part(entry, path);

	if (!part) {
		part = array_add(entry->parts, entry->part_count, entry->part_capacity);
		part->peers = path->peers;
		part->attrs = plan_bgp_attrs_copy(&path->attrs);
	}
	part->count++;
	touch(routes, entry);
}

/* What was added must be there. An entry without parts stays until it was told of. */
static void subtract(struct plan_bgp_routes *routes, const struct plan_bgp_path *path)
{
	struct entry *entry = entry_of(routes, &path->prefix);
	struct part *part = find_part(entry, path);

	assert(part);
	touch(routes, entry);
	if (--part->count > 0)
		return;
	plan_bgp_attrs_fini(&part->attrs);
	*part = entry->parts[--entry->part_count];
}

void plan_bgp_routes_change(struct plan_bgp_routes *routes, const struct service_plan *before,
	const struct service_plan *after)
{
	if (before && after && plan_bgp_paths_equal(&before->bgp, &after->bgp))
		return;
	for (size_t i = 0; after && i < after->bgp.count; i++)
		add(routes, &after->bgp.at[i]);
	for (size_t i = 0; before && i < before->bgp.count; i++)
		subtract(routes, &before->bgp.at[i]);
}

/* The attributes of all Services of a part together. */
static struct plan_bgp_attrs attrs_of(const struct part *part)
{
	struct plan_bgp_attrs attrs = plan_bgp_attrs_copy(&part->attrs);

	attrs.weight *= (uint32_t)part->count;
	return attrs;
}

static void add_route(struct merged *merged, uint64_t peers, const struct plan_bgp_attrs *attrs)
{
	merged->at[merged->count++] = (struct plan_bgp_route){ peers, plan_bgp_attrs_copy(attrs) };
}

/* Splits the routes along the part's peers and merges it into those it concerns. */
static void merge_part(struct merged *merged, const struct part *part)
{
	struct plan_bgp_attrs attrs = attrs_of(part);
	size_t known = merged->count;
	uint64_t left = part->peers;

	for (size_t i = 0; i < known; i++) {
		struct plan_bgp_route *route = &merged->at[i];
		uint64_t both = route->peers & left;
		uint64_t others = route->peers & ~left;

		if (both == 0)
			continue;
		if (others != 0)
			add_route(merged, others, &route->attrs);
		route->peers = both;
		plan_bgp_attrs_merge(&route->attrs, &attrs);
		left &= ~both;
	}
	if (left != 0)
		add_route(merged, left, &attrs);
	plan_bgp_attrs_fini(&attrs);
}

/* Peers that hear the same hear it as one. */
static void join(struct merged *merged)
{
	for (size_t i = 0; i < merged->count; i++) {
		for (size_t k = i + 1; k < merged->count;) {
			struct plan_bgp_route *other = &merged->at[k];

			if (plan_bgp_attrs_compare(&merged->at[i].attrs, &other->attrs) != 0) {
				k++;
				continue;
			}
			merged->at[i].peers |= other->peers;
			plan_bgp_attrs_fini(&other->attrs);
			*other = merged->at[--merged->count];
		}
	}
}

/* True if some peer may not hear of it, since there are more communities than can be sent. */
static bool tell(const struct entry *entry, plan_bgp_route_fn *on_route, void *user)
{
	struct merged merged;
	bool has_too_many = false;

	merged.count = 0;
	for (size_t i = 0; i < entry->part_count; i++)
		merge_part(&merged, &entry->parts[i]);
	join(&merged);
	on_route(user, &entry->prefix, merged.at, merged.count);
	for (size_t i = 0; i < merged.count; i++) {
		has_too_many |= merged.at[i].attrs.has_too_many;
		plan_bgp_attrs_fini(&merged.at[i].attrs);
	}
	return has_too_many;
}

void plan_bgp_routes_flush(struct plan_bgp_routes *routes, plan_bgp_route_fn *on_route, void *user)
{
	for (size_t i = 0; i < routes->touched_count; i++) {
		struct entry *entry = routes->touched[i];

		entry->is_touched = false;
		routes->too_many -= entry->has_too_many;
		entry->has_too_many = tell(entry, on_route, user);
		routes->too_many += entry->has_too_many;
		if (entry->part_count == 0)
			drop(routes, entry);
	}
	routes->touched_count = 0;
}

void plan_bgp_routes_visit(
	const struct plan_bgp_routes *routes, plan_bgp_route_fn *on_route, void *user)
{
	struct entry *entry;

	RB_FOREACH(entry, entry_tree, (struct entry_tree *)&routes->entries) {
		if (entry->part_count > 0)
			(void)tell(entry, on_route, user);
	}
}

size_t plan_bgp_routes_count(const struct plan_bgp_routes *routes)
{
	return routes->count;
}

size_t plan_bgp_routes_too_many(const struct plan_bgp_routes *routes)
{
	return routes->too_many;
}
