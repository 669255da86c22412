/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Memberships among themselves: messages, keys, MACs, hand-over, replay, loss. Each address is at
 * first owned by node-a, the first of the order. What the segment is, is in membership_fake.h.
 */

#include "base/mem.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/membership_fake.h"

#include <errno.h>
#include <string.h>

enum {
	A,
	B,
	C,
	NODES,
};

static const char key[] = "0123456789abcdef\n";

static int begin(void **state)
{
	struct fake *fake = fake_new(NODES, 1);

	for (unsigned i = 0; i < NODES; i++)
		fake_start(fake, i, key);
	fake_pass(fake, 8000); /* hold-down and grace are over */
	for (unsigned i = 0; i < FAKE_ADDRESSES; i++)
		assert_int_equal(fake_owner(fake, i), A);
	fake_forget(fake);
	*state = fake;
	return 0;
}

static int end(void **state)
{
	fake_free(*state);
	return 0;
}

static void all_are_owned_by(const struct fake *fake, int owner)
{
	for (unsigned i = 0; i < FAKE_ADDRESSES; i++)
		assert_int_equal(fake_owner(fake, i), owner);
}

/* Nothing went wrong since the last fake_forget(). */
static void no_gap(const struct fake *fake)
{
	assert_int_equal(fake_nobody_ms(fake), 0);
	assert_in_range(fake_two_ms(fake), 0, 20);
}

/* True if @node has learned that @peer is up and has @mac. */
static bool knows_mac(struct fake *fake, unsigned node, unsigned peer, const struct mac *mac)
{
	struct membership_view view = fake_view(fake, node);
	bool knows = false;

	for (size_t i = 0; i < view.nodes[peer].mac_count; i++)
		knows |= mac_equal(&view.nodes[peer].macs[i], mac);
	membership_view_fini(&view);
	return knows;
}

static bool is_up(struct fake *fake, unsigned node, unsigned peer)
{
	struct membership_view view = fake_view(fake, node);
	bool is_up = view.nodes[peer].view.state == OWNERSHIP_UP;

	membership_view_fini(&view);
	return is_up;
}

static uint64_t refused(struct fake *fake, unsigned node)
{
	struct membership_view view = fake_view(fake, node);
	uint64_t count = view.messages_refused;

	membership_view_fini(&view);
	return count;
}

static void in_peace_nothing_moves_and_little_is_said(void **state)
{
	struct fake *fake = *state;

	fake_pass(fake, 60000);
	all_are_owned_by(fake, A);
	no_gap(fake);
	/* A hello a second to each of the two others. */
	assert_in_range(fake_messages(fake), 60 * 6, 60 * 6 * 3 / 2);
}

static void a_dead_owner_is_replaced_by_the_first_heir(void **state)
{
	struct fake *fake = *state;

	fake_kill(fake, A);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, B);
	assert_in_range(fake_nobody_ms(fake), 1, 400);
	fake_forget(fake);
	fake_start(fake, A, key);
	fake_pass(fake, 10000);
	all_are_owned_by(fake, B);
	no_gap(fake);
}

static void a_leaver_goes_when_its_heir_says_that_it_took_over(void **state)
{
	struct fake *fake = *state;

	fake_leave(fake, A);
	fake_pass(fake, 20);
	assert_true(fake_has_left(fake, A));
	all_are_owned_by(fake, B);
	no_gap(fake);
}

static void a_leaver_whose_messages_are_lost_leaves_in_time(void **state)
{
	struct fake *fake = *state;

	fake_set_loss(fake, 1000, 0);
	fake_leave(fake, A);
	fake_pass(fake, 700);
	assert_true(fake_has_left(fake, A));
	all_are_owned_by(fake, B);
	assert_int_equal(fake_nobody_ms(fake), 0);
}

static void a_drain_survives_loss(void **state)
{
	struct fake *fake = *state;

	fake_set_loss(fake, 300, 300);
	fake_drain(fake, A, true);
	fake_pass(fake, 2000);
	fake_set_loss(fake, 0, 0);
	fake_pass(fake, 2000);
	for (unsigned i = 0; i < FAKE_ADDRESSES; i++)
		assert_int_not_equal(fake_owner(fake, i), A);
	assert_int_equal(fake_nobody_ms(fake), 0);
}

static void any_node_can_be_asked_to_move_an_address(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(fake_move(fake, C, 0, C), 0); /* it asks a, which gives it to c */
	fake_pass(fake, 50);
	assert_int_equal(fake_owner(fake, 0), C);
	assert_int_equal(fake_owner(fake, 1), A);
	assert_int_equal(fake_move(fake, C, 0, B), 0);
	fake_pass(fake, 50);
	assert_int_equal(fake_owner(fake, 0), B);
	(void)fake_rebalance(fake, C);
	fake_pass(fake, 50);
	all_are_owned_by(fake, A);
	no_gap(fake);
	assert_int_equal(fake_move(fake, C, 0, FAKE_NODES), -ENODEV);
}

static void keys_are_changed_while_all_goes_on(void **state)
{
	static const char *const steps[] = {
		"0123456789abcdef\nfedcba9876543210\n", /* the new one is accepted by all first */
		"fedcba9876543210\n0123456789abcdef\n",
		"fedcba9876543210\n",
	};
	struct fake *fake = *state;

	for (unsigned i = 0; i < COUNT_OF(steps); i++) {
		for (unsigned node = 0; node < NODES; node++) {
			fake_set_key(fake, node, steps[i]);
			fake_pass(fake, 3000);
		}
	}
	for (unsigned node = 0; node < NODES; node++) {
		assert_int_equal(refused(fake, node), 0);
		assert_true(is_up(fake, node, (node + 1) % NODES));
	}
	all_are_owned_by(fake, A);
	no_gap(fake);
}

static void nobody_believes_who_has_another_key(void **state)
{
	static const char other[] = "another secret 0\n";
	const struct mac mac = { { 2, 0, 0, 0, 0, 9 } };
	struct fake *fake = *state;

	fake_kill(fake, C);
	fake_set_mac(fake, A, &mac); /* so that something is to be learned of c too */
	fake_pass(fake, 1000);
	fake_start(fake, C, other);
	fake_pass(fake, 20000);
	all_are_owned_by(fake, A);
	assert_int_equal(fake_two_ms(fake), 0);
	assert_false(is_up(fake, A, C));
	assert_false(knows_mac(fake, C, A, &mac));
	assert_true(refused(fake, A) > 0);
	assert_true(refused(fake, C) > 0);
}

static void a_new_mac_is_told_at_once(void **state)
{
	const struct mac mac = { { 2, 0, 0, 0, 0, 9 } };
	struct fake *fake = *state;

	fake_pass(fake, 13);
	fake_set_mac(fake, A, &mac);
	fake_pass(fake, 5);
	assert_true(knows_mac(fake, B, A, &mac));
	assert_true(knows_mac(fake, C, A, &mac));
	fake_pass(fake, 1000);
	all_are_owned_by(fake, A);
	no_gap(fake);
}

static void a_mac_that_moved_to_another_node_is_that_ones(void **state)
{
	const struct mac before = fake_mac(*state, C);
	const struct mac mac = { { 2, 0, 0, 0, 0, 9 } };
	struct fake *fake = *state;

	fake_set_mac(fake, C, &mac);
	fake_pass(fake, 50);
	fake_set_mac(fake, B, &before);
	fake_pass(fake, 50);
	assert_true(knows_mac(fake, A, B, &before));
	assert_false(knows_mac(fake, A, C, &before));
}

static void played_again_messages_move_nothing(void **state)
{
	struct fake *fake = *state;
	uint64_t before;
	size_t count;

	fake_record(fake, B);
	fake_drain(fake, A, true); /* a gives all to b */
	fake_pass(fake, 2000);
	all_are_owned_by(fake, B);
	fake_drain(fake, A, false);
	fake_pass(fake, 5); /* b is told at once */
	assert_int_equal(fake_rebalance(fake, B), FAKE_ADDRESSES);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, A);
	before = refused(fake, B);
	count = fake_replay(fake);
	assert_true(count > 10);
	assert_true(refused(fake, B) - before >= count);
	all_are_owned_by(fake, A);
	no_gap(fake);
}

static void messages_to_an_earlier_process_do_not_move_the_next_one(void **state)
{
	struct fake *fake = *state;

	fake_record(fake, B);
	fake_drain(fake, A, true);
	fake_pass(fake, 500);
	fake_drain(fake, A, false);
	fake_pass(fake, 5);
	(void)fake_rebalance(fake, B);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, A);
	fake_kill(fake, B);
	fake_pass(fake, 1000);
	fake_start(fake, B, key);
	assert_true(fake_replay(fake) > 0);
	fake_pass(fake, 5000);
	(void)fake_replay(fake);
	all_are_owned_by(fake, A);
	assert_true(is_up(fake, B, A));
	assert_true(is_up(fake, A, B));
	no_gap(fake);
}

static void frames_in_the_name_of_another_move_nothing(void **state)
{
	struct fake *fake = *state;

	(void)fake_move(fake, A, 0, C); /* so that both others are better */
	fake_pass(fake, 2000);
	fake_forget(fake);
	for (unsigned i = 0; i < 200; i++) {
		const struct mac named = fake_mac(fake, i % 2);

		fake_forge(fake, 0, &named);
		fake_pass(fake, 50);
	}
	assert_int_equal(fake_owner(fake, 0), C);
	no_gap(fake);
	assert_int_equal(fake_told(fake, C, OWNERSHIP_EV_LOST), 0);
	assert_int_equal(fake_told(fake, C, OWNERSHIP_EV_TWO_OWNERS), 0);
	assert_true(fake_told(fake, C, OWNERSHIP_EV_FORGED) > 0);
}

static void neither_do_they_if_the_switch_believes_them(void **state)
{
	const struct mac named = fake_mac(*state, A);
	struct fake *fake = *state;

	(void)fake_move(fake, A, 0, C);
	fake_pass(fake, 2000);
	fake_forget(fake);
	fake_misdirect(fake, A, true);
	for (unsigned i = 0; i < 100; i++) {
		fake_forge(fake, 0, &named);
		fake_pass(fake, 50);
	}
	assert_int_equal(fake_owner(fake, 0), C);
	no_gap(fake);
}

static void a_take_over_is_not_stopped_by_them(void **state)
{
	const struct mac named = fake_mac(*state, C);
	struct fake *fake = *state;

	fake_kill(fake, A);
	for (unsigned i = 0; i < 60; i++) {
		for (unsigned k = 0; k < FAKE_ADDRESSES; k++)
			fake_forge(fake, k, &named);
		fake_pass(fake, 10);
	}
	all_are_owned_by(fake, B);
	assert_in_range(fake_nobody_ms(fake), 1, 450);
}

static void parts_that_meet_have_one_owner_within_100_ms(void **state)
{
	struct fake *fake = *state;

	fake_isolate(fake, A, true);
	fake_pass(fake, 5000);
	assert_int_equal(fake_owner(fake, 0), -2); /* each part has its own */
	fake_forget(fake);
	fake_isolate(fake, A, false);
	fake_pass(fake, 3000);
	all_are_owned_by(fake, A);
	assert_int_equal(fake_nobody_ms(fake), 0);
	assert_in_range(fake_two_ms(fake), 1, 100);
}

static void an_owner_whose_socket_fails_gives_all_away(void **state)
{
	struct fake *fake = *state;

	fake_set_link(fake, A, false);
	fake_pass(fake, 100);
	all_are_owned_by(fake, B);
	assert_in_range(fake_nobody_ms(fake), 0, 20);
	fake_forget(fake);
	fake_set_link(fake, A, true);
	fake_pass(fake, 5000);
	all_are_owned_by(fake, B);
	no_gap(fake);
	fake_kill(fake, B);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, A);
}

/* It can not hear on the wire that the first heir has taken them, and must not ask the next one. */
static void who_has_no_link_is_told_that_its_heir_has_all(void **state)
{
	struct fake *fake = *state;

	fake_set_link(fake, A, false);
	fake_pass(fake, 2000);
	all_are_owned_by(fake, B);
	assert_int_equal(fake_two_ms(fake), 0);
	assert_int_equal(fake_told(fake, C, OWNERSHIP_EV_TOOK), 0);
}

/* It is drained, which the giver does not know yet, and c is better. */
static void a_heir_that_does_not_take_it_says_so_and_the_next_one_has_it(void **state)
{
	struct fake *fake = *state;

	fake_drain(fake, B, true);
	fake_set_link(fake, A, false);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, C);
	assert_in_range(fake_nobody_ms(fake), 0, 20);
	assert_int_equal(fake_two_ms(fake), 0);
}

static void a_heir_whose_socket_is_being_opened_takes_nothing(void **state)
{
	struct fake *fake = *state;

	fake_open_slowly(fake, B);
	fake_set_link(fake, A, false);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, C);
	assert_in_range(fake_nobody_ms(fake), 0, 20);
	assert_int_equal(fake_told(fake, B, OWNERSHIP_EV_TOOK), 0);
	fake_set_link(fake, B, true);
	fake_kill(fake, C);
	fake_pass(fake, 1000);
	all_are_owned_by(fake, B);
}

static void a_heir_that_can_not_ask_does_not_claim(void **state)
{
	struct fake *fake = *state;

	fake_block(fake, B, true);
	fake_kill(fake, A);
	fake_pass(fake, 2000);
	all_are_owned_by(fake, C);
	fake_block(fake, B, false);
	fake_forget(fake);
	fake_pass(fake, 5000);
	all_are_owned_by(fake, C);
	no_gap(fake);
}

static void two_that_share_no_key_and_start_together_do_not_both_claim(void **state)
{
	struct fake *fake = fake_new(2, 3);

	(void)state;
	fake_start(fake, A, "0123456789abcdef\n");
	fake_start(fake, B, "another secret 0\n");
	/* Each hears the other one's question, as engines tell it. */
	for (unsigned i = 0; i < 4; i++) {
		const struct mac a = fake_mac(fake, A);
		const struct mac b = fake_mac(fake, B);

		for (unsigned k = 0; k < FAKE_ADDRESSES; k++) {
			fake_ask_too(fake, A, k, &b);
			fake_ask_too(fake, B, k, &a);
		}
		fake_pass(fake, 20);
	}
	fake_pass(fake, 20000);
	for (unsigned k = 0; k < FAKE_ADDRESSES; k++)
		assert_true(fake_owner(fake, k) >= 0);
	assert_in_range(fake_two_ms(fake), 0, 5);
	fake_free(fake);
}

/* Else a take-over of a thousand addresses would be a storm of messages. */
static void what_is_announced_together_is_asked_for_together(void **state)
{
	const struct mac named = fake_mac(*state, B);
	struct fake *fake = *state;

	fake_pass(fake, 13);
	fake_forget(fake);
	for (unsigned i = 0; i < FAKE_ADDRESSES; i++)
		fake_forge(fake, i, &named);
	fake_pass(fake, 10);
	/* a and c ask b, which answers each; and perhaps a hello. */
	assert_in_range(fake_messages(fake), 4, 6);
}

static void a_lossy_minute_moves_nothing(void **state)
{
	struct fake *fake = *state;

	fake_set_loss(fake, 200, 200);
	fake_pass(fake, 60000);
	all_are_owned_by(fake, A);
	assert_int_equal(fake_nobody_ms(fake), 0);
}

#define CLUSTER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER(in_peace_nothing_moves_and_little_is_said),
		CLUSTER(a_dead_owner_is_replaced_by_the_first_heir),
		CLUSTER(a_leaver_goes_when_its_heir_says_that_it_took_over),
		CLUSTER(a_leaver_whose_messages_are_lost_leaves_in_time),
		CLUSTER(a_drain_survives_loss),
		CLUSTER(any_node_can_be_asked_to_move_an_address),
		CLUSTER(keys_are_changed_while_all_goes_on),
		CLUSTER(nobody_believes_who_has_another_key),
		CLUSTER(a_new_mac_is_told_at_once),
		CLUSTER(a_mac_that_moved_to_another_node_is_that_ones),
		CLUSTER(played_again_messages_move_nothing),
		CLUSTER(messages_to_an_earlier_process_do_not_move_the_next_one),
		CLUSTER(frames_in_the_name_of_another_move_nothing),
		CLUSTER(neither_do_they_if_the_switch_believes_them),
		CLUSTER(a_take_over_is_not_stopped_by_them),
		CLUSTER(parts_that_meet_have_one_owner_within_100_ms),
		CLUSTER(an_owner_whose_socket_fails_gives_all_away),
		CLUSTER(who_has_no_link_is_told_that_its_heir_has_all),
		CLUSTER(a_heir_that_does_not_take_it_says_so_and_the_next_one_has_it),
		CLUSTER(a_heir_whose_socket_is_being_opened_takes_nothing),
		CLUSTER(a_heir_that_can_not_ask_does_not_claim),
		cmocka_unit_test(two_that_share_no_key_and_start_together_do_not_both_claim),
		CLUSTER(what_is_announced_together_is_asked_for_together),
		CLUSTER(a_lossy_minute_moves_nothing),
	};

	return cmocka_run_group_tests_name("speaker_membership", tests, NULL, NULL);
}
