/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * NOTIFICATION messages: why a session ends, in numbers, in words and, for an administrator's act,
 * in the text he gave (RFC 4271 sections 4.5 and 6; 4486, 6608, 7313, 8538, 9003, 9234, 9384, 9687).
 */

#include "base/own.h"
#include "base/wire.h"
#include "bgp/message.h"

#include <stdbool.h>

enum bgp_error_code {
	BGP_ERR_HEADER = 1,
	BGP_ERR_OPEN = 2,
	BGP_ERR_UPDATE = 3,
	BGP_ERR_HOLD_EXPIRED = 4,
	BGP_ERR_FSM = 5,
	BGP_ERR_CEASE = 6,
	BGP_ERR_REFRESH = 7,
	BGP_ERR_SEND_HOLD_EXPIRED = 8,
};

enum {
	BGP_HEADER_NOT_SYNCHRONIZED = 1,
	BGP_HEADER_BAD_LENGTH = 2,
	BGP_HEADER_BAD_TYPE = 3,
};

enum {
	BGP_OPEN_MALFORMED = 0,
	BGP_OPEN_BAD_VERSION = 1,
	BGP_OPEN_BAD_PEER_AS = 2,
	BGP_OPEN_BAD_ID = 3,
	BGP_OPEN_BAD_PARAMETER = 4,
	BGP_OPEN_BAD_HOLD_TIME = 6,
	BGP_OPEN_BAD_CAPABILITY = 7,
	BGP_OPEN_ROLE_MISMATCH = 11,
};

enum {
	BGP_UPDATE_MALFORMED_LIST = 1,
	BGP_UPDATE_UNKNOWN_WELL_KNOWN = 2,
	BGP_UPDATE_MISSING_WELL_KNOWN = 3,
	BGP_UPDATE_BAD_FLAGS = 4,
	BGP_UPDATE_BAD_LENGTH = 5,
	BGP_UPDATE_BAD_ORIGIN = 6,
	BGP_UPDATE_BAD_NEXT_HOP = 8,
	BGP_UPDATE_BAD_OPTIONAL = 9,
	BGP_UPDATE_BAD_NETWORK = 10,
	BGP_UPDATE_BAD_AS_PATH = 11,
};

enum {
	BGP_FSM_IN_OPEN_SENT = 1,
	BGP_FSM_IN_OPEN_CONFIRM = 2,
	BGP_FSM_IN_ESTABLISHED = 3,
};

enum {
	BGP_CEASE_MAX_PREFIXES = 1,
	BGP_CEASE_ADMIN_SHUTDOWN = 2,
	BGP_CEASE_DECONFIGURED = 3,
	BGP_CEASE_ADMIN_RESET = 4,
	BGP_CEASE_REJECTED = 5,
	BGP_CEASE_CONF_CHANGE = 6,
	BGP_CEASE_COLLISION = 7,
	BGP_CEASE_OUT_OF_RESOURCES = 8,
	BGP_CEASE_HARD_RESET = 9,
	BGP_CEASE_BFD_DOWN = 10,
};

enum {
	BGP_REFRESH_BAD_LENGTH = 1,
};

enum {
	BGP_SHUTDOWN_TEXT_MAX = 255, /* octets of UTF-8 (RFC 9003 section 2) */
	BGP_SHUTDOWN_TEXT_SIZE = BGP_SHUTDOWN_TEXT_MAX + 1,
	BGP_NOTIFICATION_DATA_MAX = 64, /* of received data kept to be shown */
};

struct bgp_notification {
	uint8_t code;
	uint8_t subcode;
	bool is_hard; /* a hard reset: code and subcode are the ones inside (RFC 8538 section 3.1) */
	uint16_t data_len; /* as received; of it the first BGP_NOTIFICATION_DATA_MAX are kept */
	uint8_t data[BGP_NOTIFICATION_DATA_MAX];
	char text[BGP_SHUTDOWN_TEXT_SIZE]; /* shutdown communication, made safe to print; or "" */
};

/**
 * bgp_notification_parse() - read the body of a NOTIFICATION
 * @body: message after the header; consumed
 *
 * Return: 0, or -EPROTO if there are not even a code and a subcode. Such a message ends the session
 * like any other and is never answered (RFC 4271 section 6).
 */
must_check int bgp_notification_parse(
	struct wire_reader *body, struct bgp_notification *ret_notification);

/* Writes a whole message. */
void bgp_notification_build(struct wire_writer *w, const struct bgp_refusal *why);

/**
 * bgp_cease() - the refusal that ends a session by our own will
 * @subcode: one of BGP_CEASE_*
 * @text:    shutdown communication, UTF-8, cut at 255 octets on a character's border; only sent with ADMIN_SHUTDOWN and ADMIN_RESET (RFC 9003); may be NULL
 * @is_hard: wrap it in a hard reset, so that the peer keeps no stale route (RFC 8538)
 */
struct bgp_refusal bgp_cease(uint8_t subcode, const char *text, bool is_hard);

/* "Cease", "Hold Timer Expired", ...; "unknown error" for a code that has no name. */
const char *bgp_error_name(uint8_t code);

/* "Administrative Shutdown", ...; "" where the pair has no name. */
const char *bgp_suberror_name(uint8_t code, uint8_t subcode);
