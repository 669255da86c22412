/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_routes.h"

#include "base/strbuf.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/plan_bgp_build.h"

#include <inttypes.h>
#include <stdio.h>

/* Plans of Services made by hand. */
static struct service_plan *new_plan(const char *name)
{
	struct service_plan *plan = xnew(struct service_plan);

	plan->ns = xstrdup("a");
	plan->name = xstrdup(name);
	return plan;
}

static struct plan_bgp_path *add_path(
	struct service_plan *plan, const char *prefix, uint64_t peers, uint32_t community)
{
	struct plan_bgp_path *path = array_add(plan->bgp.at, plan->bgp.count, plan->bgp.capacity);

	assert_int_equal(ip_prefix_parse(prefix, &path->prefix), 0);
	path->advertisement = xstrdup("ad");
	path->peers = peers;
	if (community != 0)
		plan_bgp_add_community(&path->attrs, community);
	return path;
}

static void write_attrs(struct strbuf *out, const struct plan_bgp_attrs *attrs)
{
	strbuf_addf(out, " pref=%" PRIu32 " med=%d/%" PRIu32 " prepend=%u weight=%" PRIu32,
		attrs->local_pref, attrs->has_med, attrs->med, attrs->prepend, attrs->weight);
	for (size_t i = 0; i < attrs->community_count; i++)
		strbuf_addf(out, " %" PRIx32, attrs->communities[i]);
	for (size_t i = 0; i < attrs->large_count; i++)
		strbuf_addf(out, " l%" PRIu32, attrs->large[i].parts[2]);
	if (attrs->has_too_many)
		strbuf_add(out, " too-many");
}

/* "198.51.100.0/24 1=[...] 2=[...]": by the lowest peer first, whatever the order of the routes. */
static void write_routes(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	struct strbuf *out = user;
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_addf(out, "%s", ip_prefix_format(prefix, text));
	for (unsigned bit = 0; bit < PLAN_BGP_PEERS_MAX; bit++) {
		for (size_t i = 0; i < count; i++) {
			if ((routes[i].peers & -routes[i].peers) != UINT64_C(1) << bit)
				continue;
			strbuf_addf(out, " %" PRIx64 "=[", routes[i].peers);
			write_attrs(out, &routes[i].attrs);
			strbuf_add(out, "]");
		}
	}
	strbuf_add(out, "\n");
}

#define PLAIN " pref=0 med=0/0 prepend=0 weight=0"

static void expect_flush(struct plan_bgp_routes *routes, const char *want)
{
	auto_(strbuf_finip) struct strbuf got = { 0 };

	plan_bgp_routes_flush(routes, write_routes, &got);
	assert_string_equal(strbuf_text(&got), want);
}

static void an_aggregate_stays_while_a_service_needs_it(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");
	auto_(service_plan_freep) struct service_plan *db = new_plan("db");

	(void)state;
	add_path(web, "198.51.100.0/24", 1, 0);
	add_path(db, "198.51.100.0/24", 1, 0);
	plan_bgp_routes_change(routes, NULL, web);
	plan_bgp_routes_change(routes, NULL, db);
	expect_flush(routes, "198.51.100.0/24 1=[" PLAIN "]\n");
	plan_bgp_routes_change(routes, web, NULL);
	expect_flush(routes, "198.51.100.0/24 1=[" PLAIN "]\n");
	plan_bgp_routes_change(routes, db, NULL);
	expect_flush(routes, "198.51.100.0/24\n");
	assert_int_equal(plan_bgp_routes_count(routes), 0);
}

static void communities_of_one_prefix_are_united(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");

	(void)state;
	add_path(web, "198.51.100.7/32", 1, 0xb);
	add_path(web, "198.51.100.7/32", 1, 0xa);
	plan_bgp_routes_change(routes, NULL, web);
	expect_flush(routes, "198.51.100.7/32 1=[" PLAIN " a b]\n");
}

static void each_peer_hears_what_is_meant_for_it(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");

	(void)state;
	add_path(web, "198.51.100.7/32", 3, 0xa);
	add_path(web, "198.51.100.7/32", 6, 0xb);
	plan_bgp_routes_change(routes, NULL, web);
	expect_flush(routes, "198.51.100.7/32 1=[" PLAIN " a] 2=[" PLAIN " a b] 4=[" PLAIN " b]\n");
}

static void peers_that_hear_the_same_are_one_route(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");

	(void)state;
	add_path(web, "198.51.100.7/32", 1, 0xa);
	add_path(web, "198.51.100.7/32", 4, 0xa);
	plan_bgp_routes_change(routes, NULL, web);
	expect_flush(routes, "198.51.100.7/32 5=[" PLAIN " a]\n");
}

static void a_change_tells_the_prefixes_it_touches_alone(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");
	auto_(service_plan_freep) struct service_plan *db = new_plan("db");
	auto_(service_plan_freep) struct service_plan *moved = new_plan("db");

	(void)state;
	add_path(web, "198.51.100.7/32", 1, 0);
	add_path(db, "198.51.100.8/32", 1, 0);
	add_path(moved, "198.51.100.9/32", 1, 0);
	plan_bgp_routes_change(routes, NULL, web);
	plan_bgp_routes_change(routes, NULL, db);
	expect_flush(routes, "198.51.100.7/32 1=[" PLAIN "]\n198.51.100.8/32 1=[" PLAIN "]\n");
	plan_bgp_routes_change(routes, db, moved);
	expect_flush(routes, "198.51.100.9/32 1=[" PLAIN "]\n198.51.100.8/32\n");
	plan_bgp_routes_change(routes, web, web);
	expect_flush(routes, "");
}

static void weights_add_up_unless_one_has_none(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");
	auto_(service_plan_freep) struct service_plan *db = new_plan("db");
	auto_(service_plan_freep) struct service_plan *none = new_plan("none");

	(void)state;
	add_path(web, "198.51.100.7/32", 1, 0)->attrs.weight = 2;
	add_path(db, "198.51.100.7/32", 1, 0)->attrs.weight = 2;
	add_path(none, "198.51.100.7/32", 1, 0);
	plan_bgp_routes_change(routes, NULL, web);
	plan_bgp_routes_change(routes, NULL, db);
	expect_flush(routes, "198.51.100.7/32 1=[ pref=0 med=0/0 prepend=0 weight=4]\n");
	plan_bgp_routes_change(routes, NULL, none);
	expect_flush(routes, "198.51.100.7/32 1=[" PLAIN "]\n");
}

static void the_more_attractive_value_counts(void **state)
{
	struct plan_bgp_attrs one = { .local_pref = 100, .has_med = true, .med = 5, .prepend = 3 };
	struct plan_bgp_attrs two = { .local_pref = 90, .has_med = true, .med = 4, .prepend = 2 };
	struct plan_bgp_attrs none = { .prepend = 9 };

	(void)state;
	plan_bgp_attrs_merge(&one, &two);
	assert_int_equal(one.local_pref, 100);
	assert_int_equal(one.med, 4);
	assert_int_equal(one.prepend, 2);
	plan_bgp_attrs_merge(&one, &none);
	assert_false(one.has_med);
}

static void more_communities_than_fit_are_none_at_all(void **state)
{
	struct plan_bgp_attrs one = { 0 };
	struct plan_bgp_attrs two = { 0 };

	(void)state;
	for (uint32_t i = 0; i < PLAN_BGP_COMMUNITIES_MAX; i++) {
		plan_bgp_add_community(&one, i);
		plan_bgp_add_community(&two, i + 1);
	}
	assert_false(one.has_too_many);
	plan_bgp_attrs_merge(&one, &two);
	assert_true(one.has_too_many);
	assert_int_equal(one.community_count, 0);
	plan_bgp_attrs_fini(&one);
	plan_bgp_attrs_fini(&two);
}

static void add_communities(struct plan_bgp_path *path, uint32_t first)
{
	for (uint32_t i = 0; i < PLAN_BGP_COMMUNITIES_MAX; i++)
		plan_bgp_add_community(&path->attrs, first + i);
}

/* However often its prefix is told. */
static void a_route_with_too_many_communities_counts_once(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(service_plan_freep) struct service_plan *web = new_plan("web");
	auto_(service_plan_freep) struct service_plan *db = new_plan("db");
	auto_(service_plan_freep) struct service_plan *more = new_plan("more");
	auto_(strbuf_finip) struct strbuf told = { 0 };

	(void)state;
	add_communities(add_path(web, "198.51.100.7/32", 1, 0), 0);
	add_communities(add_path(db, "198.51.100.7/32", 1, 0), 1);
	add_path(more, "198.51.100.7/32", 1, 0xfffe);
	plan_bgp_routes_change(routes, NULL, web);
	plan_bgp_routes_flush(routes, write_routes, &told);
	assert_int_equal(plan_bgp_routes_too_many(routes), 0);
	plan_bgp_routes_change(routes, NULL, db);
	plan_bgp_routes_flush(routes, write_routes, &told);
	assert_int_equal(plan_bgp_routes_too_many(routes), 1);
	plan_bgp_routes_change(routes, NULL, more);
	plan_bgp_routes_flush(routes, write_routes, &told);
	assert_int_equal(plan_bgp_routes_too_many(routes), 1);
	plan_bgp_routes_change(routes, db, NULL);
	plan_bgp_routes_change(routes, more, NULL);
	plan_bgp_routes_flush(routes, write_routes, &told);
	assert_int_equal(plan_bgp_routes_too_many(routes), 0);
}

/* Random objects for the property below. */
struct chaos {
	struct bgp_world world;
	uint32_t seed;
};

static uint32_t pick(struct chaos *chaos, uint32_t count)
{
	chaos->seed = chaos->seed * 1103515245u + 12345u;
	return (chaos->seed >> 16) % count;
}

static void tell_by_name(void *user, const struct service *service, struct plan_assigned *ret)
{
	(void)user;
	*ret = (struct plan_assigned){ .pools = { "p", "p" }, .count = 1, .outcome = "" };
	/* Two of the names share an address; all lie in one /24. */
	assert_int_equal(
		ip_parse(service->object.meta.name[0] == 'w' ? "198.51.100.7" : "198.51.100.9",
			&ret->ips[0]),
		0);
}

static struct object *random_service(struct chaos *chaos)
{
	static const char *const names[] = { "web", "wiki", "db" };
	struct service *service = build_object(
		MODEL_SERVICE, "Service", "a", names[pick(chaos, 3)]);

	service->type = pick(chaos, 8) == 0 ? SERVICE_NODE_PORT : SERVICE_LOAD_BALANCER;
	service->external_traffic_policy = (uint8_t)pick(chaos, 2);
	if (pick(chaos, 3) == 0)
		build_label(&service->object.meta.annotations, "bellman.dev/bgp-med", "7");
	if (pick(chaos, 3) == 0)
		build_label(&service->object.meta.annotations, "bellman.dev/bgp-communities",
			pick(chaos, 2) ? "65000:1" : "alias");
	return &service->object;
}

static struct object *random_ad(struct chaos *chaos)
{
	static const char *const names[] = { "x", "y", "z" };
	struct bgp_advertisement *ad = world_ad(names[pick(chaos, 3)]);

	if (pick(chaos, 2))
		ad->aggregation_length = world_int(24);
	if (pick(chaos, 3) == 0)
		ad->local_pref = world_int(pick(chaos, 2) ? 100 : 200);
	if (pick(chaos, 2))
		build_string(&ad->communities, pick(chaos, 2) ? "65000:2" : "alias");
	if (pick(chaos, 2))
		build_string(&ad->peers, pick(chaos, 2) ? "tor-a" : "tor-b");
	return &ad->object;
}

static struct object *random_community(struct chaos *chaos)
{
	struct community *community = build_object(MODEL_COMMUNITY, "Community", "m", "c");

	community->communities.at = xnew(struct community_alias);
	community->communities.count = 1;
	community->communities.at[0].name = xstrdup("alias");
	community->communities.at[0].value = xstrdup(pick(chaos, 2) ? "65000:3" : "large:1:2:3");
	return &community->object;
}

static struct object *random_object(struct chaos *chaos)
{
	static const char *const peers[] = { "tor-a", "tor-b", "tor-c" };
	static const char *const services[] = { "web", "wiki", "db" };
	struct object *node;

	switch (pick(chaos, 8)) {
	case 0:
	case 1:
	case 2:
		return random_service(chaos);
	case 3:
		return &world_slice(services[pick(chaos, 3)], pick(chaos, 2) ? "node-a" : "node-b")
				->object;
	case 4:
		return random_ad(chaos);
	case 5:
		return &world_peer(
			peers[pick(chaos, 3)], pick(chaos, 2) ? "192.0.2.1" : "192.0.2.2")
				->object;
	case 6:
		return random_community(chaos);
	default:
		node = build_object(MODEL_NODE, "Node", NULL, "node-a");
		if (pick(chaos, 4) == 0)
			build_label(&node->meta.labels,
				"node.kubernetes.io/exclude-from-external-load-balancers", "");
		return node;
	}
}

static void change_model(struct chaos *chaos)
{
	struct object *object = random_object(chaos);
	struct object_id id = object_id(object);

	if (pick(chaos, 3) != 0) {
		model_put(chaos->world.model, object);
		return;
	}
	model_remove(chaos->world.model, &id);
	object_free(object);
}

static void on_plan(void *user, const struct service_plan *before, const struct service_plan *after)
{
	plan_bgp_routes_change(user, before, after);
}

/* Text of all routes as a world planned from nothing would have them, with the peers of @world. */
static void write_fresh(const struct bgp_world *world, struct strbuf *out)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(plan_freep) struct plan *plan = plan_new();
	struct model_dirty dirty = { 0 };
	size_t capacity = 0;

	model_each(world->model, MODEL_SERVICE, object) *
		array_add(dirty.at, dirty.count, capacity) = (struct service_key){
		xstrdup(object_ns(object)), xstrdup(object->meta.name)
	};
	plan_update(plan, &world->input, &dirty, on_plan, routes);
	model_dirty_fini(&dirty);
	plan_bgp_routes_visit(routes, write_routes, out);
}

/* What was told of last, as a peer would remember it: prefix to routes. */
struct told {
	char *text[2][3]; /* of .0/24; of .9/32 and .7/32; owned */
};

static void remember(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	struct told *told = user;
	struct strbuf text = { 0 };
	char **slot = &told->text[prefix->len == 32][prefix->ip.bytes[3] % 3];

	write_routes(&text, prefix, routes, count);
	free(*slot);
	*slot = count > 0 ? strbuf_take(&text) : NULL;
	strbuf_fini(&text);
}

/* The memory in the order of prefixes: .0/24, .7/32, .9/32. */
static void write_told(const struct told *told, struct strbuf *out)
{
	const char *const order[] = { told->text[0][0], told->text[1][1], told->text[1][0] };

	for (size_t i = 0; i < COUNT_OF(order); i++)
		strbuf_add(out, order[i] ? order[i] : "");
}

static void compare(
	const struct chaos *chaos, const struct plan_bgp_routes *routes, const struct told *told)
{
	auto_(strbuf_finip) struct strbuf fresh = { 0 };
	auto_(strbuf_finip) struct strbuf kept = { 0 };
	auto_(strbuf_finip) struct strbuf heard = { 0 };

	write_fresh(&chaos->world, &fresh);
	plan_bgp_routes_visit(routes, write_routes, &kept);
	write_told(told, &heard);
	assert_string_equal(strbuf_text(&kept), strbuf_text(&fresh));
	assert_string_equal(strbuf_text(&heard), strbuf_text(&fresh));
}

/* Any sequence of changes: what was kept and what was told equal what a new plan says. */
static void any_history_ends_in_the_same_routes(void **state)
{
	auto_(plan_bgp_routes_freep) struct plan_bgp_routes *routes = plan_bgp_routes_new();
	auto_(plan_freep) struct plan *plan = plan_new();
	struct chaos chaos = { .seed = 11 };
	struct bgp_world *world = &chaos.world;
	struct told told = { 0 };
	size_t with_routes = 0;

	(void)state;
	world->model = model_new();
	world->peers = plan_bgp_peers_new();
	world->input = (struct plan_input){ .model = world->model,
		.self = "node-a",
		.assigned = tell_by_name,
		.bgp = { .peers = world->peers, .weighs_endpoints = true } };
	for (int step = 0; step < 6000; step++) {
		struct model_dirty dirty;

		change_model(&chaos);
		if (pick(&chaos, 3) != 0)
			continue;
		plan_bgp_peers_update(world->peers, world->model, "node-a", NULL, NULL);
		model_take_dirty(world->model, &dirty);
		plan_update(plan, &world->input, &dirty, on_plan, routes);
		model_dirty_fini(&dirty);
		plan_bgp_routes_flush(routes, remember, &told);
		compare(&chaos, routes, &told);
		with_routes += plan_bgp_routes_count(routes) > 0;
	}
	assert_true(with_routes > 300);
	for (size_t i = 0; i < COUNT_OF(told.text); i++) {
		for (size_t k = 0; k < COUNT_OF(told.text[0]); k++)
			free(told.text[i][k]);
	}
	world_close(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_aggregate_stays_while_a_service_needs_it),
		cmocka_unit_test(communities_of_one_prefix_are_united),
		cmocka_unit_test(each_peer_hears_what_is_meant_for_it),
		cmocka_unit_test(peers_that_hear_the_same_are_one_route),
		cmocka_unit_test(a_change_tells_the_prefixes_it_touches_alone),
		cmocka_unit_test(weights_add_up_unless_one_has_none),
		cmocka_unit_test(the_more_attractive_value_counts),
		cmocka_unit_test(more_communities_than_fit_are_none_at_all),
		cmocka_unit_test(a_route_with_too_many_communities_counts_once),
		cmocka_unit_test(any_history_ends_in_the_same_routes),
	};

	return cmocka_run_group_tests_name("plan_bgp_routes", tests, NULL, NULL);
}
