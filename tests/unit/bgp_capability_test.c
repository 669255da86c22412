/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/capability.h"

#include "base/mem.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#define V4 BGP_FAMILY_BIT(BGP_IPV4_UNICAST)
#define V6 BGP_FAMILY_BIT(BGP_IPV6_UNICAST)

static struct bgp_capabilities parsed(const char *text)
{
	struct hex bytes = hex(text);
	struct wire_reader value = wire_reader(bytes.bytes, bytes.len);
	struct bgp_capabilities caps = bgp_capabilities_none();

	assert_int_equal(bgp_capabilities_parse(&value, &caps), 0);
	return caps;
}

static void ipv6_alone_takes_ipv4_away(void **state)
{
	(void)state;
	assert_int_equal(parsed("0104 00020001").families, V6);
}

static void families_we_do_not_speak_still_take_ipv4_away(void **state)
{
	struct bgp_capabilities caps = parsed("0104 00190041");

	(void)state;
	assert_int_equal(caps.families, 0);
	assert_true(caps.has_multiprotocol);
}

static void unknown_ones_are_counted_and_skipped(void **state)
{
	struct bgp_capabilities caps = parsed("8000 4b03 010203 0200");

	(void)state;
	assert_int_equal(caps.unknown, 2);
	assert_true(caps.has_route_refresh);
}

static void a_faulty_one_is_skipped_and_leaves_nothing_behind(void **state)
{
	struct bgp_capabilities caps = parsed("4901 05 4600"); /* a name that is not there */

	(void)state;
	assert_string_equal(caps.host, "");
	assert_int_equal(caps.unknown, 1);
	assert_true(caps.has_enhanced_refresh);
	caps = parsed("020100 4600");
	assert_false(caps.has_route_refresh);
	assert_true(caps.has_enhanced_refresh);
	caps = parsed("4007 8078 00010180 00");
	assert_false(caps.has_graceful_restart);
	assert_int_equal(caps.gr_families, 0);
	assert_int_equal(parsed("0902 0303").role, BGP_ROLE_NONE);
	assert_int_equal(parsed("0505 0001000100").extended_next_hop, 0);
	assert_false(parsed("4001 00").has_graceful_restart);
	caps = parsed("4503 000101");
	assert_int_equal(caps.add_path_send | caps.add_path_receive, 0);
}

static void without_families_or_as_there_is_no_session(void **state)
{
	static const char *const faults[] = { "4103 00fde8", "4105 0000fde800", "0103 000100" };

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct hex h = hex(faults[i]);
		struct wire_reader r = wire_reader(h.bytes, h.len);
		struct bgp_capabilities caps = bgp_capabilities_none();

		assert_int_equal(bgp_capabilities_parse(&r, &caps), -EPROTO);
	}
}

static void extended_next_hop_is_taken_for_ipv4_over_ipv6_only(void **state)
{
	(void)state;
	assert_int_equal(parsed("0506 0001 0001 0002").extended_next_hop, V4);
	assert_int_equal(parsed("0506 0001 0080 0002").extended_next_hop, 0);
	assert_int_equal(parsed("0506 0002 0001 0001").extended_next_hop, 0);
	assert_int_equal(parsed("050c 0001 0080 0002 0001 0001 0002").extended_next_hop, V4);
}

static void of_two_graceful_restarts_the_last_counts(void **state)
{
	struct bgp_capabilities caps = parsed("4006 8078 00010180 4006 001e 00020100");

	(void)state;
	assert_false(caps.is_restarting);
	assert_int_equal(caps.restart_seconds, 30);
	assert_int_equal(caps.gr_families, V6);
	assert_int_equal(caps.gr_forwarding, 0);
}

static void add_path_ways_are_told_apart(void **state)
{
	struct bgp_capabilities caps = parsed("4508 00010101 00020102");

	(void)state;
	assert_int_equal(caps.add_path_receive, V4);
	assert_int_equal(caps.add_path_send, V6);
	assert_int_equal(parsed("4504 00010103").add_path_send, V4);
	assert_int_equal(parsed("4504 00010104").add_path_receive, 0);
}

static void long_lived_restart_takes_the_longest_time(void **state)
{
	struct bgp_capabilities caps = parsed("470e 00010180 00003c 00020100 000e10");

	(void)state;
	assert_int_equal(caps.llgr_families, V4 | V6);
	assert_int_equal(caps.llgr_seconds, 3600);
}

static void names_are_made_safe_and_cut(void **state)
{
	char text[2 * (2 + 1 + 200 + 1) + 1] = "49cac8";
	struct bgp_capabilities caps;

	(void)state;
	assert_string_equal(parsed("4906 03 611b62 01 0a").host, "a?b");
	assert_string_equal(parsed("4906 03 611b62 01 0a").domain, "?");
	memset(text + 6, '7', 400);
	strcpy(text + 406, "00");
	caps = parsed(text);
	assert_int_equal(strlen(caps.host), BGP_FQDN_SIZE - 1);
}

static void only_what_both_offer_is_agreed(void **state)
{
	struct bgp_capabilities ours = parsed(
		"0104 00010001 0104 00020001 0200 4600 0600"
		"4104 0000fde8 4002 4078 4504 00010102 0506 000100010002");
	struct bgp_capabilities theirs = parsed("0104 00020001 0200 0600 4104 0000fde9 4002 0078"
						"4504 00010101");
	struct bgp_agreement agreed = bgp_agree(&ours, &theirs);

	(void)state;
	assert_int_equal(agreed.families, V6);
	assert_true(agreed.as4);
	assert_true(agreed.route_refresh);
	assert_false(agreed.enhanced_refresh);
	assert_true(agreed.extended_message);
	assert_true(agreed.graceful_restart);
	assert_false(agreed.gr_notification);
	assert_int_equal(agreed.add_path, V4);
	assert_int_equal(agreed.extended_next_hop, 0);
}

static void codes_have_names_and_places_of_their_own(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		uint32_t bit = bgp_capability_bit((uint8_t)code);

		assert_int_equal(seen & bit, 0);
		seen |= bit;
	}
	assert_int_equal(__builtin_popcount(seen), 11);
	assert_string_equal(bgp_capability_name(BGP_CAP_AS4), "4-octet AS");
	assert_string_equal(bgp_capability_name(200), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_alone_takes_ipv4_away),
		cmocka_unit_test(families_we_do_not_speak_still_take_ipv4_away),
		cmocka_unit_test(unknown_ones_are_counted_and_skipped),
		cmocka_unit_test(a_faulty_one_is_skipped_and_leaves_nothing_behind),
		cmocka_unit_test(without_families_or_as_there_is_no_session),
		cmocka_unit_test(extended_next_hop_is_taken_for_ipv4_over_ipv6_only),
		cmocka_unit_test(of_two_graceful_restarts_the_last_counts),
		cmocka_unit_test(add_path_ways_are_told_apart),
		cmocka_unit_test(long_lived_restart_takes_the_longest_time),
		cmocka_unit_test(names_are_made_safe_and_cut),
		cmocka_unit_test(only_what_both_offer_is_agreed),
		cmocka_unit_test(codes_have_names_and_places_of_their_own),
	};

	return cmocka_run_group_tests_name("bgp_capability", tests, NULL, NULL);
}
