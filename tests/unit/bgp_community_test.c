/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bgp/community.h"
#include "cmocka_all.h"

#include <errno.h>
#include <string.h>

struct text_case {
	const char *name;
	const char *text;
	struct bgp_community want;
	const char *canonical;
};

#define STANDARD(high, low)                                          \
	{                                                            \
		.kind = BGP_COMMUNITY_STANDARD,                      \
		.standard = (uint32_t)(high) << 16 | (uint32_t)(low) \
	}
#define LARGE(a, b, c)                                                 \
	{                                                              \
		.kind = BGP_COMMUNITY_LARGE, .large = {(a), (b), (c) } \
	}
#define EXTENDED(value)                                                     \
	{                                                                   \
		.kind = BGP_COMMUNITY_EXTENDED, .extended = UINT64_C(value) \
	}

static struct text_case texts[] = {
	{ "two_numbers_are_a_standard_community", "65000:100", STANDARD(65000, 100), "65000:100" },
	{ "zeros_are_a_standard_community", "0:0", STANDARD(0, 0), "0:0" },
	{ "leading_zeros_mean_nothing", "065000:0100", STANDARD(65000, 100), "65000:100" },
	{ "no_export_has_a_name", "no-export", STANDARD(65535, 65281), "no-export" },
	{ "a_name_is_read_in_any_case", "NO_ADVERTISE", STANDARD(65535, 65282), "no-advertise" },
	{ "graceful_shutdown_has_a_name", "GRACEFUL_SHUTDOWN", STANDARD(65535, 0),
		"graceful-shutdown" },
	{ "a_well_known_number_is_written_as_its_name", "65535:666", STANDARD(65535, 666),
		"blackhole" },
	{ "local_as_is_another_name_of_no_export_subconfed", "local-AS", STANDARD(65535, 65283),
		"no-export-subconfed" },
	{ "no_peer_has_a_name", "no-peer", STANDARD(65535, 65284), "no-peer" },
	{ "llgr_stale_has_a_name", "llgr-stale", STANDARD(65535, 6), "llgr-stale" },
	{ "no_llgr_has_a_name", "no-llgr", STANDARD(65535, 7), "no-llgr" },
	{ "accept_own_has_a_name", "accept-own", STANDARD(65535, 1), "accept-own" },
	{ "three_numbers_are_a_large_community", "large:4200000000:1:4294967295",
		LARGE(4200000000, 1, 4294967295), "large:4200000000:1:4294967295" },
	{ "link_bandwidth_is_bytes_a_second", "link-bandwidth:65001:1250000",
		EXTENDED(0x4004fde949989680), "link-bandwidth:65001:1250000" },
	{ "any_extended_community_is_read_in_hex", "ext:0x0002FDE800000064",
		EXTENDED(0x0002fde800000064), "ext:0x0002fde800000064" },
	{ "a_bandwidth_that_is_no_whole_number_is_written_in_hex", "ext:0x4004fde93f000000",
		EXTENDED(0x4004fde93f000000), "ext:0x4004fde93f000000" },
};

static struct refused_case {
	const char *name;
	const char *text;
} refused[] = {
	{ "nothing_is_refused", "" },
	{ "one_number_is_refused", "65000" },
	{ "an_as_above_65535_is_refused", "65536:1" },
	{ "a_value_above_65535_is_refused", "1:65536" },
	{ "three_numbers_without_large_are_refused", "1:2:3" },
	{ "a_sign_is_refused", "+1:2" },
	{ "a_space_is_refused", "1: 2" },
	{ "a_tail_is_refused", "1:2x" },
	{ "an_unknown_name_is_refused", "no-exports" },
	{ "the_start_of_a_name_is_refused", "no-ex" },
	{ "large_with_two_numbers_is_refused", "large:1:2" },
	{ "large_with_four_numbers_is_refused", "large:1:2:3:4" },
	{ "large_above_32_bits_is_refused", "large:1:2:4294967296" },
	{ "large_with_20_digits_is_refused", "large:18446744073709551617:1:1" },
	{ "hex_of_15_digits_is_refused", "ext:0x0002fde80000006" },
	{ "hex_with_a_letter_beyond_f_is_refused", "ext:0x0002fde80000006g" },
	{ "bandwidth_without_a_rate_is_refused", "link-bandwidth:65001:" },
};

static void text_is_read_and_written_back(void **state)
{
	const struct text_case *c = *state;
	struct bgp_community got = { 0 };
	char text[BGP_COMMUNITY_TEXT_SIZE];

	assert_int_equal(bgp_community_parse(c->text, &got), 0);
	assert_int_equal(got.kind, c->want.kind);
	switch (got.kind) {
	case BGP_COMMUNITY_STANDARD:
		assert_int_equal(got.standard, c->want.standard);
		break;
	case BGP_COMMUNITY_EXTENDED:
		assert_int_equal(got.extended, c->want.extended);
		break;
	case BGP_COMMUNITY_LARGE:
		assert_int_equal(bgp_large_compare(&got.large, &c->want.large), 0);
		break;
	}
	assert_string_equal(bgp_community_format(&got, text), c->canonical);
}

static void text_is_refused(void **state)
{
	const struct refused_case *c = *state;
	struct bgp_community got = { .kind = BGP_COMMUNITY_LARGE };

	assert_int_equal(bgp_community_parse(c->text, &got), -EINVAL);
	assert_int_equal(got.kind, BGP_COMMUNITY_LARGE);
}

static void every_standard_value_survives_its_text(void **state)
{
	(void)state;
	for (uint64_t value = 0; value <= UINT32_MAX; value += 65521) {
		struct bgp_community community = { .standard = (uint32_t)value };
		char text[BGP_COMMUNITY_TEXT_SIZE];
		struct bgp_community back = { .standard = (uint32_t)~value };

		assert_int_equal(
			bgp_community_parse(bgp_community_format(&community, text), &back), 0);
		assert_int_equal(back.standard, community.standard);
	}
}

static void bandwidth_of_an_as_above_65535_says_as_trans(void **state)
{
	(void)state;
	assert_int_equal(bgp_link_bandwidth(4200000000, 0), UINT64_C(0x40045ba000000000));
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(texts) + COUNT_OF(refused) + 2];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		tests[count++] = (struct CMUnitTest){ .name = texts[i].name,
			.test_func = text_is_read_and_written_back,
			.initial_state = &texts[i] };
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		tests[count++] = (struct CMUnitTest){ .name = refused[i].name,
			.test_func = text_is_refused,
			.initial_state = &refused[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		every_standard_value_survives_its_text);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		bandwidth_of_an_as_above_65535_says_as_trans);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
