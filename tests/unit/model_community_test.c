/* SPDX-License-Identifier: Apache-2.0 */

#include "model/community.h"

#include "tests/unit/cmocka_all.h"

#include <errno.h>

struct text_case {
	const char *name;
	const char *text;
	int result;
	struct community_value value;
};

static struct text_case cases[] = {
	{ "a_standard_community_is_two_numbers", "65000:100", 0, { .standard = 0xfde80064 } },
	{ "the_highest_standard_community_fits", "65535:65535", 0, { .standard = 0xffffffff } },
	{ "an_as_number_of_17_bits_is_refused", "65536:1", -EINVAL, { 0 } },
	{ "a_large_community_is_three_numbers", "large:4294967295:0:7", 0,
		{ .is_large = true, .large = { 0xffffffff, 0, 7 } } },
	{ "a_large_community_of_33_bits_is_refused", "large:4294967296:0:7", -EINVAL, { 0 } },
	{ "two_numbers_are_no_large_community", "large:1:2", -EINVAL, { 0 } },
	{ "one_number_is_refused", "12345", -EINVAL, { 0 } },
	{ "a_sign_is_refused", "-1:2", -EINVAL, { 0 } },
	{ "text_behind_is_refused", "1:2 ", -EINVAL, { 0 } },
	{ "twelve_digits_are_refused", "000000000001:2", -EINVAL, { 0 } },
	{ "nothing_is_refused", "", -EINVAL, { 0 } },
};

static void reads_as_said(void **state)
{
	const struct text_case *test = *state;
	struct community_value value = { 0 };

	assert_int_equal(community_parse(test->text, &value), test->result);
	assert_int_equal(value.is_large, test->value.is_large);
	assert_int_equal(value.standard, test->value.standard);
	assert_memory_equal(value.large, test->value.large, sizeof(value.large));
}

static void registered_names_are_known(void **state)
{
	struct community_value value;

	(void)state;
	assert_int_equal(community_by_name("no-export", &value), 0);
	assert_int_equal(value.standard, 0xffffff01);
	assert_int_equal(community_by_name("graceful-shutdown", &value), 0);
	assert_int_equal(value.standard, 0xffff0000);
	assert_int_equal(community_by_name("No-Export", &value), -ENOENT);
}

int main(void)
{
	struct CMUnitTest tests[sizeof(cases) / sizeof(cases[0]) + 1] = { cmocka_unit_test(
		registered_names_are_known) };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tests[i + 1] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = reads_as_said,
			.initial_state = &cases[i] };
	return cmocka_run_group_tests_name("model_community", tests, NULL, NULL);
}
