/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a frame from the network makes us do: answer, defend, or nothing.
 */

#include "arp/state.h"
#include "base/clock.h"

static bool is_for_us(const struct slot *slot, const struct neigh_frame *frame)
{
	return mac_is_group(&frame->eth_dst) || mac_equal(&frame->eth_dst, &slot->conf.mac);
}

static struct place *place_on(const struct arp_address *address, const struct slot *slot)
{
	size_t i = (size_t)(slot - slot->engine->slots);

	return address && slot_serves(slot, &address->ip) ? place_at(address, i) : NULL;
}

/* A group or empty address is nobody to answer to (RFC 1812 section 3.3.2 by analogy). */
static bool asker_is_real(const struct mac *mac)
{
	return !mac_is_group(mac) && !mac_is_zero(mac);
}

void arp_expect_answers(struct arp_address *address)
{
	for (size_t i = 0; i < HEARD_MAX; i++)
		address->heard[i].is_due = true;
	address->heard_new = (struct frame_bucket){
		.per_second = HEARD_NEW_PER_SECOND,
		.burst = HEARD_MAX,
	};
}

/* Who was heard once goes before who goes on claiming, the oldest first. */
static bool goes_before(const struct claimant *a, const struct claimant *b)
{
	return a->is_settled == b->is_settled ? a->told_ns < b->told_ns : b->is_settled;
}

/* The one with @mac, else the one whose room is wanted least. */
static struct claimant *claimant_of(struct arp_address *address, const struct mac *mac)
{
	struct claimant *least = &address->heard[0];

	for (size_t i = 0; i < HEARD_MAX; i++) {
		struct claimant *claimant = &address->heard[i];

		if (mac_equal(&claimant->mac, mac))
			return claimant;
		if (goes_before(claimant, least))
			least = claimant;
	}
	return least;
}

/* Gratuitous ARP (RFC 5227 section 2.3), or an unsolicited advertisement. */
static bool is_announcement(const struct neigh_frame *frame)
{
	if (!mac_is_group(&frame->eth_dst))
		return false;
	return frame->kind == NEIGH_ADVERTISEMENT ? !(frame->flags & NA_SOLICITED) :
						    ip_equal(&frame->source, &frame->target);
}

/*
 * A question has many answers when a kernel or a host that should be silent answers too: each
 * claimant has a pace of its own, so that who is the fastest does not hide the others.
 */
static void report_heard(struct arp_address *address, const struct neigh_frame *frame,
	const struct slot *slot, uint64_t now_ns)
{
	const struct mac *mac = &frame->sender;
	struct claimant *claimant = claimant_of(address, mac);
	bool is_known = mac_equal(&claimant->mac, mac);
	uint64_t ago_ns = now_ns - claimant->told_ns;

	if (is_known && !claimant->is_due && ago_ns < HEARD_SAME_MS * NS_PER_MS)
		return;
	if (!is_known && bucket_take(&address->heard_new, 1, now_ns) > 0)
		return;
	if (is_known || !claimant->is_settled || ago_ns > HEARD_SETTLED_SECONDS * NS_PER_S)
		*claimant = (struct claimant){
			.mac = *mac,
			.told_ns = now_ns,
			.is_settled = is_known,
		};
	arp_report_heard(address, mac, slot, is_announcement(frame));
}

/* RFC 5227 section 2.4: the rightful owner defends, once in a while, and stays. */
static void contest(struct place *place, const struct mac *mac, uint64_t now_ns)
{
	struct arp_address *address = place->address;
	bool is_news = !address->is_contested;

	address->contested_ns = now_ns;
	address->is_contested = true;
	address->contender = *mac;
	if (is_news) {
		arp_report(address->engine, ARP_EV_CONFLICT, address, mac, place->slot);
		arp_timer_set(&address->engine->timers, &address->contest,
			now_ns + CONTEST_SECONDS * NS_PER_S);
	}
	if (address->defended_ns != 0 && now_ns - address->defended_ns < DEFEND_GAP_MS * NS_PER_MS)
		return;
	address->defended_ns = now_ns;
	place_defend(place);
}

static bool is_foreign(const struct slot *slot, const struct mac *mac)
{
	return asker_is_real(mac) && !arp_slot_of_mac(slot->engine, mac);
}

/*
 * Somebody says that an address of ours is his. Who owns it says so from the MAC that he names:
 * another one is made up, or comes by a proxy that knows no better.
 */
static void on_claim(struct slot *slot, const struct neigh_frame *frame, const struct ip *claimed)
{
	struct place *place = place_on(arp_find(slot->engine, claimed), slot);
	uint64_t now_ns = slot->engine->clock();

	if (!place || !is_foreign(slot, &frame->sender))
		return;
	if (!mac_equal(&frame->sender, &frame->eth_src)) {
		slot->mismatched++;
		return;
	}
	report_heard(place->address, frame, slot, now_ns);
	switch (place->state) {
	case ARP_PROBING:
		place->counters.conflicts++;
		place_answered(place, &frame->sender, now_ns);
		break;
	case ARP_ANNOUNCED:
		place->counters.conflicts++;
		if (place->address->mode == ARP_CLAIM)
			contest(place, &frame->sender, now_ns);
		break;
	case ARP_QUIET:
	case ARP_REFUSED:
		return;
	}
	arp_kick(slot->engine);
}

/*
 * Another host asks, before using it, for an address that we ask for too (RFC 5227 section 2.1.1,
 * RFC 4862 section 5.4.3). Neither may have it now. Of a question on standby the asker decides.
 */
static void on_rival(struct place *place, const struct mac *mac)
{
	uint64_t now_ns = place->slot->engine->clock();

	if (!is_foreign(place->slot, mac))
		return;
	arp_report(place->slot->engine, ARP_EV_RIVAL, place->address, mac, place->slot);
	if (place->address->mode == ARP_STANDBY)
		return;
	place->counters.conflicts++;
	place_answered(place, mac, now_ns);
	arp_kick(place->slot->engine);
}

/* A single question is out until there can be no answer any more. */
static bool is_asking(const struct place *place)
{
	uint64_t now_ns = place->slot->engine->clock();

	return place->state == ARP_PROBING ||
		(place->state == ARP_QUIET && place->asked_ns > 0 &&
			now_ns - place->asked_ns < ASKED_MS * NS_PER_MS);
}

/* Answers to one address are limited, so that a storm of questions does not become two. */
static bool may_answer(struct arp_address *address)
{
	uint64_t now_ns = address->engine->clock();

	if (now_ns - address->window_ns >= NS_PER_S) {
		address->window_ns = now_ns;
		address->window_answers = 0;
	}
	return address->window_answers++ < address->engine->conf.answers_per_second;
}

static struct neigh_frame arp_answer(const struct slot *slot, const struct neigh_frame *asked)
{
	return (struct neigh_frame){
		.kind = NEIGH_ARP_REPLY,
		.eth_dst = asked->sender,
		.eth_src = slot->conf.mac,
		.sender = slot->conf.mac,
		.source = asked->target,
		.target_mac = asked->sender,
		.target = asked->source,
	};
}

/* RFC 4861 section 7.2.4; to a host in duplicate address detection the answer goes to all. */
static struct neigh_frame ndp_answer(const struct slot *slot, const struct neigh_frame *asked)
{
	bool is_dad = ip_to_uint(&asked->source) == 0;

	return (struct neigh_frame){
		.kind = NEIGH_ADVERTISEMENT,
		.eth_dst = is_dad ? group_mac(&ip_all_nodes) : asked->eth_src,
		.eth_src = slot->conf.mac,
		.source = asked->target,
		.ip_dst = is_dad ? ip_all_nodes : asked->source,
		.target = asked->target,
		.sender = slot->conf.mac,
		.has_sender = true,
		.flags = (uint8_t)(NA_OVERRIDE | (is_dad ? 0 : NA_SOLICITED) |
			(slot->conf.is_router ? NA_ROUTER : 0)),
	};
}

static void on_question(struct slot *slot, const struct neigh_frame *frame)
{
	struct place *place = place_on(arp_find(slot->engine, &frame->target), slot);
	bool is_arp = frame->kind == NEIGH_ARP_REQUEST;
	const struct mac *asker = is_arp ? &frame->sender : &frame->eth_src;
	struct neigh_frame answer;

	if (!place)
		return;
	if (is_asking(place) && ip_to_uint(&frame->source) == 0 &&
		mac_equal(asker, &frame->eth_src)) {
		on_rival(place, asker);
		return;
	}
	if (place->state != ARP_ANNOUNCED)
		return;
	place->counters.requests++;
	if (!asker_is_real(asker))
		return;
	if (!may_answer(place->address)) {
		place->counters.limited++;
		return;
	}
	answer = is_arp ? arp_answer(slot, frame) : ndp_answer(slot, frame);
	if (slot_send(slot, &answer))
		place->counters.answers++;
}

void arp_on_frame(void *user, const uint8_t *bytes, size_t len)
{
	struct slot *slot = user;
	struct neigh_frame frame;

	slot->frames++;
	if (slot->engine->is_stale && slot->engine->is_stale(slot->engine->stale_user))
		return;
	switch (neigh_parse(bytes, len, &frame)) {
	case FRAME_GOOD:
		break;
	case FRAME_MALFORMED:
		slot->malformed++;
		return;
	case FRAME_TAGGED:
		slot->tagged++;
		return;
	case FRAME_OTHER:
		return;
	}
	if (!is_for_us(slot, &frame) || mac_equal(&frame.eth_src, &slot->conf.mac))
		return;

	if (frame.kind == NEIGH_ADVERTISEMENT) {
		/* Without the option the frame's sender says whose claim it is. */
		if (!frame.has_sender)
			frame.sender = frame.eth_src;
		on_claim(slot, &frame, &frame.target);
		return;
	}
	if (frame.kind == NEIGH_ARP_REQUEST || frame.kind == NEIGH_ARP_REPLY)
		on_claim(slot, &frame, &frame.source);
	if (frame.kind != NEIGH_ARP_REPLY)
		on_question(slot, &frame);
}
