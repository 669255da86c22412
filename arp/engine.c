/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/engine.h"

#include "arp/state.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

enum {
	TIMERS_A_RUN = 1024,  /* then other events have their turn */
	PACED_BURST_MIN = 4,  /* a round of one address must fit, however slow the pace is */
	FIRST_WAIT_MAX_S = 60 /* a timer that is due later is looked at again by then */
};

const char *arp_state_name(enum arp_state state)
{
	static const char *const names[] = { "quiet", "probing", "announced", "refused" };

	return names[state];
}

struct arp_address *arp_find(struct arp_engine *engine, const struct ip *ip)
{
	struct arp_address *address;

	HASH_FIND(hh, engine->addresses, ip, sizeof(*ip), address);
	return address;
}

static void push_event(struct arp_engine *engine, const struct arp_event *event)
{
	struct event_list *list = &engine->pending;

	if (list->count >= EVENTS_MAX) {
		engine->events_lost++;
		return;
	}
	*array_add(list->at, list->count, list->capacity) = *event;
	event_active(engine->deliver, 0, 0);
}

static struct arp_event event_of(enum arp_event_type type, const struct slot *slot, int error)
{
	struct arp_event event = { .type = type, .error = error };

	if (slot)
		memcpy(event.link, slot->conf.name, sizeof(event.link));
	return event;
}

void arp_report(struct arp_engine *engine, enum arp_event_type type,
	const struct arp_address *address, const struct mac *mac, const struct slot *slot)
{
	struct arp_event event = event_of(type, slot, 0);

	event.ip = address->ip;
	if (mac)
		event.mac = *mac;
	push_event(engine, &event);
}

void arp_report_heard(const struct arp_address *address, const struct mac *mac,
	const struct slot *slot, bool is_announcement)
{
	struct arp_event event = event_of(ARP_EV_HEARD, slot, 0);

	event.ip = address->ip;
	event.mac = *mac;
	event.is_announcement = is_announcement;
	push_event(address->engine, &event);
}

void arp_report_error(struct slot *slot, enum arp_event_type type, const struct ip *ip, int error)
{
	struct arp_event event = event_of(type, slot, error);

	if (ip)
		event.ip = *ip;
	push_event(slot->engine, &event);
}

/* The list is swapped first: the user may call the engine, which may report again. */
static void on_deliver(evutil_socket_t fd, short events, void *arg)
{
	struct arp_engine *engine = arg;
	struct event_list list = engine->pending;

	(void)fd;
	(void)events;
	engine->pending = engine->handed_out;
	for (size_t i = 0; i < list.count; i++)
		engine->on_event(engine->user, &list.at[i]);
	list.count = 0;
	engine->handed_out = list;
}

void arp_kick(struct arp_engine *engine)
{
	event_active(engine->wake, 0, 0);
}

void arp_run(struct arp_engine *engine)
{
	uint64_t now_ns = engine->clock();
	uint64_t wait_ns;
	uint64_t next_ns;
	struct timeval wait;

	arp_timers_run(&engine->timers, now_ns, TIMERS_A_RUN);
	wait_ns = arp_pump(engine, now_ns);
	next_ns = arp_timers_next(&engine->timers);
	next_ns = next_ns > now_ns ? next_ns - now_ns : 0;
	if (next_ns < wait_ns)
		wait_ns = next_ns;
	if (wait_ns > FIRST_WAIT_MAX_S * NS_PER_S)
		wait_ns = FIRST_WAIT_MAX_S * NS_PER_S;
	/* Rounded up: a timer that is a little early would be armed with nothing, again and again. */
	wait_ns += NS_PER_US - 1;
	wait.tv_sec = (time_t)(wait_ns / NS_PER_S);
	wait.tv_usec = (suseconds_t)(wait_ns % NS_PER_S / NS_PER_US);
	if (event_add(engine->wake, &wait) < 0)
		abort(); /* only memory can be missing */
}

static void on_wake(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	arp_run(arg);
}

static void end_contest(void *owner, uint64_t now_ns)
{
	struct arp_address *address = owner;
	uint64_t over_ns = address->contested_ns + CONTEST_SECONDS * NS_PER_S;

	if (now_ns < over_ns) {
		arp_timer_set(&address->engine->timers, &address->contest, over_ns);
		return;
	}
	address->is_contested = false;
	arp_report(address->engine, ARP_EV_CONFLICT_OVER, address, NULL, NULL);
}

static unsigned *own_links(const struct arp_address *address)
{
	return (unsigned *)(address->own + address->own_count);
}

static void set_links(struct arp_address *address, const unsigned *ifindexes, size_t count)
{
	if (address->ifindexes != own_links(address))
		free(address->ifindexes);
	address->ifindexes = count <= address->own_count ? own_links(address) :
							   xnew_array(unsigned, count);
	address->ifindex_count = count;
	if (count > 0)
		memcpy(address->ifindexes, ifindexes, count * sizeof(ifindexes[0]));
}

struct arp_address *arp_address_new(const struct arp_address_conf *conf)
{
	size_t count = conf->ifindex_count;
	struct arp_address *address = xcalloc(
		1, sizeof(*address) + count * (sizeof(address->own[0]) + sizeof(unsigned)));

	address->ip = conf->ip;
	address->own = (struct place *)(address + 1);
	address->own_count = count;
	address->ifindexes = own_links(address);
	set_links(address, conf->ifindexes, count);
	address->places = address->few;
	address->place_count = PLACES_FEW;
	address->contest.fire = end_contest;
	address->contest.owner = address;
	return address;
}

struct arp_address *arp_address_free(struct arp_address *address)
{
	if (!address)
		return NULL;
	if (address->ifindexes != own_links(address))
		free(address->ifindexes);
	if (address->places != address->few)
		free(address->places);
	free(address);
	return NULL;
}

/* Leaves the engine; the memory stays. */
static void remove_address(struct arp_address *address)
{
	struct arp_engine *engine = address->engine;

	address->is_asking = false; /* whoever drops it wants no result */
	for (size_t i = 0; i < address->place_count; i++) {
		if (address->places[i])
			remove_place(address, i);
	}
	arp_timer_stop(&engine->timers, &address->contest);
	HASH_DEL(engine->addresses, address);
}

static void add_address(struct arp_engine *engine, struct arp_address *address)
{
	address->engine = engine;
	arp_expect_answers(address);
	HASH_ADD(hh, engine->addresses, ip, sizeof(address->ip), address);
}

/* Quiet at once, or starts from the beginning: from ARP_CLAIM to ARP_ANNOUNCE nothing is new. */
static void change_mode(struct arp_address *address, enum arp_mode mode)
{
	struct arp_engine *engine = address->engine;
	uint64_t now_ns = engine->clock();

	if (address->mode == mode)
		return;
	address->mode = mode;
	address->is_asking = false;
	for (size_t i = 0; i < address->place_count; i++) {
		struct place *place = address->places[i];
		bool stays = place && place->state == ARP_ANNOUNCED && mode != ARP_STANDBY;

		if (place && !stays && slot_serves(place->slot, &address->ip))
			place_start(place, now_ns);
	}
}

struct arp_address *arp_engine_put_made(
	struct arp_engine *engine, struct arp_address *made, enum arp_mode mode)
{
	struct arp_address *address = arp_find(engine, &made->ip);
	struct arp_address *left = address ? made : NULL;

	if (address) {
		change_mode(address, mode);
		set_links(address, made->ifindexes, made->ifindex_count);
	} else {
		address = made;
		address->mode = mode;
		add_address(engine, address);
	}
	for (size_t i = 0; i < engine->slot_count; i++)
		settle_place(address, i);
	arp_kick(engine);
	return left;
}

void arp_engine_put(struct arp_engine *engine, const struct arp_address_conf *conf)
{
	arp_address_free(arp_engine_put_made(engine, arp_address_new(conf), conf->mode));
}

struct arp_address *arp_engine_take_out(struct arp_engine *engine, const struct ip *ip)
{
	struct arp_address *address = arp_find(engine, ip);

	if (address)
		remove_address(address);
	return address;
}

void arp_engine_drop(struct arp_engine *engine, const struct ip *ip)
{
	arp_address_free(arp_engine_take_out(engine, ip));
}

void arp_engine_set_mode(struct arp_engine *engine, const struct ip *ip, enum arp_mode mode)
{
	struct arp_address *address = arp_find(engine, ip);

	if (address)
		change_mode(address, mode);
	arp_kick(engine);
}

void arp_engine_probe(struct arp_engine *engine, const struct ip *ip)
{
	struct arp_address *address = arp_find(engine, ip);
	uint64_t now_ns = engine->clock();
	bool can_ask = false;

	if (!address || address->mode != ARP_STANDBY || address->is_asking)
		return;
	address->has_asked = false;
	for (size_t i = 0; i < address->place_count; i++) {
		if (!address->places[i] || !slot_serves(&engine->slots[i], ip))
			continue;
		place_probe(address->places[i], now_ns);
		can_ask = true;
	}
	address->is_asking = can_ask;
	if (!can_ask)
		arp_report(engine, ARP_EV_PROBE_BLIND, address, NULL, NULL);
	arp_kick(engine);
}

void arp_engine_ask(struct arp_engine *engine, const struct ip *ip)
{
	struct arp_address *address = arp_find(engine, ip);
	bool can_ask = false;

	if (!address)
		return;
	arp_expect_answers(address); /* the answers must be told */
	address->was_asked = false;
	for (size_t i = 0; i < address->place_count; i++) {
		if (address->places[i] && slot_serves(&engine->slots[i], ip))
			can_ask |= place_ask(address->places[i]);
	}
	if (!can_ask)
		place_unasked(address);
	arp_kick(engine);
}

void arp_engine_announce(struct arp_engine *engine, const struct ip *ip)
{
	struct arp_address *address = arp_find(engine, ip);

	for (size_t i = 0; address && i < address->place_count; i++) {
		if (address->places[i])
			place_announce_again(address->places[i]);
	}
	arp_kick(engine);
}

void arp_engine_set_porter(struct arp_engine *engine, const struct arp_porter *porter)
{
	engine->porter = *porter;
}

void arp_engine_set_stale(struct arp_engine *engine, arp_stale_fn *is_stale, void *user)
{
	engine->is_stale = is_stale;
	engine->stale_user = user;
}

void arp_engine_flush(struct arp_engine *engine)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].link)
			arp_link_flush(engine->slots[i].link);
	}
}

void arp_engine_doubt(struct arp_engine *engine)
{
	uint64_t now_ns = engine->clock();
	struct arp_address *address;
	struct arp_address *next;

	HASH_ITER(hh, engine->addresses, address, next)
	{
		for (size_t i = 0; i < address->place_count; i++) {
			if (address->places[i] && address->places[i]->state == ARP_ANNOUNCED)
				place_probe(address->places[i], now_ns);
		}
	}
	arp_kick(engine);
}

void arp_engine_set_conf(struct arp_engine *engine, const struct arp_engine_conf *conf)
{
	engine->conf = *conf;
	engine->paced_bucket = (struct frame_bucket){
		.per_second = conf->frames_per_second,
		.burst = conf->frames_per_second > PACED_BURST_MIN ? conf->frames_per_second :
								     PACED_BURST_MIN,
	};
	engine->urgent_bucket = (struct frame_bucket){
		.per_second = URGENT_FRAMES_PER_SECOND,
		.burst = URGENT_BURST,
	};
}

struct arp_engine *arp_engine_new(struct event_base *base, const struct arp_engine_conf *conf,
	arp_event_fn *on_event, void *user)
{
	struct arp_engine *engine = xnew(struct arp_engine);

	engine->base = base;
	engine->clock = clock_now_ns;
	engine->on_event = on_event;
	engine->user = user;
	RB_INIT(&engine->timers);
	TAILQ_INIT(&engine->urgent);
	TAILQ_INIT(&engine->paced);
	engine->wake = evtimer_new(base, on_wake, engine);
	engine->deliver = event_new(base, -1, 0, on_deliver, engine);
	if (!engine->wake || !engine->deliver)
		abort(); /* only memory can be missing */
	arp_engine_set_conf(engine, conf);
	return engine;
}

struct arp_engine *arp_engine_free(struct arp_engine *engine)
{
	struct arp_address *address;
	struct arp_address *next;

	if (!engine)
		return NULL;
	HASH_ITER(hh, engine->addresses, address, next)
	{
		remove_address(address);
		arp_address_free(address);
	}
	for (size_t i = 0; i < engine->slot_count; i++)
		arp_link_free(engine->slots[i].link);
	event_free(engine->wake);
	event_free(engine->deliver);
	free(engine->pending.at);
	free(engine->handed_out.at);
	free(engine);
	return NULL;
}

void arp_engine_visit_addresses(
	const struct arp_engine *engine, arp_address_view_fn *visit, void *user)
{
	struct arp_address *address;
	struct arp_address *next;

	HASH_ITER(hh, engine->addresses, address, next)
	{
		for (size_t i = 0; i < address->place_count; i++) {
			const struct place *place = address->places[i];
			struct arp_address_view view;

			if (!place || !slot_serves(place->slot, &address->ip))
				continue;
			view = (struct arp_address_view){
				.ip = address->ip,
				.state = place->state,
				.since_ns = place->since_ns,
				.counters = place->counters,
				.is_contested = address->is_contested,
				.contender = address->contender,
			};
			memcpy(view.link, place->slot->conf.name, sizeof(view.link));
			visit(user, &view);
		}
	}
}
