/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BFD sessions with the other nodes: which, with what parameters, and what becomes of them.
 */

#include "base/clock.h"
#include "speaker/membership_state.h"

#include <string.h>

#define GONE_NS   (1 * NS_PER_S)  /* so long a host's word that nobody listens is remembered */
#define DOUBT_NS  (10 * NS_PER_S) /* a doubt costs questions and announcements */
#define REVIEW_NS (5 * NS_PER_S)  /* owners may have changed: other sessions matter */

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

void sessions_sync(evutil_socket_t fd, short events, void *arg)
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

	/* Down for another reason, say no link: it lives, and may be asked. */
	if (event->cause == BFD_CAUSE_PACKET && event->remote_state == BFD_ADMIN_DOWN &&
		event->remote_diag == BFD_DIAG_ADMIN_DOWN)
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
		peer->doubted_ns = 0;
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
	if (!peer->is_up || peer->is_doubted ||
		(peer->doubted_ns > 0 && peer->gone_ns - peer->doubted_ns < DOUBT_NS))
		return;
	peer->is_doubted = true;
	peer->doubted_ns = peer->gone_ns;
	ownership_peer(m->ownership, index, OWNERSHIP_DOWN, peer->gone_ns);
	membership_act(m);
	talk_hello(m, index, true);
}

bool sessions_on_bfd(void *user, const struct bfd_event *event)
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

static void put_session_of(struct membership *m, size_t i, bool is_wanted, bool is_anew)
{
	struct peer *peer = &m->peers[i];
	bool is_new = is_wanted && !peer->has_session;

	if (is_new || (is_wanted && is_anew)) {
		peer->has_session = true;
		put_session(m, peer);
	} else if (!is_wanted && peer->has_session) {
		(void)bfd_engine_abandon(m->side->bfd, &peer->key);
		peer->has_session = false;
		peer->is_up = false;
		/* It is not known any more whether it lives. */
		ownership_peer(m->ownership, (uint16_t)i, OWNERSHIP_UNKNOWN, clock_now_ns());
		membership_act(m);
	}
}

static void add_wanted(void *user, const struct ownership_address_view *view)
{
	struct membership *m = user;

	sessions_add(
		m->snapshot->self, view->candidates, view->candidate_count, view->owner, m->wanted);
}

/* Puts in force what is wanted; fewer sessions may make all of them faster, more slower. */
static void put_wanted(struct membership *m, bool is_anew)
{
	size_t count = 0;
	uint32_t interval_ms;

	m->wanted[m->snapshot->self] = false;
	for (size_t i = 0; i < m->peer_count; i++) {
		m->wanted[i] &= ip_is_set(&m->snapshot->nodes[i].ip);
		count += m->wanted[i];
	}
	interval_ms = sessions_interval_ms(m->snapshot->interval_ms, count, m->peer_count);
	is_anew |= interval_ms != m->interval_ms;
	m->interval_ms = interval_ms;
	for (size_t i = 0; i < m->peer_count; i++)
		put_session_of(m, i, m->wanted[i], is_anew);
}

/* Sessions with those that matter, as owners are known now. */
void membership_choose(struct membership *m, bool is_anew)
{
	sessions_begin(m->peer_count, m->wanted);
	if (!sessions_are_all(m->peer_count))
		ownership_visit_addresses(m->ownership, add_wanted, m, clock_now_ns());
	put_wanted(m, is_anew);
	m->chosen_ns = clock_now_ns();
}

/* Those that are not needed any more end with the next review. */
void membership_choose_more(struct membership *m, const struct membership_update *update)
{
	if (update->put_count == 0 || sessions_are_all(m->peer_count))
		return;
	for (size_t i = 0; i < update->put_count; i++) {
		const struct claim *claim = ownership_claim(m->ownership, &update->puts[i].ip);
		struct ownership_address address;

		if (!claim)
			continue;
		address = ownership_claim_address(claim);
		sessions_add(m->snapshot->self, address.candidates, address.count,
			ownership_owner(m->ownership, &address.ip), m->wanted);
	}
	put_wanted(m, false);
}

void membership_review(struct membership *m)
{
	if (!sessions_are_all(m->peer_count) && clock_now_ns() - m->chosen_ns >= REVIEW_NS)
		membership_choose(m, false);
}
