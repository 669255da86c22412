/* SPDX-License-Identifier: Apache-2.0 */

/* What scenarios of failover are judged by has to notice what it is there for. */

#include "arp/frame.h"
#include "base/clock.h"
#include "base/mem.h"
#include "tests/tools/owners.h"
#include "tests/unit/cmocka_all.h"

#include <netinet/in.h>
#include <string.h>

#define JOIN_NS (50 * NS_PER_MS)
#define ASK_NS  (20 * NS_PER_MS)
#define MS(ms)  ((uint64_t)(ms)*NS_PER_MS)

static const struct mac a = { { 2, 0, 0, 0, 0, 0xa } };
static const struct mac b = { { 2, 0, 0, 0, 0, 0xb } };
static const struct mac client = { { 2, 0, 0, 0, 0, 1 } };

/* The same story is told of an address of each family. */
static struct owners_address addresses[2];
static struct owners owners;

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void put(const struct neigh_frame *frame, uint64_t ms)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(frame, bytes);

	owners_frame(&owners, bytes, len, MS(ms));
}

static void answer(const struct mac *mac, uint64_t ms)
{
	struct neigh_frame frame = {
		.kind = NEIGH_ARP_REPLY,
		.eth_dst = client,
		.eth_src = *mac,
		.sender = *mac,
		.target_mac = client,
		.has_sender = true,
		.source = ip_of("192.0.2.16"),
		.target = ip_of("192.0.2.9"),
	};

	put(&frame, ms);
	frame.kind = NEIGH_ADVERTISEMENT;
	frame.source = ip_of("fe80::1");
	frame.target = ip_of("2001:db8::16");
	frame.ip_dst = ip_of("2001:db8::9");
	frame.flags = NA_SOLICITED | NA_OVERRIDE;
	put(&frame, ms);
}

static void announce(const struct mac *mac, uint64_t ms)
{
	struct neigh_frame frame = {
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = *mac,
		.sender = *mac,
		.has_sender = true,
		.source = ip_of("192.0.2.16"),
		.target = ip_of("192.0.2.16"),
	};

	put(&frame, ms);
	frame.kind = NEIGH_ADVERTISEMENT;
	frame.source = ip_of("fe80::1");
	frame.target = ip_of("2001:db8::16");
	frame.ip_dst = ip_all_nodes;
	frame.eth_dst = group_mac(&ip_all_nodes);
	frame.flags = NA_OVERRIDE;
	put(&frame, ms);
}

/* @mac answers one question each ASK_NS from @from_ms until before @to_ms. */
static void answers(const struct mac *mac, uint64_t from_ms, uint64_t to_ms)
{
	for (uint64_t ms = from_ms; ms < to_ms; ms += ASK_NS / NS_PER_MS)
		answer(mac, ms);
}

/* Both addresses break the same bound, or none. */
static const char *broken(uint64_t silence_ms, uint64_t two_ms, uint64_t end_ms)
{
	const struct owners_bounds bounds = { MS(silence_ms), MS(two_ms), MS(end_ms) };
	const char *what[2];

	owners_end(&owners, MS(end_ms));
	for (size_t i = 0; i < COUNT_OF(addresses); i++)
		what[i] = owners_broken(&owners, &addresses[i], &bounds);
	assert_ptr_equal(what[0], what[1]);
	return what[0];
}

static int setup(void **state)
{
	(void)state;
	memset(addresses, 0, sizeof(addresses));
	addresses[0].ip = ip_of("2001:db8::16"); /* unsorted */
	addresses[1].ip = ip_of("192.0.2.16");
	owners_init(&owners, addresses, COUNT_OF(addresses), JOIN_NS);
	return 0;
}

static void one_owner_breaks_nothing(void **state)
{
	(void)state;
	answers(&a, 1000, 2000);
	assert_null(broken(40, 0, 2000));
	assert_int_equal(addresses[0].changes, 0);
}

static void two_that_both_answer_are_noticed(void **state)
{
	(void)state;
	answers(&a, 1000, 1300);
	for (uint64_t ms = 1300; ms < 1600; ms += 20) {
		answer(&a, ms);
		answer(&b, ms + 1);
	}
	answers(&b, 1600, 2000);
	assert_string_equal(broken(100, 200, 2000), "two owners for too long");
	assert_int_equal(addresses[0].two_ns, MS(1580 - 1301));
	assert_int_equal(addresses[1].two_ns, MS(1580 - 1301));
}

static void two_that_answer_by_turns_are_noticed(void **state)
{
	(void)state;
	for (uint64_t ms = 1000; ms < 1600; ms += 40) {
		answer(&a, ms);
		answer(&b, ms + 20);
	}
	answers(&b, 1600, 2000);
	assert_string_equal(broken(100, 200, 2000), "two owners for too long");
}

static void two_that_only_announce_are_noticed(void **state)
{
	(void)state;
	for (uint64_t ms = 1000; ms < 1600; ms += 20) {
		announce(&a, ms);
		announce(&b, ms + 5);
	}
	answers(&b, 1600, 2000);
	assert_string_equal(broken(100, 200, 2000), "two owners for too long");
}

static void two_within_the_bound_break_nothing(void **state)
{
	(void)state;
	answers(&a, 1000, 1300);
	announce(&b, 1300);
	for (uint64_t ms = 1320; ms < 1400; ms += 20) {
		answer(&a, ms);
		answer(&b, ms + 1);
	}
	answers(&b, 1410, 2000);
	assert_null(broken(40, 100, 2000));
	assert_in_range(addresses[0].two_ns, MS(60), MS(100));
	assert_true(addresses[0].changes > 1);
}

static void one_after_the_other_is_one_owner(void **state)
{
	(void)state;
	answers(&a, 1000, 1400);
	answers(&b, 1400, 2000);
	assert_null(broken(40, 0, 2000));
	assert_int_equal(addresses[0].changes, 1);
}

/* Of a speaker that slept: it answers once more when another owns the address. */
static void a_late_answer_is_a_change_to_and_fro(void **state)
{
	(void)state;
	answers(&a, 1000, 1200);
	answers(&b, 1500, 1790);
	answer(&a, 1790);
	answers(&b, 1800, 2000);
	assert_null(broken(400, 0, 2000));
	assert_int_equal(addresses[0].changes, 3);
}

static void nobody_for_too_long_is_noticed(void **state)
{
	(void)state;
	answers(&a, 1000, 1200);
	answers(&b, 1500, 2000);
	assert_string_equal(broken(300, 0, 2000), "nobody for too long");
	assert_int_equal(addresses[0].silence_ns, MS(1500 - 1180));
	assert_null(broken(320, 0, 2000));
}

static void silence_up_to_the_end_is_noticed(void **state)
{
	(void)state;
	answers(&a, 1000, 1200);
	assert_null(broken(1000, 0, 1300)); /* late, as on a busy machine */
	assert_string_equal(broken(1000, 0, 9000), "nobody for too long");
}

static void two_at_the_end_are_noticed(void **state)
{
	(void)state;
	answers(&a, 1000, 1980);
	answer(&b, 1970);
	answer(&a, 1980);
	assert_string_equal(broken(1000, 1000, 2000), "two owners at the end");
}

static void an_address_that_nobody_answered_for_is_noticed(void **state)
{
	(void)state;
	assert_false(owners_all_claimed(&owners));
	assert_string_equal(broken(UINT32_MAX, 0, 100), "nobody ever answered");
}

static void questions_and_cut_frames_claim_nothing(void **state)
{
	struct neigh_frame frame = {
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = client,
		.sender = client,
		.has_sender = true,
		.source = ip_of("192.0.2.9"),
		.target = ip_of("192.0.2.16"),
	};
	uint8_t bytes[FRAME_MAX];
	size_t len;

	(void)state;
	put(&frame, 1000);
	frame.source = ip_of("192.0.2.16");
	len = neigh_build(&frame, bytes);
	owners_frame(&owners, bytes, 41, MS(1000));
	assert_int_equal(owners.claims, 0);
	owners_frame(&owners, bytes, len, MS(1000));
	assert_int_equal(owners.claims, 1);
	assert_int_equal(owners.announcements, 1);
}

static void what_is_forgotten_counts_no_more(void **state)
{
	(void)state;
	for (uint64_t ms = 1000; ms < 1600; ms += 20) {
		answer(&a, ms);
		answer(&b, ms + 1);
	}
	owners_forget(&owners, MS(1600));
	answer(&a, 1600);
	answer(&b, 1610);
	answer(&a, 1620);
	answers(&b, 1630, 2000);
	assert_null(broken(100, 50, 2000));
	assert_int_equal(addresses[0].two_ns, MS(20));
}

static void more_macs_than_are_remembered_do_no_harm(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * OWNERS_MACS_MAX; i++) {
		struct mac mac = { { 2, 0, 0, 0, 1, (uint8_t)i } };

		answer(&mac, 1000 + 20 * i);
	}
	assert_int_equal(addresses[0].span_count, OWNERS_MACS_MAX);
	assert_int_equal(addresses[0].changes, 3 * OWNERS_MACS_MAX - 1);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_owner_breaks_nothing),
		TEST(two_that_both_answer_are_noticed),
		TEST(two_that_answer_by_turns_are_noticed),
		TEST(two_that_only_announce_are_noticed),
		TEST(two_within_the_bound_break_nothing),
		TEST(one_after_the_other_is_one_owner),
		TEST(a_late_answer_is_a_change_to_and_fro),
		TEST(nobody_for_too_long_is_noticed),
		TEST(silence_up_to_the_end_is_noticed),
		TEST(two_at_the_end_are_noticed),
		TEST(an_address_that_nobody_answered_for_is_noticed),
		TEST(questions_and_cut_frames_claim_nothing),
		TEST(what_is_forgotten_counts_no_more),
		TEST(more_macs_than_are_remembered_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
