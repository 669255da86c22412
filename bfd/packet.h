/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * BFD control packets, RFC 5880 section 4: bytes to values and back, and the checks of section 6.8.6
 * that need nothing but the packet. What an authentication section proves is bfd/auth.h.
 */

#include "bfd/fsm.h"

#include <stddef.h>

enum {
	BFD_PACKET_MIN = 24,  /* without authentication */
	BFD_PACKET_MAX = 64,  /* of those that we build: with HMAC-SHA256 */
	BFD_LENGTH_MAX = 255, /* of those that a peer can build: the field has one byte */
};

/* What happened to a packet that arrived; all but BFD_GOOD are counted drops. */
enum bfd_drop {
	BFD_GOOD,
	BFD_DROP_LENGTH,             /* shorter than its header or than its Length field */
	BFD_DROP_VERSION,            /* not 1 */
	BFD_DROP_MULTIPLIER,         /* Detect Mult is 0 */
	BFD_DROP_MULTIPOINT,         /* the M bit is set */
	BFD_DROP_MY_DISCRIMINATOR,   /* zero, or our own came back */
	BFD_DROP_YOUR_DISCRIMINATOR, /* zero in Init or Up */
	BFD_DROP_TTL,                /* below 255 (single hop) or the minimum (multihop) */
	BFD_DROP_NO_SESSION,         /* no session has this discriminator, or this peer */
	BFD_DROP_SOURCE,             /* not from the address or the interface of the session */
	BFD_DROP_AUTH_TYPE,          /* unauthenticated where it must be, or the other way */
	BFD_DROP_AUTH_KEY,           /* a key that we do not have */
	BFD_DROP_AUTH_DIGEST,        /* not made with the key */
	BFD_DROP_AUTH_SEQUENCE,      /* outside the window: replayed or much too late */
	BFD_DROP_ADMIN_DOWN,         /* we are administratively down */
	BFD_DROP_COUNT_,
};

/* Authentication types, RFC 5880 section 4.1. */
enum bfd_auth_type {
	BFD_AUTH_NONE = 0,
	BFD_AUTH_SIMPLE = 1,
	BFD_AUTH_KEYED_MD5 = 2,
	BFD_AUTH_METICULOUS_MD5 = 3,
	BFD_AUTH_KEYED_SHA1 = 4,
	BFD_AUTH_METICULOUS_SHA1 = 5,
	/* Ours alone, between our own speakers; a value IANA has not assigned. See bfd/auth.h. */
	BFD_AUTH_HMAC_SHA256 = 254,
};

/* The frame of an authentication section; the rest is read by bfd/auth.c. */
struct bfd_auth_section {
	uint8_t type; /* BFD_AUTH_NONE: there is none */
	uint8_t key_id;
	uint8_t len; /* of the section, type and length bytes included */
};

struct bfd_packet {
	uint8_t diag; /* enum bfd_diag, or a value without a name */
	enum bfd_state state;
	bool is_poll;
	bool is_final;
	bool is_independent; /* C: the peer's BFD outlives its control plane */
	bool is_demand;
	uint8_t multiplier;
	uint8_t len; /* the Length field: bytes that belong to the packet */
	uint32_t my_discriminator;
	uint32_t your_discriminator;
	uint32_t desired_tx_us;
	uint32_t required_rx_us;
	uint32_t required_echo_rx_us;
	struct bfd_auth_section auth;
};

/**
 * bfd_packet_parse() - read a UDP payload as a control packet
 * @bytes:      @len of them, from anybody
 * @ret_packet: host byte order; set only if the packet is good
 *
 * Return: BFD_GOOD, or why the packet must be dropped.
 *
 * RFC 5880 sections 4.1 to 4.4 and the first ten rules of 6.8.6. Bytes behind the Length field are
 * no error; nothing looks at them.
 */
enum bfd_drop bfd_packet_parse(const uint8_t *bytes, size_t len, struct bfd_packet *ret_packet);

/**
 * bfd_packet_build() - write @packet without its authentication section
 *
 * @packet->len and @packet->auth are not used; bfd_auth_sign() adds the section and sets both.
 *
 * Return: BFD_PACKET_MIN, the bytes written.
 */
size_t bfd_packet_build(const struct bfd_packet *packet, uint8_t bytes[BFD_PACKET_MAX]);

/* "length", "version", ...: names of counters; "good" for BFD_GOOD. */
const char *bfd_drop_name(enum bfd_drop drop);
