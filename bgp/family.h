/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Address families a session can carry: IPv4 and IPv6 unicast, by their numbers on the wire
 * (RFC 4760: AFI and SAFI). A set of them is a mask of BGP_FAMILY_BIT().
 */

#include "base/own.h"

#include <errno.h>
#include <stdint.h>

enum bgp_family {
	BGP_IPV4_UNICAST,
	BGP_IPV6_UNICAST,
	BGP_FAMILY_COUNT_,
};

enum {
	BGP_AFI_IPV4 = 1,
	BGP_AFI_IPV6 = 2,
	BGP_SAFI_UNICAST = 1,
};

#define BGP_FAMILY_BIT(family) (1u << (family))

/* Every family we know. */
#define BGP_FAMILIES_ALL (BGP_FAMILY_BIT(BGP_FAMILY_COUNT_) - 1)

/* 0, or -EAFNOSUPPORT for a pair that we do not speak. */
must_check static inline int bgp_family_from_wire(
	uint16_t afi, uint8_t safi, enum bgp_family *ret_family)
{
	if (safi != BGP_SAFI_UNICAST || (afi != BGP_AFI_IPV4 && afi != BGP_AFI_IPV6))
		return -EAFNOSUPPORT;
	*ret_family = afi == BGP_AFI_IPV4 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST;
	return 0;
}

static inline uint16_t bgp_family_afi(enum bgp_family family)
{
	return family == BGP_IPV4_UNICAST ? BGP_AFI_IPV4 : BGP_AFI_IPV6;
}

/* Longest prefix of the family, in bits. */
static inline unsigned bgp_family_bits(enum bgp_family family)
{
	return family == BGP_IPV4_UNICAST ? 32 : 128;
}

/* "ipv4 unicast" or "ipv6 unicast". */
static inline const char *bgp_family_name(enum bgp_family family)
{
	return family == BGP_IPV4_UNICAST ? "ipv4 unicast" : "ipv6 unicast";
}
