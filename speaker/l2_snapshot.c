/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nodes of the model as members, planned addresses with their candidates as what is owned.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "plan/spread.h"
#include "speaker/l2.h"
#include "speaker/state.h"

#include <string.h>

/* The InternalIP of @family, else any; 0 if there is none. */
static struct ip internal_ip(const struct node *node, uint8_t family)
{
	struct ip found = { 0 };

	for (size_t i = 0; i < node->addresses.count; i++) {
		const struct node_address *address = &node->addresses.at[i];
		struct ip ip;

		if (!address->type || strcmp(address->type, "InternalIP") != 0 ||
			!address->address || ip_parse(address->address, &ip) < 0)
			continue;
		if (ip.family == family)
			return ip;
		if (!ip_is_set(&found))
			found = ip;
	}
	return found;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct membership_node *left = a;
	const struct membership_node *right = b;

	return strcmp(left->name, right->name);
}

static int find_node(const struct membership_snapshot *snapshot, const char *name)
{
	const struct membership_node wanted = { .name = (char *)name };
	const struct membership_node *found = snapshot->node_count == 0 ?
		NULL :
		bsearch(&wanted, snapshot->nodes, snapshot->node_count, sizeof(wanted),
			compare_nodes);

	return found ? (int)(found - snapshot->nodes) : -1;
}

static void add_nodes(struct membership_snapshot *snapshot, const struct speaker *speaker)
{
	const char *self = speaker->settings->node;
	const struct object *own = model_find(speaker->model, MODEL_NODE, NULL, self);
	uint8_t family = AF_INET;
	size_t capacity = 0;

	if (own) {
		snapshot->self_ip = internal_ip((const struct node *)own, AF_INET);
		if (ip_is_set(&snapshot->self_ip))
			family = snapshot->self_ip.family;
	} else { /* without a Node it can be no candidate, but it watches */
		array_add(snapshot->nodes, snapshot->node_count, capacity)->name = xstrdup(self);
	}
	model_each(speaker->model, MODEL_NODE, object)
	{
		struct membership_node *node;

		if (snapshot->node_count == OWNERSHIP_MEMBERS_MAX)
			break;
		node = array_add(snapshot->nodes, snapshot->node_count, capacity);
		node->name = xstrdup(object->meta.name);
		node->ip = internal_ip((const struct node *)object, family);
	}
	qsort(snapshot->nodes, snapshot->node_count, sizeof(snapshot->nodes[0]), compare_nodes);
	snapshot->self = (uint16_t)find_node(snapshot, self);
}

struct building {
	struct membership_snapshot *snapshot;
	size_t address_capacity;
	size_t candidate_capacity;
	size_t ifindex_capacity;
};

static void add_address(struct building *b, const struct plan_address *from)
{
	struct membership_snapshot *s = b->snapshot;
	struct membership_address *address = array_add(
		s->addresses, s->address_count, b->address_capacity);

	*address = (struct membership_address){
		.ip = from->ip,
		.candidate = s->candidate_count,
		.ifindex = s->ifindex_count,
	};
	for (size_t i = 0; i < from->heir_count; i++) {
		int node = find_node(s, from->heirs[i]);

		if (node < 0)
			continue;
		*array_add(
			s->candidates, s->candidate_count, b->candidate_capacity) = (uint16_t)node;
		address->candidate_count++;
	}
	for (size_t i = 0; i < from->ifindex_count; i++)
		*array_add(
			s->ifindexes, s->ifindex_count, b->ifindex_capacity) = from->ifindexes[i];
	address->ifindex_count = from->ifindex_count;
}

/* By address; of those that several Services share, the one with most candidates first. */
static int compare_addresses(const void *a, const void *b)
{
	const struct membership_address *left = a;
	const struct membership_address *right = b;
	int order = ip_compare(&left->ip, &right->ip);

	if (order != 0)
		return order;
	if (left->candidate_count != right->candidate_count)
		return left->candidate_count > right->candidate_count ? -1 : 1;
	return left->candidate < right->candidate ? -1 : 1;
}

static void add_addresses(struct building *b, const struct speaker *speaker)
{
	struct membership_snapshot *s = b->snapshot;
	size_t kept = 0;

	for (const struct service_plan *at = plan_first(speaker->plan); at;
		at = plan_next(speaker->plan, at)) {
		for (size_t i = 0; i < at->address_count; i++) {
			if (at->addresses[i].heir_count > 0)
				add_address(b, &at->addresses[i]);
		}
	}
	if (s->address_count > 1)
		qsort(s->addresses, s->address_count, sizeof(s->addresses[0]), compare_addresses);
	for (size_t i = 0; i < s->address_count; i++) {
		if (kept == 0 || !ip_equal(&s->addresses[kept - 1].ip, &s->addresses[i].ip))
			s->addresses[kept++] = s->addresses[i];
	}
	s->address_count = kept;
}

static void spread(struct membership_snapshot *s)
{
	auto_(freep) struct ownership_address *addresses = xnew_array(
		struct ownership_address, s->address_count + 1);

	for (size_t i = 0; i < s->address_count; i++)
		addresses[i] = (struct ownership_address){
			.ip = s->addresses[i].ip,
			.candidates = s->candidates + s->addresses[i].candidate,
			.count = s->addresses[i].candidate_count,
		};
	(void)spread_orders(s->candidates, addresses, s->address_count, s->node_count);
}

static bool is_served(const struct speaker *speaker, const struct net_link *link)
{
	for (size_t i = 0; i < speaker->link_count; i++) {
		if (speaker->links[i].ifindex == link->ifindex)
			return true;
	}
	return false;
}

static void add_links(struct membership_snapshot *snapshot, const struct speaker *speaker)
{
	for (size_t i = 0; i < net_monitor_count(speaker->net); i++) {
		const struct net_link *link = net_monitor_at(speaker->net, i);

		if (snapshot->mac_count == MESSAGE_MACS_MAX || !is_served(speaker, link))
			continue;
		snapshot->macs[snapshot->mac_count++] = link->mac;
		snapshot->links[snapshot->link_count++] = link->ifindex;
	}
}

struct membership_snapshot *l2_snapshot_new(
	const struct speaker *speaker, const struct keyring *keyring)
{
	const struct settings *settings = speaker->settings;
	struct membership_snapshot *snapshot = xnew(struct membership_snapshot);
	struct building building = { .snapshot = snapshot };

	snapshot->keyring = *keyring;
	snapshot->interval_ms = settings->liveness.interval_ms;
	snapshot->multiplier = settings->liveness.multiplier;
	snapshot->conf = (struct ownership_conf){
		.hold_down_ns = settings->ownership.hold_down_seconds * NS_PER_S,
		.preempt = settings->ownership.preempt,
		.withdraw_alone = settings->ownership.isolated == SETTINGS_ISOLATED_WITHDRAW,
	};
	add_nodes(snapshot, speaker);
	add_links(snapshot, speaker);
	snapshot->made_ns = clock_now_ns();
	add_addresses(&building, speaker);
	if (settings->ownership.spread)
		spread(snapshot);
	return snapshot;
}
