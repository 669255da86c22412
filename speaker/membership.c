/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/membership.h"

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/membership_state.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GONE_NS   (1 * NS_PER_S) /* so long a host's word that nobody listens is remembered */
#define REVIEW_NS (5 * NS_PER_S) /* owners may have changed: other sessions matter */

static void arm(struct membership *m)
{
	uint64_t next = ownership_next_ns(m->ownership);
	uint64_t now = clock_now_ns();
	uint64_t wait_us = next > now ? (next - now + NS_PER_US - 1) / NS_PER_US : 0;
	const struct timeval wait = {
		.tv_sec = (time_t)(wait_us / 1000000),
		.tv_usec = (suseconds_t)(wait_us % 1000000),
	};

	if (next == UINT64_MAX)
		(void)evtimer_del(m->timer);
	else if (evtimer_add(m->timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

static void tell(struct membership *m, const struct ownership_action *action)
{
	struct wire_event event = {
		.type = WIRE_EV_OWNERSHIP,
		.ownership = {
			.event = action->event,
			.why = action->why,
			.ip = action->ip,
			.mac = action->mac,
			.value = action->value,
		},
	};

	if (action->member != OWNERSHIP_NOBODY)
		(void)snprintf(event.ownership.member, sizeof(event.ownership.member), "%s",
			m->snapshot->nodes[action->member].name);
	wire_emit(m->side, &event);
}

static void act(struct membership *m, const struct ownership_action *action)
{
	struct arp_engine *arp = m->side->arp;

	switch (action->type) {
	case OWNERSHIP_PROBE:
		arp_engine_ask(arp, &action->ip);
		break;
	case OWNERSHIP_ASK:
		talk_hello(m, action->member, true);
		break;
	case OWNERSHIP_ANNOUNCE:
		arp_engine_set_mode(arp, &action->ip, ARP_ANNOUNCE);
		break;
	case OWNERSHIP_AGAIN:
		arp_engine_announce(arp, &action->ip);
		break;
	case OWNERSHIP_QUIET:
		arp_engine_set_mode(arp, &action->ip, ARP_STANDBY);
		break;
	case OWNERSHIP_GIVE:
		talk_give(m, action->member, &action->ip);
		break;
	case OWNERSHIP_MULTIPLIER:
		/* Perhaps from inside the BFD engine, which must not be called now. */
		m->peers[action->member].factor = action->value;
		m->peers[action->member].must_put = true;
		event_active(m->sync, 0, 0);
		break;
	case OWNERSHIP_TELL:
		tell(m, action);
		break;
	}
}

void membership_act(struct membership *m)
{
	const struct wire_event left = { .type = WIRE_EV_LEFT };
	struct ownership_action action;

	while (ownership_take_action(m->ownership, &action))
		act(m, &action);
	talk_flush(m);
	arm(m);
	if (m->is_leaving && !m->has_left && ownership_has_left(m->ownership)) {
		m->has_left = true;
		wire_emit(m->side, &left);
	}
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct membership *m = arg;

	(void)fd;
	(void)events;
	ownership_tick(m->ownership, clock_now_ns());
	membership_act(m);
}

static void put_session(struct membership *m, struct peer *peer)
{
	const struct membership_snapshot *snapshot = m->snapshot;
	struct bfd_session_conf conf = {
		.key = peer->key,
		.timing = {
			.tx_us = m->interval_ms * 1000,
			.rx_us = m->interval_ms * 1000,
			.multiplier = (uint8_t)snapshot->multiplier,
			.patience = (uint8_t)((snapshot->multiplier * peer->factor + 5) / 10),
		},
		.auth = {
			.type = BFD_AUTH_HMAC_SHA256,
			.key_count = (uint8_t)snapshot->keyring.count,
		},
		.is_gated = true,
		.tag = MEMBERSHIP_TAG,
	};
	int r;

	for (size_t i = 0; i < snapshot->keyring.count; i++) {
		const struct keyring_key *key = &snapshot->keyring.keys[i];

		conf.auth.keys[i] = (struct bfd_secret){ .id = key->id, .len = key->len };
		memcpy(conf.auth.keys[i].bytes, key->bytes, key->len);
	}
	r = bfd_engine_put(m->side->bfd, &conf);
	if (r < 0)
		log_error("BFD session with a node refused", kv_ip("peer", &peer->key.peer),
			kv_errno(r));
	explicit_bzero(&conf.auth, sizeof(conf.auth));
	peer->must_put = false;
}

static void on_sync(evutil_socket_t fd, short events, void *arg)
{
	struct membership *m = arg;

	(void)fd;
	(void)events;
	for (size_t i = 0; i < m->peer_count; i++) {
		if (m->peers[i].must_put && m->peers[i].has_session)
			put_session(m, &m->peers[i]);
	}
}

static uint16_t find_peer(const struct membership *m, const struct bfd_key *key)
{
	for (size_t i = 0; i < m->peer_count; i++) {
		if (m->peers[i].has_session && bfd_key_equal(&m->peers[i].key, key))
			return (uint16_t)i;
	}
	return OWNERSHIP_NOBODY;
}

void membership_peer_up(struct membership *m, uint16_t peer)
{
	m->peers[peer].is_doubted = false;
	ownership_peer(m->ownership, peer, OWNERSHIP_UP, clock_now_ns());
	membership_act(m);
}

static void on_session_down(struct membership *m, uint16_t index, const struct bfd_event *event)
{
	struct peer *peer = &m->peers[index];
	uint64_t now = clock_now_ns();
	enum ownership_peer state = OWNERSHIP_DOWN;

	if (event->cause == BFD_CAUSE_PACKET && event->remote_state == BFD_ADMIN_DOWN)
		state = OWNERSHIP_LEFT;
	else if (peer->gone_ns > 0 && now - peer->gone_ns < GONE_NS)
		state = OWNERSHIP_GONE; /* its host said so, and now its session agrees */
	ownership_peer(m->ownership, index, state, now);
	membership_act(m);
}

static void on_session_state(struct membership *m, uint16_t index, const struct bfd_event *event)
{
	struct peer *peer = &m->peers[index];
	bool is_up = event->state == BFD_UP;
	bool was_up = peer->is_up;

	peer->is_up = is_up;
	peer->since_ns = clock_now_ns();
	peer->next_hello_ns = 0;
	if (is_up && !was_up) {
		peer->gone_ns = 0;
		membership_peer_up(m, index);
		talk_hello(m, index, true);
	} else if (was_up && !is_up) {
		on_session_down(m, index, event);
	}
}

/* Anybody can make up an ICMP message: it is a reason to ask at once, and no more. */
static void on_peer_gone(struct membership *m, uint16_t index)
{
	struct peer *peer = &m->peers[index];

	peer->gone_ns = clock_now_ns();
	if (!peer->is_up || peer->is_doubted)
		return;
	peer->is_doubted = true;
	ownership_peer(m->ownership, index, OWNERSHIP_DOWN, peer->gone_ns);
	membership_act(m);
	talk_hello(m, index, true);
}

static bool on_bfd(void *user, const struct bfd_event *event)
{
	struct membership *m = user;
	uint16_t index;

	if (event->tag != MEMBERSHIP_TAG || event->type == BFD_EV_STALL)
		return false;
	index = find_peer(m, &event->key);
	if (index == OWNERSHIP_NOBODY || m->is_leaving)
		return true;
	if (event->type == BFD_EV_STATE)
		on_session_state(m, index, event);
	else if (event->type == BFD_EV_PEER_GONE)
		on_peer_gone(m, index);
	else if (event->type == BFD_EV_SOCKET)
		log_limited(LOG_L_WARN, "no BFD packets to a node", kv_ip("peer", &event->key.peer),
			kv_errno(event->error));
	return true;
}

static bool on_arp(void *user, const struct arp_event *event)
{
	struct membership *m = user;

	if (event->type == ARP_EV_HEARD && m->snapshot) {
		ownership_heard(m->ownership, &event->ip, &event->mac, clock_now_ns());
		membership_act(m);
	}
	return event->type == ARP_EV_HEARD || event->type == ARP_EV_RIVAL;
}

static void on_stall(void *user, uint64_t slept_ns)
{
	struct membership *m = user;

	(void)slept_ns;
	if (!m->snapshot)
		return;
	ownership_stalled(m->ownership, clock_now_ns());
	membership_act(m);
}

static struct arp_address_conf address_conf(
	const struct membership *m, const struct membership_address *address)
{
	return (struct arp_address_conf){
		.ip = address->ip,
		.mode = ownership_answers(m->ownership, &address->ip) ? ARP_ANNOUNCE : ARP_STANDBY,
		.ifindexes = m->snapshot->ifindexes + address->ifindex,
		.ifindex_count = address->ifindex_count,
	};
}

static bool same_links(const struct membership_snapshot *a, const struct membership_address *x,
	const struct membership_snapshot *b, const struct membership_address *y)
{
	return x->ifindex_count == y->ifindex_count &&
		memcmp(a->ifindexes + x->ifindex, b->ifindexes + y->ifindex,
			x->ifindex_count * sizeof(a->ifindexes[0])) == 0;
}

/* The engine watches every address that self has a link for. Both lists ascend. */
static void put_addresses(struct membership *m, const struct membership_snapshot *before)
{
	size_t k = 0;

	for (size_t i = 0; i < m->snapshot->address_count; i++) {
		const struct membership_address *address = &m->snapshot->addresses[i];
		const struct membership_address *old = NULL;
		struct arp_address_conf conf = address_conf(m, address);

		while (before && k < before->address_count &&
			ip_compare(&before->addresses[k].ip, &address->ip) < 0)
			arp_engine_drop(m->side->arp, &before->addresses[k++].ip);
		if (before && k < before->address_count &&
			ip_equal(&before->addresses[k].ip, &address->ip))
			old = &before->addresses[k++];
		if (old && same_links(before, old, m->snapshot, address))
			continue;
		if (address->ifindex_count > 0)
			arp_engine_put(m->side->arp, &conf);
		else if (old)
			arp_engine_drop(m->side->arp, &address->ip);
	}
	while (before && k < before->address_count)
		arp_engine_drop(m->side->arp, &before->addresses[k++].ip);
}

static struct peer new_peer(const struct membership_snapshot *snapshot, size_t i)
{
	struct peer peer = {
		.factor = 10,
		.key = {
			.peer = snapshot->nodes[i].ip,
			.is_multihop = true,
		},
	};

	arc4random_buf(&peer.words.challenge, sizeof(peer.words.challenge));
	if (snapshot->self_ip.family == peer.key.peer.family)
		peer.key.local = snapshot->self_ip;
	return peer;
}

/* Peers of nodes that stay, with the same addresses, keep what is known of them. */
static void take_peers(struct membership *m, const struct membership_snapshot *before)
{
	struct peer *old = m->peers;
	size_t old_count = m->peer_count;
	size_t k = 0;

	m->peers = xnew_array(struct peer, m->snapshot->node_count + 1);
	m->peer_count = m->snapshot->node_count;
	for (size_t i = 0; i < m->peer_count; i++) {
		int order = 1;

		m->peers[i] = new_peer(m->snapshot, i);
		while (k < old_count &&
			(order = strcmp(before->nodes[k].name, m->snapshot->nodes[i].name)) < 0) {
			if (old[k].has_session)
				(void)bfd_engine_drop(m->side->bfd, &old[k].key);
			k++;
		}
		if (k == old_count || order != 0)
			continue;
		if (bfd_key_equal(&old[k].key, &m->peers[i].key))
			m->peers[i] = old[k];
		else if (old[k].has_session)
			(void)bfd_engine_drop(m->side->bfd, &old[k].key);
		k++;
	}
	for (; k < old_count; k++) {
		if (old[k].has_session)
			(void)bfd_engine_drop(m->side->bfd, &old[k].key);
	}
	free(old);
}

static void put_session_of(struct membership *m, size_t i, bool is_wanted, bool is_anew)
{
	struct peer *peer = &m->peers[i];
	bool is_new = is_wanted && !peer->has_session;

	if (is_new || (is_wanted && is_anew)) {
		peer->has_session = true;
		put_session(m, peer);
	} else if (!is_wanted && peer->has_session) {
		(void)bfd_engine_drop(m->side->bfd, &peer->key);
		peer->has_session = false;
		peer->is_up = false;
		/* It is not known any more whether it lives. */
		ownership_peer(m->ownership, (uint16_t)i, OWNERSHIP_UNKNOWN, clock_now_ns());
		membership_act(m);
	}
}

/* Sessions with those that matter, as owners are known now. */
static void choose_sessions(struct membership *m, bool is_anew)
{
	struct choice *choice = &m->choice;
	size_t count;
	uint32_t interval_ms;

	for (size_t i = 0; i < m->snapshot->address_count; i++)
		choice->owners[i] = ownership_owner(m->ownership, &m->snapshot->addresses[i].ip);
	count = sessions_choose(&choice->snapshot, choice->owners, choice->wanted);
	for (size_t i = 0; i < m->peer_count; i++) {
		bool can = ip_is_set(&m->snapshot->nodes[i].ip);

		count -= choice->wanted[i] && !can;
		choice->wanted[i] &= can;
	}
	interval_ms = sessions_interval_ms(m->snapshot->interval_ms, count);
	is_anew |= interval_ms != m->interval_ms;
	m->interval_ms = interval_ms;
	for (size_t i = 0; i < m->peer_count; i++)
		put_session_of(m, i, choice->wanted[i], is_anew);
	m->chosen_ns = clock_now_ns();
}

void membership_review(struct membership *m)
{
	if (m->snapshot->node_count > SESSIONS_MESH_MAX &&
		clock_now_ns() - m->chosen_ns >= REVIEW_NS)
		choose_sessions(m, false);
}

static void get_ready(struct membership *m)
{
	if (m->ready_ns > 0)
		return;
	m->ready_ns = clock_now_ns();
	bfd_engine_set_ready(m->side->bfd, true, BFD_DIAG_NONE);
	for (size_t i = 0; i < m->peer_count; i++)
		talk_hello(m, (uint16_t)i, true);
	ownership_ready(m->ownership, true, m->ready_ns);
	membership_act(m);
}

static void choice_fini(struct choice *choice)
{
	free(choice->members);
	free(choice->addresses);
	free(choice->owners);
	free(choice->wanted);
}

/* What the ownership is to know, and what sessions are chosen by until the next snapshot. */
static void choice_init(struct choice *choice, const struct membership_snapshot *from)
{
	*choice = (struct choice){
		.members = xnew_array(struct ownership_member, from->node_count + 1),
		.addresses = xnew_array(struct ownership_address, from->address_count + 1),
		.owners = xnew_array(uint16_t, from->address_count + 1),
		.wanted = xnew_array(bool, from->node_count + 1),
	};
	choice->snapshot = (struct ownership_snapshot){
		.members = choice->members,
		.member_count = from->node_count,
		.self = from->self,
		.addresses = choice->addresses,
		.address_count = from->address_count,
		.conf = from->conf,
	};
	choice->snapshot.conf.detect_ns = (uint64_t)from->interval_ms * from->multiplier *
		NS_PER_MS;
	for (size_t i = 0; i < from->node_count; i++)
		choice->members[i] = (struct ownership_member){
			.name = from->nodes[i].name,
			.has_session = ip_is_set(&from->nodes[i].ip),
		};
	for (size_t i = 0; i < from->address_count; i++)
		choice->addresses[i] = (struct ownership_address){
			.ip = from->addresses[i].ip,
			.candidates = from->candidates + from->addresses[i].candidate,
			.count = from->addresses[i].candidate_count,
			.can_serve = from->addresses[i].ifindex_count > 0,
		};
}

static void apply(struct membership *m, struct membership_snapshot *snapshot)
{
	auto_(membership_snapshot_freep) struct membership_snapshot *before = m->snapshot;

	m->snapshot = snapshot;
	choice_fini(&m->choice);
	choice_init(&m->choice, snapshot);
	take_peers(m, before);
	put_addresses(m, before);
	ownership_set(m->ownership, &m->choice.snapshot, clock_now_ns());
	membership_act(m);
	choose_sessions(m, true);
	ownership_drain(m->ownership, snapshot->is_draining, clock_now_ns());
	membership_act(m);
	get_ready(m);
}

void membership_apply(struct wire_side *side, void *arg)
{
	struct membership_set *set = arg;

	(void)side;
	apply(set->membership, set->snapshot);
}

static struct event *add_event(struct membership *m, event_callback_fn callback)
{
	struct event *event = event_new(m->side->base, -1, 0, callback, m);

	if (!event)
		abort(); /* only memory can be missing */
	return event;
}

static void start(void *user, struct wire_side *side)
{
	struct membership *m = user;

	m->side = side;
	m->timer = add_event(m, on_timer);
	m->sync = add_event(m, on_sync);
	talk_start(m);
}

static void stop(void *user)
{
	struct membership *m = user;

	talk_stop(m);
	event_free(m->timer);
	event_free(m->sync);
}

struct wire_hooks membership_hooks(struct membership *membership)
{
	return (struct wire_hooks){
		.start = start,
		.stop = stop,
		.on_arp = on_arp,
		.on_bfd = on_bfd,
		.on_stall = on_stall,
		.user = membership,
	};
}

int membership_open(uint16_t port, struct membership **ret_membership)
{
	struct membership *m = xnew(struct membership);
	int r = talk_open(port, &m->fd);

	if (r < 0) {
		free(m);
		return r;
	}
	m->port = port;
	m->ownership = ownership_new();
	while (m->instance == 0)
		arc4random_buf(&m->instance, sizeof(m->instance));
	*ret_membership = m;
	return 0;
}

struct membership *membership_free(struct membership *m)
{
	if (!m)
		return NULL;
	(void)close(m->fd);
	ownership_free(m->ownership);
	membership_snapshot_free(m->snapshot);
	membership_snapshot_free(m->shown);
	choice_fini(&m->choice);
	free(m->peers);
	free(m);
	return NULL;
}
