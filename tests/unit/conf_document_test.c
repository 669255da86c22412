/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/document.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_SIZE = 64
};

struct row {
	const char *yaml;
	const char *json; /* of all documents, a space between; "!" for a bad one */
};

static const struct row rows[] = {
	/* scalars, as go-yaml v2 resolves them */
	{ "[y, Yes, on, TRUE, n, No, off, False]",
		"[true,true,true,true,false,false,false,false]" },
	{ "['yes', \"on\", nope, yess]", "[\"yes\",\"on\",\"nope\",\"yess\"]" },
	{ "[0644, 0o644, 0x1F, 0b11, 1_000, +5, -7]", "[420,420,31,3,1000,5,-7]" },
	{ "[1:30, 2026-01-01, 08, 1e3, 80.0, .5, 1.5e-1]",
		"[\"1:30\",\"2026-01-01\",8,1000,80,0.5,0.15]" },
	{ "[~, null, Null, '', \"~\"]", "[null,null,null,\"\",\"~\"]" },
	{ "[1.2.3.4, 10-20, 0x, a-b, 0xZZ, 1.2.3]",
		"[\"1.2.3.4\",\"10-20\",\"0x\",\"a-b\",\"0xZZ\",\"1.2.3\"]" },
	{ "[!!str 80, !!int \"80\", !!bool 'yes', !!binary aGk=]", "[\"80\",80,true,\"hi\"]" },
	{ "a: .inf", "!" },
	{ "a: !!int x", "!" },
	{ "a: \"x\\0y\"", "!" },
	{ "a: 99999999999999999999", "{\"a\":1e20}" },
	/* keys become text */
	{ "{on: 1, 2: b, 0x10: c, 1.5: d}", "{\"true\":1,\"2\":\"b\",\"16\":\"c\",\"1.5\":\"d\"}" },
	{ "~: 1", "!" },
	{ "? [a]\n: 1", "!" },
	/* duplicates */
	{ "a: 1\na: 2", "!" },
	{ "y: 1\ntrue: 2", "!" },
	{ "a: {b: 1, b: 2}", "!" },
	/* anchors and merges */
	{ "a: &x {b: 1}\nc: *x", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}" },
	{ "a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}",
		"{\"a\":{\"b\":1,\"c\":2},\"d\":{\"c\":3,\"b\":1}}" },
	{ "a: &x {b: 1}\ne: &y {b: 2, c: 3}\nd: {<<: [*x, *y]}",
		"{\"a\":{\"b\":1},\"e\":{\"b\":2,\"c\":3},\"d\":{\"b\":1,\"c\":3}}" },
	{ "a: {<<: 1}", "!" },
	{ "a: {'<<': 1}", "{\"a\":{\"<<\":1}}" },
	{ "a: &x [*x]", "!" },
	{ "a: *x", "!" },
	/* block scalars */
	{ "a: |\n  one\n  two\nb: >-\n  one\n  two\n",
		"{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\"}" },
	/* documents */
	{ "", "" },
	{ "# only a comment\n---\n---\n...\n", "" },
	{ "%YAML 1.1\n---\na: 1\n--- # two\nb: 2\n...\nc: 3\n", "{\"a\":1} {\"b\":2} {\"c\":3}" },
	{ "a: 1\n---\nb: [\n---\nc: 3\n", "{\"a\":1} ! {\"c\":3}" },
	{ "a: 1\r\n---\r\nb: 2\r\n", "{\"a\":1} {\"b\":2}" },
	{ "\xef\xbb\xbf"
	  "a: 1\n",
		"{\"a\":1}" },
	{ "--- {a: 1}\n--- {b: 2}\n", "{\"a\":1} {\"b\":2}" },
	/* JSON */
	{ "{\n\t\"a\": [1, true, null, \"\\u00e9\"],\n\t\"b\": \"c\\/d\"\n}\n",
		"{\"a\":[1,true,null,\"\xc3\xa9\"],\"b\":\"c/d\"}" },
	{ "{\"a\": \"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}" },
	/* not YAML */
	{ "a:\n\tb: 1\n", "!" },
	{ "a: b: c", "!" },
	{ "\xff\xfe", "!" },
};

static void add_document(struct strbuf *out, const struct document *document)
{
	auto_(freep) char *text = json_dumps(
		document_root(document), JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

	strbuf_add(out, text);
}

static void yaml_means_what_kubernetes_reads(void **state)
{
	const struct row *row = *state;
	struct document_reader reader = document_reader(row->yaml, strlen(row->yaml));
	auto_(strbuf_finip) struct strbuf out = { 0 };
	int r = 0;

	while (r != -ENOENT) {
		auto_(document_freep) struct document *document = NULL;
		struct document_problem problem;

		r = document_next(&reader, &document, &problem);
		if (r == -ENOENT)
			break;
		if (out.len > 0)
			strbuf_add_char(&out, ' ');
		if (r == 0)
			add_document(&out, document);
		else
			strbuf_add_char(&out, '!');
	}
	assert_string_equal(strbuf_text(&out), row->json);
}

static void every_value_has_its_line(void **state)
{
	static const char text[] = "# comment\n---\nkind: A\nspec:\n  ports:\n  - name: a\n"
				   "    port: 1\n  - name: b\n  labels: {x: y}\n";
	struct document_reader reader = document_reader(text, strlen(text));
	auto_(document_freep) struct document *document = NULL;
	struct document_problem problem;
	const json_t *root;

	(void)state;
	assert_int_equal(document_next(&reader, &document, &problem), 0);
	root = document_root(document);
	assert_int_equal(document_line_at(document, root, "kind"), 3);
	assert_int_equal(document_line_at(document, root, "spec.ports[0].port"), 7);
	assert_int_equal(document_line_at(document, root, "spec.ports[1].name"), 8);
	assert_int_equal(document_line_at(document, root, "spec.labels.x"), 9);
	assert_int_equal(document_line_at(document, root, "spec.nothing.there"), 5);
}

static void a_problem_names_its_line(void **state)
{
	static const char text[] = "a: 1\n---\nb: 2\nb: 3\n";
	struct document_reader reader = document_reader(text, strlen(text));
	struct document *document = NULL;
	struct document_problem problem;

	(void)state;
	assert_int_equal(document_next(&reader, &document, &problem), 0);
	document = document_free(document);
	assert_int_equal(document_next(&reader, &document, &problem), -EBADMSG);
	assert_int_equal(problem.line, 4);
	assert_string_equal(problem.text, "duplicate key \"b\"");
}

/* Nine levels of nine aliases each: 387 million values in 500 bytes. */
static void aliases_that_expand_without_end_are_refused(void **state)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	struct document_reader reader;
	struct document *document = NULL;
	struct document_problem problem;

	(void)state;
	strbuf_add(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++) {
		strbuf_addf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			strbuf_addf(&text, "*a%d,", i - 1);
		strbuf_add(&text, "]\n");
	}
	reader = document_reader(text.text, text.len);
	assert_int_equal(document_next(&reader, &document, &problem), -EBADMSG);
	assert_string_equal(problem.text, "aliases make the document too large");
}

static void values_nested_too_deeply_are_refused(void **state)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	struct document_reader reader;
	struct document *document = NULL;
	struct document_problem problem;

	(void)state;
	for (int i = 0; i < 10000; i++)
		strbuf_add_char(&text, '[');
	reader = document_reader(text.text, text.len);
	assert_int_equal(document_next(&reader, &document, &problem), -EBADMSG);
}

/* The text on one line is the name of its test. */
static const char *name_of(const struct row *row, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, "%s", row->yaml);
	for (char *c = name; *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '.';
	}
	return name;
}

int main(void)
{
	static char names[COUNT_OF(rows)][NAME_SIZE];
	struct CMUnitTest tests[COUNT_OF(rows) + 4] = {
		cmocka_unit_test(every_value_has_its_line),
		cmocka_unit_test(a_problem_names_its_line),
		cmocka_unit_test(aliases_that_expand_without_end_are_refused),
		cmocka_unit_test(values_nested_too_deeply_are_refused),
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[4 + i] = (struct CMUnitTest){ name_of(&rows[i], names[i]),
			yaml_means_what_kubernetes_reads, NULL, NULL, (void *)(uintptr_t)&rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
