/* SPDX-License-Identifier: Apache-2.0 */

/* Files that are read and replaced as a whole, in a folder of the test's own. */

#include "base/file.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char folder[64];
	char path[96];
	char beside[128];
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/bellman-file.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/it", f->folder);
	(void)snprintf(f->beside, sizeof(f->beside), "%s.new", f->path);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->path);
	(void)unlink(f->beside);
	assert_int_equal(rmdir(f->folder), 0); /* nothing else was left there */
	free(f);
	return 0;
}

static void assert_content(const char *path, const char *expected)
{
	auto_(freep) char *text = NULL;
	size_t len;

	assert_int_equal(file_read(path, 1000, &text, &len), 0);
	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
}

static void what_is_replaced_is_read_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_replace(f->path, "one"), 0);
	assert_content(f->path, "one");
	assert_int_equal(file_replace(f->path, "another"), 0);
	assert_content(f->path, "another");
	assert_int_equal(access(f->beside, F_OK), -1);
}

static void who_reads_the_old_file_goes_on_reading_it(void **state)
{
	struct fixture *f = *state;
	char text[16] = "";
	FILE *old;

	assert_int_equal(file_replace(f->path, "old"), 0);
	old = fopen(f->path, "re");
	assert_non_null(old);
	assert_int_equal(file_replace(f->path, "new"), 0);
	assert_int_equal(fread(text, 1, sizeof(text), old), 3);
	assert_string_equal(text, "old");
	(void)fclose(old);
}

static void what_somebody_left_beside_is_no_obstacle(void **state)
{
	struct fixture *f = *state;

	/* As one that was killed left it, and as one who means harm would. */
	assert_int_equal(symlink("/nowhere/else", f->beside), 0);
	assert_int_equal(file_replace(f->path, "mine"), 0);
	assert_content(f->path, "mine");
}

static void the_mode_is_as_asked_whatever_the_umask(void **state)
{
	struct fixture *f = *state;
	mode_t before = umask(0077);
	struct stat status;

	assert_int_equal(file_write_beside(f->path, 0644, "x", 1), 0);
	(void)umask(before);
	assert_int_equal(stat(f->beside, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
}

static void until_it_is_put_in_place_the_old_one_is_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_replace(f->path, "old"), 0);
	assert_int_equal(file_write_beside(f->path, 0600, "new", 3), 0);
	assert_content(f->path, "old");
	assert_int_equal(file_put_in_place(f->path), 0);
	assert_content(f->path, "new");
	assert_int_equal(file_put_in_place(f->path), -ENOENT);
	assert_content(f->path, "new");
}

static void where_there_is_no_folder_there_is_no_file(void **state)
{
	struct fixture *f = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/none/it", f->folder);
	assert_int_equal(file_replace(path, "x"), -ENOENT);
}

static void folders_are_made_as_far_as_they_are_missing(void **state)
{
	struct fixture *f = *state;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/one/two/it", f->folder);
	assert_int_equal(file_make_folders(path), 0);
	assert_int_equal(file_make_folders(path), 0);
	assert_int_equal(file_replace(path, "x"), 0);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

static void no_folder_is_made_in_a_file(void **state)
{
	struct fixture *f = *state;
	char path[160];

	assert_int_equal(file_replace(f->path, "x"), 0);
	(void)snprintf(path, sizeof(path), "%s/two/it", f->path);
	assert_int_equal(file_make_folders(path), -ENOTDIR);
}

static void what_can_not_be_replaced_leaves_nothing_beside(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(file_replace(f->path, "x"), -EISDIR);
	assert_int_equal(access(f->beside, F_OK), -1);
	assert_int_equal(rmdir(f->path), 0);
}

static void a_file_above_the_limit_is_not_read(void **state)
{
	struct fixture *f = *state;
	char *text = NULL;
	size_t len = 7;

	assert_int_equal(file_replace(f->path, "four"), 0);
	assert_int_equal(file_read(f->path, 3, &text, &len), -EFBIG);
	assert_null(text);
	assert_int_equal(len, 7);
	assert_int_equal(file_read(f->path, 4, &text, &len), 0);
	free(text);
}

static void a_folder_and_a_pipe_are_no_files(void **state)
{
	struct fixture *f = *state;
	char *text = NULL;
	size_t len;

	assert_int_equal(file_read(f->folder, 100, &text, &len), -EINVAL);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(file_read(f->path, 100, &text, &len), -EINVAL);
	assert_int_equal(file_read(f->beside, 100, &text, &len), -ENOENT);
	assert_null(text);
}

static void an_empty_file_is_an_empty_text(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_replace(f->path, ""), 0);
	assert_content(f->path, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_replaced_is_read_back),
		TEST(who_reads_the_old_file_goes_on_reading_it),
		TEST(what_somebody_left_beside_is_no_obstacle),
		TEST(the_mode_is_as_asked_whatever_the_umask),
		TEST(until_it_is_put_in_place_the_old_one_is_there),
		TEST(where_there_is_no_folder_there_is_no_file),
		TEST(folders_are_made_as_far_as_they_are_missing),
		TEST(no_folder_is_made_in_a_file),
		TEST(what_can_not_be_replaced_leaves_nothing_beside),
		TEST(a_file_above_the_limit_is_not_read),
		TEST(a_folder_and_a_pipe_are_no_files),
		TEST(an_empty_file_is_an_empty_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
