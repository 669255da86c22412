/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Messages of the BGP Monitoring Protocol, version 3 (RFC 7854, RFC 8671): what a router tells a
 * collector of its peers and routes. Pure; nothing is ever read, since a collector says nothing.
 *
 * Each function writes one whole message; a writer without room for it ends up bad and its caller
 * throws the message away.
 */

#include "base/ip.h"
#include "base/wire.h"
#include "bgp/end.h"
#include "bgp/update_parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BMP_HEADER_LEN = 6,
	BMP_PEER_HEADER_LEN = 42,
	BMP_TEXT_MAX =
		255, /* octets of a string in Initiation or Termination; longer ones are cut */
	/* Octets that carry a BGP message of @len: add them to its length. */
	BMP_ROUTE_OVERHEAD = BMP_HEADER_LEN + BMP_PEER_HEADER_LEN,
};

/* The per-peer header (RFC 7854 section 4.2), of the global instance. */
struct bmp_peer {
	struct ip address;
	uint32_t as;
	uint32_t id; /* BGP identifier, host byte order */
	/* AS numbers in the messages have 2 octets, as the session agreed. */
	bool has_as2;
	/* What we send, after policy (RFC 8671: O and L flags); else what came, before policy. */
	bool is_sent;
	uint64_t wall_ns; /* when; since 1970 */
};

void bmp_initiation(struct wire_writer *w, const char *system, const char *description);

enum bmp_termination_reason {
	BMP_TERMINATION_ADMIN = 0, /* the session with the collector is closed by our will */
};

void bmp_termination(struct wire_writer *w, enum bmp_termination_reason reason);

/* A BGP message as it was on the wire; borrowed. */
struct bmp_message {
	const uint8_t *bytes;
	size_t len;
};

/* The ends of the connection and both OPENs (RFC 7854 section 4.10). */
struct bmp_up {
	struct ip local;
	uint16_t local_port, remote_port;
	struct bmp_message sent, received;
};

void bmp_peer_up(struct wire_writer *w, const struct bmp_peer *peer, const struct bmp_up *up);

/* The session is gone, and why (RFC 7854 section 4.9). */
void bmp_peer_down(struct wire_writer *w, const struct bmp_peer *peer, const struct bgp_end *end);

/* An UPDATE, whole (RFC 7854 section 4.6). */
void bmp_route(
	struct wire_writer *w, const struct bmp_peer *peer, const struct bmp_message *update);

/**
 * bmp_route_withdrawn() - say that an UPDATE counts as a withdrawal (RFC 7606)
 * @update: its verdict is BGP_UPDATE_WITHDRAW
 * @which:  0, 1: what it withdraws; 2, 3: what it announces; each has a message of its own
 *
 * A collector that got the UPDATE itself would have to judge it as we do. Nothing is written if
 * there is no such prefix.
 */
void bmp_route_withdrawn(struct wire_writer *w, const struct bmp_peer *peer,
	const struct bgp_update *update, unsigned which);

enum {
	BMP_WITHDRAWN_COUNT = 4 /* values of @which */
};

/* Of one peer (RFC 7854 section 4.8, RFC 8671 section 6.2). */
struct bmp_statistics {
	uint32_t loops;                       /* UPDATEs with our own AS in the path */
	uint32_t treated_as_withdraw;         /* prefixes */
	uint64_t received[BGP_FAMILY_COUNT_]; /* prefixes in the Adj-RIB-In */
	uint64_t sent[BGP_FAMILY_COUNT_];     /* prefixes in the Adj-RIB-Out */
};

void bmp_statistics(struct wire_writer *w, const struct bmp_peer *peer,
	const struct bmp_statistics *statistics);
