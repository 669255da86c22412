/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bgp/attrs.h"
#include "cmocka_all.h"

#include <errno.h>

static void add(struct bgp_attrs *attrs, const char *text)
{
	struct bgp_community community;

	assert_int_equal(bgp_community_parse(text, &community), 0);
	assert_int_equal(bgp_attrs_add(attrs, &community), 0);
}

static void communities_are_sorted_and_unique(void **state)
{
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = { 0 };

	(void)state;
	add(&attrs, "65000:2");
	add(&attrs, "no-export");
	add(&attrs, "65000:1");
	add(&attrs, "65000:2");
	add(&attrs, "large:2:0:0");
	add(&attrs, "large:1:9:9");
	add(&attrs, "large:1:9:9");
	assert_int_equal(attrs.community_count, 3);
	assert_int_equal(attrs.communities[0], 65000U << 16 | 1);
	assert_int_equal(attrs.communities[1], 65000U << 16 | 2);
	assert_int_equal(attrs.communities[2], BGP_NO_EXPORT);
	assert_int_equal(attrs.large_count, 2);
	assert_int_equal(attrs.large[0].global, 1);
	assert_int_equal(attrs.large[1].global, 2);
}

static void the_order_of_adding_does_not_matter(void **state)
{
	auto_(bgp_attrs_finip) struct bgp_attrs a = { 0 };
	auto_(bgp_attrs_finip) struct bgp_attrs b = { 0 };

	(void)state;
	add(&a, "1:1");
	add(&a, "large:1:1:1");
	add(&a, "link-bandwidth:1:1");
	add(&a, "ext:0x0002fde800000064");
	add(&b, "ext:0x0002fde800000064");
	add(&b, "link-bandwidth:1:1");
	add(&b, "large:1:1:1");
	assert_false(bgp_attrs_equal(&a, &b));
	add(&b, "1:1");
	assert_true(bgp_attrs_equal(&a, &b));
	assert_int_equal(bgp_attrs_hash(&a), bgp_attrs_hash(&b));
}

static void more_than_128_of_a_kind_are_refused(void **state)
{
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = { 0 };
	struct bgp_community community = { .kind = BGP_COMMUNITY_STANDARD };

	(void)state;
	for (; community.standard < BGP_COMMUNITIES_MAX; community.standard++)
		assert_int_equal(bgp_attrs_add(&attrs, &community), 0);
	assert_int_equal(bgp_attrs_add(&attrs, &community), -E2BIG);
	community.standard = 5;
	assert_int_equal(bgp_attrs_add(&attrs, &community), 0); /* it is there */
	assert_int_equal(attrs.community_count, BGP_COMMUNITIES_MAX);
}

static void more_than_64_as_numbers_are_refused(void **state)
{
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = { 0 };

	(void)state;
	for (uint32_t as = 1; as <= BGP_PATH_MAX; as++)
		assert_int_equal(bgp_attrs_add_as(&attrs, as), 0);
	assert_int_equal(bgp_attrs_add_as(&attrs, 1), -E2BIG);
}

static void a_copy_has_lists_of_its_own(void **state)
{
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = { .has_med = true, .med = 7 };
	auto_(bgp_attrs_finip) struct bgp_attrs copy = { 0 };

	(void)state;
	add(&attrs, "1:1");
	add(&attrs, "large:1:1:1");
	assert_int_equal(bgp_attrs_add_as(&attrs, 65010), 0);
	copy = bgp_attrs_copy(&attrs);
	assert_true(bgp_attrs_equal(&attrs, &copy));
	assert_ptr_not_equal(copy.communities, attrs.communities);
	assert_ptr_not_equal(copy.large, attrs.large);
	assert_ptr_not_equal(copy.as_path, attrs.as_path);
	add(&copy, "1:2");
	assert_int_equal(attrs.community_count, 1);
}

static void a_value_that_is_not_set_does_not_count(void **state)
{
	const struct bgp_attrs a = { .med = 1, .local_pref = 2 };
	const struct bgp_attrs b = { .med = 3, .local_pref = 4 };

	(void)state;
	assert_true(bgp_attrs_equal(&a, &b));
	assert_int_equal(bgp_attrs_hash(&a), bgp_attrs_hash(&b));
}

/* One field each that makes a value another. */
static struct difference {
	const char *name;
	struct bgp_attrs attrs;
} differences[] = {
	{ "another_origin_is_another_value", { .origin = BGP_ORIGIN_INCOMPLETE } },
	{ "a_prepend_is_another_value", { .prepend = 1 } },
	{ "med_0_is_not_no_med", { .has_med = true } },
	{ "local_preference_0_is_not_none", { .has_local_pref = true } },
	{ "another_next_hop_is_another_value",
		{ .next_hop = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } } } },
	{ "a_path_is_another_value", { .as_path_count = 1, .as_path = (uint32_t[]){ 65010 } } },
	{ "a_community_is_another_value",
		{ .community_count = 1, .communities = (uint32_t[]){ 1 } } },
	{ "an_extended_community_is_another_value",
		{ .extended_count = 1, .extended = (uint64_t[]){ 1 } } },
	{ "a_large_community_is_another_value",
		{ .large_count = 1, .large = (struct bgp_large[]){ { 1, 1, 1 } } } },
};

static void it_is_another_value(void **state)
{
	const struct difference *difference = *state;
	const struct bgp_attrs plain = { 0 };

	assert_false(bgp_attrs_equal(&difference->attrs, &plain));
	assert_int_not_equal(bgp_attrs_hash(&difference->attrs), bgp_attrs_hash(&plain));
	for (size_t i = 0; i < COUNT_OF(differences); i++)
		assert_int_equal(bgp_attrs_equal(&difference->attrs, &differences[i].attrs),
			difference == &differences[i]);
}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		cmocka_unit_test(communities_are_sorted_and_unique),
		cmocka_unit_test(the_order_of_adding_does_not_matter),
		cmocka_unit_test(more_than_128_of_a_kind_are_refused),
		cmocka_unit_test(more_than_64_as_numbers_are_refused),
		cmocka_unit_test(a_copy_has_lists_of_its_own),
		cmocka_unit_test(a_value_that_is_not_set_does_not_count),
	};
	struct CMUnitTest tests[COUNT_OF(plain) + COUNT_OF(differences)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		tests[count++] = plain[i];
	for (size_t i = 0; i < COUNT_OF(differences); i++)
		tests[count++] = (struct CMUnitTest){ .name = differences[i].name,
			.test_func = it_is_another_value,
			.initial_state = &differences[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
