/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The objects of metallb.io beside each other. All are put into one order first, oldest before; then
 * each is held against those accepted before it, so what is inert depends on the objects alone, not
 * on the order in which they were read.
 */

#include "base/mem.h"
#include "conf/rules.h"
#include "conf/validate.h"
#include "model/select.h"

#include <stdio.h>
#include <string.h>

/* An accepted range of a pool. */
struct taken {
	struct ip_range range;
	const struct pool *pool;
};

struct together {
	struct validate_candidate **order; /* all, oldest first */
	size_t count;
	struct report *report;
	struct taken *taken; /* sorted by first address; no two overlap */
	size_t taken_count;
	size_t taken_capacity;
};

static int by_age(const void *left, const void *right)
{
	const struct object *a = (*(struct validate_candidate *const *)left)->object;
	const struct object *b = (*(struct validate_candidate *const *)right)->object;
	/* Without a time stamp is later than any. */
	uint64_t a_time = (uint64_t)a->meta.created_seconds - 1;
	uint64_t b_time = (uint64_t)b->meta.created_seconds - 1;
	int order = (a_time > b_time) - (a_time < b_time);

	if (order == 0)
		order = strcmp(object_ns(a), object_ns(b));
	if (order == 0)
		order = strcmp(a->meta.name, b->meta.name);
	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

static struct checking check_of(struct together *t, const struct object *object)
{
	return (struct checking){ .object = object, .report = t->report };
}

/* The accepted object of @kind called @name, among those before @end in the order. */
static const struct object *find(
	const struct together *t, enum model_kind kind, const char *name, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct object *object = t->order[i]->object;

		if (object->kind == kind && !t->order[i]->is_inert &&
			strcmp(object->meta.name, name) == 0)
			return object;
	}
	return NULL;
}

/* Advertisements name pools, peers and profiles without a namespace: a name must be one object. */
static void check_name(struct together *t, struct checking *c, size_t i)
{
	const struct object *object = c->object;
	const struct object *other = find(t, object->kind, object->meta.name, i);

	if (other)
		check_error(c, "metadata.name", "give it another name",
			"duplicate definition of %s: %s/%s has this name already",
			object->kind_name, object_ns(other), other->meta.name);
}

/* The place of the first taken range that does not end before @first. */
static size_t taken_place(const struct together *t, const struct ip *first)
{
	size_t low = 0;
	size_t high = t->taken_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ip_compare(&t->taken[middle].range.last, first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void take_range(struct together *t, const struct ip_range *range, const struct pool *pool)
{
	size_t at = taken_place(t, &range->first);

	(void)array_add(t->taken, t->taken_count, t->taken_capacity);
	memmove(&t->taken[at + 1], &t->taken[at], (t->taken_count - 1 - at) * sizeof(t->taken[0]));
	t->taken[at] = (struct taken){ *range, pool };
}

static void check_overlaps(struct together *t, struct checking *c, const struct pool *pool)
{
	struct ip_range range;

	for (size_t i = 0; i < pool->addresses.count; i++) {
		auto_(freep) char *field = xasprintf("spec.addresses[%zu]", i);
		size_t at;

		if (validate_pool_range(pool->addresses.at[i], &range) < 0)
			continue;
		at = taken_place(t, &range.first);
		if (at < t->taken_count && ip_range_overlaps(&t->taken[at].range, &range))
			check_error(c, field, "give each address to one pool",
				"CIDR \"%.64s\" in pool \"%s\" overlaps with pool \"%s\"",
				pool->addresses.at[i], pool->object.meta.name,
				t->taken[at].pool->object.meta.name);
	}
	for (size_t i = 0; !c->is_bad && i < pool->addresses.count; i++) {
		if (validate_pool_range(pool->addresses.at[i], &range) == 0)
			take_range(t, &range, pool);
	}
}

static bool has_alias(const struct community *community, const char *name)
{
	for (size_t i = 0; i < community->communities.count; i++) {
		if (strcmp(community->communities.at[i].name, name) == 0)
			return true;
	}
	return false;
}

/* An accepted Community, before @end in the order, that has the alias @name. */
static const struct object *find_alias(const struct together *t, const char *name, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct object *object = t->order[i]->object;

		if (object->kind == MODEL_COMMUNITY && !t->order[i]->is_inert &&
			has_alias((const void *)object, name))
			return object;
	}
	return NULL;
}

static void check_aliases(struct together *t, struct checking *c, size_t i)
{
	const struct community *community = (const void *)c->object;

	for (size_t j = 0; j < community->communities.count; j++) {
		const char *name = community->communities.at[j].name;
		const struct object *other = find_alias(t, name, i);
		auto_(freep) char *field = xasprintf("spec.communities[%zu]", j);

		if (other)
			check_error(c, field, "give each alias its own name",
				"duplicate definition of community \"%.64s\": it is in %s", name,
				other->meta.name);
	}
}

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

static void check_peer(struct together *t, struct checking *c, size_t i)
{
	const struct bgp_peer_spec *peer = (const void *)c->object;

	for (size_t j = 0; j < i; j++) {
		const struct bgp_peer_spec *other = (const void *)t->order[j]->object;

		if (other->object.kind != MODEL_BGP_PEER || t->order[j]->is_inert)
			continue;
		if (same_text(peer->peer_address, other->peer_address) &&
			same_text(peer->interface, other->interface) &&
			same_text(peer->vrf, other->vrf) &&
			share_nodes(&peer->node_selectors, &other->node_selectors))
			check_error(c, "spec.peerAddress",
				"give them different nodes, or one session",
				"peer %s already exists: it has this address on the same nodes",
				other->object.meta.name);
	}
	if (peer->bfd_profile && peer->bfd_profile[0] &&
		!find(t, MODEL_BFD_PROFILE, peer->bfd_profile, t->count))
		check_warning(c, "spec.bfdProfile", "make a BFDProfile of this name",
			"there is no BFDProfile \"%.64s\"", peer->bfd_profile);
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

static void warn_unknown(struct together *t, struct checking *c, enum model_kind kind,
	const struct strings *names, const char *field)
{
	static const char *const kinds[MODEL_KIND_COUNT_] = {
		[MODEL_POOL] = "IPAddressPool",
		[MODEL_BGP_PEER] = "BGPPeer",
	};

	for (size_t i = 0; i < names->count; i++) {
		auto_(freep) char *path = xasprintf("%s[%zu]", field, i);

		if (!find(t, kind, names->at[i], t->count))
			check_warning(c, path, "write the name of one that is there",
				"there is no %s \"%.64s\"", kinds[kind], names->at[i]);
	}
}

static void warn_aliases(struct together *t, struct checking *c, const struct strings *communities)
{
	for (size_t i = 0; i < communities->count; i++) {
		const char *text = communities->at[i];
		auto_(freep) char *path = xasprintf("spec.communities[%zu]", i);

		if (!strchr(text, ':') && !find_alias(t, text, t->count))
			check_warning(c, path, "define it in a Community, or write 65000:100",
				"there is no community \"%.64s\"", text);
	}
}

static void check_bgp(struct together *t, struct checking *c, size_t i)
{
	const struct bgp_advertisement *ad = (const void *)c->object;

	for (size_t j = 0; j < t->count && !c->is_bad; j++) {
		const struct pool *pool = (const void *)t->order[j]->object;

		if (pool->object.kind == MODEL_POOL && !t->order[j]->is_inert &&
			takes_pool(&ad->pools, &ad->pool_selectors, pool))
			check_beside_pool(t, c, i, pool);
	}
	warn_unknown(t, c, MODEL_POOL, &ad->pools, "spec.ipAddressPools");
	warn_unknown(t, c, MODEL_BGP_PEER, &ad->peers, "spec.peers");
	warn_aliases(t, c, &ad->communities);
}

static void check_l2(struct together *t, struct checking *c)
{
	const struct l2_advertisement *ad = (const void *)c->object;

	warn_unknown(t, c, MODEL_POOL, &ad->pools, "spec.ipAddressPools");
}

static void check_one(struct together *t, size_t i)
{
	struct checking c = check_of(t, t->order[i]->object);

	switch (c.object->kind) {
	case MODEL_POOL:
		check_name(t, &c, i);
		if (!c.is_bad)
			check_overlaps(t, &c, (const void *)c.object);
		break;
	case MODEL_BFD_PROFILE:
		check_name(t, &c, i);
		break;
	case MODEL_COMMUNITY:
		check_aliases(t, &c, i);
		break;
	case MODEL_BGP_PEER:
		check_name(t, &c, i);
		if (!c.is_bad)
			check_peer(t, &c, i);
		break;
	case MODEL_BGP_ADVERTISEMENT:
		check_bgp(t, &c, i);
		break;
	case MODEL_L2_ADVERTISEMENT:
		check_l2(t, &c);
		break;
	case MODEL_SERVICE:
	case MODEL_ENDPOINT_SLICE:
	case MODEL_ENDPOINTS:
	case MODEL_POD:
	case MODEL_NODE:
	case MODEL_NAMESPACE:
	case MODEL_SECRET:
	case MODEL_WORKLOAD:
	case MODEL_KIND_COUNT_:
		break;
	}
	t->order[i]->is_inert = c.is_bad;
}

void validate_together(struct validate_candidate *candidates, size_t count, struct report *report)
{
	/* What is referred to comes before what refers to it. */
	static const enum model_kind kinds[] = { MODEL_POOL, MODEL_BFD_PROFILE, MODEL_COMMUNITY,
		MODEL_BGP_PEER, MODEL_BGP_ADVERTISEMENT, MODEL_L2_ADVERTISEMENT };
	auto_(freep) struct validate_candidate **order = xnew_array(
		struct validate_candidate *, count + 1);
	struct together t = { .order = order, .count = count, .report = report };

	for (size_t i = 0; i < count; i++) {
		order[i] = &candidates[i];
		order[i]->is_inert = false;
	}
	if (count > 1)
		qsort(order, count, sizeof(order[0]), by_age);
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		for (size_t i = 0; i < count; i++) {
			if (order[i]->object->kind == kinds[k])
				check_one(&t, i);
		}
	}
	free(t.taken);
}
