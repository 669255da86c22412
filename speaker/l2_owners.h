/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who announces an address in truth: with failover what the wire thread knows, without it what the
 * plan says. For views and metrics.
 */

#include "plan/plan.h"
#include "speaker/membership.h"

struct speaker;

struct l2_owners {
	const struct membership_snapshot *snapshot; /* NULL: no failover; borrowed */
	struct membership_view view;
};

/* Asks the wire thread once; good until the next turn of the loop. */
struct l2_owners l2_owners_take(const struct speaker *speaker);
void l2_owners_fini(struct l2_owners *owners);

/* The name of the owner, or NULL: there is none or it is not known. Borrowed. */
const char *l2_owners_name(const struct l2_owners *owners, const struct plan_address *address);

/* PLAN_PASSED if this node announces it, else why not. */
enum plan_reason l2_owners_reason(
	const struct l2_owners *owners, const struct plan_address *address);

/* The same for a Service: PLAN_PASSED if any address of it is announced here. */
enum plan_reason l2_owners_service(const struct l2_owners *owners, const struct service_plan *plan);
