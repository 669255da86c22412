/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/plan.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

#include <stdio.h>

#define EXCLUDE "node.kubernetes.io/exclude-from-external-load-balancers"

/* A Service that node-b announces over eth0; each test spoils one thing. */
struct world {
	struct model *model;
	struct service *service;
	struct object *node_b;
	struct l2_advertisement *ad;
	struct endpoint_slice *slice;
	struct plan_link link;
	struct plan_input input;
	struct plan_assigned assigned;
};

static void tell_assigned(void *user, const struct service *service, struct plan_assigned *ret)
{
	const struct world *world = user;

	(void)service;
	*ret = world->assigned;
}

static struct endpoint_slice *new_slice(const char *node)
{
	struct endpoint_slice *slice = build_object(
		MODEL_ENDPOINT_SLICE, "EndpointSlice", "a", "web-1");

	build_label(&slice->object.meta.labels, "kubernetes.io/service-name", "web");
	slice->endpoints.at = xnew(struct slice_endpoint);
	slice->endpoints.count = 1;
	build_string(&slice->endpoints.at[0].addresses, "10.0.0.1");
	slice->endpoints.at[0].node_name = xstrdup(node);
	return slice;
}

static void world_open(struct world *world)
{
	*world = (struct world){ .model = model_new() };
	world->service = build_object(MODEL_SERVICE, "Service", "a", "web");
	world->service->type = SERVICE_LOAD_BALANCER;
	world->node_b = build_object(MODEL_NODE, "Node", NULL, "node-b");
	world->ad = build_object(MODEL_L2_ADVERTISEMENT, "L2Advertisement", "metallb-system", "l2");
	world->slice = new_slice("node-a");
	world->link = (struct plan_link){ "eth0", 2, true, true };
	world->assigned = (struct plan_assigned){
		.pools = { "p", "p" }, .count = 1, .outcome = ""
	};
	assert_int_equal(ip_parse("10.0.0.1", &world->assigned.ips[0]), 0);
	world->input = (struct plan_input){
		.model = world->model,
		.self = "node-b",
		.links = &world->link,
		.link_count = 1,
		.assigned = tell_assigned,
		.user = world,
	};
}

/* Puts everything into the model and returns the reason of the Service's plan. */
static enum plan_reason reason(struct world *world)
{
	struct service_plan *plan;
	enum plan_reason found;

	model_put(world->model, build_object(MODEL_NODE, "Node", NULL, "node-a"));
	model_put(world->model, world->node_b);
	model_put(world->model, &world->slice->object);
	model_put(world->model, &world->ad->object);
	model_put(world->model, &world->service->object);
	plan = service_plan_new(&world->input, world->service);
	found = service_plan_reason(plan);
	service_plan_free(plan);
	model_free(world->model);
	return found;
}

static void the_first_in_order_announces(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	assert_int_equal(reason(&world), PLAN_PASSED);
}

static void the_second_in_order_stands_by(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.input.self = "node-a";
	assert_int_equal(reason(&world), PLAN_NOT_ELECTED);
}

static void without_an_address_nothing_is_announced(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.assigned.count = 0;
	assert_int_equal(reason(&world), PLAN_NO_ADDRESS);
}

static void another_type_is_left_alone(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.service->type = SERVICE_NODE_PORT;
	assert_int_equal(reason(&world), PLAN_NOT_LOAD_BALANCER);
}

static void an_unready_endpoint_does_not_count(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.slice->endpoints.at[0].ready = (struct opt_bool){ true, false };
	assert_int_equal(reason(&world), PLAN_NO_ENDPOINTS);
}

static void a_terminating_endpoint_that_serves_counts(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.slice->endpoints.at[0].ready = (struct opt_bool){ true, false };
	world.slice->endpoints.at[0].serving = (struct opt_bool){ true, true };
	world.slice->endpoints.at[0].terminating = (struct opt_bool){ true, true };
	assert_int_equal(reason(&world), PLAN_PASSED);
}

static void an_advertisement_of_another_pool_does_not_count(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	build_string(&world.ad->pools, "other");
	assert_int_equal(reason(&world), PLAN_NO_MATCHING_ADVERTISEMENT);
}

static void an_excluded_node_does_not_announce(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	build_label(&world.node_b->meta.labels, EXCLUDE, "");
	assert_int_equal(reason(&world), PLAN_NODE_EXCLUDED);
}

static void the_exclude_label_can_be_ignored(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.input.ignore_exclude_label = true;
	build_label(&world.node_b->meta.labels, EXCLUDE, "");
	assert_int_equal(reason(&world), PLAN_PASSED);
}

static void local_policy_wants_an_endpoint_on_the_node(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.service->external_traffic_policy = TRAFFIC_LOCAL;
	assert_int_equal(reason(&world), PLAN_NO_LOCAL_ENDPOINT);
	world_open(&world);
	world.service->external_traffic_policy = TRAFFIC_LOCAL;
	world.input.self = "node-a";
	assert_int_equal(reason(&world), PLAN_PASSED);
}

static void a_node_without_the_interface_can_not_serve(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	build_string(&world.ad->interfaces, "eth7");
	assert_int_equal(reason(&world), PLAN_NO_INTERFACE);
}

static void a_shared_address_and_a_service_selector_do_not_go_together(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.ad->service_selectors.at = xnew(struct selector);
	world.ad->service_selectors.count = 1;
	build_label(&world.service->object.meta.annotations, "metallb.io/allow-shared-ip", "");
	assert_int_equal(reason(&world), PLAN_SHARED_IP_WITH_SERVICE_SELECTOR);
}

static void a_node_nobody_described_is_unknown(void **state)
{
	struct world world;

	(void)state;
	world_open(&world);
	world.input.self = "node-z";
	assert_int_equal(reason(&world), PLAN_NODE_UNKNOWN);
}

static void settle(struct world *world, struct plan *plan)
{
	struct model_dirty dirty;

	model_take_dirty(world->model, &dirty);
	plan_update(plan, &world->input, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
}

/* Random puts and removals; after each the plan must be what a new one would be. */
static void planning_the_dirty_equals_planning_all(void **state)
{
	auto_(plan_freep) struct plan *plan = plan_new();
	struct world world = { .model = model_new() };
	unsigned seed = 5;

	(void)state;
	world.link = (struct plan_link){ "eth0", 2, true, true };
	world.assigned = (struct plan_assigned){ .pools = { "p", "p" }, .count = 1, .outcome = "" };
	assert_int_equal(ip_parse("10.0.0.1", &world.assigned.ips[0]), 0);
	world.input = (struct plan_input){ .model = world.model,
		.self = "node-b",
		.links = &world.link,
		.link_count = 1,
		.assigned = tell_assigned,
		.user = &world };

	for (int step = 0; step < 3000; step++) {
		static const char *const nodes[] = { "node-a", "node-b", "node-c" };
		static const char *const names[] = { "web", "db", "mail" };
		struct object *object;

		seed = seed * 1103515245u + 12345u;
		switch (seed >> 28 & 3) {
		case 0:
			object = build_object(MODEL_NODE, "Node", NULL, nodes[(seed >> 8) % 3]);
			if (seed >> 16 & 1)
				build_label(&object->meta.labels, EXCLUDE, "");
			break;
		case 1:
			object = build_object(
				MODEL_SERVICE, "Service", "a", names[(seed >> 8) % 3]);
			((struct service *)object)->type = seed >> 16 & 3;
			((struct service *)object)->external_traffic_policy = seed >> 20 & 1;
			break;
		case 2:
			object = &new_slice(nodes[(seed >> 8) % 3])->object;
			break;
		default:
			object = build_object(MODEL_L2_ADVERTISEMENT, "L2Advertisement", "m", "l2");
			if (seed >> 16 & 1)
				build_string(&((struct l2_advertisement *)object)->pools, "q");
			break;
		}
		if (seed >> 24 & 1) {
			struct object_id id = object_id(object);

			model_remove(world.model, &id);
			object_free(object);
		} else {
			model_put(world.model, object);
		}
		if ((seed >> 12) % 3 != 0)
			continue;
		settle(&world, plan);
		for (const struct service_plan *at = plan_first(plan); at;
			at = plan_next(plan, at)) {
			auto_(service_plan_freep) struct service_plan *fresh = service_plan_new(
				&world.input,
				(const struct service *)model_find(
					world.model, MODEL_SERVICE, at->ns, at->name));

			assert_true(service_plan_equal(at, fresh));
		}
	}
	model_free(world.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_in_order_announces),
		cmocka_unit_test(the_second_in_order_stands_by),
		cmocka_unit_test(without_an_address_nothing_is_announced),
		cmocka_unit_test(another_type_is_left_alone),
		cmocka_unit_test(an_unready_endpoint_does_not_count),
		cmocka_unit_test(a_terminating_endpoint_that_serves_counts),
		cmocka_unit_test(an_advertisement_of_another_pool_does_not_count),
		cmocka_unit_test(an_excluded_node_does_not_announce),
		cmocka_unit_test(the_exclude_label_can_be_ignored),
		cmocka_unit_test(local_policy_wants_an_endpoint_on_the_node),
		cmocka_unit_test(a_node_without_the_interface_can_not_serve),
		cmocka_unit_test(a_shared_address_and_a_service_selector_do_not_go_together),
		cmocka_unit_test(a_node_nobody_described_is_unknown),
		cmocka_unit_test(planning_the_dirty_equals_planning_all),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
