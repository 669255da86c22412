/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The claims of an ownership: their deadlines, and that one address at a time comes to the same as a
 * whole snapshot.
 */

#include "base/mem.h"
#include "plan/ownership_heard.h"
#include "plan/ownership_state.h"
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

enum {
	COUNT = 100,
	MEMBERS = 3,
	SELF = 1,
	STEPS = 2000,
};

static struct ip ip_number(size_t i)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)i });
}

static void deadlines_come_in_order(void **state)
{
	static const uint16_t order[] = { 0 };
	auto_(ownership_freep) struct ownership *o = ownership_new();
	struct claim *claims[COUNT];
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		const struct ownership_address address = {
			.ip = ip_number(i),
			.candidates = order,
			.count = 1,
		};

		claims[i] = ownership_claim_new(&address);
		claims_insert(o, claims[i]);
		claims_set_due(o, claims[i], 1 + i * 37 % COUNT);
	}
	for (size_t i = 0; i < COUNT; i += 3)
		claims_set_due(o, claims[i], DUE_NEVER);
	for (size_t i = 1; i < COUNT; i += 3)
		claims_set_due(o, claims[i], 1000 - i % 2);
	for (size_t left = COUNT - 34; left > 0; left--) {
		struct claim *first = claims_due(o);

		assert_true(first->ip.bytes[3] % 3 != 0);
		assert_true(claims_due_ns(o) >= last);
		last = claims_due_ns(o);
		claims_set_due(o, first, DUE_NEVER);
	}
	assert_int_equal(claims_due_ns(o), DUE_NEVER);
}

/* What is wanted: of each address whether there is one, the order of its candidates, and a link. */
struct wanted {
	bool is_there[COUNT];
	uint16_t orders[COUNT][MEMBERS];
	size_t counts[COUNT];
	bool can_serve[COUNT];
};

static struct ownership_address address_of(const struct wanted *wanted, size_t i)
{
	return (struct ownership_address){
		.ip = ip_number(i),
		.candidates = wanted->orders[i],
		.count = wanted->counts[i],
		.can_serve = wanted->can_serve[i],
	};
}

static void set_all(struct ownership *o, const struct wanted *wanted, uint64_t now_ns)
{
	static const struct ownership_member members[MEMBERS] = {
		{ .name = "a", .has_session = true },
		{ .name = "b" },
		{ .name = "c", .has_session = true },
	};
	struct ownership_address addresses[COUNT];
	struct ownership_snapshot snapshot = {
		.members = members,
		.member_count = MEMBERS,
		.self = SELF,
		.addresses = addresses,
		/* No hold-down: its end is seen only by what is looked at after it. */
		.conf = { .detect_ns = 300 * NS_PER_MS },
	};

	for (size_t i = 0; i < COUNT; i++) {
		if (wanted->is_there[i])
			addresses[snapshot.address_count++] = address_of(wanted, i);
	}
	ownership_set(o, &snapshot, now_ns);
}

static void set_one(struct ownership *o, const struct wanted *wanted, size_t i, uint64_t now_ns)
{
	const struct ownership_address address = address_of(wanted, i);

	if (wanted->is_there[i])
		ownership_claim_free(
			ownership_put(o, ownership_claim_new(&address), address.can_serve, now_ns));
	else
		ownership_claim_free(ownership_drop(o, &address.ip, now_ns));
}

static void change(struct wanted *wanted, size_t i)
{
	size_t first = (size_t)rand() % MEMBERS;

	wanted->is_there[i] = rand() % 4 != 0;
	wanted->can_serve[i] = rand() % 4 != 0;
	wanted->counts[i] = 1 + (size_t)rand() % MEMBERS;
	for (size_t k = 0; k < MEMBERS; k++)
		wanted->orders[i][k] = (uint16_t)((first + k) % MEMBERS);
}

/* Does all that is due, and throws its actions away. */
static void run(struct ownership *o, uint64_t now_ns)
{
	struct ownership_action action;

	do {
		while (ownership_take_action(o, &action))
			;
		ownership_tick(o, now_ns);
	} while (ownership_next_ns(o) <= now_ns);
	while (ownership_take_action(o, &action))
		;
}

static void assert_same(const struct ownership *a, const struct ownership *b)
{
	const struct claim *other = claims_first(b);

	assert_int_equal(a->claim_count, b->claim_count);
	each_claim(a, claim)
	{
		assert_true(ip_equal(&claim->ip, &other->ip));
		assert_int_equal(claim->state, other->state);
		assert_int_equal(claim->owner, other->owner);
		assert_int_equal(claim->count, other->count);
		assert_memory_equal(claim->candidates, other->candidates,
			claim->count * sizeof(claim->candidates[0]));
		other = claims_next(other);
	}
}

/* What else happens, to both alike. */
static void happen(struct ownership *o, unsigned what, size_t i, uint64_t now_ns)
{
	const struct mac mac = { { 2, 0, 0, 0, 0, (uint8_t)(what % 2) } };
	uint16_t member = what % 2 == 0 ? 0 : 2;
	struct ip ip = ip_number(i);

	switch (what / 2 % 3) {
	case 0:
		ownership_peer(o, member, what < 8 ? OWNERSHIP_UP : OWNERSHIP_DOWN, now_ns);
		break;
	case 1:
		ownership_alive(o, member, &mac, now_ns);
		break;
	default:
		ownership_heard(o, &ip, &mac, now_ns);
		break;
	}
}

static void one_address_at_a_time_comes_to_the_same_as_all(void **state)
{
	auto_(ownership_freep) struct ownership *all = ownership_new();
	auto_(ownership_freep) struct ownership *one = ownership_new();
	struct wanted wanted = { 0 };
	size_t room = ownership_room(MEMBERS, 2 * COUNT);
	uint64_t now_ns = 100 * NS_PER_S;

	(void)state;
	srand(1);
	set_all(all, &wanted, now_ns);
	set_all(one, &wanted, now_ns);
	free(ownership_set_room(one, xnew_array(struct ownership_action, room), room));
	ownership_ready(all, true, now_ns);
	ownership_ready(one, true, now_ns);
	for (unsigned step = 0; step < STEPS; step++) {
		size_t i = (size_t)rand() % COUNT;
		unsigned what = (unsigned)rand() % 12;

		change(&wanted, i);
		set_all(all, &wanted, now_ns);
		set_one(one, &wanted, i, now_ns);
		run(all, now_ns);
		run(one, now_ns);
		assert_same(all, one);
		now_ns += (uint64_t)(rand() % 50) * NS_PER_MS;
		happen(all, what, i, now_ns);
		happen(one, what, i, now_ns);
		run(all, now_ns);
		run(one, now_ns);
		assert_same(all, one);
	}
	assert_true(all->counters.took[OWNERSHIP_NOBODY_ANSWERED] > 100);
}

static void an_address_that_goes_is_quiet_at_once(void **state)
{
	auto_(ownership_freep) struct ownership *o = ownership_new();
	struct wanted wanted = { .is_there = { [7] = true },
		.counts = { [7] = 1 },
		.orders = { [7] = { SELF } },
		.can_serve = { [7] = true } };
	struct ownership_action action;
	uint64_t now_ns = 100 * NS_PER_S;

	(void)state;
	set_all(o, &wanted, now_ns);
	ownership_ready(o, true, now_ns);
	for (unsigned i = 0; i < 10; i++)
		run(o, now_ns += 20 * NS_PER_MS);
	assert_int_equal(claims_first(o)->state, OWNERSHIP_OWNER);
	wanted.is_there[7] = false;
	set_one(o, &wanted, 7, now_ns);
	assert_true(ownership_take_action(o, &action));
	assert_int_equal(action.type, OWNERSHIP_QUIET);
	assert_true(ownership_take_action(o, &action));
	assert_int_equal(action.event, OWNERSHIP_EV_LOST);
	assert_false(ownership_take_action(o, &action));
	assert_int_equal(claims_due_ns(o), DUE_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_come_in_order),
		cmocka_unit_test(one_address_at_a_time_comes_to_the_same_as_all),
		cmocka_unit_test(an_address_that_goes_is_quiet_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
