/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The socket for messages with other speakers, and when it is looked at. What is in them is not known
 * here.
 */

#include "speaker/membership_state.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REFUSED_TELL_NS (10 * NS_PER_S)

enum {
	MESSAGES_A_TURN = 64,
	STALE_MAX = 4096, /* more than a socket's queue holds */
	BEAT_MS = 25,
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

static struct ip ip_of(const struct target *target)
{
	if (target->any.sa_family == AF_INET)
		return ip_from_bytes(AF_INET, &target->v4.sin_addr);
	if (IN6_IS_ADDR_V4MAPPED(&target->v6.sin6_addr))
		return ip_from_bytes(AF_INET, target->v6.sin6_addr.s6_addr + 12);
	return ip_from_bytes(AF_INET6, &target->v6.sin6_addr);
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

int socket_open(uint16_t port, int *ret_fd, int *ret_family)
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

/* What does not leave is as good as lost on the way: everything is said again. */
void socket_send(struct membership *m, const struct ip *to, const uint8_t *bytes, size_t len)
{
	struct target target = target_of(m->family, to, m->port);

	if (sendto(m->fd, bytes, len, 0, &target.any, target.len) == (ssize_t)len)
		m->messages_out++;
}

static void send_to_link(struct membership *m, unsigned ifindex, const uint8_t *bytes, size_t len)
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
void socket_send_to_all(struct membership *m, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < m->snapshot->link_count; i++)
		send_to_link(m, m->snapshot->links[i], bytes, len);
}

/*
 * Most likely a key was changed on some nodes only: without a word about it their addresses would seem
 * to have two owners for no reason. Not more often, since anybody can send nonsense.
 */
static void tell_refused(struct membership *m, const struct target *from, int error)
{
	const struct ip ip = ip_of(from);
	uint64_t now = clock_now_ns();

	if (m->refused_told_ns > 0 && now - m->refused_told_ns < REFUSED_TELL_NS)
		return;
	m->refused_told_ns = now;
	log_warn("a message of another speaker is refused", kv_ip("from", &ip),
		kv_str("reason",
			error == -EBADMSG ? "it is signed with none of our keys" :
					    "it makes no sense"));
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct membership *m = arg;
	uint8_t bytes[MESSAGE_MAX + 1];

	(void)events;
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		struct target from = { .len = sizeof(from.v6) };
		ssize_t len = recvfrom(fd, bytes, sizeof(bytes), 0, &from.any, &from.len);
		int r;

		if (len < 0)
			return;
		r = talk_receive(m, bytes, (size_t)len);
		if (r < 0)
			tell_refused(m, &from, r);
	}
}

void socket_throw_away(struct membership *m)
{
	uint8_t byte;

	for (int i = 0; i < STALE_MAX; i++) {
		if (recv(m->fd, &byte, sizeof(byte), 0) < 0)
			return;
	}
}

static void on_beat(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	talk_beat(arg);
}

void socket_start(struct membership *m)
{
	const struct timeval beat = { .tv_usec = BEAT_MS * 1000 };

	m->readable = event_new(m->side->base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
	m->beat = event_new(m->side->base, -1, EV_PERSIST, on_beat, m);
	if (!m->readable || !m->beat || event_add(m->readable, NULL) < 0 ||
		event_add(m->beat, &beat) < 0)
		abort(); /* only memory can be missing */
}

void socket_stop(struct membership *m)
{
	event_free(m->readable);
	event_free(m->beat);
}
