/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * AS paths as they stand in a message: checking their form, and walking them segment by segment.
 *
 * A peer without 4-octet AS numbers sends AS_PATH with AS_TRANS in the places of long ones, and what
 * it got from others in AS4_PATH. Both together are walked as the one path that they mean (RFC 6793
 * section 4.2.3); nothing is copied.
 */

#include "base/wire.h"

#include <stdbool.h>
#include <stdint.h>

enum bgp_segment_type {
	BGP_SEGMENT_SET = 1,
	BGP_SEGMENT_SEQUENCE = 2,
	BGP_SEGMENT_CONFED_SEQUENCE = 3, /* RFC 5065 */
	BGP_SEGMENT_CONFED_SET = 4,
};

/* Private. The value of AS_PATH, or its front and then AS4_PATH. */
struct bgp_as_path {
	struct wire_reader front;
	struct wire_reader back; /* of 4 octets a number */
	unsigned front_hops;     /* that are still to be taken off @front, if it is merged */
	uint8_t front_octets;
	bool is_merged;
};

struct bgp_as_segment {
	uint8_t type; /* enum bgp_segment_type */
	uint8_t octets;
	struct wire_reader numbers; /* for bgp_as_take() */
};

/**
 * bgp_as_path_is_sound() - whether the value of AS_PATH or AS4_PATH is well formed
 * @octets:     of an AS number: 2 or 4
 * @has_confed: segments of a confederation may be in it
 *
 * RFC 4271 section 4.3, RFC 5065 section 5, RFC 7606 section 7.2, RFC 7607 section 2 (AS 0).
 */
bool bgp_as_path_is_sound(struct wire_reader value, unsigned octets, bool has_confed);

/* The path of a sound AS_PATH. */
struct bgp_as_path bgp_as_path(struct wire_reader value, unsigned octets);

/*
 * The path that a sound AS_PATH of 2 octets and a sound AS4_PATH mean together. An AS4_PATH that is
 * longer than AS_PATH is ignored; segments of a confederation in it are.
 */
struct bgp_as_path bgp_as_path_merge(struct wire_reader path, struct wire_reader as4_path);

/* Takes the next segment; false at the end. */
bool bgp_as_path_next(struct bgp_as_path *path, struct bgp_as_segment *ret_segment);

/* Takes the next AS number off a segment that has one left. */
uint32_t bgp_as_take(struct bgp_as_segment *segment);
