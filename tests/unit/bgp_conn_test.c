/* SPDX-License-Identifier: Apache-2.0 */

/* The clock is a number here: hours pass in no time, and no test waits. */

#include "bgp/conn.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <string.h>

#define MARKER    "ffffffffffffffffffffffffffffffff"
#define KEEPALIVE MARKER "0013 04"
/* AS 65000, hold time 90, 192.0.2.9; both families, 4-octet AS, refresh of both kinds. */
#define OPEN                                                                                     \
	MARKER "0039 01 04 fde8 005a c0000209 1c 021a 0104 00010001 0104 00020001 4104 0000fde8" \
	       " 0200 4600 4002 0078"

struct fixture {
	struct bgp_conn conn;
	struct bgp_received received;
	struct bgp_message_counts in, out;
	uint64_t now;
	uint8_t said[1 << 17]; /* what the connection has sent so far */
	size_t said_len;
};

static struct fixture *fixture_new(unsigned hold_seconds)
{
	struct fixture *f = xnew(struct fixture);
	struct bgp_conn_conf conf = {
		.offer = { .as = 65001,
			.hold_seconds = (uint16_t)hold_seconds,
			.id = 0x0a000001,
			.caps = { .families = BGP_FAMILIES_ALL,
				.has_multiprotocol = true,
				.has_as4 = true,
				.as4 = 65001,
				.has_route_refresh = true,
				.has_enhanced_refresh = true,
				.has_extended_message = true,
				.role = BGP_ROLE_NONE } },
		.expect = { .peer_as = 65000,
			.local_as = 65001,
			.local_id = 0x0a000001,
			.role = BGP_ROLE_NONE },
		.seed = 7,
	};

	f->now = NS_PER_S;
	bgp_conn_init(&f->conn, &conf, &f->received, &f->in, &f->out);
	return f;
}

static void fixture_free(struct fixture *f)
{
	bgp_conn_fini(&f->conn);
	bgp_received_fini(&f->received);
	free(f);
}

/* Takes what is to be sent, at most @max octets of it. */
static void flush_some(struct fixture *f, size_t max)
{
	size_t len;
	const uint8_t *from = bgp_conn_unsent(&f->conn, &len);

	if (len > max)
		len = max;
	if (len == 0)
		return;
	assert_true(f->said_len + len <= sizeof(f->said));
	memcpy(f->said + f->said_len, from, len);
	f->said_len += len;
	bgp_conn_sent(&f->conn, len, f->now);
}

static void flush_all(struct fixture *f)
{
	flush_some(f, SIZE_MAX);
}

static void hear(struct fixture *f, const char *text)
{
	struct hex h = hex(text);
	size_t room;
	uint8_t *to = bgp_conn_room(&f->conn, &room);

	assert_true(h.len <= room);
	memcpy(to, h.bytes, h.len);
	bgp_conn_got(&f->conn, h.len, f->now);
	while (bgp_conn_process(&f->conn, f->now))
		;
}

/* The last message that was said: its type, and for a NOTIFICATION code and subcode. */
static unsigned last_said(struct fixture *f)
{
	size_t at = 0;
	size_t last = 0;

	flush_all(f);
	while (at < f->said_len) {
		last = at;
		at += (size_t)f->said[at + 16] << 8 | f->said[at + 17];
	}
	assert_int_equal(at, f->said_len); /* nothing but whole messages */
	if (f->said_len == 0)
		return 0;
	if (f->said[last + 18] == BGP_MSG_NOTIFICATION)
		return (unsigned)f->said[last + 19] << 8 | f->said[last + 20];
	return f->said[last + 18];
}

static struct fixture *connected(unsigned hold_seconds)
{
	struct fixture *f = fixture_new(hold_seconds);

	bgp_conn_event(&f->conn, BGP_EV_START, f->now);
	assert_true(f->conn.todo & BGP_CONN_DIAL);
	f->conn.todo = 0;
	bgp_conn_event(&f->conn, BGP_EV_TCP_UP, f->now);
	assert_int_equal(f->conn.state, BGP_OPEN_SENT);
	assert_int_equal(last_said(f), BGP_MSG_OPEN);
	return f;
}

static struct fixture *established(unsigned hold_seconds)
{
	struct fixture *f = connected(hold_seconds);

	hear(f, OPEN);
	assert_int_equal(f->conn.state, BGP_OPEN_CONFIRM);
	assert_true(f->conn.todo & BGP_CONN_OPENED);
	assert_int_equal(last_said(f), BGP_MSG_KEEPALIVE);
	hear(f, KEEPALIVE);
	assert_int_equal(f->conn.state, BGP_ESTABLISHED);
	assert_true(f->conn.todo & BGP_CONN_UP);
	f->conn.todo = 0;
	return f;
}

static void an_open_is_waited_for_240_seconds(void **state)
{
	struct fixture *f = connected(90);

	(void)state;
	f->now += 240 * NS_PER_S - 1;
	bgp_conn_tick(&f->conn, f->now);
	assert_int_equal(f->conn.state, BGP_OPEN_SENT);
	f->now += 1;
	bgp_conn_tick(&f->conn, f->now);
	assert_int_equal(f->conn.state, BGP_IDLE);
	assert_int_equal(last_said(f), 0x0400);
	fixture_free(f);
}

static void hurry_cuts_that_wait_short(void **state)
{
	struct fixture *f = connected(90);

	(void)state;
	bgp_conn_hurry(&f->conn, 10, f->now);
	f->now += 10 * NS_PER_S;
	bgp_conn_tick(&f->conn, f->now);
	assert_int_equal(f->conn.state, BGP_IDLE);
	fixture_free(f);
}

static void the_smaller_hold_time_is_the_one(void **state)
{
	struct fixture *f = established(30);

	(void)state;
	assert_int_equal(f->conn.hold_seconds, 30);
	assert_int_equal(f->conn.keepalive_seconds, 10);
	f->now += 30 * NS_PER_S;
	bgp_conn_tick(&f->conn, f->now);
	assert_int_equal(f->conn.state, BGP_IDLE);
	assert_int_equal(last_said(f), 0x0400);
	assert_int_equal(f->conn.end.by, BGP_BY_US);
	assert_true(f->conn.end.was_established);
	fixture_free(f);
}

static void every_keepalive_renews_the_hold_time(void **state)
{
	struct fixture *f = established(90);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		f->now += 89 * NS_PER_S;
		bgp_conn_tick(&f->conn, f->now);
		hear(f, KEEPALIVE);
		flush_all(f);
	}
	assert_int_equal(f->conn.state, BGP_ESTABLISHED);
	fixture_free(f);
}

static void keepalives_go_out_three_times_in_a_hold_time_with_jitter(void **state)
{
	struct fixture *f = established(90);
	uint64_t begin = f->now;
	uint64_t count = 0;

	(void)state;
	f->conn.hold_at_ns = 0; /* the peer is not looked at here */
	while (f->now < begin + 3600 * NS_PER_S) {
		uint64_t next = bgp_conn_next_ns(&f->conn);

		assert_in_range(next - f->now, 22 * NS_PER_S, 30 * NS_PER_S);
		f->now = next;
		bgp_conn_tick(&f->conn, f->now);
		flush_all(f);
		count++;
	}
	assert_in_range(count, 120, 160);
	fixture_free(f);
}

static void hold_time_0_means_no_timers_at_all(void **state)
{
	struct fixture *f = established(0);

	(void)state;
	assert_int_equal(f->conn.hold_seconds, 0);
	assert_int_equal(bgp_conn_next_ns(&f->conn), 0);
	fixture_free(f);
}

static void a_peer_that_takes_nothing_is_given_up(void **state)
{
	struct fixture *f = established(90);

	(void)state;
	f->conn.conf.send_hold_seconds = 180;
	flush_all(f);
	f->now += 30 * NS_PER_S;
	bgp_conn_tick(&f->conn, f->now); /* queues a KEEPALIVE that nobody takes */
	for (unsigned i = 0; i < 5; i++) {
		f->now += 30 * NS_PER_S;
		hear(f, KEEPALIVE); /* the peer itself is fine */
		bgp_conn_tick(&f->conn, f->now);
	}
	assert_int_equal(f->conn.state, BGP_ESTABLISHED);
	f->now += 30 * NS_PER_S;
	hear(f, KEEPALIVE);
	bgp_conn_tick(&f->conn, f->now);
	assert_int_equal(f->conn.state, BGP_IDLE);
	assert_int_equal(f->conn.end.notification.code, BGP_ERR_SEND_HOLD_EXPIRED);
	fixture_free(f);
}

static void keepalives_do_not_pile_up(void **state)
{
	struct fixture *f = established(90);
	size_t len;

	(void)state;
	flush_all(f);
	for (unsigned i = 0; i < 10; i++) {
		f->now += 30 * NS_PER_S;
		hear(f, KEEPALIVE);
		bgp_conn_tick(&f->conn, f->now);
	}
	(void)bgp_conn_unsent(&f->conn, &len);
	assert_int_equal(len, BGP_HEADER_LEN);
	fixture_free(f);
}

/* Writes @count empty UPDATEs as an output does. */
static void fill(struct fixture *f, unsigned count)
{
	struct hex update = hex(MARKER "0017 02 0000 0000");
	uint8_t *room = bgp_conn_fill_room(&f->conn);

	assert_non_null(room);
	for (unsigned i = 0; i < count; i++)
		memcpy(room + i * update.len, update.bytes, update.len);
	bgp_conn_filled(&f->conn, count * update.len, f->now);
}

static void a_notification_overtakes_updates_but_cuts_none(void **state)
{
	(void)state;
	for (size_t sent = 0; sent <= 23 * 4; sent++) {
		struct fixture *f = established(90);
		struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_RESET, NULL, false);
		size_t before = f->said_len;

		fill(f, 4);
		flush_some(f, sent);
		bgp_conn_stop(&f->conn, BGP_EV_STOP, BGP_BY_USER, &why, f->now);
		assert_int_equal(last_said(f), 0x0604);
		/* Of the UPDATEs only those that were begun. */
		assert_int_equal(f->said_len - before, (sent + 22) / 23 * 23 + 21);
		fixture_free(f);
	}
}

static void messages_are_counted_by_type(void **state)
{
	struct fixture *f = established(90);

	(void)state;
	fill(f, 4);
	assert_null(bgp_conn_fill_room(&f->conn)); /* not before it is sent */
	assert_int_equal(f->out.messages[BGP_MSG_UPDATE], 4);
	assert_int_equal(f->out.messages[BGP_MSG_OPEN], 1);
	assert_int_equal(f->in.messages[BGP_MSG_OPEN], 1);
	assert_int_equal(f->in.messages[BGP_MSG_KEEPALIVE], 1);
	fixture_free(f);
}

static void a_refresh_is_asked_of_the_owner_once(void **state)
{
	struct fixture *f = established(90);

	(void)state;
	hear(f, MARKER "0017 05 0001 00 01" MARKER "0017 05 0001 00 01");
	assert_true(f->conn.todo & BGP_CONN_REFRESH);
	assert_int_equal(f->conn.refresh_families, BGP_FAMILY_BIT(BGP_IPV4_UNICAST));
	f->conn.todo = 0;
	hear(f, MARKER "0017 05 0019 00 41"); /* a family that we do not speak */
	hear(f, MARKER "0017 05 0001 01 01"); /* BoRR */
	hear(f, MARKER "0017 05 0001 09 01"); /* unknown subtype */
	assert_int_equal(f->conn.todo, 0);
	assert_int_equal(f->conn.state, BGP_ESTABLISHED);
	fixture_free(f);
}

struct last_word {
	const char *name;
	enum bgp_state in;
	const char *heard;
	unsigned said; /* code and subcode of our NOTIFICATION; 0: we say nothing */
	enum bgp_ended_by by;
};

/* clang-format off */
static struct last_word last_words[] = {
	{ "a_wrong_marker_ends_it_with_1_1",      BGP_OPEN_SENT,    "fffffffffffffffffffffffffffffffe 0013 04", 0x0101, BGP_BY_US },
	{ "a_wrong_length_ends_it_with_1_2",      BGP_ESTABLISHED,  MARKER "0014 04", 0x0102, BGP_BY_US },
	{ "an_unknown_type_ends_it_with_1_3",     BGP_ESTABLISHED,  MARKER "0013 07", 0x0103, BGP_BY_US },
	{ "a_bad_open_ends_it_with_its_code",     BGP_OPEN_SENT,    MARKER "001d 01 04 fde8 0001 c0000209 00", 0x0206, BGP_BY_US },
	{ "the_wrong_as_ends_it_with_2_2",        BGP_OPEN_SENT,    MARKER "001d 01 04 fdea 005a c0000209 00", 0x0202, BGP_BY_US },
	{ "a_keepalive_before_open_is_5_1",       BGP_OPEN_SENT,    KEEPALIVE, 0x0501, BGP_BY_US },
	{ "an_update_before_open_is_5_1",         BGP_OPEN_SENT,    MARKER "0017 02 0000 0000", 0x0501, BGP_BY_US },
	{ "a_second_open_is_5_2",                 BGP_OPEN_CONFIRM, OPEN, 0x0502, BGP_BY_US },
	{ "an_update_before_keepalive_is_5_2",    BGP_OPEN_CONFIRM, MARKER "0017 02 0000 0000", 0x0502, BGP_BY_US },
	{ "a_refresh_before_keepalive_is_5_2",    BGP_OPEN_CONFIRM, MARKER "0017 05 0001 00 01", 0x0502, BGP_BY_US },
	{ "an_open_in_established_is_5_3",        BGP_ESTABLISHED,  OPEN, 0x0503, BGP_BY_US },
	{ "a_malformed_update_is_3_1",            BGP_ESTABLISHED,  MARKER "0017 02 0004 0000", 0x0301, BGP_BY_US },
	{ "a_prefix_of_33_is_3_10",               BGP_ESTABLISHED,  MARKER "001d 02 0000 0000 21 c0000201 00", 0x030a, BGP_BY_US },
	{ "a_short_borr_is_7_1",                  BGP_ESTABLISHED,  MARKER "0016 05 0001 01", 0x0701, BGP_BY_US },
	{ "a_cease_is_not_answered",              BGP_ESTABLISHED,  MARKER "0015 03 0602", 0, BGP_BY_PEER },
	{ "a_cease_in_open_sent_is_not_answered", BGP_OPEN_SENT,    MARKER "0015 03 0605", 0, BGP_BY_PEER },
	{ "a_refused_version_is_not_answered",    BGP_OPEN_SENT,    MARKER "0017 03 0201 0004", 0, BGP_BY_PEER },
};
/* clang-format on */

static void last_word_is_right(void **state)
{
	const struct last_word *c = *state;
	struct fixture *f = c->in == BGP_ESTABLISHED ? established(90) : connected(90);
	size_t before;

	if (c->in == BGP_OPEN_CONFIRM)
		hear(f, OPEN);
	flush_all(f);
	before = f->said_len;
	hear(f, c->heard);
	assert_int_equal(f->conn.state, BGP_IDLE);
	assert_true(f->conn.todo & BGP_CONN_CLOSE);
	assert_int_equal(f->conn.end.by, c->by);
	flush_all(f);
	if (c->said == 0)
		assert_int_equal(f->said_len, before);
	else
		assert_int_equal(last_said(f), c->said);
	fixture_free(f);
}

static void a_fsm_error_carries_the_type(void **state)
{
	struct fixture *f = connected(90);

	(void)state;
	hear(f, MARKER "0017 02 0000 0000");
	assert_int_equal(last_said(f), 0x0501);
	assert_int_equal(f->said[f->said_len - 1], BGP_MSG_UPDATE);
	fixture_free(f);
}

static void nothing_is_read_after_the_first_error(void **state)
{
	struct fixture *f = connected(90);
	size_t before;

	(void)state;
	hear(f, KEEPALIVE KEEPALIVE OPEN);
	assert_int_equal(f->in.messages[BGP_MSG_KEEPALIVE], 1);
	assert_int_equal(f->in.messages[BGP_MSG_OPEN], 0);
	flush_all(f);
	before = f->said_len;
	f->now += 1000 * NS_PER_S;
	bgp_conn_tick(&f->conn, f->now);
	flush_all(f);
	assert_int_equal(f->said_len, before);
	fixture_free(f);
}

/* However the octets are cut, the messages are the same. */
static void messages_may_come_in_any_pieces(void **state)
{
	struct hex all = hex(OPEN KEEPALIVE MARKER "0017 02 0000 0000" KEEPALIVE);

	(void)state;
	for (size_t piece = 1; piece <= all.len; piece++) {
		struct fixture *f = connected(90);

		for (size_t at = 0; at < all.len; at += piece) {
			size_t n = piece < all.len - at ? piece : all.len - at;
			size_t room;
			uint8_t *to = bgp_conn_room(&f->conn, &room);

			memcpy(to, all.bytes + at, n);
			bgp_conn_got(&f->conn, n, f->now);
			while (bgp_conn_process(&f->conn, f->now))
				;
		}
		assert_int_equal(f->conn.state, BGP_ESTABLISHED);
		assert_int_equal(f->received.counts.end_of_rib[BGP_IPV4_UNICAST], 1);
		fixture_free(f);
	}
}

static void a_broken_connection_says_so(void **state)
{
	struct fixture *f = established(90);
	char text[BGP_END_TEXT_SIZE];

	(void)state;
	bgp_conn_tcp_down(&f->conn, 0, f->now);
	assert_int_equal(f->conn.state, BGP_IDLE);
	assert_int_equal(f->conn.end.by, BGP_BY_NETWORK);
	assert_string_equal(bgp_end_format(&f->conn.end, text),
		"the peer closed the connection without a word");
	fixture_free(f);
}

static void long_messages_are_taken_since_we_offered_it(void **state)
{
	struct fixture *f = established(90);
	uint8_t header[BGP_HEADER_LEN + 4] = { 0 };
	size_t room;
	uint8_t *to;

	(void)state;
	memset(header, 0xff, 16);
	header[16] = 0x20; /* 8192 octets: one long list of default routes withdrawn */
	header[18] = BGP_MSG_UPDATE;
	header[19] = (8192 - 23) >> 8;
	header[20] = (8192 - 23) & 0xff;
	to = bgp_conn_room(&f->conn, &room);
	memset(to, 0, 8192);
	memcpy(to, header, 21);
	bgp_conn_got(&f->conn, 8192, f->now);
	assert_true(bgp_conn_process(&f->conn, f->now));
	assert_int_equal(f->conn.state, BGP_ESTABLISHED);
	assert_int_equal(f->received.counts.withdrawn, 8192 - 23);
	fixture_free(f);
}

/* RFC 4271 section 6.8: by the OPEN it is settled who goes, and that one never says KEEPALIVE. */
static void who_loses_a_collision_hears_cease_right_behind_the_open(void **state)
{
	struct fixture *f = connected(90);
	struct bgp_refusal why = bgp_cease(BGP_CEASE_COLLISION, NULL, false);
	size_t before;

	(void)state;
	before = f->said_len;
	hear(f, OPEN);
	bgp_conn_stop(&f->conn, BGP_EV_COLLISION, BGP_BY_US, &why, f->now);
	flush_all(f);
	assert_true(f->said_len > before);
	assert_int_equal(f->said[before + 18], BGP_MSG_NOTIFICATION);
	assert_int_equal(last_said(f), BGP_ERR_CEASE << 8 | BGP_CEASE_COLLISION);
	fixture_free(f);
}

static void an_open_that_waits_is_sent_before_a_cease(void **state)
{
	struct fixture *f = fixture_new(90);
	struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, NULL, false);

	(void)state;
	bgp_conn_event(&f->conn, BGP_EV_START_PASSIVE, f->now);
	bgp_conn_event(&f->conn, BGP_EV_TCP_UP, f->now);
	hear(f, OPEN);
	bgp_conn_stop(&f->conn, BGP_EV_STOP, BGP_BY_USER, &why, f->now);
	assert_int_equal(last_said(f), BGP_ERR_CEASE << 8 | BGP_CEASE_ADMIN_SHUTDOWN);
	assert_int_equal(f->said[18], BGP_MSG_OPEN);
	fixture_free(f);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(who_loses_a_collision_hears_cease_right_behind_the_open),
		cmocka_unit_test(an_open_that_waits_is_sent_before_a_cease),
		cmocka_unit_test(an_open_is_waited_for_240_seconds),
		cmocka_unit_test(hurry_cuts_that_wait_short),
		cmocka_unit_test(the_smaller_hold_time_is_the_one),
		cmocka_unit_test(every_keepalive_renews_the_hold_time),
		cmocka_unit_test(keepalives_go_out_three_times_in_a_hold_time_with_jitter),
		cmocka_unit_test(hold_time_0_means_no_timers_at_all),
		cmocka_unit_test(a_peer_that_takes_nothing_is_given_up),
		cmocka_unit_test(keepalives_do_not_pile_up),
		cmocka_unit_test(a_notification_overtakes_updates_but_cuts_none),
		cmocka_unit_test(messages_are_counted_by_type),
		cmocka_unit_test(a_refresh_is_asked_of_the_owner_once),
		cmocka_unit_test(a_fsm_error_carries_the_type),
		cmocka_unit_test(nothing_is_read_after_the_first_error),
		cmocka_unit_test(messages_may_come_in_any_pieces),
		cmocka_unit_test(a_broken_connection_says_so),
		cmocka_unit_test(long_messages_are_taken_since_we_offered_it),
	};
	struct CMUnitTest tests[COUNT_OF(last_words) + COUNT_OF(others)];

	for (size_t i = 0; i < COUNT_OF(last_words); i++)
		tests[i] = (struct CMUnitTest){
			.name = last_words[i].name,
			.test_func = last_word_is_right,
			.initial_state = &last_words[i],
		};
	memcpy(tests + COUNT_OF(last_words), others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_conn", tests, NULL, NULL);
}
