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

/* @restart_seconds: what a peer with graceful restart is told. */
struct bgp_peer_conf bgp_convert_peer(const struct plan_bgp_peer *peer, unsigned restart_seconds);

/*
 * The BFD session of @peer, whose address is @remote and ours @local (family 0: not known), over
 * the link @ifindex if the address is link-local.
 */
struct bfd_session_conf bgp_convert_bfd(const struct plan_bgp_peer *peer, const struct ip *remote,
	const struct ip *local, unsigned ifindex);
