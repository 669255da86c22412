/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How long to wait before the next try. Pure: time and chance are arguments.
 *
 * A session that was healthy is tried again at once, since a router that restarts wants its routes
 * back; patience grows only with tries that come to nothing, and faster if the peer refuses us, so
 * that there is never a hot loop. This stands for the ConnectRetryTimer and the IdleHoldTimer of
 * RFC 4271 section 8, whose 120 s would be an outage.
 */

#include "bgp/notification.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BGP_CONNECT_SECONDS_DEFAULT = 30,
	BGP_CONNECT_LIMIT_SECONDS = 10, /* of one connect(): a wrong MD5 key looks like silence */
};

/* What is remembered of a peer; zero-initialise. */
struct bgp_retry {
	unsigned failures; /* tries in a row that came to nothing */
	unsigned flaps;    /* sessions in a row that lived for less than 10 s */
};

/* How a try or a session ended. */
struct bgp_retry_cause {
	bool was_established;
	uint64_t lived_ns; /* of Established */
	bool is_refused;   /* by a NOTIFICATION of either side, before Established */
	bool is_at_once;   /* the next try will be different, or the fault is a harmless one */
	bool is_too_much;  /* 6/1 or 6/8: the peer can not take it */
};

/**
 * bgp_retry_wait() - nanoseconds until the next try
 * @retry:       changed
 * @cap_seconds: longest wait for a peer that does not answer, or whose sessions are short; 0: the
 *                default
 * @chance:      any random number, for the jitter of 0.75 to 1 (RFC 4271 section 10)
 */
uint64_t bgp_retry_wait(struct bgp_retry *retry, const struct bgp_retry_cause *cause,
	unsigned cap_seconds, uint32_t chance);

/* True if a NOTIFICATION means no more than "again, please" (administrative reset, collision, ...). */
bool bgp_retry_is_harmless(const struct bgp_notification *notification);
