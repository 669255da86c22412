/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state machine of a connection, as a table: RFC 4271 section 8, with the subcodes of RFC 6608
 * and the send hold timer of RFC 9687. Two connections with one peer have a machine each; what
 * is between them is the session's (section 6.8). DelayOpen (events 12 and 20) is not offered, since
 * a speaker that only announces gains nothing by waiting for the other's OPEN.
 */

#include <stdint.h>

enum bgp_state {
	BGP_IDLE,
	BGP_CONNECT,
	BGP_ACTIVE,
	BGP_OPEN_SENT,
	BGP_OPEN_CONFIRM,
	BGP_ESTABLISHED,
	BGP_STATE_COUNT_,
};

/* With the numbers of RFC 4271 section 8.1. */
enum bgp_fsm_event {
	BGP_EV_START,                /* 1, 3 */
	BGP_EV_START_PASSIVE,        /* 4, 5 */
	BGP_EV_STOP,                 /* 2: by the user */
	BGP_EV_AUTO_STOP,            /* 8: by ourselves, as when BFD says so */
	BGP_EV_RETRY_EXPIRED,        /* 9 */
	BGP_EV_HOLD_EXPIRED,         /* 10 */
	BGP_EV_KEEPALIVE_EXPIRED,    /* 11 */
	BGP_EV_SEND_HOLD_EXPIRED,    /* 29, RFC 9687 */
	BGP_EV_TCP_UP,               /* 16, 17 */
	BGP_EV_TCP_DOWN,             /* 18 */
	BGP_EV_OPEN,                 /* 19 */
	BGP_EV_HEADER_BAD,           /* 21 */
	BGP_EV_OPEN_BAD,             /* 22 */
	BGP_EV_COLLISION,            /* 23: this connection is the one to go */
	BGP_EV_NOTIFICATION_VERSION, /* 24: our version is refused */
	BGP_EV_NOTIFICATION,         /* 25 */
	BGP_EV_KEEPALIVE,            /* 26 */
	BGP_EV_UPDATE,               /* 27 */
	BGP_EV_UPDATE_BAD,           /* 28: so bad that the session must end (RFC 7606) */
	BGP_EV_REFRESH,              /* ROUTE-REFRESH, RFC 2918 */
	BGP_EV_REFRESH_BAD,          /* RFC 7313 section 5 */
	BGP_EVENT_COUNT_,
};

/* What the connection does on a step, in this order. No bit at all: the step is not in the table. */
enum bgp_effect {
	BGP_DO_NOTHING = 1 << 0,
	BGP_DO_NOTIFY = 1 << 1,           /* what came with the event: a refusal, a Cease */
	BGP_DO_NOTIFY_HOLD = 1 << 2,      /* 4/0 */
	BGP_DO_NOTIFY_SEND_HOLD = 1 << 3, /* 8/0 */
	BGP_DO_NOTIFY_FSM = 1 << 4,       /* 5/state, with the type of the message */
	BGP_DO_CLOSE = 1 << 5,
	BGP_DO_DIAL = 1 << 6,
	BGP_DO_ARM_RETRY = 1 << 7,
	BGP_DO_SEND_OPEN = 1 << 8,
	BGP_DO_ARM_LARGE_HOLD = 1 << 9, /* 240 s */
	BGP_DO_SEND_KEEPALIVE = 1 << 10,
	BGP_DO_ARM_HOLD = 1 << 11,
	BGP_DO_ARM_KEEPALIVE = 1 << 12,
	BGP_DO_ESTABLISH = 1 << 13,
	BGP_DO_TAKE_UPDATE = 1 << 14,
	BGP_DO_TAKE_REFRESH = 1 << 15,
	BGP_DO_COUNT_FAILURE = 1 << 16, /* ConnectRetryCounter */
};

struct bgp_step {
	enum bgp_state next;
	unsigned effects; /* never 0 */
};

/* What to do on @event in @state. RFC 4271 section 8.2.2. */
struct bgp_step bgp_fsm_step(enum bgp_state state, enum bgp_fsm_event event);

/* The words of the RFC: "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established". */
const char *bgp_state_name(enum bgp_state state);
