/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kernel's interfaces, addresses and default routes, kept up to date by netlink events: nothing
 * is polled. After a burst of events the callback is called once.
 */

#include "net/link.h"

#include <event2/event.h>

struct net_monitor;

/**
 * net_monitor_open() - read everything, then listen on @base
 * @on_change: something changed; not called for the first read
 *
 * Return: 0 or a negative errno.
 */
must_check int net_monitor_open(struct event_base *base, void (*on_change)(void *user), void *user,
	struct net_monitor **ret_monitor);
struct net_monitor *net_monitor_free(struct net_monitor *monitor);
DEFINE_FREEP(struct net_monitor, net_monitor);

size_t net_monitor_count(const struct net_monitor *monitor);

/* Link number @i in the order of their index; borrowed until the next event. */
const struct net_link *net_monitor_at(const struct net_monitor *monitor, size_t i);

/* The link that has @ip as an address of its own, or NULL. */
const struct net_link *net_monitor_local(const struct net_monitor *monitor, const struct ip *ip);

/* net.FAMILY.conf.LINK.KEY as a number; -1 if there is none. @family "ipv4" or "ipv6". */
int net_sysctl(const char *family, const char *link, const char *key);
