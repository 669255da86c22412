/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The life of an address on one link:
 *
 *              start                    nobody answered
 *   QUIET ----------------> PROBING ----------------------> ANNOUNCED: rounds of the schedule,
 *     ^  (ARP_ANNOUNCE:        |  ^                             then the refresh
 *     |   straight on)         |  | PROBE_AGAIN_MS later
 *     |                answered v  |
 *     +--- stop             REFUSED
 *
 * In ARP_STANDBY a probe returns to QUIET with a result. Whoever is due does not send at once but
 * stands in a queue: first rounds and probes in one that is only held to what an interface's queue
 * can swallow, all else in one that is held to frames_per_second.
 */

#include "arp/state.h"
#include "base/clock.h"
#include "base/mem.h"

#include <bsd/stdlib.h>

static void place_arm(struct place *place, uint64_t due_ns)
{
	arp_timer_set(&place->address->engine->timers, &place->timer, due_ns);
}

static void leave_queue(struct place *place)
{
	struct arp_engine *engine = place->address->engine;

	if (place->queued == QUEUED_URGENT)
		TAILQ_REMOVE(&engine->urgent, place, queue);
	else if (place->queued == QUEUED_PACED)
		TAILQ_REMOVE(&engine->paced, place, queue);
	place->queued = NOT_QUEUED;
}

static void enqueue_urgent(struct place *place)
{
	leave_queue(place);
	TAILQ_INSERT_TAIL(&place->address->engine->urgent, place, queue);
	place->queued = QUEUED_URGENT;
}

static void enqueue_paced(struct place *place)
{
	if (place->queued != NOT_QUEUED)
		return;
	TAILQ_INSERT_TAIL(&place->address->engine->paced, place, queue);
	place->queued = QUEUED_PACED;
}

static void set_state(struct place *place, enum arp_state state, uint64_t now_ns)
{
	leave_queue(place);
	arp_timer_stop(&place->address->engine->timers, &place->timer);
	if (place->state != state)
		place->since_ns = now_ns;
	place->state = state;
	place->round = 0;
	place->probes_sent = 0;
}

static void start_announcing(struct place *place, uint64_t now_ns)
{
	bool is_news = place->state != ARP_ANNOUNCED;

	set_state(place, ARP_ANNOUNCED, now_ns);
	place->refused_by = (struct mac){ 0 };
	if (is_news)
		arp_report(place->address->engine, ARP_EV_ANNOUNCED, place->address, NULL,
			place->slot);
	enqueue_urgent(place);
}

void place_probe(struct place *place, uint64_t now_ns)
{
	set_state(place, ARP_PROBING, now_ns);
	enqueue_urgent(place);
}

bool place_ask(struct place *place)
{
	if (place->state != ARP_QUIET)
		return false;
	enqueue_urgent(place);
	return true;
}

void place_unasked(struct arp_address *address)
{
	bool is_waiting = false;

	for (size_t i = 0; i < address->place_count; i++)
		is_waiting |= address->places[i] && address->places[i]->state == ARP_QUIET &&
			address->places[i]->queued != NOT_QUEUED;
	if (!is_waiting && !address->was_asked)
		arp_report(address->engine, ARP_EV_UNASKED, address, NULL, NULL);
}

void place_start(struct place *place, uint64_t now_ns)
{
	switch (place->address->mode) {
	case ARP_CLAIM:
		place_probe(place, now_ns);
		break;
	case ARP_ANNOUNCE:
		start_announcing(place, now_ns);
		break;
	case ARP_STANDBY:
		set_state(place, ARP_QUIET, now_ns);
		break;
	}
}

/* The one question of a standby address is over when no link of it is asking any more. */
static void end_question(struct arp_address *address)
{
	for (size_t i = 0; i < address->place_count; i++) {
		if (address->places[i] && address->places[i]->state == ARP_PROBING)
			return;
	}
	address->is_asking = false;
	arp_report(address->engine, address->has_asked ? ARP_EV_PROBE_SILENT : ARP_EV_PROBE_BLIND,
		address, NULL, NULL);
}

void place_stop(struct place *place, uint64_t now_ns)
{
	set_state(place, ARP_QUIET, now_ns);
	if (place->address->is_asking)
		end_question(place->address);
}

void place_announce_again(struct place *place)
{
	if (place->state != ARP_ANNOUNCED)
		return;
	arp_timer_stop(&place->address->engine->timers, &place->timer);
	place->round = 0;
	enqueue_urgent(place);
}

/* Before the repeats of others: it is an answer. Held to the same pace, since anybody can ask. */
void place_defend(struct place *place)
{
	if (place->queued == QUEUED_URGENT)
		return;
	leave_queue(place);
	TAILQ_INSERT_HEAD(&place->address->engine->paced, place, queue);
	place->queued = QUEUED_PACED;
}

static void end_asking(struct arp_address *address, const struct place *asked,
	const struct mac *holder, uint64_t now_ns)
{
	address->is_asking = false;
	for (size_t i = 0; i < address->place_count; i++) {
		if (address->places[i] && address->places[i]->state == ARP_PROBING)
			set_state(address->places[i], ARP_QUIET, now_ns);
	}
	arp_report(address->engine, ARP_EV_PROBE_ANSWERED, address, holder, asked->slot);
}

void place_answered(struct place *place, const struct mac *holder, uint64_t now_ns)
{
	struct arp_address *address = place->address;
	uint64_t jitter_ns = arc4random() % (PROBE_AGAIN_MS / 4) * NS_PER_MS;

	if (address->mode == ARP_STANDBY) {
		end_asking(address, place, holder, now_ns);
		return;
	}
	address->contender = *holder;
	set_state(place, ARP_REFUSED, now_ns);
	if (!mac_equal(&place->refused_by, holder)) {
		place->refused_by = *holder;
		arp_report(address->engine, ARP_EV_PROBE_CONFLICT, address, holder, place->slot);
	}
	/* Two that asked at the same time must not ask at the same time again. */
	place_arm(place, now_ns + PROBE_AGAIN_MS * NS_PER_MS + jitter_ns);
}

static void nobody_answered(struct place *place, uint64_t now_ns)
{
	if (place->address->mode == ARP_STANDBY) {
		place_stop(place, now_ns);
		return;
	}
	if (place->probes_sent > 0) {
		start_announcing(place, now_ns);
		return;
	}
	/* Nobody was asked: the link does not take frames just now. */
	set_state(place, ARP_PROBING, now_ns);
	place_arm(place, now_ns + PROBE_UNSENT_MS * NS_PER_MS);
}

static void on_due(void *owner, uint64_t now_ns)
{
	struct place *place = owner;

	switch (place->state) {
	case ARP_QUIET:
		break;
	case ARP_REFUSED:
		place_probe(place, now_ns);
		break;
	case ARP_PROBING:
		if (place->round < PROBE_COUNT)
			enqueue_urgent(place);
		else
			nobody_answered(place, now_ns);
		break;
	case ARP_ANNOUNCED:
		enqueue_paced(place);
		break;
	}
}

/* RFC 5227 section 2.1.1; RFC 4862 section 5.4.2. */
static bool send_probe(struct place *place)
{
	const struct ip *ip = &place->address->ip;
	bool is_v4 = ip->family == AF_INET;
	struct ip group = solicited_node_group(ip);
	struct neigh_frame frame = {
		.kind = is_v4 ? NEIGH_ARP_REQUEST : NEIGH_SOLICITATION,
		.eth_dst = is_v4 ? mac_broadcast : group_mac(&group),
		.eth_src = place->slot->conf.mac,
		.source = { .family = ip->family },
		.ip_dst = group,
		.target = *ip,
	};

	if (is_v4)
		frame.sender = place->slot->conf.mac;
	return slot_send(place->slot, &frame);
}

static void ask_once(struct place *place, uint64_t now_ns)
{
	if (send_probe(place)) {
		place->asked_ns = now_ns;
		place->address->was_asked = true;
		return;
	}
	place_unasked(place->address);
}

static void send_counted(struct place *place, const struct neigh_frame *frame)
{
	if (slot_send(place->slot, frame))
		place->counters.gratuitous++;
}

/* RFC 5227 section 2.3, and the reply form with target address = sender (RFC 5944 section 4.6). */
static void announce_arp(struct place *place)
{
	const struct arp_link_conf *link = &place->slot->conf;
	struct neigh_frame frame = {
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = link->mac,
		.sender = link->mac,
		.source = place->address->ip,
		.target = place->address->ip,
	};

	send_counted(place, &frame);
	frame.kind = NEIGH_ARP_REPLY;
	/* Linux ignores the reply for a second after the last change if this is anything else. */
	frame.target_mac = link->mac;
	send_counted(place, &frame);
	if (!ip_is_set(&link->gateway))
		return;
	/* Reaches routers that filter gratuitous ARP. */
	frame.kind = NEIGH_ARP_REQUEST;
	frame.target_mac = (struct mac){ 0 };
	frame.target = link->gateway;
	send_counted(place, &frame);
}

/* RFC 4861 section 7.2.6. */
static void announce_ndp(struct place *place)
{
	const struct arp_link_conf *link = &place->slot->conf;
	struct neigh_frame frame = {
		.kind = NEIGH_ADVERTISEMENT,
		.eth_dst = group_mac(&ip_all_nodes),
		.eth_src = link->mac,
		.source = place->address->ip,
		.ip_dst = ip_all_nodes,
		.target = place->address->ip,
		.sender = link->mac,
		.has_sender = true,
		.flags = (uint8_t)(NA_OVERRIDE | (link->is_router ? NA_ROUTER : 0)),
	};

	send_counted(place, &frame);
}

/* Frames that its next turn sends. */
static uint64_t frames_of(const struct place *place)
{
	if (place->state != ARP_ANNOUNCED || place->address->ip.family == AF_INET6)
		return 1;
	return ip_is_set(&place->slot->conf.gateway) ? 3 : 2;
}

static void send_round(struct place *place, uint64_t now_ns)
{
	const struct announce_schedule *schedule = &place->address->engine->conf.schedule;
	uint64_t wait_ns;

	leave_queue(place);
	if (place->state == ARP_QUIET) {
		ask_once(place, now_ns);
		return;
	}
	if (place->state == ARP_PROBING) {
		if (send_probe(place)) {
			place->probes_sent++;
			place->address->has_asked = true;
		}
		place->round++;
		place_arm(place, now_ns + PROBE_GAP_MS * NS_PER_MS);
		return;
	}
	if (place->address->ip.family == AF_INET)
		announce_arp(place);
	else
		announce_ndp(place);
	if (place->timer.is_set)
		return; /* a defence: the schedule goes on as it was */
	wait_ns = schedule_next(schedule, place->round, arc4random());
	place->round++;
	if (wait_ns > 0)
		place_arm(place, now_ns + wait_ns);
}

static uint64_t pump_queue(struct place_queue *queue, struct frame_bucket *bucket, uint64_t now_ns)
{
	struct place *place;

	while ((place = TAILQ_FIRST(queue))) {
		uint64_t wait_ns = bucket_take(bucket, frames_of(place), now_ns);

		if (wait_ns > 0)
			return wait_ns;
		send_round(place, now_ns);
	}
	return UINT64_MAX;
}

uint64_t arp_pump(struct arp_engine *engine, uint64_t now_ns)
{
	uint64_t urgent = pump_queue(&engine->urgent, &engine->urgent_bucket, now_ns);
	uint64_t paced = pump_queue(&engine->paced, &engine->paced_bucket, now_ns);

	return urgent < paced ? urgent : paced;
}

static bool is_own(const struct arp_address *address, const struct place *place)
{
	return place >= address->own && place < address->own + address->own_count;
}

/* One of those that came with the address, if there is one left. */
static struct place *spare_place(const struct arp_address *address)
{
	for (size_t i = 0; i < address->own_count; i++) {
		if (!address->own[i].address)
			return &address->own[i];
	}
	return xnew(struct place);
}

struct place *place_new(struct arp_address *address, struct slot *slot)
{
	struct place *place = spare_place(address);

	place->address = address;
	place->slot = slot;
	place->timer.fire = on_due;
	place->timer.owner = place;
	return place;
}

void place_free(struct place *place)
{
	leave_queue(place);
	arp_timer_stop(&place->address->engine->timers, &place->timer);
	if (is_own(place->address, place))
		*place = (struct place){ 0 };
	else
		free(place);
}
