/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nodes: which serve, which leave, and what that makes of the servers of a Service.
 *
 * The set of nodes is that of Kubernetes' own service controller: all but those labelled, being
 * deleted, or about to be removed by the autoscaler. A node that is cordoned or not ready gets no
 * new connections as long as the Service has another one: cordoning all nodes must not be an outage.
 */

#include "base/mem.h"
#include "haproxy-gen/want_parts.h"
#include "model/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AUTOSCALER_TAINT "ToBeDeletedByClusterAutoscaler"
#define SERVER_CHARS     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

enum {
	NAME_MAX_LEN = 253,
	WEIGHT_MAX = 256,
};

static bool is_to_be_deleted(const struct node *node)
{
	if (node->object.meta.deleted_seconds != 0)
		return true;
	for (size_t i = 0; i < node->taints.count; i++) {
		if (node->taints.at[i].key && strcmp(node->taints.at[i].key, AUTOSCALER_TAINT) == 0)
			return true;
	}
	return false;
}

/* Without the condition nothing is known against it: a manifest need not have a status. */
static bool is_not_ready(const struct node *node)
{
	for (size_t i = 0; i < node->conditions.count; i++) {
		const struct condition *condition = &node->conditions.at[i];

		if (condition->type && strcmp(condition->type, "Ready") == 0)
			return !condition->status || strcmp(condition->status, "True") != 0;
	}
	return false;
}

static bool is_leaving(const struct node *node, const struct gen_settings *settings)
{
	return settings->nodes.drain &&
		(node->unschedulable || is_not_ready(node) || node_is_network_unavailable(node));
}

static bool is_server_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= NAME_MAX_LEN && strspn(text, SERVER_CHARS) == len;
}

static void add_node(struct want *want, const struct want_input *input, const struct node *node)
{
	struct want_node *new = &want->nodes[want->node_count];
	const char *name = node->object.meta.name;
	struct ip v4 = node_internal_ip(node, AF_INET);
	struct ip v6 = node_internal_ip(node, AF_INET6);

	if (node_is_excluded(node) || is_to_be_deleted(node))
		return;
	if (!is_server_name(name)) {
		want_refuse(want, &node->object, 0, WANT_BAD_NAME, NULL);
		return;
	}
	if (!ip_is_set(&v4) && !ip_is_set(&v6)) {
		want_refuse(want, &node->object, 0, WANT_NODE_WITHOUT_ADDRESS, NULL);
		return;
	}
	*new = (struct want_node){
		.name = arena_strdup(&want->arena, name),
		.ips = { v4, v6 },
		.is_leaving = is_leaving(node, input->settings),
	};
	want->node_count++;
}

/* Some node of @family takes new connections. */
static bool family_has_staying(const struct want *want, unsigned family)
{
	for (size_t i = 0; i < want->node_count; i++) {
		if (!want->nodes[i].is_leaving && ip_is_set(&want->nodes[i].ips[family]))
			return true;
	}
	return false;
}

/* A node whose Services can all do without it is drained by one word in one place. */
static void find_drained(struct want *want)
{
	const bool has_staying[WANT_FAMILIES] = {
		family_has_staying(want, WANT_V4),
		family_has_staying(want, WANT_V6),
	};

	for (size_t i = 0; i < want->node_count; i++) {
		struct want_node *node = &want->nodes[i];

		node->is_drained = node->is_leaving;
		for (unsigned f = 0; f < WANT_FAMILIES; f++)
			node->is_drained &= !ip_is_set(&node->ips[f]) || has_staying[f];
	}
}

static bool id_is_taken(const struct want *want, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (want->nodes[i].id == id)
			return true;
	}
	return false;
}

static void give_ids(struct want *want)
{
	for (size_t i = 0; i < want->node_count; i++) {
		uint32_t id = want_hash(want->nodes[i].name) >> 1;

		while (id == 0 || id_is_taken(want, i, id))
			id = (id + 1) & INT32_MAX;
		want->nodes[i].id = id;
	}
}

static struct want_slot *find_slot(struct want *want, const char *name)
{
	for (size_t i = 0; i < want->slot_count; i++) {
		if (strcmp(want->slots[i].name, name) == 0)
			return &want->slots[i];
	}
	return NULL;
}

static void add_slot(struct want *want, const char *name, struct want_node *node)
{
	char *unique = arena_strdup(&want->arena, name);

	while (find_slot(want, unique))
		unique = arena_join(&want->arena, 2, (const char *[]){ unique, ".1" });
	want->slots[want->slot_count++] = (struct want_slot){ unique, node };
	if (node)
		node->slot = unique;
}

static struct want_node *find_node(const struct want *want, const char *name)
{
	size_t low = 0, high = want->node_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(want->nodes[middle].name, name);

		if (order == 0)
			return &want->nodes[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* A free slot for @node: best its own, then one that was made for this, then any. */
static struct want_slot *choose_slot(struct want *want, const struct want_node *node)
{
	struct want_slot *own = find_slot(want, node->name);

	if (own && !own->node)
		return own;
	for (size_t i = 0; i < want->slot_count; i++) {
		if (!want->slots[i].node && strncmp(want->slots[i].name, "spare-", 6) == 0)
			return &want->slots[i];
	}
	for (size_t i = 0; i < want->slot_count; i++) {
		if (!want->slots[i].node)
			return &want->slots[i];
	}
	return NULL;
}

static void keep_slots(struct want *want, const struct slots *slots)
{
	for (size_t i = 0; i < slots->count; i++) {
		const char *name = slots->at[i].node;
		struct want_node *node = name ? find_node(want, name) : NULL;

		add_slot(want, slots->at[i].name, node && !node->slot ? node : NULL);
	}
	for (size_t i = 0; i < want->node_count; i++) {
		struct want_node *node = &want->nodes[i];
		struct want_slot *slot = node->slot ? NULL : choose_slot(want, node);

		if (node->slot)
			continue;
		if (!slot) {
			add_slot(want, node->name, node);
			continue;
		}
		slot->node = node;
		node->slot = slot->name;
	}
}

static void make_slots(struct want *want, uint32_t spare)
{
	for (size_t i = 0; i < want->node_count; i++)
		add_slot(want, want->nodes[i].name, &want->nodes[i]);
	for (uint32_t i = 1; i <= spare; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "spare-%" PRIu32, i);
		add_slot(want, name, NULL);
	}
}

void want_nodes(struct want *want, const struct want_input *input)
{
	size_t count = model_count(input->model, MODEL_NODE);
	const struct slots *slots = input->slots && input->slots->count > 0 ? input->slots : NULL;

	want->nodes = arena_new_array(&want->arena, struct want_node, count + 1);
	model_each(input->model, MODEL_NODE, object)
		add_node(want, input, (const struct node *)object);
	find_drained(want);
	give_ids(want);
	count = want->node_count + (slots ? slots->count : input->settings->nodes.spare);
	want->slots = arena_new_array(&want->arena, struct want_slot, count + 1);
	if (slots)
		keep_slots(want, slots);
	else
		make_slots(want, input->settings->nodes.spare);
}

void want_cluster_servers(struct want *want, struct want_servers ret[WANT_FAMILIES])
{
	for (unsigned f = 0; f < WANT_FAMILIES; f++) {
		struct want_server *at = arena_new_array(
			&want->arena, struct want_server, want->node_count + 1);
		bool has_staying = family_has_staying(want, f);
		size_t count = 0;

		for (size_t i = 0; i < want->node_count; i++) {
			const struct want_node *node = &want->nodes[i];

			if (!ip_is_set(&node->ips[f]))
				continue;
			at[count++] = (struct want_server){
				.node = node,
				.weight = 1,
				.is_disabled = node->is_leaving && has_staying,
			};
		}
		ret[f] = (struct want_servers){ at, count };
	}
}

struct score {
	uint32_t score;
	size_t i;
};

static int by_score(const void *a, const void *b)
{
	const struct score *left = a;
	const struct score *right = b;

	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	return left->i < right->i ? -1 : left->i > right->i;
}

static int by_place(const void *a, const void *b)
{
	const struct score *left = a;
	const struct score *right = b;

	return left->i < right->i ? -1 : left->i > right->i;
}

/* Each Service has its own order of nodes; one that comes or goes moves no other: rendezvous
 * hashing. */
static uint32_t score_of(uint32_t service, const struct want_node *node)
{
	uint64_t mixed = ((uint64_t)service << 32 | node->id) * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(mixed >> 32);
}

struct want_servers want_subset_servers(
	struct want *want, uint32_t subset, const char *service, const struct want_servers *all)
{
	uint32_t hash = want_hash(service);
	auto_(freep) struct score *scores = NULL;
	struct want_server *at;

	if (subset == 0 || all->count <= subset)
		return *all;
	scores = xnew_array(struct score, all->count);
	for (size_t i = 0; i < all->count; i++) {
		const struct want_node *node = all->at[i].node;

		/* Those that leave come last, so that they are chosen only where nothing else is. */
		scores[i] = (struct score){
			node->is_leaving ? 0 : score_of(hash, node) | 1,
			i,
		};
	}
	qsort(scores, all->count, sizeof(scores[0]), by_score);
	qsort(scores, subset, sizeof(scores[0]), by_place);
	at = arena_new_array(&want->arena, struct want_server, subset);
	for (size_t i = 0; i < subset; i++)
		at[i] = all->at[scores[i].i];
	return (struct want_servers){ at, subset };
}

/* Weights keep the proportion of the counts, within what HAProxy takes. */
static struct want_servers weigh(struct want *want, const uint32_t *counts, size_t total)
{
	struct want_server *at = arena_new_array(&want->arena, struct want_server, total);
	bool has_staying = false;
	uint32_t most = 0;
	size_t count = 0;

	for (size_t i = 0; i < want->node_count; i++) {
		most = counts[i] > most ? counts[i] : most;
		has_staying |= counts[i] > 0 && !want->nodes[i].is_leaving;
	}
	for (size_t i = 0; i < want->node_count; i++) {
		uint64_t weight = most > WEIGHT_MAX ? (uint64_t)counts[i] * WEIGHT_MAX / most :
						      counts[i];

		if (counts[i] == 0)
			continue;
		at[count++] = (struct want_server){
			.node = &want->nodes[i],
			.weight = (uint16_t)(weight > 0 ? weight : 1),
			.is_disabled = want->nodes[i].is_leaving && has_staying,
		};
	}
	return (struct want_servers){ at, count };
}

void want_local_servers(struct want *want, const struct model *model, const struct service *service,
	struct want_servers ret[WANT_FAMILIES])
{
	auto_(freep) uint32_t *counts = xnew_array(uint32_t, WANT_FAMILIES * want->node_count + 1);
	size_t used[WANT_FAMILIES] = { 0 };
	struct model_endpoints endpoints;

	model_endpoints(model, service, &endpoints);
	for (size_t i = 0; i < endpoints.count; i++) {
		const struct model_endpoint *endpoint = &endpoints.at[i];
		unsigned f = endpoint->ip.family == AF_INET ? WANT_V4 : WANT_V6;
		const struct want_node *node = endpoint->node ? find_node(want, endpoint->node) :
								NULL;

		if (!endpoint->is_ready || endpoint->is_terminating || !node ||
			!ip_is_set(&node->ips[f]))
			continue;
		if (counts[f * want->node_count + (size_t)(node - want->nodes)]++ == 0)
			used[f]++;
	}
	model_endpoints_fini(&endpoints);
	for (unsigned f = 0; f < WANT_FAMILIES; f++)
		ret[f] = weigh(want, counts + f * want->node_count, used[f]);
}
