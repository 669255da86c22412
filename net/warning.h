/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What in the settings of the kernel keeps an announced address from working, though we answer for
 * it. Pure.
 */

#include "net/link.h"

enum net_warning {
	NET_WARN_NOTHING,
	NET_WARN_LOCAL,        /* the address lies on the serving link: the kernel answers too */
	NET_WARN_ARP_IGNORE,   /* it lies on another link, and the kernel answers on every link */
	NET_WARN_ARP_ANNOUNCE, /* it lies on another link, and the kernel asks in its name */
	NET_WARN_RP_FILTER,    /* packets from other networks are dropped on this link */
};

/* Of one link: the higher of conf.all and conf.LINK, which is what counts; -1: not known. */
struct net_sysctls {
	int rp_filter;
	int arp_ignore;
	int arp_announce;
};

/**
 * net_warning_of_local() - whether an address of the node itself is a danger
 * @family:  of the address
 * @holder:  the link that has it; NULL: none
 * @serving: the link that we answer on
 * @sysctls: of @serving
 */
enum net_warning net_warning_of_local(uint8_t family, const struct net_link *holder,
	const struct net_link *serving, const struct net_sysctls *sysctls);

/**
 * net_warning_of_route() - whether packets that come in on @serving are dropped for their way back
 * @is_routed_elsewhere: the default route leaves by another link
 *
 * RFC 3704 section 2.2: strict reverse path filtering.
 */
enum net_warning net_warning_of_route(uint8_t family, const struct net_link *serving,
	bool is_routed_elsewhere, const struct net_sysctls *sysctls);
