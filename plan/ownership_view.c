/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/ownership_view.h"

#include "plan/ownership_rules.h"

#include <string.h>

static const unsigned factors[LEVEL_MAX + 1] = { 10, 17, 34 };

void ownership_visit_addresses(
	const struct ownership *o, ownership_address_fn *visit, void *user, uint64_t now_ns)
{
	each_claim(o, claim)
	{
		struct ownership_address_view view = {
			.ip = claim->ip,
			.state = claim->state,
			.owner = claim->owner,
			.candidates = claim->candidates,
			.candidate_count = claim->count,
			.links = claim->links,
			.link_count = claim->link_count,
			.since_ns = claim->since_ns,
			.heard_ns = claim->heard_ns,
			.is_suspected = claim->owner != NOBODY && claim->owner != o->self &&
				o->members[claim->owner].state > OWNERSHIP_UP,
			.is_contested = claim->contested_ns > 0 &&
				now_ns - claim->contested_ns < CONTEST_NS,
			.contender = claim->contender,
		};

		for (size_t k = 0; k < CHANGES_KEPT; k++)
			view.changes += claim->changes_ns[k] > 0 &&
				now_ns - claim->changes_ns[k] < DAMP_WINDOW_NS;
		visit(user, &view);
	}
}

void ownership_visit_members(const struct ownership *o, ownership_member_fn *visit, void *user)
{
	for (size_t i = 0; i < o->member_count; i++) {
		const struct member *m = &o->members[i];
		const struct ownership_member_view view = {
			.member = (uint16_t)i,
			.name = m->name,
			.state = i == o->self ? OWNERSHIP_UP : m->state,
			.since_ns = m->since_ns,
			.is_self = i == o->self,
			.has_session = m->has_session,
			.is_draining = i == o->self ? o->is_draining : m->is_draining,
			.factor = factors[m->level],
			.macs = m->macs,
			.mac_count = m->mac_count,
		};

		visit(user, &view);
	}
}

const struct ownership_counters *ownership_counters(const struct ownership *o)
{
	return &o->counters;
}

bool ownership_is_draining(const struct ownership *o)
{
	return o->is_draining;
}

bool ownership_is_new(const struct ownership *o, uint64_t now_ns)
{
	return o->is_ready && now_ns < o->ready_ns + o->conf.hold_down_ns;
}

bool ownership_is_alone(const struct ownership *o)
{
	return o->is_alone;
}

uint16_t ownership_owner(const struct ownership *o, const struct ip *ip)
{
	const struct claim *claim = ownership_find(o, ip);

	return claim ? claim->owner : NOBODY;
}

bool ownership_answers(const struct ownership *o, const struct ip *ip)
{
	const struct claim *claim = ownership_find(o, ip);

	return claim && claim_answers(claim);
}

uint16_t ownership_find_member(const struct ownership *o, const char *name)
{
	for (size_t i = 0; i < o->member_count; i++) {
		if (strcmp(o->members[i].name, name) == 0)
			return (uint16_t)i;
	}
	return NOBODY;
}

const char *ownership_state_name(enum ownership_state state)
{
	static const char *const names[] = { "aside", "standby", "asking", "owner", "giving" };

	return names[state];
}

const char *ownership_why_name(enum ownership_why why)
{
	static const char *const names[] = { "nobody_answered", "owner_silent", "owner_gone",
		"owner_left", "owner_absent", "given", "preempted", "order", "moved", "drained",
		"leaving", "not_candidate", "no_link", "stalled", "alone", "removed" };

	return names[why];
}

const char *ownership_peer_name(enum ownership_peer state)
{
	static const char *const names[] = { "unknown", "up", "down", "gone", "left" };

	return names[state];
}
