/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which BGP identifier a node has (RFC 4271 section 4.2): that of the settings, else the Node's IPv4
 * InternalIP, else the one that peers which wait for us know us by, else one made up. It must be the
 * node's own, so a remembered one counts for little: machines are cloned and get other addresses.
 * Pure.
 */

#include <stdint.h>

/* Where it is from. */
enum bgp_identity_source {
	BGP_IDENTITY_NONE,
	BGP_IDENTITY_FALLBACK,
	BGP_IDENTITY_RECALLED,
	BGP_IDENTITY_NODE,
	BGP_IDENTITY_SETTING,
};

struct bgp_identity {
	uint32_t id; /* host byte order */
	enum bgp_identity_source source;
};

/* All in host byte order; 0: not known. */
struct bgp_identity_facts {
	uint32_t setting;
	uint32_t node;     /* IPv4 InternalIP of our Node */
	uint32_t recalled; /* before a restart, of this node under this kernel */
	uint32_t fallback; /* never 0 */
};

/*
 * A change costs every session, so what was chosen stays, whatever becomes of the Node; only what
 * was made up gives way to the Node, and all to the settings.
 */
struct bgp_identity bgp_identity_choose(
	struct bgp_identity now, const struct bgp_identity_facts *facts);
