/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The order in which nodes may announce an address, the same as MetalLB's: highest score of
 * preferred nodes first, then the lowest SHA-256 of NODE#ADDRESS. So a swap moves nothing. Pure.
 */

#include "base/ip.h"

enum {
	ELECT_HASH_SIZE = 32
};

struct candidate {
	const char *node; /* borrowed */
	int64_t score;
	uint8_t hash[ELECT_HASH_SIZE];
};

/* Hashes of bytes of the node's name, '#', canonical text of @ip (the Service's first address). */
void elect_hash(const char *node, const struct ip *ip, uint8_t ret_hash[ELECT_HASH_SIZE]);

/* Sorts: the first one is to announce. */
void elect_sort(struct candidate *candidates, size_t count);
