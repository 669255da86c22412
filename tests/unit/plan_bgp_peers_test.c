/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_peers.h"

#include "tests/unit/cmocka_all.h"
#include "tests/unit/plan_bgp_build.h"

#include <stdio.h>

#define SECOND INT64_C(1000000000)

struct peer_case {
	const char *name;
	void (*change)(struct model *model, struct bgp_peer_spec *peer);
	enum plan_reason reason;
};

static struct secret *new_secret(const char *type)
{
	struct secret *secret = build_object(MODEL_SECRET, "Secret", "m", "s");

	secret->type = xstrdup(type);
	return secret;
}

static void name_secret(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->password_secret_name = xstrdup("s");
}

static void have_secret(struct model *model, struct bgp_peer_spec *peer)
{
	struct secret *secret = new_secret("kubernetes.io/basic-auth");

	name_secret(model, peer);
	build_label(&secret->data, "password", "xyz");
	model_put(model, &secret->object);
}

static void have_other_type(struct model *model, struct bgp_peer_spec *peer)
{
	struct secret *secret = new_secret("Opaque");

	name_secret(model, peer);
	build_label(&secret->data, "password", "xyz");
	model_put(model, &secret->object);
}

static void have_no_key(struct model *model, struct bgp_peer_spec *peer)
{
	name_secret(model, peer);
	model_put(model, &new_secret("kubernetes.io/basic-auth")->object);
}

static void have_long_password(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->password = xasprintf("%081d", 1);
}

static void name_profile(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->bfd_profile = xstrdup("fast");
}

static void have_profile(struct model *model, struct bgp_peer_spec *peer)
{
	name_profile(model, peer);
	model_put(model, build_object(MODEL_BFD_PROFILE, "BFDProfile", "m", "fast"));
}

static void have_twin(struct model *model, struct bgp_peer_spec *peer)
{
	(void)peer;
	model_put(model, &world_peer("a-twin", "192.0.2.1")->object);
}

static void have_twin_in_vrf(struct model *model, struct bgp_peer_spec *peer)
{
	peer->vrf = xstrdup("red");
	have_twin(model, peer);
}

static void have_twin_on_other_port(struct model *model, struct bgp_peer_spec *peer)
{
	peer->peer_port = world_int(1790);
	have_twin(model, peer);
}

static void have_v6_router_id(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->router_id = xstrdup("2001:db8::1");
}

static void have_v6_source(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->source_address = xstrdup("2001:db8::1");
}

static void have_long_vrf(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->vrf = xstrdup("a-name-of-16-oct");
}

static void have_local_as_inside(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->local_asn = world_int(65010);
	peer->peer_asn = world_int(65001);
}

static void annotate_peer(struct bgp_peer_spec *peer, const char *key, const char *value)
{
	build_label(&peer->object.meta.annotations, key, value);
}

static void have_local_as_of_the_peer(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	peer->local_asn = world_int(65000);
}

static void ask_for_255_hops(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	annotate_peer(peer, "bellman.dev/bgp-ttl-security", "255");
}

static void ask_for_no_hops(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	annotate_peer(peer, "bellman.dev/bgp-ttl-security", "0");
}

static void ask_for_unknown_role(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	annotate_peer(peer, "bellman.dev/bgp-role", "friend");
}

static void ask_for_maybe_passive(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	annotate_peer(peer, "bellman.dev/bgp-passive", "maybe");
}

static void change_nothing(struct model *model, struct bgp_peer_spec *peer)
{
	(void)model;
	(void)peer;
}

static struct peer_case cases[] = {
	{ "a_plain_peer_can_be_used", change_nothing, PLAN_PASSED },
	{ "a_missing_secret_keeps_the_peer_down", name_secret, PLAN_PEER_SECRET_MISSING },
	{ "a_secret_gives_the_password", have_secret, PLAN_PASSED },
	{ "a_secret_of_another_type_is_refused", have_other_type, PLAN_PEER_SECRET_NOT_USABLE },
	{ "a_secret_without_the_key_is_refused", have_no_key, PLAN_PEER_SECRET_NOT_USABLE },
	{ "a_password_of_81_octets_is_refused", have_long_password, PLAN_PEER_SECRET_NOT_USABLE },
	{ "a_missing_profile_keeps_the_peer_down", name_profile, PLAN_PEER_PROFILE_MISSING },
	{ "a_profile_is_found", have_profile, PLAN_PASSED },
	{ "the_second_peer_of_an_address_is_refused", have_twin, PLAN_PEER_DUPLICATE },
	{ "another_port_does_not_make_it_another", have_twin_on_other_port, PLAN_PEER_DUPLICATE },
	{ "the_same_address_in_a_vrf_is_another", have_twin_in_vrf, PLAN_PASSED },
	{ "a_router_id_of_ipv6_is_refused", have_v6_router_id, PLAN_PEER_NOT_USABLE },
	{ "a_source_of_the_other_family_is_refused", have_v6_source, PLAN_PEER_NOT_USABLE },
	{ "a_vrf_of_16_octets_is_refused", have_long_vrf, PLAN_PEER_NOT_USABLE },
	{ "a_local_as_within_one_as_is_refused", have_local_as_inside, PLAN_PEER_NOT_USABLE },
	{ "the_peers_as_as_local_as_is_refused", have_local_as_of_the_peer, PLAN_PEER_NOT_USABLE },
	{ "more_hops_than_a_ttl_can_tell_are_refused", ask_for_255_hops, PLAN_PEER_NOT_USABLE },
	{ "no_hops_at_all_are_refused", ask_for_no_hops, PLAN_PEER_NOT_USABLE },
	{ "an_unknown_role_is_refused", ask_for_unknown_role, PLAN_PEER_NOT_USABLE },
	{ "passive_is_true_or_false", ask_for_maybe_passive, PLAN_PEER_NOT_USABLE },
};

static void peer_is_judged(void **state)
{
	const struct peer_case *test = *state;
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct bgp_peer_spec *spec = world_peer("tor", "192.0.2.1");

	test->change(model, spec);
	model_put(model, &spec->object);
	assert_true(plan_bgp_peers_update(peers, model, "n", NULL, NULL));
	assert_int_equal(plan_bgp_peers_find(peers, "tor")->reason, test->reason);
	assert_false(plan_bgp_peers_update(peers, model, "n", NULL, NULL));
}

/* The one peer, after @spec, taken, was put. Borrowed from @peers. */
static const struct plan_bgp_peer *resolve(
	struct plan_bgp_peers *peers, struct model *model, struct bgp_peer_spec *spec)
{
	model_put(model, &spec->object);
	plan_bgp_peers_update(peers, model, "n", NULL, NULL);
	return plan_bgp_peers_find(peers, "tor");
}

struct times_case {
	const char *name;
	int64_t hold; /* seconds; -1: not set */
	int64_t keepalive;
	unsigned want_hold;
	unsigned want_keepalive;
};

static struct times_case times[] = {
	{ "without_times_hold_is_90_seconds", -1, -1, 90, 30 },
	{ "keepalive_is_a_third_of_hold", 9, -1, 9, 3 },
	{ "hold_is_three_times_keepalive", -1, 7, 21, 7 },
	{ "both_times_count", 20, 2, 20, 2 },
	{ "hold_of_zero_means_no_keepalive", 0, -1, 0, 0 },
};

static void times_are_worked_out(void **state)
{
	const struct times_case *test = *state;
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct bgp_peer_spec *spec = world_peer("tor", "192.0.2.1");
	const struct plan_bgp_peer *peer;

	if (test->hold >= 0)
		spec->hold_ns = world_int(test->hold * SECOND);
	if (test->keepalive >= 0)
		spec->keepalive_ns = world_int(test->keepalive * SECOND);
	peer = resolve(peers, model, spec);
	assert_int_equal(peer->hold_seconds, test->want_hold);
	assert_int_equal(peer->keepalive_seconds, test->want_keepalive);
}

static void every_field_is_carried(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct bgp_peer_spec *spec = world_peer("tor", "2001:db8::1");
	const struct plan_bgp_peer *peer;

	(void)state;
	spec->local_asn = world_int(65010);
	spec->source_address = xstrdup("2001:db8::2");
	spec->peer_port = world_int(1790);
	spec->connect_ns = world_int(5 * SECOND);
	spec->router_id = xstrdup("10.1.2.3");
	spec->password = xstrdup("xyz");
	spec->graceful_restart = true;
	spec->ebgp_multihop = true;
	spec->vrf = xstrdup("red");
	spec->dual_stack_address_family = true;
	annotate_peer(spec, "bellman.dev/bgp-ttl-security", "2");
	annotate_peer(spec, "bellman.dev/bgp-passive", "true");
	annotate_peer(spec, "bellman.dev/bgp-role", "rs-client");
	peer = resolve(peers, model, spec);
	assert_int_equal(peer->reason, PLAN_PASSED);
	assert_int_equal(peer->local_as, 65001);
	assert_int_equal(peer->sent_as, 65010);
	assert_int_equal(peer->peer_as, 65000);
	assert_int_equal(peer->address.family, AF_INET6);
	assert_int_equal(peer->source.bytes[15], 2);
	assert_int_equal(peer->port, 1790);
	assert_int_equal(peer->connect_seconds, 5);
	assert_int_equal(peer->router_id, 0x0a010203);
	assert_string_equal(peer->password, "xyz");
	assert_string_equal(peer->vrf, "red");
	assert_true(peer->has_graceful_restart);
	assert_true(peer->is_multihop);
	assert_true(peer->has_v4 && peer->has_v6);
	assert_int_equal(peer->gtsm_hops, 2);
	assert_true(peer->is_passive);
	assert_int_equal(peer->role, PLAN_BGP_ROLE_RS_CLIENT);
}

static void an_unnumbered_peer_has_both_families(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct bgp_peer_spec *spec = build_object(MODEL_BGP_PEER, "BGPPeer", "m", "tor");
	const struct plan_bgp_peer *peer;

	(void)state;
	spec->my_asn = world_int(65001);
	spec->dynamic_asn = xstrdup("external");
	spec->interface = xstrdup("eth0");
	peer = resolve(peers, model, spec);
	assert_int_equal(peer->reason, PLAN_PASSED);
	assert_int_equal(peer->as_kind, PLAN_BGP_AS_EXTERNAL);
	assert_string_equal(peer->interface, "eth0");
	assert_true(peer->has_v4 && peer->has_v6);
}

static void a_peer_of_ipv4_has_one_family(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	const struct plan_bgp_peer *peer = resolve(peers, model, world_peer("tor", "192.0.2.1"));

	(void)state;
	assert_true(peer->has_v4);
	assert_false(peer->has_v6);
	assert_true(plan_bgp_peers_slots(peers, &(struct strings){ 0 }, AF_INET) != 0);
	assert_true(plan_bgp_peers_slots(peers, &(struct strings){ 0 }, AF_INET6) == 0);
}

static void a_node_selector_counts(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct bgp_peer_spec *spec = world_peer("tor", "192.0.2.1");
	struct object *node = build_object(MODEL_NODE, "Node", NULL, "n");

	(void)state;
	spec->node_selectors.at = xnew(struct selector);
	spec->node_selectors.count = 1;
	build_label(&spec->node_selectors.at[0].match_labels, "rack", "1");
	build_label(&node->meta.labels, "rack", "2");
	model_put(model, node);
	assert_null(resolve(peers, model, spec));
}

struct heard {
	unsigned came;
	unsigned went;
	unsigned changed;
};

static void hear(void *user, const struct plan_bgp_peer *before, const struct plan_bgp_peer *after)
{
	struct heard *heard = user;

	heard->came += !before;
	heard->went += !after;
	heard->changed += before && after;
}

static void put_peer(struct model *model, int number)
{
	auto_(freep) char *name = xasprintf("p%02d", number);
	auto_(freep) char *address = xasprintf("192.0.2.%d", number + 1);

	model_put(model, &world_peer(name, address)->object);
}

static void a_change_of_one_peer_is_told_of_it_alone(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct bgp_peer_spec *spec = world_peer("p01", "192.0.2.2");
	struct heard heard = { 0 };
	unsigned slot;

	(void)state;
	put_peer(model, 0);
	put_peer(model, 1);
	put_peer(model, 2);
	plan_bgp_peers_update(peers, model, "n", hear, &heard);
	assert_int_equal(heard.came, 3);
	slot = plan_bgp_peers_find(peers, "p01")->slot;
	spec->hold_ns = world_int(9 * SECOND);
	model_put(model, &spec->object);
	plan_bgp_peers_update(peers, model, "n", hear, &heard);
	assert_int_equal(heard.came, 3);
	assert_int_equal(heard.changed, 1);
	assert_int_equal(heard.went, 0);
	assert_int_equal(plan_bgp_peers_find(peers, "p01")->slot, slot);
}

static void a_peer_too_many_stays_down_and_the_others_work(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct object_id gone = { MODEL_BGP_PEER, "BGPPeer", "m", "p07" };
	uint64_t slots;

	(void)state;
	for (int i = 0; i < PLAN_BGP_PEERS_MAX + 1; i++)
		put_peer(model, i);
	plan_bgp_peers_update(peers, model, "n", NULL, NULL);
	assert_int_equal(plan_bgp_peers_find(peers, "p64")->reason, PLAN_PEER_TOO_MANY);
	model_remove(model, &gone);
	plan_bgp_peers_update(peers, model, "n", NULL, NULL);
	assert_int_equal(plan_bgp_peers_find(peers, "p64")->reason, PLAN_PASSED);
	slots = plan_bgp_peers_slots(peers, &(struct strings){ 0 }, AF_INET);
	assert_true(slots == UINT64_MAX);
}

static void a_slot_is_not_given_on_at_once(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(plan_bgp_peers_freep) struct plan_bgp_peers *peers = plan_bgp_peers_new();
	struct object_id gone = { MODEL_BGP_PEER, "BGPPeer", "m", "p00" };
	unsigned slot;

	(void)state;
	put_peer(model, 0);
	plan_bgp_peers_update(peers, model, "n", NULL, NULL);
	slot = plan_bgp_peers_find(peers, "p00")->slot;
	model_remove(model, &gone);
	put_peer(model, 1);
	plan_bgp_peers_update(peers, model, "n", NULL, NULL);
	assert_int_not_equal(plan_bgp_peers_find(peers, "p01")->slot, slot);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(every_field_is_carried),
		cmocka_unit_test(an_unnumbered_peer_has_both_families),
		cmocka_unit_test(a_peer_of_ipv4_has_one_family),
		cmocka_unit_test(a_node_selector_counts),
		cmocka_unit_test(a_change_of_one_peer_is_told_of_it_alone),
		cmocka_unit_test(a_peer_too_many_stays_down_and_the_others_work),
		cmocka_unit_test(a_slot_is_not_given_on_at_once),
	};
	struct CMUnitTest tests[COUNT_OF(cases) + COUNT_OF(times) + COUNT_OF(others)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[count++] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = peer_is_judged,
			.initial_state = &cases[i] };
	for (size_t i = 0; i < COUNT_OF(times); i++)
		tests[count++] = (struct CMUnitTest){ .name = times[i].name,
			.test_func = times_are_worked_out,
			.initial_state = &times[i] };
	memcpy(tests + count, others, sizeof(others));
	return cmocka_run_group_tests_name("plan_bgp_peers", tests, NULL, NULL);
}
