/* SPDX-License-Identifier: Apache-2.0 */

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/saving.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char root[64];
	struct event_base *base;
	struct settings *settings;
	struct ipam *ipam;
	struct saving *saving;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->root, sizeof(f->root), "/tmp/bellman-saving.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->base = event_base_new();
	f->settings = settings_new();
	f->ipam = ipam_new(IPAM_MANIFESTS, NULL);
	f->saving = saving_new(f->base, f->root);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	saving_free(f->saving);
	ipam_free(f->ipam);
	settings_free(f->settings);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void clean(struct fixture *f)
{
	char path[128];

	(void)unlink(saving_path(f->saving));
	(void)snprintf(path, sizeof(path), "%s/publish", f->root);
	(void)unlink(path);
	assert_int_equal(rmdir(f->root), 0);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Runs the loop until @path is there, at most 20 s. */
static void run_until_exists(struct fixture *f, const char *path)
{
	uint64_t end_ns = clock_now_ns() + 20 * NS_PER_S;
	const struct timeval tick = { .tv_usec = 5000 };

	while (!exists(path) && clock_now_ns() < end_ns) {
		(void)event_base_loopexit(f->base, &tick);
		(void)event_base_loop(f->base, EVLOOP_ONCE);
	}
	assert_true(exists(path));
}

static void what_can_be_worked_out_again_is_written_after_the_turn(void **state)
{
	struct fixture *f = *state;

	saving_mark(f->saving);
	saving_turn(f->saving, f->settings, f->ipam);
	assert_false(exists(saving_path(f->saving)));
	run_until_exists(f, saving_path(f->saving));
	assert_int_equal(saving_error(f->saving), 0);
	clean(f);
}

static void what_the_allocator_gave_is_on_the_disk_before_the_turn_goes_on(void **state)
{
	struct fixture *f = *state;

	f->settings->allocator = SETTINGS_ALLOCATE_SELF;
	free(f->settings->publish);
	f->settings->publish = xasprintf("%s/publish", f->root);
	saving_mark(f->saving);
	saving_turn(f->saving, f->settings, f->ipam);
	assert_true(exists(saving_path(f->saving)));
	assert_true(exists(f->settings->publish));
	clean(f);
}

static void without_a_change_nothing_is_written(void **state)
{
	struct fixture *f = *state;

	f->settings->allocator = SETTINGS_ALLOCATE_SELF;
	saving_turn(f->saving, f->settings, f->ipam);
	saving_finish(f->saving, f->settings, f->ipam);
	assert_false(exists(saving_path(f->saving)));
	clean(f);
}

static void at_the_end_all_is_written(void **state)
{
	struct fixture *f = *state;

	saving_mark(f->saving);
	saving_turn(f->saving, f->settings, f->ipam);
	saving_finish(f->saving, f->settings, f->ipam);
	assert_true(exists(saving_path(f->saving)));
	clean(f);
}

static void a_write_that_failed_is_tried_again(void **state)
{
	struct fixture *f = *state;
	uint64_t end_ns = clock_now_ns() + 20 * NS_PER_S;
	const struct timeval tick = { .tv_usec = 5000 };

	assert_int_equal(rmdir(f->root), 0);
	saving_mark(f->saving);
	saving_turn(f->saving, f->settings, f->ipam);
	while (saving_error(f->saving) == 0 && clock_now_ns() < end_ns) {
		(void)event_base_loopexit(f->base, &tick);
		(void)event_base_loop(f->base, EVLOOP_ONCE);
	}
	assert_true(saving_error(f->saving) < 0);
	assert_int_equal(mkdir(f->root, 0700), 0);
	run_until_exists(f, saving_path(f->saving));
	clean(f);
}

#define SAVING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAVING_TEST(what_can_be_worked_out_again_is_written_after_the_turn),
		SAVING_TEST(what_the_allocator_gave_is_on_the_disk_before_the_turn_goes_on),
		SAVING_TEST(without_a_change_nothing_is_written),
		SAVING_TEST(at_the_end_all_is_written),
		SAVING_TEST(a_write_that_failed_is_tried_again),
	};

	return cmocka_run_group_tests_name("speaker_saving", tests, NULL, NULL);
}
