/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/engine.h"

#include "arp/state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>

enum {
	LINK_RETRY_SECONDS = 5,
	ROUND_FRAMES = 2, /* of an address on one link: request and reply */
};

const char *arp_state_name(enum arp_state state)
{
	static const char *const names[] = { "probing", "announced", "refused" };

	return names[state];
}

struct address *engine_find(struct arp_engine *engine, const struct ip *ip)
{
	struct address *address;

	HASH_FIND(hh, engine->addresses, ip, sizeof(*ip), address);
	return address;
}

struct slot *engine_slot_of_mac(struct arp_engine *engine, const struct mac *mac)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].is_used && mac_equal(&engine->slots[i].conf.mac, mac))
			return &engine->slots[i];
	}
	return NULL;
}

void engine_send(struct slot *slot, const struct neigh_frame *frame)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(frame, bytes);
	int r = slot->link ? arp_link_send(slot->link, bytes, len) : -ENETDOWN;

	if (r < 0)
		log_limited(
			LOG_L_WARN, "frame not sent", kv_str("link", slot->conf.name), kv_errno(r));
}

void engine_report(struct arp_engine *engine, enum arp_event_type type,
	const struct address *address, const struct slot *slot)
{
	struct arp_event event = {
		.type = type,
		.link = slot ? slot->conf.name : "",
		.error = slot ? slot->error : 0,
	};

	if (address) {
		event.ip = address->ip;
		event.mac = address->contender;
	}
	engine->on_event(engine->user, &event);
}

static bool slot_serves(const struct slot *slot, const struct ip *ip)
{
	return slot->is_used && slot->link &&
		(ip->family == AF_INET ? slot->conf.can_arp : slot->conf.can_ndp);
}

static void arm(struct address *address, uint64_t wait_ns)
{
	struct timeval wait = {
		.tv_sec = (time_t)(wait_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(wait_ns % NS_PER_S / NS_PER_US),
	};

	if (event_add(address->timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

static void set_state(struct address *address, enum arp_state state)
{
	address->state = state;
	address->round = 0;
	address->since_ns = clock_now_ns();
}

/* Calls @send for every link that @address is for and that can carry it. */
static void each_link(struct address *address,
	void (*send)(struct address *address, struct slot *slot, struct on_link *on))
{
	struct arp_engine *engine = address->engine;

	for (size_t i = 0; i < address->on_count; i++) {
		if (address->on[i].is_wanted && slot_serves(&engine->slots[i], &address->ip))
			send(address, &engine->slots[i], &address->on[i]);
	}
}

/* RFC 5227 section 2.1.1; RFC 4862 section 5.4.2. */
static void send_probe(struct address *address, struct slot *slot, struct on_link *on)
{
	bool is_v4 = address->ip.family == AF_INET;
	struct ip group = solicited_node_group(&address->ip);
	struct neigh_frame frame = {
		.kind = is_v4 ? NEIGH_ARP_REQUEST : NEIGH_SOLICITATION,
		.eth_dst = is_v4 ? mac_broadcast : group_mac(&group),
		.eth_src = slot->conf.mac,
		.source = { .family = address->ip.family },
		.ip_dst = group,
		.target = address->ip,
	};

	(void)on;
	if (is_v4)
		frame.sender = slot->conf.mac;
	engine_send(slot, &frame);
}

/* RFC 5227 section 2.3, and the reply form with target address = sender (RFC 5944 section 4.6). */
static void announce_arp(struct address *address, struct slot *slot, struct on_link *on)
{
	struct neigh_frame frame = {
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = slot->conf.mac,
		.sender = slot->conf.mac,
		.source = address->ip,
		.target = address->ip,
	};

	engine_send(slot, &frame);
	frame.kind = NEIGH_ARP_REPLY;
	/* Linux ignores the reply for a second after the last change if this is anything else. */
	frame.target_mac = slot->conf.mac;
	engine_send(slot, &frame);
	on->counters.gratuitous += 2;
	if (!ip_is_set(&slot->conf.gateway))
		return;
	/* Reaches routers that filter gratuitous ARP. */
	frame.kind = NEIGH_ARP_REQUEST;
	frame.target_mac = (struct mac){ 0 };
	frame.target = slot->conf.gateway;
	engine_send(slot, &frame);
	on->counters.gratuitous++;
}

/* RFC 4861 section 7.2.6. */
static void announce_ndp(struct address *address, struct slot *slot, struct on_link *on)
{
	struct neigh_frame frame = {
		.kind = NEIGH_ADVERTISEMENT,
		.eth_dst = group_mac(&ip_all_nodes),
		.eth_src = slot->conf.mac,
		.source = address->ip,
		.ip_dst = ip_all_nodes,
		.target = address->ip,
		.sender = slot->conf.mac,
		.has_sender = true,
		.flags = (uint8_t)(NA_OVERRIDE | (slot->conf.is_router ? NA_ROUTER : 0)),
	};

	engine_send(slot, &frame);
	on->counters.gratuitous++;
}

void engine_announce(struct address *address)
{
	each_link(address, address->ip.family == AF_INET ? announce_arp : announce_ndp);
}

static void start_probing(struct address *address)
{
	set_state(address, ARP_PROBING);
	arm(address, 0);
}

void engine_refuse(struct address *address, const struct mac *holder, const struct slot *slot)
{
	address->contender = *holder;
	set_state(address, ARP_REFUSED);
	engine_report(address->engine, ARP_EV_PROBE_CONFLICT, address, slot);
	arm(address, PROBE_AGAIN_MS * NS_PER_MS);
}

static void announce_round(struct address *address)
{
	struct arp_engine *engine = address->engine;
	uint64_t wait_ns;

	/* The first round is not held back: it is the one that moves the traffic. */
	wait_ns = address->round == 0 ? 0 :
					bucket_take(&engine->bucket, ROUND_FRAMES, clock_now_ns());
	if (wait_ns > 0) {
		arm(address, wait_ns);
		return;
	}
	engine_announce(address);
	wait_ns = schedule_next(&engine->conf.schedule, address->round, arc4random());
	address->round++;
	if (wait_ns > 0)
		arm(address, wait_ns);
}

static void end_contest(struct address *address)
{
	if (!address->is_contested ||
		clock_now_ns() - address->contested_ns < CONTEST_SECONDS * NS_PER_S)
		return;
	address->is_contested = false;
	engine_report(address->engine, ARP_EV_CONFLICT_OVER, address, NULL);
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct address *address = arg;

	(void)fd;
	(void)events;
	end_contest(address);
	if (address->state == ARP_REFUSED) {
		start_probing(address);
		return;
	}
	if (address->state == ARP_PROBING && address->round < PROBE_COUNT) {
		each_link(address, send_probe);
		address->round++;
		arm(address, PROBE_GAP_MS * NS_PER_MS);
		return;
	}
	if (address->state == ARP_PROBING) {
		set_state(address, ARP_ANNOUNCED);
		engine_report(address->engine, ARP_EV_ANNOUNCED, address, NULL);
	}
	announce_round(address);
}

static void join(struct address *address, struct slot *slot, struct on_link *on)
{
	int r;

	if (address->ip.family != AF_INET6 || on->has_joined)
		return;
	r = arp_link_join(slot->link, &address->ip);
	on->has_joined = r == 0;
	if (r < 0)
		log_limited(LOG_L_ERROR, "multicast group not joined", kv_ip("ip", &address->ip),
			kv_str("link", slot->conf.name), kv_errno(r));
}

static void leave(struct address *address, struct slot *slot, struct on_link *on)
{
	if (on->has_joined && slot->link)
		arp_link_leave(slot->link, &address->ip);
	on->has_joined = false;
}

/* Starts the announcements of @address from the beginning, without asking again. */
static void announce_again(struct address *address)
{
	if (address->state != ARP_ANNOUNCED)
		return;
	address->round = 0;
	arm(address, 0);
}

/* A link came, or its MAC is another: whoever is on it is told. */
static void refresh_slot(struct arp_engine *engine, struct slot *slot)
{
	size_t i = (size_t)(slot - engine->slots);
	struct address *address;
	struct address *next;

	HASH_ITER(hh, engine->addresses, address, next)
	{
		if (i >= address->on_count || !address->on[i].is_wanted)
			continue;
		each_link(address, join);
		announce_again(address);
	}
}

static void forget_joins(struct arp_engine *engine, const struct slot *slot)
{
	size_t i = (size_t)(slot - engine->slots);
	struct address *address;
	struct address *next;

	HASH_ITER(hh, engine->addresses, address, next)
	{
		if (i < address->on_count)
			address->on[i].has_joined = false;
	}
}

static void open_slot(struct slot *slot);

static void on_retry(evutil_socket_t fd, short events, void *arg)
{
	struct slot *slot = arg;

	(void)fd;
	(void)events;
	if (slot->is_used && !slot->link)
		open_slot(slot);
}

static void close_slot(struct slot *slot)
{
	slot->link = arp_link_free(slot->link);
	forget_joins(slot->engine, slot);
}

static void retry_later(struct slot *slot)
{
	const struct timeval wait = { .tv_sec = LINK_RETRY_SECONDS };

	if (!slot->retry)
		slot->retry = evtimer_new(slot->engine->base, on_retry, slot);
	if (!slot->retry || event_add(slot->retry, &wait) < 0)
		abort(); /* only memory can be missing */
}

static void on_link_failed(void *user, int error)
{
	struct slot *slot = user;

	slot->error = error;
	close_slot(slot);
	engine_report(slot->engine, ARP_EV_LINK_FAILED, NULL, slot);
	retry_later(slot);
}

static void open_slot(struct slot *slot)
{
	const struct arp_link_handlers handlers = {
		.on_frame = engine_on_frame,
		.on_failed = on_link_failed,
		.user = slot,
	};
	int r = arp_link_open(
		slot->engine->base, slot->conf.name, slot->conf.ifindex, &handlers, &slot->link);

	if (r < 0 && slot->error != r) {
		slot->error = r;
		engine_report(slot->engine, ARP_EV_LINK_FAILED, NULL, slot);
	}
	if (r < 0) {
		retry_later(slot);
		return;
	}
	slot->error = 0;
	engine_report(slot->engine, ARP_EV_LINK_UP, NULL, slot);
	refresh_slot(slot->engine, slot);
}

static struct slot *slot_of(struct arp_engine *engine, unsigned ifindex)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].is_used && engine->slots[i].conf.ifindex == ifindex)
			return &engine->slots[i];
	}
	return NULL;
}

/* Wants @address on the links of @conf, and nowhere else. */
static void place_address(struct address *address, const unsigned *ifindexes, size_t count)
{
	struct arp_engine *engine = address->engine;

	if (address->on_count < engine->slot_count) {
		address->on = xreallocarray(
			address->on, engine->slot_count, sizeof(address->on[0]));
		memset(address->on + address->on_count, 0,
			(engine->slot_count - address->on_count) * sizeof(address->on[0]));
		address->on_count = engine->slot_count;
	}
	for (size_t i = 0; i < address->on_count; i++) {
		struct slot *slot = &engine->slots[i];
		struct on_link *on = &address->on[i];
		bool is_wanted = slot->is_used && count == 0;

		for (size_t k = 0; k < count; k++)
			is_wanted |= slot->is_used && slot->conf.ifindex == ifindexes[k];
		if (!is_wanted)
			leave(address, slot, on);
		else if (!on->is_wanted && address->state == ARP_ANNOUNCED)
			announce_again(address);
		on->is_wanted = is_wanted;
	}
	each_link(address, join);
}

static void add_slot(struct arp_engine *engine, const struct arp_link_conf *conf)
{
	struct slot *slot = NULL;

	for (size_t i = 0; i < ARP_LINKS_MAX && !slot; i++) {
		if (!engine->slots[i].is_used)
			slot = &engine->slots[i];
	}
	if (!slot) {
		log_limited(LOG_L_ERROR, "too many links: this one is not served",
			kv_str("link", conf->name));
		return;
	}
	if ((size_t)(slot - engine->slots) >= engine->slot_count)
		engine->slot_count = (size_t)(slot - engine->slots) + 1;
	*slot = (struct slot){
		.engine = engine, .is_used = true, .is_wanted = true, .conf = *conf
	};
	open_slot(slot);
}

static void remove_slot(struct slot *slot)
{
	close_slot(slot);
	if (slot->retry)
		event_free(slot->retry);
	*slot = (struct slot){ 0 };
}

static void update_slot(struct slot *slot, const struct arp_link_conf *conf)
{
	bool is_news = !mac_equal(&slot->conf.mac, &conf->mac) ||
		slot->conf.can_arp != conf->can_arp || slot->conf.can_ndp != conf->can_ndp;

	slot->is_wanted = true;
	slot->conf = *conf;
	if (slot->link && is_news)
		refresh_slot(slot->engine, slot);
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

static void remove_address(struct address *address)
{
	for (size_t i = 0; i < address->on_count; i++)
		leave(address, &address->engine->slots[i], &address->on[i]);
	HASH_DEL(address->engine->addresses, address);
	event_free(address->timer);
	free(address->on);
	free(address);
}

static struct address *add_address(struct arp_engine *engine, const struct ip *ip)
{
	struct address *address = xnew(struct address);

	address->engine = engine;
	address->ip = *ip;
	address->timer = evtimer_new(engine->base, on_timer, address);
	if (!address->timer)
		abort(); /* only memory can be missing */
	HASH_ADD(hh, engine->addresses, ip, sizeof(address->ip), address);
	return address;
}

void arp_engine_set_addresses(
	struct arp_engine *engine, const struct arp_address_conf *addresses, size_t count)
{
	struct address *address;
	struct address *next;

	HASH_ITER(hh, engine->addresses, address, next)
	address->is_wanted = false;
	for (size_t i = 0; i < count; i++) {
		bool is_new;

		address = engine_find(engine, &addresses[i].ip);
		is_new = !address;
		if (is_new)
			address = add_address(engine, &addresses[i].ip);
		address->is_wanted = true;
		place_address(address, addresses[i].ifindexes, addresses[i].ifindex_count);
		if (is_new)
			start_probing(address);
	}
	HASH_ITER(hh, engine->addresses, address, next)
	{
		if (!address->is_wanted)
			remove_address(address);
	}
}

void arp_engine_set_conf(struct arp_engine *engine, const struct arp_engine_conf *conf)
{
	engine->conf = *conf;
	engine->bucket = (struct frame_bucket){
		.per_second = conf->frames_per_second,
		/* At least one round must fit, however slow the pace is. */
		.burst = conf->frames_per_second > ROUND_FRAMES ? conf->frames_per_second :
								  ROUND_FRAMES,
	};
}

struct arp_engine *arp_engine_new(struct event_base *base, const struct arp_engine_conf *conf,
	arp_event_fn *on_event, void *user)
{
	struct arp_engine *engine = xnew(struct arp_engine);

	engine->base = base;
	engine->on_event = on_event;
	engine->user = user;
	arp_engine_set_conf(engine, conf);
	return engine;
}

struct arp_engine *arp_engine_free(struct arp_engine *engine)
{
	struct address *address;
	struct address *next;

	if (!engine)
		return NULL;
	HASH_ITER(hh, engine->addresses, address, next)
	remove_address(address);
	for (size_t i = 0; i < engine->slot_count; i++) {
		if (engine->slots[i].is_used)
			remove_slot(&engine->slots[i]);
	}
	free(engine);
	return NULL;
}

void arp_engine_visit_addresses(
	const struct arp_engine *engine, arp_address_view_fn *visit, void *user)
{
	struct address *address;
	struct address *next;

	HASH_ITER(hh, engine->addresses, address, next)
	{
		for (size_t i = 0; i < address->on_count; i++) {
			const struct arp_address_view view = {
				.ip = address->ip,
				.state = address->state,
				.since_ns = address->since_ns,
				.link = engine->slots[i].conf.name,
				.counters = address->on[i].counters,
				.is_contested = address->is_contested,
				.contender = address->contender,
			};

			if (address->on[i].is_wanted &&
				slot_serves(&engine->slots[i], &address->ip))
				visit(user, &view);
		}
	}
}

void arp_engine_visit_links(const struct arp_engine *engine, arp_link_view_fn *visit, void *user)
{
	for (size_t i = 0; i < engine->slot_count; i++) {
		const struct slot *slot = &engine->slots[i];
		const struct arp_link_view view = {
			.name = slot->conf.name,
			.ifindex = slot->conf.ifindex,
			.mac = slot->conf.mac,
			.is_open = slot->link,
			.error = slot->error,
			.frames = slot->frames,
			.malformed = slot->malformed,
			.tagged = slot->tagged,
			.drops = slot->link ? arp_link_drops(slot->link) : 0,
		};

		if (slot->is_used)
			visit(user, &view);
	}
}
