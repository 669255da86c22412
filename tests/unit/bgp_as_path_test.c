/* SPDX-License-Identifier: Apache-2.0 */

/* AS_PATH and AS4_PATH of a peer without 4-octet AS numbers as one path: RFC 6793 section 4.2.3. */

#include "bgp/as_path.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <inttypes.h>

struct merge_case {
	const char *name;
	const char *path, *as4_path; /* values */
	const char *want;            /* segments: their type, their numbers */
};

/* clang-format off */
static struct merge_case merges[] = {
	{ "all_of_as4_path_stands_for_as_trans", "0202 5ba0 5ba0", "0202 00010000 00010001", "2:65536,65537" },
	{ "who_knew_no_long_numbers_is_kept_in_front", "0203 fde8 5ba0 5ba0", "0202 00010000 00010001", "2:65000 2:65536,65537" },
	{ "two_that_knew_none_are_kept", "0204 fde8 fde9 5ba0 5ba0", "0202 00010000 00010001", "2:65000,65001 2:65536,65537" },
	{ "an_as4_path_that_is_longer_is_ignored", "0201 fde8", "0202 00010000 00010001", "2:65000" },
	{ "whole_segments_are_kept_in_front", "0201 fde8 0202 fde9 5ba0", "0201 00010000", "2:65000 2:65001 2:65536" },
	{ "a_set_counts_one", "0201 fde8 0103 5ba0 5ba0 5ba0", "0102 00010000 00010001", "2:65000 1:65536,65537" },
	{ "a_set_in_front_is_kept_whole", "0102 fde8 fde9 0201 5ba0", "0201 00010000", "1:65000,65001 2:65536" },
	{ "a_set_is_no_reason_to_keep_more", "0201 fde8 0102 5ba0 5ba0", "0202 00010000 00010001", "2:65536,65537" },
	{ "a_confederation_that_leads_is_kept", "0301 fde8 0201 5ba0", "0201 00010000", "3:65000 2:65536" },
	{ "a_confederation_beside_what_is_kept_is_kept", "0201 fde8 0301 fde9 0201 5ba0", "0201 00010000", "2:65000 3:65001 2:65536" },
	{ "a_confederation_behind_the_cut_is_not", "0202 fde8 5ba0 0301 fde9", "0201 00010000", "2:65000 2:65536" },
	{ "a_confederation_in_as4_path_is_left_out", "0202 fde8 5ba0", "0301 00010009 0201 00010000", "2:65000 2:65536" },
	{ "an_as4_path_of_a_confederation_alone_changes_nothing", "0202 fde8 5ba0", "0301 00010009", "2:65000,23456" },
	{ "nothing_and_nothing_is_nothing", "", "", "" },
};
/* clang-format on */

static const char *write_path(struct bgp_as_path path, struct strbuf *text)
{
	struct bgp_as_segment segment;

	while (bgp_as_path_next(&path, &segment)) {
		strbuf_addf(text, "%s%u", text->len > 0 ? " " : "", segment.type);
		for (char gap = ':'; wire_left(&segment.numbers) > 0; gap = ',')
			strbuf_addf(text, "%c%" PRIu32, gap, bgp_as_take(&segment));
	}
	return strbuf_text(text);
}

static void both_paths_mean_one(void **state)
{
	const struct merge_case *c = *state;
	struct hex path = hex(c->path);
	struct hex as4_path = hex(c->as4_path);
	struct wire_reader as4 = wire_reader(as4_path.bytes, as4_path.len);
	struct wire_reader old = wire_reader(path.bytes, path.len);
	auto_(strbuf_finip) struct strbuf text = { 0 };

	assert_true(bgp_as_path_is_sound(old, 2, true));
	assert_true(bgp_as_path_is_sound(as4, 4, true));
	assert_string_equal(write_path(bgp_as_path_merge(old, as4), &text), c->want);
}

static void a_path_alone_is_read_as_it_stands(void **state)
{
	struct hex h = hex("0202 0000fde8 00010000 0101 0000fdea");
	auto_(strbuf_finip) struct strbuf text = { 0 };

	(void)state;
	assert_string_equal(write_path(bgp_as_path(wire_reader(h.bytes, h.len), 4), &text),
		"2:65000,65536 1:65002");
}

static void as_0_is_no_as(void **state)
{
	struct hex h = hex("0202 fde8 0000");

	(void)state;
	assert_false(bgp_as_path_is_sound(wire_reader(h.bytes, h.len), 2, false));
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(a_path_alone_is_read_as_it_stands),
		cmocka_unit_test(as_0_is_no_as),
	};
	struct CMUnitTest tests[COUNT_OF(merges) + COUNT_OF(others)];

	for (size_t i = 0; i < COUNT_OF(merges); i++)
		tests[i] = (struct CMUnitTest){
			.name = merges[i].name,
			.test_func = both_paths_mean_one,
			.initial_state = &merges[i],
		};
	memcpy(tests + COUNT_OF(merges), others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_as_path", tests, NULL, NULL);
}
