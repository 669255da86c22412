/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/retry.h"

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/peer.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

enum {
	NO_JITTER = 0,
	ALL_JITTER = 256,
};

static const struct bgp_retry_cause unreachable = { 0 };
static const struct bgp_retry_cause refused = { .is_refused = true };

static void silence_doubles_up_to_the_cap(void **state)
{
	static const uint64_t want_ms[] = { 250, 500, 1000, 2000, 4000, 5000, 5000, 5000 };
	struct bgp_retry retry = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(want_ms); i++)
		assert_int_equal(
			bgp_retry_wait(&retry, &unreachable, 5, NO_JITTER), want_ms[i] * NS_PER_MS);
	for (unsigned i = 0; i < 100; i++)
		(void)bgp_retry_wait(&retry, &unreachable, 5, i);
	assert_int_equal(bgp_retry_wait(&retry, &unreachable, 0, NO_JITTER), 30 * NS_PER_S);
}

static void jitter_takes_a_quarter_at_most(void **state)
{
	struct bgp_retry retry = { .failures = 20 };

	(void)state;
	for (uint32_t chance = 0; chance < 5000; chance += 7) {
		uint64_t wait = bgp_retry_wait(&retry, &unreachable, 4, chance);

		assert_in_range(wait, 3 * NS_PER_S, 4 * NS_PER_S);
	}
	assert_in_range(bgp_retry_wait(&retry, &unreachable, 4, ALL_JITTER), 3 * NS_PER_S,
		31 * NS_PER_S / 10);
}

static void a_refusal_waits_longer_and_up_to_a_minute(void **state)
{
	struct bgp_retry retry = { 0 };
	uint64_t wait = 0;

	(void)state;
	assert_int_equal(bgp_retry_wait(&retry, &refused, 5, NO_JITTER), NS_PER_S);
	assert_int_equal(bgp_retry_wait(&retry, &refused, 5, NO_JITTER), 2 * NS_PER_S);
	for (unsigned i = 0; i < 10; i++)
		wait = bgp_retry_wait(&retry, &refused, 5, NO_JITTER);
	assert_int_equal(wait, 60 * NS_PER_S);
}

static void a_healthy_session_is_tried_again_at_once(void **state)
{
	struct bgp_retry_cause lived = { .was_established = true, .lived_ns = 60 * NS_PER_S };
	struct bgp_retry retry = { .failures = 7 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_in_range(bgp_retry_wait(&retry, &lived, 30, i), 0, 100 * NS_PER_MS);
	assert_int_equal(retry.failures, 0);
}

static void short_lives_are_damped_and_forgotten(void **state)
{
	struct bgp_retry_cause flap = { .was_established = true, .lived_ns = NS_PER_S };
	struct bgp_retry_cause lived = { .was_established = true, .lived_ns = 10 * NS_PER_S };
	struct bgp_retry retry = { 0 };

	(void)state;
	assert_in_range(bgp_retry_wait(&retry, &flap, 30, NO_JITTER), 0, 100 * NS_PER_MS);
	assert_int_equal(bgp_retry_wait(&retry, &flap, 30, NO_JITTER), 250 * NS_PER_MS);
	assert_int_equal(bgp_retry_wait(&retry, &flap, 30, NO_JITTER), 500 * NS_PER_MS);
	for (unsigned i = 0; i < 40; i++)
		assert_true(bgp_retry_wait(&retry, &flap, 30, NO_JITTER) <= 30 * NS_PER_S);
	assert_int_equal(bgp_retry_wait(&retry, &flap, 7, NO_JITTER), 7 * NS_PER_S);
	assert_int_equal(bgp_retry_wait(&retry, &flap, 0, NO_JITTER), 30 * NS_PER_S);
	assert_in_range(bgp_retry_wait(&retry, &lived, 30, NO_JITTER), 0, 100 * NS_PER_MS);
}

static void a_different_try_is_made_at_once_but_only_once(void **state)
{
	struct bgp_retry_cause again = { .is_refused = true, .is_at_once = true };
	struct bgp_retry retry = { 0 };

	(void)state;
	assert_in_range(bgp_retry_wait(&retry, &again, 30, 5), 0, 100 * NS_PER_MS);
	assert_true(bgp_retry_wait(&retry, &again, 30, 5) >= NS_PER_S);
}

static void who_can_not_take_it_is_left_alone_for_a_minute(void **state)
{
	struct bgp_retry_cause too_much = { .was_established = true, .is_too_much = true };
	struct bgp_retry retry = { 0 };

	(void)state;
	assert_int_equal(bgp_retry_wait(&retry, &too_much, 1, NO_JITTER), 60 * NS_PER_S);
	assert_int_equal(bgp_retry_wait(&retry, &too_much, 1, NO_JITTER), 120 * NS_PER_S);
}

static void only_harmless_ceases_are_harmless(void **state)
{
	struct bgp_notification n = { .code = BGP_ERR_CEASE };

	(void)state;
	for (unsigned subcode = 0; subcode < 12; subcode++) {
		n.subcode = (uint8_t)subcode;
		assert_int_equal(bgp_retry_is_harmless(&n),
			subcode == BGP_CEASE_ADMIN_RESET || subcode == BGP_CEASE_CONF_CHANGE ||
				subcode == BGP_CEASE_COLLISION);
	}
	n = (struct bgp_notification){ .code = BGP_ERR_OPEN, .subcode = 4 };
	assert_false(bgp_retry_is_harmless(&n));
}

static struct bgp_peer_conf some_peer(void)
{
	struct bgp_peer_conf conf;

	memset(&conf, 0, sizeof(conf));
	strcpy(conf.name, "router");
	assert_int_equal(ip_parse("192.0.2.1", &conf.address), 0);
	conf.local_as = 65001;
	conf.peer_as = 65000;
	conf.hold_seconds = 90;
	conf.families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	conf.role = BGP_ROLE_NONE;
	return conf;
}

static void only_what_was_agreed_needs_a_new_session(void **state)
{
	struct bgp_peer_conf a = some_peer();
	struct bgp_peer_conf b = some_peer();

	(void)state;
	assert_int_equal(bgp_peer_compare(&a, &b), BGP_CHANGE_NONE);
	b.connect_seconds = 5;
	assert_int_equal(bgp_peer_compare(&a, &b), BGP_CHANGE_IN_PLACE);
	b.hold_seconds = 9;
	assert_int_equal(bgp_peer_compare(&a, &b), BGP_CHANGE_NEXT_SESSION);
	b.password[0] = 'x';
	b.password_len = 1;
	assert_int_equal(bgp_peer_compare(&a, &b), BGP_CHANGE_RESTART);
}

static void an_external_peer_gets_ttl_1_unless_told_otherwise(void **state)
{
	struct bgp_peer_conf conf = some_peer();

	(void)state;
	assert_int_equal(bgp_peer_ttl(&conf), 1);
	conf.ttl = 3;
	assert_int_equal(bgp_peer_ttl(&conf), 3);
	conf.gtsm_hops = 1;
	assert_int_equal(bgp_peer_ttl(&conf), 255);
	conf = some_peer();
	conf.type = BGP_PEER_INTERNAL;
	assert_int_equal(bgp_peer_ttl(&conf), 255);
}

static void the_offer_says_what_is_configured(void **state)
{
	struct bgp_peer_conf conf = some_peer();
	struct bgp_open open;

	(void)state;
	conf.has_graceful_restart = true;
	conf.restart_seconds = 30;
	conf.role = BGP_ROLE_CUSTOMER;
	open = bgp_peer_offer(&conf, 0x01020304, "node-a", true, BGP_FAMILIES_ALL);
	assert_int_equal(open.as, 65001);
	assert_int_equal(open.id, 0x01020304);
	assert_true(open.caps.is_restarting);
	assert_int_equal(open.caps.gr_forwarding, BGP_FAMILY_BIT(BGP_IPV4_UNICAST));
	assert_false(open.caps.has_llgr);
	assert_int_equal(open.caps.role, BGP_ROLE_CUSTOMER);
	assert_string_equal(open.caps.host, "node-a");
	conf.type = BGP_PEER_INTERNAL;
	conf.router_id = 7;
	open = bgp_peer_offer(&conf, 0x01020304, NULL, false, 0);
	assert_int_equal(open.id, 7);
	assert_int_equal(open.caps.role, BGP_ROLE_NONE);
	assert_int_equal(open.caps.gr_forwarding, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_doubles_up_to_the_cap),
		cmocka_unit_test(jitter_takes_a_quarter_at_most),
		cmocka_unit_test(a_refusal_waits_longer_and_up_to_a_minute),
		cmocka_unit_test(a_healthy_session_is_tried_again_at_once),
		cmocka_unit_test(short_lives_are_damped_and_forgotten),
		cmocka_unit_test(a_different_try_is_made_at_once_but_only_once),
		cmocka_unit_test(who_can_not_take_it_is_left_alone_for_a_minute),
		cmocka_unit_test(only_harmless_ceases_are_harmless),
		cmocka_unit_test(only_what_was_agreed_needs_a_new_session),
		cmocka_unit_test(an_external_peer_gets_ttl_1_unless_told_otherwise),
		cmocka_unit_test(the_offer_says_what_is_configured),
	};

	return cmocka_run_group_tests_name("bgp_retry", tests, NULL, NULL);
}
