/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * BFD sessions on the network: RFC 5881 (one hop, UDP 3784, TTL 255) and RFC 5883 (several hops, UDP
 * 4784). It is told the desired sessions and reports what becomes of them. No globals; everything
 * runs on the event base it is given and in its thread. In steady state it allocates nothing and
 * logs nothing; what is wrong is counted, reported by an event, or both.
 *
 * It keeps its own time by a timerfd, so the base needs no flag. Before a peer is taken for dead, the
 * sockets are read empty: sleep of ours can not kill a session whose packets wait in a queue.
 *
 * There is no echo function (RFC 5880 section 5): who configures sessions has to say so.
 */

#include "base/ip.h"
#include "bfd/session.h"

#include <event2/event.h>

struct bfd_engine;

/* Names a session. Compared as a whole. */
struct bfd_key {
	struct ip peer;
	struct ip local;  /* source address; family 0: as the routing table says */
	unsigned ifindex; /* 0: any; must be set for an IPv6 link-local peer */
	bool is_multihop;
};

struct bfd_session_conf {
	struct bfd_key key;
	struct bfd_timing timing;
	struct bfd_auth_conf auth;
	uint8_t min_ttl; /* of received packets, with is_multihop; 0: any. One hop: always 255 */
	bool is_gated;   /* AdminDown until bfd_engine_set_ready() */
	uint64_t tag;    /* the caller's; comes back in events and views */
};

enum bfd_event_type {
	BFD_EV_STATE,     /* the state changed */
	BFD_EV_PEER_GONE, /* the peer's host says nobody listens (ICMP): a hint, anybody can say it */
	BFD_EV_SOCKET,    /* can not send or listen: error; tried again each second */
	BFD_EV_STALL,     /* the loop did not run for stall_ns; about no session */
};

struct bfd_event {
	enum bfd_event_type type;
	struct bfd_key key; /* not with BFD_EV_STALL */
	uint64_t tag;
	uint64_t at_ns;           /* when it was; CLOCK_MONOTONIC */
	enum bfd_state old_state; /* with BFD_EV_STATE; else the same as state */
	enum bfd_state state;
	enum bfd_state remote_state;
	enum bfd_cause cause;
	uint8_t diag;               /* ours, enum bfd_diag */
	uint8_t remote_diag;        /* what the peer said last */
	bool is_remote_independent; /* the peer's C bit, RFC 5882 section 4.3 */
	uint64_t detect_ns;         /* detection time in force */
	uint64_t silence_ns;        /* since the last packet of the peer */
	uint64_t stall_ns;
	int error; /* negative errno of BFD_EV_SOCKET */
};

/* From the event loop or from inside a call of the functions below; must not call the engine. */
typedef void bfd_event_fn(void *user, const struct bfd_event *event);

struct bfd_engine_conf {
	uint64_t stall_ns; /* a wake-up so late is a BFD_EV_STALL; 0: none */
};

/* @conf is copied. Sessions are not ready until bfd_engine_set_ready(). */
struct bfd_engine *bfd_engine_new(struct event_base *base, const struct bfd_engine_conf *conf,
	bfd_event_fn *on_event, void *user);

/* Says AdminDown, once, for every session, and reports nothing. */
struct bfd_engine *bfd_engine_free(struct bfd_engine *engine);
DEFINE_FREEP(struct bfd_engine, bfd_engine);

enum {
	BFD_SESSIONS_MAX = 8192, /* half of the source ports of RFC 5881 section 4 */
};

/**
 * bfd_engine_put() - a session that is new, or other parameters for one that there is
 * @conf: copied
 *
 * Parameters of a session that is Up change without it falling: intervals by a poll sequence, keys at
 * once. A socket that can not be opened is no error: BFD_EV_SOCKET, and it is tried again.
 *
 * Return: 0; -EINVAL: the key, the intervals or the authentication make no sense; -ENOSPC:
 * BFD_SESSIONS_MAX.
 */
must_check int bfd_engine_put(struct bfd_engine *engine, const struct bfd_session_conf *conf);

/* Ends a session, saying AdminDown once. Without an event. False: there was none. */
bool bfd_engine_drop(struct bfd_engine *engine, const struct bfd_key *key);

/*
 * The same, saying nothing: the peer is to find out by our silence. For a session that is no longer
 * needed while the service it watches over lives on, where AdminDown would be taken for a farewell.
 */
bool bfd_engine_abandon(struct bfd_engine *engine, const struct bfd_key *key);

/* Whether gated sessions may come Up. Not ready is AdminDown, with @diag. */
void bfd_engine_set_ready(struct bfd_engine *engine, bool is_ready, enum bfd_diag diag);

/* AdminDown of one session, or out of it; independent of the gate. False: there is no such session. */
bool bfd_engine_set_admin(
	struct bfd_engine *engine, const struct bfd_key *key, bool is_down, enum bfd_diag diag);

/* The same for all sessions that there are. */
void bfd_engine_set_admin_all(struct bfd_engine *engine, bool is_down, enum bfd_diag diag);

/* Reads all that waits on the sockets, then looks who is silent. For a caller that slept. */
void bfd_engine_resume(struct bfd_engine *engine);

/* What one session is and did. */
struct bfd_session_view {
	struct bfd_key key;
	uint64_t tag;
	const struct bfd_session *session; /* borrowed for the call; times are CLOCK_MONOTONIC */
	bool is_gated;
	bool is_admin_down; /* by bfd_engine_set_admin() */
	int error;          /* negative errno: why nothing can be sent; 0 */
	uint16_t source_port;
	uint64_t packets_in; /* good ones */
	uint64_t packets_out;
	uint64_t send_errors;
	uint64_t refusals; /* ICMP port unreachable */
	uint64_t drops[BFD_DROP_COUNT_];
};

typedef void bfd_session_view_fn(void *user, const struct bfd_session_view *view);

void bfd_engine_visit(const struct bfd_engine *engine, bfd_session_view_fn *visit, void *user);

/* What belongs to no session. */
struct bfd_engine_view {
	size_t session_count;
	size_t up_count;
	bool is_ready;
	uint64_t stalls;
	uint64_t drops[BFD_DROP_COUNT_]; /* of packets that no session was found for */
};

void bfd_engine_view(const struct bfd_engine *engine, struct bfd_engine_view *ret_view);

bool bfd_key_equal(const struct bfd_key *a, const struct bfd_key *b);
