/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/unit/cmocka_all.h"
#include "tests/unit/plan_bgp_build.h"

#define EXCLUDE "node.kubernetes.io/exclude-from-external-load-balancers"

static void spoil_nothing(struct bgp_world *world)
{
	(void)world;
}

static void spoil_endpoints(struct bgp_world *world)
{
	world->slice->endpoints.at[0].ready = (struct opt_bool){ true, false };
}

static void spoil_pool(struct bgp_world *world)
{
	build_string(&world->ad->pools, "other");
}

static void select_label(struct selectors *selectors, const char *key)
{
	selectors->at = xnew(struct selector);
	selectors->count = 1;
	build_label(&selectors->at[0].match_labels, key, "yes");
}

static void spoil_service_labels(struct bgp_world *world)
{
	select_label(&world->ad->service_selectors, "public");
}

static void keep_service_labels(struct bgp_world *world)
{
	select_label(&world->ad->service_selectors, "public");
	build_label(&world->service->object.meta.labels, "public", "yes");
}

static void spoil_node_labels(struct bgp_world *world)
{
	select_label(&world->ad->node_selectors, "edge");
}

static void spoil_peers(struct bgp_world *world)
{
	build_string(&world->ad->peers, "tor-z");
}

static void take_ipv6(struct bgp_world *world)
{
	(void)!ip_parse("2001:db8::7", &world->assigned.ips[0]);
}

static void exclude_node(struct bgp_world *world)
{
	build_label(&world->node->meta.labels, EXCLUDE, "");
}

static void ignore_exclusion(struct bgp_world *world)
{
	exclude_node(world);
	world->input.ignore_exclude_label = true;
}

static void cut_network(struct bgp_world *world)
{
	struct node *node = (struct node *)world->node;

	node->conditions.at = xnew(struct condition);
	node->conditions.count = 1;
	node->conditions.at[0].type = xstrdup("NetworkUnavailable");
	node->conditions.at[0].status = xstrdup("True");
}

static void be_another_node(struct bgp_world *world)
{
	world->input.self = "node-z";
}

static void want_local(struct bgp_world *world)
{
	world->service->external_traffic_policy = TRAFFIC_LOCAL;
}

static void want_local_elsewhere(struct bgp_world *world)
{
	want_local(world);
	free(world->slice->endpoints.at[0].node_name);
	world->slice->endpoints.at[0].node_name = xstrdup("node-b");
}

static void serve_elsewhere(struct bgp_world *world)
{
	free(world->slice->endpoints.at[0].node_name);
	world->slice->endpoints.at[0].node_name = xstrdup("node-b");
}

static void annotate(struct bgp_world *world, const char *key, const char *value)
{
	build_label(&world->service->object.meta.annotations, key, value);
}

static void annotate_badly(struct bgp_world *world)
{
	annotate(world, "bellman.dev/bgp-med", "-1");
}

static void annotate_prepend_11(struct bgp_world *world)
{
	annotate(world, "bellman.dev/bgp-as-path-prepend", "11");
}

static void annotate_no_community(struct bgp_world *world)
{
	annotate(world, "bellman.dev/bgp-communities", "65000:1, nonsense");
}

static void name_unknown_community(struct bgp_world *world)
{
	build_string(&world->ad->communities, "an-alias");
}

static void add_other_preference(struct bgp_world *world)
{
	struct bgp_advertisement *other = world_ad("other");

	other->local_pref = world_int(200);
	model_put(world->model, &other->object);
}

static void add_other_prepend(struct bgp_world *world)
{
	struct bgp_advertisement *other = world_ad("other");

	other->as_path_prepend = world_int(2);
	model_put(world->model, &other->object);
}

static void add_other_preference_apart(struct bgp_world *world)
{
	struct bgp_advertisement *other = world_ad("other");

	other->local_pref = world_int(200);
	build_string(&other->peers, "tor-a");
	build_string(&world->ad->peers, "tor-b");
	model_put(world->model, &other->object);
}

static void add_other_preference_by_length(struct bgp_world *world)
{
	struct bgp_advertisement *other = world_ad("other");

	other->local_pref = world_int(200);
	other->aggregation_length = world_int(24);
	model_put(world->model, &other->object);
}

static void drain(struct bgp_world *world)
{
	world->input.bgp.withheld = PLAN_NODE_DRAINED;
}

struct gate_case {
	const char *name;
	void (*spoil)(struct bgp_world *world);
	enum plan_reason reason;
	size_t paths;
};

static struct gate_case gates[] = {
	{ "a_node_with_a_peer_announces", spoil_nothing, PLAN_PASSED, 1 },
	{ "cluster_policy_serves_endpoints_elsewhere", serve_elsewhere, PLAN_PASSED, 1 },
	{ "local_policy_passes_with_an_endpoint_here", want_local, PLAN_PASSED, 1 },
	{ "local_policy_wants_an_endpoint_here", want_local_elsewhere, PLAN_NO_LOCAL_ENDPOINT, 0 },
	{ "without_a_servable_endpoint_nothing_is_announced", spoil_endpoints, PLAN_NO_ENDPOINTS,
		0 },
	{ "an_advertisement_of_another_pool_does_not_count", spoil_pool, PLAN_NO_BGP_ADVERTISEMENT,
		0 },
	{ "a_service_selector_that_does_not_match_counts_out", spoil_service_labels,
		PLAN_NO_BGP_ADVERTISEMENT, 0 },
	{ "a_service_selector_that_matches_counts_in", keep_service_labels, PLAN_PASSED, 1 },
	{ "a_node_selector_that_does_not_match_counts_out", spoil_node_labels,
		PLAN_NODE_NOT_SELECTED, 0 },
	{ "an_advertisement_to_no_peer_of_the_node_goes_nowhere", spoil_peers, PLAN_NO_BGP_PEER,
		0 },
	{ "a_peer_of_the_other_family_is_no_way_out", take_ipv6, PLAN_NO_BGP_PEER, 0 },
	{ "an_excluded_node_announces_nothing", exclude_node, PLAN_NODE_EXCLUDED, 0 },
	{ "the_exclude_label_can_be_ignored", ignore_exclusion, PLAN_PASSED, 1 },
	{ "a_node_without_network_announces_nothing", cut_network, PLAN_NODE_NETWORK_UNAVAILABLE,
		0 },
	{ "a_node_nobody_described_is_unknown", be_another_node, PLAN_NODE_UNKNOWN, 0 },
	{ "a_bad_annotation_stops_the_service", annotate_badly, PLAN_BAD_ANNOTATION, 0 },
	{ "more_than_ten_prepends_are_refused", annotate_prepend_11, PLAN_BAD_ANNOTATION, 0 },
	{ "an_unknown_community_in_an_annotation_is_refused", annotate_no_community,
		PLAN_BAD_ANNOTATION, 0 },
	{ "an_undefined_alias_stops_its_advertisement", name_unknown_community,
		PLAN_UNKNOWN_COMMUNITY, 0 },
	{ "different_preferences_of_one_update_conflict", add_other_preference,
		PLAN_CONFLICTING_ADVERTISEMENTS, 0 },
	{ "different_prepends_of_one_update_conflict", add_other_prepend,
		PLAN_CONFLICTING_ADVERTISEMENTS, 0 },
	{ "different_preferences_for_different_peers_agree", add_other_preference_apart,
		PLAN_PASSED, 2 },
	{ "different_preferences_of_different_lengths_agree", add_other_preference_by_length,
		PLAN_PASSED, 2 },
	{ "a_drained_node_announces_nothing", drain, PLAN_NODE_DRAINED, 0 },
};

static void gate_decides(void **state)
{
	const struct gate_case *test = *state;
	auto_(service_plan_freep) struct service_plan *plan = NULL;
	struct bgp_world world;

	world_open(&world);
	test->spoil(&world);
	plan = world_plan(&world);
	assert_int_equal(plan->addresses[0].bgp_reason, test->reason);
	/* With no advertisement of either kind the one reason speaks for both. */
	assert_int_equal(service_plan_reason(plan),
		test->reason == PLAN_NO_BGP_ADVERTISEMENT ? PLAN_NO_MATCHING_ADVERTISEMENT :
							    test->reason);
	assert_int_equal(plan->bgp.count, test->paths);
	world_close(&world);
}

/* The attributes of the one path that the world plans. */
static struct plan_bgp_attrs planned(struct bgp_world *world)
{
	auto_(service_plan_freep) struct service_plan *plan = world_plan(world);
	struct plan_bgp_attrs attrs;

	assert_int_equal(plan->bgp.count, 1);
	attrs = plan_bgp_attrs_copy(&plan->bgp.at[0].attrs);
	world_close(world);
	return attrs;
}

static void an_advertisement_gives_its_attributes(void **state)
{
	struct bgp_world world;
	struct plan_bgp_attrs attrs;

	(void)state;
	world_open(&world);
	world.ad->local_pref = world_int(4000000000);
	world.ad->as_path_prepend = world_int(3);
	build_string(&world.ad->communities, "65000:2");
	build_string(&world.ad->communities, "65000:1");
	build_string(&world.ad->communities, "large:1:2:3");
	attrs = planned(&world);
	assert_int_equal(attrs.local_pref, 4000000000);
	assert_int_equal(attrs.prepend, 3);
	assert_false(attrs.has_med);
	assert_int_equal(attrs.community_count, 2);
	assert_int_equal(attrs.communities[0], 0xfde80001);
	assert_int_equal(attrs.communities[1], 0xfde80002);
	assert_int_equal(attrs.large_count, 1);
	assert_int_equal(attrs.large[0].parts[2], 3);
	plan_bgp_attrs_fini(&attrs);
}

static void an_alias_stands_for_its_community(void **state)
{
	struct community *community = build_object(MODEL_COMMUNITY, "Community", "m", "c");
	struct bgp_world world;
	struct plan_bgp_attrs attrs;

	(void)state;
	world_open(&world);
	community->communities.at = xnew(struct community_alias);
	community->communities.count = 1;
	community->communities.at[0].name = xstrdup("an-alias");
	community->communities.at[0].value = xstrdup("65000:9");
	model_put(world.model, &community->object);
	build_string(&world.ad->communities, "an-alias");
	attrs = planned(&world);
	assert_int_equal(attrs.community_count, 1);
	assert_int_equal(attrs.communities[0], 0xfde80009);
	plan_bgp_attrs_fini(&attrs);
}

static void annotations_add_to_the_advertisement(void **state)
{
	struct bgp_world world;
	struct plan_bgp_attrs attrs;

	(void)state;
	world_open(&world);
	world.ad->as_path_prepend = world_int(3);
	build_string(&world.ad->communities, "65000:1");
	annotate(&world, "bellman.dev/bgp-communities", " 65000:1 ,no-export,large:1:2:3");
	annotate(&world, "bellman.dev/bgp-as-path-prepend", "0");
	annotate(&world, "bellman.dev/bgp-med", "4294967295");
	attrs = planned(&world);
	assert_int_equal(attrs.community_count, 2);
	assert_int_equal(attrs.communities[1], 0xffffff01);
	assert_int_equal(attrs.large_count, 1);
	assert_int_equal(attrs.prepend, 0);
	assert_true(attrs.has_med);
	assert_int_equal(attrs.med, UINT32_MAX);
	plan_bgp_attrs_fini(&attrs);
}

static void an_aggregate_keeps_to_the_advertisement(void **state)
{
	struct bgp_world world;
	struct plan_bgp_attrs attrs;

	(void)state;
	world_open(&world);
	world.ad->aggregation_length = world_int(24);
	annotate(&world, "bellman.dev/bgp-med", "5");
	attrs = planned(&world);
	assert_false(attrs.has_med);
	plan_bgp_attrs_fini(&attrs);
}

static void weights_count_the_endpoints_of_the_node(void **state)
{
	struct bgp_world world;
	struct plan_bgp_attrs attrs;

	(void)state;
	world_open(&world);
	world.input.bgp.weighs_endpoints = true;
	want_local(&world);
	attrs = planned(&world);
	assert_int_equal(attrs.weight, 1);
	plan_bgp_attrs_fini(&attrs);
}

static void with_cluster_policy_no_node_weighs_more(void **state)
{
	struct bgp_world world;
	struct plan_bgp_attrs attrs;

	(void)state;
	world_open(&world);
	world.input.bgp.weighs_endpoints = true;
	attrs = planned(&world);
	assert_int_equal(attrs.weight, 0);
	plan_bgp_attrs_fini(&attrs);
}

static void two_advertisements_of_one_route_do_not_count_twice(void **state)
{
	struct bgp_advertisement *more = world_ad("more");
	auto_(service_plan_freep) struct service_plan *plan = NULL;
	struct bgp_world world;

	(void)state;
	world_open(&world);
	world.input.bgp.weighs_endpoints = true;
	want_local(&world);
	build_string(&more->peers, "tor-a");
	build_string(&more->communities, "65000:2");
	model_put(world.model, &more->object);
	plan = world_plan(&world);
	assert_int_equal(plan->bgp.count, 2);
	assert_true((plan->bgp.at[0].peers & plan->bgp.at[1].peers) == 0);
	assert_string_equal(plan->bgp.at[0].advertisement, "ad, more");
	assert_int_equal(plan->bgp.at[0].attrs.community_count, 1);
	assert_int_equal(plan->bgp.at[0].attrs.weight, 1);
	assert_string_equal(plan->bgp.at[1].advertisement, "ad");
	assert_int_equal(plan->bgp.at[1].attrs.community_count, 0);
	assert_int_equal(plan->bgp.at[1].attrs.weight, 1);
	world_close(&world);
}

static void a_service_may_be_announced_in_both_ways(void **state)
{
	struct plan_link link = { "eth0", 2, true, true };
	auto_(service_plan_freep) struct service_plan *plan = NULL;
	struct bgp_world world;

	(void)state;
	world_open(&world);
	world.input.links = &link;
	world.input.link_count = 1;
	model_put(world.model, build_object(MODEL_L2_ADVERTISEMENT, "L2Advertisement", "m", "l2"));
	plan = world_plan(&world);
	assert_int_equal(plan->addresses[0].reason, PLAN_PASSED);
	assert_int_equal(plan->addresses[0].bgp_reason, PLAN_PASSED);
	assert_string_equal(plan->gates[plan->gate_count - 1].name, "bgp-ipv4");
	assert_string_equal(
		plan->gates[plan->gate_count - 1].detail, "198.51.100.7/32 to tor-a, tor-b");
	world_close(&world);
}

static void one_machine_is_a_cluster_of_one(void **state)
{
	struct bgp_world world;
	auto_(service_plan_freep) struct service_plan *plan = NULL;
	struct object_id id;

	(void)state;
	world_open(&world);
	service_plan_free(world_plan(&world));
	id = object_id(world.node);
	model_remove(world.model, &id);
	plan = service_plan_new(&world.input, world.service);
	assert_int_equal(plan->addresses[0].bgp_reason, PLAN_PASSED);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(an_advertisement_gives_its_attributes),
		cmocka_unit_test(an_alias_stands_for_its_community),
		cmocka_unit_test(annotations_add_to_the_advertisement),
		cmocka_unit_test(an_aggregate_keeps_to_the_advertisement),
		cmocka_unit_test(weights_count_the_endpoints_of_the_node),
		cmocka_unit_test(with_cluster_policy_no_node_weighs_more),
		cmocka_unit_test(two_advertisements_of_one_route_do_not_count_twice),
		cmocka_unit_test(a_service_may_be_announced_in_both_ways),
		cmocka_unit_test(one_machine_is_a_cluster_of_one),
	};
	struct CMUnitTest tests[COUNT_OF(gates) + COUNT_OF(others)];

	for (size_t i = 0; i < COUNT_OF(gates); i++)
		tests[i] = (struct CMUnitTest){
			.name = gates[i].name, .test_func = gate_decides, .initial_state = &gates[i]
		};
	memcpy(tests + COUNT_OF(gates), others, sizeof(others));
	return cmocka_run_group_tests_name("plan_bgp", tests, NULL, NULL);
}
