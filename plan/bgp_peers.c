/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_peers.h"

#include "base/mem.h"
#include "model/select.h"
#include "plan/bgp_resolve.h"

#include <string.h>

enum {
	NO_SLOT = PLAN_BGP_PEERS_MAX /* a peer too many */
};

struct peer_list {
	struct plan_bgp_peer *at; /* owned, sorted by name */
	size_t count;
	size_t capacity;
};

struct plan_bgp_peers {
	struct peer_list list;
};

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool bfd_equal(const struct plan_bfd *a, const struct plan_bfd *b)
{
	return a->is_wanted == b->is_wanted && a->receive_ms == b->receive_ms &&
		a->transmit_ms == b->transmit_ms && a->detect_multiplier == b->detect_multiplier &&
		a->is_passive == b->is_passive && a->minimum_ttl == b->minimum_ttl;
}

static bool transport_equal(const struct plan_bgp_peer *a, const struct plan_bgp_peer *b)
{
	return ip_equal(&a->address, &b->address) && ip_equal(&a->source, &b->source) &&
		strcmp(a->interface, b->interface) == 0 && strcmp(a->vrf, b->vrf) == 0 &&
		a->port == b->port && a->is_multihop == b->is_multihop &&
		a->is_passive == b->is_passive && a->gtsm_hops == b->gtsm_hops &&
		a->role == b->role && same_text(a->password, b->password);
}

bool plan_bgp_peer_equal(const struct plan_bgp_peer *a, const struct plan_bgp_peer *b)
{
	return strcmp(a->name, b->name) == 0 && a->slot == b->slot && a->reason == b->reason &&
		strcmp(a->detail, b->detail) == 0 && a->local_as == b->local_as &&
		a->sent_as == b->sent_as && a->peer_as == b->peer_as && a->as_kind == b->as_kind &&
		a->router_id == b->router_id && a->hold_seconds == b->hold_seconds &&
		a->keepalive_seconds == b->keepalive_seconds &&
		a->connect_seconds == b->connect_seconds && a->has_v4 == b->has_v4 &&
		a->has_v6 == b->has_v6 && a->has_graceful_restart == b->has_graceful_restart &&
		bfd_equal(&a->bfd, &b->bfd) && transport_equal(a, b);
}

struct plan_bgp_peers *plan_bgp_peers_new(void)
{
	return xnew(struct plan_bgp_peers);
}

static void list_fini(struct peer_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		plan_bgp_peer_fini(&list->at[i]);
	free(list->at);
	*list = (struct peer_list){ 0 };
}

struct plan_bgp_peers *plan_bgp_peers_free(struct plan_bgp_peers *peers)
{
	if (!peers)
		return NULL;
	list_fini(&peers->list);
	free(peers);
	return NULL;
}

static struct plan_bgp_peer *find(const struct peer_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].name, name) == 0)
			return &list->at[i];
	}
	return NULL;
}

static uint64_t bit_of(const struct plan_bgp_peer *peer)
{
	return peer->slot == NO_SLOT ? 0 : UINT64_C(1) << peer->slot;
}

static uint64_t bits_of(const struct peer_list *list)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < list->count; i++)
		bits |= bit_of(&list->at[i]);
	return bits;
}

/* Slots that are taken: for certain, and by peers that go, whose slot plans may still name. */
struct taken {
	uint64_t kept;
	uint64_t before;
};

static unsigned free_slot(const struct taken *taken)
{
	uint64_t both = taken->kept | taken->before;
	uint64_t used = ~both != 0 ? both : taken->kept;

	for (unsigned slot = 0; slot < PLAN_BGP_PEERS_MAX; slot++) {
		if ((used >> slot & 1) == 0)
			return slot;
	}
	return NO_SLOT;
}

static bool selects(const struct bgp_peer_spec *spec, const struct node *node)
{
	/* One machine that nobody described as a Node is a cluster of one. */
	return !node || selectors_match(&spec->node_selectors, &node->object.meta.labels);
}

/*
 * Two sessions to one address of one VRF would be one to the other side. Nor does a port part them:
 * whoever dials us has any, and keys of TCP-MD5 belong to addresses.
 */
static void refuse_twin(const struct peer_list *list, struct plan_bgp_peer *peer)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct plan_bgp_peer *other = &list->at[i];

		if (other->reason == PLAN_PASSED && ip_equal(&other->address, &peer->address) &&
			strcmp(other->interface, peer->interface) == 0 &&
			strcmp(other->vrf, peer->vrf) == 0) {
			plan_bgp_peer_refuse(peer, PLAN_PEER_DUPLICATE,
				xasprintf("BGPPeer %s has this address on this node", other->name));
			return;
		}
	}
}

static void add(struct peer_list *list, const struct model *model, const struct bgp_peer_spec *spec,
	unsigned slot)
{
	struct plan_bgp_peer peer = { .slot = slot };

	plan_bgp_peer_resolve(model, spec, &peer);
	if (slot == NO_SLOT)
		plan_bgp_peer_refuse(&peer, PLAN_PEER_TOO_MANY,
			xasprintf("a node has at most %d peers", PLAN_BGP_PEERS_MAX));
	refuse_twin(list, &peer);
	*array_add(list->at, list->count, list->capacity) = peer;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct plan_bgp_peer *)a)->name, ((const struct plan_bgp_peer *)b)->name);
}

/* The BGPPeers that select the node @self. */
struct selected {
	const struct bgp_peer_spec **at; /* owned */
	size_t count;
	size_t capacity;
};

static void select_peers(struct selected *selected, const struct model *model, const char *self)
{
	const struct node *node = (const struct node *)model_find(model, MODEL_NODE, NULL, self);

	/* A Node that nobody knows of among others has no peers. */
	if (!node && model_count(model, MODEL_NODE) > 0)
		return;
	model_each(model, MODEL_BGP_PEER, object)
	{
		const struct bgp_peer_spec *spec = (const struct bgp_peer_spec *)object;

		if (selects(spec, node))
			*array_add(selected->at, selected->count, selected->capacity) = spec;
	}
}

static void collect(struct peer_list *list, const struct peer_list *before,
	const struct model *model, const char *self)
{
	struct taken taken = { .before = bits_of(before) };
	struct selected selected = { 0 };

	select_peers(&selected, model, self);
	for (size_t i = 0; i < selected.count; i++) {
		const struct plan_bgp_peer *old = find(before, selected.at[i]->object.meta.name);

		taken.kept |= old ? bit_of(old) : 0;
	}
	for (size_t i = 0; i < selected.count; i++) {
		const struct bgp_peer_spec *spec = selected.at[i];
		const struct plan_bgp_peer *old = find(before, spec->object.meta.name);
		unsigned slot = old && old->slot != NO_SLOT ? old->slot : free_slot(&taken);

		if (find(list, spec->object.meta.name))
			continue; /* of another namespace; conf/ refuses it */
		taken.kept |= slot != NO_SLOT ? UINT64_C(1) << slot : 0;
		add(list, model, spec, slot);
	}
	free(selected.at);
	if (list->count > 1)
		qsort(list->at, list->count, sizeof(list->at[0]), by_name);
}

static bool tell_gone(const struct peer_list *before, const struct peer_list *now,
	plan_bgp_peer_fn *on_change, void *user)
{
	bool differs = false;

	for (size_t i = 0; i < before->count; i++) {
		if (find(now, before->at[i].name))
			continue;
		differs = true;
		if (on_change)
			on_change(user, &before->at[i], NULL);
	}
	return differs;
}

static bool tell_new(const struct peer_list *before, const struct peer_list *now,
	plan_bgp_peer_fn *on_change, void *user)
{
	bool differs = false;

	for (size_t i = 0; i < now->count; i++) {
		const struct plan_bgp_peer *old = find(before, now->at[i].name);

		if (old && plan_bgp_peer_equal(old, &now->at[i]))
			continue;
		differs = true;
		if (on_change)
			on_change(user, old, &now->at[i]);
	}
	return differs;
}

bool plan_bgp_peers_update(struct plan_bgp_peers *peers, const struct model *model,
	const char *self, plan_bgp_peer_fn *on_change, void *user)
{
	struct peer_list before = peers->list;
	bool differs;

	peers->list = (struct peer_list){ 0 };
	collect(&peers->list, &before, model, self);
	differs = tell_gone(&before, &peers->list, on_change, user);
	differs |= tell_new(&before, &peers->list, on_change, user);
	list_fini(&before);
	return differs;
}

size_t plan_bgp_peers_count(const struct plan_bgp_peers *peers)
{
	return peers->list.count;
}

const struct plan_bgp_peer *plan_bgp_peers_at(const struct plan_bgp_peers *peers, size_t i)
{
	return &peers->list.at[i];
}

const struct plan_bgp_peer *plan_bgp_peers_find(
	const struct plan_bgp_peers *peers, const char *name)
{
	return find(&peers->list, name);
}

uint64_t plan_bgp_peers_slots(
	const struct plan_bgp_peers *peers, const struct strings *names, uint8_t family)
{
	uint64_t slots = 0;

	for (size_t i = 0; i < peers->list.count; i++) {
		const struct plan_bgp_peer *peer = &peers->list.at[i];

		if ((family == AF_INET ? peer->has_v4 : peer->has_v6) &&
			(names->count == 0 || strings_contain(names, peer->name)))
			slots |= bit_of(peer);
	}
	return slots;
}
