/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/linger.h"

#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PLACES = 4, /* of one peer */
};

static const uint8_t words[] = "bye";

struct fixture {
	struct event_base *base;
	struct bgp_lingers list;
};

static void set_up(struct fixture *f)
{
	f->base = event_base_new();
	assert_non_null(f->base);
	TAILQ_INIT(&f->list);
}

/* Lets a connection of @owner linger; returns its other end. */
static int linger_of(struct fixture *f, const void *owner)
{
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	bgp_linger_add(&f->list, f->base, owner, ends[0], words, sizeof(words));
	return ends[1];
}

static void the_last_words_arrive_at(int fd)
{
	uint8_t heard[16];

	assert_int_equal(recv(fd, heard, sizeof(heard), 0), sizeof(words));
	assert_memory_equal(heard, words, sizeof(words));
	assert_int_equal(recv(fd, heard, sizeof(heard), 0), 0);
}

static void last_words_arrive_before_the_end(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	set_up(&f);
	fd = linger_of(&f, &f);
	(void)event_base_loop(f.base, EVLOOP_ONCE);
	the_last_words_arrive_at(fd);
	assert_false(TAILQ_EMPTY(&f.list)); /* it waits for the peer's end */
	(void)close(fd);
	(void)event_base_loop(f.base, EVLOOP_ONCE);
	assert_true(TAILQ_EMPTY(&f.list));
	event_base_free(f.base);
}

static void who_has_no_place_left_is_told_at_once(void **state)
{
	struct fixture f;
	int busy[PLACES];
	int other;
	int fd;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < PLACES; i++)
		busy[i] = linger_of(&f, &busy);
	fd = linger_of(&f, &busy);
	the_last_words_arrive_at(fd);
	/* That took no place of another peer. */
	other = linger_of(&f, &other);
	assert_int_equal(recv(other, (uint8_t[4]){ 0 }, 4, 0), -1);
	assert_int_equal(errno, EAGAIN);
	bgp_lingers_fini(&f.list);
	for (size_t i = 0; i < PLACES; i++)
		(void)close(busy[i]);
	(void)close(fd);
	(void)close(other);
	event_base_free(f.base);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_words_arrive_before_the_end),
		cmocka_unit_test(who_has_no_place_left_is_told_at_once),
	};

	return cmocka_run_group_tests_name("bgp_linger", tests, NULL, NULL);
}
