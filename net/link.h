/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A network interface as the kernel describes it, and the question whether it can serve layer 2.
 * Pure.
 */

#include "base/ip.h"

#include <net/if.h>
#include <regex.h>

enum {
	NET_KIND_SIZE = 16,
	NET_ADDRESSES_MAX = 64, /* of one link; more are not looked at */
};

struct net_link {
	unsigned ifindex;
	char name[IF_NAMESIZE];
	char kind[NET_KIND_SIZE]; /* IFLA_INFO_KIND: "bridge", "veth"; "" for hardware */
	unsigned flags;           /* IFF_ */
	bool has_carrier;
	struct mac mac;
	bool has_mac;    /* Ethernet */
	unsigned master; /* ifindex, 0: none */
	char master_kind[NET_KIND_SIZE];
	struct ip_prefix addresses[NET_ADDRESSES_MAX]; /* host part kept in .ip */
	size_t address_count;
	struct ip link_local; /* IPv6, not tentative; family 0: none */
	struct ip gateway;    /* of the IPv4 default route over this link; family 0: none */
};

/* Why a link does not serve. In the order in which they are asked. */
enum net_refusal {
	NET_SERVES,
	NET_EXCLUDED,     /* matches interfaces.exclude */
	NET_NOT_INCLUDED, /* interfaces.include is set and does not match */
	NET_LOOPBACK,
	NET_NO_ETHERNET,
	NET_POINT_TO_POINT,
	NET_NO_ARP,
	NET_ENSLAVED, /* its bridge, bond or team serves */
	NET_DOWN,
	NET_NO_CARRIER,
	NET_NO_BROADCAST,  /* ARP alone */
	NET_NO_LINK_LOCAL, /* NDP alone */
	NET_REFUSAL_COUNT_,
};

/* "excluded", "no_carrier", ...: stable, for machines. */
const char *net_refusal_name(enum net_refusal refusal);

/* A list of POSIX extended regular expressions. */
struct net_patterns {
	regex_t *at; /* owned */
	size_t count;
};

/**
 * net_patterns_add() - compile @text
 *
 * Return: 0, or -EINVAL.
 */
must_check int net_patterns_add(struct net_patterns *patterns, const char *text);
void net_patterns_fini(struct net_patterns *patterns);

/* Whether ARP (@family AF_INET) or NDP (AF_INET6) can be served on @link, or why not. */
enum net_refusal net_link_judge(const struct net_link *link, uint8_t family,
	const struct net_patterns *include, const struct net_patterns *exclude);
