/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What happens, and which addresses it concerns.
 */

#include "plan/ownership.h"

#include "plan/ownership_rules.h"

#include <errno.h>

static void begin(struct ownership *o, uint64_t now_ns)
{
	o->now_ns = now_ns;
}

uint16_t ownership_find_mac(const struct ownership *o, const struct mac *mac)
{
	for (size_t i = 0; i < o->member_count; i++) {
		const struct member *m = &o->members[i];

		for (size_t k = 0; k < m->mac_count; k++) {
			if (mac_equal(&m->macs[k], mac))
				return (uint16_t)i;
		}
	}
	return NOBODY;
}

static void learn_mac(struct ownership *o, uint16_t member, const struct mac *mac)
{
	struct member *m = &o->members[member];
	uint16_t holder = ownership_find_mac(o, mac);

	if (holder == member)
		return;
	if (holder != NOBODY) { /* a card that moved to another machine */
		struct member *old = &o->members[holder];

		for (size_t k = 0; k < old->mac_count; k++) {
			if (mac_equal(&old->macs[k], mac))
				old->macs[k--] = old->macs[--old->mac_count];
		}
	}
	if (m->mac_count == OWNERSHIP_MACS_MAX) { /* the oldest is given up */
		for (size_t k = 1; k < m->mac_count; k++)
			m->macs[k - 1] = m->macs[k];
		m->mac_count--;
	}
	m->macs[m->mac_count++] = *mac;
}

static void tell_member(struct ownership *o, enum ownership_event event, uint16_t member)
{
	rules_tell(o, NULL, event, OWNERSHIP_ALONE, member);
}

static bool hears_anybody(const struct ownership *o)
{
	for (size_t i = 0; i < o->member_count; i++) {
		if (i != o->self && o->members[i].state == OWNERSHIP_UP)
			return true;
	}
	return false;
}

/* Going quiet for want of company, and coming back to it. */
static void set_alone(struct ownership *o, bool is_alone)
{
	o->alone_ns = DUE_NEVER;
	if (o->is_alone == is_alone)
		return;
	o->is_alone = is_alone;
	tell_member(o, is_alone ? OWNERSHIP_EV_ALONE : OWNERSHIP_EV_JOINED, NOBODY);
	if (!o->conf.withdraw_alone)
		return;
	each_claim(o, claim)
	{
		if (is_alone && claim_answers(claim))
			rules_lose(o, claim, NOBODY, OWNERSHIP_ALONE);
		else if (!claim_answers(claim))
			rules_miss(o, claim);
	}
}

static void check_company(struct ownership *o)
{
	uint64_t wait = o->conf.detect_ns > ALONE_CONFIRMED ? o->conf.detect_ns : ALONE_CONFIRMED;

	if (hears_anybody(o) || o->member_count <= 1)
		set_alone(o, false);
	else if (!o->is_alone && o->alone_ns == DUE_NEVER)
		o->alone_ns = o->now_ns + wait;
}

/*
 * A peer may not know who owns what: say it again. Also what it is no candidate for: by its own order
 * it may be one, and own it.
 */
static void greet(struct ownership *o)
{
	each_claim(o, claim)
	{
		if (claim->state == OWNERSHIP_OWNER)
			rules_announce_again(o, claim);
	}
}

/* Everything that is not answered for may have another deadline now. */
static void settle_all(struct ownership *o, uint16_t member)
{
	each_claim(o, claim)
	{
		bool is_owner = claim->owner == member && member != NOBODY;

		if (is_owner && o->members[member].state > OWNERSHIP_UP &&
			claim->state == OWNERSHIP_STANDBY) {
			claim->missing_ns = o->now_ns;
			claim->deferrals = 0;
		}
		if (claim->state == OWNERSHIP_STANDBY)
			rules_settle(o, claim);
		else if (claim->state == OWNERSHIP_ASKING && is_owner)
			rules_settle(o, claim);
		else if (claim->state == OWNERSHIP_GIVING && claim->target == member &&
			o->members[member].state > OWNERSHIP_UP)
			give_away(o, claim, NOBODY, claim->why);
	}
}

void ownership_peer(
	struct ownership *o, uint16_t member, enum ownership_peer state, uint64_t now_ns)
{
	struct member *m = &o->members[member];
	bool was_up = m->state == OWNERSHIP_UP;

	begin(o, now_ns);
	if (member == o->self || m->state == state)
		return;
	/* Who said goodbye is expected to fall silent. */
	if (m->state == OWNERSHIP_LEFT && (state == OWNERSHIP_DOWN || state == OWNERSHIP_GONE))
		return;
	if (m->state == OWNERSHIP_GONE && state == OWNERSHIP_DOWN)
		return;
	m->state = state;
	m->since_ns = now_ns;
	if (state == OWNERSHIP_UP) {
		m->proven_ns = 0;
		m->is_draining = false;
	}
	check_company(o);
	settle_all(o, member);
	if (state == OWNERSHIP_UP && !was_up)
		greet(o);
}

/* A silent owner lives: do not claim now, but ask again soon. */
static void defer(struct ownership *o, uint16_t member)
{
	each_claim(o, claim)
	{
		if (claim->owner != member || claim->deferrals >= DEFERRALS_MAX ||
			(claim->state != OWNERSHIP_ASKING && claim->state != OWNERSHIP_STANDBY) ||
			claim->not_before_ns > o->now_ns)
			continue;
		if (claim->state == OWNERSHIP_ASKING)
			o->counters.cancelled++;
		claim->deferrals++;
		claim->not_before_ns = o->now_ns + o->conf.detect_ns;
		rules_settle(o, claim);
	}
}

void ownership_alive(struct ownership *o, uint16_t member, const struct mac *mac, uint64_t now_ns)
{
	struct member *m = &o->members[member];
	bool was_silent = now_ns - m->alive_ns > o->conf.detect_ns;

	begin(o, now_ns);
	if (member == o->self)
		return;
	if (mac)
		learn_mac(o, member, mac);
	m->alive_ns = now_ns;
	/* What it said last before it left may come last. */
	if ((m->state == OWNERSHIP_LEFT || m->state == OWNERSHIP_GONE) &&
		now_ns - m->since_ns >= o->conf.detect_ns) {
		m->state = OWNERSHIP_UNKNOWN;
		m->since_ns = now_ns;
		settle_all(o, NOBODY);
		greet(o);
	}
	if (m->state == OWNERSHIP_DOWN)
		defer(o, member);
	/* The first word after a silence: the network was parted, and it may have claimed. */
	if (m->state == OWNERSHIP_DOWN && was_silent)
		greet(o);
}

void ownership_restarted(struct ownership *o, uint16_t member, uint64_t now_ns)
{
	struct member *m = &o->members[member];

	begin(o, now_ns);
	if (member == o->self)
		return;
	m->state = OWNERSHIP_UNKNOWN;
	m->since_ns = now_ns;
	m->alive_ns = now_ns;
	m->proven_ns = 0;
	m->is_draining = false;
	check_company(o);
	each_claim(o, claim)
	{
		if (claim->owner == member)
			rules_miss(o, claim);
	}
	settle_all(o, NOBODY);
	greet(o);
}

void ownership_peer_new(struct ownership *o, uint16_t member, bool is_new, uint64_t now_ns)
{
	begin(o, now_ns);
	if (o->members[member].is_new == is_new)
		return;
	o->members[member].is_new = is_new;
	settle_all(o, NOBODY);
}

void ownership_peer_draining(
	struct ownership *o, uint16_t member, bool is_draining, uint64_t now_ns)
{
	begin(o, now_ns);
	if (o->members[member].is_draining == is_draining)
		return;
	o->members[member].is_draining = is_draining;
	settle_all(o, NOBODY);
}

void ownership_take(struct ownership *o, const struct ip *ip, uint16_t from, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);

	begin(o, now_ns);
	if (!claim || from == o->self)
		return;
	if (claim->state == OWNERSHIP_OWNER) {
		/* The giver has not heard it. */
		rules_announce_again(o, claim);
	} else if (o->is_draining && give_has_better(o, claim, from)) {
		return; /* the giver finds another one */
	} else if (claim->state == OWNERSHIP_STANDBY || claim->state == OWNERSHIP_ASKING) {
		claim->owner = from;
		rules_claim(o, claim, OWNERSHIP_GIVEN);
		claim->giver = from;
		claim->given_ns = now_ns;
	}
}

void ownership_stalled(struct ownership *o, uint64_t now_ns)
{
	begin(o, now_ns);
	o->counters.stalls++;
	each_claim(o, claim)
	{
		bool did_answer = claim_answers(claim);

		if (did_answer)
			rules_lose(o, claim, NOBODY, OWNERSHIP_STALLED);
		if (did_answer && claim->state != OWNERSHIP_ASIDE)
			rules_ask_now(o, claim);
	}
}

void ownership_ready(struct ownership *o, bool is_ready, uint64_t now_ns)
{
	begin(o, now_ns);
	if (o->is_ready == is_ready)
		return;
	o->is_ready = is_ready;
	o->ready_ns = now_ns;
	o->is_alone = o->conf.withdraw_alone && o->member_count > 1 && !hears_anybody(o);
	check_company(o);
	each_claim(o, claim)
	{
		if (claim_answers(claim))
			rules_lose(o, claim, NOBODY, OWNERSHIP_NO_LINK);
		else if (claim->owner == NOBODY)
			rules_miss(o, claim);
		else
			rules_settle(o, claim);
	}
}

void ownership_drain(struct ownership *o, bool is_draining, uint64_t now_ns)
{
	begin(o, now_ns);
	if (o->is_draining == is_draining)
		return;
	o->is_draining = is_draining;
	each_claim(o, claim)
	{
		if (is_draining && claim->state == OWNERSHIP_OWNER)
			give_away(o, claim, NOBODY, OWNERSHIP_DRAINED);
	}
	settle_all(o, NOBODY);
}

void ownership_leave(struct ownership *o, uint64_t bound_ns, uint64_t now_ns)
{
	begin(o, now_ns);
	o->is_leaving = true;
	o->leave_ns = now_ns + bound_ns;
	each_claim(o, claim)
	{
		if (claim_answers(claim))
			give_away(o, claim, NOBODY, OWNERSHIP_LEAVING);
		else
			rules_settle(o, claim);
	}
}

bool ownership_has_left(const struct ownership *o)
{
	each_claim(o, claim)
	{
		if (claim_answers(claim))
			return false;
	}
	return true;
}

int ownership_can_move(const struct ownership *o, const struct ip *ip, uint16_t member)
{
	const struct claim *claim = ownership_find(o, ip);

	if (!claim)
		return -ENOENT;
	if (claim_rank(claim, member) == claim->count)
		return -EPERM;
	if (claim->owner == member)
		return 0;
	if (member != o->self && o->members[member].state != OWNERSHIP_UP)
		return -EHOSTDOWN;
	return claim_answers(claim) ? 0 : -EREMOTE;
}

int ownership_move(struct ownership *o, const struct ip *ip, uint16_t member, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);
	int r = ownership_can_move(o, ip, member);

	begin(o, now_ns);
	if (r == 0 && claim_answers(claim) && member != o->self)
		give_away(o, claim, member, OWNERSHIP_MOVED);
	return r;
}

/* Damping wears off, one level at a time. */
static void decay(struct ownership *o)
{
	static const unsigned factors[LEVEL_MAX + 1] = { 10, 17, 34 };

	o->decay_ns = DUE_NEVER;
	for (size_t i = 0; i < o->member_count; i++) {
		struct member *m = &o->members[i];
		struct ownership_action action = { .type = OWNERSHIP_MULTIPLIER,
			.member = (uint16_t)i };

		if (m->level == 0)
			continue;
		if (o->now_ns - m->level_ns >= DAMP_LENGTH_NS) {
			m->level--;
			m->level_ns = o->now_ns;
			action.value = factors[m->level];
			ownership_push(o, &action);
			action.type = OWNERSHIP_TELL;
			action.event = OWNERSHIP_EV_DAMPED;
			ownership_push(o, &action);
		}
		if (m->level > 0 && m->level_ns + DAMP_LENGTH_NS < o->decay_ns)
			o->decay_ns = m->level_ns + DAMP_LENGTH_NS;
	}
}

uint64_t ownership_next_ns(const struct ownership *o)
{
	uint64_t next = claims_due_ns(o);

	if (o->alone_ns < next)
		next = o->alone_ns;
	return o->decay_ns < next ? o->decay_ns : next;
}

void ownership_tick(struct ownership *o, uint64_t now_ns)
{
	begin(o, now_ns);
	if (o->alone_ns <= now_ns)
		set_alone(o, true);
	if (o->decay_ns <= now_ns)
		decay(o);
	/* Each claim once: what it makes due at once is for the next tick. */
	for (size_t n = o->claim_count; n > 0 && claims_due_ns(o) <= now_ns; n--)
		rules_wake(o, claims_due(o));
}

bool ownership_take_action(struct ownership *o, struct ownership_action *ret_action)
{
	if (o->action_taken == o->action_count) {
		o->action_taken = 0;
		o->action_count = 0;
		return false;
	}
	*ret_action = o->actions[o->action_taken++];
	return true;
}
