/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "base/tree.h"
#include "plan/ownership_state.h"

#include <string.h>

static int compare_ips(const struct claim *a, const struct claim *b)
{
	return ip_compare(&a->ip, &b->ip);
}

static int compare_deadlines(const struct claim *a, const struct claim *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns ? -1 : 1;
	return ip_compare(&a->ip, &b->ip);
}

TREE_GENERATE(claim_tree, claim, entry, compare_ips)
TREE_GENERATE(due_tree, claim, due, compare_deadlines)

struct claim *ownership_claim_new(const struct ownership_address *address)
{
	size_t links_len = address->link_count * sizeof(address->links[0]);
	size_t candidates_len = address->count * sizeof(address->candidates[0]);
	struct claim *claim = xcalloc(1, sizeof(*claim) + links_len + candidates_len);
	unsigned *links = (unsigned *)(claim + 1);
	uint16_t *candidates = (uint16_t *)(links + address->link_count);

	if (links_len > 0)
		memcpy(links, address->links, links_len);
	if (candidates_len > 0)
		memcpy(candidates, address->candidates, candidates_len);
	claim->ip = address->ip;
	claim->candidates = candidates;
	claim->count = address->count;
	claim->links = links;
	claim->link_count = address->link_count;
	claim->can_serve = address->can_serve;
	claim->owner = NOBODY;
	claim->target = NOBODY;
	claim->giver = NOBODY;
	claim->rival = NOBODY;
	claim->doubted = NOBODY;
	claim->denied = NOBODY;
	claim->rule_at_ns = DUE_NEVER;
	claim->due_ns = DUE_NEVER;
	return claim;
}

struct claim *ownership_claim_free(struct claim *claim)
{
	free(claim);
	return NULL;
}

struct ownership_address ownership_claim_address(const struct claim *claim)
{
	return (struct ownership_address){
		.ip = claim->ip,
		.candidates = claim->candidates,
		.count = claim->count,
		.links = claim->links,
		.link_count = claim->link_count,
		.can_serve = claim->can_serve,
	};
}

const struct claim *ownership_claim(const struct ownership *o, const struct ip *ip)
{
	return ownership_find(o, ip);
}

struct claim *claims_first(const struct ownership *o)
{
	return RB_MIN(claim_tree, (struct claim_tree *)&o->claims);
}

struct claim *claims_next(const struct claim *claim)
{
	return claim_tree_RB_NEXT((struct claim *)claim);
}

struct claim *ownership_find(const struct ownership *o, const struct ip *ip)
{
	const struct claim wanted = { .ip = *ip };

	return RB_FIND(claim_tree, (struct claim_tree *)&o->claims, (struct claim *)&wanted);
}

void claims_insert(struct ownership *o, struct claim *claim)
{
	RB_INSERT(claim_tree, &o->claims, claim);
	o->claim_count++;
}

void claims_remove(struct ownership *o, struct claim *claim)
{
	claims_set_due(o, claim, DUE_NEVER);
	RB_REMOVE(claim_tree, &o->claims, claim);
	o->claim_count--;
}

void claims_set_due(struct ownership *o, struct claim *claim, uint64_t at_ns)
{
	if (claim->due_ns == at_ns)
		return;
	if (claim->due_ns != DUE_NEVER)
		RB_REMOVE(due_tree, &o->due, claim);
	claim->due_ns = at_ns;
	if (at_ns != DUE_NEVER)
		RB_INSERT(due_tree, &o->due, claim);
}

struct claim *claims_due(const struct ownership *o)
{
	return RB_MIN(due_tree, (struct due_tree *)&o->due);
}

uint64_t claims_due_ns(const struct ownership *o)
{
	const struct claim *claim = claims_due(o);

	return claim ? claim->due_ns : DUE_NEVER;
}
