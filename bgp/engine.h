/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The BGP speaker: the peers that shall be, their sessions, and an optional listener. It is told
 * complete desired states and works out the difference: a change of one peer touches only that
 * session, and only if it must. It announces what it is given by the outputs of its sessions
 * (session.h) and installs nothing. No globals; everything runs on the event base it is given.
 */

#include "base/ip.h"
#include "bgp/fsm.h"
#include "bgp/peer.h"
#include "bgp/session.h"

#include <event2/event.h>
#include <net/if.h>

struct bgp_engine;

enum {
	BGP_LISTEN_MAX = 8,
	BGP_PEERS_MAX = 1024,
};

struct bgp_engine_conf {
	uint32_t router_id; /* host byte order; 0: no session starts that has none of its own */
	char hostname[BGP_FQDN_SIZE]; /* sent to peers, or "" */
	/* Where to listen; none: nowhere (port 179 stays free). An address of family 0 ends it. */
	struct ip listen[BGP_LISTEN_MAX];
	uint16_t listen_port; /* 0: 179 */
	/*
	 * We come back from a restart (RFC 4724): peers that this engine meets for the first time
	 * are told so by the R bit, and by the F bit for these families.
	 */
	bool is_restarting;
	uint8_t forwarding;
};

/*
 * @conf is copied; @on_event is called from the event loop or from the acts below, and must not
 * itself add or drop peers or free the engine.
 */
struct bgp_engine *bgp_engine_new(struct event_base *base, const struct bgp_engine_conf *conf,
	bgp_event_fn *on_event, void *user);
/* Closes sockets at once: first bgp_engine_stop(), if peers are to be told. */
struct bgp_engine *bgp_engine_free(struct bgp_engine *engine);
DEFINE_FREEP(struct bgp_engine, bgp_engine);

/* A router id that changes starts every session anew that uses it. */
void bgp_engine_set_conf(struct bgp_engine *engine, const struct bgp_engine_conf *conf);

/* All peers that shall be; at most BGP_PEERS_MAX. Borrowed for the call. */
void bgp_engine_set_peers(
	struct bgp_engine *engine, const struct bgp_peer_conf *peers, size_t count);

/* The session of a peer by its name, or NULL. Valid until bgp_engine_set_peers() drops it. */
struct bgp_session *bgp_engine_find(struct bgp_engine *engine, const char *name);

/*
 * Something of links or addresses changed. Tries that failed for want of a network are made now, and
 * sessions that are up see whether their next hops are still the right ones. What is seen to in a
 * burst is seen to once a second: this may be called for each of netlink's events.
 */
void bgp_engine_network_changed(struct bgp_engine *engine);

enum bgp_stop_way {
	BGP_STOP_FOR_GOOD,    /* Cease, a hard reset where the peer would keep stale routes */
	BGP_STOP_FOR_RESTART, /* peers with graceful restart get a plain close, others a Cease */
};

/**
 * bgp_engine_stop() - end every session and say why; no session starts again
 * @text: shutdown communication (RFC 9003), or NULL
 *
 * The sockets need the event loop for up to a second more, so that what was said arrives:
 * bgp_engine_is_quiet() tells when it is over.
 */
void bgp_engine_stop(struct bgp_engine *engine, enum bgp_stop_way way, const char *text);
bool bgp_engine_is_quiet(const struct bgp_engine *engine);

/* What the listener does. */
struct bgp_listen_view {
	unsigned count; /* sockets that listen */
	int error;      /* negative errno of the last one that could not */
	uint64_t accepted;
	uint64_t strangers; /* closed: no peer's address, too far away, or not signed */
};

struct bgp_listen_view bgp_engine_listen_view(const struct bgp_engine *engine);
