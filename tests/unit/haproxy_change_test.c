/* SPDX-License-Identifier: Apache-2.0 */

/* From one text to the next: the commands in their order, or the reason for a reload. */

#include "base/mem.h"
#include "base/strbuf.h"
#include "haproxy-gen/change.h"
#include "haproxy-gen/render.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

#define NODES                                                               \
	"backend nodes\n"                                                   \
	"\tserver a 192.0.2.1:10256 check inter 2000ms fall 2 rise 2 # a\n" \
	"\tserver spare-1 0.0.0.0:0 check inter 2000ms fall 2 rise 2 disabled # \n\n"
#define WEB      "listen d.web.80\n\tbind 198.51.100.1:80\n\tbalance roundrobin\n"
#define SERVER_A "\tserver a 192.0.2.1:30080 track nodes/a\n"
#define LOCAL    "listen d.local.81\n\tbind 198.51.100.1:81\n"
#define LOCAL_A  "\tserver a 192.0.2.1:30081 check inter 5000ms fall 2 rise 2 port 32000\n"
#define ACLS     "\ttcp-request connection reject unless allowed\n"

struct change_row {
	const char *name;
	const char *old;
	const char *new;
	const char *wanted; /* commands, then reasons behind "! " */
};

static const struct change_row rows[] = {
	{ "what_is_equal_needs_nothing", NODES WEB SERVER_A, NODES WEB SERVER_A, "" },
	{ "a_drained_node_is_one_command", NODES WEB SERVER_A,
		"backend nodes\n"
		"\tserver a 192.0.2.1:10256 check inter 2000ms fall 2 rise 2 disabled # a\n"
		"\tserver spare-1 0.0.0.0:0 check inter 2000ms fall 2 rise 2 disabled # \n\n" WEB
			SERVER_A,
		"set server nodes/a state maint\n" },
	{ "a_new_node_takes_a_spare_and_is_added", NODES WEB SERVER_A,
		"backend nodes\n"
		"\tserver a 192.0.2.1:10256 check inter 2000ms fall 2 rise 2 # a\n"
		"\tserver spare-1 192.0.2.2:10256 check inter 2000ms fall 2 rise 2 # b\n\n" WEB
			SERVER_A "\tserver b 192.0.2.2:30080 track nodes/spare-1\n",
		"set server nodes/spare-1 addr 192.0.2.2 port 10256\n"
		"set server nodes/spare-1 state ready\n"
		"add server d.web.80/b 192.0.2.2:30080 track nodes/spare-1\n"
		"set server d.web.80/b state ready\n" },
	{ "a_node_that_comes_drained_spreads_it_to_what_is_new", NODES WEB SERVER_A,
		"backend nodes\n"
		"\tserver a 192.0.2.1:10256 check inter 2000ms fall 2 rise 2 # a\n"
		"\tserver spare-1 192.0.2.2:10256 check inter 2000ms fall 2 rise 2 disabled # "
		"b\n\n" WEB SERVER_A "\tserver b 192.0.2.2:30080 track nodes/spare-1\n",
		"set server nodes/spare-1 addr 192.0.2.2 port 10256\n"
		"add server d.web.80/b 192.0.2.2:30080 track nodes/spare-1\n"
		"set server d.web.80/b state ready\n"
		"set server nodes/spare-1 state ready\nset server nodes/spare-1 state maint\n" },
	{ "a_node_without_a_spare_needs_a_reload", NODES WEB SERVER_A,
		NODES "backend nodes2\n" WEB SERVER_A "\tserver b 192.0.2.2:30080 track nodes/b\n",
		"! backend nodes2: new\n! what it would track does not run: d.web.80/b\n" },
	{ "a_node_that_goes_is_deleted_from_its_listeners", NODES WEB SERVER_A, NODES WEB,
		"set server d.web.80/a state maint\ndel server d.web.80/a\n" },
	{ "a_server_in_maintenance_is_just_deleted",
		NODES WEB "\tserver a 192.0.2.1:30080 track nodes/a disabled\n", NODES WEB,
		"del server d.web.80/a\n" },
	{ "a_node_with_a_new_address_is_moved", NODES WEB SERVER_A,
		NODES WEB "\tserver a 192.0.2.9:30080 track nodes/a\n",
		"set server d.web.80/a addr 192.0.2.9 port 30080\n" },
	{ "an_ipv6_server_is_added_in_brackets", NODES WEB,
		NODES WEB "\tserver a [2001:db8::1]:30080 track nodes/a\n",
		"add server d.web.80/a [2001:db8::1]:30080 track nodes/a\n"
		"set server d.web.80/a state ready\n" },
	{ "an_ipv6_server_is_moved_without_brackets",
		NODES WEB "\tserver a [2001:db8::1]:30080 track nodes/a\n",
		NODES WEB "\tserver a [2001:db8::2]:30080 track nodes/a\n",
		"set server d.web.80/a addr 2001:db8::2 port 30080\n" },
	{ "moved_endpoints_are_weights", LOCAL LOCAL_A,
		LOCAL "\tserver a 192.0.2.1:30081 weight 3 check inter 5000ms fall 2 rise 2 "
		      "port 32000\n",
		"set server d.local.81/a weight 3\n" },
	{ "a_checked_server_gets_its_checks", LOCAL,
		LOCAL "\tserver a 192.0.2.1:30081 weight 3 check inter 5000ms fall 2 rise 2 "
		      "port 32000\n",
		"add server d.local.81/a 192.0.2.1:30081 weight 3 check inter 5000ms fall 2 rise "
		"2 port 32000\nenable health d.local.81/a\nset server d.local.81/a state ready\n" },
	{ "one_that_is_added_drained_stays_in_maintenance", LOCAL,
		LOCAL "\tserver a 192.0.2.1:30081 check inter 5000ms port 32000 disabled\n",
		"add server d.local.81/a 192.0.2.1:30081 check inter 5000ms port 32000\n"
		"enable health d.local.81/a\n" },
	{ "another_check_port_is_a_command", LOCAL LOCAL_A,
		LOCAL "\tserver a 192.0.2.1:30081 check inter 5000ms fall 2 rise 2 port 32001\n",
		"set server d.local.81/a check-port 32001\n" },
	{ "other_options_of_a_server_need_a_reload", LOCAL LOCAL_A,
		LOCAL "\tserver a 192.0.2.1:30081 check inter 1000ms fall 2 rise 2 port 32000\n",
		"! options of server d.local.81/a changed\n" },
	{ "a_new_listener_needs_a_reload", NODES, NODES WEB, "! listen d.web.80: new\n" },
	{ "a_listener_that_goes_needs_a_reload", NODES WEB, NODES, "! listen d.web.80: gone\n" },
	{ "another_address_needs_a_reload", WEB,
		"listen d.web.80\n\tbind 198.51.100.2:80\n\tbalance roundrobin\n",
		"! listen d.web.80: changed: bind 198.51.100.2:80\n" },
	{ "source_ranges_are_commands",
		WEB "\tacl allowed src -u 1001 10.0.0.0/8 10.1.0.0/16\n" ACLS,
		WEB "\tacl allowed src -u 1001 10.1.0.0/16 10.2.0.0/16\n" ACLS,
		"add acl #1001 10.2.0.0/16\ndel acl #1001 10.0.0.0/8\n" },
	{ "an_old_range_is_deleted_from_every_list",
		WEB
		"\tacl allowed src -u 1001 10.0.0.0/8\n\tacl allowed src -u 1002 10.1.0.0/16\n" ACLS,
		WEB
		"\tacl allowed src -u 1001 10.0.0.0/8\n\tacl allowed src -u 1002 10.2.0.0/16\n" ACLS,
		"add acl #1001 10.2.0.0/16\ndel acl #1001 10.1.0.0/16\n"
		"del acl #1002 10.1.0.0/16\n" },
	{ "fewer_lists_need_a_reload",
		WEB
		"\tacl allowed src -u 1001 10.0.0.0/8\n\tacl allowed src -u 1002 10.1.0.0/16\n" ACLS,
		WEB "\tacl allowed src -u 1001 10.0.0.0/8\n" ACLS,
		"! d.web.80: fewer lists of source ranges\n" },
	{ "commands_go_on_while_another_section_waits", NODES LOCAL LOCAL_A,
		NODES LOCAL "\tserver a 192.0.2.1:30081 weight 2 check inter 5000ms fall 2 rise 2 "
			    "port 32000\n" WEB SERVER_A,
		"set server d.local.81/a weight 2\n! listen d.web.80: new\n" },
	{ "a_section_of_the_machine_needs_a_reload",
		NODES RENDER_INCLUDE "\nlisten own\n\tbind :1\n# x\n\tmode tcp\n",
		NODES RENDER_INCLUDE "\nlisten own\n\tbind :1\n# x\n\tmode http\n",
		"! # What follows is output.include of this machine.: changed: mode http\n" },
};

static struct change_text text_of(const char *text)
{
	return (struct change_text){ text, strlen(text) };
}

static void the_change_is_as_wanted(void **state)
{
	const struct change_row *row = *state;
	auto_(change_finip) struct change change = { 0 };
	auto_(strbuf_finip) struct strbuf found = { 0 };

	change_find(text_of(row->old), text_of(row->new), &change);
	for (size_t i = 0; i < change.command_count; i++)
		strbuf_addf(&found, "%s\n", change.commands[i].text);
	for (size_t i = 0; i < change.reason_count; i++)
		strbuf_addf(&found, "! %s\n", change.reasons[i]);
	assert_string_equal(strbuf_text(&found), row->wanted);
}

/* After the commands alone the file says what runs, and the rest of the way is a reload only. */
static void what_is_left_after_the_commands_has_none(void **state)
{
	const struct change_row *row = *state;
	auto_(change_finip) struct change first = { 0 };
	auto_(change_finip) struct change second = { 0 };

	change_find(text_of(row->old), text_of(row->new), &first);
	assert_int_equal(first.partial != NULL, first.reason_count > 0);
	if (!first.partial)
		return; /* all of the new text */
	assert_int_equal(render_origin(first.partial, first.partial_len), RENDER_OURS);
	change_find((struct change_text){ first.partial, first.partial_len }, text_of(row->new),
		&second);
	assert_int_equal(second.command_count, 0);
	assert_int_equal(second.reason_count, first.reason_count);
}

static void a_server_that_is_still_there_is_made_what_it_shall_be(void **state)
{
	auto_(change_finip) struct change change = { 0 };

	(void)state;
	change_find(text_of(LOCAL), text_of(LOCAL LOCAL_A), &change);
	assert_int_equal(change.commands[0].expect, CHANGE_ADD);
	assert_string_equal(change.commands[0].otherwise,
		"set server d.local.81/a addr 192.0.2.1 port 30081;"
		"set server d.local.81/a check-port 32000;set server d.local.81/a weight 1");
}

int main(void)
{
	struct CMUnitTest tests[2 * COUNT_OF(rows) + 1] = {
		cmocka_unit_test(a_server_that_is_still_there_is_made_what_it_shall_be),
	};
	size_t count = 1;
	int failed;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		tests[count++] = (struct CMUnitTest){ rows[i].name, the_change_is_as_wanted, NULL,
			NULL, (void *)(uintptr_t)&rows[i] };
		tests[count++] = (struct CMUnitTest){ xasprintf("after_that_%s", rows[i].name),
			what_is_left_after_the_commands_has_none, NULL, NULL,
			(void *)(uintptr_t)&rows[i] };
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 2; i < count; i += 2)
		free((void *)(uintptr_t)tests[i].name);
	return failed;
}
