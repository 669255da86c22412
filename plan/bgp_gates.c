/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_gates.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "model/bgp_annotations.h"
#include "model/select.h"
#include "plan/covers.h"

#include <string.h>

struct ads {
	const struct bgp_advertisement **at; /* owned */
	size_t count;
	size_t capacity;
};

/* The decision about one address. */
struct work {
	const struct plan_input *input;
	const struct service *service;
	const struct model_endpoints *endpoints;
	const struct ip *ip;
	const char *pool;
	const struct node *node; /* self; NULL: nobody described it */
	struct ads ads;
	struct bgp_annotations annotations;
	struct plan_bgp_paths found;
	char *detail;
};

bool plan_bgp_is_used(const struct plan_input *input)
{
	return input->bgp.peers && model_count(input->model, MODEL_BGP_ADVERTISEMENT) > 0;
}

static bool pass_health(struct work *work, enum plan_reason *ret)
{
	*ret = work->input->bgp.withheld;
	return *ret == PLAN_PASSED;
}

static bool pass_advertisement(struct work *work, enum plan_reason *ret)
{
	const struct model *model = work->input->model;
	const struct pool *pool = plan_find_pool(model, work->pool);

	model_each(model, MODEL_BGP_ADVERTISEMENT, object)
	{
		const struct bgp_advertisement *ad = (const struct bgp_advertisement *)object;

		if (plan_covers_pool(&ad->pools, &ad->pool_selectors, work->pool, pool) &&
			selectors_match(&ad->service_selectors, &work->service->object.meta.labels))
			*array_add(work->ads.at, work->ads.count, work->ads.capacity) = ad;
	}
	*ret = PLAN_NO_BGP_ADVERTISEMENT;
	return work->ads.count > 0;
}

static void keep_selecting(struct work *work)
{
	size_t kept = 0;

	for (size_t i = 0; i < work->ads.count; i++) {
		if (selectors_match(
			    &work->ads.at[i]->node_selectors, &work->node->object.meta.labels))
			work->ads.at[kept++] = work->ads.at[i];
	}
	work->ads.count = kept;
}

static bool pass_node(struct work *work, enum plan_reason *ret)
{
	const struct plan_input *input = work->input;

	work->node = (const struct node *)model_find(input->model, MODEL_NODE, NULL, input->self);
	*ret = PLAN_NODE_UNKNOWN;
	if (!work->node)
		return model_count(input->model, MODEL_NODE) == 0; /* a cluster of one */
	*ret = PLAN_NODE_EXCLUDED;
	if (!input->ignore_exclude_label && node_is_excluded(work->node))
		return false;
	*ret = PLAN_NODE_NETWORK_UNAVAILABLE;
	if (node_is_network_unavailable(work->node))
		return false;
	*ret = PLAN_NODE_NOT_SELECTED;
	keep_selecting(work);
	return work->ads.count > 0;
}

static bool pass_local_endpoint(struct work *work, enum plan_reason *ret)
{
	*ret = PLAN_NO_LOCAL_ENDPOINT;
	return work->service->external_traffic_policy != TRAFFIC_LOCAL ||
		plan_count_servable(work->endpoints, work->input->self) > 0;
}

static bool pass_annotations(struct work *work, enum plan_reason *ret)
{
	*ret = PLAN_BAD_ANNOTATION;
	work->detail = bgp_annotations_read(work->input->model, work->service, &work->annotations);
	return !work->detail;
}

/* How many endpoints of the Service this node has, if the route is to say so. */
static uint32_t weight_of(const struct work *work)
{
	/* With Cluster every node leads to all of them: none deserves more than another. */
	if (!work->input->bgp.weighs_endpoints ||
		work->service->external_traffic_policy != TRAFFIC_LOCAL)
		return 0;
	return (uint32_t)plan_count_servable(work->endpoints, work->input->self);
}

static void add_community(struct plan_bgp_attrs *attrs, const struct community_value *value)
{
	if (value->is_large)
		plan_bgp_add_large(attrs, value->large);
	else
		plan_bgp_add_community(attrs, value->standard);
}

static void add_annotations(const struct work *work, struct plan_bgp_attrs *attrs)
{
	const struct bgp_annotations *annotations = &work->annotations;

	for (size_t i = 0; i < annotations->community_count; i++)
		add_community(attrs, &annotations->communities[i]);
	if (annotations->has_prepend)
		attrs->prepend = annotations->prepend;
	attrs->has_med = annotations->has_med;
	attrs->med = annotations->med;
}

/* The name of a community that is not defined, or NULL. */
static const char *read_communities(
	const struct work *work, const struct bgp_advertisement *ad, struct plan_bgp_attrs *attrs)
{
	for (size_t i = 0; i < ad->communities.count; i++) {
		struct community_value value;

		if (bgp_community_find(work->input->model, ad->communities.at[i], &value) < 0)
			return ad->communities.at[i];
		add_community(attrs, &value);
	}
	return NULL;
}

static unsigned length_of(const struct work *work, const struct bgp_advertisement *ad)
{
	const struct opt_int *length = work->ip->family == AF_INET ? &ad->aggregation_length :
								     &ad->aggregation_length_v6;

	return length->is_set ? (unsigned)length->value : ip_bits(work->ip->family);
}

static uint32_t value_or_zero(const struct opt_int *value)
{
	return value->is_set ? (uint32_t)value->value : 0;
}

/*
 * An advertisement that names an unknown community is not used at all: without it the route might
 * go where it must not.
 */
static const char *add_path(struct work *work, const struct bgp_advertisement *ad)
{
	struct plan_bgp_path path = {
		.prefix = ip_prefix_of(work->ip, length_of(work, ad)),
		.peers = plan_bgp_peers_slots(work->input->bgp.peers, &ad->peers, work->ip->family),
		.attrs.local_pref = value_or_zero(&ad->local_pref),
		.attrs.prepend = (uint8_t)value_or_zero(&ad->as_path_prepend),
	};
	const char *unknown = read_communities(work, ad, &path.attrs);

	if (unknown || path.peers == 0) {
		plan_bgp_attrs_fini(&path.attrs);
		return unknown;
	}
	if (path.prefix.len == ip_bits(work->ip->family)) {
		add_annotations(work, &path.attrs);
		path.attrs.weight = weight_of(work);
	}
	path.advertisement = xstrdup(ad->object.meta.name);
	*array_add(work->found.at, work->found.count, work->found.capacity) = path;
	return NULL;
}

static bool pass_peers(struct work *work, enum plan_reason *ret)
{
	const char *unknown = NULL;
	const char *named_by = NULL;

	for (size_t i = 0; i < work->ads.count; i++) {
		const char *name = add_path(work, work->ads.at[i]);

		if (name) {
			unknown = name;
			named_by = work->ads.at[i]->object.meta.name;
		}
	}
	if (unknown)
		work->detail = xasprintf("BGPAdvertisement %s is not used: there is no community "
					 "\"%.64s\"",
			named_by, unknown);
	*ret = unknown ? PLAN_UNKNOWN_COMMUNITY : PLAN_NO_BGP_PEER;
	return work->found.count > 0;
}

/* MetalLB's rule: what makes the same update must not ask for different things. */
static bool conflict(const struct plan_bgp_path *a, const struct plan_bgp_path *b)
{
	return a->prefix.len == b->prefix.len && (a->peers & b->peers) != 0 &&
		(a->attrs.local_pref != b->attrs.local_pref ||
			a->attrs.prepend != b->attrs.prepend);
}

static bool pass_agreement(struct work *work, enum plan_reason *ret)
{
	for (size_t i = 0; i < work->found.count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct plan_bgp_path *a = &work->found.at[k];
			const struct plan_bgp_path *b = &work->found.at[i];

			if (!conflict(a, b))
				continue;
			free(work->detail);
			work->detail = xasprintf(
				"BGPAdvertisements %s and %s", a->advertisement, b->advertisement);
			*ret = PLAN_CONFLICTING_ADVERTISEMENTS;
			return false;
		}
	}
	*ret = PLAN_PASSED;
	return true;
}

static struct plan_bgp_path path_copy(const struct plan_bgp_path *path, uint64_t peers)
{
	return (struct plan_bgp_path){
		.prefix = path->prefix,
		.advertisement = xstrdup(path->advertisement),
		.peers = peers,
		.attrs = plan_bgp_attrs_copy(&path->attrs),
	};
}

/* @path says more about the prefix of @known, to the same peers, for the same Service. */
static void unite(struct plan_bgp_path *known, const struct plan_bgp_path *path)
{
	uint32_t weight = known->attrs.weight; /* the endpoints are the same ones */
	char *both = xasprintf("%s, %s", known->advertisement, path->advertisement);

	plan_bgp_attrs_merge(&known->attrs, &path->attrs);
	known->attrs.weight = weight;
	free(known->advertisement);
	known->advertisement = both;
}

/* Adds @path to @settled, in which no peer hears of a prefix twice. */
static void settle_path(struct plan_bgp_paths *settled, struct plan_bgp_path *path)
{
	size_t count = settled->count;

	for (size_t i = 0; i < count; i++) {
		uint64_t both = settled->at[i].peers & path->peers;
		uint64_t others = settled->at[i].peers & ~path->peers;

		if (both == 0 || ip_prefix_compare(&settled->at[i].prefix, &path->prefix) != 0)
			continue;
		if (others != 0) {
			struct plan_bgp_path rest = path_copy(&settled->at[i], others);

			*array_add(settled->at, settled->count, settled->capacity) = rest;
		}
		settled->at[i].peers = both;
		unite(&settled->at[i], path);
		path->peers &= ~both;
	}
	if (path->peers != 0)
		*array_add(settled->at, settled->count, settled->capacity) = path_copy(
			path, path->peers);
}

/* What several advertisements say of one route is one thing: nothing may count twice. */
static void settle(struct work *work)
{
	struct plan_bgp_paths settled = { 0 };

	for (size_t i = 0; i < work->found.count; i++)
		settle_path(&settled, &work->found.at[i]);
	plan_bgp_paths_fini(&work->found);
	work->found = settled;
}

static void name_peers(const struct work *work, uint64_t slots, struct strbuf *text)
{
	const struct plan_bgp_peers *peers = work->input->bgp.peers;
	const char *separator = " to ";

	for (size_t i = 0; i < plan_bgp_peers_count(peers); i++) {
		const struct plan_bgp_peer *peer = plan_bgp_peers_at(peers, i);

		if (peer->slot >= PLAN_BGP_PEERS_MAX || (slots >> peer->slot & 1) == 0)
			continue;
		strbuf_addf(text, "%s%s", separator, peer->name);
		separator = ", ";
	}
}

/* "192.0.2.1/32 to tor-a, tor-b", and what is left out. */
static char *describe(const struct work *work)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	char prefix[IP_PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < work->found.count; i++) {
		const struct plan_bgp_path *path = &work->found.at[i];

		strbuf_addf(
			&text, "%s%s", i > 0 ? "; " : "", ip_prefix_format(&path->prefix, prefix));
		name_peers(work, path->peers, &text);
	}
	if (work->detail)
		strbuf_addf(&text, "%s%s", text.len > 0 ? "; " : "", work->detail);
	if (text.len == 0)
		strbuf_add(&text, ip_format(work->ip, prefix));
	return strbuf_take(&text);
}

static void move_paths(struct plan_bgp_paths *to, struct plan_bgp_paths *from)
{
	for (size_t i = 0; i < from->count; i++)
		*array_add(to->at, to->count, to->capacity) = from->at[i];
	free(from->at);
	*from = (struct plan_bgp_paths){ 0 };
}

enum plan_reason plan_bgp_judge(const struct plan_input *input, const struct service *service,
	const struct model_endpoints *endpoints, const struct ip *ip, const char *pool,
	struct plan_bgp_paths *paths, char **ret_detail)
{
	static bool (*const gates[])(struct work * work, enum plan_reason * ret) = {
		pass_health,
		pass_advertisement,
		pass_node,
		pass_local_endpoint,
		pass_annotations,
		pass_peers,
		pass_agreement,
	};
	struct work work = {
		.input = input, .service = service, .endpoints = endpoints, .ip = ip, .pool = pool
	};
	enum plan_reason reason = PLAN_PASSED;
	bool has_passed = true;

	for (size_t i = 0; has_passed && i < COUNT_OF(gates); i++)
		has_passed = gates[i](&work, &reason);
	if (has_passed) {
		reason = PLAN_PASSED;
		settle(&work);
	} else {
		plan_bgp_paths_fini(&work.found);
	}
	*ret_detail = describe(&work);
	move_paths(paths, &work.found);
	free(work.ads.at);
	free(work.detail);
	return reason;
}
