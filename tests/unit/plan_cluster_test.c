/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Clusters of more than 16 nodes, where most have no session with most: every node decides for
 * itself, with the sessions that it chooses. What is sent is counted, a packet for each; frames and
 * messages arrive at once. Time goes in steps.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "plan/elect.h"
#include "plan/ownership_heard.h"
#include "plan/ownership_moves.h"
#include "plan/ownership_view.h"
#include "plan/sessions.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define STEP_NS   (10 * NS_PER_MS)
#define DETECT_NS (300 * NS_PER_MS)
#define REVIEW_NS (5 * NS_PER_S)

enum {
	ADDRESSES_MAX = 64,
	NAME_SIZE = 16,
	STEPS_PER_SECOND = 100,
	REFRESH_S = 60,
	HEIRS = 5,
	ROUNDS = 5, /* announcements after an address was taken, 2 frames each */
};

struct size {
	const char *name;
	unsigned nodes;
	unsigned addresses;
};

struct node {
	struct ownership *o; /* NULL: it does not run */
	bool *wanted;        /* sessions it chose */
	bool *is_up;         /* as it sees them */
	bool answers[ADDRESSES_MAX];
	unsigned owned;
	uint64_t refresh_ns[ADDRESSES_MAX];
	uint64_t next_ns; /* when it is to be called */
	uint64_t died_ns;
	unsigned sent; /* in this second */
	unsigned probes;
	size_t sessions;
	bool is_heir; /* of some address: its hellos matter to others */
	bool is_mute; /* nobody has a session with it */
};

struct cluster {
	unsigned count;
	unsigned addresses;
	uint64_t now_ns;
	struct node *nodes;                /* owned */
	uint16_t *orders;                  /* of each address; owned */
	struct ownership_member *members;  /* owned */
	char (*names)[NAME_SIZE];          /* owned */
	struct ownership_address *at;      /* owned */
	unsigned owners[ADDRESSES_MAX];    /* how many live nodes answer */
	unsigned busiest;                  /* packets of any node in any second */
	uint64_t nobody_ns[ADDRESSES_MAX]; /* since when; 0: it is not so */
	uint64_t worst_nobody_ns;
};

static struct ip ip_of(unsigned address)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)address });
}

static struct mac mac_of(unsigned node)
{
	return (struct mac){ { 2, 0, 0, 0, (uint8_t)(node >> 8), (uint8_t)node } };
}

static void settle(struct cluster *c, unsigned node);

static void hear(struct cluster *c, unsigned to, unsigned from, unsigned address, bool is_announced)
{
	struct mac mac = mac_of(from);
	struct ip ip = ip_of(address);

	if (is_announced)
		ownership_announced(c->nodes[to].o, &ip, &mac, c->now_ns);
	else
		ownership_heard(c->nodes[to].o, &ip, &mac, c->now_ns);
	settle(c, to);
}

static void announce(struct cluster *c, unsigned node, unsigned address)
{
	c->nodes[node].sent += 2;
	c->nodes[node].refresh_ns[address] = c->now_ns + REFRESH_S * NS_PER_S;
	for (unsigned i = 0; i < c->count; i++) {
		if (i != node && c->nodes[i].o)
			hear(c, i, node, address, true);
	}
}

static void probe(struct cluster *c, unsigned node, unsigned address)
{
	c->nodes[node].sent++;
	c->nodes[node].probes++;
	for (unsigned i = 0; i < c->count; i++) {
		if (i == node || !c->nodes[i].answers[address])
			continue;
		c->nodes[i].sent++;
		hear(c, node, i, address, false);
	}
}

static void verify(struct cluster *c, unsigned node, uint16_t member, const struct ip *ip)
{
	c->nodes[node].sent++;
	if (!c->nodes[member].o)
		return;
	c->nodes[member].sent++;
	ownership_word(
		c->nodes[node].o, ip, member, ownership_answers(c->nodes[member].o, ip), c->now_ns);
	settle(c, node);
}

static void set_answers(struct cluster *c, unsigned node, unsigned address, bool answers)
{
	struct node *n = &c->nodes[node];

	if (n->answers[address] == answers)
		return;
	n->answers[address] = answers;
	n->owned += answers ? 1U : -1U;
	c->owners[address] += answers ? 1U : -1U;
}

static void act(struct cluster *c, unsigned node, const struct ownership_action *action)
{
	struct node *n = &c->nodes[node];
	unsigned address = action->ip.bytes[3];

	switch (action->type) {
	case OWNERSHIP_PROBE:
		probe(c, node, address);
		break;
	case OWNERSHIP_VERIFY:
		verify(c, node, action->member, &action->ip);
		break;
	case OWNERSHIP_ANNOUNCE:
		set_answers(c, node, address, true);
		n->sent += 2 * (ROUNDS - 1);
		announce(c, node, address);
		break;
	case OWNERSHIP_AGAIN:
		announce(c, node, address);
		break;
	case OWNERSHIP_QUIET:
		set_answers(c, node, address, false);
		break;
	case OWNERSHIP_GIVE:
		n->sent++;
		if (c->nodes[action->member].o) {
			ownership_take(
				c->nodes[action->member].o, &action->ip, (uint16_t)node, c->now_ns);
			settle(c, action->member);
		}
		break;
	case OWNERSHIP_ASK:
		n->sent++;
		break;
	case OWNERSHIP_MULTIPLIER:
	case OWNERSHIP_TELL:
		break;
	}
}

static void settle(struct cluster *c, unsigned node)
{
	struct ownership_action action;

	while (ownership_take_action(c->nodes[node].o, &action))
		act(c, node, &action);
	c->nodes[node].next_ns = ownership_next_ns(c->nodes[node].o);
}

struct choice {
	struct node *node;
	uint16_t self;
};

static void add_wanted(void *user, const struct ownership_address_view *view)
{
	const struct choice *choice = user;

	sessions_add(choice->self, view->candidates, view->candidate_count, view->owner,
		choice->node->wanted);
}

static void see(struct cluster *c, unsigned node, unsigned peer, bool is_up)
{
	struct node *n = &c->nodes[node];

	if (n->is_up[peer] == is_up)
		return;
	n->is_up[peer] = is_up;
	ownership_peer(n->o, (uint16_t)peer, is_up ? OWNERSHIP_UP : OWNERSHIP_UNKNOWN, c->now_ns);
	settle(c, node);
}

/* Each node looks anew whom it is to watch; a session needs both. */
static void review(struct cluster *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct node *n = &c->nodes[i];
		struct choice choice = { n, (uint16_t)i };

		if (!n->o)
			continue;
		sessions_begin(c->count, n->wanted);
		ownership_visit_addresses(n->o, add_wanted, &choice, c->now_ns);
		n->sessions = 0;
	}
	for (unsigned i = 0; i < c->count; i++) {
		for (unsigned k = 0; k < c->count; k++) {
			const struct node *a = &c->nodes[i];
			const struct node *b = &c->nodes[k];
			bool is_up = i != k && a->o && b->o && a->wanted[k] && b->wanted[i] &&
				!a->is_mute && !b->is_mute;

			if (a->o && i != k && (is_up || b->o))
				see(c, i, k, is_up);
			c->nodes[i].sessions += is_up;
		}
	}
}

static void say_hello(struct cluster *c, unsigned node, bool is_first)
{
	struct mac mac = mac_of(node);

	for (unsigned i = 0; i < c->count; i++) {
		if (i == node || !c->nodes[i].o)
			continue;
		ownership_alive(c->nodes[i].o, (uint16_t)node, is_first ? &mac : NULL, c->now_ns);
		settle(c, i);
	}
}

/* What was silent for the detection time is suspected by those who have a session with it. */
static void detect(struct cluster *c, unsigned dead)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct node *n = &c->nodes[i];

		if (!n->o || !n->is_up[dead])
			continue;
		n->is_up[dead] = false;
		ownership_peer(n->o, (uint16_t)dead, OWNERSHIP_DOWN, c->now_ns);
		settle(c, i);
	}
}

static void look(struct cluster *c)
{
	for (unsigned a = 0; a < c->addresses; a++) {
		if (c->owners[a] > 0) {
			c->nobody_ns[a] = 0;
			continue;
		}
		if (c->nobody_ns[a] == 0)
			c->nobody_ns[a] = c->now_ns;
		if (c->now_ns - c->nobody_ns[a] > c->worst_nobody_ns)
			c->worst_nobody_ns = c->now_ns - c->nobody_ns[a];
	}
}

static void run_node(struct cluster *c, unsigned node)
{
	struct node *n = &c->nodes[node];

	while (n->next_ns <= c->now_ns) {
		ownership_tick(n->o, c->now_ns);
		settle(c, node);
	}
	for (unsigned a = 0; n->owned > 0 && a < c->addresses; a++) {
		if (n->answers[a] && n->refresh_ns[a] <= c->now_ns)
			announce(c, node, a);
	}
}

/* Packets of sessions and hellos are as many as they are; the rest was counted one by one. */
static void count_second(struct cluster *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct node *n = &c->nodes[i];
		unsigned sent = n->sent +
			(unsigned)sessions_packets(n->sessions, c->count,
				sessions_interval_ms(100, n->sessions, c->count));

		if (n->o && sent > c->busiest)
			c->busiest = sent;
		n->sent = 0;
	}
}

static void step(struct cluster *c)
{
	uint64_t steps = c->now_ns / STEP_NS;

	c->now_ns += STEP_NS;
	for (unsigned i = 0; i < c->count; i++) {
		struct node *n = &c->nodes[i];

		if (!n->o && n->died_ns > 0 && c->now_ns == n->died_ns + DETECT_NS)
			detect(c, i);
		if (!n->o)
			continue;
		run_node(c, i);
		/* To those without a session; of who never owns anything they change nothing. */
		if (n->is_heir && steps % (10 * STEPS_PER_SECOND) == i % (10 * STEPS_PER_SECOND))
			say_hello(c, i, false);
	}
	if (steps % (REVIEW_NS / STEP_NS) == 0)
		review(c);
	if (steps % STEPS_PER_SECOND == 0)
		count_second(c);
	look(c);
}

static void pass_s(struct cluster *c, unsigned seconds)
{
	for (unsigned i = 0; i < seconds * STEPS_PER_SECOND; i++)
		step(c);
}

static void forget(struct cluster *c)
{
	c->busiest = 0;
	c->worst_nobody_ns = 0;
	memset(c->nobody_ns, 0, sizeof(c->nobody_ns));
	for (unsigned i = 0; i < c->count; i++) {
		c->nodes[i].sent = 0;
		c->nodes[i].probes = 0;
	}
}

static unsigned probes_of_all(const struct cluster *c)
{
	unsigned probes = 0;

	for (unsigned i = 0; i < c->count; i++)
		probes += c->nodes[i].probes;
	return probes;
}

static void start(struct cluster *c, unsigned node)
{
	struct node *n = &c->nodes[node];
	const struct ownership_snapshot snapshot = {
		.members = c->members,
		.member_count = c->count,
		.self = (uint16_t)node,
		.addresses = c->at,
		.address_count = c->addresses,
		.conf = { .detect_ns = DETECT_NS, .hold_down_ns = 5 * NS_PER_S },
	};

	n->o = ownership_new();
	n->wanted = xnew_array(bool, c->count);
	n->is_up = xnew_array(bool, c->count);
	ownership_set(n->o, &snapshot, c->now_ns);
	ownership_ready(n->o, true, c->now_ns);
	settle(c, node);
	if (n->is_heir)
		say_hello(c, node, true);
	for (unsigned i = 0; i < c->count; i++) {
		struct mac mac = mac_of(i);

		if (i == node || !c->nodes[i].o || !c->nodes[i].is_heir)
			continue;
		ownership_alive(n->o, (uint16_t)i, &mac, c->now_ns);
		settle(c, node);
	}
}

static void stop(struct cluster *c, unsigned node)
{
	struct node *n = &c->nodes[node];

	for (unsigned a = 0; a < c->addresses; a++)
		set_answers(c, node, a, false);
	n->o = ownership_free(n->o);
	free(n->wanted);
	free(n->is_up);
	n->wanted = NULL;
	n->is_up = NULL;
	n->died_ns = c->now_ns;
}

static void set_order(struct cluster *c, unsigned address)
{
	auto_(freep) struct candidate *candidates = xnew_array(struct candidate, c->count);
	uint16_t *order = c->orders + (size_t)address * c->count;
	struct ip ip = ip_of(address);

	for (unsigned i = 0; i < c->count; i++) {
		candidates[i].node = c->names[i];
		elect_hash(c->names[i], &ip, candidates[i].hash);
	}
	elect_sort(candidates, c->count);
	for (unsigned i = 0; i < c->count; i++)
		order[i] = (uint16_t)((size_t)(candidates[i].node - c->names[0]) /
			sizeof(c->names[0]));
	for (unsigned i = 0; i < HEIRS && i < c->count; i++)
		c->nodes[order[i]].is_heir = true;
	c->at[address] = (struct ownership_address){
		.ip = ip,
		.candidates = order,
		.count = c->count,
		.can_serve = true,
	};
}

/* Those that come first in an order start before the others, and get what is theirs. */
static int begin(void **state)
{
	const struct size *size = *state;
	struct cluster *c = xnew(struct cluster);

	c->count = size->nodes;
	c->addresses = size->addresses;
	c->now_ns = 1000 * NS_PER_S;
	c->nodes = xnew_array(struct node, c->count);
	c->members = xnew_array(struct ownership_member, c->count);
	c->names = xcalloc(c->count, sizeof(c->names[0]));
	c->orders = xnew_array(uint16_t, (size_t)c->count * c->addresses);
	c->at = xnew_array(struct ownership_address, c->addresses);
	for (unsigned i = 0; i < c->count; i++) {
		(void)snprintf(c->names[i], sizeof(c->names[i]), "node-%04u", i);
		c->members[i] = (struct ownership_member){ c->names[i], true };
	}
	for (unsigned a = 0; a < c->addresses; a++)
		set_order(c, a);
	for (unsigned a = 0; a < c->addresses; a++) {
		if (!c->nodes[c->at[a].candidates[0]].o)
			start(c, c->at[a].candidates[0]);
	}
	pass_s(c, 10);
	for (unsigned i = 0; i < c->count; i++) {
		if (!c->nodes[i].o)
			continue;
		(void)ownership_rebalance(c->nodes[i].o, c->now_ns);
		settle(c, i);
	}
	for (unsigned i = 0; i < c->count; i++) {
		if (c->nodes[i].o)
			continue;
		start(c, i);
		step(c);
	}
	pass_s(c, 20);
	forget(c);
	*state = c;
	return 0;
}

static int end(void **state)
{
	struct cluster *c = *state;

	for (unsigned i = 0; i < c->count; i++)
		stop(c, i);
	free(c->nodes);
	free(c->members);
	free(c->names);
	free(c->orders);
	free(c->at);
	free(c);
	return 0;
}

static int owner_of(const struct cluster *c, unsigned address)
{
	for (unsigned i = 0; c->owners[address] == 1 && i < c->count; i++) {
		if (c->nodes[i].answers[address])
			return (int)i;
	}
	return c->owners[address] == 0 ? -1 : -2;
}

static void each_has_one_owner(const struct cluster *c)
{
	for (unsigned a = 0; a < c->addresses; a++)
		assert_true(owner_of(c, a) >= 0);
}

static void in_peace(struct cluster *c)
{
	for (unsigned a = 0; a < c->addresses; a++)
		assert_int_equal(owner_of(c, a), c->at[a].candidates[0]);
	pass_s(c, 160);
	assert_int_equal(probes_of_all(c), 0);
	assert_in_range(c->busiest, 1, SESSIONS_PACKETS_MAX);
	assert_int_equal(c->worst_nobody_ns, 0);
	print_message("%u nodes, %u addresses: %u packets/s at most\n", c->count, c->addresses,
		c->busiest);
}

/* The owner dies, and its heirs have sessions with it. */
static void a_death_that_is_seen(struct cluster *c)
{
	unsigned owner = (unsigned)owner_of(c, 0);
	unsigned lost = c->nodes[owner].owned;

	assert_true(c->nodes[owner].sessions >= SESSIONS_HEIRS);
	forget(c);
	stop(c, owner);
	pass_s(c, 2);
	each_has_one_owner(c);
	assert_in_range(c->worst_nobody_ns / NS_PER_MS, 300, 400);
	assert_in_range(probes_of_all(c), 2 * lost, 8 * lost);
	assert_in_range(c->busiest, 1, SESSIONS_PACKETS_MAX);
}

/* All that others have of it are its hellos, and they end. */
static void a_death_that_is_not_seen(struct cluster *c)
{
	unsigned owner = (unsigned)owner_of(c, 1);
	unsigned lost = c->nodes[owner].owned;

	c->nodes[owner].is_mute = true;
	pass_s(c, 70);
	assert_int_equal(c->nodes[owner].sessions, 0);
	assert_int_equal(c->nodes[owner].owned, lost); /* nobody takes it for dead */
	forget(c);
	stop(c, owner);
	pass_s(c, 60);
	each_has_one_owner(c);
	assert_in_range(c->worst_nobody_ns / NS_PER_S, 1, 50);
	assert_in_range(probes_of_all(c), 4 * lost, 16 * lost);
	assert_in_range(c->busiest, 1, SESSIONS_PACKETS_MAX);
	pass_s(c, 30);
	assert_in_range(probes_of_all(c), 4 * lost, 16 * lost); /* and that was all */
}

static void most_have_no_session_and_all_goes_well(void **state)
{
	struct cluster *c = *state;

	in_peace(c);
	a_death_that_is_seen(c);
	pass_s(c, 10);
	a_death_that_is_not_seen(c);
}

int main(void)
{
	static struct size sizes[] = {
		{ "twenty_nodes_need_few_packets_and_replace_who_dies", 20, 40 },
		{ "a_hundred_nodes_need_few_packets_and_replace_who_dies", 100, 40 },
		{ "a_thousand_nodes_need_few_packets_and_replace_who_dies", 1000, 8 },
	};
	struct CMUnitTest tests[COUNT_OF(sizes)];

	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		tests[i] = (struct CMUnitTest){
			.name = sizes[i].name,
			.test_func = most_have_no_session_and_all_goes_well,
			.setup_func = begin,
			.teardown_func = end,
			.initial_state = &sizes[i],
		};
	return cmocka_run_group_tests_name("plan_cluster", tests, NULL, NULL);
}
