/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engine's state, for arp/ alone. engine.c and links.c bring it in line with what is desired, for
 * addresses and for links; claim.c lives the life of one address on one link (probe, announce, repeat) and holds frames to their pace;
 * answer.c looks at frames that came in.
 *
 * An address is found by hash and has a place for every link it is for, so that a frame costs the
 * same whatever the number of addresses. All timers lie in one tree under the engine's clock, and
 * whoever wants to send in its turn stands in one of two queues: nobody wakes in vain.
 */

#include "arp/engine.h"
#include "arp/frame.h"
#include "arp/link.h"
#include "arp/room.h"
#include "arp/timer.h"
#include "arp/view.h"

#include <bsd/sys/queue.h>
#include <uthash.h>

enum {
	CONTEST_SECONDS = 30, /* a claim not heard again for so long is over */
	HEARD_SAME_MS = 20,   /* between two reports of one claimant */
	PLACES_FEW = 2,       /* most have no more links */
	HEARD_MAX = 4,        /* claimants remembered; as many may be new at once */
	HEARD_NEW_PER_SECOND = 100,
	HEARD_SETTLED_SECONDS = 150, /* a claimant that was silent for so long makes room */
	EVENTS_MAX = 1 << 16,        /* undelivered; more are counted as lost */
	SEND_TOLD_SECONDS = 10,      /* between two reports that a link does not send */
};

/* One link; its number in the array does not change while it is served. */
struct slot {
	struct arp_engine *engine;
	bool is_used;
	bool is_wanted; /* mark of set_links() */
	struct arp_link_conf conf;
	struct arp_link *link; /* NULL: not open */
	bool is_opening;       /* by the porter */
	struct arp_timer retry;
	struct arp_timer rejoin; /* groups that could not be joined */
	int error;
	uint64_t frames;
	uint64_t malformed;
	uint64_t tagged;
	uint64_t mismatched;
	uint64_t unsent;
	uint64_t unsent_told_ns;
};

enum queued {
	NOT_QUEUED,
	QUEUED_URGENT, /* probes and first rounds: they move the traffic */
	QUEUED_PACED,  /* repeats, refreshes, defences */
};

/* An address on one link. */
struct place {
	struct arp_address *address;
	struct slot *slot;
	enum arp_state state;
	unsigned round;         /* of probes or announcements: the next one */
	unsigned probes_sent;   /* in this state */
	uint64_t asked_ns;      /* when a single question last left; 0: never */
	struct arp_timer timer; /* when it is due */
	enum queued queued;
	TAILQ_ENTRY(place) queue;
	uint64_t since_ns;
	bool has_joined;
	int join_error;        /* negative errno, told; 0: none */
	struct mac refused_by; /* zero: not told of a refusal */
	struct arp_counters counters;
};

TAILQ_HEAD(place_queue, place);

/* Who claimed an address, and when that was last reported. */
struct claimant {
	struct mac mac; /* zero: nobody */
	uint64_t told_ns;
	bool is_settled; /* told more than once */
	bool is_due;     /* to be told whenever it comes */
};

struct arp_address {
	UT_hash_handle hh;
	struct ip ip;
	struct arp_engine *engine;
	enum arp_mode mode;
	unsigned *ifindexes; /* behind own, or owned; none: every link */
	size_t ifindex_count;
	struct place *
		*places; /* by number of the slot; NULL: not for it; few, or owned; place_at() */
	size_t place_count;
	struct place *few[PLACES_FEW];
	struct place *own;        /* memory for places and links, behind the address */
	size_t own_count;         /* of each */
	bool is_asking;           /* arp_engine_probe() has no result yet */
	bool has_asked;           /* and at least one frame of it left */
	bool was_asked;           /* of arp_engine_ask(): the same */
	struct arp_timer contest; /* when a conflict is over if no claim comes */
	uint64_t contested_ns;    /* when a foreign claim was last seen */
	uint64_t defended_ns;
	bool is_contested;
	struct mac contender;
	struct claimant heard[HEARD_MAX];
	struct frame_bucket heard_new; /* made-up MACs must not become an event each */
	uint64_t window_ns;            /* of answers_per_second */
	uint32_t window_answers;
};

struct event_list {
	struct arp_event *at; /* owned */
	size_t count;
	size_t capacity;
};

struct arp_engine {
	struct event_base *base;
	struct event *wake;    /* at the first timer */
	struct event *deliver; /* hands out events */
	uint64_t (*clock)(void);
	struct arp_engine_conf conf;
	arp_event_fn *on_event;
	void *user;
	arp_stale_fn *is_stale; /* NULL: nobody looks */
	void *stale_user;
	struct arp_porter porter; /* NULLs: links are opened and closed here */
	struct slot slots[ARP_LINKS_MAX];
	size_t slot_count; /* numbers ever used */
	struct arp_address *addresses;
	struct arp_timer_tree timers;
	struct place_queue urgent;
	struct place_queue paced;
	struct frame_bucket urgent_bucket;
	struct frame_bucket paced_bucket;
	struct event_list pending;
	struct event_list handed_out; /* kept for its room */
	uint64_t events_lost;
};

/* The place of @address on slot number @i, or NULL. */
static inline struct place *place_at(const struct arp_address *address, size_t i)
{
	return i < address->place_count ? address->places[i] : NULL;
}

/* engine.c */
struct arp_address *arp_find(struct arp_engine *engine, const struct ip *ip);
/* Reports to the user, from the loop, later. @mac may be NULL, @slot too. */
void arp_report(struct arp_engine *engine, enum arp_event_type type,
	const struct arp_address *address, const struct mac *mac, const struct slot *slot);
void arp_report_heard(const struct arp_address *address, const struct mac *mac,
	const struct slot *slot, bool is_announcement);
/* The same for what a link could not do; @ip may be NULL. */
void arp_report_error(struct slot *slot, enum arp_event_type type, const struct ip *ip, int error);
/* Does what is due at the engine's clock, and waits for the next. */
void arp_run(struct arp_engine *engine);
/* Something was queued or armed: arp_run() from the loop, soon. */
void arp_kick(struct arp_engine *engine);

/* links.c */
struct slot *arp_slot_of_mac(struct arp_engine *engine, const struct mac *mac);
bool slot_serves(const struct slot *slot, const struct ip *ip);
/* Sends and counts. Return: whether it left. */
bool slot_send(struct slot *slot, const struct neigh_frame *frame);
/* Brings the place of @address on slot number @i in line with what the two want. */
void settle_place(struct arp_address *address, size_t i);
void remove_place(struct arp_address *address, size_t i);

/* claim.c */
struct place *place_new(struct arp_address *address, struct slot *slot);
void place_free(struct place *place);
/* The link can carry it: does what the address's mode says, from the beginning. */
void place_start(struct place *place, uint64_t now_ns);
/* Says nothing any more: the link is gone, or the mode says so. */
void place_stop(struct place *place, uint64_t now_ns);
void place_probe(struct place *place, uint64_t now_ns);
/* Sends one probe, if it is quiet. Return: whether it is. */
bool place_ask(struct place *place);
/* No link of @address took the question, and none will. */
void place_unasked(struct arp_address *address);
/* Announces from the beginning of the schedule, if it is announced at all. */
void place_announce_again(struct place *place);
/* Announces once, out of turn, as a defence. */
void place_defend(struct place *place);
/* @holder has the address that this place probes for. */
void place_answered(struct place *place, const struct mac *holder, uint64_t now_ns);
/* Sends what may leave now. Return: nanoseconds until more may; UINT64_MAX: nobody waits. */
uint64_t arp_pump(struct arp_engine *engine, uint64_t now_ns);

/* answer.c */
/* For arp_link_handlers; @user is the slot. */
void arp_on_frame(void *user, const uint8_t *bytes, size_t len);
/* Whoever claims @address next is news, whether reported a moment ago or not. */
void arp_expect_answers(struct arp_address *address);
