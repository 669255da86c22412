/* SPDX-License-Identifier: Apache-2.0 */

/* The file on the disk, and the program that is asked about it: here a script of the test's. */

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/install.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char folder[64];
	char file[96];
	char script[96];
};

static char *beside(const struct fixture *f, const char *suffix)
{
	return xasprintf("%s%s", f->file, suffix);
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/bellman-install.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->file, sizeof(f->file), "%s/haproxy.cfg", f->folder);
	(void)snprintf(f->script, sizeof(f->script), "%s/haproxy", f->folder);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", ".new", ".last", ".lock", ".refused" };
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		auto_(freep) char *path = beside(f, suffixes[i]);

		(void)unlink(path);
	}
	(void)unlink(f->script);
	assert_int_equal(rmdir(f->folder), 0); /* nothing else was left there */
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *text)
{
	assert_int_equal(file_replace(f->file, text), 0);
}

static void write_script(const struct fixture *f, const char *body)
{
	auto_(freep) char *text = xasprintf("#!/bin/sh\n%s\n", body);

	assert_int_equal(file_replace(f->script, text), 0);
	assert_int_equal(chmod(f->script, 0700), 0);
}

static void assert_content(const struct fixture *f, const char *suffix, const char *expected)
{
	auto_(freep) char *path = beside(f, suffix);
	auto_(freep) char *text = NULL;
	size_t len;
	int r = install_read(path, &text, &len);

	if (!expected) {
		assert_int_equal(r, -ENOENT);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(text, expected);
}

static void two_can_not_have_the_lock_and_one_after_the_other_can(void **state)
{
	struct fixture *f = *state;
	int first, second;

	assert_int_equal(install_lock(f->file, &first), 0);
	assert_int_equal(install_lock(f->file, &second), -EWOULDBLOCK);
	(void)close(first);
	assert_int_equal(install_lock(f->file, &second), 0);
	(void)close(second);
}

static void what_is_kept_can_be_put_back(void **state)
{
	struct fixture *f = *state;

	put(f, "old");
	assert_int_equal(install_keep(f->file), 0);
	put(f, "new");
	assert_content(f, ".last", "old");
	assert_int_equal(install_back(f->file), 0);
	assert_content(f, "", "old");
	assert_content(f, ".last", NULL);
}

static void what_is_kept_replaces_what_was_kept_before(void **state)
{
	struct fixture *f = *state;

	put(f, "first");
	assert_int_equal(install_keep(f->file), 0);
	put(f, "second");
	assert_int_equal(install_keep(f->file), 0);
	assert_content(f, ".last", "second");
	assert_content(f, "", "second");
}

static void without_a_file_there_is_nothing_to_keep(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(install_keep(f->file), 0);
	assert_int_equal(install_back(f->file), -ENOENT);
	assert_content(f, ".last", NULL);
}

static int check(struct fixture *f, const char *script, struct strbuf *why)
{
	write_script(f, script);
	put(f, "old");
	assert_int_equal(file_write_beside(f->file, 0600, "new", 3), 0);
	return install_check(f->file, f->script, why);
}

static void a_good_file_is_left_to_be_put_in_place(void **state)
{
	auto_(strbuf_finip) struct strbuf why = { 0 };

	assert_int_equal(check(*state, "echo fine; exit 0", &why), 0);
	assert_content(*state, ".new", "new");
	assert_int_equal(why.len, 0);
}

static void a_refused_file_can_be_looked_at_until_one_is_good(void **state)
{
	auto_(strbuf_finip) struct strbuf why = { 0 };

	assert_int_equal(
		check(*state, "echo '[ALERT]    (7) : config : bad' >&2; exit 1", &why), -EBADMSG);
	assert_string_equal(strbuf_text(&why), "config : bad");
	assert_content(*state, ".new", NULL);
	assert_content(*state, ".refused", "new");
	assert_content(*state, "", "old");
	assert_int_equal(check(*state, "exit 0", &why), 0);
	assert_content(*state, ".refused", NULL);
}

static void what_can_not_be_asked_leaves_the_old_file_alone(void **state)
{
	struct fixture *f = *state;
	auto_(strbuf_finip) struct strbuf why = { 0 };

	assert_int_equal(file_write_beside(f->file, 0600, "new", 3), 0);
	assert_int_equal(install_check(f->file, "/nowhere/haproxy", &why), -ENOENT);
	assert_content(f, ".new", NULL);
}

static void who_says_too_much_is_heard_to_the_end(void **state)
{
	auto_(strbuf_finip) struct strbuf why = { 0 };

	assert_int_equal(
		check(*state, "head -c 300000 /dev/zero | tr '\\0' x; exit 1", &why), -EBADMSG);
	assert_in_range(why.len, 60000, 80000);
}

struct version_row {
	const char *name;
	const char *said;
	int result;
	struct haproxy_version version;
};

static const struct version_row versions[] = {
	{ "the_words_of_2_6_are_its_version",
		"HAProxy version 2.6.12-1+deb12u4 2026/01/01 - https://haproxy.org/\nFeatures : +PROMEX",
		0, { 2, 6, true } },
	{ "the_words_of_3_2_are_its_version", "HAProxy version 3.2.0 2025/05/28\n", 0,
		{ 3, 2, false } },
	{ "older_words_are_a_version_too", "HA-Proxy version 2.2.9-2+deb11u6 2023/08/10\n", 0,
		{ 2, 2, false } },
	{ "a_web_server_is_no_haproxy", "nginx version: nginx/1.22.1", -EPROTO, { 0 } },
	{ "a_version_without_a_number_is_none", "HAProxy version unknown", -EPROTO, { 0 } },
	{ "silence_is_no_version", "", -EPROTO, { 0 } },
};

static void version_is_read(void **state)
{
	const struct version_row *row = *state;
	struct fixture *f = NULL;
	struct haproxy_version version = { 9, 9, true };
	auto_(freep) char *script = xasprintf("cat <<'X'\n%s\nX", row->said);
	void *made;

	assert_int_equal(set_up(&made), 0);
	f = made;
	write_script(f, script);
	assert_int_equal(install_version(f->script, &version), row->result);
	if (row->result == 0) {
		assert_int_equal(version.major, row->version.major);
		assert_int_equal(version.minor, row->version.minor);
		assert_int_equal(version.has_prometheus, row->version.has_prometheus);
	} else {
		assert_int_equal(version.major, 9);
	}
	assert_int_equal(tear_down(&made), 0);
}

struct alert_row {
	const char *name;
	const char *said;
	const char *expected;
};

static const struct alert_row alerts[] = {
	{ "an_alert_is_told_without_its_process",
		"[NOTICE]   (1) : haproxy version is 2.6\n"
		"[ALERT]    (1) : config : parsing [x.cfg:3] : unknown keyword 'y'\n"
		"[ALERT]    (1) : config : Error(s) found in configuration file : x.cfg\n"
		"[ALERT]    (1) : config : Fatal errors found in configuration.\n",
		"config : parsing [x.cfg:3] : unknown keyword 'y'" },
	{ "two_alerts_are_one_line", "[ALERT]    (1) : one\n[ALERT]    (1) : two\n", "one; two" },
	{ "a_warning_is_no_alert", "[WARNING]  (1) : w\n[ALERT]    (1) : a\n", "a" },
	{ "without_an_alert_all_is_told_as_one_line", "what\nis\r\nthis", "what is  this" },
	{ "an_alert_without_a_process_is_told", "[ALERT] x", " x" },
	{ "an_alert_cut_off_is_told", "[ALERT]    (1", "    (1" },
	{ "silence_is_told", "", "without a word" },
};

static void alerts_are_told(void **state)
{
	const struct alert_row *row = *state;
	auto_(strbuf_finip) struct strbuf out = { 0 };

	install_alerts(row->said, &out);
	assert_string_equal(strbuf_text(&out), row->expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		TEST(two_can_not_have_the_lock_and_one_after_the_other_can),
		TEST(what_is_kept_can_be_put_back),
		TEST(what_is_kept_replaces_what_was_kept_before),
		TEST(without_a_file_there_is_nothing_to_keep),
		TEST(a_good_file_is_left_to_be_put_in_place),
		TEST(a_refused_file_can_be_looked_at_until_one_is_good),
		TEST(what_can_not_be_asked_leaves_the_old_file_alone),
		TEST(who_says_too_much_is_heard_to_the_end),
	};
	struct CMUnitTest tests[COUNT_OF(fixed) + COUNT_OF(versions) + COUNT_OF(alerts)];
	size_t count = COUNT_OF(fixed);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < COUNT_OF(versions); i++)
		tests[count++] = (struct CMUnitTest){ versions[i].name, version_is_read, NULL, NULL,
			(void *)(uintptr_t)&versions[i] };
	for (size_t i = 0; i < COUNT_OF(alerts); i++)
		tests[count++] = (struct CMUnitTest){ alerts[i].name, alerts_are_told, NULL, NULL,
			(void *)(uintptr_t)&alerts[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
