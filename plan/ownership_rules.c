/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The decisions about one address.
 *
 * Several heirs may suspect an owner at once. The first one asks and claims at once; each later one
 * waits a detection time more for every live candidate before it, and by then has heard the claim of
 * the first. So a claim does not rest on all nodes seeing the same peers alive.
 */

#include "plan/ownership_rules.h"

#include <string.h>

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool is_within(const struct ownership *o, uint64_t since_ns, uint64_t length_ns)
{
	return since_ns > 0 && o->now_ns - since_ns < length_ns;
}

bool claim_answers(const struct claim *claim)
{
	return claim->state == OWNERSHIP_OWNER || claim->state == OWNERSHIP_GIVING;
}

size_t claim_rank(const struct claim *claim, uint16_t member)
{
	size_t rank = 0;

	while (rank < claim->count && claim->candidates[rank] != member)
		rank++;
	return rank;
}

bool rules_is_proven(const struct ownership *o, uint16_t member)
{
	return is_within(o, o->members[member].proven_ns, PROVEN_NS);
}

bool rules_counts(const struct ownership *o, uint16_t member)
{
	const struct member *m = &o->members[member];

	if (rules_is_proven(o, member))
		return true;
	switch (m->state) {
	case OWNERSHIP_UP:
		return true;
	case OWNERSHIP_UNKNOWN:
		return o->now_ns < o->ready_ns + START_GRACE_NS ||
			is_within(o, m->alive_ns, HEARD_OF_NS);
	case OWNERSHIP_DOWN:
		/* Its kernel may answer for it longer than its speaker lives. */
		return is_within(o, later(m->since_ns, m->alive_ns), ALIVE_NS);
	case OWNERSHIP_GONE:
	case OWNERSHIP_LEFT:
		return false;
	}
	return false;
}

void rules_tell(struct ownership *o, const struct claim *claim, enum ownership_event event,
	enum ownership_why why, uint16_t member)
{
	struct ownership_action action = {
		.type = OWNERSHIP_TELL,
		.event = event,
		.why = why,
		.member = member,
	};

	if (claim) {
		action.ip = claim->ip;
		action.mac = claim->contender;
	}
	ownership_push(o, &action);
}

void rules_act(struct ownership *o, const struct claim *claim, enum ownership_action_type type,
	uint16_t member)
{
	const struct ownership_action action = {
		.type = type,
		.ip = claim->ip,
		.member = member,
	};

	ownership_push(o, &action);
}

void rules_arm(struct ownership *o, struct claim *claim)
{
	uint64_t at_ns = claim->rule_at_ns;

	if (claim->doubted != NOBODY)
		at_ns = earlier(at_ns, claim->word_at_ns);
	claims_set_due(o, claim, at_ns);
}

void rules_set_due(struct ownership *o, struct claim *claim, uint64_t at_ns)
{
	claim->rule_at_ns = at_ns;
	rules_arm(o, claim);
}

void rules_set_state(struct ownership *o, struct claim *claim, enum ownership_state state)
{
	if (claim->state != state)
		claim->since_ns = o->now_ns;
	claim->state = state;
}

static bool may_own(const struct ownership *o, const struct claim *claim)
{
	return o->is_ready && !o->is_leaving && claim->can_serve &&
		claim->self_rank < claim->count && !(o->is_alone && o->conf.withdraw_alone);
}

/* Who is asked first among the live: 0 anybody, 1 who came back just now, 2 who is drained. */
unsigned rules_class(const struct ownership *o, uint16_t member)
{
	const struct member *m = &o->members[member];
	bool is_self = member == o->self;

	if (is_self ? o->is_draining : m->is_draining)
		return 2;
	return (is_self ? ownership_is_new(o, o->now_ns) : m->is_new) ? 1 : 0;
}

/* How long self lets better candidates go first. */
static uint64_t patience(const struct ownership *o, const struct claim *claim)
{
	unsigned own = rules_class(o, o->self);
	size_t end = own == 0 ? claim->self_rank :
				claim->count; /* nobody is better than the best */
	uint64_t before = 0;

	for (size_t rank = 0; rank < end; rank++) {
		uint16_t member = claim->candidates[rank];
		unsigned class;

		if (member == o->self || o->members[member].state != OWNERSHIP_UP)
			continue;
		class = rules_class(o, member);
		/* An owner that is asked for has had its chance. */
		before += member != claim->owner &&
			(class < own || (class == own && rank < claim->self_rank));
	}
	return before * o->conf.detect_ns;
}

/* When an address with a live owner is to be looked after again. */
static uint64_t visit_at(const struct ownership *o, const struct claim *claim)
{
	size_t owner_rank = claim_rank(claim, claim->owner);
	uint64_t at = claim->heard_ns + AUDIT_NS;

	/* One without a session: the first of the order look for it, when its hellos end. */
	if (o->members[claim->owner].state != OWNERSHIP_UP)
		at = later(claim->heard_ns + AUDIT_FAR_NS,
			     earlier(at, o->members[claim->owner].alive_ns + HEARD_OF_NS)) +
			claim->self_rank * o->conf.detect_ns;
	/* It will give it away, or if it does not, knows more than we do. */
	if (owner_rank == claim->count)
		at = claim->heard_ns +
			earlier(AUDIT_NS,
				later(RECHECK_NS, (claim->heard_ns - claim->owner_ns) / 4));
	if (o->conf.preempt && o->members[claim->owner].state == OWNERSHIP_UP &&
		claim->self_rank < owner_rank && !o->is_draining) {
		uint64_t back_ns = o->ready_ns + o->conf.hold_down_ns;

		if (claim->changes_ns[CHANGES_KEPT - 1] > 0)
			back_ns = later(
				back_ns, claim->changes_ns[CHANGES_KEPT - 1] + DAMP_WINDOW_NS);
		at = earlier(at, later(back_ns, claim->not_before_ns));
	}
	return at;
}

void rules_settle(struct ownership *o, struct claim *claim)
{
	uint64_t at;

	if (!may_own(o, claim)) {
		rules_set_state(o, claim, OWNERSHIP_ASIDE);
		rules_set_due(o, claim, give_begs(claim) ? o->now_ns + GIVE_GAP_NS : DUE_NEVER);
		return;
	}
	rules_set_state(o, claim, OWNERSHIP_STANDBY);
	claim->probes = 0;
	if (claim->owner != NOBODY && o->members[claim->owner].state <= OWNERSHIP_UP)
		at = visit_at(o, claim);
	else
		at = later(claim->missing_ns, claim->not_before_ns);
	if (claim->recheck_ns > 0)
		at = earlier(at, claim->recheck_ns);
	at += patience(o, claim);
	rules_set_due(o, claim, at);
	if (at <= o->now_ns)
		rules_due(o, claim);
}

void rules_miss(struct ownership *o, struct claim *claim)
{
	claim->owner = NOBODY;
	claim->missing_ns = o->now_ns;
	claim->deferrals = 0;
	rules_settle(o, claim);
}

/* Three changes of one address within a minute: be slower to suspect that peer. */
static void damp(struct ownership *o, struct claim *claim, uint16_t peer)
{
	static const unsigned factors[LEVEL_MAX + 1] = { 10, 17, 34 }; /* 3 -> 5 -> 10 */
	struct member *m;
	struct ownership_action action = { .type = OWNERSHIP_MULTIPLIER, .member = peer };

	memmove(claim->changes_ns + 1, claim->changes_ns,
		sizeof(claim->changes_ns) - sizeof(claim->changes_ns[0]));
	claim->changes_ns[0] = o->now_ns;
	if (peer == NOBODY || !is_within(o, claim->changes_ns[CHANGES_KEPT - 1], DAMP_WINDOW_NS))
		return;
	m = &o->members[peer];
	if (m->level == LEVEL_MAX || is_within(o, m->level_ns, DAMP_GAP_NS))
		return;
	m->level++;
	m->level_ns = o->now_ns;
	o->decay_ns = earlier(o->decay_ns, o->now_ns + DAMP_LENGTH_NS);
	action.value = factors[m->level];
	ownership_push(o, &action);
	action.type = OWNERSHIP_TELL;
	action.event = OWNERSHIP_EV_DAMPED;
	action.ip = claim->ip;
	ownership_push(o, &action);
}

void rules_claim(struct ownership *o, struct claim *claim, enum ownership_why why)
{
	uint16_t before = claim->owner == o->self ? NOBODY : claim->owner;

	rules_set_state(o, claim, OWNERSHIP_OWNER);
	claim->owner = o->self;
	claim->recheck_ns = 0;
	claim->not_before_ns = 0;
	claim->deferrals = 0;
	claim->defended_ns = 0;
	claim->must_assert = false;
	claim->contested_ns = 0;
	claim->strangers = 0;
	claim->has_backed_off = false;
	claim->giver = NOBODY;
	if (why == OWNERSHIP_OWNER_SILENT)
		rules_set_due(o, claim, o->now_ns + SAY_TWICE_NS);
	else
		rules_set_due(o, claim, o->is_draining ? o->now_ns + GIVE_AGAIN_NS : DUE_NEVER);
	rules_act(o, claim, OWNERSHIP_ANNOUNCE, NOBODY);
	o->counters.took[why]++;
	rules_tell(o, claim, OWNERSHIP_EV_TOOK, why, before);
	if (before != NOBODY)
		damp(o, claim, before);
}

void rules_lose(struct ownership *o, struct claim *claim, uint16_t to, enum ownership_why why)
{
	rules_act(o, claim, OWNERSHIP_QUIET, NOBODY);
	claim->owner = to;
	claim->owner_ns = o->now_ns;
	claim->heard_ns = o->now_ns;
	claim->missing_ns = o->now_ns;
	claim->contested_ns = 0;
	o->counters.lost[why]++;
	rules_tell(o, claim, OWNERSHIP_EV_LOST, why, to);
	if (to != NOBODY)
		damp(o, claim, to);
	rules_set_state(o, claim, OWNERSHIP_STANDBY);
	rules_settle(o, claim);
}

void rules_announce_again(struct ownership *o, struct claim *claim)
{
	claim->defended_ns = o->now_ns;
	rules_act(o, claim, OWNERSHIP_AGAIN, NOBODY);
}

void rules_assert(struct ownership *o, struct claim *claim)
{
	uint64_t gap = earlier(ASSERT_GAP_NS << claim->assertions, ASSERT_MOST_NS);

	if (o->now_ns - claim->defended_ns >= gap) {
		claim->assertions += claim->assertions < ASSERTIONS_MAX;
		rules_announce_again(o, claim);
	} else if (!claim->must_assert) {
		claim->must_assert = true;
		rules_set_due(o, claim, claim->defended_ns + gap);
	}
}

void rules_ask_speaker(struct ownership *o, uint16_t member)
{
	const struct ownership_action action = { .type = OWNERSHIP_ASK, .member = member };
	struct member *m = &o->members[member];

	/* One question serves all addresses of the member. */
	if (is_within(o, m->asked_ns, PROBE_GAP_NS))
		return;
	m->asked_ns = o->now_ns;
	ownership_push(o, &action);
}

static bool is_silent(const struct ownership *o, uint16_t member)
{
	return member != NOBODY && o->members[member].state == OWNERSHIP_DOWN;
}

static enum ownership_why why_missing(const struct ownership *o, uint16_t owner)
{
	if (owner == NOBODY)
		return OWNERSHIP_NOBODY_ANSWERED;
	switch (o->members[owner].state) {
	case OWNERSHIP_DOWN:
		return OWNERSHIP_OWNER_SILENT;
	case OWNERSHIP_GONE:
		return OWNERSHIP_OWNER_GONE;
	case OWNERSHIP_LEFT:
		return OWNERSHIP_OWNER_LEFT;
	case OWNERSHIP_UNKNOWN:
	case OWNERSHIP_UP:
		return OWNERSHIP_OWNER_ABSENT;
	}
	return OWNERSHIP_OWNER_ABSENT;
}

/*
 * After the last probe to a suspect. It had the time of the first one to answer; who wants a short
 * detection time waits less, but not less than the probes for all addresses need to leave.
 */
static uint64_t last_wait(const struct ownership *o)
{
	uint64_t wait_ns = later(o->conf.detect_ns / ANSWER_PART, ANSWER_NS);

	return earlier(wait_ns + o->claim_count * PROBE_SENT_NS, PROBE_GAP_NS);
}

/* Two that ask at the same moment must not ask at the same moment again. */
static uint64_t chance_below(const struct ownership *o, uint64_t below)
{
	uint64_t chance = (o->now_ns + o->self + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return (chance >> 32) * below >> 32;
}

/*
 * RFC 5227 section 2.1.1: whoever asked too will claim it as well. Speakers settle that among
 * themselves; by now those that started with us have told their MACs.
 */
static bool backs_off(struct ownership *o, struct claim *claim)
{
	uint16_t member;

	if (claim->asker_ns < claim->since_ns || claim->has_backed_off)
		return false;
	member = ownership_find_mac(o, &claim->asker);
	if (member != NOBODY && rules_counts(o, member))
		return false;
	claim->has_backed_off = true;
	claim->not_before_ns = o->now_ns + 1 + chance_below(o, RIVAL_NS);
	rules_settle(o, claim);
	return true;
}

static void ask_step(struct ownership *o, struct claim *claim)
{
	enum ownership_why why = why_missing(o, claim->owner);
	bool is_suspect = why == OWNERSHIP_OWNER_SILENT || why == OWNERSHIP_OWNER_GONE;
	unsigned wanted = is_suspect ? PROBES_SUSPECT : PROBES_START;

	if (claim->probes >= wanted) {
		if (!backs_off(o, claim))
			rules_claim(o, claim, why);
		return;
	}
	if (is_silent(o, claim->owner) && claim->deferrals < DEFERRALS_MAX)
		rules_ask_speaker(o, claim->owner);
	rules_act(o, claim, OWNERSHIP_PROBE, NOBODY);
	o->counters.probes++;
	claim->probes++;
	rules_set_due(o, claim,
		o->now_ns + (is_suspect && claim->probes == wanted ? last_wait(o) : PROBE_GAP_NS));
}

void rules_ask_now(struct ownership *o, struct claim *claim)
{
	claim->recheck_ns = 0;
	claim->probes = 0;
	claim->unasked = 0;
	rules_set_state(o, claim, OWNERSHIP_ASKING);
	ask_step(o, claim);
}

void rules_unasked(struct ownership *o, struct claim *claim)
{
	claim->probes--;
	rules_set_due(o, claim, o->now_ns + (PROBE_GAP_NS << claim->unasked));
	claim->unasked += claim->unasked < UNASKED_MAX;
}

static bool is_preemption(const struct ownership *o, const struct claim *claim)
{
	return o->conf.preempt && claim->owner != NOBODY &&
		o->members[claim->owner].state == OWNERSHIP_UP && claim->recheck_ns == 0 &&
		claim->self_rank < claim_rank(claim, claim->owner) &&
		o->now_ns < claim->heard_ns + AUDIT_NS && !o->is_draining;
}

/* A deadline moves with each word of the owner, but is set anew only when it comes. */
static bool is_early(const struct ownership *o, const struct claim *claim)
{
	return claim->owner != NOBODY && claim->recheck_ns == 0 &&
		o->members[claim->owner].state == OWNERSHIP_UNKNOWN &&
		visit_at(o, claim) + patience(o, claim) > o->now_ns;
}

void rules_due(struct ownership *o, struct claim *claim)
{
	/* Perhaps somebody has it: that is being asked. */
	if (claim->doubted != NOBODY &&
		(claim->state == OWNERSHIP_STANDBY || claim->state == OWNERSHIP_ASKING)) {
		rules_set_due(o, claim, claim->word_at_ns);
		return;
	}
	switch (claim->state) {
	case OWNERSHIP_ASIDE:
		give_beg(o, claim);
		break;
	case OWNERSHIP_STANDBY:
		if (is_early(o, claim))
			rules_settle(o, claim); /* it was heard of since */
		else if (claim->owner != NOBODY && o->members[claim->owner].state == OWNERSHIP_LEFT)
			rules_claim(o, claim, OWNERSHIP_OWNER_LEFT);
		else if (is_preemption(o, claim))
			rules_claim(o, claim, OWNERSHIP_PREEMPTED);
		else
			rules_ask_now(o, claim);
		break;
	case OWNERSHIP_ASKING:
		ask_step(o, claim);
		break;
	case OWNERSHIP_OWNER:
		rules_set_due(o, claim, DUE_NEVER);
		claim->assertions += claim->must_assert && claim->assertions < ASSERTIONS_MAX;
		claim->must_assert = false;
		rules_announce_again(o, claim);
		if (o->is_draining)
			give_away(o, claim, NOBODY, OWNERSHIP_DRAINED);
		break;
	case OWNERSHIP_GIVING:
		give_step(o, claim);
		break;
	case OWNERSHIP_STATE_COUNT_:
		break;
	}
}

void rules_wake(struct ownership *o, struct claim *claim)
{
	if (claim->doubted != NOBODY && claim->word_at_ns <= o->now_ns)
		words_due(o, claim);
	else if (claim->rule_at_ns <= o->now_ns)
		rules_due(o, claim);
	else
		rules_arm(o, claim);
}
