/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/wanted.h"

#include "base/mem.h"

#include <bsd/sys/queue.h>
#include <string.h>
#include <uthash.h>

struct links {
	unsigned *at; /* owned, sorted */
	size_t count;
};

struct entry {
	UT_hash_handle hh;
	struct ip ip;
	struct links *wishes; /* one for each Service that wants it; owned */
	size_t wish_count;
	size_t wish_capacity;
	struct links told;
	bool is_changed;
	TAILQ_ENTRY(entry) changed;
};

struct wanted {
	struct entry *entries;
	TAILQ_HEAD(, entry) changed;
};

struct wanted *wanted_new(void)
{
	struct wanted *wanted = xnew(struct wanted);

	TAILQ_INIT(&wanted->changed);
	return wanted;
}

static void entry_free(struct wanted *wanted, struct entry *entry)
{
	HASH_DEL(wanted->entries, entry);
	for (size_t i = 0; i < entry->wish_count; i++)
		free(entry->wishes[i].at);
	free(entry->wishes);
	free(entry->told.at);
	free(entry);
}

struct wanted *wanted_free(struct wanted *wanted)
{
	struct entry *entry;
	struct entry *next;

	if (!wanted)
		return NULL;
	HASH_ITER(hh, wanted->entries, entry, next)
	entry_free(wanted, entry);
	free(wanted);
	return NULL;
}

static struct links links_copy(const unsigned *at, size_t count)
{
	return (struct links){
		.at = count > 0 ? xmemdup(at, count * sizeof(at[0])) : NULL,
		.count = count,
	};
}

static bool links_equal(const struct links *links, const unsigned *at, size_t count)
{
	return links->count == count &&
		(count == 0 || memcmp(links->at, at, count * sizeof(at[0])) == 0);
}

static struct entry *entry_of(struct wanted *wanted, const struct ip *ip)
{
	struct entry *entry;

	HASH_FIND(hh, wanted->entries, ip, sizeof(*ip), entry);
	if (entry)
		return entry;
	entry = xnew(struct entry);
	entry->ip = *ip;
	HASH_ADD(hh, wanted->entries, ip, sizeof(entry->ip), entry);
	return entry;
}

static void mark(struct wanted *wanted, struct entry *entry)
{
	if (!entry->is_changed)
		TAILQ_INSERT_TAIL(&wanted->changed, entry, changed);
	entry->is_changed = true;
}

static void add_wish(struct wanted *wanted, const struct plan_address *address)
{
	struct entry *entry = entry_of(wanted, &address->ip);

	*array_add(entry->wishes, entry->wish_count, entry->wish_capacity) = links_copy(
		address->ifindexes, address->ifindex_count);
	mark(wanted, entry);
}

static void remove_wish(struct wanted *wanted, const struct plan_address *address)
{
	struct entry *entry = entry_of(wanted, &address->ip);

	for (size_t i = 0; i < entry->wish_count; i++) {
		if (!links_equal(&entry->wishes[i], address->ifindexes, address->ifindex_count))
			continue;
		free(entry->wishes[i].at);
		entry->wishes[i] = entry->wishes[--entry->wish_count];
		break;
	}
	mark(wanted, entry);
}

static void each_passed(struct wanted *wanted, const struct service_plan *service,
	void (*act)(struct wanted *wanted, const struct plan_address *address))
{
	for (size_t i = 0; service && i < service->address_count; i++) {
		if (service->addresses[i].reason == PLAN_PASSED)
			act(wanted, &service->addresses[i]);
	}
}

void wanted_change(
	struct wanted *wanted, const struct service_plan *before, const struct service_plan *after)
{
	each_passed(wanted, before, remove_wish);
	each_passed(wanted, after, add_wish);
}

static int compare_index(const void *a, const void *b)
{
	unsigned left = *(const unsigned *)a;
	unsigned right = *(const unsigned *)b;

	return (left > right) - (left < right);
}

/* On every link that any of its Services wants. */
static struct links union_of(const struct entry *entry)
{
	struct links all = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < entry->wish_count; i++)
		count += entry->wishes[i].count;
	if (count == 0)
		return all;
	all.at = xnew_array(unsigned, count);
	for (size_t i = 0; i < entry->wish_count; i++) {
		memcpy(all.at + all.count, entry->wishes[i].at,
			entry->wishes[i].count * sizeof(all.at[0]));
		all.count += entry->wishes[i].count;
	}
	qsort(all.at, all.count, sizeof(all.at[0]), compare_index);
	count = 1;
	for (size_t i = 1; i < all.count; i++) {
		if (all.at[i] != all.at[count - 1])
			all.at[count++] = all.at[i];
	}
	all.count = count;
	return all;
}

void wanted_take(struct wanted *wanted, wanted_fn *tell, void *user)
{
	struct entry *entry;

	while ((entry = TAILQ_FIRST(&wanted->changed))) {
		struct links now = union_of(entry);

		TAILQ_REMOVE(&wanted->changed, entry, changed);
		entry->is_changed = false;
		if (!links_equal(&entry->told, now.at, now.count))
			tell(user, &entry->ip, now.at, now.count);
		free(entry->told.at);
		entry->told = now;
		if (now.count == 0)
			entry_free(wanted, entry);
	}
}
