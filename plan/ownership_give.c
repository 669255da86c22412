/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Handing over one address: heirs are asked to take it, the best first. Who can goes on answering
 * until the heir is heard; who has no link is quiet, and begs. An heir that says that it does not
 * answer for it, or six times nothing, is left for the next one.
 */

#include "plan/ownership_rules.h"

static bool must_go(enum ownership_why why)
{
	return why == OWNERSHIP_NOT_CANDIDATE || why == OWNERSHIP_LEAVING ||
		why == OWNERSHIP_NO_LINK;
}

/* Who is not ready any more has no sessions, whoever lives: those that were up a moment ago may. */
static bool can_hear(const struct ownership *o, uint16_t member)
{
	const struct member *m = &o->members[member];

	return m->state == OWNERSHIP_UP ||
		(!o->is_ready && m->state == OWNERSHIP_DOWN && m->since_ns >= o->ready_ns &&
			o->now_ns - m->since_ns < ALIVE_NS);
}

/*
 * The next candidate after @before, best first, or the first if that is NOBODY. Drained ones are the
 * last of all, and heirs for want of others only if @any_class.
 */
static uint16_t heir_after(
	const struct ownership *o, const struct claim *claim, bool any_class, uint16_t before)
{
	bool is_after = before == NOBODY;

	for (unsigned class = 0; class < (any_class ? 3 : 2); class ++) {
		for (size_t rank = 0; rank < claim->count; rank++) {
			uint16_t member = claim->candidates[rank];

			if (member == o->self || rules_class(o, member) != class)
				continue;
			if (is_after && can_hear(o, member))
				return member;
			is_after |= member == before;
		}
	}
	return NOBODY;
}

bool give_has_better(const struct ownership *o, const struct claim *claim, uint16_t but)
{
	uint16_t heir = heir_after(o, claim, false, NOBODY);

	return (heir == but ? heir_after(o, claim, false, heir) : heir) != NOBODY;
}

bool give_begs(const struct claim *claim)
{
	return claim->why == OWNERSHIP_NO_LINK && claim->owner == NOBODY && !claim->can_serve &&
		claim->target != NOBODY && claim->gives < GIVES_MAX;
}

/* Nobody took it: what has to go goes quiet, the rest stays. */
static void give_up(struct ownership *o, struct claim *claim)
{
	rules_tell(o, claim, OWNERSHIP_EV_NO_SUCCESSOR, claim->why, claim->target);
	if (must_go(claim->why)) {
		rules_lose(o, claim, NOBODY, claim->why);
		return;
	}
	rules_set_state(o, claim, OWNERSHIP_OWNER);
	rules_set_due(o, claim,
		claim->why == OWNERSHIP_DRAINED && o->is_draining ? o->now_ns + GIVE_AGAIN_NS :
								    DUE_NEVER);
}

static unsigned count_heirs(const struct ownership *o, const struct claim *claim, bool any_class)
{
	unsigned count = 0;
	uint16_t heir = NOBODY;

	while ((heir = heir_after(o, claim, any_class, heir)) != NOBODY)
		count++;
	return count;
}

/* Return: whether there is one. */
static bool next_heir(const struct ownership *o, struct claim *claim)
{
	bool any_class = must_go(claim->why);
	uint16_t heir;

	if (claim->why == OWNERSHIP_MOVED)
		return false; /* that one was asked for */
	heir = heir_after(o, claim, any_class, claim->target);
	/* A drain, say, has put the target behind others that were not asked yet. */
	if (heir == NOBODY &&
		(claim->tried + 1 < count_heirs(o, claim, any_class) ||
			!can_hear(o, claim->target)))
		heir = heir_after(o, claim, any_class, NOBODY);
	if (heir == NOBODY || heir == claim->target)
		return false;
	claim->tried++;
	claim->target = heir;
	claim->gives = 0;
	return true;
}

/* An heir that does not take it may have no link. */
static void leave_silent_heir(const struct ownership *o, struct claim *claim)
{
	unsigned gives_max = claim->why == OWNERSHIP_LEAVING ? GIVES_MAX / 2 : GIVES_MAX;

	if (claim->target != NOBODY && claim->gives >= gives_max)
		(void)next_heir(o, claim);
}

static void ask_heir(struct ownership *o, struct claim *claim)
{
	rules_act(o, claim, OWNERSHIP_GIVE, claim->target);
	claim->gives++;
	rules_set_due(o, claim, o->now_ns + GIVE_GAP_NS);
}

void give_step(struct ownership *o, struct claim *claim)
{
	bool is_late;

	leave_silent_heir(o, claim);
	is_late = claim->why == OWNERSHIP_LEAVING ? o->now_ns >= o->leave_ns :
						    claim->gives >= GIVES_MAX;
	if (is_late || claim->target == NOBODY)
		give_up(o, claim);
	else
		ask_heir(o, claim);
}

void give_away(struct ownership *o, struct claim *claim, uint16_t to, enum ownership_why why)
{
	claim->why = why;
	claim->gives = 0;
	claim->tried = 0;
	claim->target = to != NOBODY ? to : heir_after(o, claim, must_go(why), NOBODY);
	rules_set_state(o, claim, OWNERSHIP_GIVING);
	give_step(o, claim);
}

void give_beg(struct ownership *o, struct claim *claim)
{
	if (give_begs(claim) && !can_hear(o, claim->target))
		(void)next_heir(o, claim);
	else if (claim->owner == NOBODY && claim->why == OWNERSHIP_NO_LINK)
		leave_silent_heir(o, claim);
	if (give_begs(claim))
		ask_heir(o, claim);
	else
		rules_set_due(o, claim, DUE_NEVER);
}

void give_without_link(struct ownership *o, struct claim *claim)
{
	give_away(o, claim, NOBODY, OWNERSHIP_NO_LINK);
	if (claim_answers(claim))
		rules_lose(o, claim, NOBODY, OWNERSHIP_NO_LINK);
	if (give_begs(claim))
		rules_set_due(o, claim, o->now_ns + GIVE_GAP_NS);
}

void give_refused(struct ownership *o, struct claim *claim, uint16_t by)
{
	bool is_asked = claim->state == OWNERSHIP_GIVING ||
		(claim->state == OWNERSHIP_ASIDE && give_begs(claim));

	/* The last one is asked again, but when that is due: else it would be as fast as it answers. */
	if (is_asked && claim->target == by && next_heir(o, claim))
		ask_heir(o, claim);
}
