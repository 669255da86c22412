/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "haproxy-gen/settings.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

struct bad_row {
	const char *text;
	const char *wanted; /* how the one finding begins */
};

static const struct bad_row bad_rows[] = {
	{ "outptu = \"a\";", "f:1: outptu: there is no such key; did you mean output?" },
	{ "output = { file = \"haproxy.cfg\"; };", "f:1: output.file: is not an absolute path" },
	{ "output = { file = \"/a b\"; };", "f:1: output.file: has a character" },
	{ "haproxy = { admin_socket = \"/a\nglobal\"; };",
		"f:1: haproxy.admin_socket: has a char" },
	{ "haproxy = { user = \"a b\"; };", "f:1: haproxy.user: is no name" },
	{ "nodes = { check = \"ping\"; };", "f:1: nodes.check: is not known" },
	{ "nodes = { check_path = \"x\"; };", "f:1: nodes.check_path: is no path of a URL" },
	{ "nodes = { check_port = 65536; };", "f:1: nodes.check_port: is out of range" },
	{ "affinity = { members = [ \"vm-a\" ]; };",
		"f:1: affinity.members: has an item that is no" },
	{ "affinity = { members = [ \"vm-a 192.0.2.1:1\" ]; };",
		"f:1: affinity.local: is no name of affinity.members" },
	{ "publish = \"/p\";", "f:1: publish: is of no use: others give the addresses" },
	{ "publish = \"/p\";\nallocator = \"follow\";", "f:1: publish: is of no use" },
	{ "frontends = { addresses = [ \"x\" ]; };",
		"f:1: frontends.addresses: has an item that is" },
	{ "frontends = { node_port_addresses = [ \"192.0.2.0/24\" ]; };",
		"f:1: frontends.node_port_addresses: has an item that is no IP address" },
	{ "stats = { listen = \"8404\"; };", "f:1: stats.listen: is no address and port" },
	{ "source = { type = \"other\"; };", "f:1: source.type: is not known" },
	{ "output = { on_edit = \"cry\"; };", "f:1: output.on_edit: is not known" },
	{ "@include \"x\"", "f:1: @include is not allowed" },
};

static void a_wrong_setting_is_refused(void **state)
{
	const struct bad_row *row = *state;
	struct gen_settings *settings = NULL;
	auto_(report_finip) struct report report = { 0 };
	auto_(strbuf_finip) struct strbuf out = { 0 };

	assert_int_equal(gen_settings_parse(row->text, "f", &settings, &report), -EBADMSG);
	assert_null(settings);
	report_print(&report, false, &out);
	assert_memory_equal(strbuf_text(&out), row->wanted, strlen(row->wanted));
}

static void what_is_written_is_taken(void **state)
{
	static const char text[] =
		"source = { type = \"directory\"; path = \"/m\"; };\n"
		"output = { file = \"/o.cfg\"; mode = \"0600\"; };\n"
		"affinity = { local = \"b\"; members = [ \"b 192.0.2.1:1\" ]; };\n"
		"haproxy = { master_socket = \"/s\"; };\n"
		"nodes = { drain = false; spare = 0; };\n";
	auto_(gen_settings_freep) struct gen_settings *settings = NULL;
	auto_(report_finip) struct report report = { 0 };

	(void)state;
	assert_int_equal(gen_settings_parse(text, "f", &settings, &report), 0);
	assert_string_equal(settings->source.path, "/m");
	assert_string_equal(settings->output.file, "/o.cfg");
	assert_int_equal(settings->output.mode, 0600);
	assert_string_equal(settings->haproxy.master_socket, "/s");
	assert_string_equal(settings->haproxy.binary, "/usr/sbin/haproxy");
	assert_int_equal(settings->affinity.members.count, 1);
	assert_false(settings->nodes.drain);
	assert_int_equal(settings->nodes.spare, 0);
	assert_int_equal(settings->nodes.check_port, 10256);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(bad_rows) + 1] = {
		cmocka_unit_test(what_is_written_is_taken),
	};

	for (size_t i = 0; i < COUNT_OF(bad_rows); i++)
		tests[i + 1] = (struct CMUnitTest){
			.name = bad_rows[i].text,
			.test_func = a_wrong_setting_is_refused,
			.initial_state = (void *)(uintptr_t)&bad_rows[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
