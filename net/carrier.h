/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of links can not wait until a busy main thread reads all of it anew: whether they have a
 * carrier, and whether neighbours must be told anew where they are. Takes no memory once it is open.
 * What is lost for want of room is not made up for here; net/monitor.h finds it.
 */

#include "base/own.h"
#include "net/events.h"

#include <event2/event.h>
#include <stdbool.h>

struct net_carrier;

/* Told at each event of a link; @news is borrowed for the call. */
typedef void net_carrier_fn(void *user, const struct net_link_news *news);

/**
 * net_carrier_open() - listen on @base
 * @ret_carrier: owned by the caller
 *
 * Return: 0 or a negative errno.
 */
must_check int net_carrier_open(struct event_base *base, net_carrier_fn *on_change, void *user,
	struct net_carrier **ret_carrier);
struct net_carrier *net_carrier_free(struct net_carrier *carrier);
DEFINE_FREEP(struct net_carrier, net_carrier);
