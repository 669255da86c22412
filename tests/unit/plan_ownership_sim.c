/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/unit/plan_ownership_sim.h"

#include "base/clock.h"
#include "base/mem.h"
#include "plan/ownership_heard.h"

#include <stdio.h>
#include <string.h>

#define INTERVAL_NS (100 * NS_PER_MS)
#define DETECT_NS   (3 * INTERVAL_NS)
#define LOOK_NS     (2 * NS_PER_MS)
#define READY_NS    (50 * NS_PER_MS)

enum bfd {
	ADMIN_DOWN,
	DOWN,
	INIT,
	UP,
};

enum what {
	BFD_TX,
	BFD_RX,
	BFD_DETECT,
	HELLO_TX,
	HELLO_RX,
	GIVE_RX,
	VERIFY_RX,
	WORD_RX,
	FORGE,
	PROBE_RX,
	CLAIM_RX,
	ROUND,
	READY,
	TICK,
	ICMP,
};

struct happening {
	uint64_t at_ns;
	uint64_t order;
	enum what what;
	uint8_t to;
	uint8_t from;
	uint8_t address;
	uint8_t state; /* of BFD; hello: bits draining, answer me, new; claim: is announcement; word: yes */
	uint32_t life; /* of the node that it is for: another life ignores it */
	uint32_t from_life;
};

struct session {
	enum bfd state;
	uint64_t heard_ns;
	uint64_t interval_ns; /* of what the peer said last: slow while it is not up */
	unsigned factor;      /* tenths of the detection time */
	uint32_t peer_life;
	uint32_t hellos; /* generation of their timer */
};

struct node {
	struct ownership *o; /* NULL: not running */
	uint32_t life;
	bool is_ready;
	bool is_hung;
	uint64_t hung_ns;
	bool has_link;
	bool is_leaving;
	unsigned part;
	bool answers[SIM_ADDRESSES_MAX];
	uint32_t rounds[SIM_ADDRESSES_MAX]; /* generation of the announcements */
	uint8_t round[SIM_ADDRESSES_MAX];
	struct session sessions[SIM_NODES_MAX];
	uint64_t tick_ns;
};

struct watch {
	uint64_t nobody_ns; /* since when; 0: it is not so */
	uint64_t two_ns;
	int last;
};

struct sim {
	struct sim_conf conf;
	uint64_t now_ns;
	uint64_t random;
	uint64_t order;
	struct happening *heap; /* owned */
	size_t count;
	size_t capacity;
	struct node nodes[SIM_NODES_MAX];
	uint16_t orders[SIM_ADDRESSES_MAX][SIM_NODES_MAX];
	struct watch watches[SIM_ADDRESSES_MAX][SIM_NODES_MAX];
	struct sim_worst worst;
	unsigned told[OWNERSHIP_EV_COUNT_];
	uint64_t look_ns;
	uint64_t forge_end_ns;
	uint64_t forge_gap_ns;
};

uint64_t sim_random(struct sim *sim, uint64_t below)
{
	sim->random ^= sim->random << 13;
	sim->random ^= sim->random >> 7;
	sim->random ^= sim->random << 17;
	return below > 0 ? (sim->random >> 11) % below : 0;
}

static bool is_before(const struct happening *a, const struct happening *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void plan_happening(struct sim *sim, struct happening h)
{
	size_t i = sim->count;

	h.order = sim->order++;
	(void)array_add(sim->heap, sim->count, sim->capacity);
	while (i > 0 && is_before(&h, &sim->heap[(i - 1) / 2])) {
		sim->heap[i] = sim->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	sim->heap[i] = h;
}

static struct happening take_happening(struct sim *sim)
{
	struct happening first = sim->heap[0];
	struct happening last = sim->heap[--sim->count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= sim->count)
			break;
		if (child + 1 < sim->count && is_before(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!is_before(&sim->heap[child], &last))
			break;
		sim->heap[i] = sim->heap[child];
		i = child;
	}
	if (sim->count > 0)
		sim->heap[i] = last;
	return first;
}

static struct ip ip_of(unsigned address)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)(100 + address) });
}

static struct mac mac_of(unsigned node)
{
	return (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)(1 + node) } };
}

static bool connects(const struct sim *sim, unsigned a, unsigned b)
{
	const struct node *x = &sim->nodes[a];
	const struct node *y = &sim->nodes[b];

	return x->has_link && y->has_link && x->part == y->part;
}

/* Sends; what is lost on the way, or has nowhere to go, is gone. */
static void transmit(struct sim *sim, unsigned from, unsigned to, struct happening h)
{
	if (from == to || !connects(sim, from, to) || sim_random(sim, 1000) < sim->conf.loss)
		return;
	h.at_ns = sim->now_ns + 50 * NS_PER_US + sim_random(sim, 400 * NS_PER_US);
	h.to = (uint8_t)to;
	h.from = (uint8_t)from;
	h.life = sim->nodes[to].life;
	h.from_life = sim->nodes[from].life;
	plan_happening(sim, h);
}

static void later(struct sim *sim, unsigned node, uint64_t wait_ns, struct happening h)
{
	h.at_ns = sim->now_ns + wait_ns;
	h.to = (uint8_t)node;
	h.life = sim->nodes[node].life;
	plan_happening(sim, h);
}

static void broadcast(struct sim *sim, unsigned from, struct happening h)
{
	for (unsigned to = 0; to < sim->conf.nodes; to++)
		transmit(sim, from, to, h);
}

static void hello(struct sim *sim, unsigned from, unsigned to, bool asks)
{
	struct happening h = { .what = HELLO_RX };

	h.state = (uint8_t)(ownership_is_draining(sim->nodes[from].o) | (asks ? 2 : 0) |
		(ownership_is_new(sim->nodes[from].o, sim->now_ns) ? 4 : 0));
	if (sim->nodes[from].is_ready)
		transmit(sim, from, to, h);
}

static void announce(struct sim *sim, unsigned node, unsigned address)
{
	struct node *n = &sim->nodes[node];

	n->round[address] = 0;
	n->rounds[address]++;
	later(sim, node, 0,
		(struct happening){ .what = ROUND,
			.address = (uint8_t)address,
			.from_life = n->rounds[address] });
}

static void act(struct sim *sim, unsigned node, const struct ownership_action *action)
{
	struct node *n = &sim->nodes[node];
	unsigned address = action->ip.bytes[3] - 100U;

	switch (action->type) {
	case OWNERSHIP_PROBE:
		broadcast(sim, node,
			(struct happening){ .what = PROBE_RX, .address = (uint8_t)address });
		break;
	case OWNERSHIP_ASK:
		hello(sim, node, action->member, true);
		break;
	case OWNERSHIP_ANNOUNCE:
		n->answers[address] = true;
		announce(sim, node, address);
		break;
	case OWNERSHIP_AGAIN:
		announce(sim, node, address);
		break;
	case OWNERSHIP_QUIET:
		n->answers[address] = false;
		n->rounds[address]++;
		break;
	case OWNERSHIP_GIVE:
		transmit(sim, node, action->member,
			(struct happening){ .what = GIVE_RX, .address = (uint8_t)address });
		break;
	case OWNERSHIP_VERIFY:
		if (!sim->conf.is_mute)
			transmit(sim, node, action->member,
				(struct happening){
					.what = VERIFY_RX, .address = (uint8_t)address });
		break;
	case OWNERSHIP_MULTIPLIER:
		n->sessions[action->member].factor = action->value;
		break;
	case OWNERSHIP_TELL:
		sim->told[action->event]++;
		break;
	}
}

/* After every input: do what came out of it, and come back in time. */
static void settle(struct sim *sim, unsigned node)
{
	struct node *n = &sim->nodes[node];
	struct ownership_action action;
	uint64_t next;

	while (ownership_take_action(n->o, &action))
		act(sim, node, &action);
	next = ownership_next_ns(n->o);
	if (next == UINT64_MAX || next == n->tick_ns)
		return;
	if (next < sim->now_ns)
		next = sim->now_ns;
	n->tick_ns = next;
	later(sim, node, next - sim->now_ns, (struct happening){ .what = TICK });
}

static void put_snapshot(struct sim *sim, unsigned node)
{
	static const char *const names[] = { "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7" };
	struct ownership_member members[SIM_NODES_MAX];
	struct ownership_address addresses[SIM_ADDRESSES_MAX];
	struct ownership_snapshot snapshot = {
		.members = members,
		.member_count = sim->conf.nodes,
		.self = (uint16_t)node,
		.addresses = addresses,
		.address_count = sim->conf.addresses,
		.conf = {
			.detect_ns = DETECT_NS,
			.hold_down_ns = 5 * NS_PER_S,
			.preempt = sim->conf.preempt,
			.withdraw_alone = sim->conf.withdraw_alone,
		},
	};

	for (unsigned i = 0; i < sim->conf.nodes; i++)
		members[i] = (struct ownership_member){ names[i], true };
	for (unsigned i = 0; i < sim->conf.addresses; i++)
		addresses[i] = (struct ownership_address){
			.ip = ip_of(i),
			.candidates = sim->orders[i],
			.count = sim->conf.nodes,
			.can_serve = sim->nodes[node].has_link,
		};
	ownership_set(sim->nodes[node].o, &snapshot, sim->now_ns);
	settle(sim, node);
}

static void set_session(struct sim *sim, unsigned node, unsigned peer, enum bfd state)
{
	struct node *n = &sim->nodes[node];
	struct session *s = &n->sessions[peer];
	enum bfd before = s->state;

	s->state = state;
	if (state != before)
		later(sim, node, 0,
			(struct happening){ .what = HELLO_TX,
				.from = (uint8_t)peer,
				.from_life = ++s->hellos });
	if (state == UP && before != UP) {
		ownership_peer(n->o, (uint16_t)peer, OWNERSHIP_UP, sim->now_ns);
		settle(sim, node);
		hello(sim, node, peer, false);
	} else if (before == UP && state != UP) {
		ownership_peer(n->o, (uint16_t)peer, OWNERSHIP_DOWN, sim->now_ns);
		settle(sim, node);
	}
}

/* RFC 5880 section 6.8.6, shortened to what two such speakers can say to each other. */
static void bfd_rx(struct sim *sim, const struct happening *h)
{
	struct node *n = &sim->nodes[h->to];
	struct session *s = &n->sessions[h->from];
	enum bfd theirs = (enum bfd)h->state;

	if (!n->is_ready || n->is_leaving)
		return;
	s->heard_ns = sim->now_ns;
	s->interval_ns = theirs == UP ? INTERVAL_NS : NS_PER_S;
	if (theirs == ADMIN_DOWN) {
		if (s->state == UP) {
			s->state = DOWN;
			ownership_peer(n->o, h->from, OWNERSHIP_LEFT, sim->now_ns);
			settle(sim, h->to);
		}
	} else if (s->state == DOWN && theirs != UP) {
		set_session(sim, h->to, h->from, theirs == DOWN ? INIT : UP);
	} else if (s->state == INIT && theirs >= INIT) {
		set_session(sim, h->to, h->from, UP);
	} else if (s->state == UP && theirs == DOWN) {
		set_session(sim, h->to, h->from, DOWN);
	}
	later(sim, h->to, 3 * s->interval_ns * s->factor / 10 + 1,
		(struct happening){ .what = BFD_DETECT, .from = h->from });
}

static void bfd_tx(struct sim *sim, const struct happening *h)
{
	struct node *n = &sim->nodes[h->to];
	struct session *s = &n->sessions[h->from];
	uint64_t interval = s->state == UP || n->is_leaving ? INTERVAL_NS : NS_PER_S;
	uint64_t wait = interval * 3 / 4 + sim_random(sim, interval / 4);

	if (n->is_ready && !n->is_hung)
		transmit(sim, h->to, h->from,
			(struct happening){ .what = BFD_RX,
				.state = (uint8_t)(n->is_leaving ? ADMIN_DOWN : s->state) });
	later(sim, h->to, wait, (struct happening){ .what = BFD_TX, .from = h->from });
}

static void bfd_detect(struct sim *sim, const struct happening *h)
{
	struct session *s = &sim->nodes[h->to].sessions[h->from];

	if (s->state >= INIT && sim->now_ns - s->heard_ns > 3 * s->interval_ns * s->factor / 10)
		set_session(sim, h->to, h->from, DOWN);
}

static void hello_tx(struct sim *sim, const struct happening *h)
{
	struct node *n = &sim->nodes[h->to];
	bool knocks = n->sessions[h->from].state != UP;

	if (n->sessions[h->from].hellos != h->from_life)
		return;
	if (!n->is_hung && !n->is_leaving)
		hello(sim, h->to, h->from, knocks);
	later(sim, h->to, knocks ? INTERVAL_NS : NS_PER_S,
		(struct happening){ .what = HELLO_TX, .from = h->from, .from_life = h->from_life });
}

static void hello_rx(struct sim *sim, const struct happening *h)
{
	struct node *n = &sim->nodes[h->to];
	struct session *s = &n->sessions[h->from];
	struct mac mac = mac_of(h->from);

	if (!n->is_ready || n->is_leaving)
		return;
	if (s->peer_life != 0 && s->peer_life != h->from_life)
		ownership_restarted(n->o, h->from, sim->now_ns);
	settle(sim, h->to);
	s->peer_life = h->from_life;
	ownership_alive(n->o, h->from, &mac, sim->now_ns);
	settle(sim, h->to);
	ownership_peer_new(n->o, h->from, h->state & 4, sim->now_ns);
	settle(sim, h->to);
	ownership_peer_draining(n->o, h->from, h->state & 1, sim->now_ns);
	settle(sim, h->to);
	if (h->state & 2)
		hello(sim, h->to, h->from, false);
}

static void on_claim(struct sim *sim, const struct happening *h)
{
	struct ip ip = ip_of(h->address);
	struct mac mac = mac_of(h->from);

	if (h->state)
		ownership_announced(sim->nodes[h->to].o, &ip, &mac, sim->now_ns);
	else
		ownership_heard(sim->nodes[h->to].o, &ip, &mac, sim->now_ns);
	settle(sim, h->to);
}

static void on_round(struct sim *sim, const struct happening *h)
{
	static const unsigned waits_ms[] = { 100, 1000, 1100, 2800 };
	struct node *n = &sim->nodes[h->to];
	unsigned round = n->round[h->address]++;

	if (n->rounds[h->address] != h->from_life)
		return;
	broadcast(sim, h->to,
		(struct happening){ .what = CLAIM_RX, .address = h->address, .state = 1 });
	later(sim, h->to, (round < COUNT_OF(waits_ms) ? waits_ms[round] : 60000) * NS_PER_MS, *h);
}

/* Somebody who can only send frames does so in the name of a node, to one node, again and again. */
static void forge(struct sim *sim, const struct happening *h)
{
	if (sim->now_ns >= sim->forge_end_ns)
		return;
	on_claim(sim, h);
	later(sim, h->to, sim->forge_gap_ns, *h);
}

static void handle(struct sim *sim, const struct happening *h)
{
	struct node *n = &sim->nodes[h->to];
	struct ip ip = ip_of(h->address);

	switch (h->what) {
	case BFD_TX:
		bfd_tx(sim, h);
		break;
	case BFD_RX:
		bfd_rx(sim, h);
		break;
	case BFD_DETECT:
		bfd_detect(sim, h);
		break;
	case HELLO_TX:
		hello_tx(sim, h);
		break;
	case HELLO_RX:
		hello_rx(sim, h);
		break;
	case GIVE_RX:
		ownership_take(n->o, &ip, h->from, sim->now_ns);
		if (!sim->conf.is_mute)
			transmit(sim, h->to, h->from,
				(struct happening){ .what = WORD_RX,
					.address = h->address,
					.state = ownership_answers(n->o, &ip) });
		break;
	case VERIFY_RX:
		if (n->is_ready)
			transmit(sim, h->to, h->from,
				(struct happening){ .what = WORD_RX,
					.address = h->address,
					.state = ownership_answers(n->o, &ip) });
		break;
	case WORD_RX:
		ownership_word(n->o, &ip, h->from, h->state, sim->now_ns);
		break;
	case FORGE:
		forge(sim, h);
		break;
	case PROBE_RX:
		if (n->answers[h->address])
			transmit(sim, h->to, h->from,
				(struct happening){ .what = CLAIM_RX, .address = h->address });
		break;
	case CLAIM_RX:
		on_claim(sim, h);
		break;
	case ROUND:
		on_round(sim, h);
		break;
	case READY:
		n->is_ready = true;
		ownership_ready(n->o, true, sim->now_ns);
		for (unsigned i = 0; i < sim->conf.nodes; i++)
			hello(sim, h->to, i, true);
		break;
	case TICK:
		n->tick_ns = 0;
		ownership_tick(n->o, sim->now_ns);
		break;
	case ICMP:
		ownership_peer(n->o, h->from, OWNERSHIP_GONE, sim->now_ns);
		n->sessions[h->from].state = DOWN;
		break;
	}
}

static bool is_own_timer(enum what what)
{
	return what == BFD_TX || what == HELLO_TX || what == ROUND || what == TICK ||
		what == BFD_DETECT || what == READY;
}

static void dispatch(struct sim *sim, const struct happening *h)
{
	struct node *n = &sim->nodes[h->to];

	if (n->life != h->life)
		return;
	if (!n->o) {
		if (h->what == BFD_RX && sim->conf.has_icmp)
			transmit(sim, h->to, h->from, (struct happening){ .what = ICMP });
		return;
	}
	if (n->is_hung) { /* timers fire late, frames of a stop are thrown away */
		if (is_own_timer(h->what))
			later(sim, h->to, 10 * NS_PER_MS, *h);
		return;
	}
	handle(sim, h);
	settle(sim, h->to);
}

int sim_owner(const struct sim *sim, unsigned address, unsigned part)
{
	int owner = -1;

	for (unsigned i = 0; i < sim->conf.nodes; i++) {
		const struct node *n = &sim->nodes[i];

		if (!n->o || n->is_hung || !n->has_link || n->part != part || !n->answers[address])
			continue;
		owner = owner == -1 ? (int)i : -2;
	}
	return owner;
}

/* Somebody is there who could answer. */
static bool can_serve(const struct sim *sim, unsigned part)
{
	unsigned others = 0;
	bool can = false;

	for (unsigned i = 0; i < sim->conf.nodes; i++) {
		const struct node *n = &sim->nodes[i];
		bool is_there = n->o && n->is_ready && !n->is_hung && n->has_link &&
			n->part == part && !n->is_leaving;

		can |= is_there;
		others += is_there;
	}
	return can && (!sim->conf.withdraw_alone || others > 1);
}

static void worst(uint64_t *worst, uint64_t *since, bool is_so, uint64_t now_ns)
{
	if (!is_so) {
		*since = 0;
		return;
	}
	if (*since == 0)
		*since = now_ns;
	if (now_ns - *since > *worst)
		*worst = now_ns - *since;
}

static void look(struct sim *sim)
{
	for (unsigned a = 0; a < sim->conf.addresses; a++) {
		for (unsigned part = 0; part < sim->conf.nodes; part++) {
			struct watch *w = &sim->watches[a][part];
			int owner = sim_owner(sim, a, part);

			worst(&sim->worst.nobody, &w->nobody_ns,
				owner == -1 && can_serve(sim, part), sim->now_ns);
			worst(&sim->worst.two, &w->two_ns, owner == -2, sim->now_ns);
			if (owner < 0)
				continue;
			sim->worst.changes += w->last >= 0 && w->last != owner;
			w->last = owner;
		}
	}
}

void sim_run(struct sim *sim, uint64_t ms)
{
	uint64_t end = sim->now_ns + ms * NS_PER_MS;

	for (;;) {
		uint64_t next = sim->count > 0 ? sim->heap[0].at_ns : end;

		if (sim->look_ns <= next && sim->look_ns <= end) {
			sim->now_ns = sim->look_ns;
			look(sim);
			sim->look_ns += LOOK_NS;
		} else if (next < end) {
			struct happening h = take_happening(sim);

			sim->now_ns = h.at_ns;
			dispatch(sim, &h);
		} else {
			sim->now_ns = end;
			return;
		}
	}
}

void sim_forget(struct sim *sim)
{
	sim->worst = (struct sim_worst){ 0 };
	memset(sim->watches, 0, sizeof(sim->watches));
	for (unsigned a = 0; a < sim->conf.addresses; a++) {
		for (unsigned part = 0; part < sim->conf.nodes; part++)
			sim->watches[a][part].last = sim_owner(sim, a, part);
	}
}

struct sim_worst sim_worst(const struct sim *sim)
{
	return sim->worst;
}

void sim_start(struct sim *sim, unsigned node)
{
	struct node *n = &sim->nodes[node];

	n->o = ownership_new();
	n->life++;
	n->is_ready = false;
	n->is_hung = false;
	n->is_leaving = false;
	n->tick_ns = 0;
	for (unsigned i = 0; i < sim->conf.nodes; i++) {
		n->sessions[i] = (struct session){ .state = DOWN, .factor = 10 };
		if (i == node)
			continue;
		later(sim, node, READY_NS + sim_random(sim, INTERVAL_NS),
			(struct happening){ .what = BFD_TX, .from = (uint8_t)i });
		later(sim, node, READY_NS + sim_random(sim, INTERVAL_NS),
			(struct happening){ .what = HELLO_TX, .from = (uint8_t)i });
	}
	put_snapshot(sim, node);
	later(sim, node, READY_NS, (struct happening){ .what = READY });
}

void sim_kill(struct sim *sim, unsigned node)
{
	struct node *n = &sim->nodes[node];

	n->o = ownership_free(n->o);
	n->life++;
	memset(n->answers, 0, sizeof(n->answers));
	n->is_ready = false;
}

void sim_hang(struct sim *sim, unsigned node, bool is_hung)
{
	struct node *n = &sim->nodes[node];

	if (!n->o || n->is_hung == is_hung)
		return;
	n->is_hung = is_hung;
	if (is_hung) {
		n->hung_ns = sim->now_ns;
	} else if (sim->now_ns - n->hung_ns > DETECT_NS) {
		for (unsigned i = 0; i < sim->conf.nodes; i++)
			n->sessions[i].heard_ns = sim->now_ns;
		ownership_stalled(n->o, sim->now_ns);
		settle(sim, node);
	}
}

void sim_link(struct sim *sim, unsigned node, bool has_link)
{
	sim->nodes[node].has_link = has_link;
	if (sim->nodes[node].o)
		put_snapshot(sim, node);
}

void sim_part(struct sim *sim, unsigned node, unsigned part)
{
	sim->nodes[node].part = part;
	/* Who answers in a part is another question now. */
	for (unsigned a = 0; a < sim->conf.addresses; a++) {
		for (unsigned i = 0; i < sim->conf.nodes; i++)
			sim->watches[a][i] = (struct watch){ .last = -1 };
	}
}

void sim_leave(struct sim *sim, unsigned node)
{
	struct node *n = &sim->nodes[node];

	n->is_leaving = true;
	for (unsigned i = 0; i < sim->conf.nodes; i++)
		transmit(sim, node, i, (struct happening){ .what = BFD_RX, .state = ADMIN_DOWN });
	ownership_leave(n->o, 500 * NS_PER_MS, sim->now_ns);
	settle(sim, node);
}

void sim_drain(struct sim *sim, unsigned node, bool is_draining)
{
	if (!sim->nodes[node].o)
		return;
	ownership_drain(sim->nodes[node].o, is_draining, sim->now_ns);
	settle(sim, node);
	for (unsigned i = 0; i < sim->conf.nodes; i++)
		hello(sim, node, i, false);
}

void sim_forge(struct sim *sim, unsigned address, unsigned node, uint64_t gap_ms, uint64_t ms)
{
	sim->forge_gap_ns = gap_ms * NS_PER_MS;
	sim->forge_end_ns = sim->now_ns + ms * NS_PER_MS;
	for (unsigned i = 0; i < sim->conf.nodes; i++) {
		if (i != node && sim->nodes[i].o)
			later(sim, i, sim_random(sim, sim->forge_gap_ns),
				(struct happening){ .what = FORGE,
					.from = (uint8_t)node,
					.address = (uint8_t)address,
					.state = 1 });
	}
}

void sim_set_loss(struct sim *sim, unsigned per_thousand)
{
	sim->conf.loss = per_thousand;
}

int sim_move(struct sim *sim, unsigned address, unsigned node)
{
	struct ip ip = ip_of(address);
	int owner = sim_owner(sim, address, 0);
	int r = -1;

	if (owner >= 0) {
		r = ownership_move(sim->nodes[owner].o, &ip, (uint16_t)node, sim->now_ns);
		settle(sim, (unsigned)owner);
	}
	return r;
}

bool sim_lives(const struct sim *sim, unsigned node)
{
	return sim->nodes[node].o;
}

unsigned sim_candidate(const struct sim *sim, unsigned address, unsigned rank)
{
	return sim->orders[address][rank];
}

unsigned sim_told(const struct sim *sim, enum ownership_event event)
{
	return sim->told[event];
}

static void shuffle_orders(struct sim *sim)
{
	for (unsigned a = 0; a < sim->conf.addresses; a++) {
		for (unsigned i = 0; i < sim->conf.nodes; i++) {
			unsigned k = (unsigned)sim_random(sim, i + 1);

			sim->orders[a][i] = sim->orders[a][k];
			sim->orders[a][k] = (uint16_t)i;
		}
	}
}

struct sim *sim_new(const struct sim_conf *conf)
{
	struct sim *sim = xnew(struct sim);

	sim->conf = *conf;
	sim->random = conf->seed * UINT64_C(0x9e3779b97f4a7c15) + 88172645463325252U;
	sim->now_ns = NS_PER_S;
	sim->look_ns = sim->now_ns;
	for (unsigned i = 0; i < 8; i++)
		(void)sim_random(sim, 1);
	shuffle_orders(sim);
	for (unsigned i = 0; i < conf->nodes; i++)
		sim->nodes[i].has_link = true;
	sim_forget(sim);
	return sim;
}

struct sim *sim_free(struct sim *sim)
{
	if (!sim)
		return NULL;
	for (unsigned i = 0; i < sim->conf.nodes; i++)
		ownership_free(sim->nodes[i].o);
	free(sim->heap);
	free(sim);
	return NULL;
}
