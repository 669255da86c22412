/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which addresses this node owns, decided among speakers that watch one another. Pure: what happens
 * is a call that carries the time, what is to be done comes out as a list of actions.
 *
 * It runs in the wire thread, since a claim must not wait for a busy main thread. Main gives it
 * complete snapshots (members, addresses with their candidates in order); between two of them it
 * allocates nothing. Silence of an owner is only a suspicion: the wire is asked before a claim. How
 * the rules fit together is in docs/architecture.md.
 */

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ownership;

enum {
	OWNERSHIP_NOBODY = UINT16_MAX, /* no member */
	OWNERSHIP_MEMBERS_MAX = 4096,
	OWNERSHIP_MACS_MAX = 8, /* of a member */
};

struct ownership_conf {
	uint64_t detect_ns;    /* after so long a silence a peer is suspected */
	uint64_t hold_down_ns; /* a node that came back is the last choice for so long */
	bool preempt;          /* the first of the order takes an address back */
	bool withdraw_alone;   /* without any peer: own nothing */
};

struct ownership_member {
	const char *name; /* borrowed for the call */
	bool has_session; /* its silence is noticed */
};

struct ownership_address {
	struct ip ip;
	const uint16_t *candidates; /* indexes of members in order of election; borrowed */
	size_t count;
	bool can_serve;        /* self has a link for it */
	const unsigned *links; /* which ones, kept for the user; borrowed */
	size_t link_count;
};

/* Members ascend by name (strcmp), addresses by ip_compare(); neither has duplicates. */
struct ownership_snapshot {
	const struct ownership_member *members;
	size_t member_count; /* at most OWNERSHIP_MEMBERS_MAX */
	uint16_t self;
	const struct ownership_address *addresses;
	size_t address_count;
	struct ownership_conf conf;
};

/* What is known of another speaker. */
enum ownership_peer {
	OWNERSHIP_UNKNOWN, /* not heard of yet */
	OWNERSHIP_UP,
	OWNERSHIP_DOWN, /* silent: suspected */
	OWNERSHIP_GONE, /* its process is dead, the node may live */
	OWNERSHIP_LEFT, /* said goodbye */
};

enum ownership_state {
	OWNERSHIP_ASIDE,   /* no candidate, not ready or alone: it is not asked for */
	OWNERSHIP_STANDBY, /* somebody else's, or not yet time to ask */
	OWNERSHIP_ASKING,  /* probes are out */
	OWNERSHIP_OWNER,
	OWNERSHIP_GIVING, /* still answers, until the successor is heard */
	OWNERSHIP_STATE_COUNT_,
};

/* Why an address changed hands. */
enum ownership_why {
	OWNERSHIP_NOBODY_ANSWERED,
	OWNERSHIP_OWNER_SILENT,
	OWNERSHIP_OWNER_GONE,
	OWNERSHIP_OWNER_LEFT,
	OWNERSHIP_OWNER_ABSENT, /* its speaker lives and does not answer for it */
	OWNERSHIP_GIVEN,        /* the owner asked self to take it */
	OWNERSHIP_PREEMPTED,
	OWNERSHIP_ORDER, /* two owned it */
	OWNERSHIP_MOVED,
	OWNERSHIP_DRAINED,
	OWNERSHIP_LEAVING,
	OWNERSHIP_NOT_CANDIDATE,
	OWNERSHIP_NO_LINK,
	OWNERSHIP_STALLED, /* self slept, others may have taken it */
	OWNERSHIP_ALONE,
	OWNERSHIP_REMOVED,
	OWNERSHIP_WHY_COUNT_,
};

enum ownership_event {
	OWNERSHIP_EV_TOOK,
	OWNERSHIP_EV_LOST,
	OWNERSHIP_EV_CANCELLED,    /* the suspected owner answered */
	OWNERSHIP_EV_TWO_OWNERS,   /* member claims what self owns */
	OWNERSHIP_EV_CONFLICT,     /* a MAC of no live speaker claims it */
	OWNERSHIP_EV_FORGED,       /* frames say that member has it, itself says that it has not */
	OWNERSHIP_EV_NO_SUCCESSOR, /* it can not be given away: self keeps it */
	OWNERSHIP_EV_DAMPED,       /* value: multiplier towards member from now on */
	OWNERSHIP_EV_ALONE,        /* no peer is heard any more */
	OWNERSHIP_EV_JOINED,       /* a peer is heard again */
	OWNERSHIP_EV_COUNT_,
};

enum ownership_action_type {
	OWNERSHIP_PROBE, /* send one ARP probe or NS for ip */
	OWNERSHIP_ASK,   /* ask member's speaker whether it lives */
	OWNERSHIP_VERIFY, /* ask member's speaker, for the value-th time, whether it answers for ip */
	OWNERSHIP_ANNOUNCE,   /* answer for ip and announce it, at once */
	OWNERSHIP_AGAIN,      /* announce ip again */
	OWNERSHIP_QUIET,      /* answer for ip no more */
	OWNERSHIP_GIVE,       /* ask member to take ip */
	OWNERSHIP_MULTIPLIER, /* value times the detection multiplier towards member, in tenths */
	OWNERSHIP_TELL,       /* event, why, ip, member, mac, value: for log, metrics, people */
};

struct ownership_action {
	enum ownership_action_type type;
	struct ip ip;
	uint16_t member;
	enum ownership_event event;
	enum ownership_why why;
	struct mac mac;
	unsigned value;
};

struct ownership *ownership_new(void);
struct ownership *ownership_free(struct ownership *o);
DEFINE_FREEP(struct ownership, ownership);

/* Puts a complete snapshot in force; what is known of members and addresses that stay is kept. */
void ownership_set(struct ownership *o, const struct ownership_snapshot *snapshot, uint64_t now_ns);

/* Each input below may make actions; take them all before the next one. */
bool ownership_take_action(struct ownership *o, struct ownership_action *ret_action);

/* When ownership_tick() must be called at the latest; UINT64_MAX: not at all. */
uint64_t ownership_next_ns(const struct ownership *o);
void ownership_tick(struct ownership *o, uint64_t now_ns);

/* Self can answer from now on (tables loaded, sockets open), or no more. */
void ownership_ready(struct ownership *o, bool is_ready, uint64_t now_ns);

void ownership_peer(
	struct ownership *o, uint16_t member, enum ownership_peer state, uint64_t now_ns);

/* An authenticated sign of life came from its speaker; @mac may be NULL, else it is learned. */
void ownership_alive(struct ownership *o, uint16_t member, const struct mac *mac, uint64_t now_ns);

/* Its speaker is another process than before: it owns nothing of what it owned. */
void ownership_restarted(struct ownership *o, uint16_t member, uint64_t now_ns);

void ownership_peer_draining(
	struct ownership *o, uint16_t member, bool is_draining, uint64_t now_ns);

/* It says that it became ready less than the hold-down ago. */
void ownership_peer_new(struct ownership *o, uint16_t member, bool is_new, uint64_t now_ns);

/* The owner @from asks self to take @ip (authenticated). */
void ownership_take(struct ownership *o, const struct ip *ip, uint16_t from, uint64_t now_ns);

/* Self did not run for longer than the detection time. */
void ownership_stalled(struct ownership *o, uint64_t now_ns);

/* Gives everything away and takes nothing while it lasts. */
void ownership_drain(struct ownership *o, bool is_draining, uint64_t now_ns);

/* Gives everything away and ends; what nobody takes within @bound_ns goes quiet. */
void ownership_leave(struct ownership *o, uint64_t bound_ns, uint64_t now_ns);

/* True once nothing is answered for any more. */
bool ownership_has_left(const struct ownership *o);

/**
 * ownership_move() - give @ip to @member
 *
 * Return: 0: under way, or it is there already; -ENOENT: no such address; -EPERM: @member is no
 * candidate for it; -EHOSTDOWN: @member is not up; -EREMOTE: self is not the owner.
 */
must_check int ownership_move(
	struct ownership *o, const struct ip *ip, uint16_t member, uint64_t now_ns);

/* What ownership_move() would say, without doing it. */
must_check int ownership_can_move(const struct ownership *o, const struct ip *ip, uint16_t member);
