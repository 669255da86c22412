/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Why a Service is announced from a node, or why not, and why a BGP peer is not spoken to: one code
 * for plan, explain, events, metrics and status.
 */

#include <stdbool.h>

/* First what stops a Service everywhere, then, from PLAN_NODE_UNKNOWN, what stops it on a Node. */
enum plan_reason {
	PLAN_PASSED,
	PLAN_NOT_LOAD_BALANCER,
	PLAN_OTHER_CLASS,
	PLAN_NO_ADDRESS,
	PLAN_NO_ENDPOINTS,
	PLAN_NO_MATCHING_ADVERTISEMENT,
	PLAN_SHARED_IP_WITH_SERVICE_SELECTOR,
	PLAN_NODE_UNKNOWN,
	PLAN_NODE_EXCLUDED,
	PLAN_NODE_NETWORK_UNAVAILABLE,
	PLAN_NODE_NOT_SELECTED,
	PLAN_NODE_NOT_ALIVE,
	PLAN_NO_LOCAL_ENDPOINT,
	PLAN_NOT_ELECTED,
	PLAN_NO_INTERFACE,
	PLAN_NODE_DRAINED,
	PLAN_NODE_UNHEALTHY,
	PLAN_NO_BGP_ADVERTISEMENT,
	PLAN_NO_BGP_PEER,
	PLAN_BAD_ANNOTATION,
	PLAN_UNKNOWN_COMMUNITY,
	PLAN_CONFLICTING_ADVERTISEMENTS,
	PLAN_PEER_NOT_USABLE,
	PLAN_PEER_SECRET_MISSING,
	PLAN_PEER_SECRET_NOT_USABLE,
	PLAN_PEER_PROFILE_MISSING,
	PLAN_PEER_DUPLICATE,
	PLAN_PEER_TOO_MANY,
	PLAN_PEER_DOWN,
	PLAN_REASON_COUNT_,
};

/* True if another Node may pass where this one does not; else the Service is stopped everywhere. */
bool plan_reason_is_of_node(enum plan_reason reason);

/* "no_endpoints": stable, for machines. */
const char *plan_reason_name(enum plan_reason reason);

/* What it means, one sentence. */
const char *plan_reason_text(enum plan_reason reason);

/* What a person can do about it; "" if nothing is to be done. */
const char *plan_reason_advice(enum plan_reason reason);
