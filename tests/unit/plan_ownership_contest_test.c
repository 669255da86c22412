/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two nodes, a and b, on one wire, and one address: what becomes of two owners who see the world
 * differently. Frames arrive at once; messages are the test's to send or not.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "plan/ownership_heard.h"
#include "plan/ownership_view.h"
#include "tests/unit/cmocka_all.h"

enum {
	A,
	B,
	COUNT,
};

struct node {
	struct ownership *o;
	unsigned again;
	unsigned told; /* of two owners */
};

struct pair {
	uint64_t now_ns;
	struct node nodes[COUNT];
	unsigned both; /* ms with two owners */
	unsigned nobody;
};

static const struct mac macs[] = { { { 2, 0, 0, 0, 0, 1 } }, { { 2, 0, 0, 0, 0, 2 } } };

static struct ip address(void)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, 1 });
}

static bool owns(const struct pair *p, unsigned node)
{
	struct ip ip = address();

	return ownership_answers(p->nodes[node].o, &ip);
}

/* Does what node decided, and what the other one decides on hearing it. */
static void collect(struct pair *p, unsigned node)
{
	struct ownership_action action;
	struct ip ip = address();
	unsigned said[COUNT] = { 0 };
	unsigned other = !node;
	bool is_asked = false;

	while (ownership_take_action(p->nodes[node].o, &action)) {
		said[node] += action.type == OWNERSHIP_ANNOUNCE || action.type == OWNERSHIP_AGAIN;
		p->nodes[node].again += action.type == OWNERSHIP_AGAIN;
		p->nodes[node].told += action.type == OWNERSHIP_TELL &&
			action.event == OWNERSHIP_EV_TWO_OWNERS;
		is_asked |= action.type == OWNERSHIP_PROBE;
	}
	if (is_asked && owns(p, other)) {
		ownership_heard(p->nodes[node].o, &ip, &macs[other], p->now_ns);
		collect(p, node);
	}
	if (said[node] > 0) {
		ownership_announced(p->nodes[other].o, &ip, &macs[node], p->now_ns);
		collect(p, other);
	}
}

static void pass_ms(struct pair *p, unsigned ms)
{
	for (; ms > 0; ms--) {
		p->now_ns += NS_PER_MS;
		for (unsigned i = 0; i < COUNT; i++) {
			if (ownership_next_ns(p->nodes[i].o) > p->now_ns)
				continue;
			ownership_tick(p->nodes[i].o, p->now_ns);
			collect(p, i);
		}
		p->both += owns(p, A) && owns(p, B);
		p->nobody += !owns(p, A) && !owns(p, B);
	}
}

static void forget(struct pair *p)
{
	p->both = 0;
	p->nobody = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		p->nodes[i].again = 0;
		p->nodes[i].told = 0;
	}
}

static void put(struct pair *p, unsigned node, const uint16_t *order, size_t count)
{
	const struct ownership_member members[] = { { "a", true }, { "b", true } };
	const struct ownership_address wanted = { address(), order, count, true };
	const struct ownership_snapshot snapshot = {
		.members = members,
		.member_count = COUNT,
		.self = (uint16_t)node,
		.addresses = &wanted,
		.address_count = 1,
		.conf = { .detect_ns = 300 * NS_PER_MS, .hold_down_ns = 5 * NS_PER_S },
	};

	ownership_set(p->nodes[node].o, &snapshot, p->now_ns);
	collect(p, node);
}

static void peer(struct pair *p, unsigned node, enum ownership_peer state)
{
	ownership_peer(p->nodes[node].o, (uint16_t)!node, state, p->now_ns);
	collect(p, node);
}

static void alive(struct pair *p, unsigned node)
{
	ownership_alive(p->nodes[node].o, (uint16_t)!node, &macs[!node], p->now_ns);
	collect(p, node);
}

static void start(struct pair *p, unsigned node)
{
	ownership_ready(p->nodes[node].o, true, p->now_ns);
	collect(p, node);
}

static void meet(struct pair *p)
{
	for (unsigned i = 0; i < COUNT; i++)
		alive(p, i);
	for (unsigned i = 0; i < COUNT; i++)
		peer(p, i, OWNERSHIP_UP);
}

static int begin(void **state)
{
	static const uint16_t order[] = { A, B };
	struct pair *p = xnew(struct pair);

	p->now_ns = 100 * NS_PER_S;
	for (unsigned i = 0; i < COUNT; i++)
		p->nodes[i].o = ownership_new();
	for (unsigned i = 0; i < COUNT; i++)
		put(p, i, order, COUNT);
	*state = p;
	return 0;
}

/* They have met, and node @owner has it. */
static void settle_on(struct pair *p, unsigned owner)
{
	start(p, owner);
	pass_ms(p, 200);
	start(p, !owner);
	meet(p);
	pass_ms(p, 10000);
	assert_true(owns(p, owner));
	assert_false(owns(p, !owner));
	forget(p);
}

static int end(void **state)
{
	struct pair *p = *state;

	for (unsigned i = 0; i < COUNT; i++)
		ownership_free(p->nodes[i].o);
	free(p);
	return 0;
}

static void check_settled(const struct pair *p)
{
	assert_int_equal(owns(p, A) + owns(p, B), 1);
	assert_true(p->both < 8000);
	assert_in_range(p->nodes[A].again + p->nodes[B].again, 0, 40);
	assert_in_range(p->nodes[A].told, 0, 3);
	assert_in_range(p->nodes[B].told, 0, 3);
}

static void without_messages_the_first_of_the_order_keeps_it(void **state)
{
	struct pair *p = *state;

	settle_on(p, A);
	peer(p, A, OWNERSHIP_DOWN);
	peer(p, B, OWNERSHIP_DOWN);
	pass_ms(p, 60000);
	check_settled(p);
	assert_true(owns(p, A));
	assert_in_range(p->both, 0, 3000);
}

static void without_messages_the_first_of_the_order_gets_it(void **state)
{
	struct pair *p = *state;

	settle_on(p, B);
	peer(p, A, OWNERSHIP_DOWN);
	peer(p, B, OWNERSHIP_DOWN);
	pass_ms(p, 60000);
	check_settled(p);
}

static void hosts_that_say_nobody_listens_do_not_make_two_owners(void **state)
{
	struct pair *p = *state;

	settle_on(p, A);
	peer(p, A, OWNERSHIP_GONE);
	peer(p, B, OWNERSHIP_GONE);
	pass_ms(p, 60000);
	check_settled(p);
}

static void an_owner_known_from_the_wire_alone_is_replaced_when_it_dies(void **state)
{
	struct pair *p = *state;

	settle_on(p, A);
	peer(p, A, OWNERSHIP_DOWN);
	peer(p, B, OWNERSHIP_DOWN);
	pass_ms(p, 60000);
	assert_true(owns(p, A));
	ownership_ready(p->nodes[A].o, false, p->now_ns);
	collect(p, A);
	pass_ms(p, 11000);
	assert_true(owns(p, B));
}

static void an_owner_that_did_not_leave_after_all_is_yielded_to(void **state)
{
	struct pair *p = *state;

	settle_on(p, A);
	peer(p, A, OWNERSHIP_UNKNOWN);
	peer(p, B, OWNERSHIP_LEFT);
	pass_ms(p, 1000);
	for (unsigned i = 0; i < 20; i++) {
		alive(p, A);
		alive(p, B);
		pass_ms(p, 1000);
	}
	check_settled(p);
	assert_true(owns(p, A));
}

/* The announcement of each minute. */
static void say_again(struct pair *p, unsigned node)
{
	struct ip ip = address();

	ownership_announced(p->nodes[!node].o, &ip, &macs[node], p->now_ns);
	collect(p, !node);
}

/* Each has claimed it before it heard of the other. */
static void contest(struct pair *p, const uint16_t *of_a, const uint16_t *of_b, size_t count)
{
	struct ownership_action action;

	put(p, A, of_a, count);
	put(p, B, of_b, count);
	start(p, A);
	start(p, B);
	for (unsigned i = 0; i < 200; i++) {
		p->now_ns += NS_PER_MS;
		for (unsigned node = 0; node < COUNT; node++) {
			ownership_tick(p->nodes[node].o, p->now_ns);
			while (ownership_take_action(p->nodes[node].o, &action))
				continue;
		}
	}
	assert_true(owns(p, A) && owns(p, B));
	meet(p);
	say_again(p, A);
	pass_ms(p, 60000);
}

static void by_one_order_two_owners_settle_at_once(void **state)
{
	static const uint16_t ab[] = { A, B };
	struct pair *p = *state;

	contest(p, ab, ab, 2);
	check_settled(p);
	assert_true(owns(p, A));
	assert_in_range(p->both, 0, 100);
}

static void if_each_comes_first_in_its_own_order_the_name_decides(void **state)
{
	static const uint16_t ab[] = { A, B };
	static const uint16_t ba[] = { B, A };
	struct pair *p = *state;

	contest(p, ab, ba, 2);
	check_settled(p);
	assert_true(owns(p, A));
	assert_in_range(p->both, 0, 1500);
}

static void if_each_is_the_only_candidate_the_name_decides(void **state)
{
	static const uint16_t a[] = { A };
	static const uint16_t b[] = { B };
	struct pair *p = *state;

	contest(p, a, b, 1);
	check_settled(p);
	assert_true(owns(p, A));
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR(without_messages_the_first_of_the_order_keeps_it),
		PAIR(without_messages_the_first_of_the_order_gets_it),
		PAIR(hosts_that_say_nobody_listens_do_not_make_two_owners),
		PAIR(an_owner_known_from_the_wire_alone_is_replaced_when_it_dies),
		PAIR(an_owner_that_did_not_leave_after_all_is_yielded_to),
		PAIR(by_one_order_two_owners_settle_at_once),
		PAIR(if_each_comes_first_in_its_own_order_the_name_decides),
		PAIR(if_each_is_the_only_candidate_the_name_decides),
	};

	return cmocka_run_group_tests_name("plan_ownership_contest", tests, NULL, NULL);
}
