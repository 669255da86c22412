/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One engine talks to itself over the loopback of a network namespace of its own: 127.0.0.1 has a
 * session with 127.0.0.2, and 127.0.0.2 one with 127.0.0.1. Waits for conditions, with a bound.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "bfd/engine.h"
#include "bfd/socket.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	PATIENCE_S = 20,
	EVENTS_MAX = 256,
};

struct bench {
	struct event_base *base;
	struct bfd_engine *engine;
	struct bfd_event events[EVENTS_MAX];
	size_t count;
};

static void on_event(void *user, const struct bfd_event *event)
{
	struct bench *bench = user;

	if (bench->count < EVENTS_MAX)
		bench->events[bench->count++] = *event;
}

static int make_bench(void **state)
{
	const struct bfd_engine_conf conf = { .stall_ns = 50 * NS_PER_MS };
	struct bench *bench = xnew(struct bench);

	bench->base = event_base_new();
	bench->engine = bfd_engine_new(bench->base, &conf, on_event, bench);
	*state = bench;
	return 0;
}

static int end_bench(void **state)
{
	struct bench *bench = *state;

	(void)bfd_engine_free(bench->engine);
	event_base_free(bench->base);
	free(bench);
	return 0;
}

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct bfd_session_conf conf_of(const char *local, const char *peer)
{
	return (struct bfd_session_conf){
		.key = { .peer = ip_of(peer), .local = ip_of(local) },
		.timing = { .tx_us = 20000, .rx_us = 20000, .multiplier = 3 },
	};
}

static struct bfd_session_conf ends[2];

static void put_both(struct bench *bench)
{
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(bfd_engine_put(bench->engine, &ends[i]), 0);
}

typedef bool condition_fn(struct bench *bench);

static void run_until(struct bench *bench, condition_fn *is_true)
{
	uint64_t end_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
	const struct timeval tick = { .tv_usec = 2000 };

	while (!is_true(bench)) {
		assert_true(clock_now_ns() < end_ns);
		(void)event_base_loopexit(bench->base, &tick);
		(void)event_base_dispatch(bench->base);
	}
}

static size_t up_count(const struct bench *bench)
{
	struct bfd_engine_view view;

	bfd_engine_view(bench->engine, &view);
	return view.up_count;
}

static bool both_are_up(struct bench *bench)
{
	return up_count(bench) == 2;
}

static bool none_is_up(struct bench *bench)
{
	return up_count(bench) == 0;
}

static const struct bfd_event *find_event(
	const struct bench *bench, enum bfd_event_type type, enum bfd_state state)
{
	for (size_t i = 0; i < bench->count; i++) {
		if (bench->events[i].type == type && bench->events[i].state == state)
			return &bench->events[i];
	}
	return NULL;
}

static struct bfd_session_view seen_view;
static struct bfd_session seen_session;

static const struct bfd_key *wanted_key; /* set to NULL when it was seen */

static void see(void *user, const struct bfd_session_view *view)
{
	(void)user;
	if (!wanted_key || memcmp(&view->key, wanted_key, sizeof(view->key)) != 0)
		return;
	wanted_key = NULL;
	seen_view = *view;
	seen_session = *view->session;
}

static void look(struct bench *bench, unsigned i)
{
	wanted_key = &ends[i].key;
	bfd_engine_visit(bench->engine, see, NULL);
	assert_null(wanted_key);
}

static bool a_peer_is_gone(struct bench *bench)
{
	return find_event(bench, BFD_EV_PEER_GONE, BFD_DOWN) ||
		find_event(bench, BFD_EV_PEER_GONE, BFD_UP);
}

static void use_single_hop(void)
{
	ends[0] = conf_of("127.0.0.1", "127.0.0.2");
	ends[1] = conf_of("127.0.0.2", "127.0.0.1");
	ends[0].tag = 100;
	ends[1].tag = 101;
}

static void a_single_hop_session_comes_up(void **state)
{
	struct bench *bench = *state;
	const struct bfd_event *event;

	use_single_hop();
	put_both(bench);
	run_until(bench, both_are_up);
	event = find_event(bench, BFD_EV_STATE, BFD_UP);
	assert_non_null(event);
	assert_in_range(event->tag, 100, 101);
	assert_in_range(event->at_ns, 1, clock_now_ns());
	look(bench, 0);
	assert_in_range(seen_view.source_port, BFD_SOURCE_PORT_MIN, BFD_SOURCE_PORT_MAX);
	assert_true(seen_view.packets_in > 0 && seen_view.packets_out > 0);
	assert_int_equal(seen_view.error, 0);
}

static void our_own_packets_are_not_taken_for_a_peer_s(void **state)
{
	struct bench *bench = *state;

	ends[0] = conf_of("::1", "::1");
	ends[0].key.is_multihop = true;
	assert_int_equal(bfd_engine_put(bench->engine, &ends[0]), 0);
	for (int i = 0; i < 5; i++)
		(void)event_base_loop(bench->base, EVLOOP_ONCE);
	look(bench, 0);
	assert_true(seen_view.drops[BFD_DROP_MY_DISCRIMINATOR] > 0);
	assert_int_equal(seen_session.state, BFD_DOWN);
}

static void sessions_that_are_not_wished_any_more_end(void **state)
{
	struct bench *bench = *state;
	struct bfd_engine_view view;

	use_single_hop();
	put_both(bench);
	run_until(bench, both_are_up);
	assert_true(bfd_engine_drop(bench->engine, &ends[1].key));
	bfd_engine_view(bench->engine, &view);
	assert_int_equal(view.session_count, 1);
	/* The one that went said AdminDown. */
	run_until(bench, none_is_up);
	look(bench, 0);
	assert_int_equal(seen_session.remote_state, BFD_ADMIN_DOWN);
	assert_int_equal(seen_session.cause, BFD_CAUSE_PACKET);
	assert_true(bfd_engine_drop(bench->engine, &ends[0].key));
	assert_false(bfd_engine_drop(bench->engine, &ends[0].key));
}

static void use_keys(void)
{
	for (unsigned i = 0; i < 2; i++)
		ends[i].auth = (struct bfd_auth_conf){
			.type = BFD_AUTH_HMAC_SHA256,
			.key_count = 1,
			.keys = { { .id = 1, .len = 6, .bytes = "secret" } },
		};
}

static void a_session_that_is_abandoned_says_nothing(void **state)
{
	struct bench *bench = *state;

	use_single_hop();
	put_both(bench);
	run_until(bench, both_are_up);
	assert_true(bfd_engine_abandon(bench->engine, &ends[1].key));
	run_until(bench, none_is_up);
	look(bench, 0);
	assert_int_equal(seen_session.cause, BFD_CAUSE_SILENCE);
	assert_int_equal(seen_session.remote_state, BFD_DOWN);
	assert_false(bfd_engine_abandon(bench->engine, &ends[1].key));
}

static void after_silence_recorded_packets_name_no_session(void **state)
{
	struct bench *bench = *state;
	uint32_t before;

	use_single_hop();
	use_keys();
	put_both(bench);
	run_until(bench, both_are_up);
	look(bench, 0);
	before = seen_session.discriminator;
	assert_true(bfd_engine_abandon(bench->engine, &ends[1].key));
	run_until(bench, none_is_up);
	look(bench, 0);
	assert_int_not_equal(seen_session.discriminator, before);
	put_both(bench);
	run_until(bench, both_are_up);
}

static void a_gated_session_waits_until_we_are_ready(void **state)
{
	struct bench *bench = *state;

	use_single_hop();
	ends[0].is_gated = true;
	put_both(bench);
	look(bench, 0);
	assert_int_equal(seen_session.state, BFD_ADMIN_DOWN);
	for (int i = 0; i < 10; i++)
		(void)event_base_loop(bench->base, EVLOOP_ONCE);
	assert_int_equal(up_count(bench), 0);
	bfd_engine_set_ready(bench->engine, true, BFD_DIAG_NONE);
	run_until(bench, both_are_up);
	bfd_engine_set_ready(bench->engine, false, BFD_DIAG_ADMIN_DOWN);
	look(bench, 0);
	assert_int_equal(seen_session.state, BFD_ADMIN_DOWN);
	run_until(bench, none_is_up);
}

static void admin_down_by_hand_is_told_to_the_peer(void **state)
{
	struct bench *bench = *state;

	use_single_hop();
	put_both(bench);
	run_until(bench, both_are_up);
	assert_true(bfd_engine_set_admin(bench->engine, &ends[0].key, true, BFD_DIAG_PATH_DOWN));
	run_until(bench, none_is_up);
	look(bench, 1);
	assert_int_equal(seen_session.remote_state, BFD_ADMIN_DOWN);
	assert_int_equal(seen_session.remote_diag, BFD_DIAG_PATH_DOWN);
	bfd_engine_set_admin_all(bench->engine, false, BFD_DIAG_NONE);
	run_until(bench, both_are_up);
}

static void timers_change_without_the_session_falling(void **state)
{
	struct bench *bench = *state;

	use_single_hop();
	put_both(bench);
	run_until(bench, both_are_up);
	ends[0].timing.tx_us = 70000;
	ends[1].timing.multiplier = 9;
	put_both(bench);
	for (int i = 0; i < 100; i++)
		(void)event_base_loop(bench->base, EVLOOP_ONCE);
	for (unsigned i = 0; i < 2; i++) {
		look(bench, i);
		assert_int_equal(seen_session.state, BFD_UP);
		assert_int_equal(seen_session.flaps, 0);
	}
	assert_int_equal(seen_session.detect_ns, 3 * 70 * NS_PER_MS);
}

static void a_peer_without_a_listener_is_reported_gone(void **state)
{
	struct bench *bench = *state;
	struct sockaddr_in narrow = { .sin_family = AF_INET,
		.sin_port = htons(BFD_PORT_MULTIHOP),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* The port is taken at 127.0.0.1, so ours can not be opened; at 127.0.0.2 nobody listens. */
	use_single_hop();
	ends[0].key.is_multihop = true;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&narrow, sizeof(narrow)), 0);
	assert_int_equal(bfd_engine_put(bench->engine, &ends[0]), 0);
	assert_non_null(find_event(bench, BFD_EV_SOCKET, BFD_DOWN));
	look(bench, 0);
	assert_int_equal(seen_view.error, -EADDRINUSE);
	run_until(bench, a_peer_is_gone);
	look(bench, 0);
	assert_true(seen_view.refusals > 0);
	(void)close(fd);
}

static void send_raw(const char *from, uint16_t port, const uint8_t *bytes, size_t len, int ttl)
{
	struct sockaddr_in source = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct ip ip = ip_of(from);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(&source.sin_addr, ip.bytes, 4);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&source, sizeof(source)), 0);
	assert_int_equal(sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
	(void)close(fd);
}

/* Says what 127.0.0.2 would say to the first session. */
static void say(struct bench *bench, enum bfd_state state)
{
	struct bfd_packet packet = {
		.state = state,
		.multiplier = 3,
		.my_discriminator = 5,
		.desired_tx_us = 20000,
		.required_rx_us = 20000,
	};
	uint8_t bytes[BFD_PACKET_MAX];

	look(bench, 0);
	packet.your_discriminator = seen_session.discriminator;
	send_raw("127.0.0.2", BFD_PORT_SINGLE_HOP, bytes, bfd_packet_build(&packet, bytes), 255);
}

static void sleep_of_ours_kills_no_session_whose_packets_wait(void **state)
{
	struct bench *bench = *state;

	use_single_hop();
	assert_int_equal(bfd_engine_put(bench->engine, &ends[0]), 0);
	say(bench, BFD_INIT);
	bfd_engine_resume(bench->engine);
	say(bench, BFD_UP);
	bfd_engine_resume(bench->engine);
	look(bench, 0);
	assert_int_equal(seen_session.state, BFD_UP);
	assert_int_equal(seen_session.detect_ns, 60 * NS_PER_MS);
	for (int i = 0; i < 3; i++) {
		say(bench, BFD_UP);
		assert_int_equal(usleep(200000), 0);
		(void)event_base_loop(bench->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		look(bench, 0);
		assert_int_equal(seen_session.state, BFD_UP);
	}
	assert_true(find_event(bench, BFD_EV_STALL, 0)->stall_ns > 100 * NS_PER_MS);
	/* But one whose queue is empty is dead. */
	assert_int_equal(usleep(200000), 0);
	(void)event_base_loop(bench->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	look(bench, 0);
	assert_int_equal(seen_session.state, BFD_DOWN);
	assert_int_equal(seen_session.cause, BFD_CAUSE_SILENCE);
}

static void what_is_wrong_with_a_packet_is_counted(void **state)
{
	struct bench *bench = *state;
	struct bfd_packet packet = { .state = BFD_DOWN, .multiplier = 3, .my_discriminator = 5 };
	uint8_t bytes[BFD_PACKET_MAX];
	size_t len = bfd_packet_build(&packet, bytes);
	struct bfd_engine_view view;

	use_single_hop();
	ends[0].timing.is_passive = true;
	assert_int_equal(bfd_engine_put(bench->engine, &ends[0]), 0);
	send_raw("127.0.0.2", BFD_PORT_SINGLE_HOP, bytes, len, 254);
	send_raw("127.0.0.7", BFD_PORT_SINGLE_HOP, bytes, len, 255);
	send_raw("127.0.0.2", BFD_PORT_SINGLE_HOP, bytes, len - 1, 255);
	look(bench, 0);
	packet.your_discriminator = seen_session.discriminator;
	len = bfd_packet_build(&packet, bytes);
	send_raw("127.0.0.7", BFD_PORT_SINGLE_HOP, bytes, len, 255);
	bfd_engine_resume(bench->engine);
	bfd_engine_view(bench->engine, &view);
	look(bench, 0);
	assert_int_equal(seen_view.drops[BFD_DROP_TTL], 1);
	assert_int_equal(view.drops[BFD_DROP_NO_SESSION], 1);
	assert_int_equal(view.drops[BFD_DROP_LENGTH], 1);
	assert_int_equal(seen_view.drops[BFD_DROP_SOURCE], 1);
	assert_int_equal(seen_view.packets_in, 0);
	assert_int_equal(seen_session.state, BFD_DOWN);
}

static void nonsense_is_refused(void **state)
{
	struct bench *bench = *state;
	struct bfd_session_conf conf = conf_of("127.0.0.1", "127.0.0.2");

	conf.timing.multiplier = 0;
	assert_int_equal(bfd_engine_put(bench->engine, &conf), -EINVAL);
	conf = conf_of("127.0.0.1", "::1");
	assert_int_equal(bfd_engine_put(bench->engine, &conf), -EINVAL);
	conf = conf_of("fe80::1", "fe80::2");
	assert_int_equal(bfd_engine_put(bench->engine, &conf), -EINVAL);
	conf = conf_of("127.0.0.1", "224.0.0.1");
	assert_int_equal(bfd_engine_put(bench->engine, &conf), -EINVAL);
	conf = conf_of("127.0.0.1", "127.0.0.2");
	conf.auth.type = BFD_AUTH_SIMPLE;
	assert_int_equal(bfd_engine_put(bench->engine, &conf), -EINVAL);
}

/* Ports 3784 and 4784 are one for the whole network namespace, and other tests use them too. */
static int enter_namespace(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;
	int r;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

#define engine_test(name) cmocka_unit_test_setup_teardown(name, make_bench, end_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		engine_test(a_single_hop_session_comes_up),
		engine_test(our_own_packets_are_not_taken_for_a_peer_s),
		engine_test(sessions_that_are_not_wished_any_more_end),
		engine_test(a_session_that_is_abandoned_says_nothing),
		engine_test(after_silence_recorded_packets_name_no_session),
		engine_test(a_gated_session_waits_until_we_are_ready),
		engine_test(admin_down_by_hand_is_told_to_the_peer),
		engine_test(timers_change_without_the_session_falling),
		engine_test(sleep_of_ours_kills_no_session_whose_packets_wait),
		engine_test(a_peer_without_a_listener_is_reported_gone),
		engine_test(what_is_wrong_with_a_packet_is_counted),
		engine_test(nonsense_is_refused),
	};
	int r = enter_namespace();

	if (r < 0) {
		(void)fprintf(stderr, "no network namespace: %s\n", strerror(-r));
		return 1;
	}
	return cmocka_run_group_tests_name("bfd_engine", tests, NULL, NULL);
}
