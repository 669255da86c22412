/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/l2_owners.h"

#include "speaker/state.h"

#include <stdlib.h>

struct l2_owners l2_owners_take(const struct speaker *speaker)
{
	struct l2_owners owners = { 0 };

	if (!speaker->membership)
		return owners;
	owners.snapshot = membership_snapshot(speaker->membership);
	if (owners.snapshot)
		membership_view(speaker->membership, speaker->wire, &owners.view);
	return owners;
}

void l2_owners_fini(struct l2_owners *owners)
{
	membership_view_fini(&owners->view);
}

static int compare(const void *a, const void *b)
{
	const struct ownership_address_view *left = a;
	const struct ownership_address_view *right = b;

	return ip_compare(&left->ip, &right->ip);
}

static const struct ownership_address_view *find(
	const struct l2_owners *owners, const struct plan_address *address)
{
	const struct ownership_address_view wanted = { .ip = address->ip };

	if (owners->view.address_count == 0)
		return NULL;
	return bsearch(&wanted, owners->view.addresses, owners->view.address_count, sizeof(wanted),
		compare);
}

const char *l2_owners_name(const struct l2_owners *owners, const struct plan_address *address)
{
	const struct ownership_address_view *found;

	if (!owners->snapshot)
		return address->owner;
	found = find(owners, address);
	return found && found->owner < owners->snapshot->node_count ?
		owners->snapshot->nodes[found->owner].name :
		NULL;
}

enum plan_reason l2_owners_reason(
	const struct l2_owners *owners, const struct plan_address *address)
{
	const struct ownership_address_view *found;

	/* What stops a node from being a candidate is the plan's to say. */
	if (!owners->snapshot ||
		(address->reason != PLAN_PASSED && address->reason != PLAN_NOT_ELECTED))
		return address->reason;
	found = find(owners, address);
	if (found && (found->state == OWNERSHIP_OWNER || found->state == OWNERSHIP_GIVING))
		return PLAN_PASSED;
	return PLAN_NOT_ELECTED;
}

enum plan_reason l2_owners_service(const struct l2_owners *owners, const struct service_plan *plan)
{
	enum plan_reason reason = service_plan_reason(plan);

	if (!owners->snapshot || (reason != PLAN_PASSED && reason != PLAN_NOT_ELECTED))
		return reason;
	for (size_t i = 0; i < plan->address_count; i++) {
		if (l2_owners_reason(owners, &plan->addresses[i]) == PLAN_PASSED)
			return PLAN_PASSED;
	}
	return PLAN_NOT_ELECTED;
}
