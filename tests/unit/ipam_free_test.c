/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "ipam/free.h"
#include "tests/unit/cmocka_all.h"

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void add_range(struct free_set *set, const char *first, const char *last, unsigned order)
{
	struct ip_range range = { ip_of(first), ip_of(last) };

	free_set_add_range(set, &range, order);
}

static void assert_lowest(const struct free_set *set, bool avoid_buggy, const char *want)
{
	char text[IP_TEXT_SIZE] = "";
	struct ip ip;

	if (free_set_lowest(set, avoid_buggy, &ip))
		ip_format(&ip, text);
	assert_string_equal(text, want);
}

static void entries_are_used_in_the_order_written(void **state)
{
	auto_(free_set_freep) struct free_set *set = free_set_new();
	struct ip ip = ip_of("10.0.9.1");

	(void)state;
	add_range(set, "10.0.9.1", "10.0.9.1", 0);
	add_range(set, "10.0.1.1", "10.0.1.2", 1);
	assert_lowest(set, false, "10.0.9.1");
	assert_true(free_set_take(set, &ip));
	assert_false(free_set_take(set, &ip));
	assert_lowest(set, false, "10.0.1.1");
	free_set_give(set, &ip);
	assert_lowest(set, false, "10.0.9.1");
}

static void buggy_addresses_are_passed_over_when_asked(void **state)
{
	auto_(free_set_freep) struct free_set *set = free_set_new();

	(void)state;
	add_range(set, "1.2.3.255", "1.2.4.0", 0);
	assert_lowest(set, false, "1.2.3.255");
	assert_lowest(set, true, "");
	add_range(set, "1.2.4.1", "1.2.4.9", 1);
	assert_lowest(set, true, "1.2.4.1");
}

/* A naive set of 512 addresses in two entries beside the tree, through 20,000 random steps. */
static void behaves_like_a_plain_array(void **state)
{
	auto_(free_set_freep) struct free_set *set = free_set_new();
	bool taken[512] = { false };
	struct ip base[2] = { ip_of("10.0.0.0"), ip_of("fd00::") };
	unsigned seed = 7;

	(void)state;
	add_range(set, "10.0.0.0", "10.0.0.255", 0);
	add_range(set, "fd00::", "fd00::ff", 1);
	for (int step = 0; step < 20000; step++) {
		unsigned i;
		unsigned lowest = 0;
		struct ip ip;
		struct ip got;

		seed = seed * 1103515245u + 12345u;
		i = (seed >> 8) % 512;
		ip = ip_from_uint(base[i / 256].family, ip_to_uint(&base[i / 256]) + i % 256);
		if (taken[i])
			free_set_give(set, &ip);
		else
			assert_true(free_set_take(set, &ip));
		taken[i] = !taken[i];

		while (lowest < 512 && taken[lowest])
			lowest++;
		assert_int_equal(free_set_lowest(set, false, &got), lowest < 512);
		if (lowest < 512) {
			ip = ip_from_uint(base[lowest / 256].family,
				ip_to_uint(&base[lowest / 256]) + lowest % 256);
			assert_true(ip_equal(&ip, &got));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_used_in_the_order_written),
		cmocka_unit_test(buggy_addresses_are_passed_over_when_asked),
		cmocka_unit_test(behaves_like_a_plain_array),
	};

	return cmocka_run_group_tests_name("ipam_free", tests, NULL, NULL);
}
