/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which of our addresses may stand as next hops in what one peer is told. Pure.
 */

#include "base/ip.h"
#include "bgp/update_build.h"

#include <stdbool.h>

/* Our addresses on the interface of a session; family 0: none. */
struct bgp_next_hops {
	struct ip v4;
	struct ip v6; /* global */
	struct ip ll;
};

/* True if an IPv4 address can be a next hop for somebody else: neither loopback nor link-local. */
bool bgp_next_hop_is_usable_v4(const struct ip *ip);

/**
 * bgp_export_set_next_hops() - choose next hops
 * @ex:         the rest of it is set; gets next_hop_v4, next_hop_v6 and next_hop_ll
 * @remote:     the peer's end of the session
 * @is_one_hop: the peer shares the link
 *
 * RFC 2545 section 3: a link-local address means something only to a peer on the link; to others
 * none is better than that one. RFC 8950: a session over IPv6 that carries IPv4 routes with IPv6 next
 * hops gets no other ones, since its peer need not have an IPv4 address there.
 */
void bgp_export_set_next_hops(struct bgp_export *ex, const struct bgp_next_hops *hops,
	const struct ip *remote, bool is_one_hop);

/* True if both have the same next hops. */
bool bgp_export_is_same(const struct bgp_export *a, const struct bgp_export *b);
