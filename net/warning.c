/* SPDX-License-Identifier: Apache-2.0 */

#include "net/warning.h"

#include <sys/socket.h>

enum {
	RP_STRICT = 1,
	ARP_IGNORE_OTHER_LINKS = 1,
	ARP_ANNOUNCE_BEST = 2,
};

enum net_warning net_warning_of_local(uint8_t family, const struct net_link *holder,
	const struct net_link *serving, const struct net_sysctls *sysctls)
{
	if (!holder)
		return NET_WARN_NOTHING;
	if (holder->ifindex == serving->ifindex)
		return NET_WARN_LOCAL;
	/* A solicitation is only answered on the link that has the address. */
	if (family != AF_INET)
		return NET_WARN_NOTHING;
	if (sysctls->arp_ignore >= 0 && sysctls->arp_ignore < ARP_IGNORE_OTHER_LINKS)
		return NET_WARN_ARP_IGNORE;
	if (sysctls->arp_announce >= 0 && sysctls->arp_announce < ARP_ANNOUNCE_BEST)
		return NET_WARN_ARP_ANNOUNCE;
	return NET_WARN_NOTHING;
}

enum net_warning net_warning_of_route(uint8_t family, const struct net_link *serving,
	bool is_routed_elsewhere, const struct net_sysctls *sysctls)
{
	if (family == AF_INET && sysctls->rp_filter == RP_STRICT && is_routed_elsewhere &&
		!ip_is_set(&serving->gateway))
		return NET_WARN_RP_FILTER;
	return NET_WARN_NOTHING;
}
