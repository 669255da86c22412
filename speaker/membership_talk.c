/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Messages with other speakers: hellos each second, twenty times a second to a node that is missing,
 * seldom to one without a session; and what is asked of them.
 */

#include "base/clock.h"
#include "plan/ownership_heard.h"
#include "plan/ownership_moves.h"
#include "speaker/membership_state.h"

#include <bsd/stdlib.h>
#include <string.h>

#define HELLO_NS       (1 * NS_PER_S)
#define HELLO_FAR_NS   (10 * NS_PER_S)  /* to nodes without a session */
#define HELLO_KNOCK_NS (50 * NS_PER_MS) /* to a missing one: how soon a heal is noticed */
#define KNOCK_LONG_NS  (600 * NS_PER_S) /* then it is not expected any more */
#define START_NS       (10 * NS_PER_S)  /* nodes that start together */
#define ANSWER_GAP_NS  (10 * NS_PER_MS) /* to what may be played again */

enum {
	GATHER_US = 1000, /* questions for the word of a speaker */
	KNOCK_AT_ONCE = 4,
};

static void copy_name(char to[MESSAGE_NAME_MAX + 1], const char *name)
{
	size_t len = strnlen(name, MESSAGE_NAME_MAX);

	memcpy(to, name, len);
	to[len] = '\0';
}

/* Questions for a word, and words: they are true whether the sender is ready or leaves. */
static bool is_word(enum message_type type)
{
	return type == MESSAGE_VERIFY || type == MESSAGE_OWNS || type == MESSAGE_OWNS_NOT;
}

/* What must not wait until the kernel, or a switch, has found out where a node is. */
static bool goes_to_all(const struct peer *peer, enum message_type type)
{
	bool is_missing = peer->has_session && !peer->is_up;

	return is_missing ? type == MESSAGE_HELLO || is_word(type) :
			    peer->is_deaf && type == MESSAGE_VERIFY;
}

static void transmit(struct membership *m, uint16_t index, struct message *message)
{
	struct peer *peer = &m->peers[index];
	const struct membership_snapshot *snapshot = m->snapshot;
	const struct ip *to = &snapshot->nodes[index].ip;
	uint8_t bytes[MESSAGE_MAX];
	size_t len;

	if (index == snapshot->self || !ip_is_set(to))
		return;
	if (m->family == AF_INET && to->family == AF_INET6)
		return; /* there is no way to it */
	message->flags |= (uint8_t)((m->ready_ns > 0 && !m->is_leaving ? MESSAGE_IS_READY : 0) |
		(ownership_is_draining(m->ownership) ? MESSAGE_IS_DRAINING : 0) |
		(ownership_is_new(m->ownership, clock_now_ns()) ? MESSAGE_IS_NEW : 0));
	message->instance = m->instance;
	message->challenge = peer->words.challenge;
	if (message->echo == 0)
		message->echo = peer->words.echo;
	message->sequence = ++m->sequence;
	copy_name(message->from, snapshot->nodes[snapshot->self].name);
	copy_name(message->to, snapshot->nodes[index].name);
	len = message_build(message, &snapshot->keyring, bytes);
	socket_send(m, to, bytes, len);
	if (!goes_to_all(peer, message->type))
		return;
	message->sequence = ++m->sequence;
	len = message_build(message, &snapshot->keyring, bytes);
	socket_send_to_all(m, bytes, len);
}

static void say_hello(struct membership *m, uint16_t index, bool asks, uint64_t echo)
{
	struct message message = {
		.type = MESSAGE_HELLO,
		.flags = asks ? MESSAGE_ASKS : 0,
		.echo = echo,
		.mac_count = m->snapshot->mac_count,
	};

	memcpy(message.macs, m->snapshot->macs, sizeof(message.macs));
	transmit(m, index, &message);
}

void talk_hello(struct membership *m, uint16_t index, bool asks)
{
	say_hello(m, index, asks, 0);
}

void talk_hello_all(struct membership *m, bool asks)
{
	for (size_t i = 0; i < m->peer_count; i++)
		talk_hello(m, (uint16_t)i, asks);
}

static void flush_list(
	struct membership *m, uint16_t index, struct ip_list *list, enum message_type type)
{
	struct message message = { .type = type, .ip_count = list->count };

	if (list->count == 0)
		return;
	memcpy(message.ips, list->at, sizeof(message.ips));
	list->count = 0;
	transmit(m, index, &message);
}

static void list_add(struct membership *m, uint16_t index, struct ip_list *list,
	enum message_type type, const struct ip *ip)
{
	list->at[list->count++] = *ip;
	if (list->count == MESSAGE_IPS_MAX)
		flush_list(m, index, list, type);
}

void talk_give(struct membership *m, uint16_t index, const struct ip *ip)
{
	m->has_gives = true;
	list_add(m, index, &m->peers[index].gives, MESSAGE_GIVE, ip);
}

void talk_flush(struct membership *m)
{
	if (!m->has_gives)
		return;
	m->has_gives = false;
	for (size_t i = 0; i < m->peer_count; i++)
		flush_list(m, (uint16_t)i, &m->peers[i].gives, MESSAGE_GIVE);
}

/*
 * Whoever sends frames with a speaker's MAC also teaches the switch that it is there, so that nothing
 * reaches the speaker until it sends itself. What goes to all does.
 */
void talk_verify(struct membership *m, uint16_t index, const struct ip *ip, bool is_again)
{
	const struct timeval gather = { .tv_usec = GATHER_US };

	m->peers[index].is_deaf |= is_again;
	/* One owner announces many addresses, one after the other: they are asked for together. */
	if (!evtimer_pending(m->verify, NULL) && evtimer_add(m->verify, &gather) < 0)
		abort(); /* only memory can be missing */
	list_add(m, index, &m->peers[index].verifies, MESSAGE_VERIFY, ip);
}

void talk_flush_verifies(struct membership *m)
{
	for (size_t i = 0; i < m->peer_count; i++)
		flush_list(m, (uint16_t)i, &m->peers[i].verifies, MESSAGE_VERIFY);
}

void talk_move(struct membership *m, uint16_t owner, const struct ip *ip, const char *target)
{
	struct message message = { .type = MESSAGE_MOVE, .ips = { *ip }, .ip_count = 1 };

	copy_name(message.target, target);
	transmit(m, owner, &message);
}

void talk_rebalance(struct membership *m, uint16_t owner)
{
	struct message message = { .type = MESSAGE_REBALANCE };

	transmit(m, owner, &message);
}

/* Each address is in one of two answers. */
static void say_word(struct membership *m, uint16_t from, const struct message *asked)
{
	struct message owned = { .type = MESSAGE_OWNS };
	struct message others = { .type = MESSAGE_OWNS_NOT };

	for (size_t i = 0; i < asked->ip_count; i++) {
		const struct ip *ip = &asked->ips[i];
		struct message *answer = ownership_answers(m->ownership, ip) ? &owned : &others;

		answer->ips[answer->ip_count++] = *ip;
	}
	if (owned.ip_count > 0)
		transmit(m, from, &owned);
	if (others.ip_count > 0)
		transmit(m, from, &others);
}

static void obey(struct membership *m, uint16_t from, const struct message *message)
{
	uint64_t now = clock_now_ns();
	uint16_t target = OWNERSHIP_NOBODY;

	if (message->type == MESSAGE_MOVE)
		target = ownership_find_member(m->ownership, message->target);
	for (size_t i = 0; i < message->ip_count; i++) {
		if (message->type == MESSAGE_GIVE)
			ownership_take(m->ownership, &message->ips[i], from, now);
		else if (message->type == MESSAGE_MOVE && target != OWNERSHIP_NOBODY &&
			ownership_move(m->ownership, &message->ips[i], target, now) < 0)
			log_limited(LOG_L_WARN, "asked to move an address, can not",
				kv_ip("ip", &message->ips[i]), kv_str("to", message->target));
	}
	if (message->type == MESSAGE_REBALANCE)
		(void)ownership_rebalance(m->ownership, now);
	membership_act(m);
	/* A giver without a link can not hear it on the wire, nor anybody a refusal. */
	if (message->type == MESSAGE_GIVE)
		say_word(m, from, message);
}

static void take_word(struct membership *m, uint16_t from, const struct message *message)
{
	if (message->type == MESSAGE_VERIFY) {
		say_word(m, from, message);
		return;
	}
	for (size_t i = 0; i < message->ip_count; i++)
		ownership_word(m->ownership, &message->ips[i], from, message->type == MESSAGE_OWNS,
			clock_now_ns());
	membership_act(m); /* what several are given on to goes in one message */
}

/* A message that is proven to come from that speaker, now. */
static void believe(struct membership *m, uint16_t from, const struct message *message, bool is_new)
{
	struct peer *peer = &m->peers[from];
	uint64_t now = clock_now_ns();

	peer->heard_ns = now;
	peer->is_deaf = false;
	if (is_new && !m->is_leaving) {
		ownership_restarted(m->ownership, from, now);
		membership_act(m);
		/* Its session may have come Up before this word of it; if not, it falls soon. */
		if (peer->is_up)
			membership_peer_up(m, from);
	}
	if (is_word(message->type))
		take_word(m, from, message);
	if (m->is_leaving)
		return; /* who takes over is all that matters now */
	if (!(message->flags & MESSAGE_IS_READY)) {
		if (message->type == MESSAGE_GIVE) /* it leaves, or has no link */
			obey(m, from, message);
		return;
	}
	if (peer->is_doubted && peer->is_up)
		membership_peer_up(m, from);
	ownership_alive(m->ownership, from, NULL, now);
	membership_act(m);
	for (size_t i = 0; i < message->mac_count; i++) {
		ownership_alive(m->ownership, from, &message->macs[i], now);
		membership_act(m);
	}
	ownership_peer_new(m->ownership, from, message->flags & MESSAGE_IS_NEW, now);
	membership_act(m);
	ownership_peer_draining(m->ownership, from, message->flags & MESSAGE_IS_DRAINING, now);
	membership_act(m);
	obey(m, from, message);
}

static void on_message(struct membership *m, const struct message *message)
{
	const struct membership_snapshot *snapshot = m->snapshot;
	uint16_t from = ownership_find_member(m->ownership, message->from);
	enum message_verdict verdict;
	struct peer *peer;
	uint64_t chance;

	if (from == OWNERSHIP_NOBODY || from == snapshot->self ||
		strcmp(message->to, snapshot->nodes[snapshot->self].name) != 0)
		return;
	peer = &m->peers[from];
	arc4random_buf(&chance, sizeof(chance));
	verdict = message_judge(&peer->words, message, chance);
	switch (verdict) {
	case MESSAGE_FRESH:
	case MESSAGE_NEW_PROCESS:
		believe(m, from, message, verdict == MESSAGE_NEW_PROCESS);
		if (message->flags & MESSAGE_ASKS)
			talk_hello(m, from, false);
		break;
	case MESSAGE_UNPROVEN:
		if (clock_now_ns() - peer->answered_ns >= ANSWER_GAP_NS) {
			peer->answered_ns = clock_now_ns();
			say_hello(m, from, true, peer->words.offered);
		}
		break;
	case MESSAGE_REPLAYED:
		m->messages_refused++;
		break;
	}
}

int talk_receive(struct membership *m, const uint8_t *bytes, size_t len)
{
	struct message message;
	int r;

	if (!m->snapshot)
		return 0;
	r = message_parse(bytes, len, &m->snapshot->keyring, &message);
	if (r < 0) {
		m->messages_refused++;
		return r;
	}
	m->messages_in++;
	on_message(m, &message);
	return 0;
}

static size_t count_missing(const struct membership *m)
{
	size_t count = 0;

	for (size_t i = 0; i < m->peer_count; i++)
		count += m->peers[i].has_session && !m->peers[i].is_up;
	return count;
}

static uint64_t hello_gap(
	const struct membership *m, const struct peer *peer, size_t missing, uint64_t now)
{
	bool was_there = peer->since_ns > 0 && now - peer->since_ns < KNOCK_LONG_NS;
	bool may_start_with_us = now - m->ready_ns < START_NS;

	if (peer->is_up)
		return HELLO_NS;
	if (!peer->has_session)
		return HELLO_FAR_NS;
	if (!was_there && !may_start_with_us)
		return HELLO_NS;
	/* If many are missing, all of them together are knocked at no more often than a few. */
	return HELLO_KNOCK_NS * (1 + missing / KNOCK_AT_ONCE);
}

void talk_beat(struct membership *m)
{
	uint64_t now = clock_now_ns();
	size_t missing = count_missing(m);

	if (!m->snapshot || m->is_leaving)
		return;
	for (size_t i = 0; i < m->peer_count; i++) {
		struct peer *peer = &m->peers[i];

		if (now < peer->next_hello_ns)
			continue;
		/* A quarter of jitter parts the hellos of many nodes. */
		peer->next_hello_ns = hello_gap(m, peer, missing, now);
		peer->next_hello_ns = now + peer->next_hello_ns -
			arc4random_uniform((uint32_t)(peer->next_hello_ns / 4));
		/* Who is missing may not have missed us: it would say nothing for a second. */
		talk_hello(m, (uint16_t)i, peer->has_session && !peer->is_up);
	}
	membership_review(m);
}
