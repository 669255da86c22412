/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What keeps an address from working though it is announced: the kernel's own answers and filters.
 */

#include "base/mem.h"
#include "net/warning.h"
#include "speaker/state.h"

#include <string.h>

static int higher(int a, int b)
{
	return a > b ? a : b;
}

/* conf.all and conf.LINK: for each of these keys the higher one counts. */
static int effective(const char *link, const char *key)
{
	return higher(net_sysctl("ipv4", "all", key), net_sysctl("ipv4", link, key));
}

static struct net_sysctls read_sysctls(const struct net_link *link)
{
	return (struct net_sysctls){
		.rp_filter = effective(link->name, "rp_filter"),
		.arp_ignore = effective(link->name, "arp_ignore"),
		.arp_announce = effective(link->name, "arp_announce"),
	};
}

/* The text for people; NULL: nothing to say. The caller frees it. */
static char *text_of(enum net_warning warning, const struct ip *ip, const struct net_link *serving,
	const struct net_link *holder)
{
	char address[IP_TEXT_SIZE];

	(void)ip_format(ip, address);
	switch (warning) {
	case NET_WARN_NOTHING:
		return NULL;
	case NET_WARN_LOCAL:
		return xasprintf("%s is an address of %s on this node: the kernel answers for it "
				 "too, on whatever node it is; remove it there",
			address, holder->name);
	case NET_WARN_ARP_IGNORE:
		return xasprintf("%s is an address of %s on this node: the kernel answers for it "
				 "on %s too, on whatever node it is; set "
				 "net.ipv4.conf.all.arp_ignore=1 and arp_announce=2 "
				 "(kube-proxy: strictARP)",
			address, holder->name, serving->name);
	case NET_WARN_ARP_ANNOUNCE:
		return xasprintf("%s is an address of %s on this node: the kernel may ask in its "
				 "name on %s; set net.ipv4.conf.all.arp_announce=2 "
				 "(kube-proxy: strictARP)",
			address, holder->name, serving->name);
	case NET_WARN_RP_FILTER:
		return xasprintf("net.ipv4.conf.%s.rp_filter is 1 (strict) and the default route "
				 "leaves by another interface: packets for %s from other networks "
				 "are dropped; set it to 2",
			serving->name, address);
	}
	return NULL;
}

static void add(json_t *warnings, char *text)
{
	if (text)
		(void)json_array_append_new(warnings, json_string(text));
	free(text);
}

static bool has_gateway_elsewhere(const struct net_monitor *net, const struct net_link *link)
{
	for (size_t i = 0; i < net_monitor_count(net); i++) {
		const struct net_link *other = net_monitor_at(net, i);

		if (other->ifindex != link->ifindex && ip_is_set(&other->gateway))
			return true;
	}
	return false;
}

static void add_for(const struct speaker *speaker, const struct ip *ip,
	const struct net_link *serving, json_t *warnings)
{
	const struct net_link *holder = net_monitor_local(speaker->net, ip);
	const struct net_sysctls sysctls = read_sysctls(serving);

	add(warnings,
		text_of(net_warning_of_local(ip->family, holder, serving, &sysctls), ip, serving,
			holder));
	add(warnings,
		text_of(net_warning_of_route(ip->family, serving,
				has_gateway_elsewhere(speaker->net, serving), &sysctls),
			ip, serving, holder));
}

static const struct net_link *link_of(const struct net_monitor *net, unsigned ifindex)
{
	for (size_t i = 0; i < net_monitor_count(net); i++) {
		if (net_monitor_at(net, i)->ifindex == ifindex)
			return net_monitor_at(net, i);
	}
	return NULL;
}

json_t *warnings_of(const struct speaker *speaker, const struct service_plan *plan)
{
	json_t *warnings = json_array();

	for (size_t i = 0; i < plan->address_count; i++) {
		for (size_t k = 0; k < speaker->link_count; k++) {
			const struct net_link *serving = link_of(
				speaker->net, speaker->links[k].ifindex);

			if (serving)
				add_for(speaker, &plan->addresses[i].ip, serving, warnings);
		}
	}
	return warnings;
}
