/* SPDX-License-Identifier: Apache-2.0 */

/* What HAProxy says of its servers against the file, and what its master says of its processes. */

#include "base/mem.h"
#include "haproxy-gen/master.h"
#include "haproxy-gen/verify.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

#define HEADING "1\n# be_id be_name srv_id srv_name srv_addr ...\n"
#define LINE(name, address, admin, weight, port, check_port)                                 \
	"3 d.web.80 1 " name " " address " 2 " admin " " weight " 1 9 6 3 7 6 0 0 0 - " port \
	" - 0 " check_port " - - 0\n"
#define FILE_TEXT                                                             \
	"listen d.web.80\n\tbind 198.51.100.1:80\n"                           \
	"\tserver a 192.0.2.1:30080 weight 2 check inter 5000ms port 32000\n" \
	"\tserver b 192.0.2.2:30080 check inter 5000ms port 32000 disabled\n\n"
#define A LINE("a", "192.0.2.1", "0", "2", "30080", "32000")
#define B LINE("b", "192.0.2.2", "5", "1", "30080", "32000")

struct verify_row {
	const char *name;
	const char *state;
	const char *wanted; /* commands that put it right */
};

static const struct verify_row rows[] = {
	{ "what_is_as_said_needs_nothing", HEADING A B, "" },
	{ "what_its_node_has_is_not_its_own",
		HEADING LINE("a", "192.0.2.1", "2", "2", "30080", "32000") B, "" },
	{ "maintenance_is_ended", HEADING LINE("a", "192.0.2.1", "1", "2", "30080", "32000") B,
		"set server d.web.80/a state ready\n" },
	{ "draining_is_ended", HEADING LINE("a", "192.0.2.1", "8", "2", "30080", "32000") B,
		"set server d.web.80/a state ready\n" },
	{ "maintenance_is_begun", HEADING A LINE("b", "192.0.2.2", "4", "1", "30080", "32000"),
		"set server d.web.80/b state maint\n" },
	{ "a_weight_is_set_back", HEADING LINE("a", "192.0.2.1", "0", "9", "30080", "32000") B,
		"set server d.web.80/a weight 2\n" },
	{ "an_address_is_set_back", HEADING LINE("a", "192.0.2.9", "0", "2", "30080", "32000") B,
		"set server d.web.80/a addr 192.0.2.1 port 30080\n" },
	{ "a_check_port_is_set_back", HEADING LINE("a", "192.0.2.1", "0", "2", "30080", "1") B,
		"set server d.web.80/a check-port 32000\n" },
	{ "one_that_is_missing_is_added", HEADING A,
		"add server d.web.80/b 192.0.2.2:30080 check inter 5000ms port 32000\n"
		"enable health d.web.80/b\n" },
	{ "one_too_many_is_deleted", HEADING A B LINE("c", "192.0.2.3", "0", "1", "30080", "0"),
		"set server d.web.80/c state maint\ndel server d.web.80/c\n" },
	{ "one_that_waits_for_its_last_connection_is_left",
		HEADING A B LINE("c", "192.0.2.3", "1", "1", "30080", "0"), "" },
};

static void what_is_wrong_is_put_right(void **state)
{
	const struct verify_row *row = *state;
	const struct change_text file = { FILE_TEXT, strlen(FILE_TEXT) };
	auto_(strbuf_finip) struct strbuf running = { 0 };
	auto_(strbuf_finip) struct strbuf found = { 0 };
	auto_(change_finip) struct change change = { 0 };
	size_t wrong = verify_running(file, row->state, &running);

	assert_int_equal(wrong, row->wanted[0] ? 1 : 0);
	if (wrong == 0)
		return;
	change_find((struct change_text){ running.text, running.len }, file, &change);
	assert_int_equal(change.reason_count, 0);
	for (size_t i = 0; i < change.command_count; i++)
		strbuf_addf(&found, "%s\n", change.commands[i].text);
	assert_string_equal(strbuf_text(&found), row->wanted);
}

#define PROCS_HEADING "#<PID>          <type>          <reloads>       <uptime>        <version>\n"

static void the_worker_with_the_fewest_reloads_is_the_current_one(void **state)
{
	struct master_procs procs = { 0 };

	(void)state;
	assert_int_equal(
		master_procs_parse(PROCS_HEADING
			"10              master          2 [failed: 1]   0d00h00m04s     3.0\n"
			"# workers\n# old workers\n"
			"11              worker          2               0d00h00m04s     3.0\n"
			"12              worker          1               0d00h00m02s     3.0\n"
			"# programs\n",
			&procs),
		0);
	assert_int_equal(procs.master, 10);
	assert_int_equal(procs.worker, 12);
	assert_int_equal(procs.workers, 2);
	assert_int_equal(procs.failed, 1);
}

static void an_answer_without_a_master_is_none(void **state)
{
	struct master_procs procs;

	(void)state;
	assert_int_equal(master_procs_parse("Unknown command\n", &procs), -EPROTO);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(rows) + 2] = {
		cmocka_unit_test(the_worker_with_the_fewest_reloads_is_the_current_one),
		cmocka_unit_test(an_answer_without_a_master_is_none),
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[i + 2] = (struct CMUnitTest){ rows[i].name, what_is_wrong_is_put_right, NULL,
			NULL, (void *)(uintptr_t)&rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
