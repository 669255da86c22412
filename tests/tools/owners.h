/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who owned which address, told from the frames of a segment: ARP replies, neighbour advertisements
 * and announcements. Pure: frames and their times in, figures out.
 *
 * A MAC holds an address from a claim to its last one, as long as claims follow one another within
 * join_ns. Where two MACs hold it at a time there are two owners; where no claim comes there is
 * nobody. So somebody has to ask for every address all the time, more often than join_ns.
 */

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OWNERS_MACS_MAX = 20, /* that are remembered for one address */
};

struct owners_span {
	struct mac mac;
	uint64_t first_ns; /* of this run of claims */
	uint64_t last_ns;
};

struct owners_address {
	struct ip ip;
	struct owners_span spans[OWNERS_MACS_MAX];
	size_t span_count;
	uint64_t claimed_ns; /* the last claim of anybody; 0: none yet */
	struct mac owner;    /* the MAC of it */
	uint64_t silence_ns; /* the longest */
	uint64_t two_ns;     /* the longest overlap of two MACs */
	unsigned changes;
};

struct owners {
	struct owners_address *addresses; /* ascending; borrowed */
	size_t count;
	uint64_t join_ns;
	uint64_t now_ns;        /* the latest time: it never goes back */
	uint64_t claims;        /* frames that claim one of the addresses */
	uint64_t announcements; /* of them, those that nobody asked for */
};

/* Sorts @addresses, whose ip alone is set. */
void owners_init(
	struct owners *owners, struct owners_address *addresses, size_t count, uint64_t join_ns);

/* An Ethernet frame that reached the client at @now_ns. */
void owners_frame(struct owners *owners, const uint8_t *bytes, size_t len, uint64_t now_ns);

/* True once each address was claimed. */
bool owners_all_claimed(const struct owners *owners);

/* What was seen before @now_ns counts no more; who holds what is kept. */
void owners_forget(struct owners *owners, uint64_t now_ns);

/* The end of the watch: silence that lasts until now counts too. */
void owners_end(struct owners *owners, uint64_t now_ns);

struct owners_bounds {
	uint64_t silence_ns;
	uint64_t two_ns;
	uint64_t now_ns;
};

/**
 * owners_broken() - what an address breaks, first of all
 *
 * Return: NULL if nothing; else a sentence of what is wrong: two owners or silence for longer than
 * @bounds say, or two at the end.
 */
const char *owners_broken(const struct owners *owners, const struct owners_address *address,
	const struct owners_bounds *bounds);
