/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * OPEN messages: what each side says of itself before a session exists (RFC 4271 section 4.2), with
 * its capabilities (capability.h), and whether a peer's OPEN is one that we want to talk to.
 */

#include "base/own.h"
#include "base/wire.h"
#include "bgp/capability.h"
#include "bgp/message.h"

#include <stdbool.h>

enum {
	BGP_HOLD_SECONDS_MIN = 3,
};

/* An OPEN, host byte order. */
struct bgp_open {
	uint32_t as;           /* of capability 65 if there is one, else the 2-octet field */
	uint16_t as2;          /* the 2-octet field */
	uint16_t hold_seconds; /* 0: no keepalives; otherwise >= 3 */
	uint32_t id;           /* BGP identifier, never 0 */
	struct bgp_capabilities caps;
};

/**
 * bgp_open_parse() - read the body of an OPEN message
 * @body:     message after the 19-byte header; consumed
 * @ret_open: the peer's offer; set only on success
 * @ret_why:  what to tell the peer; set only on refusal
 *
 * Return: 0, or -EPROTO and @ret_why if the message must be answered with a NOTIFICATION.
 *
 * RFC 4271 sections 4.2 and 6.2; RFC 5492; RFC 6286 (identifier); RFC 7607 (AS 0); RFC 9072.
 */
must_check int bgp_open_parse(
	struct wire_reader *body, struct bgp_open *ret_open, struct bgp_refusal *ret_why);

/* Whom we expect behind an address. */
enum bgp_peer_type {
	BGP_PEER_AS,       /* exactly the AS given */
	BGP_PEER_INTERNAL, /* our own */
	BGP_PEER_EXTERNAL, /* any but our own */
};

struct bgp_expect {
	enum bgp_peer_type type;
	uint32_t peer_as;
	uint32_t local_as; /* as our OPEN shows it */
	uint32_t local_id;
	uint8_t role;    /* ours, or BGP_ROLE_NONE */
	bool needs_role; /* strict mode of RFC 9234 */
};

/**
 * bgp_open_judge() - is this the peer we expect
 *
 * Return: 0, or -EPROTO and @ret_why. RFC 4271 section 6.2, RFC 6286 section 2.2, RFC 9234.
 */
must_check int bgp_open_judge(
	const struct bgp_open *open, const struct bgp_expect *expect, struct bgp_refusal *ret_why);

/* What of our offer to hold back, since the peer took offence at it once. */
struct bgp_open_limits {
	bool is_bare;       /* no optional parameter at all: a peer from before RFC 5492 */
	uint32_t leave_out; /* mask of bgp_capability_bit() */
};

/**
 * bgp_open_build() - write a whole OPEN message
 *
 * Parameters of more than 255 octets take the extended form (RFC 9072). @open->as2 is not looked
 * at.
 *
 * Return: the capabilities that were really sent, for bgp_agree().
 */
struct bgp_capabilities bgp_open_build(
	struct wire_writer *w, const struct bgp_open *open, const struct bgp_open_limits *limits);

/**
 * bgp_open_retreat() - what to hold back next time, after the peer refused our OPEN
 * @limits:  what was held back this time; changed
 * @sent:    mask of the capabilities we sent
 * @subcode: of its NOTIFICATION "OPEN Message Error", with @data of @len octets
 *
 * A peer that does not know a parameter gets none (RFC 5492 section 3); capabilities that it lists
 * as unsupported, and that we sent, are left out.
 *
 * Return: true if the next try is different, so worth to be made at once.
 */
bool bgp_open_retreat(struct bgp_open_limits *limits, uint32_t sent, uint8_t subcode,
	const uint8_t *data, size_t len);
