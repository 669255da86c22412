/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/peer.h"

#include "base/mem.h"

#include <string.h>

/* Members whose change can only come into force with a new session. */
static bool needs_restart(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
	return !ip_equal(&a->address, &b->address) || !ip_equal(&a->source, &b->source) ||
		strcmp(a->interface, b->interface) != 0 || strcmp(a->vrf, b->vrf) != 0 ||
		a->port != b->port || a->local_as != b->local_as || a->type != b->type ||
		a->peer_as != b->peer_as || a->router_id != b->router_id ||
		a->password_len != b->password_len ||
		memcmp(a->password, b->password, sizeof(a->password)) != 0 || a->ttl != b->ttl ||
		a->gtsm_hops != b->gtsm_hops || a->families != b->families ||
		a->has_extended_next_hop != b->has_extended_next_hop ||
		a->has_graceful_restart != b->has_graceful_restart ||
		a->restart_seconds != b->restart_seconds || a->llgr_seconds != b->llgr_seconds ||
		a->add_path_send != b->add_path_send || a->role != b->role ||
		a->needs_role != b->needs_role || a->leave_out != b->leave_out ||
		strcmp(a->held, b->held) != 0 || a->is_shut != b->is_shut;
}

static bool is_for_next_session(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
	return a->hold_seconds != b->hold_seconds || a->keepalive_seconds != b->keepalive_seconds ||
		a->send_hold_seconds != b->send_hold_seconds;
}

enum bgp_peer_change bgp_peer_compare(
	const struct bgp_peer_conf *old, const struct bgp_peer_conf *new)
{
	if (needs_restart(old, new))
		return BGP_CHANGE_RESTART;
	if (is_for_next_session(old, new))
		return BGP_CHANGE_NEXT_SESSION;
	if (old->connect_seconds != new->connect_seconds || old->is_passive != new->is_passive ||
		old->bfd_wait_ms != new->bfd_wait_ms ||
		strcmp(old->shutdown_text, new->shutdown_text) != 0)
		return BGP_CHANGE_IN_PLACE;
	return BGP_CHANGE_NONE;
}

bool bgp_peer_is_left(const struct bgp_peer_conf *old, const struct bgp_peer_conf *new)
{
	return !ip_equal(&old->address, &new->address) || !ip_equal(&old->source, &new->source) ||
		strcmp(old->interface, new->interface) != 0 || strcmp(old->vrf, new->vrf) != 0 ||
		old->local_as != new->local_as || old->type != new->type ||
		old->peer_as != new->peer_as || (old->families & ~new->families) ||
		(old->has_graceful_restart && !new->has_graceful_restart);
}

bool bgp_peer_is_internal(const struct bgp_peer_conf *conf, uint32_t open_as)
{
	switch (conf->type) {
	case BGP_PEER_AS:
		return conf->peer_as == conf->local_as;
	case BGP_PEER_INTERNAL:
		return true;
	case BGP_PEER_EXTERNAL:
		return false;
	}
	return open_as == conf->local_as;
}

uint8_t bgp_peer_ttl(const struct bgp_peer_conf *conf)
{
	if (conf->gtsm_hops > 0)
		return 255;
	if (conf->ttl > 0)
		return conf->ttl;
	return bgp_peer_is_internal(conf, 0) ? 255 : 1;
}

/* RFC 4724 section 3, RFC 8538 section 2, RFC 9494 section 3. */
static void offer_restart(const struct bgp_peer_conf *conf, struct bgp_capabilities *caps,
	bool is_restarting, uint8_t forwarding)
{
	caps->has_graceful_restart = true;
	caps->has_gr_notification = true;
	caps->is_restarting = is_restarting;
	caps->restart_seconds = conf->restart_seconds > BGP_RESTART_SECONDS_MAX ?
		BGP_RESTART_SECONDS_MAX :
		conf->restart_seconds;
	caps->gr_families = conf->families;
	caps->gr_forwarding = conf->families & forwarding;
	if (conf->llgr_seconds > 0) {
		caps->has_llgr = true;
		caps->llgr_families = conf->families;
		caps->llgr_seconds = conf->llgr_seconds;
	}
}

struct bgp_open bgp_peer_offer(const struct bgp_peer_conf *conf, uint32_t router_id,
	const char *hostname, bool is_restarting, uint8_t forwarding)
{
	struct bgp_open open = {
		.as = conf->local_as,
		.hold_seconds = conf->hold_seconds,
		.id = conf->router_id ? conf->router_id : router_id,
		.caps = bgp_capabilities_none(),
	};
	struct bgp_capabilities *caps = &open.caps;

	caps->has_multiprotocol = true;
	caps->families = conf->families;
	caps->has_as4 = true;
	caps->as4 = conf->local_as;
	caps->has_route_refresh = true;
	caps->has_enhanced_refresh = true;
	caps->has_extended_message = true;
	caps->add_path_send = conf->add_path_send & conf->families;
	if (!bgp_peer_is_internal(conf, 0))
		caps->role = conf->role;
	if (conf->has_extended_next_hop)
		caps->extended_next_hop = conf->families & BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	if (conf->has_graceful_restart)
		offer_restart(conf, caps, is_restarting, forwarding);
	if (hostname)
		(void)strncpy(caps->host, hostname, sizeof(caps->host) - 1);
	return open;
}
