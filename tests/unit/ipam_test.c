/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/ipam.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

#include <stdio.h>

struct world {
	struct model *model;
	struct ipam *ipam;
};

static void world_open(struct world *world, enum ipam_mode mode)
{
	world->model = model_new();
	world->ipam = ipam_new(mode, NULL);
}

static void world_close(struct world *world)
{
	ipam_free(world->ipam);
	model_free(world->model);
}

static void settle(struct world *world)
{
	struct model_dirty dirty;

	model_take_dirty(world->model, &dirty);
	ipam_update(world->ipam, world->model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
}

static struct pool *new_pool(const char *name, const char *first, const char *second)
{
	struct pool *pool = build_object(MODEL_POOL, "IPAddressPool", "metallb-system", name);

	build_string(&pool->addresses, first);
	if (second)
		build_string(&pool->addresses, second);
	return pool;
}

static struct service *new_service(const char *name, const char *cluster_ip)
{
	struct service *service = build_object(MODEL_SERVICE, "Service", "a", name);

	service->type = SERVICE_LOAD_BALANCER;
	build_string(&service->cluster_ips, cluster_ip);
	service->ports.at = xnew(struct service_port);
	service->ports.count = 1;
	service->ports.at[0].port = (struct opt_int){ true, 80 };
	return service;
}

static struct service *dual(struct service *service, enum ip_family_policy policy)
{
	build_string(&service->cluster_ips, "fd00:1::1");
	service->ip_family_policy = (uint8_t)policy;
	return service;
}

static struct service *annotated(struct service *service, const char *key, const char *value)
{
	build_label(&service->object.meta.annotations, key, value);
	return service;
}

static struct service *on_port(struct service *service, int64_t port)
{
	service->ports.at[0].port.value = port;
	return service;
}

static struct service *claiming(struct service *service, const char *ip)
{
	service->ingress.at = xnew(struct service_ingress);
	service->ingress.count = 1;
	service->ingress.at[0].ip = xstrdup(ip);
	return service;
}

/* "10.0.0.1,fd00::1 outcome" of Service @name. */
static const char *assigned(const struct world *world, const char *name)
{
	static char line[200];
	const struct ipam_assignment *found = ipam_find(world->ipam, "a", name);
	char text[IP_TEXT_SIZE];

	line[0] = '\0';
	assert_non_null(found);
	for (size_t i = 0; i < found->count; i++) {
		strcat(line, ip_format(&found->ips[i], text));
		strcat(line, i + 1 < found->count ? "," : " ");
	}
	return strcat(line, ipam_outcome_name(found->outcome));
}

#define assert_assigned(world, name, want) assert_string_equal(assigned(world, name), want)

static void lowest_address_goes_to_the_oldest_service(void **state)
{
	struct service *young = new_service("a-young", "10.96.0.1");
	struct service *old = new_service("z-old", "10.96.0.2");
	struct world world;

	(void)state;
	world_open(&world, IPAM_MANIFESTS);
	young->object.meta.created_seconds = 200;
	old->object.meta.created_seconds = 100;
	model_put(world.model, &young->object);
	model_put(world.model, &new_service("b-unstamped", "10.96.0.3")->object);
	settle(&world);
	assert_assigned(&world, "a-young", "no_pools");
	model_put(world.model, &new_pool("p", "192.0.2.0/30", NULL)->object);
	settle(&world);
	model_put(world.model, &old->object);
	settle(&world);
	assert_assigned(&world, "z-old", "192.0.2.0 assigned");
	assert_assigned(&world, "a-young", "192.0.2.1 assigned");
	assert_assigned(&world, "b-unstamped", "192.0.2.2 assigned");
	world_close(&world);
}

static void an_allocator_for_all_keeps_what_it_gave(void **state)
{
	struct object_id id = { MODEL_SERVICE, "Service", "a", "a" };
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("p", "192.0.2.1-192.0.2.2", NULL)->object);
	model_put(world.model, &new_service("a", "10.96.0.1")->object);
	model_put(world.model, &new_service("b", "10.96.0.2")->object);
	model_put(world.model, &new_service("c", "10.96.0.3")->object);
	settle(&world);
	assert_assigned(&world, "b", "192.0.2.2 assigned");
	assert_assigned(&world, "c", "exhausted");
	model_remove(world.model, &id);
	settle(&world);
	assert_assigned(&world, "b", "192.0.2.2 assigned");
	assert_assigned(&world, "c", "192.0.2.1 assigned");
	world_close(&world);
}

static void what_the_status_says_comes_first(void **state)
{
	struct service *claims = claiming(new_service("z", "10.96.0.9"), "192.0.2.1");
	struct world world;

	(void)state;
	world_open(&world, IPAM_MANIFESTS);
	model_put(world.model, &new_pool("p", "192.0.2.1-192.0.2.9", NULL)->object);
	model_put(world.model, &new_service("a", "10.96.0.1")->object);
	model_put(world.model, &claims->object);
	settle(&world);
	assert_assigned(&world, "z", "192.0.2.1 assigned");
	assert_assigned(&world, "a", "192.0.2.2 assigned");
	world_close(&world);
}

/* "a" comes first in the order, and draws the IPv4 address that its status does not have. */
static void what_a_later_status_says_is_not_drawn_before(void **state)
{
	struct service *older = dual(
		new_service("a", "10.96.0.1"), FAMILY_POLICY_PREFER_DUAL_STACK);
	struct service *later = new_service("b", "10.96.0.2");
	struct world world;

	(void)state;
	world_open(&world, IPAM_MANIFESTS);
	model_put(world.model, &new_pool("p", "192.0.2.1-192.0.2.2", "2001:db8::/120")->object);
	model_put(world.model, &claiming(older, "2001:db8::7")->object);
	settle(&world);
	assert_assigned(&world, "a", "192.0.2.1,2001:db8::7 assigned");
	model_put(world.model, &claiming(later, "192.0.2.1")->object);
	settle(&world);
	assert_assigned(&world, "a", "192.0.2.2,2001:db8::7 assigned");
	assert_assigned(&world, "b", "192.0.2.1 assigned");
	world_close(&world);
}

/* "dual" would need an IPv6 address beside its claim, and there is none. */
static void a_claim_that_leads_to_nothing_is_free_for_others(void **state)
{
	struct world world;
	struct service *needy = dual(
		new_service("dual", "10.96.0.1"), FAMILY_POLICY_REQUIRE_DUAL_STACK);
	struct service *older = claiming(new_service("a", "10.96.0.2"), "198.51.100.9");

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("p", "192.0.2.1/32", NULL)->object);
	model_put(world.model, &claiming(needy, "192.0.2.1")->object);
	model_put(world.model, &older->object);
	settle(&world);
	assert_assigned(&world, "dual", "exhausted");
	assert_assigned(&world, "a", "192.0.2.1 assigned");
	world_close(&world);
}

static void a_follower_gives_nothing_of_its_own(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, IPAM_FOLLOW);
	model_put(world.model, &new_pool("p", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_service("a", "10.96.0.1")->object);
	settle(&world);
	assert_assigned(&world, "a", "not_published");
	world_close(&world);
}

static void a_follower_takes_what_is_published_once_it_is_free(void **state)
{
	struct object_id id = { MODEL_SERVICE, "Service", "a", "a" };
	struct world world;

	(void)state;
	world_open(&world, IPAM_FOLLOW);
	model_put(world.model, &new_pool("p", "192.0.2.1-192.0.2.9", NULL)->object);
	model_put(world.model, &claiming(new_service("a", "10.96.0.1"), "192.0.2.1")->object);
	model_put(world.model, &claiming(new_service("b", "10.96.0.2"), "192.0.2.1")->object);
	settle(&world);
	assert_assigned(&world, "a", "192.0.2.1 assigned");
	assert_assigned(&world, "b", "not_published");
	model_remove(world.model, &id);
	settle(&world);
	assert_assigned(&world, "b", "192.0.2.1 assigned");
	world_close(&world);
}

static void a_restored_address_is_given_back(void **state)
{
	struct world world;
	struct ip ip = { 0 };

	(void)state;
	world_open(&world, IPAM_SELF);
	assert_int_equal(ip_parse("192.0.2.7", &ip), 0);
	ipam_restore(world.ipam, "a", "web", &ip);
	model_put(world.model, &new_pool("p", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_service("web", "10.96.0.1")->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.7 assigned");
	world_close(&world);
}

static void a_wish_that_can_not_be_met_keeps_the_working_address(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("p", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_service("web", "10.96.0.1")->object);
	settle(&world);
	model_put(world.model,
		&annotated(new_service("web", "10.96.0.1"), "metallb.io/loadBalancerIPs",
			"203.0.113.1")
			 ->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.0 kept_despite_request");
	model_put(world.model,
		&annotated(
			new_service("web", "10.96.0.1"), "metallb.io/loadBalancerIPs", "192.0.2.9")
			 ->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.9 assigned");
	world_close(&world);
}

static void sharers_meet_on_one_address_unless_their_ports_collide(void **state)
{
	const char *key = "metallb.io/allow-shared-ip";
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("p", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_service("a0", "10.96.0.1")->object);
	model_put(world.model, &annotated(new_service("b1", "10.96.0.1"), key, "k")->object);
	model_put(world.model,
		&on_port(annotated(new_service("b2", "10.96.0.2"), key, "k"), 443)->object);
	model_put(world.model, &annotated(new_service("b3", "10.96.0.3"), key, "k")->object);
	settle(&world);
	assert_assigned(&world, "a0", "192.0.2.0 assigned");
	assert_assigned(&world, "b1", "192.0.2.1 assigned");
	assert_assigned(&world, "b2", "192.0.2.1 assigned");
	assert_assigned(&world, "b3", "192.0.2.2 assigned");
	world_close(&world);
}

static void dual_stack_may_draw_from_two_pools(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("four", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_pool("six", "2001:db8::/64", NULL)->object);
	model_put(world.model,
		&dual(new_service("web", "10.96.0.1"), FAMILY_POLICY_REQUIRE_DUAL_STACK)->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.0,2001:db8:: assigned");
	world_close(&world);
}

static void one_pool_with_both_families_is_preferred(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("a-four", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_pool("both", "198.51.100.0/24", "2001:db8::/64")->object);
	model_put(world.model,
		&dual(new_service("web", "10.96.0.1"), FAMILY_POLICY_PREFER_DUAL_STACK)->object);
	settle(&world);
	assert_assigned(&world, "web", "198.51.100.0,2001:db8:: assigned");
	world_close(&world);
}

static void prefer_dual_stack_makes_do_with_one_family(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("four", "192.0.2.0/24", NULL)->object);
	model_put(world.model,
		&dual(new_service("web", "10.96.0.1"), FAMILY_POLICY_PREFER_DUAL_STACK)->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.0 partly_assigned");
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.0 partly_assigned");
	model_put(world.model, &new_pool("six", "2001:db8::/64", NULL)->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.0,2001:db8:: assigned");
	world_close(&world);
}

static void a_pinned_pool_is_closed_to_others_even_on_request(void **state)
{
	struct pool *pool = new_pool("pinned", "192.0.2.0/24", NULL);
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	pool->has_service_allocation = true;
	/* Selectors that match no namespace at all: MetalLB would let everybody in. */
	pool->namespace_selectors.at = xnew(struct selector);
	pool->namespace_selectors.count = 1;
	build_label(&pool->namespace_selectors.at[0].match_labels, "team", "x");
	model_put(world.model, &pool->object);
	model_put(world.model,
		&annotated(
			new_service("web", "10.96.0.1"), "metallb.io/loadBalancerIPs", "192.0.2.9")
			 ->object);
	model_put(world.model, &new_service("other", "10.96.0.2")->object);
	settle(&world);
	assert_assigned(&world, "web", "pool_not_allowed");
	assert_assigned(&world, "other", "exhausted");
	world_close(&world);
}

static void pinned_pools_go_by_priority(void **state)
{
	struct pool *low = new_pool("a-low", "192.0.2.0/24", NULL);
	struct pool *high = new_pool("z-high", "198.51.100.0/24", NULL);
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	low->has_service_allocation = high->has_service_allocation = true;
	low->priority = (struct opt_int){ true, 20 };
	high->priority = (struct opt_int){ true, 10 };
	model_put(world.model, &low->object);
	model_put(world.model, &high->object);
	model_put(world.model, &new_pool("general", "203.0.113.0/24", NULL)->object);
	model_put(world.model, &new_service("web", "10.96.0.1")->object);
	settle(&world);
	assert_assigned(&world, "web", "198.51.100.0 assigned");
	world_close(&world);
}

static void removing_a_pool_moves_its_services(void **state)
{
	struct object_id id = { MODEL_POOL, "IPAddressPool", "metallb-system", "a" };
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("a", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &new_pool("b", "198.51.100.0/24", NULL)->object);
	model_put(world.model, &new_service("web", "10.96.0.1")->object);
	settle(&world);
	assert_assigned(&world, "web", "192.0.2.0 assigned");
	model_remove(world.model, &id);
	settle(&world);
	assert_assigned(&world, "web", "198.51.100.0 assigned");
	world_close(&world);
}

static void a_foreign_class_is_left_alone(void **state)
{
	struct service *service = new_service("web", "10.96.0.1");
	struct world world;

	(void)state;
	world_open(&world, IPAM_SELF);
	service->load_balancer_class = xstrdup("example.com/other");
	model_put(world.model, &new_pool("p", "192.0.2.0/24", NULL)->object);
	model_put(world.model, &service->object);
	settle(&world);
	assert_assigned(&world, "web", "other_load_balancer_class");
	world_close(&world);
}

enum {
	SERVICES = 60
};

static void put_numbered(struct world *world, unsigned i)
{
	char name[16];
	struct service *service;

	(void)snprintf(name, sizeof(name), "s%02u", i);
	service = new_service(name, "10.96.0.1");
	if (i % 4 == 0)
		annotated(service, "metallb.io/allow-shared-ip", i % 8 == 0 ? "x" : "y");
	on_port(service, 80 + i % 5);
	service->object.meta.created_seconds = i % 7;
	model_put(world->model, &service->object);
}

static void remove_numbered(struct world *world, unsigned i)
{
	char name[16];
	struct object_id id = { MODEL_SERVICE, "Service", "a", name };

	(void)snprintf(name, sizeof(name), "s%02u", i);
	model_remove(world->model, &id);
}

/* The pool is too small for all, so that waiting takes part too. */
static void nodes_agree_whatever_their_history(void **state)
{
	struct world fresh;
	unsigned seed = 3;

	(void)state;
	world_open(&fresh, IPAM_MANIFESTS);
	model_put(fresh.model, &new_pool("p", "192.0.2.0/27", NULL)->object);
	for (unsigned i = 0; i < SERVICES; i++)
		put_numbered(&fresh, i);
	settle(&fresh);

	for (int history = 0; history < 30; history++) {
		struct world other;

		world_open(&other, IPAM_MANIFESTS);
		model_put(other.model, &new_pool("p", "192.0.2.0/27", NULL)->object);
		for (int step = 0; step < 300; step++) {
			seed = seed * 1103515245u + 12345u;
			if (seed >> 30 == 0)
				remove_numbered(&other, (seed >> 8) % SERVICES);
			else
				put_numbered(&other, (seed >> 8) % SERVICES);
			if ((seed >> 20) % 3 == 0)
				settle(&other);
		}
		for (unsigned i = 0; i < SERVICES; i++)
			put_numbered(&other, i);
		settle(&other);

		for (const struct ipam_assignment *at = ipam_first(fresh.ipam); at;
			at = ipam_next(fresh.ipam, at)) {
			char want[200];

			(void)snprintf(
				want, sizeof(want), "%s", assigned(&fresh, at->request->name));
			assert_assigned(&other, at->request->name, want);
		}
		world_close(&other);
	}
	world_close(&fresh);
}

/* Every address has one holder, or holders that may share it; and each lies in a pool. */
static void no_address_is_doubled_through_random_changes(void **state)
{
	struct world world;
	unsigned seed = 11;

	(void)state;
	world_open(&world, IPAM_SELF);
	model_put(world.model, &new_pool("p", "192.0.2.0/27", NULL)->object);
	for (int step = 0; step < 2000; step++) {
		seed = seed * 1103515245u + 12345u;
		if (seed >> 30 == 0)
			remove_numbered(&world, (seed >> 8) % SERVICES);
		else
			put_numbered(&world, (seed >> 8) % SERVICES);
		settle(&world);
		for (const struct ipam_assignment *a = ipam_first(world.ipam); a;
			a = ipam_next(world.ipam, a)) {
			for (const struct ipam_assignment *b = ipam_next(world.ipam, a); b;
				b = ipam_next(world.ipam, b)) {
				char *why;

				if (a->count == 0 || b->count == 0 ||
					!ip_equal(&a->ips[0], &b->ips[0]))
					continue;
				why = ipam_sharing_conflict(a->request, b->request, &a->ips[0]);
				assert_null(why);
			}
		}
	}
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_address_goes_to_the_oldest_service),
		cmocka_unit_test(an_allocator_for_all_keeps_what_it_gave),
		cmocka_unit_test(what_the_status_says_comes_first),
		cmocka_unit_test(what_a_later_status_says_is_not_drawn_before),
		cmocka_unit_test(a_claim_that_leads_to_nothing_is_free_for_others),
		cmocka_unit_test(a_follower_gives_nothing_of_its_own),
		cmocka_unit_test(a_follower_takes_what_is_published_once_it_is_free),
		cmocka_unit_test(a_restored_address_is_given_back),
		cmocka_unit_test(a_wish_that_can_not_be_met_keeps_the_working_address),
		cmocka_unit_test(sharers_meet_on_one_address_unless_their_ports_collide),
		cmocka_unit_test(dual_stack_may_draw_from_two_pools),
		cmocka_unit_test(one_pool_with_both_families_is_preferred),
		cmocka_unit_test(prefer_dual_stack_makes_do_with_one_family),
		cmocka_unit_test(a_pinned_pool_is_closed_to_others_even_on_request),
		cmocka_unit_test(pinned_pools_go_by_priority),
		cmocka_unit_test(removing_a_pool_moves_its_services),
		cmocka_unit_test(a_foreign_class_is_left_alone),
		cmocka_unit_test(nodes_agree_whatever_their_history),
		cmocka_unit_test(no_address_is_doubled_through_random_changes),
	};

	return cmocka_run_group_tests_name("ipam", tests, NULL, NULL);
}
