/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A snapshot comes in force, or one address of it: what is known of members and addresses that stay
 * moves over. Only a whole snapshot takes memory here.
 */

#include "base/mem.h"
#include "plan/ownership_rules.h"

#include <assert.h>
#include <string.h>

enum {
	ACTIONS_PER_ITEM = 8, /* more than one input can cause for one address or member */
	ACTIONS_MORE = 64,
};

void ownership_push(struct ownership *o, const struct ownership_action *action)
{
	assert(o->action_count < o->action_capacity);
	o->actions[o->action_count++] = *action;
}

struct ownership *ownership_new(void)
{
	struct ownership *o = xnew(struct ownership);

	o->alone_ns = DUE_NEVER;
	o->decay_ns = DUE_NEVER;
	RB_INIT(&o->claims);
	RB_INIT(&o->due);
	return o;
}

static void free_members(struct member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(members[i].name);
	free(members);
}

struct ownership *ownership_free(struct ownership *o)
{
	if (!o)
		return NULL;
	free_members(o->members, o->member_count);
	for (struct claim *claim = claims_first(o), *next; claim; claim = next) {
		next = claims_next(claim);
		claims_remove(o, claim);
		free(claim);
	}
	free(o->actions);
	free(o);
	return NULL;
}

static uint16_t moved_to(const uint16_t *moved, uint16_t member)
{
	return member == NOBODY ? NOBODY : moved[member];
}

void ownership_set_members(
	struct ownership *o, const struct ownership_snapshot *snapshot, uint64_t now_ns)
{
	struct member *before = o->members;
	size_t before_count = o->member_count;
	/* For each member of before its index now, or NOBODY. */
	auto_(freep) uint16_t *moved = xnew_array(uint16_t, before_count + 1);
	size_t k = 0;

	assert(snapshot->member_count <= OWNERSHIP_MEMBERS_MAX);
	o->now_ns = now_ns;
	o->conf = snapshot->conf;
	o->members = xnew_array(struct member, snapshot->member_count + 1);
	o->member_count = snapshot->member_count;
	o->self = snapshot->self;
	for (size_t i = 0; i < snapshot->member_count; i++) {
		const struct ownership_member *wanted = &snapshot->members[i];
		struct member *m = &o->members[i];

		assert(i == 0 || strcmp(snapshot->members[i - 1].name, wanted->name) < 0);
		while (k < before_count && strcmp(before[k].name, wanted->name) < 0)
			moved[k++] = NOBODY;
		if (k < before_count && strcmp(before[k].name, wanted->name) == 0) {
			*m = before[k];
			before[k].name = NULL;
			moved[k++] = (uint16_t)i;
		} else {
			m->name = xstrdup(wanted->name);
			m->since_ns = o->now_ns;
		}
		m->has_session = wanted->has_session;
	}
	while (k < before_count)
		moved[k++] = NOBODY;
	free_members(before, before_count);
	each_claim(o, claim)
	{
		claim->owner = moved_to(moved, claim->owner);
		claim->target = moved_to(moved, claim->target);
		claim->giver = moved_to(moved, claim->giver);
		claim->rival = moved_to(moved, claim->rival);
		claim->doubted = moved_to(moved, claim->doubted);
		claim->denied = moved_to(moved, claim->denied);
	}
}

/* All that is known of the address; not what the snapshot says. */
static void adopt(struct claim *claim, const struct claim *before)
{
	struct claim kept = *before;

	kept.entry = claim->entry;
	kept.due = claim->due;
	kept.due_ns = claim->due_ns;
	kept.candidates = claim->candidates;
	kept.count = claim->count;
	kept.links = claim->links;
	kept.link_count = claim->link_count;
	kept.self_rank = claim->self_rank;
	kept.can_serve = claim->can_serve;
	*claim = kept;
}

static void end_claim(struct ownership *o, const struct claim *claim)
{
	const struct ownership_action action = { .type = OWNERSHIP_QUIET, .ip = claim->ip };

	if (!claim_answers(claim))
		return;
	ownership_push(o, &action);
	o->counters.lost[OWNERSHIP_REMOVED]++;
	rules_tell(o, claim, OWNERSHIP_EV_LOST, OWNERSHIP_REMOVED, NOBODY);
}

static void serve(struct ownership *o, struct claim *claim, bool can_serve)
{
	if (claim->can_serve == can_serve)
		return;
	claim->can_serve = can_serve;
	if (!can_serve && claim_answers(claim))
		give_without_link(o, claim);
	else if (!claim_answers(claim) && claim->owner == NOBODY)
		rules_miss(o, claim);
	else if (!claim_answers(claim))
		rules_settle(o, claim);
}

void ownership_serve_all(
	struct ownership *o, ownership_serve_fn *can_serve, void *user, uint64_t now_ns)
{
	o->now_ns = now_ns;
	each_claim(o, claim)
	{
		serve(o, claim, can_serve(user, claim->links, claim->link_count));
	}
}

/* Deadlines, and what an owner must give up by the new snapshot. */
static void judge(struct ownership *o, struct claim *claim, uint64_t was_due_ns)
{
	if (!claim_answers(claim)) {
		if (claim->owner == NOBODY && claim->state == OWNERSHIP_ASIDE)
			claim->missing_ns = o->now_ns;
		if (claim->state == OWNERSHIP_ASKING && claim->can_serve &&
			claim->self_rank < claim->count)
			claims_set_due(o, claim, was_due_ns);
		else
			rules_settle(o, claim);
		return;
	}
	claims_set_due(o, claim, was_due_ns);
	if (!claim->can_serve && claim->state == OWNERSHIP_OWNER) {
		give_without_link(o, claim);
	} else if (claim->state == OWNERSHIP_OWNER && claim->self_rank == claim->count) {
		give_away(o, claim, NOBODY, OWNERSHIP_NOT_CANDIDATE);
	} else if (claim->state == OWNERSHIP_GIVING && claim->target == NOBODY) {
		give_away(o, claim, NOBODY, claim->why);
	}
}

size_t ownership_room(size_t members, size_t addresses)
{
	return ACTIONS_PER_ITEM * (members + addresses) + ACTIONS_MORE;
}

struct ownership_action *ownership_set_room(
	struct ownership *o, struct ownership_action *actions, size_t capacity)
{
	struct ownership_action *before = o->actions;

	assert(o->action_count == o->action_taken);
	o->actions = actions;
	o->action_capacity = capacity;
	o->action_count = 0;
	o->action_taken = 0;
	return before;
}

struct claim *ownership_put(
	struct ownership *o, struct claim *claim, bool can_serve, uint64_t now_ns)
{
	struct claim *before = ownership_find(o, &claim->ip);
	uint64_t was_due_ns = before ? before->due_ns : DUE_NEVER;

	o->now_ns = now_ns;
	claim->can_serve = can_serve;
	claim->self_rank = claim_rank(claim, o->self);
	if (before) {
		claims_remove(o, before);
		adopt(claim, before);
	} else {
		claim->missing_ns = now_ns;
		claim->since_ns = now_ns;
	}
	claims_insert(o, claim);
	judge(o, claim, was_due_ns);
	return before;
}

struct claim *ownership_drop(struct ownership *o, const struct ip *ip, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);

	o->now_ns = now_ns;
	if (!claim)
		return NULL;
	end_claim(o, claim);
	claims_remove(o, claim);
	return claim;
}

/* All claims before the address @until, or to the end of them. Return: the first that stays. */
static struct claim *drop_until(struct ownership *o, struct claim *claim, const struct ip *until)
{
	struct claim *next;

	for (; claim && (!until || ip_compare(&claim->ip, until) < 0); claim = next) {
		next = claims_next(claim);
		free(ownership_drop(o, &claim->ip, o->now_ns));
	}
	return claim;
}

void ownership_set(struct ownership *o, const struct ownership_snapshot *snapshot, uint64_t now_ns)
{
	size_t capacity = ownership_room(
		snapshot->member_count, snapshot->address_count + o->claim_count);
	struct claim *before = claims_first(o);

	free(ownership_set_room(o, xnew_array(struct ownership_action, capacity), capacity));
	ownership_set_members(o, snapshot, now_ns);
	for (size_t i = 0; i < snapshot->address_count; i++) {
		const struct ownership_address *wanted = &snapshot->addresses[i];

		assert(i == 0 || ip_compare(&snapshot->addresses[i - 1].ip, &wanted->ip) < 0);
		before = drop_until(o, before, &wanted->ip);
		if (before && ip_equal(&before->ip, &wanted->ip))
			before = claims_next(before);
		free(ownership_put(o, ownership_claim_new(wanted), wanted->can_serve, now_ns));
	}
	(void)drop_until(o, before, NULL);
}
