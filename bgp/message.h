/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The frame of every BGP message: marker, length, type (RFC 4271 section 4.1), and the messages
 * that are little more: KEEPALIVE and ROUTE-REFRESH (RFC 2918, RFC 7313).
 *
 * Nothing here knows a socket or a session. A fault is judged from the 19 octets of the header, so
 * that nobody waits for a body that may never come.
 */

#include "base/own.h"
#include "base/wire.h"
#include "bgp/family.h"

enum {
	BGP_HEADER_LEN = 19,
	BGP_MESSAGE_MAX = 4096,
	BGP_MESSAGE_MAX_EXTENDED = 65535, /* RFC 8654; never for OPEN and KEEPALIVE */
	BGP_REFUSAL_DATA_MAX = 258,       /* a hard reset around a full shutdown communication */
};

enum bgp_message_type {
	BGP_MSG_OPEN = 1,
	BGP_MSG_UPDATE = 2,
	BGP_MSG_NOTIFICATION = 3,
	BGP_MSG_KEEPALIVE = 4,
	BGP_MSG_ROUTE_REFRESH = 5,
	BGP_MSG_TYPE_COUNT_,
};

/* Why a message was refused: what to put in the NOTIFICATION (RFC 4271 section 4.5). */
struct bgp_refusal {
	uint8_t code;
	uint8_t subcode;
	uint16_t data_len;
	uint8_t data[BGP_REFUSAL_DATA_MAX]; /* longer data is cut */
};

struct bgp_header {
	enum bgp_message_type type;
	uint16_t len; /* of the whole message, header included */
};

/**
 * bgp_header_parse() - judge the header of a message
 * @header:     its 19 octets
 * @max:        longest message we allow: BGP_MESSAGE_MAX, or BGP_MESSAGE_MAX_EXTENDED once we
 *              offered it
 * @ret_header: set only on success
 * @ret_why:    set only on refusal
 *
 * Return: 0, or -EPROTO and @ret_why if the session must end. RFC 4271 section 6.1, RFC 8654.
 */
must_check int bgp_header_parse(const uint8_t header[BGP_HEADER_LEN], size_t max,
	struct bgp_header *ret_header, struct bgp_refusal *ret_why);

/* The length that the header of @message says, header included; no more is read of it. */
static inline size_t bgp_message_len(const uint8_t *message)
{
	return (size_t)message[16] << 8 | message[17];
}

/* Writes a header whose length bgp_message_end() fills in; returns the place to give to it. */
size_t bgp_message_begin(struct wire_writer *w, enum bgp_message_type type);
void bgp_message_end(struct wire_writer *w, size_t begin);

void bgp_keepalive_build(struct wire_writer *w);

/* Subtypes of ROUTE-REFRESH (RFC 7313 section 3.2). */
enum {
	BGP_REFRESH_REQUEST = 0,
	BGP_REFRESH_BEGIN = 1, /* BoRR */
	BGP_REFRESH_END = 2,   /* EoRR */
};

void bgp_refresh_build(struct wire_writer *w, enum bgp_family family, uint8_t subtype);

struct bgp_refresh {
	uint16_t afi;
	uint8_t safi;
	uint8_t subtype;
};

/**
 * bgp_refresh_parse() - read the body of a ROUTE-REFRESH message
 * @body:        message after the header; consumed
 * @ret_refresh: set on success; AFI and SAFI may be ones that we do not speak
 *
 * Return: 0, or -EPROTO if the body is not 4 octets long. RFC 2918 section 3, RFC 7313 section 5.
 */
must_check int bgp_refresh_parse(struct wire_reader *body, struct bgp_refresh *ret_refresh);

/* A refusal with @len octets of @data, cut to what a refusal can hold. Returns -EPROTO. */
int bgp_refuse(
	struct bgp_refusal *ret_why, uint8_t code, uint8_t subcode, const void *data, size_t len);
