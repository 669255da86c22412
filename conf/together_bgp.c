/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BGPPeers and BGPAdvertisements beside one another, beside pools and beside BFDProfiles.
 */

#include "base/mem.h"
#include "conf/together.h"
#include "model/select.h"

#include <stdio.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* True if a node may be in both: for certain if one takes all or both say the same. */
static bool share_nodes(const struct selectors *a, const struct selectors *b)
{
	auto_(freep) char *a_text = selectors_text(a);
	auto_(freep) char *b_text = selectors_text(b);

	return a->count == 0 || b->count == 0 || strcmp(a_text, b_text) == 0;
}

/*
 * MetalLB's FRR modes have one router for all sessions of a node; bellman has what each peer says, as
 * MetalLB's native mode has, but then routers know this node by two names.
 */
static void warn_difference(
	struct checking *c, const struct bgp_peer_spec *peer, const struct bgp_peer_spec *other)
{
	if (same_text(peer->vrf, other->vrf) && peer->my_asn.value != other->my_asn.value)
		check_warning(c, "spec.myASN", "write the same in both, or part their nodes",
			"is %lld here and %lld in peer %s: peers of one node must have the same "
			"myAsn within the same VRF for MetalLB",
			(long long)peer->my_asn.value, (long long)other->my_asn.value,
			other->object.meta.name);
	if (!same_text(peer->router_id, other->router_id))
		check_warning(c, "spec.routerID", "write the same in both, or part their nodes",
			"differs from that of peer %s: peers of one node must all have the same "
			"RouterID for MetalLB",
			other->object.meta.name);
}

static void check_beside_peer(
	struct checking *c, const struct bgp_peer_spec *peer, const struct bgp_peer_spec *other)
{
	if (!share_nodes(&peer->node_selectors, &other->node_selectors))
		return;
	if (same_text(peer->peer_address, other->peer_address) &&
		same_text(peer->interface, other->interface) && same_text(peer->vrf, other->vrf))
		check_error(c, "spec.peerAddress", "give them different nodes, or one session",
			"peer %s already exists: it has this address on the same nodes",
			other->object.meta.name);
	else
		warn_difference(c, peer, other);
}

static void check_peer_bfd(struct together *t, struct checking *c, const struct bgp_peer_spec *peer)
{
	if (peer->bfd_profile && peer->bfd_profile[0] &&
		!together_find(t, MODEL_BFD_PROFILE, peer->bfd_profile, t->count))
		check_warning(c, "spec.bfdProfile",
			"make a valid BFDProfile of this name: without one there is no session",
			"there is no BFDProfile \"%.64s\" in force", peer->bfd_profile);
}

void together_check_peer(struct together *t, struct checking *c, size_t i)
{
	const struct bgp_peer_spec *peer = (const void *)c->object;

	for (size_t j = 0; j < i; j++) {
		const struct bgp_peer_spec *other = (const void *)t->order[j]->object;

		if (other->object.kind == MODEL_BGP_PEER && !t->order[j]->is_inert)
			check_beside_peer(c, peer, other);
	}
	check_peer_bfd(t, c, peer);
}

/* True if an advertisement with these names and selectors takes @pool. */
static bool takes_pool(
	const struct strings *names, const struct selectors *selectors, const struct pool *pool)
{
	if (names->count == 0 && selectors->count == 0)
		return true;
	return strings_contain(names, pool->object.meta.name) ||
		(selectors->count > 0 && selectors_match(selectors, &pool->object.meta.labels));
}

/* The length of the shortest prefix that makes up @range. */
static unsigned shortest_prefix(struct ip_range range)
{
	unsigned shortest = 128;
	struct ip_prefix prefix;
	bool is_left = true;

	while (is_left) {
		is_left = ip_range_split(&range, &prefix);
		if (prefix.len < shortest)
			shortest = prefix.len;
	}
	return shortest;
}

static void check_aggregation(
	struct checking *c, const struct bgp_advertisement *ad, const struct pool *pool)
{
	for (size_t i = 0; i < pool->addresses.count; i++) {
		struct ip_range range;
		const struct opt_int *length;
		unsigned shortest;

		if (validate_pool_range(pool->addresses.at[i], &range) < 0)
			continue;
		length = range.first.family == AF_INET ? &ad->aggregation_length :
							 &ad->aggregation_length_v6;
		shortest = shortest_prefix(range);
		if (length->is_set && length->value < (int64_t)shortest)
			check_error(c,
				range.first.family == AF_INET ? "spec.aggregationLength" :
								"spec.aggregationLengthV6",
				"aggregate to no less than the pool's own prefix",
				"invalid aggregation length %lld: prefix %u in pool %s is more "
				"specific than the aggregation length for addresses %.64s",
				(long long)length->value, shortest, pool->object.meta.name,
				pool->addresses.at[i]);
	}
}

struct pool_families {
	bool v4;
	bool v6;
};

static struct pool_families families_of(const struct pool *pool)
{
	struct pool_families families = { false, false };
	struct ip_range range;

	for (size_t i = 0; i < pool->addresses.count; i++) {
		if (validate_pool_range(pool->addresses.at[i], &range) < 0)
			continue;
		families.v4 |= range.first.family == AF_INET;
		families.v6 |= range.first.family == AF_INET6;
	}
	return families;
}

static int64_t value_or(const struct opt_int *value, int64_t otherwise)
{
	return value->is_set ? value->value : otherwise;
}

/* Both would make the same update for addresses of @pool. */
static bool same_update(const struct bgp_advertisement *a, const struct bgp_advertisement *b,
	const struct pool *pool)
{
	struct pool_families families = families_of(pool);
	bool same_v4 = value_or(&a->aggregation_length, 32) == value_or(&b->aggregation_length, 32);
	bool same_v6 = value_or(&a->aggregation_length_v6, 128) ==
		value_or(&b->aggregation_length_v6, 128);

	return (families.v4 && same_v4) || (families.v6 && same_v6);
}

static bool share_peers(const struct strings *a, const struct strings *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (strings_contain(b, a->at[i]))
			return true;
	}
	return a->count == 0 || b->count == 0;
}

/* What two advertisements of one update must agree on. */
static void check_agreement(struct checking *c, const struct bgp_advertisement *ad,
	const struct bgp_advertisement *other, const struct pool *pool)
{
	int64_t pref = value_or(&ad->local_pref, 0);
	int64_t other_pref = value_or(&other->local_pref, 0);

	if (pref != other_pref)
		check_error(c, "spec.localPref", "write the same in both, or part their peers",
			"invalid local preference %lld: %lld was already set by %s for the same "
			"updates of pool %s",
			(long long)pref, (long long)other_pref, other->object.meta.name,
			pool->object.meta.name);
	if (value_or(&ad->as_path_prepend, 0) != value_or(&other->as_path_prepend, 0))
		check_error(c, "spec.asPathPrepend", "write the same in both, or part their peers",
			"differs from that of %s for the same updates of pool %s",
			other->object.meta.name, pool->object.meta.name);
}

static void check_beside_pool(
	struct together *t, struct checking *c, size_t i, const struct pool *pool)
{
	const struct bgp_advertisement *ad = (const void *)c->object;

	check_aggregation(c, ad, pool);
	for (size_t j = 0; !c->is_bad && j < i && ad->service_selectors.count == 0; j++) {
		const struct bgp_advertisement *other = (const void *)t->order[j]->object;

		if (other->object.kind != MODEL_BGP_ADVERTISEMENT || t->order[j]->is_inert ||
			other->service_selectors.count > 0)
			continue;
		if (takes_pool(&other->pools, &other->pool_selectors, pool) &&
			same_update(ad, other, pool) && share_peers(&ad->peers, &other->peers) &&
			share_nodes(&ad->node_selectors, &other->node_selectors))
			check_agreement(c, ad, other, pool);
	}
}

static void warn_aliases(struct together *t, struct checking *c, const struct strings *communities)
{
	for (size_t i = 0; i < communities->count; i++) {
		const char *text = communities->at[i];
		auto_(freep) char *path = xasprintf("spec.communities[%zu]", i);

		if (!strchr(text, ':') && !together_find_alias(t, text, t->count))
			check_warning(c, path, "define it in a Community, or write 65000:100",
				"there is no community \"%.64s\"", text);
	}
}

void together_check_bgp(struct together *t, struct checking *c, size_t i)
{
	const struct bgp_advertisement *ad = (const void *)c->object;
	const struct object *equal = together_find_equal(t, i);

	if (equal)
		check_error(c, "spec", "take one of the two out",
			"duplicate definition of bgpadvertisements: it says the same as %s",
			equal->meta.name);
	for (size_t j = 0; j < t->count && !c->is_bad; j++) {
		const struct pool *pool = (const void *)t->order[j]->object;

		if (pool->object.kind == MODEL_POOL && !t->order[j]->is_inert &&
			takes_pool(&ad->pools, &ad->pool_selectors, pool))
			check_beside_pool(t, c, i, pool);
	}
	together_warn_unknown(t, c, MODEL_POOL, &ad->pools, "spec.ipAddressPools");
	together_warn_unknown(t, c, MODEL_BGP_PEER, &ad->peers, "spec.peers");
	warn_aliases(t, c, &ad->communities);
}
