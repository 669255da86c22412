/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How a session, or a try to have one, came to its end: who ended it and why, to be kept, compared
 * and put into words.
 */

#include "bgp/notification.h"

#include <stdbool.h>
#include <stdint.h>

enum bgp_ended_by {
	BGP_BY_NOBODY,  /* there was no end yet */
	BGP_BY_US,      /* a NOTIFICATION of ours, for a fault of the peer */
	BGP_BY_PEER,    /* a NOTIFICATION of the peer */
	BGP_BY_NETWORK, /* connect failed, reset, closed without a word */
	BGP_BY_USER,    /* configuration or command */
	BGP_BY_BFD,
};

struct bgp_end {
	enum bgp_ended_by by;
	int error;                            /* negative errno of the network, or 0 */
	struct bgp_notification notification; /* code 0: there was none */
	uint64_t at_ns;                       /* CLOCK_MONOTONIC */
	bool was_established;
	const char *what; /* more, in words; constant; or NULL */
};

/* True if both tell the same, whenever it was. */
bool bgp_end_equal(const struct bgp_end *a, const struct bgp_end *b);

/* "us", "peer", "network", "user", "bfd", or "". */
const char *bgp_ended_by_name(enum bgp_ended_by by);

enum {
	BGP_END_TEXT_SIZE = 480
};

/* In words: who ended it, what the code means, and the text if one was given. Returns @text. */
const char *bgp_end_format(const struct bgp_end *end, char text[BGP_END_TEXT_SIZE]);
