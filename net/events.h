/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What netlink events are about: only that is read anew. A router with a million routes has many
 * events a second, and none of them matters but those of the default route. Pure.
 */

#include <stddef.h>

enum {
	NET_NEWS_LINKS = 1,  /* links or their addresses */
	NET_NEWS_ROUTES = 2, /* an IPv4 default route of the main table */
};

struct nlmsghdr;

/* Whether @head, of a whole message, is such a route. */
int net_events_is_default_route(const struct nlmsghdr *head);

/* What a datagram of netlink messages is about. One that is cut may be about anything. */
unsigned net_events_judge(const void *bytes, size_t len);
