/* SPDX-License-Identifier: Apache-2.0 */

#include "bfd/engine.h"

#include "base/clock.h"
#include "base/mem.h"
#include "bfd/state.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	LISTEN_RETRY_S = 1
};

bool bfd_key_equal(const struct bfd_key *a, const struct bfd_key *b)
{
	return ip_equal(&a->peer, &b->peer) && ip_equal(&a->local, &b->local) &&
		a->ifindex == b->ifindex && a->is_multihop == b->is_multihop;
}

static struct peer *find_peer(const struct bfd_engine *engine, const struct ip *ip)
{
	struct peer *peer;

	HASH_FIND(hh, engine->peers, ip, sizeof(*ip), peer);
	return peer;
}

static struct entry *find_entry(const struct bfd_engine *engine, const struct bfd_key *key)
{
	struct peer *peer = find_peer(engine, &key->peer);
	struct entry *entry = peer ? peer->first : NULL;

	while (entry && !bfd_key_equal(&entry->conf.key, key))
		entry = entry->next;
	return entry;
}

static void open_listener(struct listener *listener)
{
	const struct timeval retry = { .tv_sec = LISTEN_RETRY_S };
	uint16_t port = listener->is_multihop ? BFD_PORT_MULTIHOP : BFD_PORT_SINGLE_HOP;

	listener->error = bfd_socket_listen(listener->family, port, &listener->fd);
	if (listener->error < 0) {
		if (event_add(listener->retry, &retry) < 0)
			abort(); /* only memory can be missing */
		return;
	}
	listener->readable = event_new(listener->engine->base, listener->fd, EV_READ | EV_PERSIST,
		bfd_on_readable, listener);
	if (!listener->readable || event_add(listener->readable, NULL) < 0)
		abort(); /* only memory can be missing */
}

static void on_listen_retry(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	open_listener(arg);
}

static void close_listener(struct listener *listener)
{
	(void)event_del(listener->retry);
	if (listener->readable)
		event_free(listener->readable);
	listener->readable = NULL;
	if (listener->fd >= 0)
		(void)close(listener->fd);
	listener->fd = -1;
	listener->error = 0;
}

static struct listener *listener_of(const struct entry *entry)
{
	const struct bfd_key *key = &entry->conf.key;
	size_t i = (key->peer.family == AF_INET6 ? 2 : 0) + (key->is_multihop ? 1 : 0);

	return &entry->engine->listeners[i];
}

static void acquire_listener(struct entry *entry, uint64_t now_ns)
{
	struct listener *listener = listener_of(entry);

	if (listener->users++ == 0)
		open_listener(listener);
	if (listener->error < 0)
		bfd_report(entry, BFD_EV_SOCKET, listener->error, now_ns);
}

static void release_listener(struct entry *entry)
{
	struct listener *listener = listener_of(entry);

	if (--listener->users == 0)
		close_listener(listener);
}

/* AdminDown by the gate or by hand, or neither. */
static void apply_admin(struct entry *entry, uint64_t now_ns)
{
	const struct bfd_engine *engine = entry->engine;
	bool is_shut = entry->conf.is_gated && !engine->is_ready;
	enum bfd_diag diag = entry->is_admin_down ? entry->admin_diag : engine->gate_diag;

	bfd_session_set_admin(&entry->session, is_shut || entry->is_admin_down, diag, now_ns);
}

uint32_t bfd_new_discriminator(const struct bfd_engine *engine)
{
	struct entry *taken;
	uint32_t discriminator;

	do {
		discriminator = arc4random();
		HASH_FIND(hh, engine->entries, &discriminator, sizeof(discriminator), taken);
	} while (discriminator == 0 || taken);
	return discriminator;
}

static void join_peer(struct entry *entry)
{
	struct bfd_engine *engine = entry->engine;
	struct peer *peer = find_peer(engine, &entry->conf.key.peer);

	if (!peer) {
		peer = xnew(struct peer);
		peer->ip = entry->conf.key.peer;
		HASH_ADD(hh, engine->peers, ip, sizeof(peer->ip), peer);
	}
	entry->peer = peer;
	entry->next = peer->first;
	peer->first = entry;
}

static void leave_peer(struct entry *entry)
{
	struct peer *peer = entry->peer;
	struct entry **at = &peer->first;

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	if (!peer->first) {
		HASH_DEL(entry->engine->peers, peer);
		free(peer);
	}
}

static struct entry *add_entry(
	struct bfd_engine *engine, const struct bfd_session_conf *conf, uint64_t now_ns)
{
	struct entry *entry = xnew(struct entry);

	entry->engine = engine;
	entry->conf = *conf;
	entry->fd = -1;
	entry->due_ns = BFD_NEVER;
	entry->discriminator = bfd_new_discriminator(engine);
	entry->told_state = BFD_DOWN;
	bfd_session_init(&entry->session, &conf->timing, &conf->auth, entry->discriminator,
		bfd_auth_first_sequence(conf->auth.type, clock_wall_ns(), arc4random()), now_ns);
	HASH_ADD(hh, engine->entries, discriminator, sizeof(entry->discriminator), entry);
	join_peer(entry);
	engine->count++;
	acquire_listener(entry, now_ns);
	return entry;
}

static void say_goodbye(struct entry *entry)
{
	uint64_t now_ns = clock_now_ns();

	bfd_session_set_admin(&entry->session, true, BFD_DIAG_ADMIN_DOWN, now_ns);
	bfd_flush(entry, now_ns);
}

static void remove_entry(struct entry *entry)
{
	struct bfd_engine *engine = entry->engine;

	bfd_unqueue(entry);
	bfd_close_socket(entry);
	release_listener(entry);
	leave_peer(entry);
	HASH_DEL(engine->entries, entry);
	engine->count--;
	explicit_bzero(entry, sizeof(*entry)); /* it holds keys */
	free(entry);
}

static int check_conf(const struct bfd_session_conf *conf)
{
	const struct bfd_key *key = &conf->key;

	if (key->peer.family != AF_INET && key->peer.family != AF_INET6)
		return -EINVAL;
	if (ip_is_set(&key->local) && key->local.family != key->peer.family)
		return -EINVAL;
	if (ip_is_multicast(&key->peer) || (ip_is_link_local(&key->peer) && key->ifindex == 0))
		return -EINVAL;
	if (!bfd_timing_is_valid(&conf->timing) || bfd_auth_check_conf(&conf->auth) < 0)
		return -EINVAL;
	return 0;
}

int bfd_engine_put(struct bfd_engine *engine, const struct bfd_session_conf *conf)
{
	struct entry *entry = find_entry(engine, &conf->key);
	uint64_t now_ns = clock_now_ns();
	int r = check_conf(conf);

	if (r < 0)
		return r;
	if (!entry && engine->count >= BFD_SESSIONS_MAX)
		return -ENOSPC;
	if (!entry)
		entry = add_entry(engine, conf, now_ns);
	entry->conf = *conf;
	bfd_session_set_timing(&entry->session, &conf->timing, now_ns);
	bfd_session_set_auth(&entry->session, &conf->auth);
	apply_admin(entry, now_ns);
	bfd_settle(entry, now_ns);
	bfd_arm(engine);
	return 0;
}

bool bfd_engine_drop(struct bfd_engine *engine, const struct bfd_key *key)
{
	struct entry *entry = find_entry(engine, key);

	if (!entry)
		return false;
	say_goodbye(entry);
	remove_entry(entry);
	bfd_arm(engine);
	return true;
}

bool bfd_engine_abandon(struct bfd_engine *engine, const struct bfd_key *key)
{
	struct entry *entry = find_entry(engine, key);

	if (!entry)
		return false;
	remove_entry(entry);
	bfd_arm(engine);
	return true;
}

/* Brings all sessions in line with the gate and what was ordered by hand. */
static void apply_admin_all(struct bfd_engine *engine)
{
	uint64_t now_ns = clock_now_ns();
	struct entry *entry;
	struct entry *next;

	HASH_ITER(hh, engine->entries, entry, next)
	{
		apply_admin(entry, now_ns);
		bfd_settle(entry, now_ns);
	}
	bfd_arm(engine);
}

void bfd_engine_set_ready(struct bfd_engine *engine, bool is_ready, enum bfd_diag diag)
{
	engine->is_ready = is_ready;
	engine->gate_diag = diag;
	apply_admin_all(engine);
}

bool bfd_engine_set_admin(
	struct bfd_engine *engine, const struct bfd_key *key, bool is_down, enum bfd_diag diag)
{
	struct entry *entry = find_entry(engine, key);
	uint64_t now_ns = clock_now_ns();

	if (!entry)
		return false;
	entry->is_admin_down = is_down;
	entry->admin_diag = diag;
	apply_admin(entry, now_ns);
	bfd_settle(entry, now_ns);
	bfd_arm(engine);
	return true;
}

void bfd_engine_set_admin_all(struct bfd_engine *engine, bool is_down, enum bfd_diag diag)
{
	struct entry *entry;
	struct entry *next;

	HASH_ITER(hh, engine->entries, entry, next)
	{
		entry->is_admin_down = is_down;
		entry->admin_diag = diag;
	}
	apply_admin_all(engine);
}

static struct event *timer_event(struct bfd_engine *engine)
{
	struct event *event;

	engine->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (engine->timer_fd < 0)
		abort(); /* no descriptor left at the start of a process */
	event = event_new(
		engine->base, engine->timer_fd, EV_READ | EV_PERSIST, bfd_on_timer, engine);
	if (!event || event_add(event, NULL) < 0)
		abort(); /* only memory can be missing */
	return event;
}

struct bfd_engine *bfd_engine_new(struct event_base *base, const struct bfd_engine_conf *conf,
	bfd_event_fn *on_event, void *user)
{
	struct bfd_engine *engine = xnew(struct bfd_engine);

	engine->base = base;
	engine->conf = *conf;
	engine->on_event = on_event;
	engine->user = user;
	engine->gate_diag = BFD_DIAG_ADMIN_DOWN;
	engine->batch = bfd_batch_new();
	engine->armed_ns = BFD_NEVER;
	engine->chance = arc4random() | 1; /* zero would stay zero */
	for (size_t i = 0; i < LISTENERS; i++) {
		struct listener *listener = &engine->listeners[i];

		listener->engine = engine;
		listener->family = i < 2 ? AF_INET : AF_INET6;
		listener->is_multihop = i % 2;
		listener->fd = -1;
		listener->retry = evtimer_new(base, on_listen_retry, listener);
		if (!listener->retry)
			abort(); /* only memory can be missing */
	}
	engine->on_timer = timer_event(engine);
	return engine;
}

struct bfd_engine *bfd_engine_free(struct bfd_engine *engine)
{
	struct entry *entry;
	struct entry *next;

	if (!engine)
		return NULL;
	HASH_ITER(hh, engine->entries, entry, next)
	{
		say_goodbye(entry);
		remove_entry(entry);
	}
	for (size_t i = 0; i < LISTENERS; i++)
		event_free(engine->listeners[i].retry);
	event_free(engine->on_timer);
	(void)close(engine->timer_fd);
	(void)bfd_batch_free(engine->batch);
	free(engine);
	return NULL;
}

static void visit_entry(const struct entry *entry, bfd_session_view_fn *visit, void *user)
{
	const struct listener *listener = listener_of(entry);
	struct bfd_session_view view = {
		.key = entry->conf.key,
		.tag = entry->conf.tag,
		.session = &entry->session,
		.is_gated = entry->conf.is_gated,
		.is_admin_down = entry->is_admin_down,
		.error = listener->error < 0 ? listener->error : entry->error,
		.source_port = entry->source_port,
		.packets_in = entry->packets_in,
		.packets_out = entry->packets_out,
		.send_errors = entry->send_errors,
		.refusals = entry->refusals,
	};

	memcpy(view.drops, entry->drops, sizeof(view.drops));
	visit(user, &view);
}

void bfd_engine_visit(const struct bfd_engine *engine, bfd_session_view_fn *visit, void *user)
{
	struct entry *entry;
	struct entry *next;

	HASH_ITER(hh, engine->entries, entry, next)
	visit_entry(entry, visit, user);
}

void bfd_engine_view(const struct bfd_engine *engine, struct bfd_engine_view *ret_view)
{
	struct bfd_engine_view view = {
		.session_count = engine->count,
		.is_ready = engine->is_ready,
		.stalls = engine->stalls,
	};
	struct entry *entry;
	struct entry *next;

	memcpy(view.drops, engine->drops, sizeof(view.drops));
	HASH_ITER(hh, engine->entries, entry, next)
	view.up_count += entry->session.state == BFD_UP;
	*ret_view = view;
}
