/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/ledger.h"

#include "base/mem.h"

#include <string.h>

/* An address in use, and by whom. */
struct holder {
	RB_ENTRY(holder) link;
	struct ip ip;
	struct entry **users; /* borrowed; the array is owned */
	size_t count;
	size_t capacity;
};

/* All holders of addresses with one sharing key. */
struct key_group {
	UT_hash_handle hh;
	char *key;
	struct holder **at;
	size_t count;
	size_t capacity;
};

static int holder_compare(struct holder *a, struct holder *b)
{
	return ip_compare(&a->ip, &b->ip);
}

TREE_GENERATE(holder_tree, holder, link, holder_compare)

static struct holder *find_holder(const struct ledger *ledger, const struct ip *ip)
{
	struct holder wanted = { .ip = *ip };

	return RB_FIND(holder_tree, (struct holder_tree *)&ledger->holders, &wanted);
}

static struct key_group *find_group(const struct ledger *ledger, const char *key)
{
	struct key_group *group = NULL;

	if (key)
		HASH_FIND_STR(ledger->groups, key, group);
	return group;
}

static void group_add(struct ledger *ledger, const char *key, struct holder *holder)
{
	struct key_group *group = find_group(ledger, key);

	if (!group) {
		group = xnew(struct key_group);
		group->key = xstrdup(key);
		HASH_ADD_KEYPTR(hh, ledger->groups, group->key, strlen(group->key), group);
	}
	*array_add(group->at, group->count, group->capacity) = holder;
}

static void group_drop(struct ledger *ledger, struct key_group *group)
{
	HASH_DEL(ledger->groups, group);
	free(group->key);
	free(group->at);
	free(group);
}

static void group_remove(struct ledger *ledger, const char *key, const struct holder *holder)
{
	struct key_group *group = find_group(ledger, key);

	for (size_t i = 0; group && i < group->count; i++) {
		if (group->at[i] != holder)
			continue;
		group->at[i] = group->at[--group->count];
		break;
	}
	if (group && group->count == 0)
		group_drop(ledger, group);
}

void ledger_fini(struct ledger *ledger)
{
	struct key_group *group;
	struct key_group *next;
	struct holder *holder;

	HASH_ITER(hh, ledger->groups, group, next)
	group_drop(ledger, group);
	while ((holder = RB_ROOT(&ledger->holders))) {
		RB_REMOVE(holder_tree, &ledger->holders, holder);
		free(holder->users);
		free(holder);
	}
	ipam_pools_fini(&ledger->pools);
}

char *ledger_refusal(const struct ledger *ledger, const struct entry *entry,
	const struct ipam_pool *pool, const struct ip *ip)
{
	const struct holder *holder = find_holder(ledger, ip);
	char text[IP_TEXT_SIZE];

	if (pool->avoid_buggy && ip_is_buggy(ip))
		return xasprintf("\"%s\" ends in .0 or .255, which pool \"%s\" avoids",
			ip_format(ip, text), pool->name);
	for (size_t i = 0; holder && i < holder->count; i++) {
		char *why = ipam_sharing_conflict(
			holder->users[i]->now.request, entry->now.request, ip);

		if (why)
			return why;
	}
	return NULL;
}

static struct holder *add_holder(struct ledger *ledger, struct ipam_pool *pool, const struct ip *ip)
{
	struct holder *holder = xnew(struct holder);

	holder->ip = *ip;
	RB_INSERT(holder_tree, &ledger->holders, holder);
	(void)free_set_take(pool->free[family_index(ip->family)], ip);
	pool->in_use[family_index(ip->family)]++;
	return holder;
}

void ledger_take(
	struct ledger *ledger, struct entry *entry, struct ipam_pool *pool, const struct ip *ip)
{
	struct holder *holder = find_holder(ledger, ip);
	struct ipam_assignment *now = &entry->now;

	if (!holder) {
		holder = add_holder(ledger, pool, ip);
		if (now->request->key)
			group_add(ledger, now->request->key, holder);
	}
	*array_add(holder->users, holder->count, holder->capacity) = entry;
	now->ips[now->count] = *ip;
	now->pools[now->count] = pool->name;
	now->count++;
}

static void leave(struct ledger *ledger, struct holder *holder, const struct entry *entry)
{
	struct ipam_pool *pool = ipam_pools_of(&ledger->pools, &holder->ip);

	for (size_t i = 0; i < holder->count; i++) {
		if (holder->users[i] == entry) {
			holder->users[i] = holder->users[--holder->count];
			break;
		}
	}
	if (holder->count > 0)
		return;
	if (entry->now.request->key)
		group_remove(ledger, entry->now.request->key, holder);
	if (pool) {
		free_set_give(pool->free[family_index(holder->ip.family)], &holder->ip);
		pool->in_use[family_index(holder->ip.family)]--;
	}
	RB_REMOVE(holder_tree, &ledger->holders, holder);
	free(holder->users);
	free(holder);
}

bool ledger_release(struct ledger *ledger, struct entry *entry)
{
	bool held = entry->now.count > 0;

	for (size_t i = 0; i < entry->now.count; i++) {
		struct holder *holder = find_holder(ledger, &entry->now.ips[i]);

		if (holder)
			leave(ledger, holder, entry);
	}
	entry->now.count = 0;
	return held;
}

bool ledger_shared(const struct ledger *ledger, const struct entry *entry,
	const struct ipam_pool *pool, unsigned family, struct ip *ret_ip)
{
	const struct key_group *group = find_group(ledger, entry->now.request->key);
	bool found = false;

	/* The lowest of them, since the order in the group is that of history. */
	for (size_t i = 0; group && i < group->count; i++) {
		const struct ip *ip = &group->at[i]->ip;
		char *why;

		if (family_index(ip->family) != family ||
			ipam_pools_of(&ledger->pools, ip) != pool ||
			(found && ip_compare(ip, ret_ip) > 0))
			continue;
		why = ledger_refusal(ledger, entry, pool, ip);
		if (!why) {
			*ret_ip = *ip;
			found = true;
		}
		free(why);
	}
	return found;
}
