/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/bmp.h"

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/message.h"
#include "bgp/notification.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <string.h>

#define V4_PEER   "00000000000000000000000000000000000000c0000202"
#define V6_PEER   "0000000000000000 20010db8000000000000000000000002"
#define PEER_REST "0000fde8 0a000001 00000005 000003e8" /* AS, identifier, 5 s and 1000 us */

static uint8_t bytes[8192];
static struct wire_writer w;

static int begin(void **state)
{
	(void)state;
	w = wire_writer(bytes, sizeof(bytes));
	return 0;
}

static struct bmp_peer a_peer(const char *address)
{
	struct bmp_peer peer = {
		.as = 65000, .id = 0x0a000001, .wall_ns = 5 * NS_PER_S + NS_PER_MS
	};

	assert_int_equal(ip_parse(address, &peer.address), 0);
	return peer;
}

static void is_written(const char *text)
{
	struct hex want = hex(text);

	assert_true(wire_writer_ok(&w));
	assert_int_equal(wire_written(&w), want.len);
	assert_memory_equal(bytes, want.bytes, want.len);
}

static void initiation_names_the_node_and_the_program(void **state)
{
	(void)state;
	bmp_initiation(&w, "ab", "c");
	is_written("03 00000011 04  0002 0002 6162  0001 0001 63");
}

static void long_texts_are_cut(void **state)
{
	char text[BMP_TEXT_MAX + 10];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bmp_initiation(&w, text, "");
	assert_true(wire_writer_ok(&w));
	assert_int_equal(wire_written(&w), BMP_HEADER_LEN + 4 + BMP_TEXT_MAX + 4);
}

static void termination_says_that_it_was_meant(void **state)
{
	(void)state;
	bmp_termination(&w, BMP_TERMINATION_ADMIN);
	is_written("03 0000000c 05  0001 0002 0000");
}

static void peer_up_has_both_ends_and_both_opens(void **state)
{
	static const uint8_t sent[] = { 0xaa, 0xab };
	static const uint8_t received[] = { 0xba };
	struct bmp_peer peer = a_peer("192.0.2.2");
	struct bmp_up up = { .local_port = 179,
		.remote_port = 40000,
		.sent = { sent, 2 },
		.received = { received, 1 } };

	(void)state;
	assert_int_equal(ip_parse("192.0.2.1", &up.local), 0);
	bmp_peer_up(&w, &peer, &up);
	is_written(
		"03 00000047 03  00 00 0000000000000000 000000000000000000000000 c0000202" PEER_REST
		"000000000000000000000000 c0000201 00b3 9c40 aaab ba");
}

static void peer_of_ipv6_is_marked(void **state)
{
	struct bmp_peer peer = a_peer("2001:db8::2");
	struct bgp_end end = { .by = BGP_BY_NETWORK };

	(void)state;
	bmp_peer_down(&w, &peer, &end);
	is_written("03 00000031 02  00 80 " V6_PEER PEER_REST "04");
}

static void a_flag_tells_received_from_sent_and_old_from_new(void **state)
{
	struct bmp_peer peer = a_peer("192.0.2.2");
	static const uint8_t update[] = { 1, 2, 3 };
	const struct bmp_message message = { update, sizeof(update) };
	const size_t flags = BMP_HEADER_LEN + 1;

	(void)state;
	bmp_route(&w, &peer, &message);
	assert_int_equal(bytes[flags], 0);
	assert_int_equal(wire_written(&w), BMP_ROUTE_OVERHEAD + sizeof(update));
	assert_memory_equal(bytes + BMP_ROUTE_OVERHEAD, update, sizeof(update));
	peer.is_sent = true;
	peer.has_as2 = true;
	(void)begin(NULL);
	bmp_route(&w, &peer, &message);
	assert_int_equal(bytes[flags], 0x40 | 0x20 | 0x10);
}

struct down_case {
	const char *name;
	enum bgp_ended_by by;
	uint8_t code, subcode;
	bool is_hard;
	const char *text;
	const char *data; /* reason, and what follows */
};

#define MARKER "ffffffffffffffffffffffffffffffff"

/* clang-format off */
static struct down_case downs[] = {
	{ "our_notification",         BGP_BY_US,      4, 0, false, "",    "01" MARKER "0015 03 0400" },
	{ "their_notification",       BGP_BY_PEER,    6, 4, false, "bye", "03" MARKER "0019 03 0604 03627965" },
	{ "a_hard_reset_is_wrapped",  BGP_BY_PEER,    6, 2, true,  "",    "03" MARKER "0017 03 0609 0602" },
	{ "an_empty_hard_reset",      BGP_BY_PEER,    6, 9, true,  "",    "03" MARKER "0015 03 0609" },
	{ "our_cease",                BGP_BY_USER,    6, 2, false, "",    "01" MARKER "0015 03 0602" },
	{ "our_silent_leave",         BGP_BY_USER,    0, 0, false, "",    "02 0002" },
	{ "a_peer_without_a_word",    BGP_BY_PEER,    0, 0, false, "",    "04" },
	{ "a_broken_connection",      BGP_BY_NETWORK, 0, 0, false, "",    "04" },
};
/* clang-format on */

static void is_told(void **state)
{
	const struct down_case *c = *state;
	struct bmp_peer peer = a_peer("192.0.2.2");
	struct bgp_end end = { .by = c->by,
		.notification = { .code = c->code, .subcode = c->subcode, .is_hard = c->is_hard } };
	struct hex want = hex(c->data);

	(void)begin(NULL);
	strcpy(end.notification.text, c->text);
	end.notification.data_len = c->text[0] ? (uint16_t)(1 + strlen(c->text)) : 0;
	bmp_peer_down(&w, &peer, &end);
	assert_true(wire_writer_ok(&w));
	assert_int_equal(wire_written(&w), BMP_ROUTE_OVERHEAD + want.len);
	assert_memory_equal(bytes + BMP_ROUTE_OVERHEAD, want.bytes, want.len);
}

/* An UPDATE without NEXT_HOP: what it announces counts as withdrawn, and so is told. */
static void faulty_announcements_become_withdrawals(void **state)
{
	static const struct bgp_update_context context = { .has_as4 = true,
		.families = BGP_FAMILIES_ALL };
	struct hex body = hex("0004 18 0a0000  000d 40010100 400206 0201 0000fde8  20 c6336401");
	struct bmp_peer peer = a_peer("192.0.2.2");
	struct bgp_update update;

	(void)state;
	assert_int_equal(bgp_update_parse(wire_reader(body.bytes, body.len), &context, &update),
		BGP_UPDATE_WITHDRAW);
	for (unsigned which = 0; which < BMP_WITHDRAWN_COUNT; which++)
		bmp_route_withdrawn(&w, &peer, &update, which);
	is_written(
		"03 0000004b 00  00 00 0000000000000000 000000000000000000000000 c0000202" PEER_REST
			MARKER "001b 02 0004 18 0a0000 0000"
		"03 0000004c 00  00 00 0000000000000000 000000000000000000000000 c0000202" PEER_REST
			MARKER "001c 02 0005 20 c6336401 0000");
}

static void ipv6_is_withdrawn_by_mp_unreach(void **state)
{
	static const uint8_t nlri[] = { 16, 0x20, 0x01 };
	struct bgp_update update = {
		.announced = { { .nlri = wire_reader(NULL, 0) },
			{ .nlri = wire_reader(nlri, sizeof(nlri)), .family = BGP_IPV6_UNICAST } }
	};
	struct bmp_peer peer = a_peer("192.0.2.2");
	struct hex want = hex(MARKER "0021 02 0000 000a 90 0f 0006 0002 01 10 2001");

	(void)state;
	bmp_route_withdrawn(&w, &peer, &update, 2);
	assert_int_equal(wire_written(&w), 0);
	bmp_route_withdrawn(&w, &peer, &update, 3);
	assert_int_equal(wire_written(&w), BMP_ROUTE_OVERHEAD + want.len);
	assert_memory_equal(bytes + BMP_ROUTE_OVERHEAD, want.bytes, want.len);
}

static void statistics_count_what_they_say(void **state)
{
	struct bmp_peer peer = a_peer("192.0.2.2");
	struct bmp_statistics statistics = {
		.loops = 1, .treated_as_withdraw = 2, .received = { 3, 4 }, .sent = { 5, 6 }
	};
	struct hex want = hex(
		"00000008"
		"0004 0004 00000001 000c 0004 00000002"
		"0007 0008 0000000000000007 000f 0008 000000000000000b"
		"0009 000b 0001 01 0000000000000003 0011 000b 0001 01 0000000000000005"
		"0009 000b 0002 01 0000000000000004 0011 000b 0002 01 0000000000000006");

	(void)state;
	bmp_statistics(&w, &peer, &statistics);
	assert_int_equal(wire_written(&w), BMP_ROUTE_OVERHEAD + want.len);
	assert_memory_equal(bytes + BMP_ROUTE_OVERHEAD, want.bytes, want.len);
}

static void a_message_without_room_is_none(void **state)
{
	struct bmp_peer peer = a_peer("192.0.2.2");
	const struct bmp_message message = { bytes, 20 };
	uint8_t small[BMP_ROUTE_OVERHEAD + 19];
	struct wire_writer tight = wire_writer(small, sizeof(small));

	(void)state;
	bmp_route(&tight, &peer, &message);
	assert_false(wire_writer_ok(&tight));
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test_setup(initiation_names_the_node_and_the_program, begin),
		cmocka_unit_test_setup(long_texts_are_cut, begin),
		cmocka_unit_test_setup(termination_says_that_it_was_meant, begin),
		cmocka_unit_test_setup(peer_up_has_both_ends_and_both_opens, begin),
		cmocka_unit_test_setup(peer_of_ipv6_is_marked, begin),
		cmocka_unit_test_setup(a_flag_tells_received_from_sent_and_old_from_new, begin),
		cmocka_unit_test_setup(faulty_announcements_become_withdrawals, begin),
		cmocka_unit_test_setup(ipv6_is_withdrawn_by_mp_unreach, begin),
		cmocka_unit_test_setup(statistics_count_what_they_say, begin),
		cmocka_unit_test_setup(a_message_without_room_is_none, begin),
	};
	struct CMUnitTest tests[COUNT_OF(downs) + COUNT_OF(others)];

	for (size_t i = 0; i < COUNT_OF(downs); i++)
		tests[i] = (struct CMUnitTest){
			.name = downs[i].name,
			.test_func = is_told,
			.initial_state = &downs[i],
		};
	memcpy(tests + COUNT_OF(downs), others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_bmp", tests, NULL, NULL);
}
