/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an ownership knows, for people and metrics, and the names of its words.
 */

#include "plan/ownership.h"

struct ownership_address_view {
	struct ip ip;
	enum ownership_state state;
	uint16_t owner; /* as believed; OWNERSHIP_NOBODY: not known */
	const uint16_t *candidates;
	size_t candidate_count;
	const unsigned *links; /* as the snapshot said */
	size_t link_count;
	uint64_t since_ns;    /* in this state */
	uint64_t heard_ns;    /* when another owner was last heard; 0: never */
	bool is_suspected;    /* its owner is silent */
	bool is_contested;    /* a MAC of no live speaker claims it */
	struct mac contender; /* which one */
	unsigned changes;     /* of hands that self took part in, in the last minute, up to 3 */
};

struct ownership_member_view {
	uint16_t member;
	const char *name;
	enum ownership_peer state;
	uint64_t since_ns;
	bool is_self;
	bool has_session;
	bool is_draining;
	unsigned factor; /* of the detection multiplier, in tenths: 10 unless damped */
	const struct mac *macs;
	size_t mac_count;
};

struct ownership_counters {
	uint64_t took[OWNERSHIP_WHY_COUNT_];
	uint64_t lost[OWNERSHIP_WHY_COUNT_];
	uint64_t cancelled;  /* claims, by an answer */
	uint64_t two_owners; /* seen */
	uint64_t conflicts;
	uint64_t denied; /* frames that the speaker they named denied */
	uint64_t probes;
	uint64_t stalls;
};

typedef void ownership_address_fn(void *user, const struct ownership_address_view *view);
typedef void ownership_member_fn(void *user, const struct ownership_member_view *view);

void ownership_visit_addresses(
	const struct ownership *o, ownership_address_fn *visit, void *user, uint64_t now_ns);
void ownership_visit_members(const struct ownership *o, ownership_member_fn *visit, void *user);

/* Borrowed until the next snapshot. */
const struct ownership_counters *ownership_counters(const struct ownership *o);
bool ownership_is_draining(const struct ownership *o);
bool ownership_is_new(const struct ownership *o, uint64_t now_ns); /* in the hold-down */
bool ownership_is_alone(const struct ownership *o);

/* The owner as believed, self included; OWNERSHIP_NOBODY for none or an unknown address. */
uint16_t ownership_owner(const struct ownership *o, const struct ip *ip);

/* True if self answers for it. */
bool ownership_answers(const struct ownership *o, const struct ip *ip);

/* The member called @name, or OWNERSHIP_NOBODY. */
uint16_t ownership_find_member(const struct ownership *o, const char *name);

/* "owner", "owner_silent", "took", "up": stable, for machines. */
const char *ownership_state_name(enum ownership_state state);
const char *ownership_why_name(enum ownership_why why);
const char *ownership_peer_name(enum ownership_peer state);
