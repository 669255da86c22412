/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The objects of metallb.io beside each other. All are put into one order first, oldest before; then
 * each is held against those accepted before it, so what is inert depends on the objects alone, not
 * on the order in which they were read.
 */

#include "base/mem.h"
#include "conf/rules.h"
#include "conf/together.h"
#include "conf/validate.h"

#include <stdio.h>
#include <string.h>

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

struct checking together_check(struct together *t, const struct object *object)
{
	return (struct checking){ .object = object, .report = t->report };
}

const struct object *together_find(
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

const struct object *together_find_equal(const struct together *t, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		const struct object *object = t->order[j]->object;

		if (!t->order[j]->is_inert && object->kind == t->order[i]->object->kind &&
			object_spec_equal(object, t->order[i]->object))
			return object;
	}
	return NULL;
}

/* Advertisements name pools, peers and profiles without a namespace: a name must be one object. */
static void check_name(struct together *t, struct checking *c, size_t i)
{
	const struct object *object = c->object;
	const struct object *other = together_find(t, object->kind, object->meta.name, i);

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

const struct object *together_find_alias(const struct together *t, const char *name, size_t end)
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
		const struct object *other = together_find_alias(t, name, i);
		auto_(freep) char *field = xasprintf("spec.communities[%zu]", j);

		if (other)
			check_error(c, field, "give each alias its own name",
				"duplicate definition of community \"%.64s\": it is in %s", name,
				other->meta.name);
	}
}

void together_warn_unknown(struct together *t, struct checking *c, enum model_kind kind,
	const struct strings *names, const char *field)
{
	static const char *const kinds[MODEL_KIND_COUNT_] = {
		[MODEL_POOL] = "IPAddressPool",
		[MODEL_BGP_PEER] = "BGPPeer",
	};

	for (size_t i = 0; i < names->count; i++) {
		auto_(freep) char *path = xasprintf("%s[%zu]", field, i);

		if (!together_find(t, kind, names->at[i], t->count))
			check_warning(c, path, "write the name of one that is there",
				"there is no %s \"%.64s\"", kinds[kind], names->at[i]);
	}
}

static void check_l2(struct together *t, struct checking *c, size_t i)
{
	const struct l2_advertisement *ad = (const void *)c->object;
	const struct object *equal = together_find_equal(t, i);

	if (equal)
		check_warning(c, "spec", "take one of the two out",
			"says the same as L2Advertisement %s", equal->meta.name);

	together_warn_unknown(t, c, MODEL_POOL, &ad->pools, "spec.ipAddressPools");
}

static void check_one(struct together *t, size_t i)
{
	struct checking c = together_check(t, t->order[i]->object);

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
			together_check_peer(t, &c, i);
		break;
	case MODEL_BGP_ADVERTISEMENT:
		together_check_bgp(t, &c, i);
		break;
	case MODEL_L2_ADVERTISEMENT:
		check_l2(t, &c, i);
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
