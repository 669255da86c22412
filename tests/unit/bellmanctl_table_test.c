/* SPDX-License-Identifier: Apache-2.0 */

#include "base/own.h"
#include "bellmanctl/table.h"
#include "tests/unit/cmocka_all.h"

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const heads[] = { "A", "LONG" };
	auto_(strbuf_finip) struct strbuf out = { 0 };
	struct table table;

	(void)state;
	table_init(&table, heads, 2);
	table_add(&table, "wide cell");
	table_add(&table, "x");
	table_add(&table, "\xc3\xa4");
	table_add(&table, "y");
	table_print(&table, false, &out);
	table_fini(&table);
	assert_string_equal(strbuf_text(&out),
		"A          LONG\n"
		"wide cell  x\n"
		"\xc3\xa4          y\n");
}

static void a_cell_can_not_steer_the_terminal(void **state)
{
	static const char *const heads[] = { "A" };
	auto_(strbuf_finip) struct strbuf out = { 0 };
	struct table table;

	(void)state;
	table_init(&table, heads, 1);
	table_add(&table, "\033[2Jx\n");
	table_print(&table, false, &out);
	table_fini(&table);
	assert_string_equal(strbuf_text(&out), "A\n?[2Jx?\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(a_cell_can_not_steer_the_terminal),
	};

	return cmocka_run_group_tests_name("bellmanctl_table", tests, NULL, NULL);
}
