/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A snapshot comes in force: what is known of members and addresses that stay moves over, in one
 * walk over both orders. The only place where an ownership allocates.
 */

#include "base/mem.h"
#include "plan/ownership_state.h"

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
	due_init(&o->due, 0);
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
	free(o->claims);
	free(o->candidates);
	free(o->actions);
	due_fini(&o->due);
	free(o);
	return NULL;
}

/* Return: for each member of before its index now, or NOBODY; the caller frees it. */
static uint16_t *set_members(struct ownership *o, const struct ownership_snapshot *snapshot)
{
	struct member *before = o->members;
	size_t before_count = o->member_count;
	uint16_t *moved = xnew_array(uint16_t, before_count + 1);
	size_t k = 0;

	assert(snapshot->member_count <= OWNERSHIP_MEMBERS_MAX);
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
	return moved;
}

static uint16_t move(const uint16_t *moved, uint16_t member)
{
	return member == NOBODY ? NOBODY : moved[member];
}

static size_t count_candidates(const struct ownership_snapshot *snapshot)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->address_count; i++)
		count += snapshot->addresses[i].count;
	return count;
}

static void adopt(struct claim *claim, const struct claim *before, const uint16_t *moved)
{
	struct claim kept = *before;

	kept.candidates = claim->candidates;
	kept.count = claim->count;
	kept.self_rank = claim->self_rank;
	kept.can_serve = claim->can_serve;
	kept.owner = move(moved, before->owner);
	kept.target = move(moved, before->target);
	kept.giver = move(moved, before->giver);
	kept.rival = move(moved, before->rival);
	*claim = kept;
}

static void remove_claim(struct ownership *o, const struct claim *claim)
{
	const struct ownership_action action = { .type = OWNERSHIP_QUIET, .ip = claim->ip };

	if (!claim_answers(claim))
		return;
	ownership_push(o, &action);
	o->counters.lost[OWNERSHIP_REMOVED]++;
	rules_tell(o, claim, OWNERSHIP_EV_LOST, OWNERSHIP_REMOVED, NOBODY);
}

static void set_claims(
	struct ownership *o, const struct ownership_snapshot *snapshot, const uint16_t *moved)
{
	struct claim *before = o->claims;
	size_t before_count = o->claim_count;
	uint16_t *old_candidates = o->candidates;
	uint16_t *at = xnew_array(uint16_t, count_candidates(snapshot) + 1);
	size_t k = 0;

	o->candidates = at;
	o->claims = xnew_array(struct claim, snapshot->address_count + 1);
	o->claim_count = snapshot->address_count;
	for (size_t i = 0; i < snapshot->address_count; i++) {
		const struct ownership_address *wanted = &snapshot->addresses[i];
		struct claim *claim = &o->claims[i];

		assert(i == 0 || ip_compare(&snapshot->addresses[i - 1].ip, &wanted->ip) < 0);
		if (wanted->count > 0)
			memcpy(at, wanted->candidates, wanted->count * sizeof(*at));
		*claim = (struct claim){
			.ip = wanted->ip,
			.candidates = at,
			.count = wanted->count,
			.can_serve = wanted->can_serve,
			.owner = NOBODY,
			.target = NOBODY,
			.giver = NOBODY,
			.rival = NOBODY,
			.missing_ns = o->now_ns,
			.since_ns = o->now_ns,
		};
		claim->self_rank = claim_rank(claim, o->self);
		at += wanted->count;
		while (k < before_count && ip_compare(&before[k].ip, &claim->ip) < 0)
			remove_claim(o, &before[k++]);
		if (k < before_count && ip_equal(&before[k].ip, &claim->ip))
			adopt(claim, &before[k++], moved);
	}
	while (k < before_count)
		remove_claim(o, &before[k++]);
	free(before);
	free(old_candidates);
}

void ownership_serve(struct ownership *o, const struct ip *ip, bool can_serve, uint64_t now_ns)
{
	struct claim *claim = ownership_find(o, ip);

	o->now_ns = now_ns;
	if (!claim || claim->can_serve == can_serve)
		return;
	claim->can_serve = can_serve;
	if (!can_serve && claim_answers(claim))
		rules_lose_link(o, claim);
	else if (!claim_answers(claim) && claim->owner == NOBODY)
		rules_miss(o, claim);
	else if (!claim_answers(claim))
		rules_settle(o, claim);
}

/* Deadlines, and what an owner must give up by the new snapshot. */
static void judge(struct ownership *o, struct claim *claim, uint64_t was_due_ns)
{
	if (!claim_answers(claim)) {
		if (claim->owner == NOBODY && claim->state == OWNERSHIP_ASIDE)
			claim->missing_ns = o->now_ns;
		if (claim->state == OWNERSHIP_ASKING && claim->can_serve)
			due_set(&o->due, (size_t)(claim - o->claims), was_due_ns);
		else
			rules_settle(o, claim);
		return;
	}
	due_set(&o->due, (size_t)(claim - o->claims), was_due_ns);
	if (!claim->can_serve && claim->state == OWNERSHIP_OWNER) {
		rules_lose_link(o, claim);
	} else if (claim->state == OWNERSHIP_OWNER && claim->self_rank == claim->count) {
		rules_give(o, claim, NOBODY, OWNERSHIP_NOT_CANDIDATE);
	} else if (claim->state == OWNERSHIP_GIVING && claim->target == NOBODY) {
		rules_give(o, claim, NOBODY, claim->why);
	}
}

void ownership_set(struct ownership *o, const struct ownership_snapshot *snapshot, uint64_t now_ns)
{
	struct due due = o->due;
	const struct claim *first = o->claims;
	size_t before_count = o->claim_count;
	struct ip *ips = xnew_array(struct ip, before_count + 1);
	uint16_t *moved;
	size_t k = 0;

	assert(o->action_count == o->action_taken);
	for (size_t i = 0; i < before_count; i++)
		ips[i] = first[i].ip;
	o->now_ns = now_ns;
	o->conf = snapshot->conf;
	o->action_count = 0;
	o->action_taken = 0;
	o->action_capacity = ACTIONS_PER_ITEM *
			(snapshot->address_count + before_count + snapshot->member_count) +
		ACTIONS_MORE;
	o->actions = xreallocarray(o->actions, o->action_capacity, sizeof(o->actions[0]));
	moved = set_members(o, snapshot);
	set_claims(o, snapshot, moved);
	due_init(&o->due, o->claim_count);
	for (size_t i = 0; i < o->claim_count; i++) {
		struct claim *claim = &o->claims[i];

		while (k < before_count && ip_compare(&ips[k], &claim->ip) < 0)
			k++;
		judge(o, claim,
			k < before_count && ip_equal(&ips[k], &claim->ip) ? due_at(&due, k) :
									    DUE_NEVER);
	}
	due_fini(&due);
	free(moved);
	free(ips);
}
