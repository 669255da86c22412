/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/bgp_convert.h"

#include "base/clock.h"
#include "bgp/community.h"
#include "bgp/family.h"

#include <stdio.h>
#include <string.h>

enum {
	US_PER_MS = 1000,
	MS_PER_S = 1000,
	SLOW_MS = 1000, /* RFC 5880 section 6.8.3 */
	SETTLE_MS = 3 * SLOW_MS,
	BFD_YOUNG_S = 2,
	TTL_MAX = 255,
};

/* Both sides have the same limits: nothing can be too many. */
static void add(struct bgp_attrs *attrs, const struct bgp_community *community)
{
	(void)!bgp_attrs_add(attrs, community);
}

struct bgp_attrs bgp_convert_attrs(const struct plan_bgp_attrs *from, uint32_t local_as)
{
	struct bgp_attrs attrs = {
		.has_local_pref = from->local_pref != 0,
		.local_pref = from->local_pref,
		.has_med = from->has_med,
		.med = from->med,
		.prepend = from->prepend,
	};

	for (size_t i = 0; i < from->community_count; i++)
		add(&attrs,
			&(struct bgp_community){
				.kind = BGP_COMMUNITY_STANDARD, .standard = from->communities[i] });
	for (size_t i = 0; i < from->large_count; i++) {
		const uint32_t *parts = from->large[i].parts;

		add(&attrs,
			&(struct bgp_community){ .kind = BGP_COMMUNITY_LARGE,
				.large = { parts[0], parts[1], parts[2] } });
	}
	if (from->weight != 0 && local_as != 0)
		add(&attrs,
			&(struct bgp_community){ .kind = BGP_COMMUNITY_EXTENDED,
				.extended = bgp_link_bandwidth(
					local_as, (float)from->weight * BGP_ENDPOINT_BANDWIDTH) });
	return attrs;
}

static enum bgp_peer_type type_of(enum plan_bgp_as kind)
{
	switch (kind) {
	case PLAN_BGP_AS_FIXED:
		return BGP_PEER_AS;
	case PLAN_BGP_AS_INTERNAL:
		return BGP_PEER_INTERNAL;
	case PLAN_BGP_AS_EXTERNAL:
		return BGP_PEER_EXTERNAL;
	}
	return BGP_PEER_AS;
}

static uint8_t role_of(enum plan_bgp_role role)
{
	static const uint8_t roles[PLAN_BGP_ROLE_COUNT_] = {
		[PLAN_BGP_ROLE_NONE] = BGP_ROLE_NONE,
		[PLAN_BGP_ROLE_PROVIDER] = BGP_ROLE_PROVIDER,
		[PLAN_BGP_ROLE_RS] = BGP_ROLE_RS,
		[PLAN_BGP_ROLE_RS_CLIENT] = BGP_ROLE_RS_CLIENT,
		[PLAN_BGP_ROLE_CUSTOMER] = BGP_ROLE_CUSTOMER,
		[PLAN_BGP_ROLE_PEER] = BGP_ROLE_PEER,
	};

	return roles[role];
}

/*
 * FRR learns nothing of our restart from the packets of our new BFD session: it waits until the old one
 * is silent for its detection time, which is one of slow packets if that had just come Up. Then the new
 * one comes Up by three packets a second apart. Half of the restart time is left for BGP.
 */
static uint32_t bfd_wait_ms(const struct plan_bgp_peer *peer, unsigned restart_seconds)
{
	const uint32_t most = restart_seconds * MS_PER_S / 2;
	uint32_t interval = SLOW_MS;
	uint32_t wait;

	if (interval < peer->bfd.transmit_ms)
		interval = peer->bfd.transmit_ms;
	if (interval < peer->bfd.receive_ms)
		interval = peer->bfd.receive_ms;
	wait = interval * peer->bfd.detect_multiplier + SETTLE_MS;
	return wait < most ? wait : most;
}

/* The engine compares peers as a whole: not even padding may differ. */
struct bgp_peer_conf bgp_convert_peer(
	const struct plan_bgp_peer *peer, unsigned restart_seconds, unsigned long_lived_seconds)
{
	struct bgp_peer_conf conf;

	memset(&conf, 0, sizeof(conf));
	(void)snprintf(conf.name, sizeof(conf.name), "%s", peer->name);
	conf.address = peer->address;
	memcpy(conf.interface, peer->interface, sizeof(conf.interface));
	memcpy(conf.vrf, peer->vrf, sizeof(conf.vrf));
	conf.source = peer->source;
	conf.port = peer->port;
	conf.local_as = peer->sent_as != 0 ? peer->sent_as : peer->local_as;
	conf.type = type_of(peer->as_kind);
	conf.peer_as = peer->peer_as;
	conf.router_id = peer->router_id;
	if (peer->password) {
		conf.password_len = (uint8_t)strnlen(peer->password, sizeof(conf.password));
		memcpy(conf.password, peer->password, conf.password_len);
	}
	conf.ttl = peer->is_multihop || peer->gtsm_hops != 0 ? TTL_MAX : 0;
	conf.hold_seconds = peer->hold_seconds;
	conf.keepalive_seconds = peer->keepalive_seconds;
	conf.connect_seconds = peer->connect_seconds;
	if (peer->has_v4)
		conf.families |= BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	if (peer->has_v6)
		conf.families |= BGP_FAMILY_BIT(BGP_IPV6_UNICAST);
	/* IPv4 over a session of IPv6, and over a link without addresses, goes by RFC 8950. */
	conf.has_extended_next_hop = peer->has_v4 && peer->address.family != AF_INET;
	conf.has_graceful_restart = peer->has_graceful_restart;
	if (peer->has_graceful_restart) {
		conf.restart_seconds = (uint16_t)restart_seconds;
		conf.llgr_seconds = long_lived_seconds;
	}
	conf.role = role_of(peer->role);
	conf.is_passive = peer->is_passive;
	conf.gtsm_hops = peer->gtsm_hops;
	if (peer->bfd.is_wanted)
		conf.bfd_wait_ms = bfd_wait_ms(peer, restart_seconds);
	if (peer->reason != PLAN_PASSED)
		(void)snprintf(conf.held, sizeof(conf.held), "%s: %s",
			plan_reason_name(peer->reason), peer->detail);
	return conf;
}

static bool is_internal(const struct plan_bgp_peer *peer)
{
	return peer->as_kind == PLAN_BGP_AS_INTERNAL ||
		(peer->as_kind == PLAN_BGP_AS_FIXED && peer->peer_as == peer->local_as);
}

struct bfd_session_conf bgp_convert_bfd(const struct plan_bgp_peer *peer, const struct ip *remote,
	const struct ip *local, unsigned ifindex, bool is_near)
{
	return (struct bfd_session_conf){
		.key = {
			.peer = *remote,
			.local = *local,
			.ifindex = ifindex,
			.is_multihop = peer->is_multihop || (is_internal(peer) && !is_near),
		},
		.timing = {
			.tx_us = peer->bfd.transmit_ms * US_PER_MS,
			.rx_us = peer->bfd.receive_ms * US_PER_MS,
			.multiplier = peer->bfd.detect_multiplier,
			.is_passive = peer->bfd.is_passive,
		},
		.min_ttl = peer->bfd.minimum_ttl,
		.tag = peer->slot,
	};
}

bool bgp_convert_is_death(const struct bfd_event *event, uint64_t up_ns, uint64_t bfd_up_ns)
{
	bool is_anew = event->cause == BFD_CAUSE_PACKET && event->remote_diag == BFD_DIAG_NONE &&
		event->at_ns - bfd_up_ns < BFD_YOUNG_S * NS_PER_S;

	return event->type == BFD_EV_STATE && event->old_state == BFD_UP &&
		event->state == BFD_DOWN && event->remote_state != BFD_ADMIN_DOWN &&
		event->at_ns >= up_ns && !is_anew;
}
