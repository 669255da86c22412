/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kinds of metallb.io, each object alone. Where MetalLB has a sentence for a mistake, ours begins
 * with it: people search for what they read.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "conf/rules.h"
#include "conf/validate.h"
#include "model/community.h"

#include <errno.h>
#include <string.h>

enum {
	RANGES_MAX = 4096, /* of a pool */
	COMMUNITIES_MAX = 63,
};

static int parse_first_last(const char *text, const char *dash, struct ip_range *ret_range)
{
	size_t len = (size_t)(dash - text);
	auto_(freep) char *first = NULL;
	auto_(freep) char *last = xstrdup(dash + 1 + strspn(dash + 1, " \t"));
	struct ip_range range;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	first = xstrndup(text, len);
	last[strcspn(last, " \t")] = '\0';
	if (ip_parse(first, &range.first) < 0 || ip_parse(last, &range.last) < 0 ||
		range.first.family != range.last.family ||
		ip_compare(&range.first, &range.last) > 0)
		return -EINVAL;
	*ret_range = range;
	return 0;
}

int validate_pool_range(const char *text, struct ip_range *ret_range)
{
	const char *dash;
	struct ip_prefix prefix;

	text += strspn(text, " \t");
	dash = strchr(text, '-');
	if (dash)
		return parse_first_last(text, dash, ret_range);
	if (ip_prefix_parse(text, &prefix) < 0)
		return -EINVAL;
	*ret_range = ip_prefix_range(&prefix);
	return 0;
}

static void refuse_range(struct checking *c, const char *text, const char *field)
{
	auto_(freep) char *advice = NULL;
	struct ip ip;

	if (ip_parse(text, &ip) == 0) {
		advice = xasprintf("write %.64s/%u for the one address", text, ip_bits(ip.family));
		check_error(c, field, advice, "invalid CIDR \"%.64s\"", text);
	} else if (strchr(text, '-')) {
		check_error(c, field, "write FIRST-LAST, two addresses of one family in order",
			"invalid IP range \"%.128s\"", text);
	} else {
		check_error(c, field, "write 192.0.2.0/24 or 192.0.2.10-192.0.2.20",
			"invalid CIDR \"%.64s\"", text);
	}
}

static void check_addresses(struct checking *c, const struct strings *addresses)
{
	auto_(freep) struct ip_range *ranges = xnew_array(struct ip_range, addresses->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < addresses->count && i < RANGES_MAX; i++) {
		auto_(freep) char *field = xasprintf("spec.addresses[%zu]", i);

		if (validate_pool_range(addresses->at[i], &ranges[count]) < 0) {
			refuse_range(c, addresses->at[i], field);
			continue;
		}
		for (size_t j = 0; j < count; j++) {
			if (!ip_range_overlaps(&ranges[j], &ranges[count]))
				continue;
			check_error(c, field, "list each address once",
				"CIDR \"%.64s\" in pool \"%s\" overlaps with another of its entries",
				addresses->at[i], c->object->meta.name);
			break;
		}
		count++;
	}
}

void check_pool(struct checking *c, const struct pool *pool)
{
	if (pool->addresses.count == 0)
		check_error(c, "spec.addresses", "list a CIDR or a range",
			"pool has no prefixes defined");
	if (pool->addresses.count > RANGES_MAX)
		check_error(c, "spec.addresses", "join neighbours into one prefix or range",
			"has more than %d entries", RANGES_MAX);
	check_addresses(c, &pool->addresses);
	check_unique(c, &pool->namespaces, "spec.serviceAllocation.namespaces");
	check_selectors(c, &pool->namespace_selectors, "spec.serviceAllocation.namespaceSelectors");
	check_selectors(c, &pool->service_selectors, "spec.serviceAllocation.serviceSelectors");
}

void check_l2_advertisement(struct checking *c, const struct l2_advertisement *advertisement)
{
	check_unique(c, &advertisement->pools, "spec.ipAddressPools");
	check_unique(c, &advertisement->interfaces, "spec.interfaces");
	check_selectors(c, &advertisement->pool_selectors, "spec.ipAddressPoolSelectors");
	check_selectors(c, &advertisement->node_selectors, "spec.nodeSelectors");
	check_selectors(c, &advertisement->service_selectors, "spec.serviceSelectors");
	for (size_t i = 0; i < advertisement->preferred.count; i++) {
		auto_(freep) char *field = xasprintf(
			"spec.preferredNodeSelectors[%zu].preference", i);

		check_selector(c, &advertisement->preferred.at[i].preference, field);
	}
}

bool is_community_value(const char *text)
{
	struct community_value value;

	return community_parse(text, &value) == 0;
}

static void check_communities(struct checking *c, const struct strings *communities)
{
	check_unique(c, communities, "spec.communities");
	if (communities->count > COMMUNITIES_MAX)
		check_error(c, "spec.communities", "list at most 63",
			"has more communities than an update can carry");
	for (size_t i = 0; i < communities->count; i++) {
		auto_(freep) char *field = xasprintf("spec.communities[%zu]", i);

		if (strchr(communities->at[i], ':') && !is_community_value(communities->at[i]))
			check_error(c, field,
				"write 65000:100, large:1:2:3 or the name of a Community's entry",
				"invalid community value: \"%.64s\"", communities->at[i]);
	}
}

void check_bgp_advertisement(struct checking *c, const struct bgp_advertisement *advertisement)
{
	const struct opt_int *v4 = &advertisement->aggregation_length;
	const struct opt_int *v6 = &advertisement->aggregation_length_v6;

	if (v4->is_set && (v4->value < 1 || v4->value > 32))
		check_error(c, "spec.aggregationLength", "write 1 to 32",
			"invalid aggregation length %lld for IPv4", (long long)v4->value);
	if (v6->is_set && (v6->value < 1 || v6->value > 128))
		check_error(c, "spec.aggregationLengthV6", "write 1 to 128",
			"invalid aggregation length %lld for IPv6", (long long)v6->value);
	if (advertisement->service_selectors.count > 0 &&
		((v4->is_set && v4->value != 32) || (v6->is_set && v6->value != 128)))
		check_error(c, "spec.serviceSelectors",
			"announce whole prefixes in an advertisement of their own",
			"serviceSelectors and aggregationLength are mutually exclusive");
	check_communities(c, &advertisement->communities);
	check_unique(c, &advertisement->pools, "spec.ipAddressPools");
	check_unique(c, &advertisement->peers, "spec.peers");
	check_selectors(c, &advertisement->pool_selectors, "spec.ipAddressPoolSelectors");
	check_selectors(c, &advertisement->node_selectors, "spec.nodeSelectors");
	check_selectors(c, &advertisement->service_selectors, "spec.serviceSelectors");
}

static bool has(const char *text)
{
	return text && text[0];
}

static void check_asns(struct checking *c, const struct bgp_peer_spec *peer)
{
	bool has_asn = peer->peer_asn.is_set && peer->peer_asn.value > 0;

	if (peer->my_asn.value == 0)
		check_error(c, "spec.myASN", "write this side's AS number", "missing local ASN");
	if (!has_asn && !has(peer->dynamic_asn))
		check_error(c, "spec.peerASN", "write the peer's AS number",
			"missing peer ASN and dynamicASN");
	if (has_asn && has(peer->dynamic_asn))
		check_error(c, "spec.dynamicASN", "take one of them out",
			"both peer ASN and dynamicASN specified");
	if (has(peer->dynamic_asn) && strcmp(peer->dynamic_asn, "internal") != 0 &&
		strcmp(peer->dynamic_asn, "external") != 0)
		check_error(c, "spec.dynamicASN", "write internal or external",
			"\"%.64s\" is not known", peer->dynamic_asn);
	if (peer->local_asn.is_set && peer->local_asn.value == peer->my_asn.value)
		check_error(c, "spec.localASN", "take it out, or write the other number",
			"is the same as myASN");
	else if (peer->local_asn.is_set && has_asn && peer->local_asn.value == peer->peer_asn.value)
		check_error(c, "spec.localASN", "take it out, or write another number",
			"is the same as peerASN");
	else if (peer->local_asn.is_set &&
		((has_asn && peer->peer_asn.value == peer->my_asn.value) ||
			(has(peer->dynamic_asn) && strcmp(peer->dynamic_asn, "internal") == 0)))
		check_error(c, "spec.localASN", "take it out, or make it an eBGP peer",
			"is not for an iBGP peer");
	if (peer->ebgp_multihop &&
		((has_asn && peer->peer_asn.value == peer->my_asn.value) ||
			(has(peer->dynamic_asn) && strcmp(peer->dynamic_asn, "internal") == 0)))
		check_error(c, "spec.ebgpMultiHop", "take it out: iBGP needs no such thing",
			"invalid ebgp-multihop parameter set for an ibgp peer");
}

static void check_peer_addresses(struct checking *c, const struct bgp_peer_spec *peer)
{
	struct ip ip;

	if (!has(peer->peer_address) && !has(peer->interface))
		check_error(c, "spec.peerAddress", "write the peer's address",
			"peer has no Address or Interface specified");
	if (has(peer->peer_address) && has(peer->interface))
		check_error(c, "spec.interface", "take one of them out",
			"peer has both Address and Interface specified");
	if (has(peer->peer_address) && ip_parse(peer->peer_address, &ip) < 0)
		check_error(c, "spec.peerAddress", "write an address, not a name",
			"invalid BGPPeer address \"%.64s\"", peer->peer_address);
	if (has(peer->source_address) && ip_parse(peer->source_address, &ip) < 0)
		check_error(c, "spec.sourceAddress", "write an address of this node",
			"invalid source IP \"%.64s\"", peer->source_address);
	if (has(peer->router_id) && (ip_parse(peer->router_id, &ip) < 0 || ip.family != AF_INET))
		check_error(c, "spec.routerID", "write it as an IPv4 address, as in 10.0.0.1",
			"invalid router ID \"%.64s\"", peer->router_id);
}

static void check_times(struct checking *c, const struct bgp_peer_spec *peer)
{
	const int64_t second = (int64_t)NS_PER_S;
	int64_t hold = peer->hold_ns.value / second;
	int64_t connect = peer->connect_ns.value;

	if (peer->hold_ns.is_set && (hold < 0 || hold == 1 || hold == 2 || hold > UINT16_MAX))
		check_error(c, "spec.holdTime", "write 0s, or 3s to 65535s",
			"invalid hold time, must be 0 or >=3s");
	if (peer->keepalive_ns.is_set && peer->keepalive_ns.value < 0)
		check_error(c, "spec.keepaliveTime", "write a third of holdTime", "is negative");
	if (peer->hold_ns.is_set && peer->keepalive_ns.is_set &&
		peer->keepalive_ns.value > peer->hold_ns.value)
		check_error(c, "spec.keepaliveTime", "write a third of holdTime",
			"invalid keepaliveTime, must be lower than holdTime");
	if (peer->connect_ns.is_set && (connect < second || connect > 65535 * second))
		check_error(c, "spec.connectTime", "write 1s to 65535s",
			"connect time should be between 1 seconds to 65535");
	else if (peer->connect_ns.is_set && connect % second != 0)
		check_error(c, "spec.connectTime", "write whole seconds",
			"connect time should contain a whole number of seconds");
}

void check_bgp_peer(struct checking *c, const struct bgp_peer_spec *peer)
{
	check_asns(c, peer);
	check_peer_addresses(c, peer);
	check_times(c, peer);
	if (has(peer->password) && has(peer->password_secret_name))
		check_error(c, "spec.passwordSecret", "take one of them out",
			"can not have both password and secret ref set");
	if (peer->disable_mp)
		check_warning(c, "spec.disableMP", "take it out",
			"disable mp is deprecated and has no effect");
	check_selectors(c, &peer->node_selectors, "spec.nodeSelectors");
}

/* The bounds stand in the table of its fields. */
void check_bfd_profile(struct checking *c, const struct bfd_profile *profile)
{
	if (profile->echo_mode)
		check_error(c, "spec.echoMode", "take it out; shorten the intervals instead",
			"there is no echo function: control packets alone watch the peer");
}

void check_community(struct checking *c, const struct community *community)
{
	for (size_t i = 0; i < community->communities.count; i++) {
		const struct community_alias *alias = &community->communities.at[i];
		auto_(freep) char *field = xasprintf("spec.communities[%zu]", i);

		if (!is_community_value(alias->value))
			check_error(c, field, "write 65000:100 or large:1:2:3",
				"invalid community value: \"%.64s\"", alias->value);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(community->communities.at[j].name, alias->name) == 0)
				check_error(c, field, "give each alias its own name",
					"duplicate definition of community \"%.64s\"", alias->name);
		}
	}
}
