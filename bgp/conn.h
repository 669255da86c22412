/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One connection with a peer, from the first OPEN to the last NOTIFICATION, without the socket:
 * octets that came go in, octets to be sent come out, and time is an argument. It carries out the
 * state machine of fsm.h; what it can not do itself (dial, close) it leaves in `todo`.
 *
 * The owner reads the socket into bgp_conn_room(), calls bgp_conn_process() until it says that
 * nothing is left, looks at `todo` each time, writes what bgp_conn_unsent() shows, and calls
 * bgp_conn_tick() when bgp_conn_next_ns() has come. Before a tick it reads what the socket still
 * has: a hold timer is judged by what has arrived, not by what we had time to look at.
 */

#include "bgp/end.h"
#include "bgp/fsm.h"
#include "bgp/open.h"
#include "bgp/received.h"

enum {
	BGP_CONN_IN_SIZE = BGP_MESSAGE_MAX_EXTENDED,
	BGP_CONN_FILL_SIZE = 65536,                    /* what an output may write in one go */
	BGP_CONN_OUT_SIZE = BGP_CONN_FILL_SIZE + 8192, /* and room for messages of our own */
};

/* What is left for the owner to do; he takes the bits away. */
enum bgp_conn_todo {
	BGP_CONN_DIAL = 1 << 0,
	BGP_CONN_ARM_RETRY = 1 << 1,
	BGP_CONN_CLOSE = 1 << 2,   /* after sending what is unsent; see @end */
	BGP_CONN_OPENED = 1 << 3,  /* the peer's OPEN is known: collisions are to be settled */
	BGP_CONN_UP = 1 << 4,      /* Established */
	BGP_CONN_REFRESH = 1 << 5, /* @refresh_families is not empty */
};

struct bgp_conn_conf {
	struct bgp_open offer;
	struct bgp_open_limits limits;
	struct bgp_expect expect;
	unsigned keepalive_seconds; /* 0: a third of the hold time */
	unsigned send_hold_seconds; /* 0: max(480, 2 x hold), RFC 9687 */
	uint32_t seed;              /* of the jitter; any number */
};

typedef void bgp_update_fn(
	void *user, const uint8_t *message, size_t len, const struct bgp_update *update);

struct bgp_message_counts {
	uint64_t messages[BGP_MSG_TYPE_COUNT_]; /* by enum bgp_message_type */
	uint64_t octets;
};

struct bgp_conn {
	struct bgp_conn_conf conf;
	enum bgp_state state;
	unsigned todo;
	struct bgp_end end; /* valid with BGP_CONN_CLOSE */
	bool has_open;
	struct bgp_open theirs;
	struct bgp_capabilities sent; /* our capabilities, as they were sent */
	struct bgp_agreement agreed;
	unsigned hold_seconds; /* agreed; 0: no keepalives */
	unsigned keepalive_seconds;
	uint8_t refresh_families; /* asked for by the peer; the owner clears it */
	uint64_t hold_at_ns, keepalive_at_ns, send_hold_at_ns; /* 0: not running */
	uint64_t up_ns;                                        /* when it became Established */
	uint64_t last_read_ns, last_write_ns;
	struct bgp_received *received;  /* borrowed; where UPDATEs go */
	struct bgp_message_counts *in;  /* borrowed */
	struct bgp_message_counts *out; /* borrowed */
	uint32_t random;
	uint8_t last_type; /* of the message at hand */
	/* Both OPENs as they were on the wire. */
	struct bgp_open_bytes {
		uint8_t *bytes; /* owned; NULL: not yet */
		size_t len;
	} open_sent, open_received;
	/* Sees each UPDATE that did not end the session, whole; NULL: nobody does. */
	bgp_update_fn *on_update;
	void *update_user;
	/* Octets from in_at to in_end wait to be processed, from out_at to out_end to be sent. */
	uint8_t *in_buf;
	size_t in_at, in_end;
	uint8_t *out_buf;
	size_t out_at, out_end;
};

void bgp_conn_init(struct bgp_conn *conn, const struct bgp_conn_conf *conf,
	struct bgp_received *received, struct bgp_message_counts *in,
	struct bgp_message_counts *out);
void bgp_conn_fini(struct bgp_conn *conn);

/* BGP_EV_START, BGP_EV_START_PASSIVE, BGP_EV_RETRY_EXPIRED or BGP_EV_TCP_UP. */
void bgp_conn_event(struct bgp_conn *conn, enum bgp_fsm_event event, uint64_t now_ns);

/* The connection failed or was closed; @error: negative errno, 0 if the peer closed it. */
void bgp_conn_tcp_down(struct bgp_conn *conn, int error, uint64_t now_ns);

/**
 * bgp_conn_stop() - end it by our own will
 * @event: BGP_EV_STOP, BGP_EV_AUTO_STOP or BGP_EV_COLLISION
 * @by:    on whose behalf
 * @why:   what the peer is told, if it listens
 */
void bgp_conn_stop(struct bgp_conn *conn, enum bgp_fsm_event event, enum bgp_ended_by by,
	const struct bgp_refusal *why, uint64_t now_ns);

/* Where to read the socket to; @ret_len is 0 if what is there must be processed first. */
uint8_t *bgp_conn_room(struct bgp_conn *conn, size_t *ret_len);
void bgp_conn_got(struct bgp_conn *conn, size_t len, uint64_t now_ns);

/* Takes in one message. Return: false if there is no whole one, or the connection is over. */
bool bgp_conn_process(struct bgp_conn *conn, uint64_t now_ns);

/* Sees to timers that are due. */
void bgp_conn_tick(struct bgp_conn *conn, uint64_t now_ns);

/* When bgp_conn_tick() is due next; 0: never. */
uint64_t bgp_conn_next_ns(const struct bgp_conn *conn);

/* Somebody else waits: an OPEN that does not come within @seconds will not come. */
void bgp_conn_hurry(struct bgp_conn *conn, unsigned seconds, uint64_t now_ns);

const uint8_t *bgp_conn_unsent(const struct bgp_conn *conn, size_t *ret_len);
void bgp_conn_sent(struct bgp_conn *conn, size_t len, uint64_t now_ns);

/* Where an output writes whole messages, once all is sent and Established; NULL: not now. */
uint8_t *bgp_conn_fill_room(struct bgp_conn *conn);
void bgp_conn_filled(struct bgp_conn *conn, size_t len, uint64_t now_ns);

/* A KEEPALIVE beside the timer, to find out whether the peer still lives. */
void bgp_conn_probe(struct bgp_conn *conn, uint64_t now_ns);

void bgp_conn_request_refresh(struct bgp_conn *conn, enum bgp_family family, uint64_t now_ns);
