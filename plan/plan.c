/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/plan.h"

#include "base/mem.h"
#include "base/tree.h"

#include <string.h>

struct entry {
	RB_ENTRY(entry) link;
	struct service_plan *service; /* owned */
};

RB_HEAD(entry_tree, entry);

struct plan {
	struct entry_tree entries;
	size_t count;
};

static int compare(struct entry *a, struct entry *b)
{
	int order = strcmp(a->service->ns, b->service->ns);

	return order != 0 ? order : strcmp(a->service->name, b->service->name);
}

TREE_GENERATE(entry_tree, entry, link, compare)

struct plan *plan_new(void)
{
	struct plan *plan = xnew(struct plan);

	RB_INIT(&plan->entries);
	return plan;
}

static void drop(struct plan *plan, struct entry *entry)
{
	RB_REMOVE(entry_tree, &plan->entries, entry);
	service_plan_free(entry->service);
	free(entry);
	plan->count--;
}

struct plan *plan_free(struct plan *plan)
{
	struct entry *entry;

	if (!plan)
		return NULL;
	while ((entry = RB_ROOT(&plan->entries)))
		drop(plan, entry);
	free(plan);
	return NULL;
}

static struct entry *find(const struct plan *plan, const char *ns, const char *name)
{
	struct service_plan wanted = { .ns = (char *)ns, .name = (char *)name };
	struct entry entry = { .service = &wanted };

	return RB_FIND(entry_tree, (struct entry_tree *)&plan->entries, &entry);
}

/* Puts @service, taken, in the place of what was planned before; NULL: nothing is. */
static void replace(struct plan *plan, const struct service_key *key, struct service_plan *service,
	plan_change_fn *on_change, void *user)
{
	struct entry *entry = find(plan, key->ns, key->name);
	const struct service_plan *before = entry ? entry->service : NULL;

	if (!before && !service)
		return;
	if (before && service && service_plan_equal(before, service)) {
		service_plan_free(service);
		return;
	}
	if (on_change)
		on_change(user, before, service);
	if (!service) {
		drop(plan, entry);
		return;
	}
	if (entry) {
		service_plan_free(entry->service);
		entry->service = service;
		return;
	}
	entry = xnew(struct entry);
	entry->service = service;
	RB_INSERT(entry_tree, &plan->entries, entry);
	plan->count++;
}

void plan_update(struct plan *plan, const struct plan_input *input, const struct model_dirty *dirty,
	plan_change_fn *on_change, void *user)
{
	for (size_t i = 0; i < dirty->count; i++) {
		const struct service_key *key = &dirty->at[i];
		const struct service *service = (const struct service *)model_find(
			input->model, MODEL_SERVICE, key->ns, key->name);
		struct service_plan *planned = NULL;

		if (service && service->type == SERVICE_LOAD_BALANCER)
			planned = service_plan_new(input, service);
		replace(plan, key, planned, on_change, user);
	}
}

const struct service_plan *plan_find(const struct plan *plan, const char *ns, const char *name)
{
	const struct entry *entry = find(plan, ns, name);

	return entry ? entry->service : NULL;
}

const struct service_plan *plan_first(const struct plan *plan)
{
	const struct entry *entry = RB_MIN(entry_tree, (struct entry_tree *)&plan->entries);

	return entry ? entry->service : NULL;
}

const struct service_plan *plan_next(const struct plan *plan, const struct service_plan *service)
{
	struct entry *entry = find(plan, service->ns, service->name);

	entry = entry ? RB_NEXT(entry_tree, &plan->entries, entry) : NULL;
	return entry ? entry->service : NULL;
}

size_t plan_count(const struct plan *plan)
{
	return plan->count;
}
