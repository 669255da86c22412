/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ARP over Ethernet (RFC 826, 5227) and the neighbour messages of IPv6 (RFC 4861) as frames. Pure:
 * bytes in, values out, and back.
 */

#include "base/ip.h"

enum {
	FRAME_MAX = 128, /* of those we send */
	FRAME_MIN = 60,  /* Ethernet pads up to here */
};

/* Both kinds of question and of answer, in the same words. */
enum neigh_kind {
	NEIGH_ARP_REQUEST,
	NEIGH_ARP_REPLY,
	NEIGH_SOLICITATION,  /* NS */
	NEIGH_ADVERTISEMENT, /* NA */
};

enum frame_verdict {
	FRAME_GOOD,
	FRAME_OTHER,     /* not ours to look at */
	FRAME_TAGGED,    /* of another VLAN */
	FRAME_MALFORMED, /* breaks a rule that tells us to drop it in silence */
};

enum {
	NA_ROUTER = 0x80,
	NA_SOLICITED = 0x40,
	NA_OVERRIDE = 0x20,
};

struct neigh_frame {
	enum neigh_kind kind;
	struct mac eth_dst;
	struct mac eth_src;
	struct ip source;  /* ARP: sender protocol address; IPv6: source of the packet */
	struct ip target;  /* ARP: target protocol address; IPv6: target of NS and NA */
	struct ip ip_dst;  /* IPv6 only */
	struct mac sender; /* ARP: sender hardware address; IPv6: link-layer option, else zero */
	struct mac target_mac; /* ARP: target hardware address */
	bool has_sender;       /* IPv6: the option was there; ARP: always */
	uint8_t flags;         /* NA_ */
};

/**
 * neigh_parse() - read an Ethernet frame
 * @ret: set only on FRAME_GOOD
 *
 * Checks all that RFC 826 and RFC 4861 sections 7.1.1 and 7.1.2 demand, the checksum included. A
 * frame with VLAN tag 0 (priority) is read as untagged.
 */
enum frame_verdict neigh_parse(const uint8_t *bytes, size_t len, struct neigh_frame *ret);

/**
 * neigh_build() - write @frame, padded to the least Ethernet length
 *
 * For NS and NA hop limit 255 and the checksum are set; the link-layer option is written if
 * has_sender is set.
 *
 * Return: the number of bytes.
 */
size_t neigh_build(const struct neigh_frame *frame, uint8_t bytes[FRAME_MAX]);

/* ff02::1:ffXX:XXXX of @ip (RFC 4291 section 2.7.1). */
struct ip solicited_node_group(const struct ip *ip);

/* The Ethernet address of an IPv6 group (RFC 2464 section 7). */
struct mac group_mac(const struct ip *group);

extern const struct mac mac_broadcast;
extern const struct ip ip_all_nodes; /* ff02::1 */
