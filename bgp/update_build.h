/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Building UPDATE messages for one session (RFC 4271 section 4.3; 4760, 6793, 7911, 8950, 9234).
 *
 * A message is begun for one family and one set of attributes (or for withdrawing), takes prefixes
 * until it is full, and is ended. MP_REACH_NLRI and MP_UNREACH_NLRI are the first attribute
 * (RFC 7606 section 5.1), the others follow by type; a message carries either routes or
 * withdrawals, of one family.
 */

#include "base/ip.h"
#include "base/wire.h"
#include "bgp/attrs.h"
#include "bgp/family.h"

#include <stdbool.h>

/* How UPDATEs look to one peer; fixed as long as its session is Established. */
struct bgp_export {
	uint32_t local_as;    /* the one the peer sees in our OPEN and in AS_PATH */
	uint16_t message_max; /* octets we may send in one message: 4096, or 65535 (RFC 8654) */
	bool is_ibgp;
	bool has_as4;              /* AS numbers of 4 octets agreed (RFC 6793) */
	bool has_extended_nexthop; /* IPv4 routes with IPv6 next hops agreed (RFC 8950) */
	bool has_enhanced_refresh; /* agreed (RFC 7313): BoRR and EoRR around a refresh */
	bool adds_otc;             /* our role asks for ONLY_TO_CUSTOMER (RFC 9234 section 5) */
	uint8_t families;          /* agreed ones, BGP_FAMILY_BIT() */
	uint8_t add_path;          /* those of them that carry path identifiers (RFC 7911) */
	struct ip next_hop_v4;     /* our addresses on the session's link; family 0: none usable */
	struct ip next_hop_v6;     /* global, or link-local if there is no other */
	struct ip next_hop_ll;     /* link-local beside a global one, if the peer shares the link */
};

enum {
	BGP_ATTRS_WIRE_MAX =
		4000, /* octets of the largest struct bgp_attrs, without MP_REACH_NLRI */
	BGP_END_OF_RIB_MAX = 29,
};

struct bgp_update_build {
	struct wire_writer w; /* over the message; private, as all of this */
	size_t begin;
	size_t lengths;     /* of the field that counts withdrawn routes */
	size_t mp_mark;     /* of MP_REACH or MP_UNREACH, 0: none */
	size_t nlri_begin;  /* where prefixes start */
	size_t limit;       /* where they must end, counted as wire_written() */
	uint16_t attrs_len; /* octets in attrs, which follow MP_REACH */
	bool is_withdraw;
	bool has_path_id;
	uint8_t attrs[BGP_ATTRS_WIRE_MAX];
};

/**
 * bgp_export_can() - true if routes of @family with @attrs can be told to the peer
 *
 * False if the family was not agreed, or if neither @attrs nor the session has a next hop that is
 * legal for it: an IPv4 route over IPv6 without RFC 8950 needs an IPv4 address of ours there.
 */
bool bgp_export_can(
	const struct bgp_export *ex, enum bgp_family family, const struct bgp_attrs *attrs);

/**
 * bgp_update_begin() - begin a message that announces
 * @build:   to be filled; needs no other initialisation
 * @w:       where to; must have room for @ex->message_max octets
 * @is_drain: add GRACEFUL_SHUTDOWN, and LOCAL_PREF 0 towards iBGP (RFC 8326)
 *
 * Only if bgp_export_can() says so.
 */
void bgp_update_begin(struct bgp_update_build *build, struct wire_writer w,
	const struct bgp_export *ex, enum bgp_family family, const struct bgp_attrs *attrs,
	bool is_drain);

/* Begin a message that withdraws; as above. */
void bgp_withdraw_begin(struct bgp_update_build *build, struct wire_writer w,
	const struct bgp_export *ex, enum bgp_family family);

/**
 * bgp_update_add() - add one prefix
 * @address: its octets in network order, at least as many as @bits needs; bits behind are zero
 *
 * Return: false if it does not fit: end this message and begin the next.
 */
bool bgp_update_add(struct bgp_update_build *build, const uint8_t *address, uint8_t bits);

/* Octets left for prefixes. */
size_t bgp_update_room(const struct bgp_update_build *build);

/**
 * bgp_update_add_keys() - add many prefixes at once
 * @keys: length in bits and all octets of the address of each of @count prefixes, @key_len octets apart
 *
 * Return: how many fitted, from the first on.
 */
uint32_t bgp_update_add_keys(
	struct bgp_update_build *build, const uint8_t *keys, size_t key_len, uint32_t count);

/* Ends the message: octets written, or 0 if it has no prefix (nothing is to be sent then). */
size_t bgp_update_end(struct bgp_update_build *build);

/* Writes the End-of-RIB marker of @family (RFC 4724 section 2). */
void bgp_end_of_rib_build(struct wire_writer *w, enum bgp_family family);
