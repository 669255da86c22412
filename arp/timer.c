/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/timer.h"

#include "base/tree.h"

static int compare(const struct arp_timer *a, const struct arp_timer *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns ? -1 : 1;
	return a < b ? -1 : a > b;
}

TREE_GENERATE(arp_timer_tree, arp_timer, entry, compare)

void arp_timer_stop(struct arp_timer_tree *timers, struct arp_timer *timer)
{
	if (timer->is_set)
		RB_REMOVE(arp_timer_tree, timers, timer);
	timer->is_set = false;
}

void arp_timer_set(struct arp_timer_tree *timers, struct arp_timer *timer, uint64_t due_ns)
{
	arp_timer_stop(timers, timer);
	timer->due_ns = due_ns;
	timer->is_set = true;
	RB_INSERT(arp_timer_tree, timers, timer);
}

void arp_timers_run(struct arp_timer_tree *timers, uint64_t now_ns, unsigned max)
{
	struct arp_timer *timer;

	while (max-- > 0 && (timer = RB_MIN(arp_timer_tree, timers)) && timer->due_ns <= now_ns) {
		arp_timer_stop(timers, timer);
		timer->fire(timer->owner, now_ns);
	}
}

uint64_t arp_timers_next(const struct arp_timer_tree *timers)
{
	const struct arp_timer *first = RB_MIN(arp_timer_tree, (struct arp_timer_tree *)timers);

	return first ? first->due_ns : UINT64_MAX;
}
