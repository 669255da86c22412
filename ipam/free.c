/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/free.h"

#include "base/mem.h"
#include "base/tree.h"

struct interval {
	RB_ENTRY(interval) link;
	unsigned order;
	struct ip_range range;
};

/* An entry of the pool as written, to find which one an address belongs to. */
struct origin {
	RB_ENTRY(origin) link;
	unsigned order;
	struct ip_range range;
};

RB_HEAD(interval_tree, interval);
RB_HEAD(origin_tree, origin);

struct free_set {
	struct interval_tree intervals;
	struct origin_tree origins;
};

static int interval_compare(struct interval *a, struct interval *b)
{
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return ip_compare(&a->range.first, &b->range.first);
}

static int origin_compare(struct origin *a, struct origin *b)
{
	return ip_compare(&a->range.first, &b->range.first);
}

TREE_GENERATE(interval_tree, interval, link, interval_compare)
TREE_GENERATE(origin_tree, origin, link, origin_compare)

bool ip_is_buggy(const struct ip *ip)
{
	return ip->family == AF_INET && (ip->bytes[3] == 0 || ip->bytes[3] == 255);
}

static struct ip ip_plus(const struct ip *ip, int distance)
{
	return ip_from_uint(ip->family, ip_to_uint(ip) + (ip_uint)distance);
}

struct free_set *free_set_new(void)
{
	struct free_set *set = xnew(struct free_set);

	RB_INIT(&set->intervals);
	RB_INIT(&set->origins);
	return set;
}

static void drop(struct free_set *set, struct interval *interval)
{
	RB_REMOVE(interval_tree, &set->intervals, interval);
	free(interval);
}

struct free_set *free_set_free(struct free_set *set)
{
	struct interval *interval;
	struct origin *origin;

	if (!set)
		return NULL;
	while ((interval = RB_ROOT(&set->intervals)))
		drop(set, interval);
	while ((origin = RB_ROOT(&set->origins))) {
		RB_REMOVE(origin_tree, &set->origins, origin);
		free(origin);
	}
	free(set);
	return NULL;
}

static void insert(struct free_set *set, unsigned order, struct ip first, struct ip last)
{
	struct interval *interval = xnew(struct interval);

	interval->order = order;
	interval->range = (struct ip_range){ first, last };
	RB_INSERT(interval_tree, &set->intervals, interval);
}

void free_set_add_range(struct free_set *set, const struct ip_range *range, unsigned order)
{
	struct origin *origin = xnew(struct origin);

	origin->order = order;
	origin->range = *range;
	RB_INSERT(origin_tree, &set->origins, origin);
	insert(set, order, range->first, range->last);
}

/* The entry that @ip belongs to, or NULL. */
static const struct origin *find_origin(const struct free_set *set, const struct ip *ip)
{
	struct origin *at = RB_ROOT(&set->origins);

	while (at) {
		if (ip_range_contains(&at->range, ip))
			return at;
		at = ip_compare(ip, &at->range.first) < 0 ? RB_LEFT(at, link) : RB_RIGHT(at, link);
	}
	return NULL;
}

/* The last interval of entry @order that begins at or below @ip, or NULL. */
static struct interval *find_below(const struct free_set *set, unsigned order, const struct ip *ip)
{
	struct interval *at = RB_ROOT(&set->intervals);
	struct interval wanted = { .order = order, .range = { *ip, *ip } };
	struct interval *best = NULL;

	while (at) {
		if (interval_compare(at, &wanted) <= 0) {
			best = at;
			at = RB_RIGHT(at, link);
		} else {
			at = RB_LEFT(at, link);
		}
	}
	return best && best->order == order ? best : NULL;
}

/* The lowest address of @range that is not buggy; at most two in a row are. */
static bool lowest_clean(const struct ip_range *range, struct ip *ret_ip)
{
	struct ip ip = range->first;

	while (ip_is_buggy(&ip)) {
		if (ip_equal(&ip, &range->last))
			return false;
		ip = ip_plus(&ip, 1);
	}
	*ret_ip = ip;
	return true;
}

bool free_set_lowest(const struct free_set *set, bool avoid_buggy, struct ip *ret_ip)
{
	struct interval *at = RB_MIN(interval_tree, (struct interval_tree *)&set->intervals);

	/* Intervals of nothing but buggy addresses are short and few: two a /24 at most. */
	for (; at; at = RB_NEXT(interval_tree, &set->intervals, at)) {
		if (!avoid_buggy) {
			*ret_ip = at->range.first;
			return true;
		}
		if (lowest_clean(&at->range, ret_ip))
			return true;
	}
	return false;
}

bool free_set_take(struct free_set *set, const struct ip *ip)
{
	const struct origin *origin = find_origin(set, ip);
	struct interval *interval = origin ? find_below(set, origin->order, ip) : NULL;
	struct ip_range range;
	unsigned order;

	if (!interval || !ip_range_contains(&interval->range, ip))
		return false;
	range = interval->range;
	order = interval->order;
	drop(set, interval);
	if (!ip_equal(ip, &range.first))
		insert(set, order, range.first, ip_plus(ip, -1));
	if (!ip_equal(ip, &range.last))
		insert(set, order, ip_plus(ip, 1), range.last);
	return true;
}

void free_set_give(struct free_set *set, const struct ip *ip)
{
	const struct origin *origin = find_origin(set, ip);
	struct interval *below = origin ? find_below(set, origin->order, ip) : NULL;
	struct ip_range range = { *ip, *ip };
	struct interval *above;

	if (!origin)
		return; /* the pool has shrunk meanwhile */
	if (below && ip_to_uint(&below->range.last) + 1 == ip_to_uint(ip)) {
		range.first = below->range.first;
		drop(set, below);
	}
	if (!ip_equal(ip, &origin->range.last)) {
		struct ip next = ip_plus(ip, 1);

		above = find_below(set, origin->order, &next);
		if (above && ip_equal(&above->range.first, &next)) {
			range.last = above->range.last;
			drop(set, above);
		}
	}
	insert(set, origin->order, range.first, range.last);
}
