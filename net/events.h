/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What netlink events are about: only that is read anew. A router with a million routes has many
 * events a second, and none of them matters but those of the default route. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

enum {
	NET_NEWS_LINKS = 1,  /* links or their addresses */
	NET_NEWS_ROUTES = 2, /* an IPv4 default route of the main table */
};

struct nlmsghdr;

/* Whether @head, of a whole message, is such a route. */
bool net_events_is_default_route(const struct nlmsghdr *head);

/* What happened to a link. */
struct net_link_news {
	unsigned ifindex;
	bool has_carrier; /* whether that changed or not; a link that is gone has none */
	/* Its neighbours are to be told anew where its addresses are: another port of a bond carries
	 * it, or the virtual machine moved to another host. */
	bool must_announce;
};

/**
 * net_events_read_link() - what a whole message says of a link
 *
 * Return: false, and nothing set: it is not about a link.
 */
bool net_events_read_link(const struct nlmsghdr *head, struct net_link_news *ret_news);

/* What a datagram of netlink messages is about. One that is cut may be about anything. */
unsigned net_events_judge(const void *bytes, size_t len);
