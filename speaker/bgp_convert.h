/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From what the plan says to what bgp/ and bfd/ understand. Pure.
 */

#include "bfd/engine.h"
#include "bgp/attrs.h"
#include "bgp/peer.h"
#include "plan/bgp_peers.h"

/* Octets a second that one endpoint counts for in the link bandwidth community: 1 Gbit/s. */
#define BGP_ENDPOINT_BANDWIDTH 125000000.0F

/* @local_as: of the link bandwidth community; 0: none is sent. The caller frees what is in it. */
struct bgp_attrs bgp_convert_attrs(const struct plan_bgp_attrs *attrs, uint32_t local_as);

/* @restart_seconds, @long_lived_seconds: what a peer with graceful restart is told; the latter may be 0. */
struct bgp_peer_conf bgp_convert_peer(
	const struct plan_bgp_peer *peer, unsigned restart_seconds, unsigned long_lived_seconds);

/*
 * The BFD session of @peer, whose address is @remote and ours @local (family 0: not known), over
 * the link @ifindex if the address is link-local. Several hops (RFC 5883) are meant by ebgpMultiHop,
 * and by an internal peer that is not @is_near, in no subnet of our links: it may be behind routers,
 * and FRR sees it so.
 */
struct bfd_session_conf bgp_convert_bfd(const struct plan_bgp_peer *peer, const struct ip *remote,
	const struct ip *local, unsigned ifindex, bool is_near);

/*
 * True if @event says that the path to a peer has died whose BGP session is up since @up_ns, and whose
 * BFD session since @bfd_up_ns, CLOCK_MONOTONIC (RFC 5882). AdminDown says nothing of the path, ICMP is
 * no proof, and an event that waited in a queue may be older than the session. A peer that gives no
 * reason has made its BFD session anew, as FRR does when BGP comes up: if that is soon after it came Up
 * it is no death either.
 */
bool bgp_convert_is_death(const struct bfd_event *event, uint64_t up_ns, uint64_t bfd_up_ns);
