/* SPDX-License-Identifier: Apache-2.0 */

/* Where given addresses are kept and told, and when they are not. What is in the files is ipam/saved's. */

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/addresses.h"
#include "haproxy-gen/state.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
	char root[64];
	char *kept;
	struct gen_settings *settings;
	struct ipam *ipam; /* nothing is given by it */
};

static void set_text(char **target, char *text)
{
	free(*target);
	*target = text;
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->root, sizeof(f->root), "/tmp/bellman-addresses.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->settings = gen_settings_new();
	set_text(&f->settings->state, xasprintf("%s/state", f->root));
	set_text(&f->settings->publish, xasprintf("%s/told", f->root));
	f->settings->allocator = GEN_ALLOCATE_SELF;
	f->kept = state_path(f->settings->state, f->settings->output.file, "addresses.json");
	f->ipam = ipam_new(IPAM_SELF, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ipam_free(f->ipam);
	gen_settings_free(f->settings);
	free(f->kept);
	folder_remove(f->root);
	free(f);
	return 0;
}

static bool exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

static ino_t inode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

static void what_is_kept_is_restored(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(addresses_restore(f->settings, f->ipam), 0); /* nothing was kept yet */
	assert_int_equal(addresses_keep(f->settings, f->ipam), 0);
	assert_true(exists(f->kept));
	assert_int_equal(addresses_restore(f->settings, f->ipam), 0);
}

static void what_is_none_of_ours_is_not_restored(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_make_folders(f->kept), 0);
	assert_int_equal(file_replace(f->kept, "{\"items\": [{\"metadata\": {}}]}"), 0);
	assert_int_equal(addresses_restore(f->settings, f->ipam), -EBADMSG);
	assert_int_equal(file_replace(f->kept, "{\"items\": ["), 0);
	assert_int_equal(addresses_restore(f->settings, f->ipam), -EBADMSG);
}

static void what_follows_from_the_manifests_is_told_and_not_kept(void **state)
{
	struct fixture *f = *state;

	f->settings->allocator = GEN_ALLOCATE_MANIFESTS;
	assert_int_equal(addresses_keep(f->settings, f->ipam), 0);
	assert_false(exists(f->kept));
	assert_int_equal(addresses_publish(f->settings, f->ipam), 0);
	assert_true(exists(f->settings->publish));
}

static void what_others_give_is_neither_told_nor_kept(void **state)
{
	struct fixture *f = *state;

	f->settings->allocator = GEN_ALLOCATE_FOLLOW;
	assert_int_equal(addresses_keep(f->settings, NULL), 0);
	assert_int_equal(addresses_publish(f->settings, NULL), 0);
	assert_false(exists(f->kept));
	assert_false(exists(f->settings->publish));
}

static void without_a_place_nothing_is_told(void **state)
{
	struct fixture *f = *state;

	set_text(&f->settings->publish, xstrdup(""));
	assert_int_equal(addresses_publish(f->settings, f->ipam), 0);
}

static void what_did_not_change_is_not_written_again(void **state)
{
	struct fixture *f = *state;
	ino_t before;

	assert_int_equal(addresses_publish(f->settings, f->ipam), 0);
	before = inode_of(f->settings->publish);
	assert_int_equal(addresses_publish(f->settings, f->ipam), 0);
	assert_int_equal(inode_of(f->settings->publish), before);
	assert_int_equal(file_replace(f->settings->publish, "somebody else's"), 0);
	before = inode_of(f->settings->publish);
	assert_int_equal(addresses_publish(f->settings, f->ipam), 0);
	assert_int_not_equal(inode_of(f->settings->publish), before);
}

static void what_can_not_be_written_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_replace(f->settings->state, "a file where a folder is to be"), 0);
	assert_int_equal(addresses_keep(f->settings, f->ipam), -ENOTDIR);
	set_text(&f->settings->publish, xasprintf("%s/none/told", f->root));
	assert_int_equal(addresses_publish(f->settings, f->ipam), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_is_restored),
		TEST(what_is_none_of_ours_is_not_restored),
		TEST(what_follows_from_the_manifests_is_told_and_not_kept),
		TEST(what_others_give_is_neither_told_nor_kept),
		TEST(without_a_place_nothing_is_told),
		TEST(what_did_not_change_is_not_written_again),
		TEST(what_can_not_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
