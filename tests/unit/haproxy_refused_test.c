/* SPDX-License-Identifier: Apache-2.0 */

/* What HAProxy could not start with, and what is worth another try. */

#include "base/mem.h"
#include "haproxy-gen/refused.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

#define FILE_TEXT                                                     \
	"frontend stats\n\tbind 192.0.2.50:8404\n"                    \
	"listen default.web.80\n\tbind 198.51.100.1:80 transparent\n" \
	"\tserver node-a 192.0.2.1:30080\n"

static struct change_text text_of(const char *text)
{
	return (struct change_text){ text, strlen(text) };
}

struct row {
	const char *name;
	const char *reason;
	const char *text;
	uint64_t now_ns;
	bool is_refused;
};

/* After FILE_TEXT failed for "new", to be believed until 100. */
static const struct row rows[] = {
	{ "the_same_is_not_tried_again", "new", FILE_TEXT, 99, true },
	{ "the_same_is_tried_again_after_its_time", "new", FILE_TEXT, 100, false },
	{ "another_reason_is_worth_a_try", "edited", FILE_TEXT, 1, false },
	{ "no_reason_is_another_reason", NULL, FILE_TEXT, 1, false },
	{ "another_listener_is_worth_a_try", "new", FILE_TEXT "\tbind 198.51.100.2:80\n", 1,
		false },
	{ "without_the_listener_it_is_worth_a_try", "new",
		"listen default.web.80\n\tbind 198.51.100.1:80 transparent\n", 1, false },
	{ "other_nodes_change_nothing_about_it", "new",
		"frontend stats\n\tbind 192.0.2.50:8404\n"
		"listen default.web.80\n\tbind 198.51.100.1:80 transparent\n"
		"\tserver node-b 192.0.2.2:30080 weight 7\n",
		1, true },
};

static void it_is_as_the_row_says(void **state)
{
	const struct row *row = *state;
	struct refused refused = { 0 };

	const char *why;

	assert_null(refused_why(&refused, row->reason, text_of(row->text), row->now_ns));
	refused_set(&refused, "new", text_of(FILE_TEXT), "it said so", 100);
	why = refused_why(&refused, row->reason, text_of(row->text), row->now_ns);
	if (row->is_refused)
		assert_string_equal(why, "it said so");
	else
		assert_null(why);
	refused_fini(&refused);
	assert_null(refused_why(&refused, row->reason, text_of(row->text), row->now_ns));
}

static void the_last_one_counts(void **state)
{
	struct refused refused = { 0 };

	(void)state;
	refused_set(&refused, "new", text_of(FILE_TEXT), "first", 100);
	refused_set(&refused, NULL, text_of(""), "second", 200);
	assert_null(refused_why(&refused, "new", text_of(FILE_TEXT), 50));
	assert_string_equal(refused_why(&refused, NULL, text_of(""), 150), "second");
	refused_fini(&refused);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(rows) + 1];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[i] = (struct CMUnitTest){ rows[i].name, it_is_as_the_row_says, NULL, NULL,
			(void *)(uintptr_t)&rows[i] };
	tests[COUNT_OF(rows)] = (struct CMUnitTest)cmocka_unit_test(the_last_one_counts);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
