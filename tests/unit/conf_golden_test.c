/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tests/golden/conf/NAME.yaml is read and linted; what is found must be NAME.txt, byte for byte. With
 * GOLDEN_UPDATE in the environment NAME.txt is written instead, to be looked at.
 */

#include "base/mem.h"
#include "conf/directory.h"
#include "conf/lint.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void what_is_found_is_as_wanted(void **state)
{
	const char *name = *state;
	auto_(freep) char *input = xasprintf("%s.yaml", name);
	auto_(freep) char *wanted_path = xasprintf("%s.txt", name);
	auto_(model_freep) struct model *model = model_new();
	auto_(report_finip) struct report report = { 0 };
	auto_(strbuf_finip) struct strbuf found = { 0 };

	/* Messages name the file as it was given: from the folder it is one word. */
	assert_int_equal(chdir(CONF_GOLDEN), 0);
	assert_int_equal(conf_directory_load(model, input, &report), 0);
	conf_lint(model, &report);
	report_sort(&report);
	report_print(&report, true, &found);
	assert_golden(wanted_path, strbuf_text(&found));
}

#define ROW(name)                                                                                 \
	{                                                                                         \
		"golden_" name, what_is_found_is_as_wanted, NULL, NULL, (char *)(uintptr_t)(name) \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW("decode"),
		ROW("services"),
		ROW("metallb"),
		ROW("together"),
		ROW("lint"),
		ROW("lint_bgp"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
