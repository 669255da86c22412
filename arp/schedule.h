/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * When to ask for an address before its first use, when to announce it, and how fast frames may
 * leave. Pure: time and chance are arguments.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCHEDULE_MAX = 32
};

struct announce_schedule {
	uint32_t at_ms[SCHEDULE_MAX]; /* after taking the address, ascending; the first is 0 */
	size_t count;
	uint32_t refresh_seconds; /* 0: never again */
};

enum {
	PROBE_COUNT = 2,        /* RFC 5227 section 2.2 allows less than its 3 in 7 s where the */
	PROBE_GAP_MS = 20,      /* network is fast: a host on the segment answers within 20 ms */
	PROBE_AGAIN_MS = 10000, /* after a conflict: DEFEND_INTERVAL */
	PROBE_UNSENT_MS = 1000, /* after probes that the link did not take */
	ASKED_MS = 40,          /* after a single question: who asks too is a rival */
	DEFEND_GAP_MS = 1000,   /* between two defences of one address */
	/* Probes and first rounds: 1,000 addresses in 40 ms, and no more at once than the usual
	 * queue of an interface (1,000 frames) has room for. */
	URGENT_FRAMES_PER_SECOND = 50000,
	URGENT_BURST = 256,
};

/**
 * schedule_next() - how long to wait after round @round (0 is the first) of announcements
 * @chance: any random number, for the jitter of the refresh (up to a quarter less)
 *
 * Return: nanoseconds; 0: there is no next round.
 */
uint64_t schedule_next(const struct announce_schedule *schedule, unsigned round, uint32_t chance);

/* A bucket of @burst frames that fills at @per_second. Zero-initialise, then set both. */
struct frame_bucket {
	uint64_t per_second;
	uint64_t burst;
	uint64_t filled_ns; /* up to when what has flowed in is counted */
	uint64_t tokens;
};

/**
 * bucket_take() - may @frames more leave at @now_ns
 *
 * Return: 0: yes, taken; else nanoseconds until there is room for them.
 */
uint64_t bucket_take(struct frame_bucket *bucket, uint64_t frames, uint64_t now_ns);
