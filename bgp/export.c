/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/export.h"

bool bgp_next_hop_is_usable_v4(const struct ip *ip)
{
	bool is_loopback = ip->bytes[0] == 127;
	bool is_link_local = ip->bytes[0] == 169 && ip->bytes[1] == 254;

	return ip->family == AF_INET && ip->bytes[0] != 0 && !is_loopback && !is_link_local;
}

void bgp_export_set_next_hops(struct bgp_export *ex, const struct bgp_next_hops *hops,
	const struct ip *remote, bool is_one_hop)
{
	bool is_on_link = is_one_hop || ip_is_link_local(remote);

	ex->next_hop_v4 = hops->v4;
	ex->next_hop_v6 = hops->v6;
	ex->next_hop_ll = (struct ip){ 0 };
	if (remote->family == AF_INET6 && ex->has_extended_nexthop)
		ex->next_hop_v4 = (struct ip){ 0 };
	if (!is_on_link)
		return;
	if (ip_is_set(&hops->v6))
		ex->next_hop_ll = hops->ll;
	else
		ex->next_hop_v6 = hops->ll;
}

bool bgp_export_is_same(const struct bgp_export *a, const struct bgp_export *b)
{
	return ip_equal(&a->next_hop_v4, &b->next_hop_v4) &&
		ip_equal(&a->next_hop_v6, &b->next_hop_v6) &&
		ip_equal(&a->next_hop_ll, &b->next_hop_ll);
}
