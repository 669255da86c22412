/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The gates of one Service, in the order in which `explain` shows them. Rules: MetalLB's layer 2
 * controller, with the interface of the node made part of the question.
 */

#include "base/mem.h"
#include "model/select.h"
#include "plan/bgp_gates.h"
#include "plan/covers.h"
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct ads {
	const struct l2_advertisement **at; /* owned */
	size_t count;
	size_t capacity;
	bool selects_services; /* one of them names Services by label */
};

/* Where the decision about one Service stands. */
struct work {
	const struct plan_input *input;
	const struct service *service;
	struct plan_assigned assigned;
	struct model_endpoints endpoints;
	struct service_plan *plan;
};

__attribute__((format(printf, 4, 5))) static bool gate(
	struct work *work, const char *name, enum plan_reason reason, const char *format, ...)
{
	struct plan_gate *gate = &work->plan->gates[work->plan->gate_count++];
	va_list args;

	gate->name = name;
	gate->reason = reason;
	va_start(args, format);
	if (vasprintf(&gate->detail, format, args) < 0)
		abort();
	va_end(args);
	return reason == PLAN_PASSED;
}

static void find_ads(const struct work *work, const char *pool_name, struct ads *ads)
{
	const struct model *model = work->input->model;
	const struct pool *pool = plan_find_pool(model, pool_name);

	model_each(model, MODEL_L2_ADVERTISEMENT, object)
	{
		const struct l2_advertisement *ad = (const struct l2_advertisement *)object;

		if (!plan_covers_pool(&ad->pools, &ad->pool_selectors, pool_name, pool) ||
			!selectors_match(
				&ad->service_selectors, &work->service->object.meta.labels))
			continue;
		ads->selects_services |= ad->service_selectors.count > 0;
		*array_add(ads->at, ads->count, ads->capacity) = ad;
	}
}

static bool ads_select_node(const struct ads *ads, const struct labels *labels)
{
	for (size_t i = 0; i < ads->count; i++) {
		if (selectors_match(&ads->at[i]->node_selectors, labels))
			return true;
	}
	return false;
}

/* What stands against a node of the model announcing the Service. */
static enum plan_reason judge_node(
	const struct work *work, const struct ads *ads, const struct node *node)
{
	const struct plan_input *input = work->input;
	const char *name = node->object.meta.name;

	if (!input->ignore_exclude_label && node_is_excluded(node))
		return PLAN_NODE_EXCLUDED;
	if (node_is_network_unavailable(node))
		return PLAN_NODE_NETWORK_UNAVAILABLE;
	if (!ads_select_node(ads, &node->object.meta.labels))
		return PLAN_NODE_NOT_SELECTED;
	if (input->is_alive && !input->is_alive(input->user, name))
		return PLAN_NODE_NOT_ALIVE;
	if (work->service->external_traffic_policy == TRAFFIC_LOCAL &&
		plan_count_servable(&work->endpoints, name) == 0)
		return PLAN_NO_LOCAL_ENDPOINT;
	return PLAN_PASSED;
}

/* Weights of all advertisements that select the node and prefer it. */
static int64_t score_of(const struct ads *ads, const struct node *node)
{
	const struct labels *labels = &node->object.meta.labels;
	int64_t score = 0;

	for (size_t i = 0; i < ads->count; i++) {
		const struct l2_advertisement *ad = ads->at[i];

		if (!selectors_match(&ad->node_selectors, labels))
			continue;
		for (size_t k = 0; k < ad->preferred.count; k++) {
			if (selector_matches(&ad->preferred.at[k].preference, labels))
				score += ad->preferred.at[k].weight.value;
		}
	}
	return score;
}

struct candidates {
	struct candidate *at; /* owned */
	size_t count;
	size_t capacity;
};

static void add_candidate(
	const struct work *work, struct candidates *candidates, const char *node, int64_t score)
{
	struct candidate *candidate = array_add(
		candidates->at, candidates->count, candidates->capacity);

	candidate->node = node;
	candidate->score = score;
	/* The first address decides for all of a Service, so that they stay together. */
	elect_hash(node, &work->assigned.ips[0], candidate->hash);
}

/* Fills @candidates in order. Return: what stands against self, PLAN_PASSED if nothing. */
static enum plan_reason find_candidates(
	const struct work *work, const struct ads *ads, struct candidates *candidates)
{
	const struct plan_input *input = work->input;
	enum plan_reason about_self = PLAN_NODE_UNKNOWN;

	model_each(input->model, MODEL_NODE, object)
	{
		const struct node *node = (const struct node *)object;
		enum plan_reason reason = judge_node(work, ads, node);

		if (strcmp(object->meta.name, input->self) == 0)
			about_self = reason;
		if (reason == PLAN_PASSED)
			add_candidate(work, candidates, object->meta.name, score_of(ads, node));
	}
	/* One machine that nobody described as a Node is a cluster of one. */
	if (model_count(input->model, MODEL_NODE) == 0) {
		about_self = PLAN_PASSED;
		add_candidate(work, candidates, input->self, 0);
	}
	elect_sort(candidates->at, candidates->count);
	return about_self;
}

static bool ad_allows_link(const struct ads *ads, const struct labels *node, const char *link)
{
	for (size_t i = 0; i < ads->count; i++) {
		const struct l2_advertisement *ad = ads->at[i];

		if (node && !selectors_match(&ad->node_selectors, node))
			continue;
		if (ad->interfaces.count == 0 || strings_contain(&ad->interfaces, link))
			return true;
	}
	return false;
}

static void find_links(const struct work *work, const struct ads *ads, struct plan_address *address)
{
	const struct plan_input *input = work->input;
	const struct object *node = model_find(input->model, MODEL_NODE, NULL, input->self);
	const struct labels *labels = node ? &node->meta.labels : NULL;

	address->ifindexes = xnew_array(unsigned, input->link_count);
	for (size_t i = 0; i < input->link_count; i++) {
		const struct plan_link *link = &input->links[i];
		bool can = address->ip.family == AF_INET ? link->can_arp : link->can_ndp;

		if (can && ad_allows_link(ads, labels, link->name))
			address->ifindexes[address->ifindex_count++] = link->ifindex;
	}
}

static void keep_heirs(struct plan_address *address, const struct candidates *candidates)
{
	address->heirs = xnew_array(char *, candidates->count);
	for (size_t i = 0; i < candidates->count; i++)
		address->heirs[address->heir_count++] = xstrdup(candidates->at[i].node);
	if (candidates->count > 0)
		address->owner = xstrdup(candidates->at[0].node);
}

static enum plan_reason decide(
	const struct work *work, struct plan_address *address, const struct ads *ads)
{
	struct candidates candidates = { 0 };
	enum plan_reason reason = find_candidates(work, ads, &candidates);

	keep_heirs(address, &candidates);
	free(candidates.at);
	if (reason != PLAN_PASSED)
		return reason;
	/* Also where self is only an heir: it may have to take over at once. */
	find_links(work, ads, address);
	if (strcmp(address->owner, work->input->self) != 0)
		return PLAN_NOT_ELECTED;
	if (address->ifindex_count == 0 && !work->input->assumes_links)
		return PLAN_NO_INTERFACE;
	return PLAN_PASSED;
}

static enum plan_reason plan_address(struct work *work, size_t i)
{
	struct plan_address *address = &work->plan->addresses[i];
	struct ads ads = { 0 };
	enum plan_reason reason;

	find_ads(work, address->pool, &ads);
	if (ads.count == 0)
		reason = PLAN_NO_MATCHING_ADVERTISEMENT;
	else if (ads.selects_services && service_annotation(work->service, "allow-shared-ip"))
		reason = PLAN_SHARED_IP_WITH_SERVICE_SELECTOR;
	else
		reason = decide(work, address, &ads);
	free(ads.at);
	return reason;
}

/* Known from here on, whatever the later gates say. */
static void keep_addresses(struct work *work)
{
	work->plan->address_count = work->assigned.count;
	for (size_t i = 0; i < work->assigned.count; i++)
		work->plan->addresses[i] = (struct plan_address){
			.ip = work->assigned.ips[i],
			.pool = xstrdup(work->assigned.pools[i]),
			.reason = PLAN_NO_ENDPOINTS,
			.bgp_reason = PLAN_NO_ENDPOINTS,
		};
}

static bool pass_address(struct work *work)
{
	const struct plan_assigned *assigned = &work->assigned;
	char first[IP_TEXT_SIZE];
	char second[IP_TEXT_SIZE];

	if (work->service->type != SERVICE_LOAD_BALANCER)
		return gate(work, "type", PLAN_NOT_LOAD_BALANCER, "spec.type");
	gate(work, "type", PLAN_PASSED, "LoadBalancer");
	if (assigned->is_other_class)
		return gate(work, "class", PLAN_OTHER_CLASS, "%s",
			work->service->load_balancer_class ? work->service->load_balancer_class :
							     "(none)");
	if (assigned->count == 0)
		return gate(work, "address", PLAN_NO_ADDRESS, "%s: %s", assigned->outcome,
			assigned->detail ? assigned->detail : "");
	keep_addresses(work);
	ip_format(&assigned->ips[0], first);
	second[0] = '\0';
	if (assigned->count > 1)
		ip_format(&assigned->ips[1], second);
	return gate(work, "address", PLAN_PASSED, "%s%s%s from pool %s%s%s", first,
		second[0] != '\0' ? " and " : "", second, assigned->pools[0],
		assigned->detail ? "; " : "", assigned->detail ? assigned->detail : "");
}

static bool pass_endpoints(struct work *work)
{
	size_t servable = plan_count_servable(&work->endpoints, NULL);

	return gate(work, "endpoints", servable > 0 ? PLAN_PASSED : PLAN_NO_ENDPOINTS,
		"%zu of %zu can serve", servable, work->endpoints.count);
}

/* A cluster with BGP alone need not hear of each Service that layer 2 does not have it. */
static bool is_layer2_used(const struct work *work)
{
	return model_count(work->input->model, MODEL_L2_ADVERTISEMENT) > 0 ||
		!plan_bgp_is_used(work->input);
}

static void pass_announcement(struct work *work)
{
	const struct plan_address *first = &work->plan->addresses[0];
	char text[IP_TEXT_SIZE];

	for (size_t i = 0; i < work->plan->address_count; i++)
		work->plan->addresses[i].reason = plan_address(work, i);
	for (size_t i = 0; is_layer2_used(work) && i < work->plan->address_count; i++) {
		const struct plan_address *address = &work->plan->addresses[i];

		(void)gate(work, address->ip.family == AF_INET ? "layer2-ipv4" : "layer2-ipv6",
			address->reason, "%s: owner %s, %zu candidates",
			ip_format(&address->ip, text), first->owner ? first->owner : "(none)",
			address->heir_count);
	}
}

static void pass_bgp(struct work *work)
{
	for (size_t i = 0; i < work->plan->address_count; i++) {
		struct plan_address *address = &work->plan->addresses[i];
		auto_(freep) char *detail = NULL;

		address->bgp_reason = PLAN_NO_BGP_ADVERTISEMENT;
		if (!plan_bgp_is_used(work->input))
			continue;
		address->bgp_reason = plan_bgp_judge(work->input, work->service, &work->endpoints,
			&address->ip, address->pool, &work->plan->bgp, &detail);
		(void)gate(work, address->ip.family == AF_INET ? "bgp-ipv4" : "bgp-ipv6",
			address->bgp_reason, "%s", detail);
	}
}

struct service_plan *service_plan_new(const struct plan_input *input, const struct service *service)
{
	struct work work = { .input = input, .service = service };

	work.plan = xnew(struct service_plan);
	work.plan->ns = xstrdup(object_ns(&service->object));
	work.plan->name = xstrdup(service->object.meta.name);
	input->assigned(input->user, service, &work.assigned);
	if (pass_address(&work)) {
		model_endpoints(input->model, service, &work.endpoints);
		if (pass_endpoints(&work)) {
			pass_announcement(&work);
			pass_bgp(&work);
		}
		model_endpoints_fini(&work.endpoints);
	}
	return work.plan;
}

struct service_plan *service_plan_free(struct service_plan *plan)
{
	if (!plan)
		return NULL;
	for (size_t i = 0; i < plan->gate_count; i++)
		free(plan->gates[i].detail);
	for (size_t i = 0; i < plan->address_count; i++) {
		struct plan_address *address = &plan->addresses[i];

		for (size_t k = 0; k < address->heir_count; k++)
			free(address->heirs[k]);
		free(address->heirs);
		free(address->ifindexes);
		free(address->owner);
		free(address->pool);
	}
	plan_bgp_paths_fini(&plan->bgp);
	free(plan->ns);
	free(plan->name);
	free(plan);
	return NULL;
}

/* What stopped it in the way that came nearest: a way that nobody asked for says nothing. */
static enum plan_reason nearest(const struct plan_address *address)
{
	return address->reason == PLAN_NO_MATCHING_ADVERTISEMENT &&
			address->bgp_reason != PLAN_NO_BGP_ADVERTISEMENT ?
		address->bgp_reason :
		address->reason;
}

enum plan_reason service_plan_reason(const struct service_plan *plan)
{
	enum plan_reason reason = PLAN_NO_ADDRESS;

	for (size_t i = 0; i < plan->address_count; i++) {
		if (plan->addresses[i].reason == PLAN_PASSED ||
			plan->addresses[i].bgp_reason == PLAN_PASSED)
			return PLAN_PASSED;
	}
	if (plan->gate_count > 0)
		reason = plan->gates[plan->gate_count - 1].reason;
	if (plan->address_count > 0)
		reason = nearest(&plan->addresses[plan->address_count - 1]);
	return reason;
}

static bool gates_equal(const struct service_plan *a, const struct service_plan *b)
{
	bool equal = a->gate_count == b->gate_count;

	for (size_t i = 0; equal && i < a->gate_count; i++)
		equal = a->gates[i].reason == b->gates[i].reason &&
			strcmp(a->gates[i].detail, b->gates[i].detail) == 0;
	return equal;
}

static bool addresses_equal(const struct plan_address *a, const struct plan_address *b)
{
	bool equal = ip_equal(&a->ip, &b->ip) && a->reason == b->reason &&
		a->bgp_reason == b->bgp_reason && a->heir_count == b->heir_count &&
		a->ifindex_count == b->ifindex_count;

	for (size_t i = 0; equal && i < a->heir_count; i++)
		equal = strcmp(a->heirs[i], b->heirs[i]) == 0;
	for (size_t i = 0; equal && i < a->ifindex_count; i++)
		equal = a->ifindexes[i] == b->ifindexes[i];
	return equal;
}

bool service_plan_equal(const struct service_plan *a, const struct service_plan *b)
{
	bool equal = gates_equal(a, b) && a->address_count == b->address_count &&
		plan_bgp_paths_equal(&a->bgp, &b->bgp);

	for (size_t i = 0; equal && i < a->address_count; i++)
		equal = addresses_equal(&a->addresses[i], &b->addresses[i]);
	return equal;
}
