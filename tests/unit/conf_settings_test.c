/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "conf/settings.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

struct bad_row {
	const char *text;
	const char *wanted; /* how the one finding begins */
};

static const struct bad_row bad_rows[] = {
	{ "nod = \"a\";", "f:1: nod: there is no such key; did you mean node?" },
	{ "\nlog = { levle = \"info\"; };",
		"f:2: log.levle: there is no such key; did you mean log.level?" },
	{ "log = { level = \"loud\"; };", "f:1: log.level: is not known; write one of \"error\"" },
	{ "log = \"info\";", "f:1: log: is not a group" },
	{ "node = 5;", "f:1: node: is not text" },
	{ "node = \"Node_A\";", "f:1: node: is no name of a Node" },
	{ "node = \"\";", "f:1: node: is empty" },
	{ "state = \"var\";", "f:1: state: is not an absolute path" },
	{ "source = { type = \"kubernetes\"; };", "f:1: source.type: is not known" },
	{ "control = { mode = 660; };", "f:1: control.mode: is not text" },
	{ "control = { mode = \"rw\"; };", "f:1: control.mode: is no file mode" },
	{ "metrics = { listen = \"7472\"; };", "f:1: metrics.listen: is no address and port" },
	{ "metrics = { listen = \"::1:7472\"; };", "f:1: metrics.listen: is no address and port" },
	{ "ignore_exclude_label = 1;", "f:1: ignore_exclude_label: is not a boolean" },
	{ "allocator = \"other\";", "f:1: allocator: is not known" },
	{ "publish = \"a.json\";", "f:1: publish: is not an absolute path" },
	{ "allocator = \"follow\";\npublish = \"/p\";", "f:2: publish: is of no use" },
	{ "interfaces = { exclude = [ \"(\" ]; };",
		"f:1: interfaces.exclude: has an item that is no regular" },
	{ "interfaces = { include = \"eth0\"; };", "f:1: interfaces.include: is not a list" },
	{ "announce = { refresh_seconds = 100000; };",
		"f:1: announce.refresh_seconds: is out of range" },
	{ "announce = { refresh_seconds = -1; };",
		"f:1: announce.refresh_seconds: is out of range" },
	{ "announce = { schedule_ms = [ ]; };", "f:1: announce.schedule_ms: is empty" },
	{ "announce = { schedule_ms = [ 5, 5 ]; };", "f:1: announce.schedule_ms: does not ascend" },
	{ "announce = { schedule_ms = [ 0, 100000 ]; };",
		"f:1: announce.schedule_ms: is out of range" },
	{ "bgp = { listen = [ \"::\", \"eth0\" ]; };",
		"f:1: bgp.listen: has an item that is no address" },
	{ "bgp = { listen = [ \"::\", \"::\", \"::\", \"::\", \"::\", \"::\", \"::\", \"::\", "
	  "\"::\" ]; };",
		"f:1: bgp.listen: has too many items" },
	{ "bgp = { router_id = \"::1\"; };", "f:1: bgp.router_id: is no router identifier" },
	{ "bgp = { router_id = \"0.0.0.0\"; };", "f:1: bgp.router_id: is no router identifier" },
	{ "bgp = { restart_seconds = 4096; };", "f:1: bgp.restart_seconds: is out of range" },
	{ "bgp = { long_lived_seconds = 16777216; };",
		"f:1: bgp.long_lived_seconds: is out of range" },
	{ "bmp = { collector = \"example:11019\"; };",
		"f:1: bmp.collector: is no address and port" },
	{ "bgp = { health = \"https://a/\"; };", "f:1: bgp.health: is no URL" },
	{ "bgp = { on_stop = \"never\"; };", "f:1: bgp.on_stop: is not known" },
	{ "node = ", "f:1: syntax error" },
	{ "\nnode = \"a;\n", "f:2: a text has no closing quote" },
	{ "node = \"a\"; node = \"b\";", "f:1: duplicate setting name" },
	{ "@include \"/etc/passwd\"", "f:1: @include is not allowed" },
	{ "a = ((((((((((((((((((((1))))))))))))))))))));", "f:1: is nested too deeply" },
};

static void a_mistake_is_named_with_its_line(void **state)
{
	const struct bad_row *row = *state;
	auto_(report_finip) struct report report = { 0 };
	auto_(strbuf_finip) struct strbuf out = { 0 };
	struct settings *settings = NULL;

	assert_int_equal(settings_parse(row->text, "f", &settings, &report), -EBADMSG);
	assert_null(settings);
	assert_true(report.count >= 1);
	diagnostic_print(&report.at[0], &out);
	assert_memory_equal(strbuf_text(&out), row->wanted, strlen(row->wanted));
}

static void every_key_has_a_default(void **state)
{
	auto_(report_finip) struct report report = { 0 };
	auto_(settings_freep) struct settings *s = NULL;

	(void)state;
	assert_int_equal(settings_parse("", "f", &s, &report), 0);
	assert_true(s->node[0]);
	assert_string_equal(s->source.path, "/etc/bellman/manifests");
	assert_string_equal(s->state, "/var/lib/bellman");
	assert_string_equal(s->control.socket, "/run/bellman/control.sock");
	assert_int_equal(s->control.mode, 0660);
	assert_string_equal(s->metrics.listen, "127.0.0.1:7472");
	assert_int_equal(s->log.level, LOG_L_INFO);
	assert_int_equal(s->allocator, SETTINGS_ALLOCATE_MANIFESTS);
	assert_int_equal(s->interfaces.exclude.count, 14);
	assert_int_equal(s->announce.schedule_count, 5);
	assert_int_equal(s->announce.schedule_ms[4], 5000);
	assert_int_equal(s->announce.refresh_seconds, 60);
}

static void every_key_is_taken(void **state)
{
	static const char text[] =
		"node = \"node-a\";\n"
		"source = { type = \"directory\"; path = \"/m\"; };\n"
		"state = \"/s\"; user = \"bell\";\n"
		"interfaces = { include = [ \"^eth[0-9]+$\" ]; exclude = [ ]; };\n"
		"control = { socket = \"/c\"; group = \"adm\"; mode = \"0600\"; };\n"
		"metrics = { listen = \"[::1]:9\"; };\n"
		"log = { level = \"debug\"; format = \"json\"; };\n"
		"load_balancer_class = \"example.com/x\"; ignore_exclude_label = true;\n"
		"allocator = \"self\"; publish = \"/p/a.json\";\n"
		"announce = { schedule_ms = [ 0, 7 ]; refresh_seconds = 0; ask_gateways = true;\n"
		"  frames_per_second = 9; answers_per_second = 8; };\n";
	auto_(report_finip) struct report report = { 0 };
	auto_(settings_freep) struct settings *s = NULL;

	(void)state;
	assert_int_equal(settings_parse(text, "f", &s, &report), 0);
	assert_string_equal(s->node, "node-a");
	assert_string_equal(s->source.path, "/m");
	assert_string_equal(s->user, "bell");
	assert_int_equal(s->interfaces.include.count, 1);
	assert_int_equal(s->interfaces.exclude.count, 0);
	assert_string_equal(s->control.group, "adm");
	assert_int_equal(s->control.mode, 0600);
	assert_int_equal(s->log.level, LOG_L_DEBUG);
	assert_int_equal(s->log.format, LOG_JSON);
	assert_string_equal(s->load_balancer_class, "example.com/x");
	assert_true(s->ignore_exclude_label);
	assert_int_equal(s->allocator, SETTINGS_ALLOCATE_SELF);
	assert_string_equal(s->publish, "/p/a.json");
	assert_int_equal(s->announce.schedule_count, 2);
	assert_int_equal(s->announce.refresh_seconds, 0);
	assert_true(s->announce.ask_gateways);
	assert_int_equal(s->announce.frames_per_second, 9);
	assert_int_equal(s->announce.answers_per_second, 8);
}

static void a_quote_in_a_comment_is_no_text(void **state)
{
	auto_(report_finip) struct report report = { 0 };
	auto_(settings_freep) struct settings *s = NULL;
	static const char text[] = "# 5\" disks\n/* 3\"\n { @include */ node = \"a\"; // it\"s\n"
				   "user = \"/*\"; # \"\n";

	(void)state;
	assert_int_equal(settings_parse(text, "f", &s, &report), 0);
	assert_string_equal(s->node, "a");
	assert_string_equal(s->user, "/*");
}

static void a_file_that_is_not_there_is_reported(void **state)
{
	auto_(report_finip) struct report report = { 0 };
	struct settings *settings = NULL;

	(void)state;
	assert_int_equal(settings_load("/nowhere/bellmand.conf", &settings, &report), -ENOENT);
	assert_int_equal(report.count, 1);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(bad_rows) + 4] = {
		cmocka_unit_test(every_key_has_a_default),
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(a_quote_in_a_comment_is_no_text),
		cmocka_unit_test(a_file_that_is_not_there_is_reported),
	};

	for (size_t i = 0; i < COUNT_OF(bad_rows); i++)
		tests[4 + i] = (struct CMUnitTest){ bad_rows[i].text,
			a_mistake_is_named_with_its_line, NULL, NULL,
			(void *)(uintptr_t)&bad_rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
