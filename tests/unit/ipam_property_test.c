/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Properties of the allocator over random worlds: pools of one and of both families, for all and for
 * some namespaces, that come, change and go; Services of every family policy, with sharing keys,
 * local traffic policy, requests, and a status.
 */

#include "base/strbuf.h"
#include "ipam/ipam.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

#include <stdio.h>

enum {
	POOLS = 6,
	NAMESPACES = 3,
	SERVICES = 40,
	OBJECTS = POOLS + NAMESPACES + SERVICES,
	VARIANTS = 4,
	ABSENT = VARIANTS,
	HISTORIES = 60,
	STEPS = 120,
	WALKS = 12,
};

/* What there is: of each object a variant, or ABSENT. */
struct scene {
	unsigned variant[OBJECTS];
};

struct world {
	struct model *model;
	struct ipam *ipam;
};

static unsigned random_below(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) / 7 % n;
}

static struct object *new_pool(unsigned i, unsigned variant)
{
	static const char *const first[POOLS] = { "192.0.2.0/29", "198.51.100.0/30",
		"2001:db8::/125", "203.0.113.0/29", "192.0.2.64/30", "2001:db8:1::/126" };
	static const char *const second[POOLS] = { NULL, "2001:db8:2::/126", NULL,
		"2001:db8:3::/125", NULL, "192.0.2.96/30" };
	static const char *const extra[POOLS] = { "192.0.2.16/30", "198.51.100.16/31",
		"2001:db8::100/126", "203.0.113.64/30", "192.0.2.128/31", "2001:db8:4::/127" };
	char name[16];
	struct pool *pool;

	(void)snprintf(name, sizeof(name), "p%u", i);
	pool = build_object(MODEL_POOL, "IPAddressPool", "m", name);
	build_string(&pool->addresses, first[i]);
	if (second[i] && variant != 3)
		build_string(&pool->addresses, second[i]);
	if (variant == 1)
		build_string(&pool->addresses, extra[i]);
	pool->avoid_buggy_ips = variant == 2 && i == 0;
	if (i == 4)
		pool->auto_assign = (struct opt_bool){ true, variant == 2 };
	pool->has_service_allocation = i == 3 || i == 5;
	pool->priority = (struct opt_int){ true, (int64_t)variant };
	if (i == 3)
		build_string(&pool->namespaces, variant == 1 ? "ns1" : "ns0");
	if (i == 5) {
		pool->namespace_selectors.at = xnew(struct selector);
		pool->namespace_selectors.count = 1;
		build_label(&pool->namespace_selectors.at[0].match_labels, "team", "x");
	}
	return &pool->object;
}

static struct object *new_namespace(unsigned i, unsigned variant)
{
	char name[16];
	struct object *object;

	(void)snprintf(name, sizeof(name), "ns%u", i);
	object = build_object(MODEL_NAMESPACE, "Namespace", NULL, name);
	build_label(&object->meta.labels, "team", variant % 2 == 0 ? "x" : "y");
	return object;
}

static void set_families(struct service *service, unsigned kind)
{
	if (kind != 1)
		build_string(&service->cluster_ips, "10.96.0.1");
	if (kind >= 1)
		build_string(&service->cluster_ips, "fd00::1");
	service->ip_family_policy = kind <= 1 ? FAMILY_POLICY_SINGLE_STACK :
		kind == 2                     ? FAMILY_POLICY_PREFER_DUAL_STACK :
						FAMILY_POLICY_REQUIRE_DUAL_STACK;
	if (kind == 1)
		build_string(&service->ip_families, "IPv6");
}

static void set_wishes(struct service *service, unsigned i, unsigned variant)
{
	struct labels *annotations = &service->object.meta.annotations;

	if (i % 5 == 0)
		build_label(annotations, "metallb.io/allow-shared-ip", variant == 1 ? "x" : "y");
	if (i % 11 == 3)
		build_label(annotations, "metallb.io/address-pool", variant == 2 ? "p4" : "p1");
	if (i % 13 == 4)
		build_label(annotations, "metallb.io/loadBalancerIPs",
			variant == 0 ? "192.0.2.3" : "198.51.100.1");
	if (i % 7 == 2 && variant != 0) {
		service->ingress.at = xnew(struct service_ingress);
		service->ingress.count = 1;
		service->ingress.at[0].ip = xasprintf("192.0.2.%u", i % 9);
	}
	if (i % 6 == 1) {
		service->external_traffic_policy = TRAFFIC_LOCAL;
		build_label(&service->selector, "app", variant == 3 ? "a" : "b");
	}
}

static struct object *new_service(unsigned i, unsigned variant)
{
	char name[16];
	char ns[16];
	struct service *service;

	(void)snprintf(name, sizeof(name), "s%02u", i);
	(void)snprintf(ns, sizeof(ns), "ns%u", i % NAMESPACES);
	service = build_object(MODEL_SERVICE, "Service", ns, name);
	service->type = variant == 3 && i % 4 == 0 ? SERVICE_CLUSTER_IP : SERVICE_LOAD_BALANCER;
	service->object.meta.created_seconds = i % 5;
	service->ports.at = xnew(struct service_port);
	service->ports.count = 1;
	service->ports.at[0].port = (struct opt_int){ true, 80 + i % 3 };
	set_families(service, (i + variant / 2) % 4);
	set_wishes(service, i, variant);
	return &service->object;
}

static struct object *new_object(unsigned i, unsigned variant)
{
	if (i < POOLS)
		return new_pool(i, variant);
	if (i < POOLS + NAMESPACES)
		return new_namespace(i - POOLS, variant);
	return new_service(i - POOLS - NAMESPACES, variant);
}

static void apply(struct world *world, unsigned i, unsigned variant)
{
	struct object *object = new_object(i, variant == ABSENT ? 0 : variant);
	struct object_id id = object_id(object);

	if (variant == ABSENT) {
		model_remove(world->model, &id);
		object_free(object);
	} else {
		model_put(world->model, object);
	}
}

static void settle(struct world *world)
{
	struct model_dirty dirty;

	model_take_dirty(world->model, &dirty);
	ipam_update(world->ipam, world->model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
}

static struct world world_open(enum ipam_mode mode)
{
	return (struct world){ model_new(), ipam_new(mode, NULL) };
}

static void world_close(struct world *world)
{
	ipam_free(world->ipam);
	model_free(world->model);
}

static struct scene random_scene(unsigned *seed)
{
	struct scene scene;

	for (unsigned i = 0; i < OBJECTS; i++) {
		scene.variant[i] = random_below(seed, VARIANTS);
		if (random_below(seed, 6) == 0)
			scene.variant[i] = ABSENT;
	}
	return scene;
}

/* "ns0/s03: 192.0.2.1 2001:db8::1 assigned" for every Service: what nodes must agree on. */
static char *text_of(const struct world *world)
{
	struct strbuf out = { 0 };
	char text[IP_TEXT_SIZE];

	for (const struct ipam_assignment *at = ipam_first(world->ipam); at;
		at = ipam_next(world->ipam, at)) {
		strbuf_addf(&out, "%s/%s:", at->request->ns, at->request->name);
		for (size_t i = 0; i < at->count; i++)
			strbuf_addf(&out, " %s of %s", ip_format(&at->ips[i], text), at->pools[i]);
		strbuf_addf(&out, " %s\n", ipam_outcome_name(at->outcome));
	}
	return strbuf_take(&out);
}

/* All at once, in the order of objects. */
static char *fresh_text(const struct scene *scene)
{
	struct world world = world_open(IPAM_MANIFESTS);
	char *text;

	for (unsigned i = 0; i < OBJECTS; i++)
		apply(&world, i, scene->variant[i]);
	settle(&world);
	text = text_of(&world);
	world_close(&world);
	return text;
}

/* Random changes with settling between them, then what @scene has, in a random order. */
static char *text_after_history(const struct scene *scene, unsigned *seed)
{
	struct world world = world_open(IPAM_MANIFESTS);
	unsigned from = random_below(seed, OBJECTS);
	char *text;

	for (unsigned step = 0; step < STEPS; step++) {
		apply(&world, random_below(seed, OBJECTS), random_below(seed, VARIANTS + 1));
		if (random_below(seed, 3) == 0)
			settle(&world);
	}
	for (unsigned k = 0; k < OBJECTS; k++) {
		unsigned i = (from + k * 17) %
			OBJECTS; /* 17 and OBJECTS have no divisor in common */

		apply(&world, i, scene->variant[i]);
		if (random_below(seed, 8) == 0)
			settle(&world);
	}
	settle(&world);
	text = text_of(&world);
	world_close(&world);
	return text;
}

static void nodes_agree_whatever_their_history_and_order(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (unsigned history = 0; history < HISTORIES; history++) {
		struct scene scene = random_scene(&seed);
		auto_(freep) char *fresh = fresh_text(&scene);
		auto_(freep) char *other = text_after_history(&scene, &seed);

		assert_string_equal(other, fresh);
	}
}

static void assert_lawful(const struct world *world)
{
	for (const struct ipam_assignment *a = ipam_first(world->ipam); a;
		a = ipam_next(world->ipam, a)) {
		assert_true(a->count <= 2);
		assert_true(a->outcome != IPAM_ASSIGNED || a->count > 0);
		assert_true(a->count < 2 || a->ips[0].family != a->ips[1].family);
		for (size_t i = 0; i < a->count; i++) {
			assert_non_null(model_find(world->model, MODEL_POOL, "m", a->pools[i]));
			assert_true(a->request->wants[a->ips[i].family == AF_INET6]);
		}
		for (const struct ipam_assignment *b = ipam_next(world->ipam, a); b;
			b = ipam_next(world->ipam, b)) {
			for (size_t i = 0; i < a->count * b->count; i++) {
				const struct ip *ip = &a->ips[i % a->count];

				if (ip_equal(ip, &b->ips[i / a->count]))
					assert_null(
						ipam_sharing_conflict(a->request, b->request, ip));
			}
		}
	}
}

/* Distinct addresses in use, counted from the assignments. */
static uint64_t in_use(const struct world *world, const char *pool)
{
	struct ip seen[2 * SERVICES];
	size_t count = 0;

	for (const struct ipam_assignment *at = ipam_first(world->ipam); at;
		at = ipam_next(world->ipam, at)) {
		for (size_t i = 0; i < at->count; i++) {
			bool is_known = strcmp(at->pools[i], pool) != 0;

			for (size_t k = 0; k < count && !is_known; k++)
				is_known = ip_equal(&seen[k], &at->ips[i]);
			if (!is_known)
				seen[count++] = at->ips[i];
		}
	}
	return count;
}

static void assert_counted(const struct world *world)
{
	for (size_t i = 0; i < ipam_pool_count(world->ipam); i++) {
		struct ipam_pool_view pool = ipam_pool_at(world->ipam, i);

		assert_int_equal(pool.in_use[0] + pool.in_use[1], in_use(world, pool.name));
	}
}

/* Everything once more: whoever is content stays as he is, so nothing swings to and fro. */
static void assert_settled(struct world *world)
{
	auto_(freep) char *before = text_of(world);
	auto_(freep) char *after = NULL;

	ipam_update(world->ipam, world->model, &(struct model_dirty){ .is_all = true }, NULL, NULL);
	after = text_of(world);
	assert_string_equal(after, before);
}

static void laws_hold_through_random_changes(void **state)
{
	static const enum ipam_mode modes[] = { IPAM_SELF, IPAM_MANIFESTS };
	unsigned seed = 7;

	(void)state;
	for (unsigned walk = 0; walk < WALKS; walk++) {
		struct world world = world_open(modes[walk % 2]);

		for (unsigned step = 0; step < STEPS; step++) {
			apply(&world, random_below(&seed, OBJECTS),
				random_below(&seed, VARIANTS + 1));
			settle(&world);
			assert_lawful(&world);
			assert_counted(&world);
			assert_settled(&world);
		}
		world_close(&world);
	}
}

/* The addresses of Service @i, "" if it has none or would rather have others. */
static void addresses_of(const struct world *world, unsigned i, char text[2 * IP_TEXT_SIZE])
{
	char ns[16];
	char name[16];
	char one[IP_TEXT_SIZE];
	const struct ipam_assignment *found;

	(void)snprintf(name, sizeof(name), "s%02u", i);
	(void)snprintf(ns, sizeof(ns), "ns%u", i % NAMESPACES);
	found = ipam_find(world->ipam, ns, name);
	text[0] = '\0';
	for (size_t k = 0; found && k < found->count; k++)
		strcat(strcat(text, ip_format(&found->ips[k], one)), " ");
	if (found && found->outcome == IPAM_KEPT_DESPITE_REQUEST)
		text[0] = '\0';
}

/* Every address in @before is in @after too. */
static bool has_all(const char *after, const char *before)
{
	auto_(freep) char *copy = xstrdup(before);
	char *rest = copy;

	for (char *one = strsep(&rest, " "); one; one = strsep(&rest, " ")) {
		if (!strstr(after, one))
			return false;
	}
	return true;
}

/* What one Service does takes nothing from others; it may only give to one that waits. */
static void what_is_given_stays_given_when_others_change(void **state)
{
	unsigned seed = 23;

	(void)state;
	for (unsigned walk = 0; walk < WALKS; walk++) {
		struct world world = world_open(IPAM_SELF);
		struct scene scene = random_scene(&seed);

		for (unsigned i = 0; i < OBJECTS; i++)
			apply(&world, i, scene.variant[i]);
		settle(&world);
		for (unsigned step = 0; step < STEPS; step++) {
			unsigned changed = random_below(&seed, SERVICES);
			char before[SERVICES][2 * IP_TEXT_SIZE];
			char after[2 * IP_TEXT_SIZE];

			for (unsigned i = 0; i < SERVICES; i++)
				addresses_of(&world, i, before[i]);
			apply(&world, POOLS + NAMESPACES + changed,
				random_below(&seed, VARIANTS + 1));
			settle(&world);
			for (unsigned i = 0; i < SERVICES; i++) {
				addresses_of(&world, i, after);
				if (i != changed)
					assert_true(has_all(after, before[i]));
			}
		}
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_agree_whatever_their_history_and_order),
		cmocka_unit_test(laws_hold_through_random_changes),
		cmocka_unit_test(what_is_given_stays_given_when_others_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
