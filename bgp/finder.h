/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Finding the peer on a link that has no numbers: the router tells its link-local address by router
 * advertisements (RFC 4861), and finds us by ours. Ours say that we are no default router (lifetime
 * 0) and carry no prefix: a host that hears them changes nothing.
 *
 * Of two routers on one link neither is taken for the other: the first stays as long as it speaks,
 * the other is told in the log.
 */

#include "base/ip.h"
#include "base/own.h"

#include <event2/event.h>
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
	BGP_ND_OTHER, /* not valid, or not for us */
	BGP_ND_ADVERTISEMENT,
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

typedef void bgp_found_fn(void *user, const struct ip *router);

/* @interface may appear later; it is looked for again. @on_found is told of each new address. */
struct bgp_finder *bgp_finder_new(
	struct event_base *base, const char *interface, bgp_found_fn *on_found, void *user);
struct bgp_finder *bgp_finder_free(struct bgp_finder *finder);
DEFINE_FREEP(struct bgp_finder, bgp_finder);
