/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Many timers under one clock: each lies in the object it is for, so that setting one needs no
 * memory, and the engine waits for the first of them only. Pure: the time is an argument.
 */

#include "base/own.h"

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void arp_timer_fn(void *owner, uint64_t now_ns);

/* Zero-initialise, then set @fire and @owner. */
struct arp_timer {
	RB_ENTRY(arp_timer) entry;
	uint64_t due_ns;
	bool is_set;
	arp_timer_fn *fire;
	void *owner;
};

RB_HEAD(arp_timer_tree, arp_timer);

/* Sets @timer to @due_ns, whether it was set or not. */
void arp_timer_set(struct arp_timer_tree *timers, struct arp_timer *timer, uint64_t due_ns);
void arp_timer_stop(struct arp_timer_tree *timers, struct arp_timer *timer);

/* Fires at most @max of the timers that are due at @now_ns, the earliest first, each once. */
void arp_timers_run(struct arp_timer_tree *timers, uint64_t now_ns, unsigned max);

/* When the first timer is due; UINT64_MAX: there is none. */
uint64_t arp_timers_next(const struct arp_timer_tree *timers);
