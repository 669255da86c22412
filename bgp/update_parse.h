/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading UPDATE messages, and judging them as RFC 7606 says: which faults end the session, which
 * turn announcements into withdrawals, and which cost no more than an attribute.
 *
 * Nothing is copied: the result points into the message. All that it points at has been checked,
 * so walking it can not fail.
 */

#include "base/ip.h"
#include "base/wire.h"
#include "bgp/as_path.h"
#include "bgp/family.h"
#include "bgp/message.h"

#include <stdbool.h>

/* Ascending: of several faults the strongest verdict holds (RFC 7606 section 2). */
enum bgp_verdict {
	BGP_UPDATE_GOOD,
	BGP_UPDATE_DISCARD,  /* some attributes were left out */
	BGP_UPDATE_WITHDRAW, /* what it announces counts as withdrawn */
	BGP_UPDATE_RESET,    /* NOTIFICATION */
};

/* What the session agreed on. */
struct bgp_update_context {
	bool has_as4;
	bool is_internal;
	uint32_t local_as; /* for the loop check; 0: none */
	uint8_t families;  /* agreed */
	uint8_t extended_next_hop;
	uint8_t add_path; /* families in which the peer sends path identifiers */
};

/* Prefixes of one family. */
struct bgp_prefixes {
	struct wire_reader nlri;
	enum bgp_family family;
	bool has_path_id;
};

struct bgp_update {
	enum bgp_verdict verdict;
	struct bgp_refusal why; /* of RESET; else code, subcode and type octet of the first fault */
	struct bgp_prefixes withdrawn[2]; /* the old field, MP_UNREACH_NLRI */
	struct bgp_prefixes announced[2]; /* the old field, MP_REACH_NLRI */
	bool is_end_of_rib;
	enum bgp_family end_of_rib;
	bool has_loop;
	unsigned discarded;        /* attributes that were discarded as faulty */
	unsigned foreign_families; /* MP attributes of families not agreed: left out */
	/* Attributes that were present and good. */
	uint32_t present; /* bit n: type n < 32 */
	bool has_large;
	uint8_t origin;
	struct bgp_as_path as_path;   /* to be walked; AS4_PATH is merged into it (RFC 6793) */
	uint32_t first_as, origin_as; /* of it; 0: none */
	uint16_t path_len;
	uint32_t aggregator_as; /* 0: none; that of AS4_AGGREGATOR if it counts */
	struct ip aggregator;
	struct ip next_hop;    /* of the old field */
	struct ip mp_next_hop; /* global, or link-local if it is the only one */
	struct ip mp_next_hop_ll;
	uint32_t med, local_pref;
	struct wire_reader communities; /* 4 octets each */
	struct wire_reader extended;    /* 8 each */
	struct wire_reader large;       /* 12 each */
};

enum {
	BGP_ATTR_ORIGIN = 1,
	BGP_ATTR_AS_PATH = 2,
	BGP_ATTR_NEXT_HOP = 3,
	BGP_ATTR_MED = 4,
	BGP_ATTR_LOCAL_PREF = 5,
	BGP_ATTR_ATOMIC_AGGREGATE = 6,
	BGP_ATTR_AGGREGATOR = 7,
	BGP_ATTR_COMMUNITIES = 8,
	BGP_ATTR_ORIGINATOR_ID = 9,
	BGP_ATTR_CLUSTER_LIST = 10,
	BGP_ATTR_MP_REACH = 14,
	BGP_ATTR_MP_UNREACH = 15,
	BGP_ATTR_EXTENDED = 16,
	BGP_ATTR_AS4_PATH = 17,
	BGP_ATTR_AS4_AGGREGATOR = 18,
	BGP_ATTR_TUNNEL = 23,
	BGP_ATTR_AIGP = 26,
	BGP_ATTR_LARGE = 32,
	BGP_ATTR_OTC = 35,
	BGP_ATTR_PREFIX_SID = 40,
};

/**
 * bgp_update_parse() - read and judge the body of an UPDATE
 * @body: message after the header; what is found points into it
 *
 * Return: the verdict, also in @ret_update. RFC 4271 sections 4.3 and 6.3; RFC 7606; RFC 4760.
 */
enum bgp_verdict bgp_update_parse(struct wire_reader body, const struct bgp_update_context *context,
	struct bgp_update *ret_update);

/**
 * bgp_prefixes_next() - take the next prefix
 * @ret_path_id: path identifier (RFC 7911), 0 if there is none; may be NULL
 *
 * Return: false at the end. Bits behind the length are cleared.
 */
bool bgp_prefixes_next(
	struct bgp_prefixes *prefixes, struct ip_prefix *ret_prefix, uint32_t *ret_path_id);
