/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "conf/report.h"
#include "tests/unit/cmocka_all.h"

static void a_finding_is_one_line_that_says_where_and_what(void **state)
{
	static const struct {
		struct place place;
		const char *advice;
		const char *want;
	} rows[] = {
		{ { "a.yaml", 3, "Service", "default", "web", "spec.type" }, "write ClusterIP",
			"a.yaml:3: Service default/web: spec.type: bad; write ClusterIP\n" },
		{ { "a.yaml", 3, "Node", NULL, "n1", NULL }, NULL, "a.yaml:3: Node n1: bad\n" },
		{ { "a\nb", 0, "Pod", NULL, NULL, NULL }, NULL, "a\\x0ab: Pod: bad\n" },
		{ { NULL, 0, NULL, NULL, NULL, NULL }, NULL, "bad\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		auto_(report_finip) struct report report = { 0 };
		auto_(strbuf_finip) struct strbuf out = { 0 };

		report_error(&report, &rows[i].place, rows[i].advice, "%s", "bad");
		report_print(&report, false, &out);
		assert_string_equal(strbuf_text(&out), rows[i].want);
	}
}

static void findings_are_ordered_by_file_and_line(void **state)
{
	auto_(report_finip) struct report report = { 0 };
	auto_(report_finip) struct report all = { 0 };
	auto_(strbuf_finip) struct strbuf out = { 0 };

	(void)state;
	report_error(&report, &(struct place){ .file = "b", .line = 1 }, NULL, "3");
	report_note(&report, &(struct place){ .file = "a", .line = 10 }, NULL, "2");
	report_add(&report, SEVERITY_WARNING, &(struct place){ .file = "a", .line = 9 }, "1", NULL);
	report_append(&all, &report);
	report_sort(&all);
	report_print(&all, true, &out);
	assert_string_equal(strbuf_text(&out), "a:9: warning: 1\na:10: note: 2\nb:1: error: 3\n");
	assert_true(report_has_errors(&all));
}

static void json_holds_what_is_known_even_if_it_is_not_utf8(void **state)
{
	auto_(report_finip) struct report report = { 0 };
	auto_(freep) char *text = NULL;
	json_t *json;

	(void)state;
	report_error(&report, &(struct place){ .file = "\xff", .line = 2 }, "do", "bad");
	json = report_json(&report);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	assert_string_equal(text,
		"{\"errors\":1,\"warnings\":0,\"notes\":0,\"findings\":[{\"severity\":\"error\","
		"\"file\":\"?\",\"line\":2,\"text\":\"bad\",\"advice\":\"do\"}]}");
}

static void past_its_bound_a_report_only_counts(void **state)
{
	auto_(report_finip) struct report report = { 0 };

	(void)state;
	for (int i = 0; i < REPORT_MAX + 5; i++)
		report_note(&report, &(struct place){ .file = "a" }, NULL, "x");
	assert_int_equal(report.count, REPORT_MAX);
	assert_int_equal(report.found[SEVERITY_NOTE], REPORT_MAX + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finding_is_one_line_that_says_where_and_what),
		cmocka_unit_test(findings_are_ordered_by_file_and_line),
		cmocka_unit_test(json_holds_what_is_known_even_if_it_is_not_utf8),
		cmocka_unit_test(past_its_bound_a_report_only_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
