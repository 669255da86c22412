/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The session with one peer: dials and accepts, tries again with patience, settles collisions, and
 * carries messages. What goes out is pulled from an output when the socket takes it, so a peer that
 * reads slowly costs one buffer.
 */

#include "base/ip.h"
#include "bgp/conn.h"
#include "bgp/end.h"
#include "bgp/fsm.h"
#include "bgp/notification.h"
#include "bgp/open.h"
#include "bgp/peer.h"
#include "bgp/received.h"
#include "bgp/update_build.h"

struct bgp_session;

enum bgp_event_type {
	BGP_EVENT_UP,      /* Established: set an output now */
	BGP_EVENT_DOWN,    /* was Established and is no more; the output is dropped already */
	BGP_EVENT_FAILED,  /* a try came to nothing; told once for each different reason */
	BGP_EVENT_EXPORT,  /* still up, with other next hops: what was told is to be told anew */
	BGP_EVENT_FOUND,   /* the address of an unnumbered peer is known: see the view's remote */
	BGP_EVENT_REFRESH, /* the peer wants @family again */
	BGP_EVENT_UPDATE,  /* the peer told something; it is in the view already */
	BGP_EVENT_GONE,    /* the peer was removed; the last that is heard of @session */
};

struct bgp_event {
	enum bgp_event_type type;
	struct bgp_session *session;
	const struct bgp_export *export; /* of UP and EXPORT; borrowed for the call */
	enum bgp_family family;          /* of REFRESH */
	const struct bgp_end *end;       /* of DOWN and FAILED; borrowed for the call */
	/* Of UPDATE: the whole message, and what it says; borrowed for the call. */
	const uint8_t *message;
	size_t message_len;
	const struct bgp_update *update;
};

typedef void bgp_event_fn(void *user, const struct bgp_event *event);

const struct bgp_peer_conf *bgp_session_conf(const struct bgp_session *session);

/* The next whole messages, at most @cap octets; 0: nothing now. @cap holds the longest message. */
typedef size_t bgp_fill_fn(void *user, uint8_t *buf, size_t cap);

/* Where messages come from while the session is up; to be called on BGP_EVENT_UP. */
void bgp_session_set_output(struct bgp_session *session, bgp_fill_fn *fill, void *user);

/* The output has something to say (again). Only notes it; may be called at any time. */
void bgp_session_wake(struct bgp_session *session);

/* Acts of the user. A text goes to the peer (RFC 9003); NULL: none. */
void bgp_session_shut(struct bgp_session *session, const char *text);
void bgp_session_enable(struct bgp_session *session);
void bgp_session_reset(struct bgp_session *session, const char *text);

/* Asks the peer for its routes again. 0, or -ENOTCONN, or -EOPNOTSUPP if it can not. */
must_check int bgp_session_request_refresh(struct bgp_session *session, enum bgp_family family);

/* BFD says that the path is dead: ends an Established session by Cease 6/10 (RFC 9384). */
void bgp_session_bfd_down(struct bgp_session *session);

/*
 * BFD says that the path is good. Until a second later a peer that keeps our routes for a restart is
 * not dialled, for bgp_peer_conf.bfd_wait_ms at most: it may still have the BFD session of before, and
 * would end the new session of BGP when that goes down (RFC 5882 section 4.3).
 */
void bgp_session_bfd_up(struct bgp_session *session);

struct bgp_session_view {
	enum bgp_state state;
	uint64_t since_ns; /* CLOCK_MONOTONIC, as all below */
	uint64_t established_count;
	bool is_shut;           /* by configuration or command */
	const char *held;       /* why it must stay down, or "" */
	bool is_pending_change; /* configuration that the next session will have */
	bool waits_for_bfd;     /* before the first dial after a restart */
	struct bgp_end last_end;
	uint64_t next_try_ns;    /* 0: none is due */
	unsigned failures;       /* tries in a row that came to nothing */
	struct ip local, remote; /* of the connection; the peer's as configured or found */
	uint16_t local_port, remote_port;
	bool is_dialled; /* by us */
	bool is_internal;
	bool has_md5;
	bool has_open; /* the peer's OPEN is known: the members below */
	struct bgp_open theirs;
	struct bgp_open ours; /* as it was sent */
	struct bgp_agreement agreed;
	unsigned hold_seconds, keepalive_seconds; /* agreed */
	uint64_t hold_at_ns;                      /* when it expires; 0: never */
	uint64_t last_read_ns, last_write_ns;
	size_t unsent;                     /* octets that the kernel did not take yet */
	struct bgp_message_counts in, out; /* since the peer exists */
	uint64_t refresh_in, refresh_out;
	const struct bgp_received *received; /* of this session */
	/* Both OPENs as they were on the wire, once they were; borrowed. */
	const struct bgp_open_bytes *open_sent, *open_received;
	struct bgp_export export; /* while Established: as it was reported */
};

struct bgp_session_view bgp_session_view(const struct bgp_session *session);
