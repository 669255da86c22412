/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Capabilities: what each side of a session offers in its OPEN (RFC 5492), and what follows from
 * both offers. Unknown ones are counted and skipped.
 */

#include "base/own.h"
#include "base/wire.h"
#include "bgp/family.h"
#include "bgp/message.h"

#include <stdbool.h>

enum bgp_capability_code {
	BGP_CAP_MULTIPROTOCOL = 1,     /* RFC 4760 */
	BGP_CAP_ROUTE_REFRESH = 2,     /* RFC 2918 */
	BGP_CAP_EXTENDED_NEXT_HOP = 5, /* RFC 8950 */
	BGP_CAP_EXTENDED_MESSAGE = 6,  /* RFC 8654 */
	BGP_CAP_ROLE = 9,              /* RFC 9234 */
	BGP_CAP_GRACEFUL_RESTART = 64, /* RFC 4724, 8538 */
	BGP_CAP_AS4 = 65,              /* RFC 6793 */
	BGP_CAP_ADD_PATH = 69,         /* RFC 7911 */
	BGP_CAP_ENHANCED_REFRESH = 70, /* RFC 7313 */
	BGP_CAP_LONG_LIVED_GR = 71,    /* RFC 9494 */
	BGP_CAP_FQDN = 73,             /* draft-walton-bgp-hostname-capability */
};

enum bgp_role {
	BGP_ROLE_PROVIDER,
	BGP_ROLE_RS,
	BGP_ROLE_RS_CLIENT,
	BGP_ROLE_CUSTOMER,
	BGP_ROLE_PEER,
	BGP_ROLE_COUNT_,
	BGP_ROLE_NONE = 255,
};

enum {
	BGP_FQDN_SIZE = 65, /* octets of a shown host or domain name; longer ones are cut */
	BGP_RESTART_SECONDS_MAX = 4095,
	BGP_LLGR_SECONDS_MAX = 0xffffff,
};

/* One side's offer. Masks are sets of BGP_FAMILY_BIT(). */
struct bgp_capabilities {
	uint8_t families;          /* without any MP capability: IPv4 unicast alone */
	bool has_multiprotocol;    /* families were named, even if we speak none of them */
	uint8_t extended_next_hop; /* families whose routes may have an IPv6 next hop: IPv4 or none */
	uint8_t add_path_receive;
	uint8_t add_path_send;
	bool has_as4;
	uint32_t as4;
	bool has_route_refresh;
	bool has_enhanced_refresh;
	bool has_extended_message;
	bool has_graceful_restart;
	bool is_restarting;       /* R bit */
	bool has_gr_notification; /* N bit */
	uint16_t restart_seconds;
	uint8_t gr_families;
	uint8_t gr_forwarding; /* families with the F bit */
	bool has_llgr;
	uint8_t llgr_families;
	uint32_t llgr_seconds;    /* the longest of its families */
	uint8_t role;             /* enum bgp_role, or BGP_ROLE_NONE */
	bool has_role_conflict;   /* several different roles */
	char host[BGP_FQDN_SIZE]; /* made safe to print; "" unless given */
	char domain[BGP_FQDN_SIZE];
	uint16_t unknown; /* how many were skipped: not known, or not well formed */
};

/* What an offer of nothing means: IPv4 unicast, 2-octet AS numbers, no role. */
struct bgp_capabilities bgp_capabilities_none(void);

/**
 * bgp_capabilities_parse() - read the value of one capabilities parameter, adding to what is known
 * @value: the parameter's value; consumed
 * @caps:  starts as bgp_capabilities_none(); the offer is the union of all parameters
 *
 * Return: 0, or -EPROTO if a capability runs over the parameter, or if multiprotocol or 4-octet AS has
 * a length it can not have. Others that are not well formed are skipped.
 */
must_check int bgp_capabilities_parse(struct wire_reader *value, struct bgp_capabilities *caps);

/**
 * bgp_capabilities_build() - write one capability after the other, without the parameter around them
 * @leave_out: set of capabilities not to write, see bgp_capability_bit()
 */
void bgp_capabilities_build(
	struct wire_writer *w, const struct bgp_capabilities *caps, uint32_t leave_out);

/* The place of a capability in a mask of capabilities; 0 for one that we do not know. */
uint32_t bgp_capability_bit(uint8_t code);

/* "multiprotocol", "route refresh", ...; "unknown" for one that has no name. */
const char *bgp_capability_name(uint8_t code);

/* Which of them @caps contains: a mask of bgp_capability_bit(). */
uint32_t bgp_capabilities_mask(const struct bgp_capabilities *caps);

/* What both offers together allow. */
struct bgp_agreement {
	uint8_t families;
	bool as4;
	uint8_t extended_next_hop; /* families whose routes may go with an IPv6 next hop */
	uint8_t add_path;          /* families in which we send path identifiers */
	bool route_refresh;
	bool enhanced_refresh;
	bool extended_message; /* the peer takes long messages from us */
	bool graceful_restart;
	bool gr_notification;
};

struct bgp_agreement bgp_agree(
	const struct bgp_capabilities *ours, const struct bgp_capabilities *theirs);

/* True if the pair may meet (RFC 9234 section 4.2); one that is not given meets all. */
bool bgp_roles_match(uint8_t ours, uint8_t theirs);
