/* SPDX-License-Identifier: Apache-2.0 */

/* What is remembered between runs: it comes back as it was, and what can not be read is empty. */

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/state.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT "/etc/haproxy/haproxy.cfg"

struct fixture {
	char root[64];
	char folder[96]; /* is not there until something is saved */
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->root, sizeof(f->root), "/tmp/bellman-state.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	(void)snprintf(f->folder, sizeof(f->folder), "%s/var/state", f->root);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	folder_remove(f->root);
	free(f);
	return 0;
}

static void what_is_saved_comes_back(void **state)
{
	const struct fixture *f = *state;
	auto_(state_freep) struct state *before = state_load(f->folder, OUTPUT);
	auto_(state_freep) struct state *after = NULL;

	before->was_written = true;
	before->pid = 7;
	before->pending_pid = 8;
	before->commands = 9;
	before->reloads = 10;
	state_did(before, "reload");
	state_failed(before, xstrdup("no \"room\"\n"));
	lingering_add(&before->lingering, "default.web.80/node-a");
	assert_int_equal(state_save(before), 0);
	after = state_load(f->folder, OUTPUT);
	assert_true(after->was_written);
	assert_int_equal(after->pid, 7);
	assert_int_equal(after->pending_pid, 8);
	assert_int_equal(after->commands, 9);
	assert_int_equal(after->reloads, 10);
	assert_string_equal(after->did, "reload");
	assert_string_equal(after->did_at, before->did_at);
	assert_string_equal(after->error, "no \"room\"\n");
	assert_int_equal(after->lingering.count, 1);
	assert_string_equal(after->lingering.at[0], "default.web.80/node-a");
}

static void two_outputs_do_not_share_a_state(void **state)
{
	const struct fixture *f = *state;
	auto_(state_freep) struct state *one = state_load(f->folder, OUTPUT);
	auto_(state_freep) struct state *other = NULL;

	one->pid = 7;
	assert_int_equal(state_save(one), 0);
	other = state_load(f->folder, "/etc/haproxy/other.cfg");
	assert_int_equal(other->pid, 0);
}

static void an_error_that_lasts_keeps_the_time_of_its_beginning(void **state)
{
	const struct fixture *f = *state;
	auto_(state_freep) struct state *it = state_load(f->folder, OUTPUT);

	state_failed(it, xstrdup("one"));
	free(it->error_at);
	it->error_at = xstrdup("then");
	state_failed(it, xstrdup("one"));
	assert_string_equal(it->error_at, "then");
	state_failed(it, xstrdup("another"));
	assert_string_not_equal(it->error_at, "then");
	state_failed(it, NULL);
	assert_null(it->error);
}

static void what_has_no_folder_to_be_in_is_not_saved(void **state)
{
	const struct fixture *f = *state;
	auto_(freep) char *inside = xasprintf("%s/file", f->root);
	auto_(state_freep) struct state *it = NULL;

	assert_int_equal(file_replace(inside, "x"), 0);
	it = state_load(inside, OUTPUT);
	assert_int_equal(state_save(it), -ENOTDIR);
}

static const struct {
	const char *name;
	const char *text;
} broken[] = {
	{ "an_empty_file_is_an_empty_state", "" },
	{ "half_a_file_is_an_empty_state", "{\"pid\": 7, \"did\": \"rel" },
	{ "a_list_is_an_empty_state", "[{\"pid\": 7}]" },
	{ "values_of_other_kinds_are_none",
		"{\"pid\": \"7\", \"written\": 1, \"did\": 3, \"error\": {}, \"lingering\": \"x\", "
		"\"counts\": [], \"refusals\": {\"a\": 1}}" },
	{ "a_negative_number_is_none", "{\"pid\": -7, \"commands\": -1}" },
	{ "bytes_that_are_no_text_are_an_empty_state", "{\"did\": \"\xff\xfe\"}" },
};

static void it_is_empty(void **state)
{
	const char *text = *state;
	struct fixture *f;
	void *made;
	auto_(freep) char *path = NULL;
	const struct model_dirty nobody = { 0 };
	struct state *it;

	assert_int_equal(set_up(&made), 0);
	f = made;
	path = state_path(f->folder, OUTPUT, "json");
	assert_int_equal(file_make_folders(path), 0);
	assert_int_equal(file_replace(path, text), 0);
	it = state_load(f->folder, OUTPUT);
	assert_false(it->was_written);
	assert_int_equal(it->pid, 0);
	assert_int_equal(it->commands, 0);
	assert_null(it->did);
	assert_null(it->error);
	assert_int_equal(it->lingering.count, 0);
	assert_false(state_is_refused(it, &nobody));
	state_add_servers(it, 3);
	assert_int_equal(state_save(it), 0);
	state_free(it);
	assert_int_equal(tear_down(&made), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		TEST(what_is_saved_comes_back),
		TEST(two_outputs_do_not_share_a_state),
		TEST(an_error_that_lasts_keeps_the_time_of_its_beginning),
		TEST(what_has_no_folder_to_be_in_is_not_saved),
	};
	struct CMUnitTest tests[COUNT_OF(fixed) + COUNT_OF(broken)];
	size_t count = COUNT_OF(fixed);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		tests[count++] = (struct CMUnitTest){ broken[i].name, it_is_empty, NULL, NULL,
			(void *)(uintptr_t)broken[i].text };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
