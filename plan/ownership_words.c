/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Frames are anybody's, messages are signed. Before a frame that names a speaker makes an owner
 * yield, or an heir stand back, that speaker is asked whether it has the address. What it says holds
 * at once. If it says nothing, three times in 45 ms, messages do not get through, and the frame is
 * believed as it is.
 */

#include "plan/ownership_heard.h"
#include "plan/ownership_rules.h"

/* Who goes on sending frames in the name of a speaker that denies must not make it talk all day. */
static uint64_t denial_gap_ns(const struct claim *claim)
{
	return PROBE_GAP_NS << claim->denials;
}

static void ask(struct ownership *o, struct claim *claim)
{
	const struct ownership_action action = {
		.type = OWNERSHIP_VERIFY,
		.ip = claim->ip,
		.member = claim->doubted,
		.value = ++claim->verifies,
	};

	ownership_push(o, &action);
	claim->word_at_ns = o->now_ns + VERIFY_GAP_NS;
	rules_arm(o, claim);
}

void words_ask(struct ownership *o, struct claim *claim, uint16_t member)
{
	if (claim->doubted != NOBODY)
		return; /* one after the other: frames come again */
	if (claim->denied == member && o->now_ns - claim->denied_ns < denial_gap_ns(claim))
		return;
	claim->doubted = member;
	claim->verifies = 0;
	ask(o, claim);
}

void words_due(struct ownership *o, struct claim *claim)
{
	uint16_t member = claim->doubted;

	if (claim->verifies < VERIFIES_MAX) {
		ask(o, claim);
		return;
	}
	claim->doubted = NOBODY;
	rules_arm(o, claim);
	heard_believe(o, claim, member, false);
}

/* Once, it may have given it away a moment ago. */
static void note_denial(struct ownership *o, struct claim *claim, uint16_t member)
{
	bool is_repeated = claim->denied_ns > 0 && o->now_ns - claim->denied_ns < CONTEST_NS;

	claim->denials = is_repeated && claim->denials < DENIALS_MAX ? claim->denials + 1 :
								       claim->denials;
	if (!is_repeated)
		claim->denials = 0;
	claim->denied = member;
	claim->denied_ns = o->now_ns;
	o->counters.denied++;
	if (!is_repeated || (claim->forged_ns > 0 && o->now_ns - claim->forged_ns < CONTEST_NS))
		return;
	claim->forged_ns = o->now_ns;
	rules_tell(o, claim, OWNERSHIP_EV_FORGED, OWNERSHIP_ORDER, member);
}

/* The frame was not its own, or is not true any more. */
static void deny(struct ownership *o, struct claim *claim, uint16_t member)
{
	note_denial(o, claim, member);
	if (claim->rival == member)
		claim->rival = NOBODY; /* whatever it seemed to insist on */
	if (claim->state == OWNERSHIP_OWNER)
		rules_assert(o, claim); /* others may have believed it */
	else if (claim->rule_at_ns == claim->word_at_ns)
		claim->rule_at_ns = o->now_ns; /* it waited for this */
	rules_arm(o, claim);
}

void ownership_word(
	struct ownership *o, const struct ip *ip, uint16_t from, bool answers, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);
	bool is_asked = claim && claim->doubted == from;

	o->now_ns = now_ns;
	if (!claim || from == o->self)
		return;
	if (is_asked)
		claim->doubted = NOBODY;
	if (is_asked && !answers) {
		deny(o, claim, from);
	} else if (is_asked) {
		claim->denied = NOBODY;
		rules_arm(o, claim);
		heard_believe(o, claim, from, true);
	} else if (answers && claim->state == OWNERSHIP_ASIDE) {
		heard_believe(o, claim, from, true); /* who has no link hears no announcement */
	} else if (!answers && claim->owner == from && !claim_answers(claim)) {
		rules_miss(o, claim); /* its word came late */
	}
	if (!answers)
		give_refused(o, claim, from);
}
