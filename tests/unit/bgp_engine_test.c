/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two engines on one loop that talk over loopback: "west" is 127.x.y.1, "east" is 127.x.y.2, where
 * x and y are this process's own, so that tests may run beside one another.
 */

#include "bgp/engine.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PORT = 11179,
	LIMIT_SECONDS = 20,
};

struct side {
	struct bgp_engine *engine;
	struct bgp_peer_conf conf;
	unsigned ups, downs, failures, refreshes, gone, exports, updates;
	struct bgp_end end;
	struct bgp_export export;
	unsigned to_fill; /* messages that the output still has */
};

struct pair {
	struct event_base *base;
	struct side west, east;
};

static struct ip loopback(unsigned last)
{
	uint8_t bytes[4] = { 127, (uint8_t)((unsigned)getpid() >> 8 | 64), (uint8_t)getpid(),
		(uint8_t)last };

	return ip_from_bytes(AF_INET, bytes);
}

/* An End-of-RIB as often as the test wants one. */
static size_t fill(void *user, uint8_t *buf, size_t cap)
{
	struct side *side = user;
	struct wire_writer w = wire_writer(buf, cap);

	while (side->to_fill > 0 && wire_room(&w) > 64) {
		size_t begin = bgp_message_begin(&w, BGP_MSG_UPDATE);

		wire_put_u32(&w, 0);
		bgp_message_end(&w, begin);
		side->to_fill--;
	}
	return wire_written(&w);
}

static void on_event(void *user, const struct bgp_event *event)
{
	struct side *side = user;

	switch (event->type) {
	case BGP_EVENT_UP:
		side->ups++;
		side->export = *event->export;
		bgp_session_set_output(event->session, fill, side);
		break;
	case BGP_EVENT_DOWN:
		side->downs++;
		side->end = *event->end;
		break;
	case BGP_EVENT_FAILED:
		side->failures++;
		side->end = *event->end;
		break;
	case BGP_EVENT_EXPORT:
		side->exports++;
		break;
	case BGP_EVENT_FOUND:
		break;
	case BGP_EVENT_REFRESH:
		side->refreshes++;
		break;
	case BGP_EVENT_UPDATE:
		side->updates++;
		assert_int_equal(event->message[BGP_HEADER_LEN - 1], BGP_MSG_UPDATE);
		assert_int_equal(event->message_len, event->message[16] << 8 | event->message[17]);
		break;
	case BGP_EVENT_GONE:
		side->gone++;
		break;
	}
}

static struct bgp_peer_conf peer_conf(unsigned self, unsigned other)
{
	struct bgp_peer_conf conf;

	memset(&conf, 0, sizeof(conf));
	(void)strcpy(conf.name, "other");
	conf.address = loopback(other);
	conf.source = loopback(self);
	conf.port = PORT;
	conf.local_as = 65000 + self;
	conf.peer_as = 65000 + other;
	conf.hold_seconds = 9;
	conf.connect_seconds = 1;
	conf.families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	conf.role = BGP_ROLE_NONE;
	return conf;
}

static void open_side(struct pair *pair, struct side *side, unsigned self, bool listens)
{
	struct bgp_engine_conf conf = { .router_id = 0x0a000000 + self, .listen_port = PORT };

	if (listens)
		conf.listen[0] = loopback(self);
	side->conf = peer_conf(self, 3 - self);
	side->engine = bgp_engine_new(pair->base, &conf, on_event, side);
	assert_int_equal(bgp_engine_listen_view(side->engine).count, listens ? 1 : 0);
}

static struct pair *pair_new(bool west_listens)
{
	struct pair *pair = xnew(struct pair);
	struct event_config *config = event_config_new();

	assert_non_null(config);
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	pair->base = event_base_new_with_config(config);
	assert_non_null(pair->base);
	event_config_free(config);
	open_side(pair, &pair->west, 1, west_listens);
	open_side(pair, &pair->east, 2, true);
	pair->east.conf.is_passive = true;
	return pair;
}

static void pair_free(struct pair *pair)
{
	(void)bgp_engine_free(pair->west.engine);
	(void)bgp_engine_free(pair->east.engine);
	event_base_free(pair->base);
	free(pair);
}

static void put(struct side *side)
{
	bgp_engine_set_peers(side->engine, &side->conf, 1);
}

static void tick(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	(void)user;
}

/* Runs the loop until @count reaches @want; fails the test if that takes too long. */
static void run_until(struct pair *pair, const unsigned *count, unsigned want)
{
	uint64_t limit = clock_now_ns() + LIMIT_SECONDS * NS_PER_S;
	struct timeval often = { .tv_usec = 10000 };
	struct event *timer = event_new(pair->base, -1, EV_PERSIST, tick, NULL);

	assert_non_null(timer);
	assert_int_equal(event_add(timer, &often), 0);
	while (*count < want && clock_now_ns() < limit)
		(void)event_base_loop(pair->base, EVLOOP_ONCE);
	event_free(timer);
	if (*count < want)
		fail_msg("only %u of %u", *count, want);
}

static void run_for(struct pair *pair, unsigned ms)
{
	struct timeval wait = { .tv_usec = (suseconds_t)ms * 1000 };

	(void)event_base_loopexit(pair->base, &wait);
	(void)event_base_dispatch(pair->base);
}

static struct bgp_session *session_of(struct side *side)
{
	return bgp_engine_find(side->engine, "other");
}

static struct bgp_session_view view_of(struct side *side)
{
	return bgp_session_view(session_of(side));
}

static struct pair *established(void)
{
	struct pair *pair = pair_new(false);

	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.ups, 1);
	run_until(pair, &pair->east.ups, 1);
	return pair;
}

static void a_session_comes_up_and_both_know_of_each_other(void **state)
{
	struct pair *pair = established();
	struct bgp_session_view west = view_of(&pair->west);
	struct bgp_session_view east = view_of(&pair->east);

	(void)state;
	assert_int_equal(west.state, BGP_ESTABLISHED);
	assert_true(west.is_dialled);
	assert_false(east.is_dialled);
	assert_int_equal(west.theirs.as, 65002);
	assert_int_equal(west.theirs.id, 0x0a000002);
	assert_int_equal(west.hold_seconds, 9);
	assert_int_equal(west.keepalive_seconds, 3);
	assert_true(west.agreed.as4);
	assert_true(west.agreed.enhanced_refresh);
	assert_int_equal(west.established_count, 1);
	assert_false(pair->west.export.is_ibgp);
	assert_int_equal(pair->west.export.message_max, BGP_MESSAGE_MAX_EXTENDED);
	assert_true(ip_equal(&pair->west.export.next_hop_v4, &pair->west.conf.source));
	pair_free(pair);
}

/* West comes back from a restart, and BFD watches the path. */
static struct pair *restarting(uint32_t bfd_wait_ms)
{
	const struct bgp_engine_conf conf = {
		.router_id = 0x0a000001, .listen_port = PORT, .is_restarting = true
	};
	struct pair *pair = pair_new(false);

	bgp_engine_set_conf(pair->west.engine, &conf);
	pair->west.conf.has_graceful_restart = true;
	pair->west.conf.bfd_wait_ms = bfd_wait_ms;
	put(&pair->east);
	put(&pair->west);
	return pair;
}

static void who_restarts_dials_when_bfd_is_up(void **state)
{
	struct pair *pair = restarting(60000);

	(void)state;
	run_for(pair, 200);
	assert_int_equal(view_of(&pair->west).state, BGP_IDLE);
	assert_true(view_of(&pair->west).waits_for_bfd);
	put(&pair->west); /* once more changes nothing */
	run_for(pair, 50);
	assert_int_equal(view_of(&pair->west).state, BGP_IDLE);
	bgp_session_bfd_up(session_of(&pair->west));
	run_until(pair, &pair->west.ups, 1);
	assert_false(view_of(&pair->west).waits_for_bfd);
	pair_free(pair);
}

static void who_restarts_does_not_wait_for_bfd_without_end(void **state)
{
	struct pair *pair = restarting(50);

	(void)state;
	run_until(pair, &pair->west.ups, 1);
	pair_free(pair);
}

static void who_starts_for_the_first_time_does_not_wait_for_bfd(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	pair->west.conf.has_graceful_restart = true;
	pair->west.conf.bfd_wait_ms = 60000;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.ups, 1);
	pair_free(pair);
}

static void an_output_is_asked_until_it_has_no_more(void **state)
{
	struct pair *pair = established();

	(void)state;
	pair->west.to_fill = 20000; /* 460,000 octets: many buffers */
	bgp_session_wake(session_of(&pair->west));
	while (view_of(&pair->east).received->counts.updates < 20000)
		run_for(pair, 10);
	assert_int_equal(view_of(&pair->west).out.messages[BGP_MSG_UPDATE], 20000);
	assert_int_equal(view_of(&pair->east).received->counts.end_of_rib[0], 20000);
	assert_int_equal(pair->east.updates, 20000);
	assert_int_equal(pair->west.downs, 0);
	pair_free(pair);
}

static void a_shutdown_tells_why_and_stays(void **state)
{
	struct pair *pair = established();
	char text[BGP_END_TEXT_SIZE];

	(void)state;
	bgp_session_shut(session_of(&pair->west), "maintenance until 6");
	assert_int_equal(pair->west.downs, 1);
	run_until(pair, &pair->east.downs, 1);
	assert_int_equal(pair->east.end.by, BGP_BY_PEER);
	assert_string_equal(bgp_end_format(&pair->east.end, text),
		"the peer said Cease: Administrative Shutdown (6/2): \"maintenance until 6\"");
	assert_int_equal(view_of(&pair->west).state, BGP_IDLE);
	assert_int_equal(view_of(&pair->west).next_try_ns, 0);
	bgp_session_enable(session_of(&pair->west));
	run_until(pair, &pair->east.ups, 2);
	pair_free(pair);
}

static void a_reset_comes_back_by_itself(void **state)
{
	struct pair *pair = established();

	(void)state;
	bgp_session_reset(session_of(&pair->west), NULL);
	run_until(pair, &pair->west.ups, 2);
	run_until(pair, &pair->east.ups, 2);
	assert_int_equal(pair->east.end.notification.subcode, BGP_CEASE_ADMIN_RESET);
	pair_free(pair);
}

static void a_refresh_reaches_the_other_side(void **state)
{
	struct pair *pair = established();

	(void)state;
	assert_int_equal(bgp_session_request_refresh(session_of(&pair->west), BGP_IPV4_UNICAST), 0);
	run_until(pair, &pair->east.refreshes, 1);
	assert_int_equal(bgp_session_request_refresh(session_of(&pair->west), BGP_IPV6_UNICAST),
		-EOPNOTSUPP);
	pair_free(pair);
}

static void bfd_ends_the_session_and_it_dials_again(void **state)
{
	struct pair *pair = established();

	(void)state;
	bgp_session_bfd_down(session_of(&pair->west));
	assert_int_equal(pair->west.end.by, BGP_BY_BFD);
	run_until(pair, &pair->east.downs, 1);
	assert_int_equal(pair->east.end.notification.subcode, BGP_CEASE_BFD_DOWN);
	run_until(pair, &pair->west.ups, 2);
	pair_free(pair);
}

static void a_removed_peer_hears_that_it_was(void **state)
{
	struct pair *pair = established();

	(void)state;
	bgp_engine_set_peers(pair->west.engine, NULL, 0);
	assert_int_equal(pair->west.downs, 1);
	assert_int_equal(pair->west.gone, 1);
	assert_null(session_of(&pair->west));
	run_until(pair, &pair->east.downs, 1);
	assert_int_equal(pair->east.end.notification.subcode, BGP_CEASE_DECONFIGURED);
	pair_free(pair);
}

static void only_a_change_that_must_restarts_the_session(void **state)
{
	struct pair *pair = established();

	(void)state;
	put(&pair->west);
	pair->west.conf.connect_seconds = 7;
	put(&pair->west);
	assert_int_equal(pair->west.downs, 0);
	pair->west.conf.hold_seconds = 30;
	put(&pair->west);
	assert_int_equal(pair->west.downs, 0);
	assert_true(view_of(&pair->west).is_pending_change);
	pair->west.conf.connect_seconds = 8;
	put(&pair->west);
	assert_true(view_of(&pair->west).is_pending_change); /* still */
	pair->west.conf.families = BGP_FAMILIES_ALL;
	put(&pair->west);
	assert_int_equal(pair->west.downs, 1);
	run_until(pair, &pair->east.downs, 1);
	assert_int_equal(pair->east.end.notification.subcode, BGP_CEASE_CONF_CHANGE);
	run_until(pair, &pair->west.ups, 2);
	assert_false(view_of(&pair->west).is_pending_change);
	assert_int_equal(view_of(&pair->west).ours.hold_seconds, 30);
	pair_free(pair);
}

static void a_wrong_as_is_refused_with_its_code(void **state)
{
	struct pair *pair = pair_new(false);
	char text[BGP_END_TEXT_SIZE];

	(void)state;
	pair->east.conf.peer_as = 64999;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.failures, 1);
	assert_string_equal(bgp_end_format(&pair->west.end, text),
		"the peer said OPEN Message Error: Bad Peer AS (2/2)");
	run_until(pair, &pair->east.failures, 1);
	assert_int_equal(pair->east.end.by, BGP_BY_US);
	assert_true(view_of(&pair->west).failures > 0);
	pair_free(pair);
}

static void nobody_there_is_tried_again_with_patience(void **state)
{
	struct pair *pair = pair_new(false);
	char text[BGP_END_TEXT_SIZE];

	(void)state;
	pair->west.conf.port = 1;
	put(&pair->west);
	run_until(pair, &pair->west.failures, 1);
	assert_string_equal(
		bgp_end_format(&pair->west.end, text), "no connection: Connection refused");
	while (view_of(&pair->west).failures < 3)
		run_for(pair, 10);
	assert_int_equal(pair->west.failures, 1); /* the same reason is told once */
	assert_true(view_of(&pair->west).next_try_ns != 0);
	pair_free(pair);
}

/* Pods come and go, and links with them: that is no reason to ask who said no once more. */
static void news_of_the_network_do_not_hurry_a_peer_that_refuses(void **state)
{
	struct pair *pair = pair_new(false);
	uint64_t limit;

	(void)state;
	pair->east.conf.peer_as = 64999;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.failures, 1);
	while (view_of(&pair->west).failures < 3)
		run_for(pair, 10);
	limit = clock_now_ns() + 2 * NS_PER_S;
	while (clock_now_ns() < limit) {
		bgp_engine_network_changed(pair->west.engine);
		run_for(pair, 10);
	}
	/* After the third refusal there are three seconds at least, then six. */
	assert_true(view_of(&pair->west).failures <= 4);
	pair_free(pair);
}

static void news_of_the_network_make_who_had_none_try_again(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	pair->west.conf.connect_seconds = 300;
	(void)strcpy(pair->west.conf.interface, "missing0");
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.failures, 1);
	assert_int_equal(pair->west.end.error, -ENODEV);
	while (view_of(&pair->west).failures < 4)
		run_for(pair, 10);
	bgp_engine_network_changed(pair->west.engine);
	run_for(pair, 100);
	assert_true(view_of(&pair->west).failures >= 5);
	/* And not more often than once a second. */
	for (unsigned i = 0; i < 20; i++) {
		bgp_engine_network_changed(pair->west.engine);
		run_for(pair, 10);
	}
	assert_true(view_of(&pair->west).failures <= 6);
	pair_free(pair);
}

static void next_hops_that_stay_are_not_told_again(void **state)
{
	struct pair *pair = established();

	(void)state;
	bgp_engine_network_changed(pair->west.engine);
	run_for(pair, 100);
	assert_int_equal(pair->west.exports, 0);
	assert_int_equal(view_of(&pair->west).state, BGP_ESTABLISHED);
	pair_free(pair);
}

static void a_held_peer_stays_down(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	(void)strcpy(pair->west.conf.held, "the Secret default/bgp is missing");
	put(&pair->east);
	put(&pair->west);
	run_for(pair, 300);
	assert_int_equal(view_of(&pair->west).state, BGP_IDLE);
	assert_string_equal(view_of(&pair->west).held, "the Secret default/bgp is missing");
	pair->west.conf.held[0] = '\0';
	put(&pair->west);
	run_until(pair, &pair->west.ups, 1);
	pair_free(pair);
}

/* Both dial and both listen: whoever was first, one session stays, and it is the same for both. */
static void of_two_connections_one_stays(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 10; round++) {
		struct pair *pair = pair_new(true);

		pair->east.conf.is_passive = false;
		put(&pair->east);
		put(&pair->west);
		run_until(pair, &pair->west.ups, 1);
		run_until(pair, &pair->east.ups, 1);
		run_for(pair, 100);
		assert_int_equal(pair->west.downs, 0);
		assert_int_equal(pair->east.downs, 0);
		assert_int_equal(view_of(&pair->west).state, BGP_ESTABLISHED);
		assert_int_equal(view_of(&pair->east).state, BGP_ESTABLISHED);
		assert_int_not_equal(
			view_of(&pair->west).is_dialled, view_of(&pair->east).is_dialled);
		assert_int_equal(view_of(&pair->west).local_port, view_of(&pair->east).remote_port);
		pair_free(pair);
	}
}

static void an_unknown_address_is_closed_without_a_word(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	put(&pair->west);
	run_until(pair, &pair->west.failures, 1);
	assert_int_equal(bgp_engine_listen_view(pair->east.engine).accepted, 0);
	assert_true(bgp_engine_listen_view(pair->east.engine).strangers > 0);
	assert_int_equal(pair->west.end.by, BGP_BY_NETWORK);
	pair_free(pair);
}

static void a_stop_for_good_is_a_hard_reset_if_restart_was_agreed(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	pair->west.conf.has_graceful_restart = pair->east.conf.has_graceful_restart = true;
	pair->west.conf.restart_seconds = pair->east.conf.restart_seconds = 30;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.ups, 1);
	run_until(pair, &pair->east.ups, 1);
	assert_true(view_of(&pair->west).agreed.gr_notification);
	bgp_engine_stop(pair->west.engine, BGP_STOP_FOR_GOOD, "bye");
	run_until(pair, &pair->east.downs, 1);
	assert_true(pair->east.end.notification.is_hard);
	assert_string_equal(pair->east.end.notification.text, "bye");
	while (!bgp_engine_is_quiet(pair->west.engine))
		run_for(pair, 10);
	assert_int_equal(view_of(&pair->west).state, BGP_IDLE);
	pair_free(pair);
}

/* We do not come back to where we were: what is kept there would draw traffic for nothing. */
static void who_goes_elsewhere_leaves_nothing_to_be_kept(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	pair->west.conf.has_graceful_restart = pair->east.conf.has_graceful_restart = true;
	pair->west.conf.restart_seconds = pair->east.conf.restart_seconds = 30;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.ups, 1);
	run_until(pair, &pair->east.ups, 1);
	pair->west.conf.restart_seconds = 60;
	put(&pair->west);
	run_until(pair, &pair->east.downs, 1);
	assert_int_equal(pair->east.end.notification.subcode, BGP_CEASE_CONF_CHANGE);
	assert_false(pair->east.end.notification.is_hard);
	run_until(pair, &pair->west.ups, 2);
	run_until(pair, &pair->east.ups, 2);
	pair->west.conf.address = loopback(9);
	put(&pair->west);
	run_until(pair, &pair->east.downs, 2);
	assert_true(pair->east.end.notification.is_hard);
	pair_free(pair);
}

static void a_stop_for_restart_is_not(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	pair->west.conf.has_graceful_restart = pair->east.conf.has_graceful_restart = true;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->east.ups, 1);
	bgp_engine_stop(pair->west.engine, BGP_STOP_FOR_RESTART, NULL);
	run_until(pair, &pair->east.downs, 1);
	assert_false(pair->east.end.notification.is_hard);
	pair_free(pair);
}

static void too_far_a_dialler_is_a_stranger(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	pair->east.conf.gtsm_hops = 1;
	put(&pair->east);
	put(&pair->west); /* external: dials with TTL 1 */
	run_until(pair, &pair->west.failures, 1);
	assert_int_equal(pair->east.ups, 0);
	assert_true(bgp_engine_listen_view(pair->east.engine).strangers > 0);
	pair->west.conf.gtsm_hops = 1;
	put(&pair->west);
	run_until(pair, &pair->east.ups, 1);
	pair_free(pair);
}

static void signed_sessions_need_one_key(void **state)
{
	struct pair *pair = pair_new(false);

	(void)state;
	memcpy(pair->west.conf.password, "secret", 6);
	memcpy(pair->east.conf.password, "secret", 6);
	pair->west.conf.password_len = pair->east.conf.password_len = 6;
	put(&pair->east);
	put(&pair->west);
	run_until(pair, &pair->west.ups, 1);
	assert_true(view_of(&pair->west).has_md5);
	pair->west.conf.password[0] = 'x';
	put(&pair->west);
	run_until(pair, &pair->east.downs, 1);
	run_for(pair, 700);
	assert_int_equal(pair->west.ups, 1);
	assert_int_equal(view_of(&pair->west).state, BGP_CONNECT);
	pair_free(pair);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_comes_up_and_both_know_of_each_other),
		cmocka_unit_test(who_restarts_dials_when_bfd_is_up),
		cmocka_unit_test(who_restarts_does_not_wait_for_bfd_without_end),
		cmocka_unit_test(who_starts_for_the_first_time_does_not_wait_for_bfd),
		cmocka_unit_test(an_output_is_asked_until_it_has_no_more),
		cmocka_unit_test(a_shutdown_tells_why_and_stays),
		cmocka_unit_test(a_reset_comes_back_by_itself),
		cmocka_unit_test(a_refresh_reaches_the_other_side),
		cmocka_unit_test(bfd_ends_the_session_and_it_dials_again),
		cmocka_unit_test(a_removed_peer_hears_that_it_was),
		cmocka_unit_test(only_a_change_that_must_restarts_the_session),
		cmocka_unit_test(a_wrong_as_is_refused_with_its_code),
		cmocka_unit_test(nobody_there_is_tried_again_with_patience),
		cmocka_unit_test(news_of_the_network_do_not_hurry_a_peer_that_refuses),
		cmocka_unit_test(news_of_the_network_make_who_had_none_try_again),
		cmocka_unit_test(next_hops_that_stay_are_not_told_again),
		cmocka_unit_test(a_held_peer_stays_down),
		cmocka_unit_test(of_two_connections_one_stays),
		cmocka_unit_test(an_unknown_address_is_closed_without_a_word),
		cmocka_unit_test(a_stop_for_good_is_a_hard_reset_if_restart_was_agreed),
		cmocka_unit_test(who_goes_elsewhere_leaves_nothing_to_be_kept),
		cmocka_unit_test(a_stop_for_restart_is_not),
		cmocka_unit_test(too_far_a_dialler_is_a_stranger),
		cmocka_unit_test(signed_sessions_need_one_key),
	};

	return cmocka_run_group_tests_name("bgp_engine", tests, NULL, NULL);
}
