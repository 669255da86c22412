/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One node, b of a, b and c, and what it decides. The order of every address is a, b, c. MACs end
 * in the member's index plus one.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "plan/ownership.h"
#include "plan/ownership_heard.h"
#include "plan/ownership_moves.h"
#include "plan/ownership_put.h"
#include "plan/ownership_view.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

enum {
	A,
	B, /* self */
	C,
	ADDRESS_COUNT = 2,
};

/* What a speaker says when it is asked whether it has an address. */
enum word {
	YES,
	NO,
	NOTHING,
};

struct fixture {
	struct ownership *o;
	enum word word;    /* of all of them */
	unsigned given[3]; /* to each member since the last look */
	uint64_t now_ns;
	unsigned counts[OWNERSHIP_TELL + 1]; /* of actions since the last look, by type */
	struct ownership_action told[64];
	size_t told_count;
	struct ownership_snapshot snapshot;
	struct ownership_member members[3];
	struct ownership_address addresses[ADDRESS_COUNT];
};

static const uint16_t order[] = { A, B, C };
static const unsigned link_numbers[ADDRESS_COUNT] = { 1, 2 };

static struct ip ip_at(unsigned i)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)(1 + i) });
}

static const struct mac *mac_at(unsigned member)
{
	static const struct mac macs[] = { { { 2, 0, 0, 0, 0, 1 } }, { { 2, 0, 0, 0, 0, 2 } },
		{ { 2, 0, 0, 0, 0, 3 } }, { { 0, 9, 9, 9, 9, 9 } } };

	return &macs[member];
}

static void collect(struct fixture *f)
{
	struct ownership_action asked = { .type = OWNERSHIP_TELL };
	struct ownership_action action;

	while (ownership_take_action(f->o, &action)) {
		f->counts[action.type]++;
		if (action.type == OWNERSHIP_VERIFY)
			asked = action;
		if (action.type == OWNERSHIP_GIVE)
			f->given[action.member]++;
		if (action.type == OWNERSHIP_TELL && f->told_count < COUNT_OF(f->told))
			f->told[f->told_count++] = action;
	}
	if (asked.type == OWNERSHIP_VERIFY && f->word != NOTHING) {
		ownership_word(f->o, &asked.ip, asked.member, f->word == YES, f->now_ns);
		collect(f);
	}
}

static void pass_ms(struct fixture *f, uint64_t ms)
{
	uint64_t end = f->now_ns + ms * NS_PER_MS;

	while (ownership_next_ns(f->o) <= end) {
		if (ownership_next_ns(f->o) > f->now_ns)
			f->now_ns = ownership_next_ns(f->o);
		ownership_tick(f->o, f->now_ns);
		collect(f);
	}
	f->now_ns = end;
}

static void forget(struct fixture *f)
{
	memset(f->counts, 0, sizeof(f->counts));
	memset(f->given, 0, sizeof(f->given));
	f->told_count = 0;
}

static void peer(struct fixture *f, uint16_t member, enum ownership_peer state)
{
	ownership_peer(f->o, member, state, f->now_ns);
	collect(f);
}

static void alive(struct fixture *f, uint16_t member)
{
	ownership_alive(f->o, member, mac_at(member), f->now_ns);
	collect(f);
}

static void heard(struct fixture *f, unsigned address, unsigned member)
{
	struct ip ip = ip_at(address);

	ownership_heard(f->o, &ip, mac_at(member), f->now_ns);
	collect(f);
}

/* ownership_serve_fn; @user: whether the first address's link can. */
static bool can_serve(void *user, const unsigned *links, size_t count)
{
	return count == 0 || links[0] != link_numbers[0] || *(const bool *)user;
}

static void serve_first(struct fixture *f, bool can)
{
	ownership_serve_all(f->o, can_serve, &can, f->now_ns);
	collect(f);
}

/* A left and is back; then the link is lost by which self answers for the first address. */
static void lose_link_after_a_came_back(struct fixture *f)
{
	peer(f, A, OWNERSHIP_LEFT);
	peer(f, A, OWNERSHIP_UP);
	forget(f);
	serve_first(f, false);
}

static bool answers(struct fixture *f, unsigned address)
{
	struct ip ip = ip_at(address);

	return ownership_answers(f->o, &ip);
}

static bool was_told(const struct fixture *f, enum ownership_event event)
{
	for (size_t i = 0; i < f->told_count; i++) {
		if (f->told[i].event == event)
			return true;
	}
	return false;
}

static enum ownership_why why_told(const struct fixture *f, enum ownership_event event)
{
	for (size_t i = 0; i < f->told_count; i++) {
		if (f->told[i].event == event)
			return f->told[i].why;
	}
	return OWNERSHIP_WHY_COUNT_;
}

static void set(struct fixture *f)
{
	ownership_set(f->o, &f->snapshot, f->now_ns);
	collect(f);
}

static int begin(void **state)
{
	struct fixture *f = xnew(struct fixture);

	f->o = ownership_new();
	f->now_ns = 100 * NS_PER_S;
	f->members[A] = (struct ownership_member){ "a", true };
	f->members[B] = (struct ownership_member){ "b", true };
	f->members[C] = (struct ownership_member){ "c", true };
	for (unsigned i = 0; i < ADDRESS_COUNT; i++)
		f->addresses[i] = (struct ownership_address){ ip_at(i), order, 3, true,
			&link_numbers[i], 1 };
	f->snapshot = (struct ownership_snapshot){
		.members = f->members,
		.member_count = 3,
		.self = B,
		.addresses = f->addresses,
		.address_count = ADDRESS_COUNT,
		.conf = { .detect_ns = 300 * NS_PER_MS, .hold_down_ns = 5 * NS_PER_S },
	};
	set(f);
	*state = f;
	return 0;
}

/* All peers are up and have told their MACs; a owns both addresses. */
static int begin_with_owner_a(void **state)
{
	struct fixture *f;

	(void)begin(state);
	f = *state;
	ownership_ready(f->o, true, f->now_ns);
	collect(f);
	for (uint16_t i = 0; i < 3; i++) {
		if (i == B)
			continue;
		alive(f, i);
		peer(f, i, OWNERSHIP_UP);
	}
	heard(f, 0, A);
	heard(f, 1, A);
	pass_ms(f, 10000);
	forget(f);
	assert_false(answers(f, 0));
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	ownership_free(f->o);
	free(f);
	return 0;
}

static void it_claims_nothing_before_it_is_ready(void **state)
{
	struct fixture *f = *state;

	pass_ms(f, 60000);
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
	assert_false(answers(f, 0));
}

static void what_nobody_answers_for_is_claimed_after_four_probes(void **state)
{
	struct fixture *f = *state;

	ownership_ready(f->o, true, f->now_ns);
	pass_ms(f, 79);
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 4 * ADDRESS_COUNT);
	assert_int_equal(f->counts[OWNERSHIP_ANNOUNCE], 0);
	pass_ms(f, 1);
	assert_int_equal(f->counts[OWNERSHIP_ANNOUNCE], ADDRESS_COUNT);
	assert_int_equal(why_told(f, OWNERSHIP_EV_TOOK), OWNERSHIP_NOBODY_ANSWERED);
}

static void an_owner_that_answers_keeps_its_address(void **state)
{
	struct fixture *f = *state;

	ownership_ready(f->o, true, f->now_ns);
	alive(f, C);
	pass_ms(f, 10);
	heard(f, 0, C);
	pass_ms(f, 4000);
	assert_false(answers(f, 0));
	assert_true(answers(f, 1));
}

static void a_silent_owner_is_asked_for_twice_and_then_replaced(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 29);
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 2 * ADDRESS_COUNT);
	assert_int_equal(f->counts[OWNERSHIP_ASK], 2); /* one question serves all addresses */
	assert_false(answers(f, 0));
	pass_ms(f, 2);
	assert_true(answers(f, 0));
	assert_true(answers(f, 1));
	assert_int_equal(why_told(f, OWNERSHIP_EV_TOOK), OWNERSHIP_OWNER_SILENT);
}

static void who_detects_quickly_waits_less_for_the_last_answer(void **state)
{
	struct fixture *f = *state;

	f->snapshot.conf.detect_ns = 60 * NS_PER_MS;
	set(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 24);
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 2 * ADDRESS_COUNT);
	assert_false(answers(f, 0));
	pass_ms(f, 2);
	assert_true(answers(f, 0));
}

static void who_detects_slowly_waits_as_long_as_between_the_probes(void **state)
{
	struct fixture *f = *state;

	f->snapshot.conf.detect_ns = 3 * NS_PER_S;
	set(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 39);
	assert_false(answers(f, 0));
	pass_ms(f, 1);
	assert_true(answers(f, 0));
}

static void an_answer_of_the_suspected_owner_cancels_the_claim(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 25);
	heard(f, 0, A);
	pass_ms(f, 200);
	assert_false(answers(f, 0));
	assert_true(answers(f, 1));
	assert_true(was_told(f, OWNERSHIP_EV_CANCELLED));
}

static void the_kernel_of_a_dead_speaker_holds_a_claim_up_for_a_second_only(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	for (unsigned i = 0; i < 90; i++) {
		pass_ms(f, 10);
		heard(f, 0, A);
	}
	assert_false(answers(f, 0));
	for (unsigned i = 0; i < 60; i++) {
		pass_ms(f, 10);
		heard(f, 0, A);
	}
	assert_true(answers(f, 0));
}

static void a_speaker_that_speaks_is_not_replaced_while_it_answers(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	for (unsigned i = 0; i < 500; i++) {
		pass_ms(f, 10);
		alive(f, A);
		heard(f, 0, A);
	}
	assert_false(answers(f, 0));
}

static void signs_of_life_alone_do_not_keep_an_address_for_ever(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	for (unsigned i = 0; i < 300; i++) {
		pass_ms(f, 10);
		alive(f, A);
	}
	assert_true(answers(f, 0));
}

static void the_kernel_of_a_gone_process_does_not_count(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_GONE);
	pass_ms(f, 10);
	heard(f, 0, A);
	pass_ms(f, 30);
	assert_true(answers(f, 0));
	assert_int_equal(why_told(f, OWNERSHIP_EV_TOOK), OWNERSHIP_OWNER_GONE);
}

static void an_owner_that_left_is_replaced_at_once_without_asking(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	assert_true(answers(f, 0));
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
	assert_int_equal(why_told(f, OWNERSHIP_EV_TOOK), OWNERSHIP_OWNER_LEFT);
}

static void a_later_heir_waits_for_the_first_one(void **state)
{
	struct fixture *f = *state;

	heard(f, 0, C);
	f->snapshot.conf.hold_down_ns = 0;
	set(f);
	peer(f, C, OWNERSHIP_DOWN);
	pass_ms(f, 299); /* a, the first of the order, is up */
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
	pass_ms(f, 42);
	assert_true(answers(f, 0));
}

static void if_owner_and_first_heir_die_the_second_does_not_wait(void **state)
{
	struct fixture *f = *state;

	heard(f, 0, C);
	peer(f, C, OWNERSHIP_DOWN);
	pass_ms(f, 50);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 40);
	assert_true(answers(f, 0));
}

static void a_node_that_came_back_lets_a_later_one_go_first(void **state)
{
	struct fixture *f = *state;

	ownership_ready(f->o, false, f->now_ns);
	collect(f);
	ownership_ready(f->o, true, f->now_ns);
	collect(f);
	heard(f, 0, A);
	heard(f, 1, A);
	pass_ms(f, 1000);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 299);
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
	pass_ms(f, 42); /* c did not take it */
	assert_true(answers(f, 0));
}

static void a_drained_node_takes_what_nobody_else_does(void **state)
{
	struct fixture *f = *state;

	ownership_drain(f->o, true, f->now_ns);
	collect(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 299);
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
	pass_ms(f, 42);
	assert_true(answers(f, 0));
}

static void nobody_waits_for_a_drained_node(void **state)
{
	struct fixture *f = *state;

	heard(f, 0, C);
	ownership_peer_draining(f->o, A, true, f->now_ns);
	collect(f);
	peer(f, C, OWNERSHIP_DOWN);
	pass_ms(f, 40);
	assert_true(answers(f, 0));
}

static void a_claim_on_suspicion_is_said_twice(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 79);
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], 0);
	pass_ms(f, 3);
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], ADDRESS_COUNT);
}

static void a_better_owner_is_yielded_to_at_once(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 1500);
	assert_true(answers(f, 0));
	forget(f);
	alive(f, A);
	heard(f, 0, A);
	assert_false(answers(f, 0));
	assert_int_equal(f->counts[OWNERSHIP_QUIET], 1);
	assert_int_equal(why_told(f, OWNERSHIP_EV_LOST), OWNERSHIP_ORDER);
	assert_true(was_told(f, OWNERSHIP_EV_TWO_OWNERS));
}

static void whoever_yields_looks_whether_the_other_answers(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 1500);
	alive(f, A);
	heard(f, 0, A);
	peer(f, A, OWNERSHIP_UP);
	assert_false(answers(f, 0));
	pass_ms(f, 1500); /* it does not */
	assert_true(answers(f, 0));
	assert_int_equal(why_told(f, OWNERSHIP_EV_TOOK), OWNERSHIP_OWNER_SILENT);
}

static void a_worse_owner_is_told_again(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	pass_ms(f, 100);
	heard(f, 0, C);
	assert_true(answers(f, 0));
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], 1);
}

static void a_peer_that_comes_back_is_told_again(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 2000);
	forget(f);
	alive(f, A); /* the first word after a long silence */
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], ADDRESS_COUNT);
	peer(f, A, OWNERSHIP_UP);
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], 2 * ADDRESS_COUNT);
	assert_true(answers(f, 0)); /* sticky, though a comes first */
}

static void a_peer_that_is_heard_soon_after_it_was_lost_is_told_too(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	peer(f, C, OWNERSHIP_DOWN);
	pass_ms(f, 350);
	alive(f, C);
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], ADDRESS_COUNT);
	pass_ms(f, 50);
	alive(f, C); /* but once */
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], ADDRESS_COUNT);
}

static void a_foreign_host_is_defended_against_once_a_second_and_told_once(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	pass_ms(f, 2000);
	forget(f);
	for (unsigned i = 0; i < 300; i++) {
		heard(f, 0, 3);
		pass_ms(f, 10);
	}
	assert_true(answers(f, 0));
	assert_in_range(f->counts[OWNERSHIP_AGAIN], 3, 4);
	assert_int_equal(f->told_count, 1);
	assert_int_equal(f->told[0].event, OWNERSHIP_EV_CONFLICT);
}

/* Passes time; the host with the last MAC answers each question for the first address. */
static void pass_with_host_ms(struct fixture *f, uint64_t ms)
{
	for (; ms > 0; ms -= 10) {
		unsigned asked = f->counts[OWNERSHIP_PROBE];

		pass_ms(f, 10);
		if (f->counts[OWNERSHIP_PROBE] != asked)
			heard(f, 0, 3);
	}
}

static void what_a_foreign_host_has_is_not_claimed(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_GONE);
	pass_with_host_ms(f, 30000);
	assert_false(answers(f, 0));
	assert_true(was_told(f, OWNERSHIP_EV_CONFLICT));
	assert_in_range(f->counts[OWNERSHIP_PROBE], 5, 10);
	pass_ms(f, 11000); /* the host went away */
	assert_true(answers(f, 0));
}

static void a_host_that_is_seen_once_holds_a_claim_up_for_a_second(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_GONE);
	heard(f, 0, 3);
	pass_ms(f, 900);
	assert_false(answers(f, 0));
	assert_false(was_told(f, OWNERSHIP_EV_CONFLICT));
	pass_ms(f, 200);
	assert_true(answers(f, 0));
}

static void frames_of_ever_new_hosts_hold_a_claim_up_for_seconds_only(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	peer(f, A, OWNERSHIP_GONE);
	for (unsigned i = 0; i < 500; i++) {
		struct mac mac = { { 0, 8, 8, 8, (uint8_t)(i >> 8), (uint8_t)i } };

		ownership_heard(f->o, &ip, &mac, f->now_ns);
		collect(f);
		pass_ms(f, 10);
	}
	assert_true(answers(f, 0));
}

/* b has both addresses; a, before it in the order, lives. */
static void own_all(struct fixture *f)
{
	peer(f, A, OWNERSHIP_LEFT);
	peer(f, A, OWNERSHIP_UP);
	pass_ms(f, 2000);
	assert_true(answers(f, 0));
	forget(f);
}

static void an_owner_stays_if_the_better_one_denies(void **state)
{
	struct fixture *f = *state;

	own_all(f);
	f->word = NO;
	for (unsigned i = 0; i < 60; i++) {
		heard(f, 0, A);
		assert_true(answers(f, 0));
		pass_ms(f, 1000);
	}
	assert_int_equal(f->counts[OWNERSHIP_QUIET], 0);
	assert_true(was_told(f, OWNERSHIP_EV_FORGED));
	assert_false(was_told(f, OWNERSHIP_EV_TWO_OWNERS));
}

static void a_storm_of_forged_frames_is_not_a_storm_of_questions(void **state)
{
	struct fixture *f = *state;

	own_all(f);
	f->word = NO;
	for (unsigned i = 0; i < 1000; i++) {
		heard(f, 0, A);
		pass_ms(f, 10);
	}
	assert_true(answers(f, 0));
	assert_in_range(f->counts[OWNERSHIP_VERIFY], 5, 20);
	assert_in_range(f->counts[OWNERSHIP_AGAIN], 5, 20);
}

static void forged_frames_of_a_later_one_do_not_let_the_name_decide(void **state)
{
	static const uint16_t cba[] = { B, C, A };
	struct fixture *f = *state;

	f->addresses[0].candidates = cba;
	set(f);
	own_all(f);
	f->word = NO;
	for (unsigned i = 0; i < 100; i++) {
		struct ip ip = ip_at(0);

		ownership_announced(f->o, &ip, mac_at(A), f->now_ns);
		collect(f);
		assert_true(answers(f, 0));
		pass_ms(f, 1100);
	}
}

static void without_a_word_a_better_one_is_believed_after_45_ms(void **state)
{
	struct fixture *f = *state;

	own_all(f);
	f->word = NOTHING;
	heard(f, 0, A);
	pass_ms(f, 44);
	assert_true(answers(f, 0));
	pass_ms(f, 2);
	assert_false(answers(f, 0));
	assert_int_equal(f->counts[OWNERSHIP_VERIFY], 3);
	assert_true(was_told(f, OWNERSHIP_EV_TWO_OWNERS));
	pass_ms(f, 1200); /* and does not answer */
	assert_true(answers(f, 0));
}

static void a_forged_answer_does_not_stop_a_take_over(void **state)
{
	struct fixture *f = *state;

	f->word = NO;
	peer(f, A, OWNERSHIP_GONE);
	pass_ms(f, 10);
	heard(f, 0, C);
	pass_ms(f, 40);
	assert_true(answers(f, 0));
}

static void a_storm_of_forged_answers_does_not_stop_a_take_over(void **state)
{
	struct fixture *f = *state;

	f->word = NO;
	peer(f, A, OWNERSHIP_DOWN);
	for (unsigned i = 0; i < 100; i++) {
		heard(f, 0, C);
		pass_ms(f, 1);
	}
	assert_true(answers(f, 0));
}

static void a_forged_announcement_does_not_hide_the_owner_from_its_heir(void **state)
{
	struct fixture *f = *state;

	f->word = NO;
	heard(f, 0, C);
	pass_ms(f, 100);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 40);
	assert_true(answers(f, 0));
}

static void who_is_believed_without_a_word_is_looked_for_a_second_later(void **state)
{
	struct fixture *f = *state;

	f->word = NOTHING;
	heard(f, 0, C);
	peer(f, A, OWNERSHIP_DOWN); /* the true owner */
	pass_ms(f, 1200);
	assert_true(answers(f, 0));
}

static void who_answers_again_without_a_word_is_looked_for_no_more(void **state)
{
	struct fixture *f = *state;

	f->word = NOTHING;
	heard(f, 0, C);
	pass_ms(f, 1400); /* a may go first */
	heard(f, 0, C);
	pass_ms(f, 100);
	forget(f);
	for (unsigned i = 0; i < 5; i++) {
		pass_ms(f, 60000);
		heard(f, 0, C);
		heard(f, 1, A);
	}
	assert_false(answers(f, 0));
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
}

static void a_word_that_comes_late_still_counts(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	f->word = NOTHING;
	heard(f, 0, C);
	pass_ms(f, 100);
	assert_int_equal(ownership_owner(f->o, &ip), C);
	ownership_word(f->o, &ip, C, false, f->now_ns);
	collect(f);
	pass_ms(f, 400); /* a may go first */
	assert_true(answers(f, 0));
}

static void a_leaver_goes_on_until_the_heir_itself_says_that_it_took_over(void **state)
{
	struct fixture *f = *state;

	own_all(f);
	ownership_leave(f->o, 500 * NS_PER_MS, f->now_ns);
	collect(f);
	f->word = NO;
	heard(f, 0, A);
	assert_true(answers(f, 0));
	f->word = YES;
	pass_ms(f, 50);
	heard(f, 0, A);
	assert_false(answers(f, 0));
}

/* Keys differ: all that is known of each other are frames. */
static void who_asks_at_the_same_time_is_let_go_first_once(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	ownership_ready(f->o, true, f->now_ns);
	collect(f);
	for (unsigned i = 0; i < 8; i++) {
		ownership_rival(f->o, &ip, mac_at(3), f->now_ns);
		pass_ms(f, 10);
	}
	pass_ms(f, 1);
	assert_true(answers(f, 1));
	assert_false(answers(f, 0));
	for (unsigned i = 0; i < 38; i++) {
		ownership_rival(f->o, &ip, mac_at(3), f->now_ns);
		pass_ms(f, 10);
	}
	assert_true(answers(f, 0));
}

static void a_speaker_that_asks_at_the_same_time_is_no_rival(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	ownership_ready(f->o, true, f->now_ns);
	collect(f);
	ownership_rival(f->o, &ip, mac_at(C), f->now_ns);
	pass_ms(f, 10);
	alive(f, C); /* it tells its MAC only now */
	pass_ms(f, 71);
	assert_true(answers(f, 0));
}

static void what_could_not_be_asked_is_not_claimed(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	peer(f, A, OWNERSHIP_DOWN);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned asked = f->counts[OWNERSHIP_PROBE];

		pass_ms(f, 1);
		if (f->counts[OWNERSHIP_PROBE] == asked)
			continue;
		ownership_unasked(f->o, &ip, f->now_ns);
		collect(f);
	}
	assert_false(answers(f, 0));
	assert_true(answers(f, 1));
	assert_in_range(f->counts[OWNERSHIP_PROBE], 3, 20);
	pass_ms(f, 3000);
	assert_true(answers(f, 0));
}

/* As when directories of manifests differ for good. */
static void an_owner_that_is_no_candidate_is_asked_for_ever_more_seldom(void **state)
{
	static const uint16_t ab[] = { A, B };
	struct fixture *f = *state;

	f->addresses[0].candidates = ab;
	f->addresses[0].count = 2;
	set(f);
	heard(f, 0, C);
	for (unsigned i = 0; i < 36000; i++) {
		unsigned asked = f->counts[OWNERSHIP_PROBE];

		pass_ms(f, 10);
		if (f->counts[OWNERSHIP_PROBE] == asked && i % 6000 != 0)
			continue;
		heard(f, 0, C);
		heard(f, 1, A);
	}
	assert_false(answers(f, 0));
	assert_in_range(f->counts[OWNERSHIP_PROBE], 10, 30);
}

static void a_peer_that_is_no_candidate_is_told_again_too(void **state)
{
	static const uint16_t bc[] = { B, C };
	struct fixture *f = *state;

	for (unsigned i = 0; i < ADDRESS_COUNT; i++) {
		f->addresses[i].candidates = bc;
		f->addresses[i].count = 2;
	}
	set(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 2000);
	forget(f);
	peer(f, A, OWNERSHIP_UP);
	assert_int_equal(f->counts[OWNERSHIP_AGAIN], ADDRESS_COUNT);
}

static void a_speaker_that_slept_asks_before_it_answers_again(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	assert_true(answers(f, 0));
	ownership_stalled(f->o, f->now_ns);
	collect(f);
	assert_false(answers(f, 0));
	heard(f, 0, C);
	pass_ms(f, 100);
	assert_false(answers(f, 0));
	assert_true(answers(f, 1));
}

static void a_move_goes_quiet_when_the_successor_is_heard(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	assert_int_equal(ownership_move(f->o, &ip, C, f->now_ns), -EREMOTE);
	assert_int_equal(ownership_can_move(f->o, &ip, A), 0); /* it is there */
	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	assert_int_equal(ownership_move(f->o, &ip, A, f->now_ns), -EHOSTDOWN);
	assert_int_equal(ownership_move(f->o, &ip, C, f->now_ns), 0);
	collect(f);
	assert_int_equal(f->counts[OWNERSHIP_GIVE], 1);
	assert_true(answers(f, 0));
	pass_ms(f, 60);
	assert_int_equal(f->counts[OWNERSHIP_GIVE], 2); /* the first was lost */
	heard(f, 0, C);
	assert_false(answers(f, 0));
	assert_int_equal(why_told(f, OWNERSHIP_EV_LOST), OWNERSHIP_MOVED);
}

static void a_move_that_nobody_takes_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	peer(f, A, OWNERSHIP_LEFT);
	assert_int_equal(ownership_move(f->o, &ip, C, f->now_ns), 0);
	pass_ms(f, 1000);
	assert_true(answers(f, 0));
	assert_true(was_told(f, OWNERSHIP_EV_NO_SUCCESSOR));
}

static void what_is_given_is_taken_at_once_and_kept_from_the_giver(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	ownership_take(f->o, &ip, A, f->now_ns);
	collect(f);
	assert_true(answers(f, 0));
	heard(f, 0, A); /* an answer that was under way */
	assert_true(answers(f, 0));
	pass_ms(f, 1100);
	heard(f, 0, A); /* it did not let go */
	assert_false(answers(f, 0));
}

static void a_leaver_without_successor_goes_quiet_at_once(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	peer(f, C, OWNERSHIP_DOWN);
	ownership_leave(f->o, 500 * NS_PER_MS, f->now_ns);
	collect(f);
	assert_true(ownership_has_left(f->o));
}

static void a_leaver_whose_successor_is_not_heard_goes_quiet_in_the_end(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	ownership_leave(f->o, 500 * NS_PER_MS, f->now_ns);
	collect(f);
	pass_ms(f, 499);
	assert_false(ownership_has_left(f->o));
	pass_ms(f, 60);
	assert_true(ownership_has_left(f->o));
}

static void three_changes_in_a_minute_make_it_slower_to_suspect(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT); /* b takes both */
	peer(f, A, OWNERSHIP_UP);
	pass_ms(f, 100);
	heard(f, 0, A); /* a takes one back */
	pass_ms(f, 100);
	forget(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 100);
	assert_true(answers(f, 0));
	assert_int_equal(f->counts[OWNERSHIP_MULTIPLIER], 1);
	assert_true(was_told(f, OWNERSHIP_EV_DAMPED));
	forget(f);
	pass_ms(f, 601000); /* it wears off */
	assert_int_equal(f->counts[OWNERSHIP_MULTIPLIER], 1);
}

static void an_owner_without_a_link_gives_up_and_says_so(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	f->addresses[0].can_serve = false;
	set(f);
	assert_false(answers(f, 0));
	assert_true(answers(f, 1));
	assert_int_equal(f->counts[OWNERSHIP_GIVE], 1);
	assert_int_equal(why_told(f, OWNERSHIP_EV_LOST), OWNERSHIP_NO_LINK);
}

static void a_link_that_is_lost_needs_no_snapshot(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	serve_first(f, false);
	assert_false(answers(f, 0));
	assert_true(answers(f, 1));
	assert_int_equal(f->counts[OWNERSHIP_GIVE], 1);
	pass_ms(f, 1000);
	assert_false(answers(f, 0));
	serve_first(f, true); /* nobody has taken it meanwhile */
	pass_ms(f, 1000);
	assert_true(answers(f, 0));
}

static void an_owner_that_is_no_candidate_any_more_serves_until_it_is_replaced(void **state)
{
	static const uint16_t others[] = { A, C };
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	f->addresses[0].candidates = others;
	f->addresses[0].count = 2;
	set(f);
	assert_true(answers(f, 0));
	heard(f, 0, C);
	assert_false(answers(f, 0));
}

static void an_address_that_is_removed_goes_quiet(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	f->snapshot.address_count = 1;
	set(f);
	assert_int_equal(f->counts[OWNERSHIP_QUIET], 1);
	assert_true(answers(f, 0));
	assert_false(answers(f, 1));
}

static void what_is_known_survives_a_snapshot_with_other_members(void **state)
{
	static const uint16_t moved[] = { A, B, 3 };
	struct ownership_member members[] = { { "a", true }, { "b", true }, { "bb", true },
		{ "c", true } };
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	heard(f, 0, C);
	f->snapshot.members = members;
	f->snapshot.member_count = 4;
	f->addresses[0].candidates = moved;
	set(f);
	assert_int_equal(ownership_owner(f->o, &ip), 3);
	assert_false(answers(f, 0));
	peer(f, 3, OWNERSHIP_LEFT);
	peer(f, A, OWNERSHIP_LEFT);
	assert_true(answers(f, 0));
}

static void alone_it_withdraws_if_told_to(void **state)
{
	struct fixture *f = *state;

	f->snapshot.conf.withdraw_alone = true;
	set(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 100);
	assert_true(answers(f, 0));
	peer(f, C, OWNERSHIP_DOWN);
	pass_ms(f, 900);
	assert_true(answers(f, 0));
	pass_ms(f, 200);
	assert_false(answers(f, 0));
	assert_true(was_told(f, OWNERSHIP_EV_ALONE));
	peer(f, C, OWNERSHIP_UP);
	pass_ms(f, 2000);
	assert_true(answers(f, 0));
}

struct moves {
	unsigned count;
	uint16_t to;
};

static void count_move(void *user, const struct ip *ip, uint16_t to)
{
	struct moves *moves = user;

	(void)ip;
	moves->count++;
	moves->to = to;
}

static void what_a_drain_would_move_is_what_it_moves(void **state)
{
	struct fixture *f = *state;
	struct moves moves = { 0 };

	peer(f, A, OWNERSHIP_LEFT);
	ownership_would_move(f->o, true, count_move, &moves);
	assert_int_equal(moves.count, ADDRESS_COUNT);
	assert_int_equal(moves.to, C);
	forget(f);
	ownership_drain(f->o, true, f->now_ns);
	collect(f);
	assert_int_equal(f->counts[OWNERSHIP_GIVE], ADDRESS_COUNT);
	heard(f, 0, C);
	assert_false(answers(f, 0));
	pass_ms(f, 5000); /* the other one is not taken */
	assert_true(answers(f, 1));
	assert_true(was_told(f, OWNERSHIP_EV_NO_SUCCESSOR));
}

static void a_rebalance_gives_to_the_first_that_lives(void **state)
{
	struct fixture *f = *state;
	struct moves moves = { 0 };

	peer(f, A, OWNERSHIP_LEFT);
	ownership_would_move(f->o, false, count_move, &moves);
	assert_int_equal(moves.count, 0); /* self is the first that lives */
	peer(f, A, OWNERSHIP_UP);
	ownership_would_move(f->o, false, count_move, &moves);
	assert_int_equal(moves.count, ADDRESS_COUNT);
	assert_int_equal(moves.to, A);
	assert_int_equal(ownership_rebalance(f->o, f->now_ns), ADDRESS_COUNT);
	collect(f);
	heard(f, 0, A);
	assert_false(answers(f, 0));
}

static void a_restarted_owner_owns_nothing(void **state)
{
	struct fixture *f = *state;

	ownership_restarted(f->o, A, f->now_ns);
	collect(f);
	pass_ms(f, 400);
	assert_true(answers(f, 0));
}

/* An owner without a session says hello each 10 s and announces each minute. */
static void an_owner_that_is_heard_of_is_not_asked_for(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_UNKNOWN);
	for (unsigned i = 0; i < 60; i++) {
		alive(f, A);
		if (i % 6 == 0)
			heard(f, 0, A);
		if (i % 6 == 0)
			heard(f, 1, A);
		pass_ms(f, 10000);
	}
	assert_int_equal(f->counts[OWNERSHIP_PROBE], 0);
	pass_ms(f, 40000); /* it falls silent */
	assert_true(answers(f, 0));
}

static void what_a_drained_node_takes_it_tries_to_give_again(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	ownership_drain(f->o, true, f->now_ns);
	collect(f);
	ownership_take(f->o, &ip, A, f->now_ns); /* c may have it as well */
	collect(f);
	assert_false(answers(f, 0));
	peer(f, C, OWNERSHIP_DOWN);
	ownership_take(f->o, &ip, A, f->now_ns);
	collect(f);
	assert_true(answers(f, 0));
	peer(f, C, OWNERSHIP_UP);
	pass_ms(f, 10000);
	assert_true(f->counts[OWNERSHIP_GIVE] > 0);
	heard(f, 0, C);
	assert_false(answers(f, 0));
}

static void if_the_best_heir_does_not_take_it_the_next_is_asked(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	peer(f, A, OWNERSHIP_UP);
	forget(f);
	ownership_drain(f->o, true, f->now_ns);
	collect(f);
	pass_ms(f, 500);
	assert_int_equal(f->given[A], 6 * ADDRESS_COUNT);
	assert_true(f->given[C] > 0);
	heard(f, 0, C);
	assert_false(answers(f, 0));
	assert_false(was_told(f, OWNERSHIP_EV_NO_SUCCESSOR));
}

static void who_lost_its_link_asks_every_heir_again_and_again(void **state)
{
	struct fixture *f = *state;

	lose_link_after_a_came_back(f);
	assert_false(answers(f, 0));
	f->addresses[0].can_serve = false;
	set(f); /* main has noticed too */
	pass_ms(f, 1000);
	assert_int_equal(f->given[A], 6);
	assert_int_equal(f->given[C], 6);
}

static void who_lost_its_link_asks_no_more_when_an_heir_says_that_it_has_it(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	lose_link_after_a_came_back(f);
	ownership_word(f->o, &ip, A, true, f->now_ns);
	collect(f);
	pass_ms(f, 1000);
	assert_int_equal(f->given[A], 1);
	assert_int_equal(f->given[C], 0);
}

static void an_heir_that_says_that_it_can_not_is_asked_no_more(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	lose_link_after_a_came_back(f);
	ownership_word(f->o, &ip, A, false, f->now_ns);
	collect(f);
	assert_int_equal(f->given[A], 1);
	assert_int_equal(f->given[C], 1); /* at once */
	ownership_word(f->o, &ip, C, false, f->now_ns);
	collect(f);
	assert_int_equal(f->given[C], 1); /* the last one is, but not as fast as it answers */
	pass_ms(f, 1000);
	assert_int_equal(f->given[A], 1);
	assert_int_equal(f->given[C], 6);
}

static void neither_is_it_by_an_owner_that_goes_on_answering(void **state)
{
	struct fixture *f = *state;
	struct ip ip = ip_at(0);

	peer(f, A, OWNERSHIP_LEFT);
	peer(f, A, OWNERSHIP_UP);
	forget(f);
	ownership_drain(f->o, true, f->now_ns);
	collect(f);
	ownership_word(f->o, &ip, C, false, f->now_ns); /* it was not asked */
	collect(f);
	assert_int_equal(f->given[C], 0);
	ownership_word(f->o, &ip, A, false, f->now_ns);
	collect(f);
	assert_int_equal(f->given[A], ADDRESS_COUNT);
	assert_int_equal(f->given[C], 1);
	assert_true(answers(f, 0));
	heard(f, 0, C);
	assert_false(answers(f, 0));
}

static void who_lost_its_link_turns_to_the_next_if_its_heir_dies(void **state)
{
	struct fixture *f = *state;

	lose_link_after_a_came_back(f);
	peer(f, A, OWNERSHIP_DOWN);
	pass_ms(f, 50);
	assert_int_equal(f->given[A], 1);
	assert_int_equal(f->given[C], 1);
}

static void who_is_told_of_a_successor_asks_no_more(void **state)
{
	struct fixture *f = *state;

	peer(f, A, OWNERSHIP_LEFT);
	forget(f);
	serve_first(f, false);
	heard(f, 0, C);
	pass_ms(f, 1000);
	assert_int_equal(f->counts[OWNERSHIP_GIVE], 1);
}

/* To it all others came up a moment ago. */
static void a_node_that_started_is_the_last_choice(void **state)
{
	struct fixture *f = *state;

	ownership_ready(f->o, true, f->now_ns);
	collect(f);
	alive(f, A);
	heard(f, 0, A);
	heard(f, 1, A);
	pass_ms(f, 50);
	peer(f, A, OWNERSHIP_UP);
	peer(f, C, OWNERSHIP_UP);
	pass_ms(f, 950);
	peer(f, A, OWNERSHIP_LEFT);
	pass_ms(f, 250);
	assert_false(answers(f, 0));
	pass_ms(f, 100);
	assert_true(answers(f, 0)); /* c did not take it */
}

static void nobody_waits_for_a_node_that_started(void **state)
{
	struct fixture *f = *state;

	heard(f, 0, C);
	ownership_peer_new(f->o, A, true, f->now_ns);
	collect(f);
	peer(f, C, OWNERSHIP_DOWN);
	pass_ms(f, 40);
	assert_true(answers(f, 0));
}

#define FRESH(test)   cmocka_unit_test_setup_teardown(test, begin, end)
#define OWNER_A(test) cmocka_unit_test_setup_teardown(test, begin_with_owner_a, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(it_claims_nothing_before_it_is_ready),
		FRESH(what_nobody_answers_for_is_claimed_after_four_probes),
		FRESH(an_owner_that_answers_keeps_its_address),
		OWNER_A(a_silent_owner_is_asked_for_twice_and_then_replaced),
		OWNER_A(who_detects_quickly_waits_less_for_the_last_answer),
		OWNER_A(who_detects_slowly_waits_as_long_as_between_the_probes),
		OWNER_A(an_answer_of_the_suspected_owner_cancels_the_claim),
		OWNER_A(the_kernel_of_a_dead_speaker_holds_a_claim_up_for_a_second_only),
		OWNER_A(a_speaker_that_speaks_is_not_replaced_while_it_answers),
		OWNER_A(signs_of_life_alone_do_not_keep_an_address_for_ever),
		OWNER_A(the_kernel_of_a_gone_process_does_not_count),
		OWNER_A(an_owner_that_left_is_replaced_at_once_without_asking),
		OWNER_A(a_later_heir_waits_for_the_first_one),
		OWNER_A(if_owner_and_first_heir_die_the_second_does_not_wait),
		OWNER_A(a_node_that_came_back_lets_a_later_one_go_first),
		OWNER_A(a_drained_node_takes_what_nobody_else_does),
		OWNER_A(nobody_waits_for_a_drained_node),
		OWNER_A(a_claim_on_suspicion_is_said_twice),
		OWNER_A(a_better_owner_is_yielded_to_at_once),
		OWNER_A(whoever_yields_looks_whether_the_other_answers),
		OWNER_A(a_worse_owner_is_told_again),
		OWNER_A(a_peer_that_comes_back_is_told_again),
		OWNER_A(a_peer_that_is_heard_soon_after_it_was_lost_is_told_too),
		OWNER_A(a_foreign_host_is_defended_against_once_a_second_and_told_once),
		OWNER_A(what_a_foreign_host_has_is_not_claimed),
		OWNER_A(a_host_that_is_seen_once_holds_a_claim_up_for_a_second),
		OWNER_A(frames_of_ever_new_hosts_hold_a_claim_up_for_seconds_only),
		OWNER_A(an_owner_stays_if_the_better_one_denies),
		OWNER_A(a_storm_of_forged_frames_is_not_a_storm_of_questions),
		OWNER_A(forged_frames_of_a_later_one_do_not_let_the_name_decide),
		OWNER_A(without_a_word_a_better_one_is_believed_after_45_ms),
		OWNER_A(a_forged_answer_does_not_stop_a_take_over),
		OWNER_A(a_storm_of_forged_answers_does_not_stop_a_take_over),
		OWNER_A(a_forged_announcement_does_not_hide_the_owner_from_its_heir),
		OWNER_A(who_is_believed_without_a_word_is_looked_for_a_second_later),
		OWNER_A(who_answers_again_without_a_word_is_looked_for_no_more),
		OWNER_A(a_word_that_comes_late_still_counts),
		OWNER_A(a_leaver_goes_on_until_the_heir_itself_says_that_it_took_over),
		FRESH(who_asks_at_the_same_time_is_let_go_first_once),
		FRESH(a_speaker_that_asks_at_the_same_time_is_no_rival),
		OWNER_A(what_could_not_be_asked_is_not_claimed),
		OWNER_A(an_owner_that_is_no_candidate_is_asked_for_ever_more_seldom),
		OWNER_A(a_peer_that_is_no_candidate_is_told_again_too),
		OWNER_A(a_speaker_that_slept_asks_before_it_answers_again),
		OWNER_A(a_move_goes_quiet_when_the_successor_is_heard),
		OWNER_A(a_move_that_nobody_takes_is_given_up),
		OWNER_A(what_is_given_is_taken_at_once_and_kept_from_the_giver),
		OWNER_A(a_leaver_without_successor_goes_quiet_at_once),
		OWNER_A(a_leaver_whose_successor_is_not_heard_goes_quiet_in_the_end),
		OWNER_A(three_changes_in_a_minute_make_it_slower_to_suspect),
		OWNER_A(an_owner_without_a_link_gives_up_and_says_so),
		OWNER_A(a_link_that_is_lost_needs_no_snapshot),
		OWNER_A(an_owner_that_is_no_candidate_any_more_serves_until_it_is_replaced),
		OWNER_A(an_address_that_is_removed_goes_quiet),
		OWNER_A(what_is_known_survives_a_snapshot_with_other_members),
		OWNER_A(alone_it_withdraws_if_told_to),
		OWNER_A(what_a_drain_would_move_is_what_it_moves),
		OWNER_A(a_rebalance_gives_to_the_first_that_lives),
		OWNER_A(a_restarted_owner_owns_nothing),
		OWNER_A(an_owner_that_is_heard_of_is_not_asked_for),
		OWNER_A(what_a_drained_node_takes_it_tries_to_give_again),
		OWNER_A(if_the_best_heir_does_not_take_it_the_next_is_asked),
		OWNER_A(who_lost_its_link_asks_every_heir_again_and_again),
		OWNER_A(who_lost_its_link_asks_no_more_when_an_heir_says_that_it_has_it),
		OWNER_A(an_heir_that_says_that_it_can_not_is_asked_no_more),
		OWNER_A(neither_is_it_by_an_owner_that_goes_on_answering),
		OWNER_A(who_lost_its_link_turns_to_the_next_if_its_heir_dies),
		OWNER_A(who_is_told_of_a_successor_asks_no_more),
		FRESH(a_node_that_started_is_the_last_choice),
		OWNER_A(nobody_waits_for_a_node_that_started),
	};

	return cmocka_run_group_tests_name("plan_ownership", tests, NULL, NULL);
}
