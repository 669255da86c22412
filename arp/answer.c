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

static struct on_link *place(struct address *address, const struct slot *slot)
{
	size_t i = (size_t)(slot - address->engine->slots);
	bool can = address->ip.family == AF_INET ? slot->conf.can_arp : slot->conf.can_ndp;

	return can && i < address->on_count && address->on[i].is_wanted ? &address->on[i] : NULL;
}

/* A group or empty address is nobody to answer to (RFC 1812 section 3.3.2 by analogy). */
static bool asker_is_real(const struct mac *mac)
{
	return !mac_is_group(mac) && !mac_is_zero(mac);
}

/* RFC 5227 section 2.4: the rightful owner defends, once in a while, and stays. */
static void defend(struct address *address, const struct neigh_frame *frame, struct slot *slot)
{
	uint64_t now = clock_now_ns();
	/* Told once while it lasts: made-up MACs must not make an event each. */
	bool is_news = !address->is_contested;

	address->contested_ns = now;
	address->is_contested = true;
	address->contender = frame->sender;
	if (is_news)
		engine_report(address->engine, ARP_EV_CONFLICT, address, slot);
	if (now - address->defended_ns < DEFEND_GAP_MS * NS_PER_MS)
		return;
	address->defended_ns = now;
	engine_announce(address);
}

/* Somebody says that an address of ours is his. */
static void on_claim(struct slot *slot, const struct neigh_frame *frame, const struct ip *claimed)
{
	struct address *address = engine_find(slot->engine, claimed);
	struct on_link *on = address ? place(address, slot) : NULL;

	if (!on || !asker_is_real(&frame->sender) ||
		engine_slot_of_mac(slot->engine, &frame->sender))
		return;
	on->counters.conflicts++;
	if (address->state == ARP_PROBING)
		engine_refuse(address, &frame->sender, slot);
	else if (address->state == ARP_ANNOUNCED)
		defend(address, frame, slot);
}

/* Answers to one address are limited, so that a storm of questions does not become two. */
static bool may_answer(struct address *address)
{
	uint64_t now = clock_now_ns();

	if (now - address->window_ns >= NS_PER_S) {
		address->window_ns = now;
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
	struct address *address = engine_find(slot->engine, &frame->target);
	struct on_link *on = address ? place(address, slot) : NULL;
	bool is_arp = frame->kind == NEIGH_ARP_REQUEST;
	struct neigh_frame answer;

	if (!on || address->state != ARP_ANNOUNCED)
		return;
	on->counters.requests++;
	if (!asker_is_real(is_arp ? &frame->sender : &frame->eth_src))
		return;
	if (!may_answer(address)) {
		on->counters.limited++;
		return;
	}
	answer = is_arp ? arp_answer(slot, frame) : ndp_answer(slot, frame);
	engine_send(slot, &answer);
	on->counters.answers++;
}

void engine_on_frame(void *user, const uint8_t *bytes, size_t len)
{
	struct slot *slot = user;
	struct neigh_frame frame;

	slot->frames++;
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
