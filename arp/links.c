/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The links of the engine: they come, go, fail and are tried again, and with them the places that
 * addresses have on them.
 */

#include "arp/state.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

enum {
	LINK_RETRY_MS = 5000,
	LINK_RETRY_FIRST_MS = 100, /* it may be back before it is known that it went */
	JOIN_RETRY_SECONDS = 5,
};

bool slot_serves(const struct slot *slot, const struct ip *ip)
{
	return slot->is_used && slot->link &&
		(ip->family == AF_INET ? slot->conf.can_arp : slot->conf.can_ndp);
}

struct slot *arp_slot_of_mac(struct arp_engine *engine, const struct mac *mac)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].is_used && mac_equal(&engine->slots[i].conf.mac, mac))
			return &engine->slots[i];
	}
	return NULL;
}

static void report_unsent(struct slot *slot, int error)
{
	uint64_t now_ns = slot->engine->clock();

	slot->unsent++;
	if (slot->unsent_told_ns != 0 &&
		now_ns - slot->unsent_told_ns < SEND_TOLD_SECONDS * NS_PER_S)
		return;
	slot->unsent_told_ns = now_ns;
	arp_report_error(slot, ARP_EV_SEND_FAILED, NULL, error);
}

bool slot_send(struct slot *slot, const struct neigh_frame *frame)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(frame, bytes);
	int r = slot->link ? arp_link_send(slot->link, bytes, len) : -ENETDOWN;

	if (r < 0)
		report_unsent(slot, r);
	return r == 0;
}

/* Without the group solicitations may not arrive: what fails is told when it is news, and tried again. */
static void join(struct place *place)
{
	struct arp_address *address = place->address;
	struct slot *slot = place->slot;
	bool was_told;
	int r;

	if (address->ip.family != AF_INET6 || place->has_joined)
		return;
	r = arp_link_join(slot->link, &address->ip);
	was_told = place->join_error == r;
	place->has_joined = r == 0;
	place->join_error = r;
	if (r == 0)
		return;
	if (!was_told)
		arp_report_error(slot, ARP_EV_JOIN_FAILED, &address->ip, r);
	if (!slot->rejoin.is_set)
		arp_timer_set(&slot->engine->timers, &slot->rejoin,
			slot->engine->clock() + JOIN_RETRY_SECONDS * NS_PER_S);
}

static void leave(struct place *place)
{
	if (place->has_joined && place->slot->link)
		arp_link_leave(place->slot->link, &place->address->ip);
	place->has_joined = false;
}

static bool wants_slot(const struct arp_address *address, const struct slot *slot)
{
	if (!slot->is_used)
		return false;
	for (size_t i = 0; i < address->ifindex_count; i++) {
		if (address->ifindexes[i] == slot->conf.ifindex)
			return true;
	}
	return address->ifindex_count == 0;
}

void remove_place(struct arp_address *address, size_t i)
{
	struct place *place = address->places[i];

	leave(place);
	place_stop(place, address->engine->clock());
	address->places[i] = NULL;
	place_free(place);
}

static struct place *add_place(struct arp_address *address, size_t i)
{
	if (i >= address->place_count) {
		struct place **places = xnew_array(struct place *, i + 1);

		memcpy(places, address->places, address->place_count * sizeof(places[0]));
		if (address->places != address->few)
			free(address->places);
		address->places = places;
		address->place_count = i + 1;
	}
	address->places[i] = place_new(address, &address->engine->slots[i]);
	return address->places[i];
}

void settle_place(struct arp_address *address, size_t i)
{
	struct slot *slot = &address->engine->slots[i];
	struct place *place = place_at(address, i);

	if (place && !wants_slot(address, slot)) {
		remove_place(address, i);
		return;
	}
	if (place || !wants_slot(address, slot))
		return;
	place = add_place(address, i);
	if (!slot_serves(slot, &address->ip))
		return;
	join(place);
	place_start(place, address->engine->clock());
}

/* Calls @act for the place of every address on @slot. */
static void each_place(struct slot *slot, void (*act)(struct place *place))
{
	size_t i = (size_t)(slot - slot->engine->slots);
	struct arp_address *address;
	struct arp_address *next;

	HASH_ITER(hh, slot->engine->addresses, address, next)
	{
		if (place_at(address, i))
			act(place_at(address, i));
	}
	arp_kick(slot->engine);
}

/* The link came, or what it can carry is another. */
static void restart_place(struct place *place)
{
	uint64_t now_ns = place->address->engine->clock();

	if (!slot_serves(place->slot, &place->address->ip)) {
		leave(place);
		place_stop(place, now_ns);
		return;
	}
	join(place);
	if (place->state == ARP_QUIET)
		place_start(place, now_ns);
	else
		place_announce_again(place); /* the MAC is another */
}

static void lose_place(struct place *place)
{
	place->has_joined = false;
	place_stop(place, place->address->engine->clock());
}

static void close_link(struct arp_engine *engine, struct arp_link *link)
{
	if (!link)
		return;
	arp_link_stop(link);
	if (engine->porter.close)
		engine->porter.close(engine->porter.user, link);
	else
		arp_link_free(link);
}

static void close_slot(struct slot *slot)
{
	struct arp_link *link = slot->link;

	slot->link = NULL;
	close_link(slot->engine, link);
	each_place(slot, lose_place);
}

static void retry_later(struct slot *slot, uint64_t wait_ms)
{
	struct arp_engine *engine = slot->engine;

	arp_timer_set(&engine->timers, &slot->retry, engine->clock() + wait_ms * NS_PER_MS);
	arp_kick(engine);
}

static void on_link_failed(void *user, int error)
{
	struct slot *slot = user;

	slot->error = error;
	close_slot(slot);
	arp_report_error(slot, ARP_EV_LINK_FAILED, NULL, error);
	retry_later(slot, LINK_RETRY_FIRST_MS);
}

/* @link is open, or NULL and @error says why not. */
static void take_link(struct slot *slot, struct arp_link *link, int error)
{
	const struct arp_link_handlers handlers = {
		.on_frame = arp_on_frame,
		.on_failed = on_link_failed,
		.user = slot,
	};

	if (!link) {
		if (slot->error != error)
			arp_report_error(slot, ARP_EV_LINK_FAILED, NULL, error);
		slot->error = error;
		retry_later(slot, LINK_RETRY_MS);
		return;
	}
	slot->link = link;
	slot->error = 0;
	arp_link_start(link, slot->engine->base, &handlers);
	arp_report_error(slot, ARP_EV_LINK_UP, NULL, 0);
	each_place(slot, restart_place);
}

static void open_slot(struct slot *slot)
{
	const struct arp_porter *porter = &slot->engine->porter;
	struct arp_link *link = NULL;
	int r;

	slot->is_opening = porter->open;
	if (porter->open) {
		porter->open(porter->user, slot->conf.name, slot->conf.ifindex);
		return;
	}
	r = arp_link_open(slot->conf.name, slot->conf.ifindex, &link);
	take_link(slot, link, r);
}

static void on_retry(void *owner, uint64_t now_ns)
{
	struct slot *slot = owner;

	(void)now_ns;
	if (slot->is_used && !slot->link && !slot->is_opening)
		open_slot(slot);
}

static void rejoin_place(struct place *place)
{
	if (slot_serves(place->slot, &place->address->ip))
		join(place);
}

static void on_rejoin(void *owner, uint64_t now_ns)
{
	(void)now_ns;
	each_place(owner, rejoin_place);
}

static struct slot *slot_of(struct arp_engine *engine, unsigned ifindex)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].is_used && engine->slots[i].conf.ifindex == ifindex)
			return &engine->slots[i];
	}
	return NULL;
}

void arp_engine_give_link(struct arp_engine *engine, const char *name, unsigned ifindex,
	struct arp_link *link, int error)
{
	struct slot *slot = slot_of(engine, ifindex);

	if (!slot || !slot->is_opening || strcmp(slot->conf.name, name) != 0) {
		close_link(engine, link); /* no longer wanted */
		return;
	}
	slot->is_opening = false;
	if (link)
		arp_link_flush(link); /* what came meanwhile may be old */
	take_link(slot, link, error);
}

static void settle_slot(struct slot *slot)
{
	size_t i = (size_t)(slot - slot->engine->slots);
	struct arp_address *address;
	struct arp_address *next;

	HASH_ITER(hh, slot->engine->addresses, address, next)
	settle_place(address, i);
	arp_kick(slot->engine);
}

static void add_slot(struct arp_engine *engine, const struct arp_link_conf *conf)
{
	size_t i = 0;
	struct slot *slot;

	while (i < ARP_LINKS_MAX && engine->slots[i].is_used)
		i++;
	if (i == ARP_LINKS_MAX)
		return;
	if (i >= engine->slot_count)
		engine->slot_count = i + 1;
	slot = &engine->slots[i];
	*slot = (struct slot){
		.engine = engine,
		.is_used = true,
		.is_wanted = true,
		.conf = *conf,
		.retry = { .fire = on_retry, .owner = slot },
		.rejoin = { .fire = on_rejoin, .owner = slot },
	};
	settle_slot(slot);
	open_slot(slot);
}

static void remove_slot(struct slot *slot)
{
	struct arp_engine *engine = slot->engine;

	close_link(engine, slot->link);
	slot->link = NULL;
	arp_timer_stop(&engine->timers, &slot->retry);
	arp_timer_stop(&engine->timers, &slot->rejoin);
	slot->is_used = false;
	settle_slot(slot);
	*slot = (struct slot){ .engine = engine };
}

static void update_slot(struct slot *slot, const struct arp_link_conf *conf)
{
	bool is_news = !mac_equal(&slot->conf.mac, &conf->mac) ||
		slot->conf.can_arp != conf->can_arp || slot->conf.can_ndp != conf->can_ndp;

	slot->is_wanted = true;
	slot->conf = *conf;
	if (slot->link && is_news)
		each_place(slot, restart_place);
}

void arp_engine_retry_link(struct arp_engine *engine, unsigned ifindex)
{
	struct slot *slot = slot_of(engine, ifindex);

	if (!slot || !slot->retry.is_set)
		return;
	arp_timer_stop(&engine->timers, &slot->retry);
	open_slot(slot);
}

void arp_engine_announce_link(struct arp_engine *engine, unsigned ifindex)
{
	struct slot *slot = slot_of(engine, ifindex);

	if (slot)
		each_place(slot, place_announce_again);
}

void arp_engine_set_links(
	struct arp_engine *engine, const struct arp_link_conf *links, size_t count)
{
	for (size_t i = 0; i < engine->slot_count; i++)
		engine->slots[i].is_wanted = false;
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = slot_of(engine, links[i].ifindex);

		/* An index that now carries another name is another link. */
		if (slot && strcmp(slot->conf.name, links[i].name) != 0) {
			remove_slot(slot);
			slot = NULL;
		}
		if (slot)
			update_slot(slot, &links[i]);
		else
			add_slot(engine, &links[i]);
	}
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].is_used && !engine->slots[i].is_wanted)
			remove_slot(&engine->slots[i]);
	}
}

void arp_engine_visit_links(const struct arp_engine *engine, arp_link_view_fn *visit, void *user)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		const struct slot *slot = &engine->slots[i];
		struct arp_link_view view = {
			.ifindex = slot->conf.ifindex,
			.mac = slot->conf.mac,
			.is_open = slot->link,
			.error = slot->error,
			.frames = slot->frames,
			.malformed = slot->malformed,
			.tagged = slot->tagged,
			.mismatched = slot->mismatched,
			.drops = slot->link ? arp_link_drops(slot->link) : 0,
			.unsent = slot->unsent,
		};

		if (!slot->is_used)
			continue;
		memcpy(view.name, slot->conf.name, sizeof(view.name));
		visit(user, &view);
	}
}
