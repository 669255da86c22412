/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/membership.h"

#include "arp/view.h"
#include "base/clock.h"
#include "base/mem.h"
#include "plan/ownership_heard.h"
#include "speaker/membership_state.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK_NS (5 * NS_PER_S) /* main has learned by then that a link is down */

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
	case OWNERSHIP_VERIFY:
		talk_verify(m, action->member, &action->ip, action->value > 1);
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

static void on_verify(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	talk_flush_verifies(arg);
}

static void on_stall(void *user, uint64_t slept_ns)
{
	struct membership *m = user;

	(void)slept_ns;
	if (!m->snapshot)
		return;
	socket_throw_away(m);
	ownership_stalled(m->ownership, clock_now_ns());
	membership_act(m);
}

static bool same_links(const struct ownership_address *a, const struct ownership_address *b)
{
	return a->link_count == b->link_count &&
		(a->link_count == 0 ||
			memcmp(a->links, b->links, a->link_count * sizeof(a->links[0])) == 0);
}

/* The engine watches every address that self has a link for. */
static void watch_address(
	struct membership *m, struct membership_put *put, const struct ownership_address *address)
{
	const struct claim *claim = ownership_claim(m->ownership, &put->ip);
	const struct ownership_address before = claim ? ownership_claim_address(claim) :
							(struct ownership_address){ 0 };
	bool answers = ownership_answers(m->ownership, &put->ip);

	if (same_links(&before, address))
		return;
	if (put->watched)
		put->watched = arp_engine_put_made(
			m->side->arp, put->watched, answers ? ARP_ANNOUNCE : ARP_STANDBY);
	else
		put->watched = arp_engine_take_out(m->side->arp, &put->ip);
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
				(void)bfd_engine_abandon(m->side->bfd, &old[k].key);
			k++;
		}
		if (k == old_count || order != 0)
			continue;
		m->peers[i].is_renewed = true;
		if (bfd_key_equal(&old[k].key, &m->peers[i].key))
			m->peers[i] = old[k];
		else if (old[k].has_session)
			(void)bfd_engine_abandon(m->side->bfd, &old[k].key);
		k++;
	}
	for (; k < old_count; k++) {
		if (old[k].has_session)
			(void)bfd_engine_abandon(m->side->bfd, &old[k].key);
	}
	free(old);
}

static void note_open(void *user, const struct arp_link_view *view)
{
	struct membership *m = user;

	if (view->is_open && m->open_count < COUNT_OF(m->open))
		m->open[m->open_count++] = view->ifindex;
}

/* Links come, go and fail in the engine of ARP; one that is being opened is none yet. */
static void note_links(struct membership *m)
{
	m->open_count = 0;
	arp_engine_visit_links(m->side->arp, note_open, m);
}

/* Ready is who has its tables and a link that it can answer on: only then is its session Up. */
static void update_ready(struct membership *m)
{
	bool is_ready = m->snapshot && m->open_count > 0;

	if (m->is_leaving || is_ready == (m->ready_ns > 0))
		return;
	m->ready_ns = is_ready ? clock_now_ns() : 0;
	bfd_engine_set_ready(m->side->bfd, is_ready, is_ready ? BFD_DIAG_NONE : BFD_DIAG_PATH_DOWN);
	talk_hello_all(m, is_ready);
	ownership_ready(m->ownership, is_ready, clock_now_ns());
	membership_act(m);
}

/* True: it was news for the ownership alone. */
static bool take_news(struct membership *m, const struct arp_event *event)
{
	uint64_t now = clock_now_ns();

	if (event->type == ARP_EV_HEARD && event->is_announcement)
		ownership_announced(m->ownership, &event->ip, &event->mac, now);
	else if (event->type == ARP_EV_HEARD)
		ownership_heard(m->ownership, &event->ip, &event->mac, now);
	else if (event->type == ARP_EV_RIVAL)
		ownership_rival(m->ownership, &event->ip, &event->mac, now);
	else if (event->type == ARP_EV_UNASKED)
		ownership_unasked(m->ownership, &event->ip, now);
	else
		return false;
	membership_act(m);
	return true;
}

static bool has_link(const unsigned *links, size_t count, unsigned ifindex)
{
	for (size_t i = 0; i < count; i++) {
		if (links[i] == ifindex)
			return true;
	}
	return false;
}

/* ownership_serve_fn; @links by ifindex. Without a socket nothing is heard, nor answered. */
static bool can_carry(void *user, const unsigned *links, size_t count)
{
	const struct membership *m = user;

	for (size_t i = 0; i < count; i++) {
		if (has_link(m->open, m->open_count, links[i]) &&
			!has_link(m->down, m->down_count, links[i]))
			return true;
	}
	return false;
}

static bool is_served(const struct membership *m, unsigned ifindex)
{
	return m->snapshot && has_link(m->snapshot->links, m->snapshot->link_count, ifindex);
}

static void mark_carrier(struct membership *m, unsigned ifindex, bool has_carrier)
{
	for (size_t k = 0; k < m->down_count; k++) {
		if (m->down[k] != ifindex)
			continue;
		m->down_count--;
		m->down[k] = m->down[m->down_count];
		m->down_ns[k--] = m->down_ns[m->down_count];
	}
	if (!has_carrier && m->down_count < COUNT_OF(m->down)) {
		m->down[m->down_count] = ifindex;
		m->down_ns[m->down_count++] = clock_now_ns();
	}
}

/* Sooner than main can bring a snapshot of it. */
static void on_carrier(void *user, unsigned ifindex, bool has_carrier)
{
	struct membership *m = user;

	if (!is_served(m, ifindex))
		return;
	mark_carrier(m, ifindex, has_carrier);
	ownership_serve_all(m->ownership, can_carry, m, clock_now_ns());
	membership_act(m);
}

/* A socket was opened, or failed. Who can not serve any more says so before it is not ready. */
static void on_link(struct membership *m)
{
	note_links(m);
	if (m->snapshot) {
		ownership_serve_all(m->ownership, can_carry, m, clock_now_ns());
		membership_act(m);
	}
	update_ready(m);
}

static bool on_arp(void *user, const struct arp_event *event)
{
	struct membership *m = user;

	if (event->type == ARP_EV_LINK_UP || event->type == ARP_EV_LINK_FAILED)
		on_link(m);
	return m->snapshot && take_news(m, event);
}

static void set_members(struct membership *m)
{
	const struct membership_snapshot *from = m->snapshot;
	auto_(freep) struct ownership_member *members = xnew_array(
		struct ownership_member, from->node_count + 1);
	struct ownership_snapshot snapshot = {
		.members = members,
		.member_count = from->node_count,
		.self = from->self,
		.conf = from->conf,
	};

	snapshot.conf.detect_ns = (uint64_t)from->interval_ms * from->multiplier * NS_PER_MS;
	for (size_t i = 0; i < from->node_count; i++)
		members[i] = (struct ownership_member){
			.name = from->nodes[i].name,
			.has_session = ip_is_set(&from->nodes[i].ip),
		};
	ownership_set_members(m->ownership, &snapshot, clock_now_ns());
	free(m->wanted);
	m->wanted = xnew_array(bool, from->node_count + 1);
}

/* What was known of a node by the session that it has no more is not known now. */
static void forget_renewed(struct membership *m)
{
	for (size_t i = 0; i < m->peer_count; i++) {
		if (!m->peers[i].is_renewed)
			continue;
		m->peers[i].is_renewed = false;
		ownership_peer(m->ownership, (uint16_t)i, OWNERSHIP_UNKNOWN, clock_now_ns());
		membership_act(m);
	}
}

/* What main does not serve any more has no mark; what it has seen since needs none. */
static void forget_marks(struct membership *m, uint64_t made_ns)
{
	size_t count = m->down_count;

	for (size_t k = 0; k < m->down_count; k++) {
		if (!is_served(m, m->down[k]) || m->down_ns[k] + MARK_NS < made_ns) {
			m->down_count--;
			m->down[k] = m->down[m->down_count];
			m->down_ns[k--] = m->down_ns[m->down_count];
		}
	}
	if (m->down_count == count)
		return;
	ownership_serve_all(m->ownership, can_carry, m, clock_now_ns());
	membership_act(m);
}

/* What is replaced comes to lie in @put. */
static void apply_put(struct membership *m, struct membership_put *put)
{
	struct ownership_address address;

	if (!put->claim) {
		put->watched = arp_engine_take_out(m->side->arp, &put->ip);
		put->claim = ownership_drop(m->ownership, &put->ip, clock_now_ns());
		return;
	}
	address = ownership_claim_address(put->claim);
	watch_address(m, put, &address);
	put->claim = ownership_put(m->ownership, put->claim,
		can_carry(m, address.links, address.link_count), clock_now_ns());
}

static void apply_puts(struct membership *m, struct membership_update *update)
{
	if (update->actions)
		update->actions = ownership_set_room(
			m->ownership, update->actions, update->action_capacity);
	if (update->is_whole)
		set_members(m);
	for (size_t i = 0; i < update->put_count; i++)
		apply_put(m, &update->puts[i]);
	membership_act(m);
}

static void apply_snapshot(struct membership *m, struct membership_update *update)
{
	struct membership_snapshot *before = m->snapshot;

	m->snapshot = update->snapshot;
	update->snapshot = before;
	if (update->is_whole)
		take_peers(m, before);
}

/* What others go by: they are told at once, not with the next hello. */
static bool is_another_self(
	const struct membership_snapshot *before, const struct membership_snapshot *now)
{
	return before->is_draining != now->is_draining || before->mac_count != now->mac_count ||
		memcmp(before->macs, now->macs, now->mac_count * sizeof(now->macs[0])) != 0;
}

void membership_apply(struct wire_side *side, void *arg)
{
	struct membership_update *update = arg;
	struct membership *m = update->membership;
	bool is_new = update->snapshot;

	(void)side;
	note_links(m);
	if (is_new)
		apply_snapshot(m, update);
	apply_puts(m, update);
	forget_marks(m, update->made_ns);
	if (update->is_whole) {
		forget_renewed(m);
		membership_choose(m, true);
	} else {
		membership_choose_more(m, update);
	}
	if (!is_new)
		return;
	ownership_drain(m->ownership, m->snapshot->is_draining, clock_now_ns());
	membership_act(m);
	update_ready(m);
	if (update->snapshot && is_another_self(update->snapshot, m->snapshot))
		talk_hello_all(m, false);
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
	m->sync = add_event(m, sessions_sync);
	m->verify = add_event(m, on_verify);
	socket_start(m);
}

static void stop(void *user)
{
	struct membership *m = user;

	socket_stop(m);
	event_free(m->timer);
	event_free(m->sync);
	event_free(m->verify);
}

struct wire_hooks membership_hooks(struct membership *membership)
{
	return (struct wire_hooks){
		.start = start,
		.stop = stop,
		.on_arp = on_arp,
		.on_bfd = sessions_on_bfd,
		.on_carrier = on_carrier,
		.on_stall = on_stall,
		.user = membership,
	};
}

int membership_open(uint16_t port, struct membership **ret_membership)
{
	struct membership *m = xnew(struct membership);
	int r = socket_open(port, &m->fd, &m->family);

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
	free(m->wanted);
	free(m->peers);
	free(m);
	return NULL;
}
