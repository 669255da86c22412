/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engine's state, shared by engine.c, which brings it in line with what is desired, and
 * answer.c, which looks at frames. For arp/ alone.
 *
 * Addresses are found by hash; each carries a place for every link slot, so that a frame costs the
 * same whatever the number of addresses. One timer an address drives its probing, its announcements
 * and its refresh.
 */

#include "arp/engine.h"
#include "arp/frame.h"
#include "arp/link.h"

#include <uthash.h>

/* One link; its place in the array does not change while it is served. */
struct slot {
	struct arp_engine *engine;
	bool is_used;
	bool is_wanted; /* mark of set_links() */
	struct arp_link_conf conf;
	struct arp_link *link; /* NULL: not open */
	struct event *retry;
	int error;
	uint64_t frames;
	uint64_t malformed;
	uint64_t tagged;
};

struct on_link {
	bool is_wanted;
	bool has_joined;
	struct arp_counters counters;
};

struct address {
	UT_hash_handle hh;
	struct ip ip;
	struct arp_engine *engine;
	struct event *timer;
	enum arp_state state;
	unsigned round; /* of probes or announcements, the next one */
	uint64_t since_ns;
	uint64_t defended_ns;
	uint64_t contested_ns; /* when a foreign claim was last seen */
	bool is_contested;
	bool is_wanted; /* mark of set_addresses() */
	struct mac contender;
	uint64_t window_ns; /* of answers_per_second */
	uint32_t window_answers;
	struct on_link *on; /* one for every slot; owned */
	size_t on_count;
};

struct arp_engine {
	struct event_base *base;
	struct arp_engine_conf conf;
	arp_event_fn *on_event;
	void *user;
	struct slot slots[ARP_LINKS_MAX];
	size_t slot_count; /* places ever used */
	struct address *addresses;
	struct frame_bucket bucket;
};

enum {
	CONTEST_SECONDS = 30, /* a claim not heard again for so long is over */
};

/* engine.c */
struct address *engine_find(struct arp_engine *engine, const struct ip *ip);
struct slot *engine_slot_of_mac(struct arp_engine *engine, const struct mac *mac);
void engine_send(struct slot *slot, const struct neigh_frame *frame);
void engine_report(struct arp_engine *engine, enum arp_event_type type,
	const struct address *address, const struct slot *slot);
/* Announces once on every link of @address, outside of its schedule. */
void engine_announce(struct address *address);
/* Another host has the address that we probe for. */
void engine_refuse(struct address *address, const struct mac *holder, const struct slot *slot);

/* answer.c: for arp_link_handlers; @user is the slot. */
void engine_on_frame(void *user, const uint8_t *bytes, size_t len);
