/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nodes of the model as members, with what the settings say.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "model/select.h"
#include "speaker/l2.h"
#include "speaker/state.h"

#include <string.h>

/* The InternalIP of @family, else any; 0 if there is none. */
static struct ip internal_ip(const struct node *node, uint8_t family)
{
	struct ip ip = node_internal_ip(node, family);

	return ip_is_set(&ip) ? ip : node_internal_ip(node, 0);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct membership_node *left = a;
	const struct membership_node *right = b;

	return strcmp(left->name, right->name);
}

static void add_nodes(struct membership_snapshot *snapshot, const struct speaker *speaker)
{
	const char *self = speaker->settings->node;
	const struct membership_node *found;
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
	found = membership_node_find(snapshot, self);
	snapshot->self = found ? (uint16_t)(found - snapshot->nodes) : OWNERSHIP_NOBODY;
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

	snapshot->keyring = *keyring;
	snapshot->interval_ms = settings->liveness.interval_ms;
	snapshot->multiplier = settings->liveness.multiplier;
	snapshot->is_draining = speaker->is_drained;
	snapshot->conf = (struct ownership_conf){
		.hold_down_ns = settings->ownership.hold_down_seconds * NS_PER_S,
		.preempt = settings->ownership.preempt,
		.withdraw_alone = settings->ownership.isolated == SETTINGS_ISOLATED_WITHDRAW,
	};
	add_nodes(snapshot, speaker);
	add_links(snapshot, speaker);
	return snapshot;
}

bool l2_snapshot_same_members(
	const struct membership_snapshot *a, const struct membership_snapshot *b)
{
	if (a->node_count != b->node_count || a->self != b->self ||
		!ip_equal(&a->self_ip, &b->self_ip) || a->interval_ms != b->interval_ms ||
		a->multiplier != b->multiplier || !keyring_equal(&a->keyring, &b->keyring) ||
		a->conf.hold_down_ns != b->conf.hold_down_ns ||
		a->conf.preempt != b->conf.preempt ||
		a->conf.withdraw_alone != b->conf.withdraw_alone)
		return false;
	for (size_t i = 0; i < a->node_count; i++) {
		if (strcmp(a->nodes[i].name, b->nodes[i].name) != 0 ||
			!ip_equal(&a->nodes[i].ip, &b->nodes[i].ip))
			return false;
	}
	return true;
}

bool l2_snapshot_same_self(const struct membership_snapshot *a, const struct membership_snapshot *b)
{
	if (a->is_draining != b->is_draining || a->mac_count != b->mac_count ||
		a->link_count != b->link_count)
		return false;
	return memcmp(a->macs, b->macs, sizeof(a->macs)) == 0 &&
		memcmp(a->links, b->links, sizeof(a->links)) == 0;
}
