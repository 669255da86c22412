/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What session.c, link.c and engine.c share.
 *
 * A session has at most three links: the one that is Established, one that we dialled, one that was
 * accepted. A link is a connection (conn.h) with its socket and events. link.c moves octets and
 * reports what the state machine wants done; session.c decides.
 */

#include "bgp/conn.h"
#include "bgp/engine.h"
#include "bgp/finder.h"
#include "bgp/linger.h"
#include "bgp/retry.h"
#include "bgp/session.h"
#include "bgp/transport.h"

#include <bsd/sys/queue.h>
#include <event2/event.h>

enum bgp_slot {
	BGP_SLOT_UP,
	BGP_SLOT_DIALLED,
	BGP_SLOT_ACCEPTED,
	BGP_SLOT_COUNT_,
};

struct bgp_link {
	struct bgp_session *session;
	struct bgp_conn conn;
	int fd; /* -1: none */
	bool is_dialled;
	bool is_connecting;
	struct event *read;
	struct event *write;
	struct event *timer; /* of the connection, and the limit of connect() */
	uint64_t connect_limit_ns;
	struct bgp_endpoint local, remote;
};

struct bgp_session {
	struct bgp_engine *engine;
	TAILQ_ENTRY(bgp_session) entry;
	struct bgp_peer_conf conf;
	struct bgp_link *links[BGP_SLOT_COUNT_]; /* owned */
	struct event *retry_timer;
	struct bgp_retry retry;
	uint64_t next_try_ns; /* 0: the timer does not run */
	struct bgp_open_limits limits;
	bool is_shut;    /* by configuration or command */
	bool is_stopped; /* the engine stops */
	bool is_wanted;  /* scratch of bgp_engine_set_peers() */
	bool is_pending_change;
	bool is_restarting;  /* R bit of the next OPEN */
	bool has_listen_key; /* who dials us as this peer has signed */
	bool is_key_missing; /* scratch of bgp_listen_sync_keys() */
	bool is_path_known;  /* BFD was Up, or had its time */
	bool was_up;         /* once, since we started: our forwarding state is there */
	char shutdown_text[BGP_SHUTDOWN_TEXT_SIZE];
	struct bgp_finder *finder; /* owned; NULL unless the peer has no address */
	struct ip found;           /* by it; family 0: nobody yet */
	enum bgp_state told_state;
	uint64_t since_ns;
	uint64_t established_count;
	struct bgp_export export; /* while up: as it was reported */
	struct bgp_end last_end;
	struct bgp_end told_end;
	bgp_fill_fn *fill;
	void *fill_user;
	struct bgp_received received;
	struct bgp_message_counts in, out;
};

struct bgp_engine {
	struct event_base *base;
	struct bgp_engine_conf conf;
	bgp_event_fn *on_event;
	void *user;
	TAILQ_HEAD(, bgp_session) sessions; /* by name */
	size_t session_count;
	struct bgp_lingers lingers;
	struct bgp_listener {
		struct bgp_engine *engine;
		int fd;
		struct event *event; /* NULL: this one is not there */
		struct event *again; /* the end of a pause */
		struct ip address;
		struct bgp_listen_key *keys; /* owned; what the kernel has */
		size_t key_count, key_capacity;
	} listeners[BGP_LISTEN_MAX];
	struct bgp_listen_view listen;
	bool is_stopped;
	struct event *network_timer; /* to look at what changed */
	uint64_t network_ns;         /* when that was done last */
};

/* listen.c */

/* Listens as the configuration says. */
void bgp_listen_open(struct bgp_engine *engine);
void bgp_listen_close(struct bgp_engine *engine);
/* Brings the TCP-MD5 keys of those who may dial in line with the sessions. */
void bgp_listen_sync_keys(struct bgp_engine *engine);

/* link.c */

/* A link in Idle. */
struct bgp_link *bgp_link_new(struct bgp_session *session, bool is_dialled);
/* Closes the socket politely if something is unsent or was sent as last word. */
struct bgp_link *bgp_link_free(struct bgp_link *link);
/* Begins to connect, or fails; @t says how. The link reports in either case. */
void bgp_link_dial(struct bgp_link *link, const struct bgp_transport *t);
/* Takes @fd over, which is connected. */
void bgp_link_adopt(struct bgp_link *link, int fd);
/* Closes the socket; the link may dial again. */
void bgp_link_close(struct bgp_link *link, bool is_polite);
/* Sends what waits, and asks the output for more. */
void bgp_link_wake(struct bgp_link *link);
/* After any change of the connection: arms what it wants; then lets the session see to the rest. */
void bgp_link_settle(struct bgp_link *link);

/* session.c */

struct bgp_session *bgp_session_new(struct bgp_engine *engine, const struct bgp_peer_conf *conf);
/* Ends it with Cease @subcode and frees it. */
struct bgp_session *bgp_session_free(struct bgp_session *session, uint8_t subcode);
/* Brings a new configuration into force. */
void bgp_session_set_conf(struct bgp_session *session, const struct bgp_peer_conf *conf);
/* Tries now, if nothing is under way and nothing forbids it. */
void bgp_session_start(struct bgp_session *session);
/* Ends what is under way; the peer is told @why. */
void bgp_session_stop(
	struct bgp_session *session, enum bgp_ended_by by, const struct bgp_refusal *why);
/* A Cease after which the peer must not keep our routes as stale ones (RFC 8538 section 3.1). */
struct bgp_refusal bgp_session_cease(
	const struct bgp_session *session, uint8_t subcode, const char *text);
/* Closes without a word if that makes the peer keep our routes for a restart (RFC 4724). */
void bgp_session_leave(struct bgp_session *session);
/* Tells the user; @more has the members that go with @type, or is NULL. */
void bgp_session_report(
	struct bgp_session *session, enum bgp_event_type type, const struct bgp_event *more);
/* How UPDATEs look on @link, which is Established, with the next hops of now. */
struct bgp_export bgp_session_export_of(
	const struct bgp_session *session, const struct bgp_link *link);
/* The network is not what it was: see bgp_engine_network_changed(). */
void bgp_session_network_changed(struct bgp_session *session);
/* The address of the peer, as configured or found; family 0: not known. */
const struct ip *bgp_session_peer(const struct bgp_session *session);
/* Takes a connection of the peer over. */
void bgp_session_accept(struct bgp_session *session, const struct bgp_accepted *accepted);
/* A link has something to do: see its connection's `todo`. It may be gone afterwards. */
void bgp_session_on_link(struct bgp_session *session, struct bgp_link *link);
/* What its sockets look like. */
struct bgp_transport bgp_session_transport(const struct bgp_session *session);
/* Why it may have no connections now, in words, or NULL. */
const char *bgp_session_why_not(const struct bgp_session *session);
/* True if the first dial is held back until BFD is Up, or had its time. */
bool bgp_session_waits_for_bfd(const struct bgp_session *session);
