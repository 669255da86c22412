/* SPDX-License-Identifier: Apache-2.0 */

/* Two sessions talk over a wire of virtual time: every packet arrives 1 ms after it was sent. */

#include "base/clock.h"
#include "base/mem.h"
#include "bfd/session.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

enum {
	QUEUE = 64,
	DELAY_MS = 1,
};

struct flying {
	uint64_t at_ns;
	unsigned to;
	uint8_t bytes[BFD_PACKET_MAX];
	size_t len;
};

struct net {
	uint64_t now_ns;
	struct bfd_session ends[2];
	bool is_cut;
	struct flying queue[QUEUE];
	size_t queued;
	struct bfd_packet last[2]; /* sent by each end */
	uint64_t sent_ns[2];
	uint64_t gap_min_ns[2]; /* between packets, since clear() */
	uint64_t gap_max_ns[2];
	unsigned sent[2];
	unsigned polls[2];
	unsigned finals[2];
	uint64_t chance;
};

static const struct bfd_timing usual = { .tx_us = 100000, .rx_us = 100000, .multiplier = 3 };
static const struct bfd_auth_conf no_auth;

static void note_sent(struct net *net, unsigned from, const struct bfd_packet *packet)
{
	uint64_t gap_ns = net->now_ns - net->sent_ns[from];

	if (net->sent[from] > 0 && (net->gap_min_ns[from] == 0 || gap_ns < net->gap_min_ns[from]))
		net->gap_min_ns[from] = gap_ns;
	if (net->sent[from] > 0 && gap_ns > net->gap_max_ns[from])
		net->gap_max_ns[from] = gap_ns;
	net->sent_ns[from] = net->now_ns;
	net->sent[from]++;
	net->polls[from] += packet->is_poll;
	net->finals[from] += packet->is_final;
	net->last[from] = *packet;
}

static void flush(struct net *net, unsigned from)
{
	struct bfd_session *session = &net->ends[from];
	struct bfd_packet packet;

	net->chance = net->chance * 6364136223846793005 + 1442695040888963407;
	while (bfd_session_next_packet(
		session, net->now_ns, (uint32_t)(net->chance >> 32), &packet)) {
		struct flying *flying = &net->queue[net->queued];

		assert_false(packet.is_poll && packet.is_final);
		note_sent(net, from, &packet);
		if (net->is_cut)
			continue;
		assert_true(net->queued < QUEUE);
		flying->to = !from;
		flying->at_ns = net->now_ns + DELAY_MS * NS_PER_MS;
		flying->len = bfd_packet_build(&packet, flying->bytes);
		flying->len = bfd_auth_sign(&session->auth, flying->bytes, flying->len);
		net->queued++;
	}
	assert_true(bfd_session_deadline(session) > net->now_ns);
}

static enum bfd_drop deliver(struct net *net, const struct flying *flying)
{
	struct bfd_packet packet;

	assert_int_equal(bfd_packet_parse(flying->bytes, flying->len, &packet), BFD_GOOD);
	return bfd_session_receive(&net->ends[flying->to], flying->bytes, &packet, net->now_ns);
}

static uint64_t next_ns(const struct net *net)
{
	uint64_t at_ns = net->queued > 0 ? net->queue[0].at_ns : BFD_NEVER;

	for (unsigned i = 0; i < 2; i++) {
		if (bfd_session_deadline(&net->ends[i]) < at_ns)
			at_ns = bfd_session_deadline(&net->ends[i]);
	}
	return at_ns;
}

static void run_ns(struct net *net, uint64_t for_ns)
{
	uint64_t end_ns = net->now_ns + for_ns;

	flush(net, 0);
	flush(net, 1);
	while (next_ns(net) <= end_ns) {
		net->now_ns = next_ns(net);
		if (net->queued > 0 && net->queue[0].at_ns == net->now_ns) {
			struct flying first = net->queue[0];

			net->queued--;
			memmove(net->queue, net->queue + 1, net->queued * sizeof(first));
			(void)deliver(net, &first);
		}
		for (unsigned i = 0; i < 2; i++) {
			bfd_session_expire(&net->ends[i], net->now_ns);
			flush(net, i);
		}
	}
	net->now_ns = end_ns;
}

static void run_ms(struct net *net, uint64_t for_ms)
{
	run_ns(net, for_ms * NS_PER_MS);
}

static void clear(struct net *net)
{
	memset(net->sent, 0, sizeof(net->sent));
	memset(net->polls, 0, sizeof(net->polls));
	memset(net->finals, 0, sizeof(net->finals));
	memset(net->gap_min_ns, 0, sizeof(net->gap_min_ns));
	memset(net->gap_max_ns, 0, sizeof(net->gap_max_ns));
}

static struct net *make(
	const struct bfd_timing *a, const struct bfd_timing *b, const struct bfd_auth_conf *auth)
{
	struct net *net = xnew(struct net);

	net->now_ns = 1000 * NS_PER_S;
	net->chance = 1;
	bfd_session_init(&net->ends[0], a, auth, 11, 1000, net->now_ns);
	bfd_session_init(&net->ends[1], b, auth, 22, UINT32_MAX - 5, net->now_ns);
	return net;
}

static void net_freep(struct net **net)
{
	free(*net);
}

static void assert_both(const struct net *net, enum bfd_state state)
{
	assert_int_equal(net->ends[0].state, state);
	assert_int_equal(net->ends[1].state, state);
}

static struct net *make_up(const struct bfd_timing *a, const struct bfd_timing *b)
{
	struct net *net = make(a, b, &no_auth);

	run_ms(net, 2000);
	assert_both(net, BFD_UP);
	return net;
}

static void two_sessions_are_up_after_four_packets(void **state)
{
	auto_(net_freep) struct net *net = make(&usual, &usual, &no_auth);

	(void)state;
	run_ms(net, 4 * DELAY_MS + 1);
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].remote_discriminator, 22);
	assert_int_equal(net->ends[1].remote_discriminator, 11);
}

static void while_not_up_a_second_is_told_and_kept(void **state)
{
	auto_(net_freep) struct net *net = make(&usual, &usual, &no_auth);

	(void)state;
	net->is_cut = true;
	run_ms(net, 60000);
	assert_both(net, BFD_DOWN);
	assert_int_equal(net->last[0].desired_tx_us, BFD_SLOW_US);
	assert_int_equal(net->last[0].required_rx_us, 100000);
	assert_in_range(net->gap_min_ns[0], 750 * NS_PER_MS, NS_PER_S);
	assert_in_range(net->gap_max_ns[0], 750 * NS_PER_MS, NS_PER_S);
}

static void packets_are_80_to_100_percent_apart(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	clear(net);
	run_ms(net, 600000);
	for (unsigned i = 0; i < 2; i++) {
		assert_in_range(net->gap_min_ns[i], 80 * NS_PER_MS, 85 * NS_PER_MS);
		assert_in_range(net->gap_max_ns[i], 95 * NS_PER_MS, 100 * NS_PER_MS);
		assert_in_range(net->sent[i], 6400, 6800); /* 91 ms on average */
	}
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
}

static void with_multiplier_1_packets_are_at_most_90_percent_apart(void **state)
{
	const struct bfd_timing single = { .tx_us = 100000, .rx_us = 100000, .multiplier = 1 };
	auto_(net_freep) struct net *net = make_up(&single, &single);

	(void)state;
	clear(net);
	run_ms(net, 100000);
	assert_in_range(net->gap_min_ns[0], 75 * NS_PER_MS, 90 * NS_PER_MS);
	assert_in_range(net->gap_max_ns[0], 75 * NS_PER_MS, 90 * NS_PER_MS);
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
}

static void the_slower_of_wish_and_limit_is_the_pace(void **state)
{
	const struct bfd_timing slow = { .tx_us = 50000, .rx_us = 400000, .multiplier = 5 };
	auto_(net_freep) struct net *net = make_up(&usual, &slow);

	(void)state;
	clear(net);
	run_ms(net, 60000);
	assert_in_range(net->gap_min_ns[0], 300 * NS_PER_MS, 400 * NS_PER_MS);
	assert_in_range(net->gap_max_ns[0], 300 * NS_PER_MS, 400 * NS_PER_MS);
	assert_in_range(net->gap_max_ns[1], 75 * NS_PER_MS, 100 * NS_PER_MS);
	/* The peer's multiplier, times the pace it was allowed. */
	assert_int_equal(net->ends[0].detect_ns, 5 * 100 * NS_PER_MS);
	assert_int_equal(net->ends[1].detect_ns, 3 * 400 * NS_PER_MS);
}

static void silence_is_noticed_after_the_detection_time_and_not_before(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);
	uint64_t heard_ns;

	(void)state;
	net->is_cut = true;
	run_ms(net, 2 * DELAY_MS);
	heard_ns = net->ends[0].heard_ns;
	run_ns(net, heard_ns + 300 * NS_PER_MS - 1 - net->now_ns);
	assert_int_equal(net->ends[0].state, BFD_UP);
	run_ns(net, 1);
	assert_int_equal(net->ends[0].state, BFD_DOWN);
	assert_int_equal(net->ends[0].diag, BFD_DIAG_DETECT_EXPIRED);
	assert_int_equal(net->ends[0].cause, BFD_CAUSE_SILENCE);
	assert_int_equal(net->ends[0].remote_discriminator, 0);
	assert_int_equal(net->ends[0].flaps, 1);
	assert_int_equal(net->last[0].state, BFD_DOWN);
	assert_int_equal(net->last[0].your_discriminator, 0);
}

static void patience_is_a_least_multiplier(void **state)
{
	struct bfd_timing patient = usual;
	auto_(net_freep) struct net *net = NULL;

	(void)state;
	patient.patience = 10;
	net = make_up(&patient, &usual);
	net->is_cut = true;
	run_ms(net, 890);
	assert_int_equal(net->ends[0].state, BFD_UP);
	assert_int_equal(net->ends[1].state, BFD_DOWN);
	run_ms(net, 200);
	assert_int_equal(net->ends[0].state, BFD_DOWN);
}

static void a_peer_that_begins_anew_comes_up_again(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	bfd_session_init(&net->ends[1], &usual, &no_auth, 33, 5, net->now_ns);
	run_ms(net, 10);
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].remote_discriminator, 33);
	assert_int_equal(net->ends[0].flaps, 1);
}

static void becoming_up_is_told_by_one_poll_sequence(void **state)
{
	auto_(net_freep) struct net *net = make(&usual, &usual, &no_auth);

	(void)state;
	run_ms(net, 5000);
	for (unsigned i = 0; i < 2; i++) {
		assert_in_range(net->polls[i], 1, 2);
		assert_in_range(net->finals[i], 1, 2);
		assert_false(net->ends[i].is_polling);
		assert_int_equal(net->last[i].desired_tx_us, 100000);
	}
}

static void a_longer_interval_is_kept_back_until_the_final(void **state)
{
	const struct bfd_timing quick = { .tx_us = 100000, .rx_us = 100000, .multiplier = 10 };
	struct bfd_timing slower = quick;
	auto_(net_freep) struct net *net = make_up(&quick, &quick);

	(void)state;
	slower.tx_us = 900000;
	net->is_cut = true; /* nobody answers the poll */
	bfd_session_set_timing(&net->ends[0], &slower, net->now_ns);
	clear(net);
	run_ms(net, 800);
	assert_true(net->ends[0].is_polling);
	assert_int_equal(net->polls[0], net->sent[0]);
	assert_int_equal(net->last[0].desired_tx_us, 900000);
	assert_true(net->gap_max_ns[0] <= 100 * NS_PER_MS);
	net->is_cut = false;
	run_ms(net, 3000);
	assert_false(net->ends[0].is_polling);
	clear(net);
	run_ms(net, 20000);
	assert_in_range(net->gap_min_ns[0], 675 * NS_PER_MS, 900 * NS_PER_MS);
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
	assert_int_equal(net->ends[1].detect_ns, 9000 * NS_PER_MS);
}

static void a_shorter_rx_interval_is_trusted_after_the_final_alone(void **state)
{
	const struct bfd_timing slow = { .tx_us = 100000, .rx_us = 500000, .multiplier = 3 };
	auto_(net_freep) struct net *net = make_up(&slow, &usual);

	(void)state;
	assert_int_equal(net->ends[0].detect_ns, 1500 * NS_PER_MS);
	bfd_session_set_timing(&net->ends[0], &usual, net->now_ns);
	assert_int_equal(net->ends[0].detect_ns, 1500 * NS_PER_MS);
	run_ms(net, 2000);
	assert_int_equal(net->ends[0].detect_ns, 300 * NS_PER_MS);
	clear(net);
	run_ms(net, 5000);
	assert_true(net->gap_max_ns[1] <= 100 * NS_PER_MS);
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
}

static void a_change_during_a_poll_sequence_gets_its_own(void **state)
{
	struct bfd_timing timing = usual;
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	clear(net);
	timing.tx_us = 200000;
	bfd_session_set_timing(&net->ends[0], &timing, net->now_ns);
	flush(net, 0);
	timing.tx_us = 400000;
	bfd_session_set_timing(&net->ends[0], &timing, net->now_ns);
	/* The answer to the first poll is under way and knows nothing of 400 ms. */
	run_ms(net, 2 * DELAY_MS);
	assert_int_equal(net->ends[0].tx_us, 100000);
	run_ms(net, 3000);
	assert_int_equal(net->ends[0].tx_us, 400000);
	assert_false(net->ends[0].is_polling);
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
}

static void a_poll_is_answered_at_once(void **state)
{
	struct bfd_timing timing = usual;
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	clear(net);
	timing.rx_us = 150000;
	bfd_session_set_timing(&net->ends[0], &timing, net->now_ns);
	run_ms(net, 2 * DELAY_MS);
	assert_int_equal(net->finals[1], 1);
	assert_false(net->ends[0].is_polling);
}

static void any_change_of_timers_leaves_the_session_up(void **state)
{
	static const uint32_t values[] = { 10000, 50000, 100000, 333000, 1000000, 3000000 };
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		struct bfd_timing timing = {
			.tx_us = values[i * 7 % COUNT_OF(values)],
			.rx_us = values[i / 2 * 5 % COUNT_OF(values)],
			.multiplier = (uint8_t)(2 + i % 5),
		};

		bfd_session_set_timing(&net->ends[i % 2], &timing, net->now_ns);
		run_ms(net, 1 + i * 37 % 4000);
		assert_both(net, BFD_UP);
	}
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
}

static void a_passive_session_waits_for_the_peer(void **state)
{
	struct bfd_timing passive = usual;
	auto_(net_freep) struct net *net = NULL;

	(void)state;
	passive.is_passive = true;
	net = make(&passive, &passive, &no_auth);
	run_ms(net, 10000);
	assert_int_equal(net->sent[0] + net->sent[1], 0);
	assert_both(net, BFD_DOWN);
	bfd_session_set_timing(&net->ends[1], &usual, net->now_ns);
	run_ms(net, 10);
	assert_both(net, BFD_UP);
}

static void admin_down_is_told_and_is_no_failure(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	clear(net);
	bfd_session_set_admin(&net->ends[0], true, BFD_DIAG_ADMIN_DOWN, net->now_ns);
	run_ms(net, 2 * DELAY_MS);
	assert_int_equal(net->ends[0].state, BFD_ADMIN_DOWN);
	assert_int_equal(net->ends[1].state, BFD_DOWN);
	assert_int_equal(net->ends[1].diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_int_equal(net->ends[1].remote_state, BFD_ADMIN_DOWN);
	assert_int_equal(net->ends[1].remote_diag, BFD_DIAG_ADMIN_DOWN);
	run_ms(net, 10000);
	assert_int_equal(net->ends[0].state, BFD_ADMIN_DOWN);
	bfd_session_set_admin(&net->ends[0], false, BFD_DIAG_NONE, net->now_ns);
	run_ms(net, 10);
	assert_both(net, BFD_UP);
}

static void admin_down_survives_the_loss_of_its_first_packet(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	net->is_cut = true;
	bfd_session_set_admin(&net->ends[0], true, BFD_DIAG_ADMIN_DOWN, net->now_ns);
	flush(net, 0);
	net->is_cut = false;
	run_ms(net, 110);
	assert_int_equal(net->ends[1].cause, BFD_CAUSE_PACKET);
	assert_int_equal(net->ends[1].remote_state, BFD_ADMIN_DOWN);
	/* After the farewells the pace is the slow one. */
	run_ms(net, 2000);
	clear(net);
	run_ms(net, 10000);
	assert_in_range(net->sent[0], 9, 14);
}

static void a_peer_in_demand_mode_gets_no_periodic_packets(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);
	uint8_t bytes[BFD_PACKET_MAX];
	struct bfd_packet packet;
	size_t len;

	(void)state;
	packet = net->last[1];
	packet.is_demand = true;
	len = bfd_packet_build(&packet, bytes);
	assert_int_equal(bfd_packet_parse(bytes, len, &packet), BFD_GOOD);
	assert_int_equal(bfd_session_receive(&net->ends[0], bytes, &packet, net->now_ns), BFD_GOOD);
	assert_int_equal(net->ends[0].next_tx_ns, BFD_NEVER);
	/* But its polls are answered. */
	packet.is_poll = true;
	len = bfd_packet_build(&packet, bytes);
	assert_int_equal(bfd_session_receive(&net->ends[0], bytes, &packet, net->now_ns), BFD_GOOD);
	assert_true(bfd_session_next_packet(&net->ends[0], net->now_ns, 0, &packet));
	assert_true(packet.is_final);
}

static void a_peer_that_wants_no_packets_gets_none(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);
	uint8_t bytes[BFD_PACKET_MAX];
	struct bfd_packet packet = net->last[1];

	(void)state;
	packet.required_rx_us = 0;
	(void)bfd_packet_build(&packet, bytes);
	(void)bfd_session_receive(&net->ends[0], bytes, &packet, net->now_ns);
	assert_int_equal(net->ends[0].next_tx_ns, BFD_NEVER);
}

static void our_own_packet_reflected_is_dropped(void **state)
{
	auto_(net_freep) struct net *net = make(&usual, &usual, &no_auth);
	struct flying mine = { .to = 0 };

	(void)state;
	net->is_cut = true;
	run_ms(net, 1);
	mine.len = bfd_packet_build(&net->last[0], mine.bytes);
	assert_int_equal(deliver(net, &mine), BFD_DROP_MY_DISCRIMINATOR);
	assert_int_equal(net->ends[0].state, BFD_DOWN);
}

static void authenticated_sessions_stay_up_across_a_change_of_keys(void **state)
{
	struct bfd_auth_conf auth = {
		.type = BFD_AUTH_HMAC_SHA256,
		.key_count = 1,
		.keys = { { .id = 1, .len = 3, .bytes = "old" } },
	};
	struct bfd_auth_conf both = auth;
	auto_(net_freep) struct net *net = make(&usual, &usual, &auth);

	(void)state;
	run_ms(net, 2000);
	assert_both(net, BFD_UP);
	both.keys[1] = auth.keys[0];
	both.keys[0] = (struct bfd_secret){ .id = 2, .len = 3, .bytes = "new" };
	both.key_count = 2;
	/* Accept both first, sign with the new one then: each end in its own time. */
	auth.keys[1] = both.keys[0];
	auth.key_count = 2;
	bfd_session_set_auth(&net->ends[0], &auth);
	run_ms(net, 1000);
	bfd_session_set_auth(&net->ends[1], &auth);
	run_ms(net, 1000);
	bfd_session_set_auth(&net->ends[0], &both);
	run_ms(net, 1000);
	bfd_session_set_auth(&net->ends[1], &both);
	both.key_count = 1;
	run_ms(net, 1000);
	bfd_session_set_auth(&net->ends[0], &both);
	bfd_session_set_auth(&net->ends[1], &both);
	run_ms(net, 1000);
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].flaps + net->ends[1].flaps, 0);
}

static void an_authenticated_peer_that_begins_anew_is_believed_in_the_end(void **state)
{
	const struct bfd_auth_conf auth = {
		.type = BFD_AUTH_METICULOUS_SHA1,
		.key_count = 1,
		.keys = { { .id = 1, .len = 3, .bytes = "key" } },
	};
	auto_(net_freep) struct net *net = make(&usual, &usual, &auth);

	(void)state;
	run_ms(net, 2000);
	assert_both(net, BFD_UP);
	/* Its numbers are far from what we saw: replays, until we forget (section 6.8.1). */
	bfd_session_init(&net->ends[1], &usual, &auth, 33, 77777777, net->now_ns);
	run_ms(net, 150);
	assert_int_equal(net->ends[0].state, BFD_UP);
	run_ms(net, 4000);
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].remote_discriminator, 33);
}

static void a_speaker_that_begins_anew_is_believed_at_once(void **state)
{
	const struct bfd_auth_conf auth = {
		.type = BFD_AUTH_HMAC_SHA256,
		.key_count = 1,
		.keys = { { .id = 1, .len = 3, .bytes = "key" } },
	};
	auto_(net_freep) struct net *net = make(&usual, &usual, &auth);
	const uint64_t born_ns = 1764000000 * NS_PER_S;

	(void)state;
	net->ends[1].auth.sent_sequence = bfd_auth_first_sequence(auth.type, born_ns, 7);
	run_ms(net, 100000);
	assert_both(net, BFD_UP);
	bfd_session_init(&net->ends[1], &usual, &auth, 33,
		bfd_auth_first_sequence(auth.type, born_ns + 100 * NS_PER_S, 7), net->now_ns);
	run_ms(net, 10);
	assert_both(net, BFD_UP);
	assert_int_equal(net->ends[0].remote_discriminator, 33);
	assert_int_equal(net->ends[0].flaps, 1);
}

static void a_sleeper_does_not_take_recorded_packets_for_new_ones(void **state)
{
	const struct bfd_auth_conf auth = {
		.type = BFD_AUTH_HMAC_SHA256,
		.key_count = 1,
		.keys = { { .id = 1, .len = 3, .bytes = "key" } },
	};
	auto_(net_freep) struct net *net = make(&usual, &usual, &auth);
	struct flying recorded;

	(void)state;
	run_ms(net, 2000);
	assert_both(net, BFD_UP);
	net->ends[1].owes_packet = true;
	flush(net, 1);
	recorded = net->queue[net->queued - 1];
	run_ms(net, 100);
	/* Nobody looked at the clock meanwhile. */
	net->now_ns += 10 * NS_PER_S;
	assert_int_equal(deliver(net, &recorded), BFD_DROP_AUTH_SEQUENCE);
}

static void arrivals_are_measured(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);
	const struct bfd_arrivals *arrivals = &net->ends[0].arrivals;

	(void)state;
	run_ms(net, 60000);
	assert_in_range(arrivals->count, 600, 800);
	assert_in_range(arrivals->max_ns, 90 * NS_PER_MS, 1000 * NS_PER_MS);
	assert_in_range(arrivals->sum_ns / arrivals->count, 88 * NS_PER_MS, 94 * NS_PER_MS);
	assert_true(arrivals->min_ns <= 85 * NS_PER_MS);
}

static void news_are_told_once(void **state)
{
	auto_(net_freep) struct net *net = make_up(&usual, &usual);

	(void)state;
	assert_true(bfd_session_take_news(&net->ends[0]));
	assert_false(bfd_session_take_news(&net->ends[0]));
}

static void timing_that_can_not_be_kept_is_invalid(void **state)
{
	struct bfd_timing timing = usual;

	(void)state;
	assert_true(bfd_timing_is_valid(&timing));
	timing.multiplier = 0;
	assert_false(bfd_timing_is_valid(&timing));
	timing = usual;
	timing.tx_us = 999;
	assert_false(bfd_timing_is_valid(&timing));
	timing = usual;
	timing.rx_us = 0;
	assert_false(bfd_timing_is_valid(&timing));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sessions_are_up_after_four_packets),
		cmocka_unit_test(while_not_up_a_second_is_told_and_kept),
		cmocka_unit_test(packets_are_80_to_100_percent_apart),
		cmocka_unit_test(with_multiplier_1_packets_are_at_most_90_percent_apart),
		cmocka_unit_test(the_slower_of_wish_and_limit_is_the_pace),
		cmocka_unit_test(silence_is_noticed_after_the_detection_time_and_not_before),
		cmocka_unit_test(patience_is_a_least_multiplier),
		cmocka_unit_test(a_peer_that_begins_anew_comes_up_again),
		cmocka_unit_test(becoming_up_is_told_by_one_poll_sequence),
		cmocka_unit_test(a_longer_interval_is_kept_back_until_the_final),
		cmocka_unit_test(a_shorter_rx_interval_is_trusted_after_the_final_alone),
		cmocka_unit_test(a_change_during_a_poll_sequence_gets_its_own),
		cmocka_unit_test(a_poll_is_answered_at_once),
		cmocka_unit_test(any_change_of_timers_leaves_the_session_up),
		cmocka_unit_test(a_passive_session_waits_for_the_peer),
		cmocka_unit_test(admin_down_is_told_and_is_no_failure),
		cmocka_unit_test(admin_down_survives_the_loss_of_its_first_packet),
		cmocka_unit_test(a_peer_in_demand_mode_gets_no_periodic_packets),
		cmocka_unit_test(a_peer_that_wants_no_packets_gets_none),
		cmocka_unit_test(our_own_packet_reflected_is_dropped),
		cmocka_unit_test(authenticated_sessions_stay_up_across_a_change_of_keys),
		cmocka_unit_test(an_authenticated_peer_that_begins_anew_is_believed_in_the_end),
		cmocka_unit_test(a_speaker_that_begins_anew_is_believed_at_once),
		cmocka_unit_test(a_sleeper_does_not_take_recorded_packets_for_new_ones),
		cmocka_unit_test(arrivals_are_measured),
		cmocka_unit_test(news_are_told_once),
		cmocka_unit_test(timing_that_can_not_be_kept_is_invalid),
	};

	return cmocka_run_group_tests_name("bfd_session", tests, NULL, NULL);
}
