/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BFD beside the sessions of BGP; it runs in the wire thread. A BFD session lives as long as its peer is configured, whatever
 * BGP does; if it goes down without the other side having said that it means to, BGP ends at once
 * (RFC 5882 sections 3.2 and 4.2). It never keeps BGP from coming up.
 */

#include "speaker/bgp_convert.h"
#include "speaker/bgp_state.h"
#include "speaker/wire_bfd.h"

#include <net/if.h>

static struct peer_link *find_by_key(const struct speaker_bgp *bgp, const struct bfd_key *key)
{
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (bgp->links[i]->has_bfd && bfd_key_equal(&bgp->links[i]->bfd_key, key))
			return bgp->links[i];
	}
	return NULL;
}

void speaker_bgp_bfd(struct speaker_bgp *bgp, const struct bfd_event *event)
{
	struct peer_link *link = find_by_key(bgp, &event->key);
	struct bgp_session *session = link ? bgp_engine_find(bgp->engine, link->name) : NULL;

	if (!session)
		return;
	if (event->type == BFD_EV_STATE && event->state == BFD_UP) {
		link->bfd_up_ns = event->at_ns;
		bgp_session_bfd_up(session);
	}
	if (link->session &&
		bgp_convert_is_death(event, bgp_session_view(session).since_ns, link->bfd_up_ns))
		bgp_session_bfd_down(session);
}

void bgp_watch_end(struct speaker_bgp *bgp, struct peer_link *link)
{
	if (link->has_bfd)
		wire_bfd_drop(bgp->wire, &link->bfd_key);
	link->has_bfd = false;
}

void bgp_watch_leave(struct speaker_bgp *bgp, const struct peer_link *link)
{
	if (link->has_bfd)
		wire_bfd_set_admin(bgp->wire, &link->bfd_key, true, BFD_DIAG_ADMIN_DOWN);
}

static bool is_near(const struct speaker_bgp *bgp, const struct ip *address)
{
	return ip_is_link_local(address) || bgp->callbacks.is_on_link(bgp->user, address);
}

/* The address to watch: as configured, as just met, or as met before; NULL: not met yet. */
static const struct ip *address_of(
	const struct plan_bgp_peer *peer, const struct peer_link *link, const struct ip *met)
{
	if (ip_is_set(&peer->address))
		return &peer->address;
	if (met)
		return met;
	return link->has_bfd ? &link->bfd_key.peer : NULL;
}

void bgp_watch_peer(struct speaker_bgp *bgp, struct peer_link *link, const struct ip *met)
{
	const struct plan_bgp_peer *peer = peer_link_peer(bgp, link);
	const struct ip *address;
	struct bfd_session_conf conf;

	if (!peer || !peer->bfd.is_wanted || peer->reason != PLAN_PASSED) {
		bgp_watch_end(bgp, link);
		return;
	}
	address = address_of(peer, link, met);
	if (!address)
		return;
	link->is_near = is_near(bgp, address);
	conf = bgp_convert_bfd(peer, address, &peer->source,
		ip_is_link_local(address) ? if_nametoindex(peer->interface) : 0, link->is_near);
	if (link->has_bfd && !bfd_key_equal(&link->bfd_key, &conf.key))
		bgp_watch_end(bgp, link);
	wire_bfd_put(bgp->wire, &conf);
	link->bfd_key = conf.key;
	link->has_bfd = true;
}

/* A link that comes or goes may make an internal peer a near one; not while its session proves it. */
void bgp_watch_network(struct speaker_bgp *bgp)
{
	for (size_t i = 0; i < bgp->link_count; i++) {
		struct peer_link *link = bgp->links[i];

		if (link->has_bfd && !link->session &&
			is_near(bgp, &link->bfd_key.peer) != link->is_near)
			bgp_watch_peer(bgp, link, NULL);
	}
}
