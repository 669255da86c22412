/* SPDX-License-Identifier: Apache-2.0 */

/* The pure parts of BGP in the agent, its memory over restarts, and the question for health. */

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/community.h"
#include "bgp/family.h"
#include "speaker/bgp_convert.h"
#include "speaker/bgp_groups.h"
#include "speaker/bgp_identity.h"
#include "speaker/bgp_memory.h"
#include "speaker/health.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/http.h>
#include <stdio.h>
#include <unistd.h>

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct plan_bgp_peer plain_peer(void)
{
	return (struct plan_bgp_peer){
		.name = (char *)"tor",
		.detail = (char *)"",
		.local_as = 65001,
		.peer_as = 65000,
		.address = ip_of("192.0.2.1"),
		.port = 179,
		.hold_seconds = 90,
		.keepalive_seconds = 30,
		.has_v4 = true,
	};
}

static void a_plain_peer_is_carried_over(void **state)
{
	struct plan_bgp_peer peer = plain_peer();
	struct bgp_peer_conf conf = bgp_convert_peer(&peer, 30, 0);

	(void)state;
	assert_string_equal(conf.name, "tor");
	assert_int_equal(conf.local_as, 65001);
	assert_int_equal(conf.peer_as, 65000);
	assert_int_equal(conf.type, BGP_PEER_AS);
	assert_int_equal(conf.families, BGP_FAMILY_BIT(BGP_IPV4_UNICAST));
	assert_int_equal(conf.ttl, 0);
	assert_int_equal(conf.restart_seconds, 0);
	assert_string_equal(conf.held, "");
	assert_int_equal(conf.bfd_wait_ms, 0);
	assert_false(conf.has_extended_next_hop);
}

static void the_same_peer_converts_to_the_same_octets(void **state)
{
	struct plan_bgp_peer peer = plain_peer();
	struct bgp_peer_conf one = bgp_convert_peer(&peer, 30, 0);
	struct bgp_peer_conf two = bgp_convert_peer(&peer, 30, 0);

	(void)state;
	assert_memory_equal(&one, &two, sizeof(one));
}

static void what_was_asked_for_is_carried_over(void **state)
{
	struct plan_bgp_peer peer = plain_peer();
	struct bgp_peer_conf conf;

	(void)state;
	peer.sent_as = 65010;
	peer.as_kind = PLAN_BGP_AS_EXTERNAL;
	peer.address = ip_of("2001:db8::1");
	peer.has_v6 = true;
	peer.is_multihop = true;
	peer.has_graceful_restart = true;
	peer.password = (char *)"xyz";
	peer.bfd.is_wanted = true;
	conf = bgp_convert_peer(&peer, 30, 0);
	assert_int_equal(conf.local_as, 65010);
	assert_int_equal(conf.type, BGP_PEER_EXTERNAL);
	assert_int_equal(conf.families, BGP_FAMILIES_ALL);
	assert_true(conf.has_extended_next_hop);
	assert_int_equal(conf.ttl, 255);
	assert_int_equal(conf.restart_seconds, 30);
	assert_int_equal(conf.llgr_seconds, 0);
	assert_int_equal(bgp_convert_peer(&peer, 30, 3600).llgr_seconds, 3600);
	peer.has_graceful_restart = false;
	assert_int_equal(bgp_convert_peer(&peer, 30, 3600).llgr_seconds, 0);
	assert_int_equal(conf.password_len, 3);
}

static void bfd_is_waited_for_as_long_as_the_old_session_may_live(void **state)
{
	struct plan_bgp_peer peer = plain_peer();

	(void)state;
	peer.bfd.is_wanted = true;
	peer.bfd.transmit_ms = 300;
	peer.bfd.receive_ms = 300;
	peer.bfd.detect_multiplier = 3;
	assert_int_equal(bgp_convert_peer(&peer, 30, 0).bfd_wait_ms, 6000);
	peer.bfd.receive_ms = 2000;
	assert_int_equal(bgp_convert_peer(&peer, 30, 0).bfd_wait_ms, 9000);
	assert_int_equal(bgp_convert_peer(&peer, 4, 0).bfd_wait_ms, 2000);
}

static void a_peer_that_is_refused_is_held_down_with_the_reason(void **state)
{
	struct plan_bgp_peer peer = plain_peer();
	struct bgp_peer_conf conf;

	(void)state;
	peer.reason = PLAN_PEER_SECRET_MISSING;
	peer.detail = (char *)"there is no Secret m/s";
	conf = bgp_convert_peer(&peer, 30, 0);
	assert_string_equal(conf.held, "peer_secret_missing: there is no Secret m/s");
}

static void attributes_are_carried_over(void **state)
{
	struct plan_bgp_attrs from = { .local_pref = 200, .has_med = true, .prepend = 3 };
	struct bgp_attrs attrs;

	(void)state;
	plan_bgp_add_community(&from, 0xfde80001);
	plan_bgp_add_large(&from, (uint32_t[]){ 1, 2, 3 });
	attrs = bgp_convert_attrs(&from, 0);
	assert_true(attrs.has_local_pref && attrs.has_med);
	assert_int_equal(attrs.local_pref, 200);
	assert_int_equal(attrs.prepend, 3);
	assert_int_equal(attrs.community_count, 1);
	assert_int_equal(attrs.large_count, 1);
	assert_int_equal(attrs.large[0].local2, 3);
	assert_int_equal(attrs.extended_count, 0);
	bgp_attrs_fini(&attrs);
	plan_bgp_attrs_fini(&from);
}

static void a_weight_becomes_link_bandwidth_where_it_is_wanted(void **state)
{
	struct plan_bgp_attrs from = { .weight = 2 };
	struct bgp_attrs attrs = bgp_convert_attrs(&from, 65001);
	struct bgp_attrs without = bgp_convert_attrs(&from, 0);

	(void)state;
	assert_int_equal(attrs.extended_count, 1);
	assert_true(attrs.extended[0] == bgp_link_bandwidth(65001, 2 * BGP_ENDPOINT_BANDWIDTH));
	assert_int_equal(without.extended_count, 0);
	bgp_attrs_fini(&attrs);
}

static void a_profile_becomes_a_bfd_session(void **state)
{
	struct plan_bgp_peer peer = plain_peer();
	struct bfd_session_conf conf;
	const struct ip none = { 0 };

	(void)state;
	peer.slot = 5;
	peer.is_multihop = true;
	peer.bfd = (struct plan_bfd){ .is_wanted = true,
		.receive_ms = 50,
		.transmit_ms = 60,
		.detect_multiplier = 4,
		.minimum_ttl = 250 };
	conf = bgp_convert_bfd(&peer, &peer.address, &none, 0, true);
	assert_int_equal(conf.timing.rx_us, 50000);
	assert_int_equal(conf.timing.tx_us, 60000);
	assert_int_equal(conf.timing.multiplier, 4);
	assert_int_equal(conf.min_ttl, 250);
	assert_int_equal(conf.tag, 5);
	assert_true(conf.key.is_multihop);
}

static bool is_watched_over_hops(struct plan_bgp_peer peer, bool is_near)
{
	const struct ip none = { 0 };

	return bgp_convert_bfd(&peer, &peer.address, &none, 0, is_near).key.is_multihop;
}

static void an_internal_peer_of_no_subnet_is_watched_over_hops(void **state)
{
	struct plan_bgp_peer fixed = plain_peer();
	struct plan_bgp_peer dynamic = plain_peer();

	(void)state;
	fixed.peer_as = fixed.local_as;
	dynamic.as_kind = PLAN_BGP_AS_INTERNAL;
	dynamic.peer_as = 0;
	assert_true(is_watched_over_hops(fixed, false));
	assert_true(is_watched_over_hops(dynamic, false));
	assert_false(is_watched_over_hops(fixed, true));
	assert_false(is_watched_over_hops(dynamic, true));
}

static void an_external_peer_is_watched_over_hops_if_asked_for(void **state)
{
	struct plan_bgp_peer peer = plain_peer();

	(void)state;
	assert_false(is_watched_over_hops(peer, false));
	peer.is_multihop = true;
	assert_true(is_watched_over_hops(peer, true));
}

static struct bfd_event plain_death(void)
{
	return (struct bfd_event){ .type = BFD_EV_STATE,
		.at_ns = 1000,
		.old_state = BFD_UP,
		.state = BFD_DOWN,
		.remote_state = BFD_UP };
}

static void bfd_down_ends_the_session_that_was_up_then(void **state)
{
	struct bfd_event event = plain_death();

	(void)state;
	assert_true(bgp_convert_is_death(&event, 999, 0));
}

static void bfd_down_from_before_the_session_ends_nothing(void **state)
{
	struct bfd_event event = plain_death();

	(void)state;
	assert_false(bgp_convert_is_death(&event, 1001, 0));
}

static void what_proves_no_death_ends_nothing(void **state)
{
	struct bfd_event admin = plain_death();
	struct bfd_event never_up = plain_death();
	struct bfd_event hint = plain_death();

	(void)state;
	admin.remote_state = BFD_ADMIN_DOWN;
	never_up.old_state = BFD_INIT;
	hint.type = BFD_EV_PEER_GONE;
	assert_false(bgp_convert_is_death(&admin, 0, 0));
	assert_false(bgp_convert_is_death(&never_up, 0, 0));
	assert_false(bgp_convert_is_death(&hint, 0, 0));
}

static void a_bfd_session_made_anew_soon_after_it_came_up_ends_nothing(void **state)
{
	const uint64_t now = 100 * NS_PER_S;
	struct bfd_event anew = plain_death();
	struct bfd_event told = plain_death();
	struct bfd_event silent = plain_death();

	(void)state;
	anew.at_ns = told.at_ns = silent.at_ns = now;
	anew.remote_state = told.remote_state = BFD_DOWN;
	anew.cause = told.cause = BFD_CAUSE_PACKET;
	told.remote_diag = BFD_DIAG_DETECT_EXPIRED;
	silent.cause = BFD_CAUSE_SILENCE;
	assert_false(bgp_convert_is_death(&anew, 0, now - NS_PER_S));
	assert_true(bgp_convert_is_death(&anew, 0, now - 3 * NS_PER_S));
	assert_true(bgp_convert_is_death(&told, 0, now - NS_PER_S));
	assert_true(bgp_convert_is_death(&silent, 0, now - NS_PER_S));
}

/* Two peers; "only" is named by the one advertisement if it names anybody. */
struct group_world {
	struct model *model;
	struct bgp_groups groups;
	struct plan_bgp_peer one;
	struct plan_bgp_peer two;
};

static void group_open(struct group_world *world, const char *only)
{
	struct bgp_advertisement *ad = build_object(
		MODEL_BGP_ADVERTISEMENT, "BGPAdvertisement", "m", "ad");

	*world = (struct group_world){ .model = model_new(), .one = plain_peer() };
	world->two = plain_peer();
	world->one.name = (char *)"one";
	world->two.name = (char *)"two";
	world->two.slot = 1;
	if (only)
		build_string(&ad->peers, only);
	model_put(world->model, &ad->object);
}

static void group_close(struct group_world *world)
{
	bgp_groups_fini(&world->groups);
	model_free(world->model);
}

static void peers_of_the_same_advertisements_share_a_group(void **state)
{
	struct group_world world;

	(void)state;
	group_open(&world, NULL);
	assert_ptr_equal(bgp_groups_join(&world.groups, world.model, &world.one, false),
		bgp_groups_join(&world.groups, world.model, &world.two, false));
	assert_int_equal(world.groups.at[0]->slots, 3);
	group_close(&world);
}

static void peers_of_different_advertisements_do_not(void **state)
{
	struct group_world world;

	(void)state;
	group_open(&world, "two");
	assert_ptr_not_equal(bgp_groups_join(&world.groups, world.model, &world.one, false),
		bgp_groups_join(&world.groups, world.model, &world.two, false));
	group_close(&world);
}

static void with_weights_the_own_as_parts_groups(void **state)
{
	struct group_world world;

	(void)state;
	group_open(&world, NULL);
	world.two.local_as = 65002;
	assert_ptr_not_equal(bgp_groups_join(&world.groups, world.model, &world.one, true),
		bgp_groups_join(&world.groups, world.model, &world.two, true));
	group_close(&world);
}

static void a_route_goes_to_the_groups_of_its_peers_alone(void **state)
{
	struct plan_bgp_route route = { .peers = 2 };
	struct ip_prefix prefix = ip_prefix_of(&(struct ip){ .family = AF_INET }, 32);
	struct group_world world;
	const struct bgp_group *one;
	const struct bgp_group *two;

	(void)state;
	group_open(&world, "two");
	one = bgp_groups_join(&world.groups, world.model, &world.one, false);
	two = bgp_groups_join(&world.groups, world.model, &world.two, false);
	bgp_groups_route(&world.groups, &prefix, &route, 1);
	assert_int_equal(bgp_rib_count(one->rib, BGP_IPV4_UNICAST), 0);
	assert_int_equal(bgp_rib_count(two->rib, BGP_IPV4_UNICAST), 1);
	route.attrs.has_too_many = true;
	bgp_groups_route(&world.groups, &prefix, &route, 1);
	assert_int_equal(bgp_rib_count(two->rib, BGP_IPV4_UNICAST), 0);
	group_close(&world);
}

static void a_group_without_peers_is_swept(void **state)
{
	struct group_world world;

	(void)state;
	group_open(&world, NULL);
	(void)bgp_groups_join(&world.groups, world.model, &world.one, false);
	bgp_groups_begin(&world.groups);
	bgp_groups_sweep(&world.groups);
	assert_int_equal(world.groups.count, 0);
	group_close(&world);
}

static char *new_path(void)
{
	char folder[] = "/tmp/bellman-test-XXXXXX";

	assert_non_null(mkdtemp(folder));
	return xasprintf("%s/bgp.json", folder);
}

static void drop_path(char *path)
{
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	free(path);
}

static void what_was_remembered_is_recalled(void **state)
{
	struct bgp_memory memory = {
		.boot_id = "abc", .node = "node-a", .router_id = 0xc0000201, .families = 3
	};
	struct bgp_memory found = { 0 };
	char *path = new_path();

	(void)state;
	assert_int_equal(bgp_memory_save(path, &memory), 0);
	assert_int_equal(bgp_memory_load(path, &found), 0);
	assert_string_equal(found.boot_id, "abc");
	assert_string_equal(found.node, "node-a");
	assert_int_equal(found.router_id, 0xc0000201);
	assert_int_equal(found.families, 3);
	drop_path(path);
}

static void a_first_start_remembers_nothing(void **state)
{
	struct bgp_memory found = { 0 };
	char *path = new_path();

	(void)state;
	assert_int_equal(bgp_memory_load(path, &found), -ENOENT);
	drop_path(path);
}

struct bad_memory {
	const char *name;
	const char *text;
};

static struct bad_memory bad_memories[] = {
	{ "a_memory_that_is_no_json_is_refused", "{" },
	{ "a_memory_without_families_is_refused",
		"{\"boot_id\":\"a\",\"node\":\"n\",\"router_id\":1}" },
	{ "a_memory_of_nobody_is_refused", "{\"boot_id\":\"a\",\"router_id\":1,\"families\":1}" },
	{ "a_memory_of_unknown_families_is_refused",
		"{\"boot_id\":\"a\",\"node\":\"n\",\"router_id\":1,\"families\":4}" },
	{ "a_memory_with_a_long_boot_id_is_refused",
		"{\"boot_id\":\"0123456789012345678901234567890123456\",\"node\":\"n\",\"router_id\":1,"
		"\"families\":1}" },
	{ "a_memory_with_a_long_identifier_is_refused",
		"{\"boot_id\":\"a\",\"node\":\"n\",\"router_id\":4294967296,\"families\":1}" },
};

static void memory_is_refused(void **state)
{
	const struct bad_memory *test = *state;
	struct bgp_memory found = { .router_id = 7 };
	char *path = new_path();
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(test->text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(bgp_memory_load(path, &found), -EBADMSG);
	assert_int_equal(found.router_id, 7);
	drop_path(path);
}

enum {
	SETTING = 1,
	NODE = 2,
	RECALLED = 3,
	FALLBACK = 4,
	BEFORE = 9,
};

struct identity_case {
	const char *name;
	struct bgp_identity now;
	struct bgp_identity_facts facts;
	uint32_t want;
};

static struct identity_case identities[] = {
	/* now                               setting  node  recalled  fallback */
	{ "the_identifier_of_the_settings_counts_most", { BEFORE, BGP_IDENTITY_NODE },
		{ SETTING, NODE, RECALLED, FALLBACK }, SETTING },
	{ "the_nodes_address_counts_more_than_what_is_remembered", { 0, BGP_IDENTITY_NONE },
		{ 0, NODE, RECALLED, FALLBACK }, NODE },
	{ "before_the_node_is_known_what_is_remembered_counts", { 0, BGP_IDENTITY_NONE },
		{ 0, 0, RECALLED, FALLBACK }, RECALLED },
	{ "who_knows_nothing_makes_one_up", { 0, BGP_IDENTITY_NONE }, { 0, 0, 0, FALLBACK },
		FALLBACK },
	{ "a_made_up_identifier_gives_way_to_the_node", { BEFORE, BGP_IDENTITY_FALLBACK },
		{ 0, NODE, 0, FALLBACK }, NODE },
	{ "a_made_up_identifier_does_not_change_with_the_links", { BEFORE, BGP_IDENTITY_FALLBACK },
		{ 0, 0, 0, FALLBACK }, BEFORE },
	{ "a_remembered_identifier_stays_when_the_node_comes", { BEFORE, BGP_IDENTITY_RECALLED },
		{ 0, NODE, RECALLED, FALLBACK }, BEFORE },
	{ "an_identifier_stays_when_the_node_gets_another_address", { BEFORE, BGP_IDENTITY_NODE },
		{ 0, NODE, 0, FALLBACK }, BEFORE },
	{ "an_identifier_stays_when_the_node_goes", { BEFORE, BGP_IDENTITY_NODE },
		{ 0, 0, 0, FALLBACK }, BEFORE },
	{ "a_setting_that_goes_takes_its_identifier_along", { BEFORE, BGP_IDENTITY_SETTING },
		{ 0, NODE, 0, FALLBACK }, NODE },
};

static void identifier_is_chosen(void **state)
{
	const struct identity_case *test = *state;

	assert_int_equal(bgp_identity_choose(test->now, &test->facts).id, test->want);
}

/* A web server that answers @code, and whoever asks it. */
struct health_world {
	struct event_base *base;
	struct evhttp *server;
	struct health *health;
	int code;
	unsigned changes;
};

static void answer(struct evhttp_request *request, void *arg)
{
	const struct health_world *world = arg;

	evhttp_send_reply(request, world->code, "said", NULL);
}

static void on_change(void *arg)
{
	struct health_world *world = arg;

	world->changes++;
	(void)event_base_loopbreak(world->base);
}

static void health_world_open(struct health_world *world, int code)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	char url[64];

	*world = (struct health_world){ .base = event_base_new(), .code = code };
	world->server = evhttp_new(world->base);
	evhttp_set_gencb(world->server, answer, world);
	bound = evhttp_bind_socket_with_handle(world->server, "127.0.0.1", 0);
	assert_non_null(bound);
	assert_int_equal(
		getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len),
		0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/healthz", ntohs(address.sin_port));
	assert_int_equal(health_open(world->base, url, on_change, world, &world->health), 0);
	assert_false(health_is_known(world->health));
}

static void health_world_close(struct health_world *world)
{
	health_free(world->health);
	if (world->server)
		evhttp_free(world->server);
	event_base_free(world->base);
}

static void a_good_answer_is_known_at_once(void **state)
{
	struct health_world world;

	(void)state;
	health_world_open(&world, HTTP_OK);
	(void)event_base_dispatch(world.base);
	assert_true(health_is_known(world.health) && health_is_good(world.health));
	health_world_close(&world);
}

static void a_bad_first_answer_counts(void **state)
{
	struct health_world world;

	(void)state;
	health_world_open(&world, HTTP_SERVUNAVAIL);
	(void)event_base_dispatch(world.base);
	assert_true(health_is_known(world.health));
	assert_false(health_is_good(world.health));
	assert_string_equal(health_text(world.health), "503");
	health_world_close(&world);
}

static void no_answer_twice_is_bad(void **state)
{
	struct health_world world;

	(void)state;
	health_world_open(&world, HTTP_OK);
	(void)event_base_dispatch(world.base);
	evhttp_free(world.server);
	world.server = NULL;
	(void)event_base_dispatch(world.base);
	assert_int_equal(world.changes, 2);
	assert_false(health_is_good(world.health));
	assert_string_equal(health_text(world.health), "no answer");
	health_world_close(&world);
}

static void what_is_no_url_is_refused(void **state)
{
	struct event_base *base = event_base_new();
	struct health *health = NULL;

	(void)state;
	assert_int_equal(health_open(base, "http://", on_change, NULL, &health), -EINVAL);
	assert_null(health);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_plain_peer_is_carried_over),
		cmocka_unit_test(the_same_peer_converts_to_the_same_octets),
		cmocka_unit_test(what_was_asked_for_is_carried_over),
		cmocka_unit_test(bfd_is_waited_for_as_long_as_the_old_session_may_live),
		cmocka_unit_test(a_peer_that_is_refused_is_held_down_with_the_reason),
		cmocka_unit_test(attributes_are_carried_over),
		cmocka_unit_test(a_weight_becomes_link_bandwidth_where_it_is_wanted),
		cmocka_unit_test(a_profile_becomes_a_bfd_session),
		cmocka_unit_test(an_internal_peer_of_no_subnet_is_watched_over_hops),
		cmocka_unit_test(an_external_peer_is_watched_over_hops_if_asked_for),
		cmocka_unit_test(bfd_down_ends_the_session_that_was_up_then),
		cmocka_unit_test(bfd_down_from_before_the_session_ends_nothing),
		cmocka_unit_test(what_proves_no_death_ends_nothing),
		cmocka_unit_test(a_bfd_session_made_anew_soon_after_it_came_up_ends_nothing),
		cmocka_unit_test(peers_of_the_same_advertisements_share_a_group),
		cmocka_unit_test(peers_of_different_advertisements_do_not),
		cmocka_unit_test(with_weights_the_own_as_parts_groups),
		cmocka_unit_test(a_route_goes_to_the_groups_of_its_peers_alone),
		cmocka_unit_test(a_group_without_peers_is_swept),
		cmocka_unit_test(what_was_remembered_is_recalled),
		cmocka_unit_test(a_first_start_remembers_nothing),
		cmocka_unit_test(a_good_answer_is_known_at_once),
		cmocka_unit_test(a_bad_first_answer_counts),
		cmocka_unit_test(no_answer_twice_is_bad),
		cmocka_unit_test(what_is_no_url_is_refused),
	};
	struct CMUnitTest tests[COUNT_OF(bad_memories) + COUNT_OF(identities) + COUNT_OF(others)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(identities); i++)
		tests[count++] = (struct CMUnitTest){ .name = identities[i].name,
			.test_func = identifier_is_chosen,
			.initial_state = &identities[i] };
	for (size_t i = 0; i < COUNT_OF(bad_memories); i++)
		tests[count++] = (struct CMUnitTest){ .name = bad_memories[i].name,
			.test_func = memory_is_refused,
			.initial_state = &bad_memories[i] };
	memcpy(tests + count, others, sizeof(others));
	return cmocka_run_group_tests_name("speaker_bgp", tests, NULL, NULL);
}
