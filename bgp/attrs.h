/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Path attributes of a route as one value: what is announced, not yet how it looks to one peer.
 *
 * Lists of communities are kept sorted and without duplicates, so that two values that mean the same
 * are equal byte by byte, and can be interned. The limits below keep the largest value, with one
 * prefix, inside one message of 4,096 octets. What depends on the session (our AS in the path, the
 * next hop if it is not given here, what iBGP sees) is added when the UPDATE is built.
 */

#include "base/ip.h"
#include "base/own.h"
#include "bgp/community.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bgp_origin {
	BGP_ORIGIN_IGP,
	BGP_ORIGIN_EGP,
	BGP_ORIGIN_INCOMPLETE,
};

enum {
	BGP_COMMUNITIES_MAX = 128, /* of each kind */
	BGP_PATH_MAX = 64,         /* AS numbers behind ours */
	BGP_PREPEND_MAX = 64,
	BGP_AS_TRANS = 23456, /* RFC 6793 */
};

/* Zero-initialised: a route of our own with ORIGIN IGP and nothing optional. */
struct bgp_attrs {
	enum bgp_origin origin;
	bool has_med;
	bool has_local_pref; /* unset: 100 is sent. Only iBGP peers ever see it */
	uint8_t prepend;     /* our AS so many times more than once; not towards iBGP */
	uint32_t med;
	uint32_t local_pref;
	struct ip next_hop; /* no address: ours, of the session */
	/* Owned. as_path is what stands behind our AS, empty for what we originate. */
	uint32_t *as_path;
	uint32_t *communities;
	uint64_t *extended;
	struct bgp_large *large;
	uint8_t as_path_count;
	uint8_t community_count;
	uint8_t extended_count;
	uint8_t large_count;
};

void bgp_attrs_fini(struct bgp_attrs *attrs);

/* For auto_(). */
static inline void bgp_attrs_finip(struct bgp_attrs *attrs)
{
	bgp_attrs_fini(attrs);
}

/* A deep copy; the caller owns what is in it. */
struct bgp_attrs bgp_attrs_copy(const struct bgp_attrs *attrs);

/**
 * bgp_attrs_add() - add a community of any kind, in order; one that is there already stays
 *
 * Return: 0, or -E2BIG if there are BGP_COMMUNITIES_MAX of that kind.
 */
must_check int bgp_attrs_add(struct bgp_attrs *attrs, const struct bgp_community *community);

/* Appends @as to the path behind ours. Return: 0, or -E2BIG beyond BGP_PATH_MAX. */
must_check int bgp_attrs_add_as(struct bgp_attrs *attrs, uint32_t as);

bool bgp_attrs_has_community(const struct bgp_attrs *attrs, uint32_t community);

bool bgp_attrs_equal(const struct bgp_attrs *a, const struct bgp_attrs *b);

uint32_t bgp_attrs_hash(const struct bgp_attrs *attrs);
