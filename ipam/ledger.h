/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who holds which address: the allocator's book, and the entries in it. For ipam/ alone.
 */

#include "base/tree.h"
#include "ipam/ipam.h"
#include "ipam/pools.h"

#include <uthash.h>

/* A Service as the allocator sees it. */
struct entry {
	RB_ENTRY(entry) by_name;
	RB_ENTRY(entry) by_order;
	RB_ENTRY(entry) by_wait;
	struct ipam_assignment now;
	struct ip keep[2]; /* held before, or restored: wanted again */
	size_t keep_count;
	bool is_holder;  /* had keep until this update; else it lost it before, or was restored */
	bool is_waiting; /* would take what it did not get */
	bool is_futile;  /* what was put aside for it in this update was of no use to it */
	/* As it was before the update that runs: */
	struct ip before[2];
	size_t before_count;
	enum ipam_outcome outcome_before;
	char *detail_before;
	bool is_touched;
};

RB_HEAD(name_tree, entry);
RB_HEAD(order_tree, entry);
RB_HEAD(wait_tree, entry);

struct holder;
struct key_group;
RB_HEAD(holder_tree, holder);

struct ledger {
	struct ipam_pools pools;
	struct holder_tree holders;
	struct key_group *groups;
};

void ledger_fini(struct ledger *ledger);

/* NULL if @entry may take @ip of @pool, else why not: text to be freed. */
char *ledger_refusal(const struct ledger *ledger, const struct entry *entry,
	const struct ipam_pool *pool, const struct ip *ip);

/* Books @ip of @pool for @entry; ledger_refusal() had nothing against it. */
void ledger_take(
	struct ledger *ledger, struct entry *entry, struct ipam_pool *pool, const struct ip *ip);

/* Gives back all that @entry holds. Return: true if it held something. */
bool ledger_release(struct ledger *ledger, struct entry *entry);

/* An address of @pool and @family that holds @entry's sharing key and takes it too. */
bool ledger_shared(const struct ledger *ledger, const struct entry *entry,
	const struct ipam_pool *pool, unsigned family, struct ip *ret_ip);
