/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/l2_addresses.h"

#include "base/mem.h"
#include "base/tree.h"
#include "plan/spread.h"

#include <bsd/sys/queue.h>
#include <string.h>

/* In one piece: links and then candidates behind it. */
struct told {
	size_t link_count;
	size_t candidate_count;
	unsigned links[];
};

struct entry {
	RB_ENTRY(entry) entry;
	TAILQ_ENTRY(entry) changed;
	struct ip ip;
	bool is_changed;
	unsigned wish_count;
	const struct plan_address **wishes; /* one for each Service that has it; borrowed; owned */
	struct told *told;                  /* owned; NULL: nothing */
};

RB_HEAD(entry_tree, entry);
TAILQ_HEAD(entry_list, entry);

struct l2_addresses {
	struct entry_tree entries;
	struct entry_list changed;
	size_t count;
	size_t told; /* of them */
	bool is_spread;
	/* The last answer. */
	struct ownership_address *puts;
	size_t put_count;
	size_t put_capacity;
	struct ip *drops;
	size_t drop_count;
	size_t drop_capacity;
};

static int compare(const struct entry *a, const struct entry *b)
{
	return ip_compare(&a->ip, &b->ip);
}

TREE_GENERATE(entry_tree, entry, entry, compare)

struct l2_addresses *l2_addresses_new(void)
{
	struct l2_addresses *a = xnew(struct l2_addresses);

	RB_INIT(&a->entries);
	TAILQ_INIT(&a->changed);
	return a;
}

static void entry_free(struct l2_addresses *a, struct entry *entry)
{
	RB_REMOVE(entry_tree, &a->entries, entry);
	a->count--;
	free(entry->wishes);
	free(entry->told);
	free(entry);
}

struct l2_addresses *l2_addresses_free(struct l2_addresses *a)
{
	struct entry *entry;

	if (!a)
		return NULL;
	while ((entry = RB_MIN(entry_tree, &a->entries)))
		entry_free(a, entry);
	free(a->puts);
	free(a->drops);
	free(a);
	return NULL;
}

static struct entry *find(const struct l2_addresses *a, const struct ip *ip)
{
	struct entry wanted = { .ip = *ip };

	return RB_FIND(entry_tree, (struct entry_tree *)&a->entries, &wanted);
}

static void mark(struct l2_addresses *a, struct entry *entry)
{
	if (!entry->is_changed)
		TAILQ_INSERT_TAIL(&a->changed, entry, changed);
	entry->is_changed = true;
}

static void add_wish(struct l2_addresses *a, const struct plan_address *address)
{
	struct entry *entry = find(a, &address->ip);

	if (!entry) {
		entry = xnew(struct entry);
		entry->ip = address->ip;
		RB_INSERT(entry_tree, &a->entries, entry);
		a->count++;
	}
	entry->wishes = xreallocarray(
		entry->wishes, entry->wish_count + 1, sizeof(entry->wishes[0]));
	entry->wishes[entry->wish_count++] = address;
	mark(a, entry);
}

static void remove_wish(struct l2_addresses *a, const struct plan_address *address)
{
	struct entry *entry = find(a, &address->ip);

	for (unsigned i = 0; entry && i < entry->wish_count; i++) {
		if (entry->wishes[i] != address)
			continue;
		entry->wishes[i] = entry->wishes[--entry->wish_count];
		mark(a, entry);
		return;
	}
}

static void each_wanted(struct l2_addresses *a, const struct service_plan *service,
	void (*act)(struct l2_addresses *a, const struct plan_address *address))
{
	for (size_t i = 0; service && i < service->address_count; i++) {
		if (service->addresses[i].heir_count > 0)
			act(a, &service->addresses[i]);
	}
}

void l2_addresses_change(struct l2_addresses *addresses, const struct service_plan *before,
	const struct service_plan *after)
{
	each_wanted(addresses, before, remove_wish);
	each_wanted(addresses, after, add_wish);
}

/* The same on every node, whatever came first: most candidates, then by their names. */
static int compare_wishes(const struct plan_address *a, const struct plan_address *b)
{
	if (a->heir_count != b->heir_count)
		return a->heir_count > b->heir_count ? -1 : 1;
	for (size_t i = 0; i < a->heir_count; i++) {
		int order = strcmp(a->heirs[i], b->heirs[i]);

		if (order != 0)
			return order;
	}
	if (a->ifindex_count != b->ifindex_count)
		return a->ifindex_count > b->ifindex_count ? -1 : 1;
	return a->ifindex_count == 0 ?
		0 :
		memcmp(a->ifindexes, b->ifindexes, a->ifindex_count * sizeof(a->ifindexes[0]));
}

/* NULL: nobody wants it. */
static const struct plan_address *best_wish(const struct entry *entry)
{
	const struct plan_address *best = NULL;

	for (unsigned i = 0; i < entry->wish_count; i++) {
		if (!best || compare_wishes(entry->wishes[i], best) < 0)
			best = entry->wishes[i];
	}
	return best;
}

static size_t told_size(const struct told *told)
{
	return sizeof(*told) + told->link_count * sizeof(told->links[0]) +
		told->candidate_count * sizeof(uint16_t);
}

static uint16_t *told_candidates(const struct told *told)
{
	return (uint16_t *)(told->links + told->link_count);
}

static struct ownership_address told_address(const struct entry *entry)
{
	const struct told *told = entry->told;

	return (struct ownership_address){
		.ip = entry->ip,
		.candidates = told_candidates(told),
		.count = told->candidate_count,
		.links = told->links,
		.link_count = told->link_count,
	};
}

static struct told *told_new(
	const struct plan_address *wish, const struct membership_snapshot *nodes)
{
	struct told *told = xcalloc(1,
		sizeof(*told) + wish->ifindex_count * sizeof(told->links[0]) +
			wish->heir_count * sizeof(uint16_t));
	uint16_t *candidates;

	told->link_count = wish->ifindex_count;
	if (wish->ifindex_count > 0)
		memcpy(told->links, wish->ifindexes, wish->ifindex_count * sizeof(told->links[0]));
	candidates = told_candidates(told);
	for (size_t i = 0; i < wish->heir_count; i++) {
		const struct membership_node *node = membership_node_find(nodes, wish->heirs[i]);

		if (node)
			candidates[told->candidate_count++] = (uint16_t)(node - nodes->nodes);
	}
	return told;
}

static bool told_equal(const struct told *a, const struct told *b)
{
	return a && told_size(a) == told_size(b) && memcmp(a, b, told_size(a)) == 0;
}

/* @now, taken, is what is to be known of it; NULL: it is gone. */
static void tell(struct l2_addresses *a, struct entry *entry, struct told *now, bool is_whole)
{
	struct told *before = entry->told;

	entry->told = now;
	a->told += (now != NULL) - (before != NULL);
	if (!now && before)
		*array_add(a->drops, a->drop_count, a->drop_capacity) = entry->ip;
	else if (now && (is_whole || !told_equal(before, now)))
		*array_add(a->puts, a->put_count, a->put_capacity) = told_address(entry);
	free(before);
}

static struct told *wanted_of(const struct entry *entry, const struct membership_snapshot *nodes)
{
	const struct plan_address *wish = best_wish(entry);

	return wish ? told_new(wish, nodes) : NULL;
}

static void settle(struct l2_addresses *a, struct entry *entry, struct told *now, bool is_whole)
{
	if (entry->is_changed)
		TAILQ_REMOVE(&a->changed, entry, changed);
	entry->is_changed = false;
	tell(a, entry, now, is_whole);
	if (entry->wish_count == 0)
		entry_free(a, entry);
}

static void take_changed(struct l2_addresses *a, const struct membership_snapshot *nodes)
{
	struct entry *entry;

	while ((entry = TAILQ_FIRST(&a->changed)))
		settle(a, entry, wanted_of(entry, nodes), false);
}

/* Brings candidates into the orders of plan/spread.h. */
static void spread(struct told **all, size_t count, size_t node_count)
{
	auto_(freep) struct ownership_address *addresses = xnew_array(
		struct ownership_address, count + 1);
	auto_(freep) uint16_t *candidates = NULL;
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		used += all[i] ? all[i]->candidate_count : 0;
	candidates = xnew_array(uint16_t, used + 1);
	used = 0;
	for (size_t i = 0; i < count; i++) {
		addresses[i].candidates = candidates + used;
		addresses[i].count = all[i] ? all[i]->candidate_count : 0;
		if (addresses[i].count > 0)
			memcpy(candidates + used, told_candidates(all[i]),
				addresses[i].count * sizeof(candidates[0]));
		used += addresses[i].count;
	}
	(void)spread_orders(candidates, addresses, count, node_count);
	for (size_t i = 0; i < count; i++) {
		if (addresses[i].count > 0)
			memcpy(told_candidates(all[i]), addresses[i].candidates,
				addresses[i].count * sizeof(candidates[0]));
	}
}

/* All are looked at, which takes time in main alone: told are those that differ. */
static void take_all(struct l2_addresses *a, const struct membership_snapshot *nodes, bool is_whole,
	bool is_spread)
{
	auto_(freep) struct told **wanted = xnew_array(struct told *, a->count + 1);
	struct entry *entry;
	struct entry *next;
	size_t count = 0;

	RB_FOREACH(entry, entry_tree, &a->entries) {
		wanted[count++] = wanted_of(entry, nodes);
	}
	if (is_spread)
		spread(wanted, count, nodes->node_count);
	count = 0;
	RB_FOREACH_SAFE(entry, entry_tree, &a->entries, next) {
		settle(a, entry, wanted[count++], is_whole);
	}
}

struct membership_changes l2_addresses_take(struct l2_addresses *addresses,
	const struct membership_snapshot *nodes, bool is_whole, bool is_spread)
{
	struct l2_addresses *a = addresses;

	a->put_count = 0;
	a->drop_count = 0;
	if (is_whole || is_spread != a->is_spread || (is_spread && !TAILQ_EMPTY(&a->changed)))
		take_all(a, nodes, is_whole, is_spread);
	else
		take_changed(a, nodes);
	a->is_spread = is_spread;
	return (struct membership_changes){
		.puts = a->puts,
		.put_count = a->put_count,
		.drops = a->drops,
		.drop_count = a->drop_count,
		.told_after = a->told,
		.is_whole = is_whole,
	};
}

struct ownership_address l2_addresses_find(
	const struct l2_addresses *addresses, const struct ip *ip)
{
	const struct entry *entry = find(addresses, ip);

	return entry && entry->told ? told_address(entry) : (struct ownership_address){ .ip = *ip };
}
