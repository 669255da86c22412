/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/schedule.h"

#include "base/clock.h"

uint64_t schedule_next(const struct announce_schedule *schedule, unsigned round, uint32_t chance)
{
	uint64_t refresh_ns = schedule->refresh_seconds * NS_PER_S;

	if (round + 1 < schedule->count)
		return (schedule->at_ms[round + 1] - schedule->at_ms[round]) * NS_PER_MS;
	if (refresh_ns == 0)
		return 0;
	return refresh_ns - refresh_ns / 4 * (chance % 1024) / 1024;
}

uint64_t bucket_take(struct frame_bucket *bucket, uint64_t frames, uint64_t now_ns)
{
	uint64_t cost_ns = NS_PER_S / bucket->per_second;
	uint64_t flowed;

	if (bucket->filled_ns == 0) {
		bucket->filled_ns = now_ns;
		bucket->tokens = bucket->burst;
	}
	flowed = (now_ns - bucket->filled_ns) / cost_ns;
	bucket->filled_ns += flowed * cost_ns;
	bucket->tokens += flowed;
	if (bucket->tokens > bucket->burst)
		bucket->tokens = bucket->burst;
	if (bucket->tokens >= frames) {
		bucket->tokens -= frames;
		return 0;
	}
	return (frames - bucket->tokens) * cost_ns;
}
