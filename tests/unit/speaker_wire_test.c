/* SPDX-License-Identifier: Apache-2.0 */

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/wire.h"
#include "speaker/wire_queue.h"
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	POST_COUNT = 1000
};

struct fixture {
	struct event_base *base;
	struct wire *wire;
	pthread_t main_thread;
	unsigned seen[WIRE_EV_STALL + 1];
	struct wire_event last;
	unsigned started;
	unsigned stopped;
	unsigned stalls;
	unsigned carriers;
	unsigned done;
	unsigned ran[POST_COUNT];
	size_t ran_count;
	bool was_other_thread;
};

static void on_event(void *user, const struct wire_event *event)
{
	struct fixture *f = user;

	assert_true(pthread_equal(pthread_self(), f->main_thread));
	f->seen[event->type]++;
	f->last = *event;
}

static void start(void *user, struct wire_side *side)
{
	struct fixture *f = user;

	assert_non_null(side->arp);
	f->started++;
}

static void stop(void *user)
{
	((struct fixture *)user)->stopped++;
}

static void on_stall(void *user, uint64_t slept_ns)
{
	assert_true(slept_ns > 0);
	((struct fixture *)user)->stalls++;
}

static void on_carrier(void *user, unsigned ifindex, bool has_carrier)
{
	(void)ifindex;
	(void)has_carrier;
	((struct fixture *)user)->carriers++;
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	const struct wire_conf conf = {
		.arp = { .schedule = { .count = 1 }, .frames_per_second = 500 },
		.stall_ns = 300 * NS_PER_MS,
		.hooks = { .start = start,
			.stop = stop,
			.on_stall = on_stall,
			.on_carrier = on_carrier,
			.user = f },
	};

	f->main_thread = pthread_self();
	f->base = event_base_new();
	assert_int_equal(wire_open(f->base, &conf, on_event, f, &f->wire), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	wire_free(f->wire);
	assert_int_equal(f->started, 1);
	assert_int_equal(f->stopped, 1);
	event_base_free(f->base);
	free(f);
	return 0;
}

/* Runs main's loop until @count is @wanted, at most 20 s. */
static void run_until(struct fixture *f, const unsigned *count, unsigned wanted)
{
	uint64_t end_ns = clock_now_ns() + 20 * NS_PER_S;
	const struct timeval tick = { .tv_usec = 10000 };

	while (*count < wanted && clock_now_ns() < end_ns) {
		(void)event_base_loopexit(f->base, &tick);
		(void)event_base_loop(f->base, EVLOOP_ONCE);
	}
	assert_int_equal(*count, wanted);
}

struct numbered {
	struct fixture *f;
	unsigned number;
};

static void run_numbered(struct wire_side *side, void *arg)
{
	struct numbered *job = arg;

	(void)side;
	job->f->was_other_thread = !pthread_equal(pthread_self(), job->f->main_thread);
	job->f->ran[job->f->ran_count++] = job->number;
}

static void numbered_done(void *arg)
{
	struct numbered *job = arg;

	assert_true(pthread_equal(pthread_self(), job->f->main_thread));
	job->f->done++;
	free(job);
}

static void jobs_run_in_order_in_the_thread_and_are_done_in_main(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < POST_COUNT; i++) {
		struct numbered *job = xnew(struct numbered);

		*job = (struct numbered){ f, i };
		wire_post(f->wire, run_numbered, job, numbered_done);
	}
	run_until(f, &f->done, POST_COUNT);
	assert_true(f->was_other_thread);
	for (unsigned i = 0; i < POST_COUNT; i++)
		assert_int_equal(f->ran[i], i);
}

static void answer(struct wire_side *side, void *arg)
{
	(void)side;
	*(int *)arg = 42;
}

static void whoever_calls_has_the_answer(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 200; i++) {
		int value = 0;

		wire_call(f->wire, answer, &value);
		assert_int_equal(value, 42);
	}
}

static void emit_one(struct wire_side *side, void *arg)
{
	const struct wire_event event = { .type = WIRE_EV_ARP, .arp = { .type = ARP_EV_RIVAL } };

	(void)arg;
	wire_emit(side, &event);
}

static void an_event_reaches_main(void **state)
{
	struct fixture *f = *state;

	wire_post(f->wire, emit_one, NULL, NULL);
	run_until(f, &f->seen[WIRE_EV_ARP], 1);
	assert_int_equal(f->last.arp.type, ARP_EV_RIVAL);
}

static void emit_too_many(struct wire_side *side, void *arg)
{
	for (unsigned i = 0; i < WIRE_EVENTS_MAX + 100; i++)
		emit_one(side, arg);
}

static void emit_states(struct wire_side *side, void *arg)
{
	const struct wire_event event = { .type = WIRE_EV_BFD };

	(void)arg;
	for (unsigned i = 0; i < 100; i++)
		wire_emit(side, &event);
}

static void events_that_main_does_not_take_are_counted_and_not_kept(void **state)
{
	struct fixture *f = *state;
	struct wire_view view;

	wire_call(f->wire, emit_too_many, NULL);
	wire_view(f->wire, &view);
	/* Lines of the start may lie there too. */
	assert_in_range(view.events_lost, WIRE_EVENTS_MAX + 100 - WIRE_EVENTS_NOISE_MAX,
		WIRE_EVENTS_MAX + 110 - WIRE_EVENTS_NOISE_MAX);
	run_until(f, &f->seen[WIRE_EV_ARP], (unsigned)(WIRE_EVENTS_MAX + 100 - view.events_lost));
}

static void a_state_has_room_when_there_is_none_for_noise(void **state)
{
	struct fixture *f = *state;

	wire_call(f->wire, emit_too_many, NULL);
	wire_call(f->wire, emit_states, NULL);
	run_until(f, &f->seen[WIRE_EV_BFD], 100);
}

static void ask_in_vain(struct wire_side *side, void *arg)
{
	const struct ip ip = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	const struct arp_address_conf address = { .ip = ip, .mode = ARP_STANDBY };
	const struct arp_link_conf link = { .ifindex = 9999, .name = "none" };

	(void)arg;
	arp_engine_put(side->arp, &address);
	for (unsigned i = 0; i < 100; i++)
		arp_engine_probe(side->arp, &ip);
	arp_engine_set_links(side->arp, &link, 1);
}

static void main_is_not_told_what_only_hooks_want(void **state)
{
	struct fixture *f = *state;

	wire_call(f->wire, ask_in_vain, NULL);
	run_until(f, &f->seen[WIRE_EV_ARP], 1);
	assert_int_equal(f->last.arp.type, ARP_EV_LINK_FAILED);
}

static void do_no_more(struct wire_side *side, void *arg)
{
	(void)side;
	(void)arg;
}

static void count_done(void *arg)
{
	(*(unsigned *)arg)++;
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	assert_int_equal(closedir(dir), 0);
	return count;
}

static void serve_loopback(struct wire_side *side, void *arg)
{
	const struct arp_link_conf link = { .ifindex = if_nametoindex("lo"), .name = "lo" };

	(void)arg;
	arp_engine_set_links(side->arp, &link, 1);
}

static void serve_nothing(struct wire_side *side, void *arg)
{
	(void)arg;
	arp_engine_set_links(side->arp, NULL, 0);
}

static void a_link_is_opened_and_closed_in_main_which_may_wait(void **state)
{
	struct fixture *f = *state;
	size_t before = open_files();
	size_t most;

	wire_call(f->wire, serve_loopback, NULL);
	assert_int_equal(open_files(), before);
	run_until(f, &f->seen[WIRE_EV_ARP], 1);
	if (f->last.arp.type != ARP_EV_LINK_UP)
		skip(); /* no CAP_NET_RAW */
	most = open_files();
	assert_true(most > before);
	wire_call(f->wire, serve_nothing, NULL);
	assert_int_equal(open_files(), most);
	wire_post(f->wire, do_no_more, &f->done, count_done);
	run_until(f, &f->done, 1);
	assert_int_equal(open_files(), before);
}

static void a_process_may_open_as_many_files_as_it_is_allowed(void **state)
{
	struct rlimit before;
	struct rlimit after;
	struct rlimit low;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = (struct rlimit){ .rlim_cur = 64, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	wire_raise_limits();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_true(after.rlim_cur > 64);
	assert_int_equal(after.rlim_cur, after.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void log_something(struct wire_side *side, void *arg)
{
	const struct ip ip = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	char text[] = "a name that was on the stack";

	(void)side;
	(void)arg;
	log_warn("said in the thread", kv_ip("ip", &ip), kv_str("name", text), kv_uint("n", 3));
	memset(text, 'x', sizeof(text) - 1);
}

static void log_lines_of_the_thread_are_written_by_main(void **state)
{
	struct fixture *f = *state;
	char written[2048] = "";
	int ends[2];
	int kept = dup(STDERR_FILENO);
	struct pollfd waits;

	assert_int_equal(pipe(ends), 0);
	waits = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	(void)event_base_loop(f->base, EVLOOP_NONBLOCK); /* what was said at the start */
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	wire_call(f->wire, log_something, NULL);
	assert_int_equal(poll(&waits, 1, 0), 0); /* not by the thread */
	(void)event_base_loop(f->base, EVLOOP_ONCE);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(ends[1]);
	assert_true(read(ends[0], written, sizeof(written) - 1) > 0);
	(void)close(ends[0]);
	(void)close(kept);
	assert_non_null(strstr(written,
		"msg=\"said in the thread\" ip=192.0.2.7 "
		"name=\"a name that was on the stack\" n=3"));
}

static void sleep_a_second(struct wire_side *side, void *arg)
{
	const struct timespec second = { .tv_sec = 1 };

	(void)side;
	(void)arg;
	(void)nanosleep(&second, NULL);
}

static void a_thread_that_slept_knows_it_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct wire_view view;

	wire_post(f->wire, sleep_a_second, NULL, NULL);
	run_until(f, &f->seen[WIRE_EV_STALL], 1);
	assert_int_equal(f->stalls, 1);
	wire_view(f->wire, &view);
	assert_int_equal(view.stalls, 1);
	assert_true(view.longest_sleep_ns >= 300 * NS_PER_MS);
}

static void sleep_a_stall(struct wire_side *side, void *arg)
{
	const struct timespec stall = { .tv_nsec = 301 * NS_PER_MS };

	(void)side;
	(void)arg;
	(void)nanosleep(&stall, NULL);
}

/* Whenever the pulse was before. */
static void no_sleep_of_stall_ns_goes_unnoticed(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= 4; i++) {
		wire_post(f->wire, sleep_a_stall, NULL, NULL);
		run_until(f, &f->seen[WIRE_EV_STALL], i);
	}
}

static void how_long_a_stall_is_can_change(void **state)
{
	struct fixture *f = *state;
	struct wire_view view;

	wire_set_stall(f->wire, 3600 * NS_PER_S);
	wire_call(f->wire, sleep_a_stall, NULL);
	wire_call(f->wire, do_no_more, NULL);
	wire_view(f->wire, &view);
	assert_int_equal(view.stalls, 0);
	wire_set_stall(f->wire, 100 * NS_PER_MS);
	wire_call(f->wire, sleep_a_stall, NULL);
	run_until(f, &f->seen[WIRE_EV_STALL], 1);
}

static void jobs_that_wait_at_the_end_are_run(void **state)
{
	struct fixture *f = *state;
	struct fixture own = { .main_thread = f->main_thread };
	const struct wire_conf conf = {
		.arp = { .schedule = { .count = 1 }, .frames_per_second = 500 },
		.stall_ns = NS_PER_S,
	};
	struct wire *wire;

	assert_int_equal(wire_open(f->base, &conf, on_event, &own, &wire), 0);
	for (unsigned i = 0; i < POST_COUNT; i++) {
		struct numbered *job = xnew(struct numbered);

		*job = (struct numbered){ &own, i };
		wire_post(wire, run_numbered, job, numbered_done);
	}
	wire_free(wire);
	assert_int_equal(own.ran_count, POST_COUNT);
	assert_int_equal(own.done, POST_COUNT);
}

#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(jobs_run_in_order_in_the_thread_and_are_done_in_main),
		WIRE_TEST(whoever_calls_has_the_answer),
		WIRE_TEST(an_event_reaches_main),
		WIRE_TEST(events_that_main_does_not_take_are_counted_and_not_kept),
		WIRE_TEST(a_state_has_room_when_there_is_none_for_noise),
		WIRE_TEST(main_is_not_told_what_only_hooks_want),
		WIRE_TEST(a_link_is_opened_and_closed_in_main_which_may_wait),
		WIRE_TEST(a_process_may_open_as_many_files_as_it_is_allowed),
		WIRE_TEST(log_lines_of_the_thread_are_written_by_main),
		WIRE_TEST(a_thread_that_slept_knows_it_and_says_so),
		WIRE_TEST(no_sleep_of_stall_ns_goes_unnoticed),
		WIRE_TEST(how_long_a_stall_is_can_change),
		WIRE_TEST(jobs_that_wait_at_the_end_are_run),
	};

	return cmocka_run_group_tests_name("speaker_wire", tests, NULL, NULL);
}
