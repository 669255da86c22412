/* SPDX-License-Identifier: Apache-2.0 */

#include "net/carrier.h"

#include "base/mem.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENT_BYTES = 32 << 10,
	EVENTS_A_TURN = 64, /* then other events have their turn */
};

struct net_carrier {
	int fd;
	struct event *readable;
	net_carrier_fn *on_change;
	void *user;
	_Alignas(struct nlmsghdr) uint8_t bytes[EVENT_BYTES];
};

static void take_messages(struct net_carrier *carrier, size_t len)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)carrier->bytes;
	struct net_link_news news;

	for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
		if (net_events_read_link(head, &news))
			carrier->on_change(carrier->user, &news);
	}
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct net_carrier *carrier = arg;

	(void)events;
	for (int i = 0; i < EVENTS_A_TURN; i++) {
		ssize_t len = recv(fd, carrier->bytes, sizeof(carrier->bytes), 0);

		if (len < 0 && errno != ENOBUFS)
			return;
		if (len > 0)
			take_messages(carrier, (size_t)len);
	}
}

int net_carrier_open(struct event_base *base, net_carrier_fn *on_change, void *user,
	struct net_carrier **ret_carrier)
{
	const struct sockaddr_nl links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	auto_(net_carrier_freep) struct net_carrier *carrier = xnew(struct net_carrier);

	carrier->on_change = on_change;
	carrier->user = user;
	carrier->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (carrier->fd < 0 ||
		bind(carrier->fd, (const struct sockaddr *)&links, sizeof(links)) < 0)
		return -errno;
	carrier->readable = event_new(
		base, carrier->fd, EV_READ | EV_PERSIST, on_readable, carrier);
	if (!carrier->readable || event_add(carrier->readable, NULL) < 0)
		return -ENOMEM;
	*ret_carrier = take(carrier);
	return 0;
}

struct net_carrier *net_carrier_free(struct net_carrier *carrier)
{
	if (!carrier)
		return NULL;
	if (carrier->readable)
		event_free(carrier->readable);
	if (carrier->fd >= 0)
		(void)close(carrier->fd);
	free(carrier);
	return NULL;
}
