/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is heard on the wire: who answers for an address or announces it, and what becomes of it when
 * self does so too.
 *
 * Of two speakers that hear each other the order decides at once. The right one says so again, at
 * growing intervals; if that does not help, the other side has another order, and what all know
 * alike decides: the name. With a speaker that is heard on the wire alone (messages are filtered, or
 * the keys differ) it is the same after some patience: an announcement is no kernel's.
 *
 * A frame alone makes nobody yield who can ask its sender, see ownership_words.c.
 */

#include "plan/ownership_heard.h"

#include "plan/ownership_rules.h"

static void tell_conflict(struct ownership *o, struct claim *claim)
{
	bool is_news = claim->contested_ns == 0 || o->now_ns - claim->contested_ns >= CONTEST_NS;

	claim->contested_ns = o->now_ns;
	if (!is_news)
		return;
	o->counters.conflicts++;
	rules_tell(o, claim, OWNERSHIP_EV_CONFLICT, OWNERSHIP_NOBODY_ANSWERED, NOBODY);
}

/* True if it was seen before, long enough ago that it was asked for anew since. */
static bool is_seen_again(struct ownership *o, struct claim *claim, const struct mac *mac)
{
	uint64_t ago_ns = o->now_ns - claim->contender_seen_ns;
	bool is_same = mac_equal(&claim->contender, mac) && ago_ns < CONTEST_NS;

	if (!is_same && ago_ns >= RECHECK_NS) {
		claim->contender = *mac;
		claim->contender_ns = o->now_ns;
		is_same = true;
	}
	if (is_same)
		claim->contender_seen_ns = o->now_ns;
	return is_same && o->now_ns - claim->contender_ns >= RECHECK_NS;
}

/*
 * A host answers for what nobody owns. If it stays, it has it. What is seen once is looked for again,
 * but a frame now and then must not keep an address from its users.
 */
static void on_host(struct ownership *o, struct claim *claim, const struct mac *mac)
{
	if (is_seen_again(o, claim, mac)) {
		tell_conflict(o, claim);
		claim->strangers = 0;
		claim->not_before_ns = o->now_ns + FOREIGN_NS;
	} else if (o->now_ns < o->ready_ns + START_GRACE_NS && o->member_count > 1) {
		/* Perhaps a speaker that has not told its name yet. */
		claim->not_before_ns = o->now_ns + o->conf.detect_ns;
	} else if (claim->strangers < STRANGERS_MAX) {
		claim->strangers++;
		claim->not_before_ns = o->now_ns + RECHECK_NS;
	} else {
		return;
	}
	rules_settle(o, claim);
}

/* A claim by what is no live speaker: a host, or the kernel of a node whose speaker is dead. */
static void on_foreign(
	struct ownership *o, struct claim *claim, uint16_t member, const struct mac *mac)
{
	if (claim->state == OWNERSHIP_ASKING && member == NOBODY)
		on_host(o, claim, mac);
	if (!claim_answers(claim))
		return;
	claim->contender = *mac;
	claim->contender_seen_ns = o->now_ns;
	tell_conflict(o, claim);
	if (o->now_ns - claim->defended_ns >= DEFEND_GAP_NS)
		rules_announce_again(o, claim);
}

/* How often @member has announced it although self had done so after the last time. */
static unsigned count_insisted(const struct claim *claim, uint16_t member)
{
	return claim->rival == member ? claim->insisted : 0;
}

static void note_insisted(struct ownership *o, struct claim *claim, uint16_t member)
{
	if (claim->rival != member || o->now_ns - claim->insisted_ns >= CONTEST_NS) {
		claim->rival = member;
		claim->insisted = 0;
		claim->assertions = 0;
	} else if (claim->defended_ns > claim->insisted_ns) {
		claim->insisted++;
	} else {
		return;
	}
	claim->insisted_ns = o->now_ns;
}

/* Whether self is the one of two owners that goes quiet. */
static bool yields(const struct ownership *o, const struct claim *claim, uint16_t member)
{
	unsigned insisted = count_insisted(claim, member);
	unsigned by_order = rules_counts(o, member) ? 0 : INSISTS_MAX;

	if (insisted >= by_order + INSISTS_MAX)
		return member < o->self; /* members ascend by name */
	return insisted >= by_order && claim_rank(claim, member) <= claim->self_rank;
}

static void tell_two_owners(struct ownership *o, struct claim *claim, uint16_t member)
{
	bool is_news = claim->two_ns == 0 || o->now_ns - claim->two_ns >= CONTEST_NS;

	claim->two_ns = o->now_ns;
	if (!is_news)
		return;
	o->counters.two_owners++;
	rules_tell(o, claim, OWNERSHIP_EV_TWO_OWNERS, OWNERSHIP_ORDER, member);
}

static void yield(struct ownership *o, struct claim *claim, uint16_t member)
{
	tell_two_owners(o, claim, member);
	/* Should the other one have yielded too, nobody would answer. */
	claim->recheck_ns = o->now_ns + RECHECK_NS;
	if (o->members[member].state != OWNERSHIP_UP)
		claim->not_before_ns = claim->recheck_ns;
	rules_lose(o, claim, member, OWNERSHIP_ORDER);
}

/* Another speaker announces what self owns. */
static void on_rival(struct ownership *o, struct claim *claim, uint16_t member)
{
	bool is_giver = claim->giver == member && o->now_ns - claim->given_ns < TAKEN_NS;

	if (is_giver) {
		rules_assert(o, claim);
		return;
	}
	note_insisted(o, claim, member);
	if (!yields(o, claim, member))
		rules_assert(o, claim);
	else if (claim->doubted != NOBODY && !yields(o, claim, claim->doubted))
		claim->doubted = NOBODY; /* that one's word changes nothing, this one's does */
	words_ask(o, claim, member);
}

/* The longer a speaker is silent and yet answers, the more seldom it is asked. */
static uint64_t ask_again_ns(const struct ownership *o, uint16_t member)
{
	uint64_t wait_ns = (o->now_ns - o->members[member].since_ns) / 8;

	if (wait_ns < o->conf.detect_ns)
		return o->conf.detect_ns;
	return wait_ns < FOREIGN_NS ? wait_ns : FOREIGN_NS;
}

static void settle_on(struct ownership *o, struct claim *claim, uint16_t member, bool is_certain)
{
	if (claim->owner != member) {
		claim->owner_ns = o->now_ns;
		/* One frame may have been a stray one. */
		claim->recheck_ns = is_certain ? 0 : o->now_ns + RECHECK_NS;
	}
	claim->owner = member;
	claim->heard_ns = o->now_ns;
	claim->deferrals = 0;
	claim->has_backed_off = false;
	claim->gives = GIVES_MAX; /* what was to be handed over is */
	if (o->members[member].state == OWNERSHIP_DOWN)
		claim->not_before_ns = o->now_ns + ask_again_ns(o, member);
	rules_settle(o, claim);
}

void heard_believe(struct ownership *o, struct claim *claim, uint16_t member, bool is_certain)
{
	switch (claim->state) {
	case OWNERSHIP_OWNER:
		tell_two_owners(o, claim, member);
		if (yields(o, claim, member))
			yield(o, claim, member);
		return;
	case OWNERSHIP_GIVING:
		rules_lose(o, claim, member, claim->why);
		return;
	case OWNERSHIP_ASKING:
		o->counters.cancelled++;
		claim->contender = (struct mac){ 0 };
		rules_tell(o, claim, OWNERSHIP_EV_CANCELLED, OWNERSHIP_OWNER_SILENT, member);
		break;
	case OWNERSHIP_ASIDE:
	case OWNERSHIP_STANDBY:
	case OWNERSHIP_STATE_COUNT_:
		break;
	}
	settle_on(o, claim, member, is_certain);
}

/*
 * Whether it matters, and can be had, that a speaker itself says that it owns what a frame says. In
 * large clusters most nodes only look on: those that watch owners are the ones to be careful.
 */
static bool wants_word(const struct ownership *o, const struct claim *claim, uint16_t member)
{
	const struct member *m = &o->members[member];

	if (claim->state == OWNERSHIP_ASKING)
		return member != claim->owner || m->state != OWNERSHIP_DOWN;
	return claim->state == OWNERSHIP_GIVING ||
		(claim->state == OWNERSHIP_STANDBY && member != claim->owner &&
			(m->state == OWNERSHIP_UP || claim->owner == NOBODY ||
				o->members[claim->owner].state != OWNERSHIP_UNKNOWN));
}

static void on_speaker(struct ownership *o, struct claim *claim, uint16_t member)
{
	if (claim->state == OWNERSHIP_OWNER)
		on_rival(o, claim, member);
	else if (wants_word(o, claim, member))
		words_ask(o, claim, member);
	else
		heard_believe(o, claim, member, true);
}

/*
 * A member that is not held to be alive: one that left answers until it hears us, one that was
 * silent for long may have come back this moment.
 */
static void on_stranger(
	struct ownership *o, struct claim *claim, uint16_t member, bool is_announcement)
{
	struct member *m = &o->members[member];

	if (m->state == OWNERSHIP_DOWN)
		rules_ask_speaker(o, member);
	if (claim->state != OWNERSHIP_OWNER)
		return;
	if (is_announcement)
		note_insisted(o, claim, member);
	if (!is_announcement || !yields(o, claim, member)) {
		rules_assert(o, claim);
		return;
	}
	m->proven_ns = o->now_ns;
	if (m->state == OWNERSHIP_LEFT || m->state == OWNERSHIP_GONE)
		m->state = OWNERSHIP_DOWN;
	yield(o, claim, member);
}

static void on_frame(
	struct ownership *o, const struct ip *ip, const struct mac *mac, bool is_announcement)
{
	struct claim *claim = ownership_find(o, ip);
	uint16_t member = ownership_find_mac(o, mac);

	if (!claim || member == o->self)
		return;
	if (is_announcement && member != NOBODY && rules_is_proven(o, member))
		o->members[member].proven_ns = o->now_ns;
	if (member != NOBODY && rules_counts(o, member))
		on_speaker(o, claim, member);
	else if (member == NOBODY ||
		(o->members[member].state == OWNERSHIP_GONE && !is_announcement))
		on_foreign(o, claim, member, mac);
	else
		on_stranger(o, claim, member, is_announcement);
}

void ownership_heard(
	struct ownership *o, const struct ip *ip, const struct mac *mac, uint64_t now_ns)
{
	o->now_ns = now_ns;
	on_frame(o, ip, mac, false);
}

void ownership_announced(
	struct ownership *o, const struct ip *ip, const struct mac *mac, uint64_t now_ns)
{
	o->now_ns = now_ns;
	on_frame(o, ip, mac, true);
}

void ownership_rival(
	struct ownership *o, const struct ip *ip, const struct mac *mac, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);
	uint16_t member = ownership_find_mac(o, mac);

	o->now_ns = now_ns;
	if (!claim || claim->state != OWNERSHIP_ASKING || member == o->self ||
		(member != NOBODY && rules_counts(o, member)))
		return;
	claim->asker = *mac;
	claim->asker_ns = now_ns;
}

void ownership_unasked(struct ownership *o, const struct ip *ip, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);

	o->now_ns = now_ns;
	if (claim && claim->state == OWNERSHIP_ASKING && claim->probes > 0)
		rules_unasked(o, claim);
}
