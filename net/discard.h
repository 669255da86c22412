/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Discard routes: blackholes of the main table for prefixes that are announced as a whole while only
 * some of their addresses are in use. What nobody has ends here and does not go back to the router by
 * the default route. They are told from others' by their protocol number, and their metric is so high
 * that any other route to the same prefix goes before them.
 */

#include "base/ip.h"
#include "base/own.h"

#include <stddef.h>

struct net_discard;

/**
 * net_discard_open() - get ready, and read which ones a run before has left
 *
 * Return: 0 or a negative errno.
 */
must_check int net_discard_open(struct net_discard **ret_discard);

/* Leaves the routes as they are. */
struct net_discard *net_discard_free(struct net_discard *discard);
DEFINE_FREEP(struct net_discard, net_discard);

/* Makes the route unless it is there. Return: 0, or a negative errno, -EPERM without CAP_NET_ADMIN. */
must_check int net_discard_put(struct net_discard *discard, const struct ip_prefix *prefix);

/* Takes the route away if it is ours. Return: 0 or a negative errno; it is forgotten in any case. */
must_check int net_discard_drop(struct net_discard *discard, const struct ip_prefix *prefix);

/* Drops those of the run before that nobody has put since. */
void net_discard_sweep(struct net_discard *discard);

/* Drops all. */
void net_discard_clear(struct net_discard *discard);
