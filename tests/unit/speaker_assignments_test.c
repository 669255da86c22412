/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Assignments on the disk. A child process gives and takes addresses, saves, and only then counts
 * them as announced; it is killed at random moments, and what a new start makes of the file must
 * hold all that was announced.
 */

#include "base/file.h"
#include "ipam/saved.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"
#include "tests/unit/model_build.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SERVICES = 24,
	KILLS = 250,
	LIFE_US_MAX = 4000,
	WAIT_STEP_US = 100,
	WAIT_STEPS = 100000,
};

/* What the child tells: two states by turns, so that one is always whole. */
struct shared {
	volatile unsigned turn;
	volatile unsigned changing; /* the Service whose fate is open */
	struct state {
		bool exists[SERVICES];
		struct ip announced[SERVICES];
	} states[2];
};

struct world {
	struct model *model;
	struct ipam *ipam;
};

struct fixture {
	char root[64];
	char *path;
	struct shared *shared;
};

/* As the agent does. */
static int save(const char *path, const struct ipam *ipam)
{
	auto_(freep) char *text = ipam_saved_text(ipam);

	return file_replace(path, text);
}

static int load(const char *path, struct ipam *ipam)
{
	auto_(freep) char *text = NULL;
	size_t len;
	int r = file_read(path, IPAM_SAVED_MAX, &text, &len);

	return r < 0 ? r : ipam_restore_saved(ipam, text, len);
}

static void name_of(unsigned i, char name[16])
{
	(void)snprintf(name, 16, "s%u", i);
}

static void put_service(struct world *world, unsigned i)
{
	char name[16];
	struct service *service;

	name_of(i, name);
	service = build_object(MODEL_SERVICE, "Service", "a", name);
	service->type = SERVICE_LOAD_BALANCER;
	build_string(&service->cluster_ips, "10.96.0.1");
	model_put(world->model, &service->object);
}

static void remove_service(struct world *world, unsigned i)
{
	char name[16];
	struct object_id id = { MODEL_SERVICE, "Service", "a", name };

	name_of(i, name);
	model_remove(world->model, &id);
}

static void settle(struct world *world)
{
	struct model_dirty dirty;

	model_take_dirty(world->model, &dirty);
	ipam_update(world->ipam, world->model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
}

static struct ip address_of(const struct world *world, unsigned i)
{
	const struct ipam_assignment *found;
	char name[16];

	name_of(i, name);
	found = ipam_find(world->ipam, "a", name);
	return found && found->count > 0 ? found->ips[0] : (struct ip){ 0 };
}

/* A start: what the file says, then the Services that there are. */
static struct world world_open(const struct fixture *f, const bool exists[SERVICES])
{
	struct world world = { model_new(), ipam_new(IPAM_SELF, NULL) };
	struct pool *pool = build_object(MODEL_POOL, "IPAddressPool", "m", "p");
	int r = load(f->path, world.ipam);

	assert_true(r >= 0 || r == -ENOENT);
	build_string(&pool->addresses, "192.0.2.0/24");
	model_put(world.model, &pool->object);
	for (unsigned i = 0; i < SERVICES; i++) {
		if (exists[i])
			put_service(&world, i);
	}
	settle(&world);
	return world;
}

static void world_close(struct world *world)
{
	ipam_free(world->ipam);
	model_free(world->model);
}

/* What the agent does in a turn: save, and only then announce. */
static void save_and_announce(const struct fixture *f, const struct world *world, struct state next)
{
	struct shared *shared = f->shared;

	if (save(f->path, world->ipam) < 0)
		_exit(1);
	for (unsigned i = 0; i < SERVICES; i++)
		next.announced[i] = address_of(world, i);
	shared->states[(shared->turn + 1) % 2] = next;
	shared->turn++;
}

/* Changes one Service after the other until it is killed. */
static _Noreturn void live(const struct fixture *f, unsigned seed)
{
	struct shared *shared = f->shared;
	struct world world = world_open(f, shared->states[shared->turn % 2].exists);

	save_and_announce(f, &world, shared->states[shared->turn % 2]);
	for (;;) {
		struct state next = shared->states[shared->turn % 2];
		unsigned i = (unsigned)rand_r(&seed) % SERVICES;

		shared->changing = i;
		next.exists[i] = !next.exists[i];
		if (next.exists[i])
			put_service(&world, i);
		else
			remove_service(&world, i);
		settle(&world);
		save_and_announce(f, &world, next);
	}
}

static void check_start(const struct fixture *f)
{
	const struct shared *shared = f->shared;
	const struct state *state = &shared->states[shared->turn % 2];
	struct world world = world_open(f, state->exists);

	for (unsigned i = 0; i < SERVICES; i++) {
		struct ip ip = address_of(&world, i);

		assert_true(!state->exists[i] || ip_is_set(&ip));
		for (unsigned k = 0; state->exists[i] && k < i; k++) {
			struct ip other = address_of(&world, k);

			assert_false(ip_equal(&ip, &other));
		}
		if (i != shared->changing && state->exists[i])
			assert_true(ip_equal(&ip, &state->announced[i]));
	}
	world_close(&world);
}

/* Until the child has started and changed something: it is to be killed at work. */
static void wait_for_work(const struct shared *shared, unsigned turn)
{
	for (unsigned i = 0; i < WAIT_STEPS && shared->turn - turn < 2; i++)
		(void)usleep(WAIT_STEP_US);
	assert_true(shared->turn - turn >= 2);
}

static void kill_9_at_any_moment_loses_and_doubles_no_address(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 1;

	for (unsigned i = 0; i < KILLS; i++) {
		unsigned turn = f->shared->turn;
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0)
			live(f, i);
		wait_for_work(f->shared, turn);
		(void)usleep((useconds_t)(rand_r(&seed) % LIFE_US_MAX));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		check_start(f);
	}
}

static void a_file_that_is_not_there_is_told_from_a_torn_one(void **state)
{
	const struct fixture *f = *state;
	auto_(ipam_freep) struct ipam *ipam = ipam_new(IPAM_SELF, NULL);
	FILE *file;

	assert_int_equal(load(f->path, ipam), -ENOENT);
	file = fopen(f->path, "we");
	assert_non_null(file);
	assert_true(fputs("{\"kind\": \"List\", \"items\": [", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(load(f->path, ipam), -EBADMSG);
}

static void a_save_that_fails_leaves_the_old_file(void **state)
{
	const struct fixture *f = *state;
	auto_(freep) char *beside = xasprintf("%s.new", f->path);
	auto_(ipam_freep) struct ipam *ipam = ipam_new(IPAM_SELF, NULL);

	assert_int_equal(save(f->path, ipam), 0);
	assert_int_equal(mkdir(beside, 0700), 0); /* in the way, for root too */
	assert_true(save(f->path, ipam) < 0);
	assert_int_equal(load(f->path, ipam), 0);
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->root, sizeof(f->root), "/tmp/speaker-assignments-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->path = xasprintf("%s/assignments.json", f->root);
	f->shared = mmap(NULL, sizeof(*f->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(f->shared != MAP_FAILED);
	f->shared->changing = SERVICES;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	folder_remove(f->root);
	(void)munmap(f->shared, sizeof(*f->shared));
	free(f->path);
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kill_9_at_any_moment_loses_and_doubles_no_address),
		TEST(a_file_that_is_not_there_is_told_from_a_torn_one),
		TEST(a_save_that_fails_leaves_the_old_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
