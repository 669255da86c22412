/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "conf/directory.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char root[64];
	struct event_base *base;
	struct model *model;
	struct conf_directory *directory;
	unsigned changes;
};

static void write_at(const char *root, const char *path, const char *text)
{
	auto_(freep) char *full = xasprintf("%s/%s", root, path);
	FILE *file = fopen(full, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void write_service(const struct fixture *f, const char *path, const char *name, int port)
{
	auto_(freep) char *text = xasprintf("apiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"
					    "spec:\n  ports:\n  - port: %d\n",
		name, port);

	write_at(f->root, path, text);
}

static void in_root(const struct fixture *f, const char *path, char full[256])
{
	(void)snprintf(full, 256, "%s/%s", f->root, path);
}

static void rename_in(const struct fixture *f, const char *from, const char *to)
{
	char old[256];
	char new[256];

	in_root(f, from, old);
	in_root(f, to, new);
	assert_int_equal(rename(old, new), 0);
}

static void make_folder(const struct fixture *f, const char *path)
{
	char full[256];

	in_root(f, path, full);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void make_link(const struct fixture *f, const char *target, const char *path)
{
	char full[256];

	in_root(f, path, full);
	assert_int_equal(symlink(target, full), 0);
}

static void remove_file(const struct fixture *f, const char *path)
{
	char full[256];

	in_root(f, path, full);
	assert_int_equal(unlink(full), 0);
}

/* The port of a Service in the model, 0 if it is not there. */
static int64_t port_of(const struct fixture *f, const char *name)
{
	const struct service *service = (const void *)model_find(
		f->model, MODEL_SERVICE, "default", name);

	return service && service->ports.count > 0 ? service->ports.at[0].port.value : 0;
}

static void on_change(void *user)
{
	((struct fixture *)user)->changes++;
}

static void turn(struct fixture *f)
{
	(void)event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void open_directory(struct fixture *f)
{
	const struct conf_directory_conf conf = { f->root, on_change, f };

	assert_int_equal(conf_directory_open(f->base, f->model, &conf, &f->directory), 0);
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->root, sizeof(f->root), "/tmp/conf-directory-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->base = event_base_new();
	f->model = model_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	conf_directory_free(f->directory);
	model_free(f->model);
	event_base_free(f->base);
	folder_remove(f->root);
	free(f);
	return 0;
}

static void a_burst_of_files_is_one_change(void **state)
{
	struct fixture *f = *state;

	open_directory(f);
	for (int i = 0; i < 200; i++) {
		auto_(freep) char *path = xasprintf("s%d.yaml", i);
		auto_(freep) char *name = xasprintf("s%d", i);

		write_service(f, path, name, 1 + i);
	}
	turn(f);
	assert_int_equal(f->changes, 1);
	assert_int_equal(model_count(f->model, MODEL_SERVICE), 200);
	assert_int_equal(conf_directory_counts(f->directory).objects, 200);
}

static void only_the_changed_file_is_read_again(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 50; i++) {
		auto_(freep) char *path = xasprintf("s%d.yaml", i);
		auto_(freep) char *name = xasprintf("s%d", i);

		write_service(f, path, name, 1 + i);
	}
	open_directory(f);
	assert_int_equal(conf_directory_counts(f->directory).files_read, 50);
	write_service(f, "s7.yaml", "s7", 777);
	turn(f);
	assert_int_equal(port_of(f, "s7"), 777);
	assert_int_equal(conf_directory_counts(f->directory).files_read, 51);
	conf_directory_rescan(f->directory);
	assert_int_equal(conf_directory_counts(f->directory).files_read, 51);
}

static void a_file_that_is_still_written_is_not_read(void **state)
{
	struct fixture *f = *state;
	char full[256];
	FILE *file;

	open_directory(f);
	in_root(f, "a.yaml", full);
	file = fopen(full, "we");
	assert_non_null(file);
	(void)fputs("apiVersion: v1\nkind: Service\n", file);
	(void)fflush(file);
	turn(f);
	assert_int_equal(f->changes, 0);
	(void)fputs("metadata: {name: a}\nspec: {ports: [{port: 5}]}\n", file);
	(void)fclose(file);
	turn(f);
	assert_int_equal(f->changes, 1);
	assert_int_equal(port_of(f, "a"), 5);
}

static void a_file_renamed_over_another_replaces_it(void **state)
{
	struct fixture *f = *state;

	write_service(f, "a.yaml", "a", 1);
	open_directory(f);
	write_service(f, ".a.yaml.swp", "a", 2);
	turn(f);
	assert_int_equal(f->changes, 0);
	rename_in(f, ".a.yaml.swp", "a.yaml");
	turn(f);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(f->changes, 1);
}

static void an_editor_that_moves_the_file_to_its_backup_withdraws_nothing(void **state)
{
	struct fixture *f = *state;

	write_service(f, "a.yaml", "a", 1);
	open_directory(f);
	rename_in(f, "a.yaml", "a.yaml~");
	turn(f);
	assert_int_equal(port_of(f, "a"), 1);
	write_service(f, "a.yaml", "a", 2);
	remove_file(f, "a.yaml~");
	turn(f);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(f->changes, 1);
}

static void a_file_moved_to_another_name_is_gone(void **state)
{
	struct fixture *f = *state;

	write_service(f, "a.yaml", "a", 1);
	open_directory(f);
	rename_in(f, "a.yaml", "a.yaml.off");
	turn(f);
	assert_int_equal(port_of(f, "a"), 0);
	rename_in(f, "a.yaml.off", "b.yaml");
	turn(f);
	assert_int_equal(port_of(f, "a"), 1);
}

static void a_config_map_is_swapped_at_once(void **state)
{
	struct fixture *f = *state;

	make_folder(f, "..v1");
	write_service(f, "..v1/a.yaml", "a", 1);
	write_service(f, "..v1/b.yaml", "b", 1);
	make_link(f, "..v1", "..data");
	make_link(f, "..data/a.yaml", "a.yaml");
	make_link(f, "..data/b.yaml", "b.yaml");
	open_directory(f);
	assert_int_equal(port_of(f, "a"), 1);

	make_folder(f, "..v2");
	write_service(f, "..v2/a.yaml", "a", 2);
	write_service(f, "..v2/b.yaml", "b", 2);
	make_link(f, "..v2", "..data_tmp");
	turn(f);
	assert_int_equal(f->changes, 0);
	rename_in(f, "..data_tmp", "..data");
	turn(f);
	assert_int_equal(f->changes, 1);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(port_of(f, "b"), 2);
}

static void the_tree_itself_may_be_swapped_or_come_late(void **state)
{
	struct fixture *f = *state;
	char root[64];

	memcpy(root, f->root, sizeof(root));
	make_folder(f, "one");
	make_folder(f, "two");
	write_service(f, "one/a.yaml", "a", 1);
	write_service(f, "two/a.yaml", "a", 2);
	(void)snprintf(f->root + strlen(f->root), 16, "/now");
	open_directory(f);
	memcpy(f->root, root, sizeof(root));
	assert_int_equal(port_of(f, "a"), 0);
	make_link(f, "one", "now");
	turn(f);
	assert_int_equal(port_of(f, "a"), 1);
	make_link(f, "two", "next");
	rename_in(f, "next", "now");
	turn(f);
	assert_int_equal(port_of(f, "a"), 2);
}

static void folders_come_and_go(void **state)
{
	struct fixture *f = *state;

	open_directory(f);
	make_folder(f, "x");
	write_service(f, "x/a.yaml", "a", 1);
	turn(f);
	assert_int_equal(port_of(f, "a"), 1);
	make_folder(f, "x/y");
	turn(f);
	write_service(f, "x/y/b.yaml", "b", 2);
	turn(f);
	assert_int_equal(port_of(f, "b"), 2);
	rename_in(f, "x/y", "z");
	turn(f);
	assert_int_equal(port_of(f, "b"), 2);
	rename_in(f, "z", ".z");
	turn(f);
	assert_int_equal(port_of(f, "b"), 0);
}

static void of_two_definitions_the_first_path_is_taken(void **state)
{
	struct fixture *f = *state;
	auto_(strbuf_finip) struct strbuf out = { 0 };

	write_service(f, "b.yaml", "a", 2);
	open_directory(f);
	assert_int_equal(port_of(f, "a"), 2);
	write_service(f, "a.yaml", "a", 1);
	turn(f);
	assert_int_equal(port_of(f, "a"), 1);
	report_print(conf_directory_report(f->directory), true, &out);
	assert_non_null(strstr(
		strbuf_text(&out), "b.yaml:1: error: Service default/a: is defined already in"));
	remove_file(f, "a.yaml");
	turn(f);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(conf_directory_report(f->directory)->count, 0);
}

static void a_bad_edit_keeps_what_was_good(void **state)
{
	static const char *const edits[] = {
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: x}]}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a\n",
		"{{{",
	};
	struct fixture *f = *state;

	write_service(f, "a.yaml", "a", 1);
	open_directory(f);
	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		write_at(f->root, "a.yaml", edits[i]);
		turn(f);
		assert_int_equal(port_of(f, "a"), 1);
		assert_true(report_has_errors(conf_directory_report(f->directory)));
	}
	write_service(f, "a.yaml", "a", 2);
	turn(f);
	assert_int_equal(port_of(f, "a"), 2);
	assert_false(report_has_errors(conf_directory_report(f->directory)));
	write_at(f->root, "a.yaml", "");
	turn(f);
	assert_int_equal(port_of(f, "a"), 0);
}

static void write_pool(
	const struct fixture *f, const char *path, const char *name, const char *addresses)
{
	auto_(freep) char *text = xasprintf(
		"apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\n"
		"metadata: {name: %s, namespace: m}\nspec: {addresses: [%s]}\n",
		name, addresses);

	write_at(f->root, path, text);
}

/* The first entry of a pool in the model, "" if it is not there. */
static const char *pool_of(const struct fixture *f, const char *name)
{
	const struct pool *pool = (const void *)model_find(f->model, MODEL_POOL, "m", name);

	return pool ? pool->addresses.at[0] : "";
}

static void a_pool_edited_into_another_stays_as_it_was(void **state)
{
	struct fixture *f = *state;

	write_pool(f, "a.yaml", "a", "10.0.0.0/24");
	write_pool(f, "b.yaml", "b", "10.0.1.0/24");
	open_directory(f);
	assert_string_equal(pool_of(f, "b"), "10.0.1.0/24");
	write_pool(f, "b.yaml", "b", "10.0.0.128/25");
	turn(f);
	assert_string_equal(pool_of(f, "a"), "10.0.0.0/24");
	assert_string_equal(pool_of(f, "b"), "10.0.1.0/24");
	assert_true(report_has_errors(conf_directory_report(f->directory)));
	remove_file(f, "a.yaml");
	turn(f);
	assert_string_equal(pool_of(f, "a"), "");
	assert_string_equal(pool_of(f, "b"), "10.0.0.128/25");
	assert_false(report_has_errors(conf_directory_report(f->directory)));
}

static void of_new_pools_that_overlap_one_is_inert(void **state)
{
	struct fixture *f = *state;

	write_pool(f, "1.yaml", "b", "10.0.0.0/24");
	open_directory(f);
	assert_string_equal(pool_of(f, "b"), "10.0.0.0/24");
	write_pool(f, "2.yaml", "a", "10.0.0.0/25");
	turn(f);
	assert_string_equal(pool_of(f, "a"), "10.0.0.0/25");
	assert_string_equal(pool_of(f, "b"), "");
}

static void a_bad_document_harms_no_other(void **state)
{
	struct fixture *f = *state;

	write_at(f->root, "a.yaml",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}]}\n"
		"---\nkind: [\n---\n"
		"apiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {ports: [{port: 2}]}\n");
	open_directory(f);
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(port_of(f, "b"), 2);
	assert_int_equal(conf_directory_report(f->directory)->found[SEVERITY_ERROR], 1);
}

static void kinds_of_others_are_counted_and_named(void **state)
{
	struct fixture *f = *state;
	struct conf_directory_counts counts;

	write_at(f->root, "a.yaml",
		"apiVersion: v1\nkind: List\nitems:\n"
		"- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
		"- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"
		"- {apiVersion: example.com/v1, kind: Widget, metadata: {name: b}}\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 3}]}}\n");
	open_directory(f);
	counts = conf_directory_counts(f->directory);
	assert_int_equal(counts.unknown, 3);
	assert_int_equal(counts.kind_count, 2);
	assert_string_equal(counts.kinds[0].kind, "example.com/v1 Widget");
	assert_string_equal(counts.kinds[1].kind, "v1 ConfigMap");
	assert_int_equal(counts.kinds[1].count, 2);
	assert_int_equal(conf_directory_report(f->directory)->found[SEVERITY_NOTE], 2);
	assert_int_equal(port_of(f, "s"), 3);
}

static void counts_and_findings_follow_changes(void **state)
{
	struct fixture *f = *state;

	write_service(f, "a.yaml", "a", 1);
	write_service(f, "b.yaml", "a", 2);
	write_service(f, "c.yaml", "a", 3);
	write_at(f->root, "d.yaml", "{{{");
	write_at(f->root, "e.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
	open_directory(f);
	assert_int_equal(conf_directory_counts(f->directory).objects, 1);
	assert_int_equal(conf_directory_counts(f->directory).files_read, 5);
	assert_int_equal(conf_directory_counts(f->directory).files_failed, 1);
	assert_int_equal(conf_directory_report(f->directory)->found[SEVERITY_ERROR], 3);
	write_service(f, "d.yaml", "d", 4);
	remove_file(f, "a.yaml");
	turn(f);
	assert_int_equal(conf_directory_counts(f->directory).objects, 2);
	assert_int_equal(conf_directory_counts(f->directory).unknown, 1);
	assert_int_equal(conf_directory_report(f->directory)->found[SEVERITY_ERROR], 1);
	write_service(f, "b.yaml", "b", 2);
	write_service(f, "e.yaml", "e", 5);
	turn(f);
	assert_int_equal(conf_directory_counts(f->directory).objects, 4);
	assert_int_equal(conf_directory_counts(f->directory).unknown, 0);
	assert_int_equal(conf_directory_report(f->directory)->count, 0);
	remove_file(f, "c.yaml");
	turn(f);
	assert_int_equal(conf_directory_counts(f->directory).objects, 3);
}

static void a_tree_or_a_file_is_read_once_without_a_loop(void **state)
{
	struct fixture *f = *state;
	auto_(report_finip) struct report report = { 0 };
	char full[256];

	write_service(f, "a.yaml", "a", 1);
	assert_int_equal(conf_directory_load(f->model, f->root, &report), 0);
	assert_int_equal(port_of(f, "a"), 1);
	write_service(f, "a.yaml", "a", 2);
	in_root(f, "a.yaml", full);
	assert_int_equal(conf_directory_load(f->model, full, &report), 0);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(report.count, 0);
	assert_int_equal(conf_directory_load(f->model, "/nowhere", &report), -ENOENT);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(a_burst_of_files_is_one_change),
		ROW(only_the_changed_file_is_read_again),
		ROW(a_file_that_is_still_written_is_not_read),
		ROW(a_file_renamed_over_another_replaces_it),
		ROW(an_editor_that_moves_the_file_to_its_backup_withdraws_nothing),
		ROW(a_file_moved_to_another_name_is_gone),
		ROW(a_config_map_is_swapped_at_once),
		ROW(the_tree_itself_may_be_swapped_or_come_late),
		ROW(folders_come_and_go),
		ROW(of_two_definitions_the_first_path_is_taken),
		ROW(a_bad_edit_keeps_what_was_good),
		ROW(a_pool_edited_into_another_stays_as_it_was),
		ROW(of_new_pools_that_overlap_one_is_inert),
		ROW(a_bad_document_harms_no_other),
		ROW(kinds_of_others_are_counted_and_named),
		ROW(counts_and_findings_follow_changes),
		ROW(a_tree_or_a_file_is_read_once_without_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
