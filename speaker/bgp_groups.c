/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/bgp_groups.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "speaker/bgp_convert.h"

#include <inttypes.h>
#include <string.h>

static struct bgp_group *group_free(struct bgp_group *group)
{
	bgp_rib_free(group->rib);
	free(group->signature);
	free(group);
	return NULL;
}

void bgp_groups_fini(struct bgp_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		group_free(groups->at[i]);
	free(groups->at);
	*groups = (struct bgp_groups){ 0 };
}

void bgp_groups_begin(struct bgp_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		groups->at[i]->slots = 0;
}

/* The advertisements that mean the peer, and whatever else makes its routes its own. */
static char *sign(const struct model *model, const struct plan_bgp_peer *peer, uint32_t local_as)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };

	model_each(model, MODEL_BGP_ADVERTISEMENT, object)
	{
		const struct bgp_advertisement *ad = (const struct bgp_advertisement *)object;

		if (ad->peers.count == 0 || strings_contain(&ad->peers, peer->name))
			strbuf_addf(&text, "%s/%s ", object_ns(object), object->meta.name);
	}
	strbuf_addf(&text, "as %" PRIu32, local_as);
	return strbuf_take(&text);
}

static struct bgp_group *find(const struct bgp_groups *groups, const char *signature)
{
	for (size_t i = 0; i < groups->count; i++) {
		if (strcmp(groups->at[i]->signature, signature) == 0)
			return groups->at[i];
	}
	return NULL;
}

struct bgp_group *bgp_groups_join(struct bgp_groups *groups, const struct model *model,
	const struct plan_bgp_peer *peer, bool weighs_endpoints)
{
	uint32_t shown_as = peer->sent_as != 0 ? peer->sent_as : peer->local_as;
	uint32_t local_as = weighs_endpoints ? shown_as : 0;
	auto_(freep) char *signature = sign(model, peer, local_as);
	struct bgp_group *group = find(groups, signature);

	if (!group) {
		group = xnew(struct bgp_group);
		group->signature = take(signature);
		group->local_as = local_as;
		group->rib = bgp_rib_new();
		*array_add(groups->at, groups->count, groups->capacity) = group;
	}
	group->slots |= UINT64_C(1) << peer->slot;
	return group;
}

static const struct plan_bgp_route *route_of(
	const struct bgp_group *group, const struct plan_bgp_route *routes, size_t count)
{
	/* The peers of a group are in one route or in none: the same advertisements mean them. */
	for (size_t i = 0; i < count; i++) {
		if ((routes[i].peers & group->slots) != 0)
			return routes[i].attrs.has_too_many ? NULL : &routes[i];
	}
	return NULL;
}

static void put(struct bgp_group *group, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	const struct plan_bgp_route *route = route_of(group, routes, count);
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = { 0 };

	if (!route) {
		(void)bgp_rib_drop(group->rib, prefix);
		return;
	}
	attrs = bgp_convert_attrs(&route->attrs, group->local_as);
	(void)bgp_rib_put(group->rib, prefix, &attrs);
}

void bgp_groups_route(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	struct bgp_groups *groups = user;

	for (size_t i = 0; i < groups->count; i++)
		put(groups->at[i], prefix, routes, count);
}

static void fill_one(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	put(user, prefix, routes, count);
}

void bgp_groups_fill(struct bgp_groups *groups, const struct plan_bgp_routes *routes)
{
	for (size_t i = 0; i < groups->count; i++) {
		struct bgp_group *group = groups->at[i];

		if (!group->is_filled)
			plan_bgp_routes_visit(routes, fill_one, group);
		group->is_filled = true;
	}
}

void bgp_groups_sweep(struct bgp_groups *groups)
{
	size_t kept = 0;

	for (size_t i = 0; i < groups->count; i++) {
		if (groups->at[i]->slots == 0)
			group_free(groups->at[i]);
		else
			groups->at[kept++] = groups->at[i];
	}
	groups->count = kept;
}

void bgp_groups_flush(struct bgp_groups *groups, bool is_loaded)
{
	for (size_t i = 0; i < groups->count; i++) {
		if (is_loaded)
			bgp_rib_set_loaded(groups->at[i]->rib);
		bgp_rib_flush(groups->at[i]->rib);
	}
}
