/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * BGP communities of the three kinds as values, their order, and their text forms.
 *
 * standard (RFC 1997)   65000:100, or a well-known name: no-export, graceful-shutdown, ...
 * large    (RFC 8092)   large:65000:1:2
 * extended (RFC 4360)   link-bandwidth:65000:1250000 (bytes a second), or ext:0x4004fde849989680
 *
 * Numbers are decimals in range, as in MetalLB's manifests: no sign; leading zeros are allowed.
 */

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

enum bgp_community_kind {
	BGP_COMMUNITY_STANDARD,
	BGP_COMMUNITY_LARGE,
	BGP_COMMUNITY_EXTENDED,
};

/* Well-known ones: RFC 1997, 3765, 7999, 8326, 9494. */
#define BGP_GRACEFUL_SHUTDOWN   UINT32_C(0xffff0000)
#define BGP_ACCEPT_OWN          UINT32_C(0xffff0001)
#define BGP_LLGR_STALE          UINT32_C(0xffff0006)
#define BGP_NO_LLGR             UINT32_C(0xffff0007)
#define BGP_BLACKHOLE           UINT32_C(0xffff029a)
#define BGP_NO_EXPORT           UINT32_C(0xffffff01)
#define BGP_NO_ADVERTISE        UINT32_C(0xffffff02)
#define BGP_NO_EXPORT_SUBCONFED UINT32_C(0xffffff03)
#define BGP_NO_PEER             UINT32_C(0xffffff04)

struct bgp_large {
	uint32_t global; /* an AS number */
	uint32_t local1;
	uint32_t local2;
};

struct bgp_community {
	enum bgp_community_kind kind;
	union {
		uint32_t standard; /* AS in the upper half */
		struct bgp_large large;
		uint64_t extended; /* type in the highest octet */
	};
};

enum {
	BGP_COMMUNITY_TEXT_SIZE = 48,
};

/**
 * bgp_community_parse() - read one community of any kind
 * @text:          as in the top comment; names in any case, with '-' or '_'
 * @ret_community: set only on success
 *
 * Return: 0, or -EINVAL.
 */
must_check int bgp_community_parse(const char *text, struct bgp_community *ret_community);

/* Writes the text that bgp_community_parse() reads back to the same value, and returns @text. */
const char *bgp_community_format(
	const struct bgp_community *community, char text[BGP_COMMUNITY_TEXT_SIZE]);

/* Like memcmp(). */
int bgp_large_compare(const struct bgp_large *a, const struct bgp_large *b);

/**
 * bgp_link_bandwidth() - the extended community that routers weigh paths by
 * @as:                 ours; one above 65535 is sent as AS_TRANS
 * @bytes_per_second:   rounded to an IEEE single
 *
 * Non-transitive, type 0x40, subtype 0x04: draft-ietf-idr-link-bandwidth.
 */
uint64_t bgp_link_bandwidth(uint32_t as, float bytes_per_second);
