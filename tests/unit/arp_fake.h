/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engine of arp/ without a kernel: the functions of arp/link.h are these, so that the linker
 * leaves the real ones out; the clock is turned by hand; sent frames lie in a list.
 */

#include "arp/state.h"
#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

enum {
	SENT_MAX = 100000,
	EVENTS_SEEN_MAX = 100000,
};

struct sent {
	uint64_t at_ns;
	unsigned ifindex;
	struct neigh_frame frame;
};

struct arp_link {
	unsigned ifindex;
	struct arp_link_handlers handlers;
};

static struct {
	uint64_t now_ns;
	unsigned wakes; /* runs of the engine that were needed */
	int open_error;
	int send_error;
	int join_error;
	unsigned flushed;
	unsigned joins;
	struct arp_link *links[8]; /* by index */
	struct sent sent[SENT_MAX];
	size_t sent_count;
	struct arp_event events[EVENTS_SEEN_MAX];
	size_t event_count;
} fake;

int arp_link_open(const char *name, unsigned ifindex, struct arp_link **ret_link)
{
	(void)name;
	if (fake.open_error < 0)
		return fake.open_error;
	*ret_link = xnew(struct arp_link);
	(*ret_link)->ifindex = ifindex;
	return 0;
}

void arp_link_start(
	struct arp_link *link, struct event_base *base, const struct arp_link_handlers *handlers)
{
	(void)base;
	link->handlers = *handlers;
	fake.links[link->ifindex] = link;
}

void arp_link_stop(struct arp_link *link)
{
	if (fake.links[link->ifindex] == link)
		fake.links[link->ifindex] = NULL;
}

struct arp_link *arp_link_free(struct arp_link *link)
{
	free(link);
	return NULL;
}

int arp_link_send(struct arp_link *link, const uint8_t *bytes, size_t len)
{
	struct sent *sent = &fake.sent[fake.sent_count];

	if (fake.send_error < 0)
		return fake.send_error;
	assert_true(fake.sent_count < SENT_MAX);
	assert_int_equal(neigh_parse(bytes, len, &sent->frame), FRAME_GOOD);
	sent->at_ns = fake.now_ns;
	sent->ifindex = link->ifindex;
	fake.sent_count++;
	return 0;
}

void arp_link_flush(struct arp_link *link)
{
	(void)link;
	fake.flushed++;
}

int arp_link_join(struct arp_link *link, const struct ip *ip)
{
	(void)link;
	(void)ip;
	if (fake.join_error < 0)
		return fake.join_error;
	fake.joins++;
	return 0;
}

void arp_link_leave(struct arp_link *link, const struct ip *ip)
{
	(void)link;
	(void)ip;
	fake.joins--;
}

uint64_t arp_link_drops(struct arp_link *link)
{
	(void)link;
	return 0;
}

static uint64_t fake_clock(void)
{
	return fake.now_ns;
}

static void note_event(void *user, const struct arp_event *event)
{
	(void)user;
	assert_true(fake.event_count < EVENTS_SEEN_MAX);
	fake.events[fake.event_count++] = *event;
}

/* Runs what is due, and lets the events out. */
static void settle(struct arp_engine *engine)
{
	arp_run(engine);
	(void)event_base_loop(engine->base, EVLOOP_NONBLOCK);
}

/* Turns the clock on by @ms, waking the engine whenever it asked for it. */
static void pass(struct arp_engine *engine, uint64_t ms)
{
	uint64_t end_ns = fake.now_ns + ms * NS_PER_MS;

	settle(engine);
	for (;;) {
		uint64_t next_ns = arp_timers_next(&engine->timers);
		uint64_t wait_ns = arp_pump(engine, fake.now_ns);

		if (wait_ns < UINT64_MAX && fake.now_ns + wait_ns < next_ns)
			next_ns = fake.now_ns + wait_ns;
		if (next_ns > end_ns)
			break;
		fake.now_ns = next_ns;
		fake.wakes++;
		settle(engine);
	}
	fake.now_ns = end_ns;
	settle(engine);
}

static const struct mac self_mac = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac other_mac = { { 2, 0, 0, 0, 0, 9 } };

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct arp_link_conf link_of(unsigned ifindex)
{
	struct arp_link_conf conf = {
		.ifindex = ifindex,
		.mac = self_mac,
		.can_arp = true,
		.can_ndp = true,
	};

	conf.mac.bytes[4] = (uint8_t)ifindex;
	(void)snprintf(conf.name, sizeof(conf.name), "eth%u", ifindex);
	return conf;
}

static void receive(unsigned ifindex, const struct neigh_frame *frame)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(frame, bytes);
	struct arp_link *link = fake.links[ifindex];

	assert_non_null(link);
	link->handlers.on_frame(link->handlers.user, bytes, len);
}

/* A frame of @from says that @mac has @ip. */
static void receive_claim_from(
	unsigned ifindex, const struct ip *ip, const struct mac *mac, const struct mac *from)
{
	const struct neigh_frame arp = {
		.kind = NEIGH_ARP_REPLY,
		.eth_dst = mac_broadcast,
		.eth_src = *from,
		.sender = *mac,
		.source = *ip,
		.target_mac = *mac,
		.target = *ip,
	};
	const struct neigh_frame na = {
		.kind = NEIGH_ADVERTISEMENT,
		.eth_dst = group_mac(&ip_all_nodes),
		.eth_src = *from,
		.source = *ip,
		.ip_dst = ip_all_nodes,
		.target = *ip,
		.sender = *mac,
		.has_sender = true,
		.flags = NA_OVERRIDE,
	};

	receive(ifindex, ip->family == AF_INET ? &arp : &na);
}

/* @mac says that it has @ip. */
static void receive_claim(unsigned ifindex, const struct ip *ip, const struct mac *mac)
{
	receive_claim_from(ifindex, ip, mac, mac);
}

/* @mac asks, without an address of its own, whether somebody has @ip. */
static void receive_probe(unsigned ifindex, const struct ip *ip, const struct mac *mac)
{
	struct ip group = solicited_node_group(ip);
	const struct neigh_frame arp = {
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = *mac,
		.sender = *mac,
		.source = { .family = AF_INET },
		.target = *ip,
	};
	const struct neigh_frame ns = {
		.kind = NEIGH_SOLICITATION,
		.eth_dst = group_mac(&group),
		.eth_src = *mac,
		.source = { .family = AF_INET6 },
		.ip_dst = group,
		.target = *ip,
	};

	receive(ifindex, ip->family == AF_INET ? &arp : &ns);
}

/* Frames sent since the list was emptied: all, or those that say we have @ip. */
static size_t count_announcements(const struct ip *ip)
{
	size_t count = 0;

	for (size_t i = 0; i < fake.sent_count; i++) {
		const struct neigh_frame *frame = &fake.sent[i].frame;
		const struct ip *said = frame->kind == NEIGH_ADVERTISEMENT ? &frame->target :
									     &frame->source;

		count += ip_equal(said, ip);
	}
	return count;
}

static size_t count_events(enum arp_event_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < fake.event_count; i++)
		count += fake.events[i].type == type;
	return count;
}

static void put(struct arp_engine *engine, const struct ip *ip, enum arp_mode mode)
{
	const struct arp_address_conf conf = { .ip = *ip, .mode = mode };

	arp_engine_put(engine, &conf);
}

static void forget(void)
{
	fake.sent_count = 0;
	fake.event_count = 0;
	fake.wakes = 0;
}

static const struct arp_engine_conf usual_conf = {
	.schedule = { .at_ms = { 0, 100, 1100, 2200, 5000 }, .count = 5, .refresh_seconds = 60 },
	.frames_per_second = 500,
	.answers_per_second = 10000,
};

static int set_up(void **state)
{
	struct event_base *base = event_base_new();
	struct arp_link_conf link = link_of(1);
	struct arp_engine *engine;

	memset(&fake, 0, sizeof(fake));
	fake.now_ns = 1000 * NS_PER_S;
	engine = arp_engine_new(base, &usual_conf, note_event, NULL);
	engine->clock = fake_clock;
	arp_engine_set_links(engine, &link, 1);
	settle(engine);
	forget();
	*state = engine;
	return 0;
}

static int tear_down(void **state)
{
	struct arp_engine *engine = *state;
	struct event_base *base = engine->base;

	arp_engine_free(engine);
	event_base_free(base);
	return 0;
}
