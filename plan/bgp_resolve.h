/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One BGPPeer with its Secret, its BFDProfile and all defaults: for plan/bgp_peers.c alone. Rules:
 * MetalLB's, and its defaults in native mode.
 */

#include "plan/bgp_peers.h"

/*
 * Fills @ret_peer, all of it owned by the caller (plan_bgp_peer_fini()); the slot is left alone. If
 * it can not be used as written, its reason says why.
 */
void plan_bgp_peer_resolve(const struct model *model, const struct bgp_peer_spec *spec,
	struct plan_bgp_peer *ret_peer);

void plan_bgp_peer_fini(struct plan_bgp_peer *peer);

/* Keeps @peer down for @reason; the first reason stays. Takes @detail. */
void plan_bgp_peer_refuse(struct plan_bgp_peer *peer, enum plan_reason reason, char *detail);
