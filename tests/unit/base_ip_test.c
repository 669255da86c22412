/* SPDX-License-Identifier: Apache-2.0 */

#include "base/ip.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void text_is_read_strictly_and_written_canonically(void **state)
{
	static const char *const good[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
	};
	static const char *const bad[] = { "", "1.2.3", "01.2.3.4", "1.2.3.256", "fe80::1%eth0",
		"1.2.3.4/32", " 1.2.3.4", "2001:db8:::1" };
	char text[IP_TEXT_SIZE];
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		ip = ip_of(good[i][0]);
		assert_string_equal(ip_format(&ip, text), good[i][1]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_not_equal(ip_parse(bad[i], &ip), 0);
}

static void host_bits_of_a_prefix_are_cleared(void **state)
{
	static const char *const bad[] = { "1.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/08",
		"::/129", "1.2.3.4/-1" };
	char text[IP_PREFIX_TEXT_SIZE];
	struct ip_prefix prefix;

	(void)state;
	assert_int_equal(ip_prefix_parse("198.51.100.10/24", &prefix), 0);
	assert_string_equal(ip_prefix_format(&prefix, text), "198.51.100.0/24");
	assert_int_equal(ip_prefix_parse("2001:db8::ffff/64", &prefix), 0);
	assert_string_equal(ip_prefix_format(&prefix, text), "2001:db8::/64");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_not_equal(ip_prefix_parse(bad[i], &prefix), 0);
}

static void a_range_splits_into_the_fewest_prefixes(void **state)
{
	static const char *const want[] = { "10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/30",
		"10.0.0.8/31", "10.0.0.10/32" };
	struct ip_range range = { ip_of("10.0.0.1"), ip_of("10.0.0.10") };
	char text[IP_PREFIX_TEXT_SIZE];
	struct ip_prefix prefix;
	bool more = true;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_true(more);
		more = ip_range_split(&range, &prefix);
		assert_string_equal(ip_prefix_format(&prefix, text), want[i]);
	}
	assert_false(more);

	range = (struct ip_range){ ip_of("::"), ip_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") };
	assert_int_equal(ip_range_size(&range), UINT64_MAX);
	assert_false(ip_range_split(&range, &prefix));
	assert_string_equal(ip_prefix_format(&prefix, text), "::/0");
}

static void a_prefix_contains_just_its_own_family(void **state)
{
	struct ip_prefix prefix;
	struct ip_range range;
	struct ip in = ip_of("10.1.255.255");
	struct ip out = ip_of("10.2.0.0");
	struct ip six = ip_of("a01::");

	(void)state;
	assert_int_equal(ip_prefix_parse("10.1.0.0/16", &prefix), 0);
	assert_true(ip_prefix_contains(&prefix, &in));
	assert_false(ip_prefix_contains(&prefix, &out));
	assert_false(ip_prefix_contains(&prefix, &six));
	range = ip_prefix_range(&prefix);
	assert_true(ip_equal(&range.last, &in));
	assert_int_equal(ip_range_size(&range), 65536);
	assert_false(ip_range_contains(&range, &six));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_read_strictly_and_written_canonically),
		cmocka_unit_test(host_bits_of_a_prefix_are_cleared),
		cmocka_unit_test(a_range_splits_into_the_fewest_prefixes),
		cmocka_unit_test(a_prefix_contains_just_its_own_family),
	};

	return cmocka_run_group_tests_name("base_ip", tests, NULL, NULL);
}
