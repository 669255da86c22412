/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * BGP in the agent: peers and routes of the plan to sessions, Adj-RIBs-Out and BFD, and the order of
 * a farewell. What is to be announced is decided in plan/, how it is said in bgp/.
 *
 * A turn of the agent calls speaker_bgp_peers(), then speaker_bgp_plan() for every Service whose plan
 * changed, then speaker_bgp_flush(): sessions are told once a turn.
 */

#include "bfd/engine.h"
#include "bgp/engine.h"
#include "bgp/rib.h"
#include "conf/settings.h"
#include "plan/bgp_routes.h"
#include "speaker/collector.h"
#include "speaker/wire.h"

struct speaker_bgp;

/* What happened to a peer. All text is borrowed for the call. */
struct speaker_bgp_news {
	const char *what;   /* a constant sentence: "BGP session up" */
	const char *peer;   /* name of the BGPPeer */
	const char *detail; /* why, or "" */
	bool is_bad;
};

struct speaker_bgp_callbacks {
	void (*replan)(void *user); /* all Services are to be planned again, soon */
	void (*tell)(void *user, const struct speaker_bgp_news *news);
	/* True if @ip is in a subnet of one of the node's links. */
	bool (*is_on_link)(void *user, const struct ip *ip);
};

/**
 * speaker_bgp_new() - get ready; without peers nothing is opened but the listener
 * @settings:   borrowed, until speaker_bgp_reload() or the end
 * @callbacks:  copied; @user is passed to each
 * @is_drained: the node was drained before it stopped
 *
 * To be called while privileged ports can still be bound.
 */
struct speaker_bgp *speaker_bgp_new(struct event_base *base, const struct settings *settings,
	const struct speaker_bgp_callbacks *callbacks, void *user, bool is_drained);

/* Ends everything at once; speaker_bgp_stop() does it politely. */
struct speaker_bgp *speaker_bgp_free(struct speaker_bgp *bgp);
DEFINE_FREEP(struct speaker_bgp, speaker_bgp);

void speaker_bgp_reload(struct speaker_bgp *bgp, const struct settings *settings);

/* What the plan has to know; its pointers stay good until speaker_bgp_free(). */
struct plan_bgp_input speaker_bgp_input(const struct speaker_bgp *bgp);

/* What became of a BFD session, of whomever. */
void speaker_bgp_bfd(struct speaker_bgp *bgp, const struct bfd_event *event);

/*
 * Brings the peers in line with @model; @fallback_id is the identifier for a node without an IPv4
 * InternalIP, host byte order.
 */
void speaker_bgp_peers(struct speaker_bgp *bgp, const struct model *model, uint32_t fallback_id);

/* Where BFD runs; before the first speaker_bgp_flush(). Borrowed until speaker_bgp_free(). */
void speaker_bgp_set_wire(struct speaker_bgp *bgp, struct wire *wire);

/* plan_change_fn for what a Service has part in. */
void speaker_bgp_plan(struct speaker_bgp *bgp, const struct service_plan *before,
	const struct service_plan *after);

/* The turn is over: sessions are told what changed. */
void speaker_bgp_flush(struct speaker_bgp *bgp);

/* Links or addresses came or went: tries that wait are made now. */
void speaker_bgp_network_changed(struct speaker_bgp *bgp);

/*
 * Draws traffic away: routes are marked GRACEFUL_SHUTDOWN first, after bgp.drain_seconds they are
 * withdrawn; the sessions stay. False takes it back.
 */
void speaker_bgp_drain(struct speaker_bgp *bgp, bool is_drained);

/**
 * speaker_bgp_stop() - say goodbye to every peer, then call @on_done, once, from the event loop
 *
 * Takes bgp.drain_seconds and 1.5 s at most. Peers that agreed to graceful restart hear nothing, unless
 * bgp.on_stop is "leave" or the node is drained. No session starts again.
 */
void speaker_bgp_stop(struct speaker_bgp *bgp, void (*on_done)(void *user), void *user);

/* What a view of one peer needs. All pointers are borrowed for the call. */
struct speaker_bgp_peer_view {
	const struct plan_bgp_peer *peer;
	const struct bgp_session_view *session; /* NULL: there is none */
	struct bgp_out_view out;
	size_t wished;                      /* prefixes it shall hold, of the families agreed */
	const struct bfd_session_view *bfd; /* NULL: no BFD */
	bool is_bfd_wanted;
};

typedef void speaker_bgp_view_fn(void *user, const struct speaker_bgp_peer_view *view);

void speaker_bgp_visit(const struct speaker_bgp *bgp, speaker_bgp_view_fn *visit, void *user);

struct speaker_bgp_view {
	uint32_t router_id;
	bool is_drained;
	bool is_withdrawn; /* of a drained node: nothing is announced any more */
	enum plan_reason withheld;
	size_t prefixes; /* wished */
	size_t too_many; /* of them not announced to all, for too many communities */
	struct bgp_listen_view listen;
};

struct speaker_bgp_view speaker_bgp_view(const struct speaker_bgp *bgp);

/* The BMP collector. */
struct speaker_bgp_monitor_view {
	const char *collector; /* borrowed; the setting */
	struct collector_view connection;
	uint64_t messages; /* said */
};

/* False: none is configured. */
bool speaker_bgp_monitor(const struct speaker_bgp *bgp, struct speaker_bgp_monitor_view *ret_view);

const struct plan_bgp_routes *speaker_bgp_routes(const struct speaker_bgp *bgp);
const struct plan_bgp_peers *speaker_bgp_table(const struct speaker_bgp *bgp);

/* Announces everything to the BGPPeer @name again. False: its session is not up. */
bool speaker_bgp_refresh(struct speaker_bgp *bgp, const char *name);

/* The session of the BGPPeer @name for acts of the user, or NULL. Borrowed until the next turn. */
struct bgp_session *speaker_bgp_session(struct speaker_bgp *bgp, const char *name);
