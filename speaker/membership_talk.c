/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Messages with other speakers: hellos each second, twenty times a second to a node that is missing,
 * seldom to one without a session; and what is asked of them.
 */

#include "base/clock.h"
#include "plan/ownership_moves.h"
#include "speaker/membership_state.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELLO_NS       (1 * NS_PER_S)
#define HELLO_FAR_NS   (10 * NS_PER_S)  /* to nodes without a session */
#define HELLO_KNOCK_NS (50 * NS_PER_MS) /* to a missing one: how soon a heal is noticed */
#define KNOCK_LONG_NS  (600 * NS_PER_S) /* then it is not expected any more */
#define START_NS       (10 * NS_PER_S)  /* nodes that start together */
#define ANSWER_GAP_NS  (10 * NS_PER_MS) /* to what may be played again */

enum {
	MESSAGES_A_TURN = 64,
	STALE_MAX = 4096, /* more than a socket's queue holds */
	KNOCK_AT_ONCE = 4,
};

struct target {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

/* A socket of IPv6 carries IPv4 as ::ffff:a.b.c.d, so that one is enough. */
static struct target target_of(int family, const struct ip *ip, uint16_t port)
{
	struct target target = { .len = sizeof(target.v6) };

	if (family == AF_INET) {
		target.v4.sin_family = AF_INET;
		target.v4.sin_port = htons(port);
		memcpy(&target.v4.sin_addr, ip->bytes, 4);
		target.len = sizeof(target.v4);
		return target;
	}
	target.v6.sin6_family = AF_INET6;
	target.v6.sin6_port = htons(port);
	if (ip->family == AF_INET6) {
		memcpy(target.v6.sin6_addr.s6_addr, ip->bytes, 16);
		return target;
	}
	target.v6.sin6_addr.s6_addr[10] = 0xff;
	target.v6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(target.v6.sin6_addr.s6_addr + 12, ip->bytes, 4);
	return target;
}

static int bind_socket(int fd, int family, uint16_t port)
{
	const struct ip any = { .family = (uint8_t)family };
	struct target target = target_of(family, &any, port);
	int off = 0;

	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	return bind(fd, &target.any, target.len) < 0 ? -errno : 0;
}

int talk_open(uint16_t port, int *ret_fd, int *ret_family)
{
	int family = AF_INET6;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	/* A kernel that was started without IPv6. */
	if (fd < 0 && errno == EAFNOSUPPORT) {
		family = AF_INET;
		fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	if (fd < 0)
		return -errno;
	r = bind_socket(fd, family, port);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	*ret_family = family;
	return 0;
}

static void copy_name(char to[MESSAGE_NAME_MAX + 1], const char *name)
{
	size_t len = strnlen(name, MESSAGE_NAME_MAX);

	memcpy(to, name, len);
	to[len] = '\0';
}

/* What does not leave is as good as lost on the way: everything is said again. */
static void transmit_bytes(
	struct membership *m, const struct ip *to, const uint8_t *bytes, size_t len)
{
	struct target target = target_of(m->family, to, m->port);

	if (sendto(m->fd, bytes, len, 0, &target.any, target.len) == (ssize_t)len)
		m->messages_out++;
}

static void transmit_to_link(
	struct membership *m, unsigned ifindex, const uint8_t *bytes, size_t len)
{
	const struct ip all_nodes = m->family == AF_INET ?
		(struct ip){ .family = AF_INET, .bytes = { 224, 0, 0, 1 } } :
		(struct ip){ .family = AF_INET6, .bytes = { 0xff, 2, [15] = 1 } };
	const struct ip_mreqn link = { .imr_ifindex = (int)ifindex };
	struct target target = target_of(m->family, &all_nodes, m->port);

	if (m->family == AF_INET6)
		target.v6.sin6_scope_id = ifindex;
	else if (setsockopt(m->fd, IPPROTO_IP, IP_MULTICAST_IF, &link, sizeof(link)) < 0)
		return;
	if (sendto(m->fd, bytes, len, 0, &target.any, target.len) == (ssize_t)len)
		m->messages_out++;
}

/*
 * To a node that is missing also by multicast (ff02::1, or 224.0.0.1) on each link: the kernel asks
 * for the MAC of who does not answer only once a second, and a heal is to be noticed sooner.
 */
static void transmit_to_all(struct membership *m, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < m->snapshot->link_count; i++)
		transmit_to_link(m, m->snapshot->links[i], bytes, len);
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
	transmit_bytes(m, to, bytes, len);
	if (peer->is_up || !peer->has_session || message->type != MESSAGE_HELLO)
		return;
	message->sequence = ++m->sequence;
	len = message_build(message, &snapshot->keyring, bytes);
	transmit_to_all(m, bytes, len);
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

static void flush_gives(struct membership *m, uint16_t index)
{
	struct peer *peer = &m->peers[index];
	struct message message = { .type = MESSAGE_GIVE, .ip_count = peer->give_count };

	if (peer->give_count == 0)
		return;
	memcpy(message.ips, peer->gives, sizeof(message.ips));
	peer->give_count = 0;
	transmit(m, index, &message);
}

void talk_give(struct membership *m, uint16_t index, const struct ip *ip)
{
	struct peer *peer = &m->peers[index];

	peer->gives[peer->give_count++] = *ip;
	if (peer->give_count == MESSAGE_IPS_MAX)
		flush_gives(m, index);
}

void talk_flush(struct membership *m)
{
	for (size_t i = 0; i < m->peer_count; i++)
		flush_gives(m, (uint16_t)i);
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

static void obey(struct membership *m, uint16_t from, const struct message *message)
{
	uint64_t now = clock_now_ns();
	uint16_t target = OWNERSHIP_NOBODY;

	if (message->type == MESSAGE_MOVE)
		target = ownership_find_member(m->ownership, message->target);
	for (size_t i = 0; i < message->ip_count; i++) {
		if (message->type == MESSAGE_GIVE)
			ownership_take(m->ownership, &message->ips[i], from, now);
		else if (target != OWNERSHIP_NOBODY &&
			ownership_move(m->ownership, &message->ips[i], target, now) < 0)
			log_limited(LOG_L_WARN, "asked to move an address, can not",
				kv_ip("ip", &message->ips[i]), kv_str("to", message->target));
		membership_act(m);
	}
	if (message->type == MESSAGE_REBALANCE)
		(void)ownership_rebalance(m->ownership, now);
	membership_act(m);
}

/* A message that is proven to come from that speaker, now. */
static void believe(struct membership *m, uint16_t from, const struct message *message, bool is_new)
{
	struct peer *peer = &m->peers[from];
	uint64_t now = clock_now_ns();

	peer->heard_ns = now;
	if (is_new) {
		ownership_restarted(m->ownership, from, now);
		membership_act(m);
		/* Its session may have come Up before this word of it; if not, it falls soon. */
		if (peer->is_up)
			membership_peer_up(m, from);
	}
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

	if (from == OWNERSHIP_NOBODY || from == snapshot->self || m->is_leaving ||
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

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct membership *m = arg;
	uint8_t bytes[MESSAGE_MAX + 1];

	(void)events;
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		struct message message;
		ssize_t len = recv(fd, bytes, sizeof(bytes), 0);

		if (len < 0)
			return;
		if (!m->snapshot)
			continue;
		if (message_parse(bytes, (size_t)len, &m->snapshot->keyring, &message) < 0) {
			m->messages_refused++;
			continue;
		}
		m->messages_in++;
		on_message(m, &message);
	}
}

void talk_throw_away(struct membership *m)
{
	uint8_t byte;

	for (int i = 0; i < STALE_MAX; i++) {
		if (recv(m->fd, &byte, sizeof(byte), 0) < 0)
			return;
	}
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

static void on_beat(evutil_socket_t fd, short events, void *arg)
{
	struct membership *m = arg;
	uint64_t now = clock_now_ns();
	size_t missing = count_missing(m);

	(void)fd;
	(void)events;
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

void talk_start(struct membership *m)
{
	const struct timeval beat = { .tv_usec = TALK_BEAT_MS * 1000 };

	m->readable = event_new(m->side->base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
	m->beat = event_new(m->side->base, -1, EV_PERSIST, on_beat, m);
	if (!m->readable || !m->beat || event_add(m->readable, NULL) < 0 ||
		event_add(m->beat, &beat) < 0)
		abort(); /* only memory can be missing */
}

void talk_stop(struct membership *m)
{
	event_free(m->readable);
	event_free(m->beat);
}
