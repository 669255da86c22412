/* SPDX-License-Identifier: Apache-2.0 */

#include "base/log.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Runs @write_line with standard error in a pipe and returns what it wrote, behind the time. */
static const char *logged(void (*write_line)(void), char *text, size_t size)
{
	int saved = dup(STDERR_FILENO);
	int fds[2];
	ssize_t len;

	assert_int_equal(pipe(fds), 0);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	write_line();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(fds[1]);
	len = read(fds[0], text, size - 1);
	(void)close(fds[0]);
	text[len > 0 ? len : 0] = '\0';
	return strstr(text, "msg") ? strstr(text, "msg") : text;
}

static void write_hostile_value(void)
{
	log_info("hello", kv_str("name", "a\nlevel=error \"x\" \xff"), kv_uint("n", 7),
		kv_errno(-2));
}

static void write_debug(void)
{
	log_debug("quiet", kv_uint("n", 1));
}

static void a_value_can_not_forge_a_line_or_a_key(void **state)
{
	char text[1024];

	(void)state;
	log_setup(LOG_L_INFO, LOG_LOGFMT);
	assert_string_equal(logged(write_hostile_value, text, sizeof(text)),
		"msg=\"hello\" name=\"a\\nlevel=error \\\"x\\\" \\u00ff\" n=7 "
		"error=\"No such file or directory\"\n");
}

static void json_lines_are_json(void **state)
{
	char text[1024];

	(void)state;
	log_setup(LOG_L_INFO, LOG_JSON);
	assert_string_equal(logged(write_hostile_value, text, sizeof(text)),
		"msg\":\"hello\",\"name\":\"a\\nlevel=error \\\"x\\\" \\u00ff\",\"n\":7,"
		"\"error\":\"No such file or directory\"}\n");
}

static void debug_is_silent_at_level_info(void **state)
{
	char text[1024];

	(void)state;
	log_setup(LOG_L_INFO, LOG_LOGFMT);
	assert_string_equal(logged(write_debug, text, sizeof(text)), "");
}

static void a_flood_is_limited_to_its_burst(void **state)
{
	struct log_limit limit = { 0 };
	unsigned passed = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		passed += log_limit_pass(&limit, LOG_WHERE, 5);
	assert_in_range(passed, 5, 10); /* ten, if a second ended in between */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_can_not_forge_a_line_or_a_key),
		cmocka_unit_test(json_lines_are_json),
		cmocka_unit_test(debug_is_silent_at_level_info),
		cmocka_unit_test(a_flood_is_limited_to_its_burst),
	};

	return cmocka_run_group_tests_name("base_log", tests, NULL, NULL);
}
