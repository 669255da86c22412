/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Finding the peer on a link that has no numbers: the router tells its link-local address by router
 * advertisements (RFC 4861), and finds us by ours. Ours say that we are no default router (lifetime
 * 0) and carry no prefix: a host that hears them changes nothing.
 *
 * Of two routers on one link neither is taken for the other: the first stays as long as it speaks,
 * the other is told in the log. But one that says it is no default router, as another node like us
 * does, gives way to one that is. And whoever has a session with us stays.
 */

#include "base/ip.h"
#include "base/own.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	BGP_RA_MAX = 24, /* octets of an advertisement of ours */
	BGP_RS_LEN = 8,
};

/* Writes a router advertisement with lifetime 0 and returns its length. RFC 4861 section 4.2. */
size_t bgp_ra_build(uint8_t to[BGP_RA_MAX], const struct mac *mac);

/* Writes a router solicitation. RFC 4861 section 4.1. */
size_t bgp_rs_build(uint8_t to[BGP_RS_LEN]);

enum bgp_nd_kind {
	BGP_ND_OTHER,          /* not valid, or not for us */
	BGP_ND_ADVERTISEMENT,  /* with lifetime 0: of a router that is nobody's default one */
	BGP_ND_DEFAULT_ROUTER, /* an advertisement with a lifetime */
	BGP_ND_SOLICITATION,
};

/**
 * bgp_nd_judge() - what an ICMPv6 message is
 * @hop_limit: of the packet: 255, or it came from another link (RFC 4861 section 6.1)
 * @source:    its source address
 */
enum bgp_nd_kind bgp_nd_judge(
	const uint8_t *message, size_t len, int hop_limit, const struct ip *source);

struct bgp_finder;

/*
 * bgp_nd_gives_way() - true if the router we know makes room for another one
 * @is_default, @is_other_default: the one and the other are default routers
 * @silent_ns: since the one was heard last
 */
bool bgp_nd_gives_way(bool is_default, bool is_other_default, uint64_t silent_ns);

/* Return: false if the one of before is still needed: it stays. */
typedef bool bgp_found_fn(void *user, const struct ip *router);

/* @interface may appear later; it is looked for again. @on_found is told of each new address. */
struct bgp_finder *bgp_finder_new(
	struct event_base *base, const char *interface, bgp_found_fn *on_found, void *user);
struct bgp_finder *bgp_finder_free(struct bgp_finder *finder);
DEFINE_FREEP(struct bgp_finder, bgp_finder);
