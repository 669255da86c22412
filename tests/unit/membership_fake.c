/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/unit/membership_fake.h"

#include "arp/view.h"
#include "base/clock.h"
#include "base/mem.h"
#include "speaker/membership_state.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DETECT_NS (300 * NS_PER_MS)
#define FLIGHT_NS (1 * NS_PER_MS)

enum {
	LINK = 1, /* ifindex */
	OTHER_LINK = 2,
	FLYING_MAX = 4096,
	RECORD_MAX = 512,
	BEAT_MS = 25,
	MESSAGE_PORT = 7473,
};

struct arp_engine {
	unsigned node;
	enum arp_mode modes[FAKE_ADDRESSES];
	bool is_put[FAKE_ADDRESSES];
	bool is_open;
	bool is_opening; /* then another link, of no address, is open */
	bool is_blocked;
};

/* The end of a session: how this node sees the other one. */
struct end {
	bool is_wanted;
	bool is_admin_down;
	bool is_up;
	uint64_t heard_ns;
	struct bfd_session_conf conf;
};

struct bfd_engine {
	unsigned node;
	bool is_ready;
	struct end ends[FAKE_NODES];
};

struct wire {
	struct wire_side side;
};

struct node {
	struct membership *m; /* NULL: it does not run */
	struct wire_hooks hooks;
	struct wire wire;
	struct arp_engine arp;
	struct bfd_engine bfd;
	struct mac mac;
	char key[128];
	bool is_draining;
	bool is_isolated;
	bool is_misdirected;
	bool has_left;
	unsigned told[OWNERSHIP_EV_COUNT_];
};

struct flying {
	uint64_t at_ns;
	unsigned to;
	size_t len; /* of a message; 0: an ARP event */
	uint8_t bytes[MESSAGE_MAX];
	struct arp_event arp;
};

struct fake {
	struct event_base *base;
	unsigned count;
	uint64_t random;
	unsigned message_loss;
	unsigned frame_loss;
	struct node nodes[FAKE_NODES];
	struct flying *flying; /* a ring; owned */
	size_t first;
	size_t flying_count;
	struct flying *records; /* owned */
	size_t record_count;
	unsigned recorded;
	uint64_t nobody_ns[FAKE_ADDRESSES]; /* since when; 0: it is not so */
	uint64_t two_ns[FAKE_ADDRESSES];
	uint64_t worst_nobody_ns;
	uint64_t worst_two_ns;
	unsigned messages;
};

static struct fake *world; /* the one that the functions below are about */
static uint64_t now_ns;

uint64_t clock_now_ns(void)
{
	return now_ns;
}

uint64_t clock_wall_ns(void)
{
	return now_ns;
}

const char *clock_format(uint64_t wall_ns, char text[CLOCK_TEXT_SIZE])
{
	(void)snprintf(text, CLOCK_TEXT_SIZE, "%lu", (unsigned long)wall_ns);
	return text;
}

static bool is_lost(unsigned per_thousand)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (world->random >> 11) % 1000 < per_thousand;
}

static struct ip ip_of(unsigned node)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)(1 + node) });
}

struct ip fake_address(unsigned address)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)(100 + address) });
}

static unsigned number_of(const struct ip *ip)
{
	return ip->bytes[3] - 100U;
}

static bool hears(unsigned to, unsigned from)
{
	const struct node *a = &world->nodes[to];
	const struct node *b = &world->nodes[from];

	return to != from && a->m && b->m && !a->is_isolated && !b->is_isolated;
}

static void fly(const struct flying *flying)
{
	struct flying *at;

	assert_true(world->flying_count < FLYING_MAX);
	at = &world->flying[(world->first + world->flying_count++) % FLYING_MAX];
	*at = *flying;
	at->at_ns = now_ns + FLIGHT_NS;
}

/* The socket. */

int socket_open(uint16_t port, int *ret_fd, int *ret_family)
{
	(void)port;
	*ret_fd = -1;
	*ret_family = AF_INET6;
	return 0;
}

void socket_start(struct membership *m)
{
	(void)m;
}

void socket_stop(struct membership *m)
{
	(void)m;
}

void socket_throw_away(struct membership *m)
{
	(void)m;
}

static unsigned node_of(const struct membership *m)
{
	return m->side->arp->node;
}

static void send_to(unsigned from, unsigned to, const uint8_t *bytes, size_t len)
{
	struct flying flying = { .to = to, .len = len };

	if (!hears(to, from) || is_lost(world->message_loss))
		return;
	memcpy(flying.bytes, bytes, len);
	fly(&flying);
	if (world->recorded == to && world->record_count < RECORD_MAX)
		world->records[world->record_count++] = flying;
}

void socket_send(struct membership *m, const struct ip *to, const uint8_t *bytes, size_t len)
{
	unsigned target = to->bytes[3] - 1U;

	world->messages++;
	if (target < world->count && !world->nodes[target].is_misdirected)
		send_to(node_of(m), target, bytes, len);
}

void socket_send_to_all(struct membership *m, const uint8_t *bytes, size_t len)
{
	world->messages++;
	for (unsigned i = 0; i < world->count; i++)
		send_to(node_of(m), i, bytes, len);
}

/* The engine of ARP. */

static void claim_of(unsigned to, unsigned address, const struct mac *mac, bool is_announcement)
{
	const struct flying flying = {
		.to = to,
		.arp = { .type = ARP_EV_HEARD,
			.ip = fake_address(address),
			.mac = *mac,
			.is_announcement = is_announcement },
	};

	if (!is_lost(world->frame_loss))
		fly(&flying);
}

static bool answers(const struct node *n, unsigned address)
{
	return n->m && n->arp.is_open && !n->arp.is_blocked && n->arp.is_put[address] &&
		n->arp.modes[address] == ARP_ANNOUNCE;
}

static void announce(unsigned node, unsigned address)
{
	for (unsigned i = 0; i < world->count; i++) {
		if (hears(i, node) && answers(&world->nodes[node], address))
			claim_of(i, address, &world->nodes[node].mac, true);
	}
}

/* Of an address that was put nothing is kept but its number. */
struct arp_address {
	struct ip ip;
};

struct arp_address *arp_address_new(const struct arp_address_conf *conf)
{
	struct arp_address *address = xnew(struct arp_address);

	address->ip = conf->ip;
	return address;
}

struct arp_address *arp_address_free(struct arp_address *address)
{
	free(address);
	return NULL;
}

struct arp_address *arp_engine_put_made(
	struct arp_engine *engine, struct arp_address *address, enum arp_mode mode)
{
	engine->is_put[number_of(&address->ip)] = true;
	engine->modes[number_of(&address->ip)] = mode;
	return address;
}

struct arp_address *arp_engine_take_out(struct arp_engine *engine, const struct ip *ip)
{
	engine->is_put[number_of(ip)] = false;
	return NULL;
}

void arp_engine_set_mode(struct arp_engine *engine, const struct ip *ip, enum arp_mode mode)
{
	engine->modes[number_of(ip)] = mode;
	if (mode == ARP_ANNOUNCE)
		announce(engine->node, number_of(ip));
}

void arp_engine_announce(struct arp_engine *engine, const struct ip *ip)
{
	announce(engine->node, number_of(ip));
}

void arp_engine_ask(struct arp_engine *engine, const struct ip *ip)
{
	const struct flying unasked = {
		.to = engine->node,
		.arp = { .type = ARP_EV_UNASKED, .ip = *ip },
	};

	if (!engine->is_open || engine->is_blocked) {
		fly(&unasked);
		return;
	}
	for (unsigned i = 0; i < world->count; i++) {
		const struct node *n = &world->nodes[i];

		if (hears(engine->node, i) && answers(n, number_of(ip)) &&
			!is_lost(world->frame_loss))
			claim_of(engine->node, number_of(ip), &n->mac, false);
	}
}

void arp_engine_visit_links(const struct arp_engine *engine, arp_link_view_fn *visit, void *user)
{
	const struct arp_link_view view = {
		.name = "eth0",
		.ifindex = LINK,
		.is_open = engine->is_open,
		.error = engine->is_open || engine->is_opening ? 0 : -ENETDOWN,
	};
	const struct arp_link_view other = {
		.name = "eth1",
		.ifindex = OTHER_LINK,
		.is_open = true,
	};

	visit(user, &view);
	if (engine->is_opening)
		visit(user, &other);
}

/* The engine of BFD. */

bool bfd_key_equal(const struct bfd_key *a, const struct bfd_key *b)
{
	return ip_equal(&a->peer, &b->peer);
}

static struct end *end_of(struct bfd_engine *engine, const struct bfd_key *key)
{
	return &engine->ends[key->peer.bytes[3] - 1];
}

int bfd_engine_put(struct bfd_engine *engine, const struct bfd_session_conf *conf)
{
	struct end *end = end_of(engine, &conf->key);

	end->is_wanted = true;
	end->conf = *conf;
	return 0;
}

bool bfd_engine_abandon(struct bfd_engine *engine, const struct bfd_key *key)
{
	*end_of(engine, key) = (struct end){ 0 };
	return true;
}

void bfd_engine_set_ready(struct bfd_engine *engine, bool is_ready, enum bfd_diag diag)
{
	(void)diag;
	engine->is_ready = is_ready;
}

bool bfd_engine_set_admin(
	struct bfd_engine *engine, const struct bfd_key *key, bool is_down, enum bfd_diag diag)
{
	(void)diag;
	end_of(engine, key)->is_admin_down = is_down;
	return true;
}

static bool share_a_key(const struct end *a, const struct end *b)
{
	for (unsigned i = 0; i < b->conf.auth.key_count; i++) {
		if (memcmp(&a->conf.auth.keys[0], &b->conf.auth.keys[i],
			    sizeof(a->conf.auth.keys[0])) == 0)
			return true;
	}
	return false;
}

static void change(unsigned node, unsigned peer, bool is_up, bool is_goodbye)
{
	struct end *end = &world->nodes[node].bfd.ends[peer];
	const struct bfd_event event = {
		.type = BFD_EV_STATE,
		.key = end->conf.key,
		.tag = end->conf.tag,
		.old_state = is_up ? BFD_INIT : BFD_UP,
		.state = is_up ? BFD_UP : BFD_DOWN,
		.remote_state = is_goodbye ? BFD_ADMIN_DOWN : BFD_UP,
		.cause = is_goodbye ? BFD_CAUSE_PACKET : BFD_CAUSE_SILENCE,
		.remote_diag = is_goodbye ? BFD_DIAG_ADMIN_DOWN : BFD_DIAG_NONE,
	};

	end->is_up = is_up;
	(void)world->nodes[node].hooks.on_bfd(world->nodes[node].hooks.user, &event);
}

static void run_session(unsigned node, unsigned peer)
{
	struct bfd_engine *engine = &world->nodes[node].bfd;
	struct end *end = &engine->ends[peer];
	const struct bfd_engine *other = &world->nodes[peer].bfd;
	const struct end *far = &other->ends[node];
	bool is_heard = hears(node, peer) && far->is_wanted && other->is_ready &&
		share_a_key(far, end);

	if (!end->is_wanted || end->is_admin_down || !engine->is_ready)
		return;
	if (is_heard && !far->is_admin_down)
		end->heard_ns = now_ns;
	if (end->is_up && is_heard && far->is_admin_down)
		change(node, peer, false, true);
	else if (end->is_up && now_ns - end->heard_ns >= DETECT_NS)
		change(node, peer, false, false);
	else if (!end->is_up && is_heard && !far->is_admin_down)
		change(node, peer, true, false);
}

/* The wire thread. */

void wire_post(struct wire *wire, wire_job_fn *run, void *arg, wire_done_fn *done)
{
	run(&wire->side, arg);
	if (done)
		done(arg);
}

void wire_call(struct wire *wire, wire_job_fn *run, void *arg)
{
	run(&wire->side, arg);
}

void wire_emit(struct wire_side *side, const struct wire_event *event)
{
	struct node *n = &world->nodes[side->arp->node];

	if (event->type == WIRE_EV_OWNERSHIP)
		n->told[event->ownership.event]++;
	n->has_left |= event->type == WIRE_EV_LEFT;
}

/* The nodes. */

static struct membership_snapshot *snapshot_of(unsigned node)
{
	const struct node *n = &world->nodes[node];
	struct membership_snapshot *snapshot = xnew(struct membership_snapshot);

	snapshot->nodes = xnew_array(struct membership_node, world->count);
	snapshot->node_count = world->count;
	for (unsigned i = 0; i < world->count; i++) {
		char name[] = "node-a";

		name[sizeof(name) - 2] = (char)('a' + i);
		snapshot->nodes[i] = (struct membership_node){ xstrdup(name), ip_of(i) };
	}
	snapshot->self = (uint16_t)node;
	snapshot->self_ip = ip_of(node);
	snapshot->macs[0] = n->mac;
	snapshot->mac_count = 1;
	snapshot->links[0] = LINK;
	snapshot->link_count = 1;
	assert_int_equal(keyring_parse(n->key, &snapshot->keyring), 0);
	snapshot->interval_ms = 100;
	snapshot->multiplier = 3;
	snapshot->is_draining = n->is_draining;
	snapshot->conf.hold_down_ns = NS_PER_S;
	return snapshot;
}

static void put_snapshot(unsigned node)
{
	static const uint16_t order[] = { 0, 1, 2, 3 };
	static const unsigned links[] = { LINK };
	struct ownership_address addresses[FAKE_ADDRESSES];
	const struct membership_changes changes = {
		.puts = addresses,
		.put_count = FAKE_ADDRESSES,
		.told_after = FAKE_ADDRESSES,
		.is_whole = true,
	};

	for (unsigned i = 0; i < FAKE_ADDRESSES; i++)
		addresses[i] = (struct ownership_address){
			.ip = fake_address(i),
			.candidates = order,
			.count = world->count,
			.links = links,
			.link_count = 1,
		};
	membership_set(world->nodes[node].m, &world->nodes[node].wire, snapshot_of(node), &changes);
}

void fake_start(struct fake *fake, unsigned node, const char *key)
{
	struct node *n = &fake->nodes[node];

	n->arp = (struct arp_engine){ .node = node, .is_open = true };
	n->bfd = (struct bfd_engine){ .node = node };
	n->wire.side = (struct wire_side){ &n->wire, fake->base, &n->arp, &n->bfd };
	n->has_left = false;
	assert_true(strlen(key) < sizeof(n->key));
	memcpy(n->key, key, strlen(key) + 1);
	assert_int_equal(membership_open(MESSAGE_PORT, &n->m), 0);
	n->hooks = membership_hooks(n->m);
	n->hooks.start(n->hooks.user, &n->wire.side);
	put_snapshot(node);
}

void fake_kill(struct fake *fake, unsigned node)
{
	struct node *n = &fake->nodes[node];

	if (!n->m)
		return;
	n->hooks.stop(n->hooks.user);
	n->m = membership_free(n->m);
}

bool fake_runs(const struct fake *fake, unsigned node)
{
	return fake->nodes[node].m;
}

static void deliver(const struct flying *flying)
{
	struct node *n = &world->nodes[flying->to];

	if (!n->m)
		return;
	if (flying->len > 0)
		(void)talk_receive(n->m, flying->bytes, flying->len);
	else if (n->arp.is_open)
		(void)n->hooks.on_arp(n->hooks.user, &flying->arp);
}

static void run_node(unsigned node)
{
	struct node *n = &world->nodes[node];

	if (!n->m)
		return;
	for (unsigned i = 0; i < world->count; i++) {
		if (i != node)
			run_session(node, i);
	}
	if (now_ns / NS_PER_MS % BEAT_MS == node)
		talk_beat(n->m);
	if (ownership_next_ns(n->m->ownership) <= now_ns)
		event_active(n->m->timer, EV_TIMEOUT, 0);
	if (evtimer_pending(n->m->verify, NULL))
		event_active(n->m->verify, EV_TIMEOUT, 0);
}

static void worst(uint64_t *worst, uint64_t *since, bool is_so)
{
	if (!is_so)
		*since = 0;
	else if (*since == 0)
		*since = now_ns;
	else if (now_ns - *since > *worst)
		*worst = now_ns - *since;
}

static void look(struct fake *fake)
{
	for (unsigned i = 0; i < FAKE_ADDRESSES; i++) {
		worst(&fake->worst_nobody_ns, &fake->nobody_ns[i], fake_owner(fake, i) == -1);
		worst(&fake->worst_two_ns, &fake->two_ns[i], fake_owner(fake, i) == -2);
	}
}

void fake_pass(struct fake *fake, uint64_t ms)
{
	for (; ms > 0; ms--) {
		now_ns += NS_PER_MS;
		while (fake->flying_count > 0 && fake->flying[fake->first].at_ns <= now_ns) {
			const struct flying *flying = &fake->flying[fake->first];

			fake->first = (fake->first + 1) % FLYING_MAX;
			fake->flying_count--;
			deliver(flying);
		}
		for (unsigned i = 0; i < fake->count; i++)
			run_node(i);
		/* Also what is not due by the real clock: timers were made active by hand. */
		(void)event_base_loop(fake->base, EVLOOP_NONBLOCK);
		look(fake);
	}
}

void fake_set_key(struct fake *fake, unsigned node, const char *key)
{
	memcpy(fake->nodes[node].key, key, strlen(key) + 1);
	put_snapshot(node);
}

void fake_set_mac(struct fake *fake, unsigned node, const struct mac *mac)
{
	fake->nodes[node].mac = *mac;
	put_snapshot(node);
}

void fake_drain(struct fake *fake, unsigned node, bool is_draining)
{
	fake->nodes[node].is_draining = is_draining;
	put_snapshot(node);
}

struct mac fake_mac(const struct fake *fake, unsigned node)
{
	return fake->nodes[node].mac;
}

void fake_set_loss(struct fake *fake, unsigned messages, unsigned frames)
{
	fake->message_loss = messages;
	fake->frame_loss = frames;
}

void fake_isolate(struct fake *fake, unsigned node, bool is_isolated)
{
	fake->nodes[node].is_isolated = is_isolated;
}

void fake_misdirect(struct fake *fake, unsigned node, bool is_misdirected)
{
	fake->nodes[node].is_misdirected = is_misdirected;
}

void fake_set_link(struct fake *fake, unsigned node, bool is_open)
{
	struct node *n = &fake->nodes[node];
	const struct arp_event event = {
		.type = is_open ? ARP_EV_LINK_UP : ARP_EV_LINK_FAILED,
		.link = "eth0",
	};

	n->arp.is_open = is_open;
	(void)n->hooks.on_arp(n->hooks.user, &event);
}

void fake_open_slowly(struct fake *fake, unsigned node)
{
	struct node *n = &fake->nodes[node];

	n->arp.is_open = false;
	n->arp.is_opening = true;
	put_snapshot(node);
}

void fake_block(struct fake *fake, unsigned node, bool is_blocked)
{
	fake->nodes[node].arp.is_blocked = is_blocked;
}

void fake_forge(struct fake *fake, unsigned address, const struct mac *named)
{
	for (unsigned i = 0; i < fake->count; i++) {
		if (!mac_equal(&fake->nodes[i].mac, named))
			claim_of(i, address, named, true);
	}
}

void fake_ask_too(struct fake *fake, unsigned node, unsigned address, const struct mac *mac)
{
	const struct flying flying = {
		.to = node,
		.arp = { .type = ARP_EV_RIVAL, .ip = fake_address(address), .mac = *mac },
	};

	(void)fake;
	fly(&flying);
}

void fake_record(struct fake *fake, unsigned node)
{
	fake->recorded = node;
	fake->record_count = 0;
}

size_t fake_replay(struct fake *fake)
{
	size_t count = fake->record_count;

	for (size_t i = 0; i < count; i++) {
		fly(&fake->records[i]);
		fake_pass(fake, 1);
	}
	return count;
}

void fake_leave(struct fake *fake, unsigned node)
{
	membership_leave(fake->nodes[node].m, &fake->nodes[node].wire);
}

bool fake_has_left(const struct fake *fake, unsigned node)
{
	return fake->nodes[node].has_left;
}

int fake_move(struct fake *fake, unsigned at, unsigned address, unsigned to)
{
	const struct ip ip = fake_address(address);
	char name[] = "node-a";

	name[sizeof(name) - 2] = (char)('a' + to);
	return membership_move(fake->nodes[at].m, &fake->nodes[at].wire, &ip, name);
}

size_t fake_rebalance(struct fake *fake, unsigned at)
{
	return membership_rebalance(fake->nodes[at].m, &fake->nodes[at].wire);
}

int fake_owner(const struct fake *fake, unsigned address)
{
	int owner = -1;

	for (unsigned i = 0; i < fake->count; i++) {
		if (answers(&fake->nodes[i], address))
			owner = owner == -1 ? (int)i : -2;
	}
	return owner;
}

uint64_t fake_nobody_ms(const struct fake *fake)
{
	return fake->worst_nobody_ns / NS_PER_MS;
}

uint64_t fake_two_ms(const struct fake *fake)
{
	return fake->worst_two_ns / NS_PER_MS;
}

void fake_forget(struct fake *fake)
{
	fake->worst_nobody_ns = 0;
	fake->worst_two_ns = 0;
	fake->messages = 0;
	memset(fake->nobody_ns, 0, sizeof(fake->nobody_ns));
	memset(fake->two_ns, 0, sizeof(fake->two_ns));
	for (unsigned i = 0; i < fake->count; i++)
		memset(fake->nodes[i].told, 0, sizeof(fake->nodes[i].told));
}

struct membership_view fake_view(struct fake *fake, unsigned node)
{
	struct membership_view view;

	membership_view(fake->nodes[node].m, &fake->nodes[node].wire, &view);
	return view;
}

unsigned fake_told(const struct fake *fake, unsigned node, enum ownership_event event)
{
	return fake->nodes[node].told[event];
}

unsigned fake_messages(const struct fake *fake)
{
	return fake->messages;
}

struct fake *fake_new(unsigned count, uint64_t seed)
{
	struct fake *fake = xnew(struct fake);

	fake->count = count;
	fake->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 88172645463325252U;
	fake->base = event_base_new();
	fake->flying = xnew_array(struct flying, FLYING_MAX);
	fake->records = xnew_array(struct flying, RECORD_MAX);
	fake->recorded = FAKE_NODES;
	for (unsigned i = 0; i < count; i++)
		fake->nodes[i].mac = (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)(1 + i) } };
	world = fake;
	now_ns = 1000 * NS_PER_S;
	return fake;
}

struct fake *fake_free(struct fake *fake)
{
	for (unsigned i = 0; i < fake->count; i++)
		fake_kill(fake, i);
	event_base_free(fake->base);
	free(fake->flying);
	free(fake->records);
	free(fake);
	world = NULL;
	return NULL;
}
