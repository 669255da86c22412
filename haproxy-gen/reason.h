/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Why a Service, a port of it or a Node is not in haproxy.cfg as somebody may have expected.
 */

#include <stdbool.h>

enum want_reason {
	WANT_OTHER_CLASS,
	WANT_BEING_DELETED,
	WANT_HEADLESS,
	WANT_NO_ADDRESS,
	WANT_NO_NODE_PORT,
	WANT_UDP,
	WANT_SCTP,
	WANT_CONFLICT,
	WANT_CANNOT_BIND,
	WANT_BAD_NAME,
	WANT_BAD_ADDRESS,
	WANT_ADDRESS_NOT_ALLOWED,
	WANT_BAD_SOURCE_RANGE,
	WANT_UNKNOWN_ANNOTATION,
	WANT_BAD_ANNOTATION,
	WANT_NO_CERTIFICATE,
	WANT_NO_NODE,
	WANT_NO_ENDPOINT,
	WANT_NODE_WITHOUT_ADDRESS,
	WANT_REASON_COUNT_,
};

/* "no_node_port", ...: stable, for machines. */
const char *want_reason_name(enum want_reason reason);

/* A sentence for people. */
const char *want_reason_text(enum want_reason reason);

/* True if nobody has made a mistake: it is just not for HAProxy, or not yet. */
bool want_reason_is_normal(enum want_reason reason);
