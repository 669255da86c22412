/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of an ownership offer one another. All of it is about the time o->now_ns.
 */

#include "plan/ownership_state.h"

/* ownership_rules.c */

/* True if an answer of @member on the wire is one of a live speaker. */
bool rules_counts(const struct ownership *o, uint16_t member);

/* True if it goes on announcing although it is not heard otherwise. */
bool rules_is_proven(const struct ownership *o, uint16_t member);

bool claim_answers(const struct claim *claim);

/* Rank of @member in the order; claim->count if it is none of the candidates. */
size_t claim_rank(const struct claim *claim, uint16_t member);

void rules_tell(struct ownership *o, const struct claim *claim, enum ownership_event event,
	enum ownership_why why, uint16_t member);

void rules_act(struct ownership *o, const struct claim *claim, enum ownership_action_type type,
	uint16_t member);
void rules_set_state(struct ownership *o, struct claim *claim, enum ownership_state state);
/* When rules_due() is due, if nothing else happens. */
void rules_set_due(struct ownership *o, struct claim *claim, uint64_t at_ns);

/* Who is asked first among the live: 0 anybody, 1 who came back just now, 2 who is drained. */
unsigned rules_class(const struct ownership *o, uint16_t member);

/* Brings a claim that is not answered for to rest: ASIDE or STANDBY, with the right deadline. */
void rules_settle(struct ownership *o, struct claim *claim);

/* The owner is not known any more. */
void rules_miss(struct ownership *o, struct claim *claim);

/* Starts to answer. */
void rules_claim(struct ownership *o, struct claim *claim, enum ownership_why why);

/* Stops to answer; @to is the owner from now on. */
void rules_lose(struct ownership *o, struct claim *claim, uint16_t to, enum ownership_why why);

void rules_announce_again(struct ownership *o, struct claim *claim);
/* The same, to a speaker that is to yield: not too often, but surely once more. */
void rules_assert(struct ownership *o, struct claim *claim);

/* Asks the speaker itself, by message, at most once in PROBE_GAP_NS. */
void rules_ask_speaker(struct ownership *o, uint16_t member);

/* The last probe did not leave: it is sent again. */
void rules_unasked(struct ownership *o, struct claim *claim);

/* Asks the wire, whoever else might. */
void rules_ask_now(struct ownership *o, struct claim *claim);

/* Waits for the first deadline of @claim. */
void rules_arm(struct ownership *o, struct claim *claim);

/* What the rules wait for has come. */
void rules_due(struct ownership *o, struct claim *claim);

/* The first deadline of @claim has come. */
void rules_wake(struct ownership *o, struct claim *claim);

/* ownership_give.c */

/* Hands over, to @to or if that is NOBODY to the best heir; goes on to answer until it is heard. */
void give_away(struct ownership *o, struct claim *claim, uint16_t to, enum ownership_why why);

/* Asks heirs to take it, and is quiet at once: nothing more can be said on the wire. */
void give_without_link(struct ownership *o, struct claim *claim);

/* Still to be handed over, though it is not answered for any more. */
bool give_begs(const struct claim *claim);

/* What GIVING, or begging, waits for has come. */
void give_step(struct ownership *o, struct claim *claim);
void give_beg(struct ownership *o, struct claim *claim);

/* @by says that it does not answer for it: the next heir is asked at once. */
void give_refused(struct ownership *o, struct claim *claim, uint16_t by);

/* True if there is a live candidate that is not drained, other than self and @but. */
bool give_has_better(const struct ownership *o, const struct claim *claim, uint16_t but);

/* ownership_words.c: a frame says that @member owns it; heard_believe() is what may come of it. */
void words_ask(struct ownership *o, struct claim *claim, uint16_t member);

/* The word that is waited for has not come in time. */
void words_due(struct ownership *o, struct claim *claim);

/* ownership_heard.c: @member owns it; @is_certain: it says so itself. */
void heard_believe(struct ownership *o, struct claim *claim, uint16_t member, bool is_certain);

/* ownership.c: who has @mac, or NOBODY. */
uint16_t ownership_find_mac(const struct ownership *o, const struct mac *mac);

/* ownership_set.c */
void ownership_push(struct ownership *o, const struct ownership_action *action);
