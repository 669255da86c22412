/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a captured frame to what it carries: link layers, VLAN tags, IP, TCP and UDP headers. Only
 * what `bellmanctl capture` needs: no fragments, no extension headers, no checksums (a sender's are
 * often left to its network card).
 */

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum capture_link {
	CAPTURE_ETHERNET,
	CAPTURE_COOKED,  /* LINUX_SLL, as from the interface "any" */
	CAPTURE_COOKED2, /* LINUX_SLL2 */
	CAPTURE_RAW_IP,
};

enum {
	CAPTURE_NEIGH_MAX = 128, /* octets of an ARP or NDP frame that are looked at */
};

/* A frame that may be ARP or NDP, with a plain Ethernet head whatever its link was. */
struct capture_neigh {
	uint8_t bytes[CAPTURE_NEIGH_MAX];
	size_t len;
};

enum {
	CAPTURE_TCP = 6,
	CAPTURE_UDP = 17,
};

enum {
	CAPTURE_FIN = 1,
	CAPTURE_SYN = 2,
	CAPTURE_RST = 4,
};

/* A TCP segment or UDP datagram. */
struct capture_segment {
	uint8_t protocol; /* CAPTURE_TCP or CAPTURE_UDP */
	struct ip from;
	struct ip to;
	uint16_t from_port;
	uint16_t to_port;
	uint32_t sequence; /* TCP */
	uint8_t flags;     /* TCP: CAPTURE_FIN, _SYN, _RST */
	const uint8_t *payload;
	size_t len;
};

/**
 * capture_to_neigh() - is this ARP or ICMPv6
 *
 * Return: false if not; else @ret_neigh, for neigh_parse() to judge.
 */
bool capture_to_neigh(
	enum capture_link link, const uint8_t *bytes, size_t len, struct capture_neigh *ret_neigh);

/**
 * capture_to_segment() - is this TCP or UDP
 *
 * Return: false if not; else @ret_segment, whose payload points into @bytes.
 */
bool capture_to_segment(enum capture_link link, const uint8_t *bytes, size_t len,
	struct capture_segment *ret_segment);
