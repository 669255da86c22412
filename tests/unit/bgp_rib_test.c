/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bgp/message.h"
#include "bgp/rib.h"
#include "bgp/rib_private.h"
#include "bgp_decode.h"
#include "cmocka_all.h"

#include <stdio.h>

enum {
	BUF_SIZE = 65536,
	BOTH = BGP_FAMILY_BIT(BGP_IPV4_UNICAST) | BGP_FAMILY_BIT(BGP_IPV6_UNICAST),
};

/* One peer: our side of it, what it made of our messages, and how often it was woken. */
struct test_peer {
	struct bgp_out *out;
	struct peer_table *table;
	struct bgp_export ex;
	unsigned woken;
	uint8_t buf[BUF_SIZE];
};

static void wake(void *user)
{
	struct test_peer *peer = user;

	peer->woken++;
}

static struct bgp_export plain_export(void)
{
	return (struct bgp_export){
		.local_as = 65001,
		.message_max = BGP_MESSAGE_MAX,
		.has_as4 = true,
		.families = BOTH,
		.next_hop_v4 = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } },
		.next_hop_v6 = { .family = AF_INET6, .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
	};
}

static void peer_up(struct test_peer *peer, const struct bgp_export *ex)
{
	peer_table_clear(peer->table);
	*peer->table = (struct peer_table){ .message_max = ex->message_max };
	peer->table->add_path[1] = ex->add_path & BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	peer->table->add_path[2] = ex->add_path & BGP_FAMILY_BIT(BGP_IPV6_UNICAST);
	peer->ex = *ex;
	bgp_out_up(peer->out, ex);
}

static void peer_init(struct test_peer *peer, struct bgp_rib *rib)
{
	peer->out = bgp_out_new(rib, wake, peer);
	peer->table = xnew(struct peer_table);
	peer->woken = 0;
}

static void peer_fini(struct test_peer *peer)
{
	peer->out = bgp_out_free(peer->out);
	peer_table_clear(peer->table);
	free(peer->table);
}

/* The peer reads at most @cap octets; returns how many came. */
static size_t peer_read(struct test_peer *peer, size_t cap)
{
	size_t len = bgp_out_fill(peer->out, peer->buf, cap);

	assert_true(len <= cap);
	peer_receive(peer->table, peer->buf, len);
	return len;
}

static void peer_read_all(struct test_peer *peer)
{
	while (peer_read(peer, BUF_SIZE) > 0) {
	}
	assert_false(bgp_out_is_pending(peer->out));
}

/* One group with one peer that is up and in step, with its counters at zero. */
struct fixture {
	struct bgp_rib *rib;
	struct test_peer peer;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	const struct bgp_export ex = plain_export();

	f->rib = bgp_rib_new();
	peer_init(&f->peer, f->rib);
	bgp_rib_set_loaded(f->rib);
	peer_up(&f->peer, &ex);
	peer_read_all(&f->peer);
	f->peer.woken = 0;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	peer_fini(&f->peer);
	f->rib = bgp_rib_free(f->rib);
	free(f);
	return 0;
}

/* The @n-th host of 10/8. */
static struct ip_prefix host(uint32_t n)
{
	const uint8_t bytes[] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	struct ip ip = ip_from_bytes(AF_INET, bytes);

	return ip_prefix_of(&ip, 32);
}

static struct ip_prefix host6(uint32_t n)
{
	const uint8_t bytes[16] = { 0x20, 1, 0xd,
		0xb8, [13] = (uint8_t)(n >> 16), [14] = (uint8_t)(n >> 8), [15] = (uint8_t)n };
	struct ip ip = ip_from_bytes(AF_INET6, bytes);

	return ip_prefix_of(&ip, 128);
}

static bool put_med(struct bgp_rib *rib, uint32_t n, uint32_t med)
{
	const struct ip_prefix prefix = host(n);
	const struct bgp_attrs attrs = { .has_med = true, .med = med };

	return bgp_rib_put(rib, &prefix, &attrs);
}

static bool drop(struct bgp_rib *rib, uint32_t n)
{
	const struct ip_prefix prefix = host(n);

	return bgp_rib_drop(rib, &prefix);
}

static bool peer_has(const struct test_peer *peer, uint32_t n)
{
	const struct ip_prefix prefix = host(n);

	return peer_find(peer->table, 1, 32, prefix.ip.bytes) != NULL;
}

/* MED as the peer has it for host @n: it stands behind ORIGIN, AS_PATH and NEXT_HOP. */
static uint32_t peer_med(const struct test_peer *peer, uint32_t n)
{
	const struct ip_prefix prefix = host(n);
	const struct peer_route *route = peer_find(peer->table, 1, 32, prefix.ip.bytes);

	assert_non_null(route);
	assert_true(route->attrs_len >= 27);
	assert_int_equal(route->attrs[21], 4);
	return (uint32_t)peer_u16(route->attrs + 23) << 16 | peer_u16(route->attrs + 25);
}

static void a_route_is_announced_and_withdrawn(void **state)
{
	struct fixture *f = *state;

	assert_true(put_med(f->rib, 1, 5));
	bgp_rib_flush(f->rib);
	assert_int_equal(f->peer.woken, 1);
	peer_read_all(&f->peer);
	assert_int_equal(peer_med(&f->peer, 1), 5);

	assert_true(drop(f->rib, 1));
	bgp_rib_flush(f->rib);
	assert_int_equal(f->peer.woken, 2);
	peer_read_all(&f->peer);
	assert_false(peer_has(&f->peer, 1));
	assert_int_equal(bgp_rib_attrs_count(f->rib), 0);
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 0);
}

static void the_same_again_is_no_change(void **state)
{
	struct fixture *f = *state;

	assert_true(put_med(f->rib, 1, 5));
	peer_read_all(&f->peer);
	assert_false(put_med(f->rib, 1, 5));
	assert_false(drop(f->rib, 2));
	bgp_rib_flush(f->rib);
	assert_int_equal(f->peer.woken, 0);
	assert_int_equal(peer_read(&f->peer, BUF_SIZE), 0);
}

static void of_many_changes_only_the_last_is_sent(void **state)
{
	struct fixture *f = *state;

	for (uint32_t med = 0; med < 100; med++)
		assert_true(put_med(f->rib, 1, med));
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->announced, 1);
	assert_int_equal(peer_med(&f->peer, 1), 99);
	assert_int_equal(bgp_rib_attrs_count(f->rib), 1);
}

static void a_route_withdrawn_before_it_was_sent_is_not_sent(void **state)
{
	struct fixture *f = *state;

	(void)put_med(f->rib, 1, 5);
	(void)drop(f->rib, 1);
	assert_int_equal(peer_read(&f->peer, BUF_SIZE), 0);
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 0);
}

static void a_route_that_comes_back_before_it_was_withdrawn_stays(void **state)
{
	struct fixture *f = *state;

	(void)put_med(f->rib, 1, 5);
	peer_read_all(&f->peer);
	(void)drop(f->rib, 1);
	(void)put_med(f->rib, 1, 6);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->withdrawn, 0);
	assert_int_equal(peer_med(&f->peer, 1), 6);
}

static void both_families_go_over_one_session(void **state)
{
	struct fixture *f = *state;
	const struct bgp_attrs attrs = { 0 };
	const struct ip_prefix v6 = host6(1);

	(void)put_med(f->rib, 1, 5);
	(void)bgp_rib_put(f->rib, &v6, &attrs);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 2);
	assert_non_null(peer_find(f->peer.table, 2, 128, v6.ip.bytes));
	(void)bgp_rib_drop(f->rib, &v6);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 1);
}

static void withdrawals_go_before_routes(void **state)
{
	struct fixture *f = *state;

	(void)put_med(f->rib, 1, 5);
	peer_read_all(&f->peer);
	(void)put_med(f->rib, 2, 5);
	(void)drop(f->rib, 1);
	assert_int_equal(peer_read(&f->peer, BGP_MESSAGE_MAX), 28);
	assert_int_equal(f->peer.table->withdrawn, 1);
	assert_int_equal(f->peer.table->announced, 1);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->announced, 2);
}

static void end_of_rib_comes_even_without_routes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->peer.table->end_of_rib[1], 1);
	assert_int_equal(f->peer.table->end_of_rib[2], 1);
	assert_true(bgp_out_view(f->peer.out).family[BGP_IPV6_UNICAST].is_end_of_rib_sent);
}

static void end_of_rib_waits_until_all_is_loaded(void **state)
{
	auto_(bgp_rib_freep) struct bgp_rib *rib = bgp_rib_new();
	const struct bgp_export ex = plain_export();
	struct test_peer peer;

	(void)state;
	peer_init(&peer, rib);
	peer_up(&peer, &ex);
	(void)put_med(rib, 1, 1);
	peer_read_all(&peer);
	assert_int_equal(peer.table->announced, 1);
	assert_int_equal(peer.table->end_of_rib[1] + peer.table->end_of_rib[2], 0);
	peer.woken = 0;
	bgp_rib_set_loaded(rib);
	assert_int_equal(peer.woken, 1);
	peer_read_all(&peer);
	assert_int_equal(peer.table->end_of_rib[1], 1);
	assert_int_equal(peer.table->end_of_rib[2], 1);
	peer_fini(&peer);
}

static void a_family_that_is_not_agreed_is_silent(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();
	const struct bgp_attrs attrs = { 0 };
	const struct ip_prefix v6 = host6(1);

	ex.families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	bgp_out_down(f->peer.out);
	peer_up(&f->peer, &ex);
	(void)bgp_rib_put(f->rib, &v6, &attrs);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 0);
	assert_int_equal(f->peer.table->end_of_rib[2], 0);
	bgp_out_refresh(f->peer.out, BGP_IPV6_UNICAST);
	assert_int_equal(peer_read(&f->peer, BUF_SIZE), 0);
}

static void a_peer_that_comes_back_gets_all_again(void **state)
{
	struct fixture *f = *state;

	for (uint32_t n = 0; n < 1000; n++)
		(void)put_med(f->rib, n, 0);
	peer_read_all(&f->peer);
	(void)drop(f->rib, 7);
	bgp_out_down(f->peer.out);
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 0);
	bgp_rib_flush(f->rib);
	assert_int_equal(f->peer.woken, 0); /* it is down */
	peer_up(&f->peer, &f->peer.ex);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 999);
	assert_int_equal(f->peer.table->withdrawn, 0);
	assert_int_equal(f->peer.table->end_of_rib[1], 1);
}

/* @sets different values, each for every @sets-th host: the fewest messages that can be. */
static void messages_are_the_fewest(struct fixture *f, uint32_t routes, uint32_t sets, size_t want)
{
	for (uint32_t n = 0; n < routes; n++) {
		const struct ip_prefix prefix = host(n);
		const struct bgp_attrs attrs = { .prepend = (uint8_t)(n % sets) };

		assert_true(bgp_rib_put(f->rib, &prefix, &attrs));
	}
	while (bgp_out_fill(f->peer.out, f->peer.buf, BUF_SIZE) > 0) {
	}
	assert_int_equal(bgp_out_view(f->peer.out).messages, want + 2); /* 2 End-of-RIB */
	assert_int_equal(bgp_out_view(f->peer.out).family[BGP_IPV4_UNICAST].held, routes);
}

static void a_hundred_thousand_hosts_take_124_messages(void **state)
{
	messages_are_the_fewest(*state, 100000, 1, 124);
}

/* 2,000 of each: prepends of 0 to 4 leave room for 810 to 807, 3 messages for each. */
static void routes_are_grouped_by_attributes(void **state)
{
	messages_are_the_fewest(*state, 10000, 5, 15);
}

static void a_hundred_thousand_withdrawals_take_123_messages(void **state)
{
	struct fixture *f = *state;

	messages_are_the_fewest(f, 100000, 1, 124);
	for (uint32_t n = 0; n < 100000; n++)
		assert_true(drop(f->rib, n));
	while (bgp_out_fill(f->peer.out, f->peer.buf, BUF_SIZE) > 0) {
	}
	assert_int_equal(bgp_out_view(f->peer.out).messages, 124 + 2 + 123);
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 0);
}

static void a_route_takes_less_than_150_octets(void **state)
{
	struct fixture *f = *state;

	messages_are_the_fewest(f, 100000, 1, 124);
	assert_true(bgp_rib_memory(f->rib) < 100000UL * 150);
	for (uint32_t n = 0; n < 100000; n++) {
		const struct ip_prefix prefix = host6(n);
		const struct bgp_attrs attrs = { 0 };

		assert_true(bgp_rib_put(f->rib, &prefix, &attrs));
	}
	while (bgp_out_fill(f->peer.out, f->peer.buf, BUF_SIZE) > 0) {
	}
	assert_true(bgp_rib_memory(f->rib) < 200000UL * 150);
}

/* A peer that stands still while routes come and go: they are not remembered for it. */
static void a_peer_that_does_not_read_costs_bounded_memory(void **state)
{
	struct fixture *f = *state;
	const struct bgp_export ex = plain_export();
	struct test_peer other;
	size_t before;

	peer_init(&other, f->rib);
	peer_up(&other, &ex);
	for (uint32_t n = 0; n < 1000; n++)
		(void)put_med(f->rib, n, 0);
	peer_read_all(&f->peer);
	peer_read_all(&other);
	before = bgp_rib_memory(f->rib);

	for (uint32_t n = 1000; n < 50000; n++) {
		(void)drop(f->rib, n - 1000);
		(void)put_med(f->rib, n, n / 1000);
		if (n % 500 == 0)
			peer_read_all(&other);
	}
	peer_read_all(&other);
	assert_int_equal(other.table->count, 1000);
	assert_true(bgp_rib_memory(f->rib) < 4 * before);
	/* What the still one holds is what it may have to be told. */
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 1000);

	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 1000);
	assert_int_equal(f->peer.table->announced, 2000);
	assert_int_equal(f->peer.table->withdrawn, 1000);
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 0);
	peer_fini(&other);
}

static void a_change_in_the_middle_of_a_dump_is_told_last(void **state)
{
	struct fixture *f = *state;

	for (uint32_t n = 0; n < 2000; n++)
		(void)put_med(f->rib, n, 0);
	assert_true(peer_read(&f->peer, BGP_MESSAGE_MAX) > 4000);
	(void)put_med(f->rib, 1999, 7); /* waits */
	(void)put_med(f->rib, 0, 7);    /* is told */
	(void)drop(f->rib, 1998);       /* waits */
	(void)drop(f->rib, 1);          /* is told */
	peer_read_all(&f->peer);
	assert_int_equal(peer_med(&f->peer, 1999), 7);
	assert_int_equal(peer_med(&f->peer, 0), 7);
	assert_int_equal(f->peer.table->count, 1998);
	assert_int_equal(f->peer.table->withdrawn, 1);
	assert_int_equal(f->peer.table->announced, 2000);
}

static void a_refresh_sends_all_again(void **state)
{
	struct fixture *f = *state;

	for (uint32_t n = 0; n < 100; n++)
		(void)put_med(f->rib, n, 0);
	peer_read_all(&f->peer);
	f->peer.woken = 0;
	bgp_out_refresh(f->peer.out, BGP_IPV4_UNICAST);
	assert_int_equal(f->peer.woken, 1);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->announced, 200);
	assert_int_equal(f->peer.table->begin_refresh[1], 0);
	assert_int_equal(f->peer.table->end_of_rib[1], 1);
}

static void an_enhanced_refresh_has_a_begin_and_an_end(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();

	ex.has_enhanced_refresh = true;
	bgp_out_down(f->peer.out);
	peer_up(&f->peer, &ex);
	for (uint32_t n = 0; n < 2000; n++)
		(void)put_med(f->rib, n, 0);
	peer_read_all(&f->peer);
	bgp_out_refresh(f->peer.out, BGP_IPV4_UNICAST);
	assert_true(peer_read(&f->peer, 2 * BGP_MESSAGE_MAX - 1) > 0);
	assert_int_equal(f->peer.table->begin_refresh[1], 1);
	assert_int_equal(f->peer.table->end_refresh[1], 0);
	assert_true(bgp_out_view(f->peer.out).family[BGP_IPV4_UNICAST].is_refreshing);
	(void)put_med(f->rib, 0, 9); /* must be there before the end, or the peer forgets it */
	(void)put_med(f->rib, 1999, 9);
	while (f->peer.table->end_refresh[1] == 0)
		assert_true(peer_read(&f->peer, BGP_MESSAGE_MAX) > 0);
	assert_int_equal(peer_med(&f->peer, 0), 9);
	assert_int_equal(peer_med(&f->peer, 1999), 9);
	assert_int_equal(f->peer.table->begin_refresh[2], 0);
	assert_false(bgp_out_is_pending(f->peer.out));
}

static void a_refresh_in_the_first_dump_waits_for_its_end(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();

	ex.has_enhanced_refresh = true;
	for (uint32_t n = 0; n < 2000; n++)
		(void)put_med(f->rib, n, 0);
	bgp_out_down(f->peer.out);
	peer_up(&f->peer, &ex);
	(void)peer_read(&f->peer, BGP_MESSAGE_MAX);
	bgp_out_refresh(f->peer.out, BGP_IPV4_UNICAST);
	while (f->peer.table->begin_refresh[1] == 0)
		assert_true(peer_read(&f->peer, BGP_MESSAGE_MAX) > 0);
	assert_int_equal(f->peer.table->end_of_rib[1], 1);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->announced, 4000);
	assert_int_equal(f->peer.table->end_refresh[1], 1);
}

static void a_thousand_refreshes_cost_two(void **state)
{
	struct fixture *f = *state;

	for (uint32_t n = 0; n < 2000; n++)
		(void)put_med(f->rib, n, 0);
	peer_read_all(&f->peer);
	bgp_out_refresh(f->peer.out, BGP_IPV4_UNICAST);
	(void)peer_read(&f->peer, BGP_MESSAGE_MAX);
	for (int i = 0; i < 1000; i++)
		bgp_out_refresh(f->peer.out, BGP_IPV4_UNICAST);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->announced, 3 * 2000);
	assert_int_equal(bgp_out_view(f->peer.out).family[BGP_IPV4_UNICAST].refreshes, 2);
}

/* More changes than the peer reads: it hears of both families all the same, and of their ends. */
static void a_slow_reader_hears_markers_in_spite_of_churn(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();
	const struct ip_prefix v6 = host6(1);
	const struct bgp_attrs attrs = { 0 };
	uint32_t next = 1500;

	for (uint32_t n = 0; n < next; n++)
		(void)put_med(f->rib, n, 0);
	(void)bgp_rib_put(f->rib, &v6, &attrs);
	ex.message_max = 512;
	bgp_out_down(f->peer.out);
	peer_up(&f->peer, &ex);
	for (unsigned turn = 0; turn < 12; turn++) {
		for (uint32_t n = 0; n < 200; n++)
			(void)put_med(f->rib, next++, 0);
		assert_true(peer_read(&f->peer, 1024) > 0);
	}
	assert_int_equal(f->peer.table->end_of_rib[1], 1);
	assert_int_equal(f->peer.table->end_of_rib[2], 1);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, next + 1);
	assert_int_equal(f->peer.table->end_of_rib[1], 1);
}

/* What a restart left with the peer is thrown away at the marker: nothing may be missing then. */
static void the_end_of_rib_waits_for_routes_that_were_skipped(void **state)
{
	struct fixture *f = *state;
	const struct bgp_export ex = plain_export();

	for (uint32_t n = 0; n < 3000; n++)
		(void)put_med(f->rib, n, 0);
	bgp_out_down(f->peer.out);
	peer_up(&f->peer, &ex);
	assert_true(peer_read(&f->peer, BGP_MESSAGE_MAX) > 0);
	for (uint32_t n = 0; n < 3000; n++)
		(void)put_med(f->rib, n, 1);
	while (f->peer.table->end_of_rib[1] == 0)
		assert_true(peer_read(&f->peer, BGP_MESSAGE_MAX) > 0);
	assert_int_equal(f->peer.table->count, 3000);
}

static void routes_without_a_next_hop_are_held_back(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();

	ex.next_hop_v4 = (struct ip){ 0 };
	bgp_out_down(f->peer.out);
	peer_up(&f->peer, &ex);
	(void)put_med(f->rib, 1, 0);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 0);
	assert_true(bgp_out_view(f->peer.out).family[BGP_IPV4_UNICAST].is_held_back);
	assert_false(bgp_out_view(f->peer.out).family[BGP_IPV6_UNICAST].is_held_back);
	assert_int_equal(f->peer.table->end_of_rib[2], 1);
}

static void a_route_that_loses_its_next_hop_is_withdrawn(void **state)
{
	struct fixture *f = *state;
	const struct ip_prefix prefix = host(1);
	const struct bgp_attrs attrs = { .next_hop = { .family = AF_INET6 } };

	(void)put_med(f->rib, 1, 0);
	peer_read_all(&f->peer);
	(void)bgp_rib_put(f->rib, &prefix, &attrs); /* an IPv6 next hop that was not agreed */
	peer_read_all(&f->peer);
	assert_false(peer_has(&f->peer, 1));
	assert_int_equal(f->peer.table->withdrawn, 1);
	(void)put_med(f->rib, 1, 3);
	peer_read_all(&f->peer);
	assert_int_equal(peer_med(&f->peer, 1), 3);
}

static void other_next_hops_are_told_with_all_routes(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();

	(void)put_med(f->rib, 1, 0);
	(void)put_med(f->rib, 2, 0);
	peer_read_all(&f->peer);
	ex.next_hop_v4.bytes[3] = 77;
	f->peer.woken = 0;
	bgp_out_set_export(f->peer.out, &ex);
	assert_int_equal(f->peer.woken, 1);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->announced, 4);
	assert_int_equal(f->peer.table->count, 2);
}

static void a_next_hop_that_goes_takes_its_routes_and_brings_them_back(void **state)
{
	struct fixture *f = *state;
	struct bgp_export ex = plain_export();
	const struct bgp_export before = ex;

	(void)put_med(f->rib, 1, 0);
	peer_read_all(&f->peer);
	ex.next_hop_v4 = (struct ip){ 0 };
	bgp_out_set_export(f->peer.out, &ex);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 0);
	assert_true(bgp_out_view(f->peer.out).family[BGP_IPV4_UNICAST].is_held_back);
	bgp_out_set_export(f->peer.out, &before);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 1);
}

static void drain_tells_all_routes_again_and_its_end_too(void **state)
{
	static const uint8_t graceful_shutdown[] = { 0xc0, 8, 4, 0xff, 0xff, 0, 0 };
	struct fixture *f = *state;
	const struct ip_prefix prefix = host(1);
	const struct peer_route *route;

	(void)put_med(f->rib, 1, 0);
	peer_read_all(&f->peer);
	bgp_out_set_drain(f->peer.out, true);
	peer_read_all(&f->peer);
	route = peer_find(f->peer.table, 1, 32, prefix.ip.bytes);
	assert_int_equal(route->attrs_len, 34);
	assert_memory_equal(route->attrs + 27, graceful_shutdown, sizeof(graceful_shutdown));
	bgp_out_set_drain(f->peer.out, true);
	assert_int_equal(peer_read(&f->peer, BUF_SIZE), 0);
	bgp_out_set_drain(f->peer.out, false);
	peer_read_all(&f->peer);
	assert_int_equal(peer_find(f->peer.table, 1, 32, prefix.ip.bytes)->attrs_len, 27);
}

static void a_peer_that_changes_its_group_keeps_what_both_have(void **state)
{
	struct fixture *f = *state;
	struct bgp_rib *other = bgp_rib_new();

	bgp_rib_set_loaded(other);
	(void)put_med(f->rib, 1, 1);
	(void)put_med(f->rib, 2, 1);
	(void)put_med(f->rib, 3, 1);
	(void)put_med(other, 2, 2);
	(void)put_med(other, 4, 2);
	peer_read_all(&f->peer);
	(void)drop(f->rib, 3); /* not told yet */
	bgp_out_move(f->peer.out, other);
	assert_int_equal(f->rib->table[BGP_IPV4_UNICAST].dead.count, 0);
	peer_read_all(&f->peer);
	assert_int_equal(f->peer.table->count, 2);
	assert_int_equal(peer_med(&f->peer, 2), 2);
	assert_int_equal(peer_med(&f->peer, 4), 2);
	assert_int_equal(f->peer.table->withdrawn, 2);
	assert_int_equal(f->peer.table->end_of_rib[1], 1);
	f->peer.out = bgp_out_free(f->peer.out);
	other = bgp_rib_free(other);
}

/*
 * Random histories. Two groups, four peers with different sessions; every step puts or drops a
 * route, lets a peer read a little, asks for a refresh, resets, drains or moves a peer. In the end,
 * when all have read everything, each has exactly the routes of its group.
 */
enum {
	WORLD_PEERS = 4,
	WORLD_GROUPS = 2,
	WORLD_PREFIXES = 300,
	WORLD_ATTRS = 7,
	WORLD_STEPS = 4000,
	WORLD_SEEDS = 12,
};

struct world {
	uint64_t random;
	struct bgp_rib *ribs[WORLD_GROUPS];
	struct test_peer peers[WORLD_PEERS];
	unsigned group[WORLD_PEERS];
	bool is_up[WORLD_PEERS];
	bool is_drain[WORLD_PEERS];
	struct ip_prefix prefixes[WORLD_PREFIXES];
	struct bgp_attrs attrs[WORLD_ATTRS];
	int want[WORLD_GROUPS][WORLD_PREFIXES]; /* which attributes, or -1 */
};

static uint32_t roll(struct world *w, uint32_t below)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(w->random >> 33) % below;
}

static struct bgp_export world_export(unsigned peer)
{
	struct bgp_export ex = plain_export();

	switch (peer) {
	case 0: /* iBGP, extended messages */
		ex.is_ibgp = true;
		ex.message_max = 65535;
		ex.has_enhanced_refresh = true;
		break;
	case 1: /* from before 4 octets, with path identifiers */
		ex.has_as4 = false;
		ex.local_as = 4200000000;
		ex.add_path = BOTH;
		break;
	case 2: /* IPv4 over IPv6 */
		ex.next_hop_v4 = (struct ip){ 0 };
		ex.has_extended_nexthop = true;
		ex.has_enhanced_refresh = true;
		break;
	default: /* nothing for IPv6 to go by */
		ex.next_hop_v6 = (struct ip){ 0 };
		break;
	}
	return ex;
}

static void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){ .random = seed };
	for (unsigned i = 0; i < WORLD_PREFIXES; i++) {
		struct ip_prefix prefix = i % 3 ? host(i * 512) : host6(i * 512);

		w->prefixes[i] = i % 5 ? prefix : ip_prefix_of(&prefix.ip, i % 3 ? 24 : 120);
		for (unsigned g = 0; g < WORLD_GROUPS; g++)
			w->want[g][i] = -1;
	}
	for (uint32_t i = 0; i < WORLD_ATTRS; i++) {
		const struct bgp_community community = { .kind = BGP_COMMUNITY_STANDARD,
			.standard = i };

		w->attrs[i] = (struct bgp_attrs){ .has_local_pref = i & 1, .local_pref = i };
		for (uint32_t n = 0; n < i; n++)
			assert_int_equal(bgp_attrs_add(&w->attrs[i], &community), 0);
	}
	/* A next hop that only IPv4 can use, and one that only IPv6 or RFC 8950 can. */
	w->attrs[5].next_hop = plain_export().next_hop_v4;
	w->attrs[6].next_hop = plain_export().next_hop_v6;
	for (unsigned i = 0; i < WORLD_GROUPS; i++)
		w->ribs[i] = bgp_rib_new();
	for (unsigned i = 0; i < WORLD_PEERS; i++)
		peer_init(&w->peers[i], w->ribs[0]);
}

static void world_fini(struct world *w)
{
	for (unsigned i = 0; i < WORLD_PEERS; i++)
		peer_fini(&w->peers[i]);
	for (unsigned i = 0; i < WORLD_GROUPS; i++)
		w->ribs[i] = bgp_rib_free(w->ribs[i]);
	for (unsigned i = 0; i < WORLD_ATTRS; i++)
		bgp_attrs_fini(&w->attrs[i]);
}

static void world_change_route(struct world *w)
{
	unsigned g = roll(w, WORLD_GROUPS);
	unsigned p = roll(w, WORLD_PREFIXES);
	int a = roll(w, 3) ? (int)roll(w, WORLD_ATTRS) : -1;

	if (a < 0)
		assert_int_equal(bgp_rib_drop(w->ribs[g], &w->prefixes[p]), w->want[g][p] >= 0);
	else
		assert_int_equal(
			bgp_rib_put(w->ribs[g], &w->prefixes[p], &w->attrs[a]), w->want[g][p] != a);
	w->want[g][p] = a;
}

static void world_disturb_peer(struct world *w, unsigned i)
{
	struct test_peer *peer = &w->peers[i];
	const struct bgp_export ex = world_export(i);

	switch (roll(w, 6)) {
	case 0:
		bgp_out_down(peer->out);
		w->is_up[i] = false;
		break;
	case 1:
		peer_up(peer, &ex);
		w->is_up[i] = true;
		break;
	case 2:
		bgp_out_refresh(peer->out, BGP_IPV4_UNICAST);
		break;
	case 3:
		bgp_out_refresh(peer->out, BGP_IPV6_UNICAST);
		break;
	case 4:
		w->is_drain[i] = roll(w, 2);
		bgp_out_set_drain(peer->out, w->is_drain[i]);
		break;
	default:
		w->group[i] = roll(w, WORLD_GROUPS);
		bgp_out_move(peer->out, w->ribs[w->group[i]]);
		break;
	}
}

/* What peer @i must have of prefix @p, by a message of its own; NULL: nothing. */
static struct peer_route *world_want(
	struct world *w, unsigned i, unsigned p, struct peer_table *scratch)
{
	const struct bgp_export ex = world_export(i);
	const struct ip_prefix *prefix = &w->prefixes[p];
	enum bgp_family family = prefix->ip.family == AF_INET ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST;
	int a = w->want[w->group[i]][p];
	struct bgp_update_build build;

	if (a < 0 || !bgp_export_can(&ex, family, &w->attrs[a]))
		return NULL;
	bgp_update_begin(&build, wire_writer(w->peers[i].buf, BUF_SIZE), &ex, family, &w->attrs[a],
		w->is_drain[i]);
	assert_true(bgp_update_add(&build, prefix->ip.bytes, prefix->len));
	peer_table_clear(scratch);
	scratch->message_max = ex.message_max;
	memcpy(scratch->add_path, w->peers[i].table->add_path, sizeof(scratch->add_path));
	peer_receive(scratch, w->peers[i].buf, bgp_update_end(&build));
	assert_int_equal(scratch->count, 1);
	return &scratch->routes[0];
}

static void world_check_peer(struct world *w, unsigned i, struct peer_table *scratch)
{
	struct peer_table *table = w->peers[i].table;
	size_t count = 0;

	for (unsigned p = 0; p < WORLD_PREFIXES; p++) {
		const struct peer_route *want = world_want(w, i, p, scratch);
		const struct ip_prefix *prefix = &w->prefixes[p];
		const struct peer_route *got = peer_find(
			table, prefix->ip.family == AF_INET ? 1 : 2, prefix->len, prefix->ip.bytes);

		assert_int_equal(got != NULL, want != NULL);
		if (!want)
			continue;
		count++;
		assert_int_equal(got->attrs_len, want->attrs_len);
		assert_memory_equal(got->attrs, want->attrs, want->attrs_len);
	}
	assert_int_equal(table->count, count);
	assert_int_equal(table->withdrawals_unknown, 0);
	for (int afi = 1; afi <= 2; afi++) {
		assert_int_equal(table->end_of_rib[afi], 1);
		assert_int_equal(table->begin_refresh[afi], table->end_refresh[afi]);
	}
}

static void world_settle(struct world *w)
{
	auto_(freep) struct peer_table *scratch = xnew(struct peer_table);

	for (unsigned i = 0; i < WORLD_GROUPS; i++)
		bgp_rib_set_loaded(w->ribs[i]);
	for (unsigned i = 0; i < WORLD_PEERS; i++) {
		const struct bgp_export ex = world_export(i);

		if (!w->is_up[i])
			peer_up(&w->peers[i], &ex);
		w->is_up[i] = true;
		peer_read_all(&w->peers[i]);
	}
	for (unsigned i = 0; i < WORLD_PEERS; i++)
		world_check_peer(w, i, scratch);
	for (unsigned i = 0; i < WORLD_GROUPS; i++) {
		assert_int_equal(w->ribs[i]->table[BGP_IPV4_UNICAST].dead.count, 0);
		assert_int_equal(w->ribs[i]->table[BGP_IPV6_UNICAST].dead.count, 0);
	}
	peer_table_clear(scratch);
}

static void any_history_ends_in_the_wanted_table(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= WORLD_SEEDS; seed++) {
		auto_(freep) struct world *w = xnew(struct world);

		world_init(w, seed);
		for (unsigned step = 0; step < WORLD_STEPS; step++) {
			unsigned i = roll(w, WORLD_PEERS);

			if (roll(w, 100) < 80)
				world_change_route(w);
			else if (roll(w, 100) < 85 && w->is_up[i])
				(void)peer_read(
					&w->peers[i], w->peers[i].ex.message_max + roll(w, 600));
			else
				world_disturb_peer(w, i);
			if (step % 1000 == 999)
				world_settle(w);
		}
		world_settle(w);
		world_fini(w);
	}
}

#define RIB_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIB_TEST(a_route_is_announced_and_withdrawn),
		RIB_TEST(the_same_again_is_no_change),
		RIB_TEST(of_many_changes_only_the_last_is_sent),
		RIB_TEST(a_route_withdrawn_before_it_was_sent_is_not_sent),
		RIB_TEST(a_route_that_comes_back_before_it_was_withdrawn_stays),
		RIB_TEST(both_families_go_over_one_session),
		RIB_TEST(withdrawals_go_before_routes),
		RIB_TEST(end_of_rib_comes_even_without_routes),
		cmocka_unit_test(end_of_rib_waits_until_all_is_loaded),
		RIB_TEST(a_family_that_is_not_agreed_is_silent),
		RIB_TEST(a_peer_that_comes_back_gets_all_again),
		RIB_TEST(a_hundred_thousand_hosts_take_124_messages),
		RIB_TEST(routes_are_grouped_by_attributes),
		RIB_TEST(a_hundred_thousand_withdrawals_take_123_messages),
		RIB_TEST(a_route_takes_less_than_150_octets),
		RIB_TEST(a_peer_that_does_not_read_costs_bounded_memory),
		RIB_TEST(a_change_in_the_middle_of_a_dump_is_told_last),
		RIB_TEST(a_refresh_sends_all_again),
		RIB_TEST(an_enhanced_refresh_has_a_begin_and_an_end),
		RIB_TEST(a_refresh_in_the_first_dump_waits_for_its_end),
		RIB_TEST(a_thousand_refreshes_cost_two),
		RIB_TEST(a_slow_reader_hears_markers_in_spite_of_churn),
		RIB_TEST(the_end_of_rib_waits_for_routes_that_were_skipped),
		RIB_TEST(routes_without_a_next_hop_are_held_back),
		RIB_TEST(a_route_that_loses_its_next_hop_is_withdrawn),
		RIB_TEST(other_next_hops_are_told_with_all_routes),
		RIB_TEST(a_next_hop_that_goes_takes_its_routes_and_brings_them_back),
		RIB_TEST(drain_tells_all_routes_again_and_its_end_too),
		RIB_TEST(a_peer_that_changes_its_group_keeps_what_both_have),
		cmocka_unit_test(any_history_ends_in_the_wanted_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
