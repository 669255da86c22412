/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/fsm.h"

/* Short, so that a row of the table stays a row. */
enum {
	NOTHING = BGP_DO_NOTHING,
	NOTIFY = BGP_DO_NOTIFY,
	CLOSE = BGP_DO_CLOSE,
	DIAL = BGP_DO_DIAL | BGP_DO_ARM_RETRY,
	COUNT = BGP_DO_COUNT_FAILURE,
	HELLO = BGP_DO_SEND_OPEN | BGP_DO_ARM_LARGE_HOLD,
	ALIVE = BGP_DO_SEND_KEEPALIVE | BGP_DO_ARM_KEEPALIVE,
	HOLD = BGP_DO_ARM_HOLD,
};

/*
 * A NOTIFICATION that comes in OpenSent is event 25, which section 8.2.2 would answer with an FSM
 * error; section 6 says that none is ever answered, and that is what we do.
 * A faulty header in Established is event 21, an FSM error by section 8.2.2; section 6.1 asks for
 * the exact code, which tells the peer more.
 * In Idle everything but a start is ignored.
 */
/* clang-format off */
static const struct bgp_step table[BGP_STATE_COUNT_][BGP_EVENT_COUNT_] = {
[BGP_IDLE] = {
	[BGP_EV_START]                = { BGP_CONNECT,      DIAL },
	[BGP_EV_START_PASSIVE]        = { BGP_ACTIVE,       NOTHING },
},
[BGP_CONNECT] = {
	[BGP_EV_START]                = { BGP_CONNECT,      NOTHING },
	[BGP_EV_START_PASSIVE]        = { BGP_CONNECT,      NOTHING },
	[BGP_EV_STOP]                 = { BGP_IDLE,         CLOSE },
	[BGP_EV_RETRY_EXPIRED]        = { BGP_CONNECT,      CLOSE | DIAL },
	[BGP_EV_TCP_UP]               = { BGP_OPEN_SENT,    HELLO },
	[BGP_EV_TCP_DOWN]             = { BGP_IDLE,         CLOSE | COUNT },
},
[BGP_ACTIVE] = {
	[BGP_EV_START]                = { BGP_ACTIVE,       NOTHING },
	[BGP_EV_START_PASSIVE]        = { BGP_ACTIVE,       NOTHING },
	[BGP_EV_STOP]                 = { BGP_IDLE,         CLOSE },
	[BGP_EV_RETRY_EXPIRED]        = { BGP_CONNECT,      DIAL },
	[BGP_EV_TCP_UP]               = { BGP_OPEN_SENT,    HELLO },
	[BGP_EV_TCP_DOWN]             = { BGP_IDLE,         CLOSE | COUNT },
},
[BGP_OPEN_SENT] = {
	[BGP_EV_START]                = { BGP_OPEN_SENT,    NOTHING },
	[BGP_EV_START_PASSIVE]        = { BGP_OPEN_SENT,    NOTHING },
	[BGP_EV_STOP]                 = { BGP_IDLE,         NOTIFY | CLOSE },
	[BGP_EV_AUTO_STOP]            = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_HOLD_EXPIRED]         = { BGP_IDLE,         BGP_DO_NOTIFY_HOLD | CLOSE | COUNT },
	[BGP_EV_SEND_HOLD_EXPIRED]    = { BGP_IDLE,         BGP_DO_NOTIFY_SEND_HOLD | CLOSE | COUNT },
	[BGP_EV_TCP_DOWN]             = { BGP_ACTIVE,       CLOSE | BGP_DO_ARM_RETRY },
	[BGP_EV_OPEN]                 = { BGP_OPEN_CONFIRM, ALIVE | HOLD },
	[BGP_EV_HEADER_BAD]           = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_OPEN_BAD]             = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_COLLISION]            = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_NOTIFICATION_VERSION] = { BGP_IDLE,         CLOSE },
	[BGP_EV_NOTIFICATION]         = { BGP_IDLE,         CLOSE | COUNT },
},
[BGP_OPEN_CONFIRM] = {
	[BGP_EV_START]                = { BGP_OPEN_CONFIRM, NOTHING },
	[BGP_EV_START_PASSIVE]        = { BGP_OPEN_CONFIRM, NOTHING },
	[BGP_EV_STOP]                 = { BGP_IDLE,         NOTIFY | CLOSE },
	[BGP_EV_AUTO_STOP]            = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_HOLD_EXPIRED]         = { BGP_IDLE,         BGP_DO_NOTIFY_HOLD | CLOSE | COUNT },
	[BGP_EV_KEEPALIVE_EXPIRED]    = { BGP_OPEN_CONFIRM, ALIVE },
	[BGP_EV_SEND_HOLD_EXPIRED]    = { BGP_IDLE,         BGP_DO_NOTIFY_SEND_HOLD | CLOSE | COUNT },
	[BGP_EV_TCP_DOWN]             = { BGP_IDLE,         CLOSE | COUNT },
	[BGP_EV_HEADER_BAD]           = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_COLLISION]            = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_NOTIFICATION_VERSION] = { BGP_IDLE,         CLOSE },
	[BGP_EV_NOTIFICATION]         = { BGP_IDLE,         CLOSE | COUNT },
	[BGP_EV_KEEPALIVE]            = { BGP_ESTABLISHED,  HOLD | BGP_DO_ESTABLISH },
},
[BGP_ESTABLISHED] = {
	[BGP_EV_START]                = { BGP_ESTABLISHED,  NOTHING },
	[BGP_EV_START_PASSIVE]        = { BGP_ESTABLISHED,  NOTHING },
	[BGP_EV_STOP]                 = { BGP_IDLE,         NOTIFY | CLOSE },
	[BGP_EV_AUTO_STOP]            = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_HOLD_EXPIRED]         = { BGP_IDLE,         BGP_DO_NOTIFY_HOLD | CLOSE | COUNT },
	[BGP_EV_KEEPALIVE_EXPIRED]    = { BGP_ESTABLISHED,  ALIVE },
	[BGP_EV_SEND_HOLD_EXPIRED]    = { BGP_IDLE,         BGP_DO_NOTIFY_SEND_HOLD | CLOSE | COUNT },
	[BGP_EV_TCP_DOWN]             = { BGP_IDLE,         CLOSE | COUNT },
	[BGP_EV_HEADER_BAD]           = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_COLLISION]            = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_NOTIFICATION_VERSION] = { BGP_IDLE,         CLOSE | COUNT },
	[BGP_EV_NOTIFICATION]         = { BGP_IDLE,         CLOSE | COUNT },
	[BGP_EV_KEEPALIVE]            = { BGP_ESTABLISHED,  HOLD },
	[BGP_EV_UPDATE]               = { BGP_ESTABLISHED,  HOLD | BGP_DO_TAKE_UPDATE },
	[BGP_EV_UPDATE_BAD]           = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
	[BGP_EV_REFRESH]              = { BGP_ESTABLISHED,  HOLD | BGP_DO_TAKE_REFRESH },
	[BGP_EV_REFRESH_BAD]          = { BGP_IDLE,         NOTIFY | CLOSE | COUNT },
},
};
/* clang-format on */

struct bgp_step bgp_fsm_step(enum bgp_state state, enum bgp_fsm_event event)
{
	struct bgp_step step = table[state][event];

	if (step.effects != 0)
		return step;
	if (state == BGP_IDLE)
		return (struct bgp_step){ BGP_IDLE, NOTHING };
	if (state == BGP_CONNECT || state == BGP_ACTIVE) /* "any other event": nobody to be told */
		return (struct bgp_step){ BGP_IDLE, CLOSE | COUNT };
	return (struct bgp_step){ BGP_IDLE, BGP_DO_NOTIFY_FSM | CLOSE | COUNT };
}

const char *bgp_state_name(enum bgp_state state)
{
	static const char *const names[BGP_STATE_COUNT_] = {
		[BGP_IDLE] = "Idle",
		[BGP_CONNECT] = "Connect",
		[BGP_ACTIVE] = "Active",
		[BGP_OPEN_SENT] = "OpenSent",
		[BGP_OPEN_CONFIRM] = "OpenConfirm",
		[BGP_ESTABLISHED] = "Established",
	};

	return names[state];
}
