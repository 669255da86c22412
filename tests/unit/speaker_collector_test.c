/* SPDX-License-Identifier: Apache-2.0 */

/* A collector on loopback, with the event loop of the test. */

#include "speaker/collector.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 5000,
	TURN_MS = 5,
};

struct fixture {
	struct event_base *base;
	struct collector *collector;
	int listener;
	int fd; /* the collector's end; -1: not accepted */
	char address[64];
	unsigned ups, downs, fails;
	int error;      /* of the last that failed */
	size_t to_pull; /* octets that are left */
};

static void on_up(void *user)
{
	struct fixture *f = user;

	f->ups++;
}

static size_t on_pull(void *user, uint8_t *buf, size_t cap)
{
	struct fixture *f = user;
	size_t len = f->to_pull < cap ? f->to_pull : cap;

	memset(buf, 'p', len);
	f->to_pull -= len;
	return len;
}

static void on_down(void *user)
{
	struct fixture *f = user;

	f->downs++;
}

static void on_failed(void *user, int error)
{
	struct fixture *f = user;

	f->fails++;
	f->error = error;
}

static const struct collector_callbacks callbacks = {
	.up = on_up, .pull = on_pull, .down = on_down, .failed = on_failed
};

static int setup(void **state)
{
	struct fixture *f = xnew(struct fixture);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	f->base = event_base_new();
	f->fd = -1;
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(f->listener, 4), 0);
	assert_int_equal(getsockname(f->listener, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(f->address, sizeof(f->address), "127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(collector_new(f->base, f->address, &callbacks, f, &f->collector), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	collector_free(f->collector);
	if (f->fd >= 0)
		(void)close(f->fd);
	(void)close(f->listener);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void turn(struct fixture *f)
{
	const struct timeval wait = { .tv_usec = TURN_MS * 1000 };

	(void)event_base_loopexit(f->base, &wait);
	(void)event_base_dispatch(f->base);
}

static bool has_ups(const struct fixture *f, size_t count)
{
	return f->ups >= count;
}

static bool has_downs(const struct fixture *f, size_t count)
{
	return f->downs >= count;
}

static bool has_given(const struct fixture *f, size_t octets)
{
	return collector_view(f->collector).octets >= octets;
}

static void wait_for(
	struct fixture *f, bool (*is_so)(const struct fixture *f, size_t count), size_t count)
{
	uint64_t limit_ns = clock_now_ns() + PATIENCE_MS * NS_PER_MS;

	while (!is_so(f, count)) {
		assert_true(clock_now_ns() < limit_ns);
		turn(f);
	}
}

static void accept_it(struct fixture *f)
{
	wait_for(f, has_ups, f->ups + 1);
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = accept(f->listener, NULL, NULL);
	assert_true(f->fd >= 0);
}

/* Reads @want octets while the loop runs; each is told by its value. */
static void is_read(struct fixture *f, const char *want)
{
	char got[64] = { 0 };
	size_t len = 0;
	uint64_t limit_ns = clock_now_ns() + PATIENCE_MS * NS_PER_MS;

	while (len < strlen(want)) {
		ssize_t n = recv(f->fd, got + len, strlen(want) - len, MSG_DONTWAIT);

		assert_true(clock_now_ns() < limit_ns);
		if (n > 0)
			len += (size_t)n;
		turn(f);
	}
	assert_string_equal(got, want);
}

static void what_is_pushed_and_pulled_arrives_in_order(void **state)
{
	struct fixture *f = *state;

	accept_it(f);
	assert_true(collector_view(f->collector).is_up);
	collector_push(f->collector, (const uint8_t *)"one", 3);
	is_read(f, "one");
	f->to_pull = 2;
	collector_wake(f->collector);
	is_read(f, "pp");
	collector_push(f->collector, (const uint8_t *)"two", 3);
	is_read(f, "two");
}

static void nothing_is_kept_while_not_connected(void **state)
{
	struct fixture *f = *state;

	collector_push(f->collector, (const uint8_t *)"lost", 4);
	assert_int_equal(collector_view(f->collector).waiting, 0);
	accept_it(f);
	collector_push(f->collector, (const uint8_t *)"kept", 4);
	is_read(f, "kept");
}

static void a_closed_connection_is_told_and_dialled_again(void **state)
{
	struct fixture *f = *state;

	accept_it(f);
	(void)close(f->fd);
	f->fd = -1;
	wait_for(f, has_downs, 1);
	assert_false(collector_view(f->collector).is_up);
	accept_it(f);
	assert_int_equal(collector_view(f->collector).established, 2);
}

static bool has_fails(const struct fixture *f, size_t count)
{
	return f->fails >= count;
}

static void a_try_that_fails_is_told_with_its_error(void **state)
{
	struct fixture *f = *state;

	(void)close(f->listener);
	f->listener = -1;
	wait_for(f, has_fails, 1);
	assert_int_equal(f->error, -ECONNREFUSED);
	assert_int_equal(f->downs, 0);
}

static void pulling_waits_for_a_slow_reader(void **state)
{
	struct fixture *f = *state;

	accept_it(f);
	f->to_pull = SIZE_MAX;
	collector_wake(f->collector);
	wait_for(f, has_given, COLLECTOR_PULL_SIZE);
	for (size_t i = 0; i < 50; i++)
		turn(f);
	assert_true(collector_view(f->collector).is_up);
	assert_true(collector_view(f->collector).waiting <= COLLECTOR_PULL_SIZE);
}

static void a_reader_that_takes_nothing_is_hung_up_on(void **state)
{
	static const uint8_t block[256 << 10];
	struct fixture *f = *state;

	accept_it(f);
	for (size_t i = 0; i < 200 && f->downs == 0; i++) {
		collector_push(f->collector, block, sizeof(block));
		assert_true(collector_view(f->collector).waiting <= COLLECTOR_PUSH_MAX);
		turn(f);
	}
	assert_int_equal(f->downs, 1);
	assert_int_equal(collector_view(f->collector).overruns, 1);
	assert_int_equal(collector_view(f->collector).waiting, 0);
}

static void last_words_are_sent_before_it_ends(void **state)
{
	struct fixture *f = *state;
	char got[8] = { 0 };

	accept_it(f);
	collector_push(f->collector, (const uint8_t *)"bye", 3);
	f->collector = collector_free(f->collector);
	assert_int_equal(recv(f->fd, got, sizeof(got), MSG_WAITALL), 3);
	assert_string_equal(got, "bye");
	assert_int_equal(f->downs, 0);
}

static void an_address_that_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	struct collector *collector = NULL;

	assert_int_equal(collector_new(f->base, "example:1", &callbacks, f, &collector), -EINVAL);
	assert_null(collector);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_pushed_and_pulled_arrives_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_is_kept_while_not_connected, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_closed_connection_is_told_and_dialled_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_try_that_fails_is_told_with_its_error, setup, teardown),
		cmocka_unit_test_setup_teardown(pulling_waits_for_a_slow_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_reader_that_takes_nothing_is_hung_up_on, setup, teardown),
		cmocka_unit_test_setup_teardown(
			last_words_are_sent_before_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_address_that_is_none_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests_name("speaker_collector", tests, NULL, NULL);
}
