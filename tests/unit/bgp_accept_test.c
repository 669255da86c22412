/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An engine that listens at 127.x.y.1, and peers that are no more than a socket: what they say, and
 * when, is up to the test. x and y are this process's own, so that tests may run beside one another.
 */

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/engine.h"
#include "bgp/transport.h"
#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PORT = 12179,
	SELF = 1,
	LOCAL_AS = 65001,
	PEER_AS = 65002,
	LIMIT_SECONDS = 20,
};

struct host {
	struct event_base *base;
	struct bgp_engine *engine;
	struct bgp_peer_conf peers[2];
	unsigned ups, downs;
	struct bgp_end end;
	bool is_talkative; /* has always something to send */
};

/* A peer: a socket, and what it was told. */
struct raw {
	int fd;
	uint8_t in[1 << 16];
	size_t len;
};

static struct ip loopback(unsigned last)
{
	uint8_t bytes[4] = { 127, (uint8_t)((unsigned)getpid() >> 8 | 64), (uint8_t)getpid(),
		(uint8_t)last };

	return ip_from_bytes(AF_INET, bytes);
}

static size_t fill(void *user, uint8_t *buf, size_t cap)
{
	struct host *host = user;
	struct wire_writer w = wire_writer(buf, cap);

	while (host->is_talkative && wire_room(&w) > 64) {
		size_t begin = bgp_message_begin(&w, BGP_MSG_UPDATE);

		wire_put_u32(&w, 0);
		bgp_message_end(&w, begin);
	}
	return wire_written(&w);
}

static void on_event(void *user, const struct bgp_event *event)
{
	struct host *host = user;

	if (event->type == BGP_EVENT_UP) {
		host->ups++;
		bgp_session_set_output(event->session, fill, host);
	}
	if (event->type == BGP_EVENT_DOWN) {
		host->downs++;
		host->end = *event->end;
	}
}

static void set_peer(struct bgp_peer_conf *conf, const char *name, unsigned last)
{
	memset(conf, 0, sizeof(*conf));
	(void)strcpy(conf->name, name);
	conf->address = loopback(last);
	conf->source = loopback(SELF);
	conf->local_as = LOCAL_AS;
	conf->peer_as = PEER_AS;
	conf->hold_seconds = 9;
	conf->families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	conf->role = BGP_ROLE_NONE;
	conf->is_passive = true;
}

static void set_password(struct bgp_peer_conf *conf, const char *password)
{
	memset(conf->password, 0, sizeof(conf->password));
	conf->password_len = (uint8_t)strlen(password);
	memcpy(conf->password, password, conf->password_len);
}

static struct host *host_new(void)
{
	struct host *host = xnew(struct host);
	struct bgp_engine_conf conf = { .router_id = 0x0a000001, .listen_port = PORT };

	conf.listen[0] = loopback(SELF);
	host->base = event_base_new();
	assert_non_null(host->base);
	host->engine = bgp_engine_new(host->base, &conf, on_event, host);
	assert_int_equal(bgp_engine_listen_view(host->engine).count, 1);
	set_peer(&host->peers[0], "a", 2);
	set_peer(&host->peers[1], "b", 3);
	return host;
}

static void host_free(struct host *host)
{
	(void)bgp_engine_free(host->engine);
	event_base_free(host->base);
	free(host);
}

static void put(struct host *host, size_t count)
{
	bgp_engine_set_peers(host->engine, host->peers, count);
}

static struct raw *raw_dial(unsigned last, const char *password)
{
	struct raw *raw = xnew(struct raw);
	struct bgp_transport t = {
		.remote = loopback(SELF),
		.source = loopback(last),
		.port = PORT,
		.password = (const uint8_t *)password,
		.password_len = (uint8_t)strlen(password),
		.ttl = 64,
	};

	assert_int_equal(bgp_transport_dial(&t, &raw->fd), 0);
	return raw;
}

static void raw_free(struct raw *raw)
{
	(void)close(raw->fd);
	free(raw);
}

static void turn(struct host *host)
{
	(void)event_base_loop(host->base, EVLOOP_NONBLOCK);
	(void)usleep(5000);
}

/*
 * The type of the next message that the peer hears within @ms, for a NOTIFICATION its code and
 * subcode; 0: none came, or the connection is closed.
 */
static unsigned raw_hear(struct host *host, struct raw *raw, unsigned ms)
{
	uint64_t limit = clock_now_ns() + ms * NS_PER_MS;

	for (;;) {
		size_t len = (size_t)raw->in[16] << 8 | raw->in[17];
		ssize_t n;

		if (raw->len >= BGP_HEADER_LEN && raw->len >= len) {
			unsigned type = raw->in[18];

			if (type == BGP_MSG_NOTIFICATION)
				type = (unsigned)raw->in[19] << 8 | raw->in[20];
			memmove(raw->in, raw->in + len, raw->len - len);
			raw->len -= len;
			return type;
		}
		if (clock_now_ns() > limit)
			return 0;
		turn(host);
		n = recv(raw->fd, raw->in + raw->len, sizeof(raw->in) - raw->len, MSG_DONTWAIT);
		if (n > 0)
			raw->len += (size_t)n;
	}
}

static void raw_say(struct raw *raw, const struct wire_writer *w)
{
	assert_true(wire_writer_ok(w));
	assert_int_equal(send(raw->fd, w->start, wire_written(w), MSG_NOSIGNAL), wire_written(w));
}

static void raw_say_keepalive(struct raw *raw)
{
	uint8_t bytes[BGP_HEADER_LEN];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));

	bgp_keepalive_build(&w);
	raw_say(raw, &w);
}

/* The OPEN of the peer, with graceful restart; @is_restarting: and its R bit. */
static void raw_say_open(struct raw *raw, unsigned hold_seconds, bool is_restarting)
{
	uint8_t bytes[BGP_MESSAGE_MAX];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct bgp_open_limits limits = { 0 };
	struct bgp_open open = {
		.as = PEER_AS,
		.hold_seconds = (uint16_t)hold_seconds,
		.id = 0x0a000002,
		.caps = bgp_capabilities_none(),
	};

	open.caps.has_graceful_restart = true;
	open.caps.has_gr_notification = true;
	open.caps.restart_seconds = 30;
	open.caps.is_restarting = is_restarting;
	(void)bgp_open_build(&w, &open, &limits);
	raw_say(raw, &w);
}

static void raw_say_refusal(struct raw *raw, uint8_t subcode, uint8_t capability)
{
	uint8_t bytes[BGP_MESSAGE_MAX];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	const uint8_t data[] = { capability, 0 };
	struct bgp_refusal why;

	(void)bgp_refuse(&why, BGP_ERR_OPEN, subcode, data, sizeof(data));
	bgp_notification_build(&w, &why);
	raw_say(raw, &w);
}

static struct raw *raw_up(struct host *host, unsigned hold_seconds)
{
	struct raw *raw = raw_dial(2, "");

	assert_int_equal(raw_hear(host, raw, LIMIT_SECONDS * 1000), BGP_MSG_OPEN);
	raw_say_open(raw, hold_seconds, false);
	assert_int_equal(raw_hear(host, raw, LIMIT_SECONDS * 1000), BGP_MSG_KEEPALIVE);
	raw_say_keepalive(raw);
	for (unsigned i = 0; i < 1000 && host->ups == 0; i++)
		turn(host);
	assert_int_equal(host->ups, 1);
	return raw;
}

static void an_unsigned_dial_hears_nothing(struct host *host, unsigned last)
{
	struct raw *raw = raw_dial(last, "");

	assert_int_equal(raw_hear(host, raw, 300), 0);
	raw_free(raw);
}

static void a_signed_dial_is_answered(struct host *host, unsigned last, const char *password)
{
	struct raw *raw = raw_dial(last, password);

	assert_int_equal(raw_hear(host, raw, LIMIT_SECONDS * 1000), BGP_MSG_OPEN);
	raw_free(raw);
}

static void a_held_twin_does_not_take_the_key_away(void **state)
{
	struct host *host = host_new();

	(void)state;
	set_peer(&host->peers[1], "b", 2);
	(void)strcpy(host->peers[1].held, "another peer has this address");
	set_password(&host->peers[0], "secret");
	set_password(&host->peers[1], "other");
	put(host, 2);
	a_signed_dial_is_answered(host, 2, "secret");
	set_password(&host->peers[1], "");
	put(host, 2);
	an_unsigned_dial_hears_nothing(host, 2);
	a_signed_dial_is_answered(host, 2, "secret");
	put(host, 1);
	an_unsigned_dial_hears_nothing(host, 2);
	host_free(host);
}

static void peers_that_swap_addresses_keep_their_keys(void **state)
{
	struct host *host = host_new();

	(void)state;
	set_password(&host->peers[0], "first");
	set_password(&host->peers[1], "second");
	put(host, 2);
	host->peers[0].address = loopback(3);
	host->peers[1].address = loopback(2);
	put(host, 2);
	an_unsigned_dial_hears_nothing(host, 2);
	an_unsigned_dial_hears_nothing(host, 3);
	a_signed_dial_is_answered(host, 3, "first");
	a_signed_dial_is_answered(host, 2, "second");
	host_free(host);
}

static void of_two_passwords_for_one_address_the_first_is_in_force(void **state)
{
	struct host *host = host_new();

	(void)state;
	set_peer(&host->peers[1], "b", 2);
	host->peers[1].port = 1790;
	set_password(&host->peers[0], "first");
	set_password(&host->peers[1], "second");
	put(host, 2);
	an_unsigned_dial_hears_nothing(host, 2);
	a_signed_dial_is_answered(host, 2, "first");
	/* Its peer gone, the second one comes to its right. */
	host->peers[0] = host->peers[1];
	put(host, 1);
	an_unsigned_dial_hears_nothing(host, 2);
	a_signed_dial_is_answered(host, 2, "second");
	host_free(host);
}

/* It was connected before there was a key; only the engine had no time to look. */
static void who_waited_unsigned_is_not_let_in_by_a_new_password(void **state)
{
	struct host *host = host_new();
	struct raw *raw;

	(void)state;
	put(host, 1);
	raw = raw_dial(2, "");
	set_password(&host->peers[0], "secret");
	put(host, 1);
	assert_int_equal(raw_hear(host, raw, 300), 0);
	assert_int_equal(bgp_engine_listen_view(host->engine).strangers, 1);
	raw_free(raw);
	a_signed_dial_is_answered(host, 2, "secret");
	host_free(host);
}

static void a_password_that_is_gone_needs_no_signature(void **state)
{
	struct host *host = host_new();

	(void)state;
	set_password(&host->peers[0], "secret");
	put(host, 1);
	set_password(&host->peers[0], "");
	put(host, 1);
	a_signed_dial_is_answered(host, 2, "");
	host_free(host);
}

/* The listening socket stays ready, since nothing can be taken from it. */
static void without_descriptors_the_loop_does_not_spin(void **state)
{
	struct host *host = host_new();
	struct timeval second = { .tv_usec = 500000 };
	struct raw *raw;
	struct rlimit before;
	struct rlimit none;
	unsigned turns = 0;

	(void)state;
	put(host, 1);
	raw = raw_dial(2, "");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	(void)event_base_loopexit(host->base, &second);
	while (!event_base_got_exit(host->base)) {
		(void)event_base_loop(host->base, EVLOOP_ONCE);
		turns++;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(turns < 20);
	/* It is tried again by itself. */
	assert_int_equal(raw_hear(host, raw, LIMIT_SECONDS * 1000), BGP_MSG_OPEN);
	raw_free(raw);
	host_free(host);
}

/* FRR goes on with keepalives while it has no time to read. */
static void a_peer_that_lives_and_does_not_read_is_waited_for(void **state)
{
	struct host *host = host_new();
	uint64_t limit;
	struct raw *raw;

	(void)state;
	put(host, 1);
	raw = raw_up(host, 3);
	host->is_talkative = true;
	bgp_session_wake(bgp_engine_find(host->engine, "a"));
	limit = clock_now_ns() + 5 * NS_PER_S;
	for (unsigned i = 0; clock_now_ns() < limit; i++) {
		if (i % 50 == 0)
			raw_say_keepalive(raw);
		turn(host);
	}
	assert_int_equal(host->downs, 0);
	assert_true(bgp_session_view(bgp_engine_find(host->engine, "a")).unsent > 0);
	raw_free(raw);
	host_free(host);
}

/* Both dialled; ours was faster, and its own comes only now. It takes it for a collision, too. */
static void a_dial_that_was_under_way_does_not_end_a_young_session(void **state)
{
	struct host *host = host_new();
	struct raw *first;
	struct raw *late;

	(void)state;
	host->peers[0].has_graceful_restart = true;
	put(host, 1);
	first = raw_up(host, 9);
	late = raw_dial(2, "");
	assert_int_equal(raw_hear(host, late, LIMIT_SECONDS * 1000), BGP_MSG_OPEN);
	raw_say_open(late, 9, false);
	assert_int_equal(raw_hear(host, late, LIMIT_SECONDS * 1000),
		BGP_ERR_CEASE << 8 | BGP_CEASE_COLLISION);
	assert_int_equal(host->downs, 0);
	raw_free(late);
	raw_free(first);
	host_free(host);
}

static void a_peer_that_restarted_gets_a_new_session_at_once(void **state)
{
	struct host *host = host_new();
	struct raw *first;
	struct raw *again;

	(void)state;
	host->peers[0].has_graceful_restart = true;
	put(host, 1);
	first = raw_up(host, 9);
	again = raw_dial(2, "");
	assert_int_equal(raw_hear(host, again, LIMIT_SECONDS * 1000), BGP_MSG_OPEN);
	raw_say_open(again, 9, true);
	assert_int_equal(raw_hear(host, again, LIMIT_SECONDS * 1000), BGP_MSG_KEEPALIVE);
	assert_int_equal(host->downs, 1);
	raw_say_keepalive(again);
	for (unsigned i = 0; i < 1000 && host->ups < 2; i++)
		turn(host);
	assert_int_equal(host->ups, 2);
	raw_free(again);
	raw_free(first);
	host_free(host);
}

static void what_a_dialler_refuses_is_not_offered_to_it_again(void **state)
{
	struct host *host = host_new();
	struct bgp_session_view view;
	uint32_t offered;

	(void)state;
	put(host, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct raw *raw = raw_dial(2, "");

		assert_int_equal(raw_hear(host, raw, LIMIT_SECONDS * 1000), BGP_MSG_OPEN);
		view = bgp_session_view(bgp_engine_find(host->engine, "a"));
		offered = bgp_capabilities_mask(&view.ours.caps);
		assert_int_equal(
			!!(offered & bgp_capability_bit(BGP_CAP_EXTENDED_MESSAGE)), i == 0);
		raw_say_refusal(raw, BGP_OPEN_BAD_CAPABILITY, BGP_CAP_EXTENDED_MESSAGE);
		for (unsigned k = 0; k < 100; k++)
			turn(host);
		raw_free(raw);
	}
	host_free(host);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_held_twin_does_not_take_the_key_away),
		cmocka_unit_test(peers_that_swap_addresses_keep_their_keys),
		cmocka_unit_test(of_two_passwords_for_one_address_the_first_is_in_force),
		cmocka_unit_test(who_waited_unsigned_is_not_let_in_by_a_new_password),
		cmocka_unit_test(a_password_that_is_gone_needs_no_signature),
		cmocka_unit_test(without_descriptors_the_loop_does_not_spin),
		cmocka_unit_test(a_peer_that_lives_and_does_not_read_is_waited_for),
		cmocka_unit_test(a_dial_that_was_under_way_does_not_end_a_young_session),
		cmocka_unit_test(a_peer_that_restarted_gets_a_new_session_at_once),
		cmocka_unit_test(what_a_dialler_refuses_is_not_offered_to_it_again),
	};

	return cmocka_run_group_tests_name("bgp_accept", tests, NULL, NULL);
}
