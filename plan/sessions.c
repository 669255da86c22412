/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/sessions.h"

/* Jitter sends an eighth more often on average than the interval says (RFC 5880, 6.8.7). */
#define JITTER_NUMERATOR   8
#define JITTER_DENOMINATOR 7

enum {
	HELLOS_FAR = 10,    /* seconds between two to a member without a session */
	PACKETS_KEPT = 200, /* for those that are missing, for probes and announcements */
};

static size_t divide_up(size_t a, size_t b)
{
	return (a + b - 1) / b;
}

struct circle {
	uint16_t members[SESSIONS_HEIRS + 2];
	size_t count;
};

static void add(struct circle *circle, uint16_t member)
{
	for (size_t i = 0; i < circle->count; i++) {
		if (circle->members[i] == member)
			return;
	}
	circle->members[circle->count++] = member;
}

/*
 * The owner and the first candidates besides it: also when the owner is a later one, since the first
 * of the order is who would take over.
 */
static struct circle circle_of(const uint16_t *candidates, size_t count, uint16_t owner)
{
	struct circle circle = { .count = 0 };

	if (owner == OWNERSHIP_NOBODY && count > 0)
		owner = candidates[0];
	if (owner != OWNERSHIP_NOBODY)
		add(&circle, owner);
	for (size_t i = 0; i < count && circle.count <= SESSIONS_HEIRS; i++)
		add(&circle, candidates[i]);
	return circle;
}

bool sessions_are_all(size_t member_count)
{
	return member_count <= SESSIONS_MESH_MAX;
}

void sessions_begin(size_t member_count, bool *ret_chosen)
{
	for (size_t i = 0; i < member_count; i++)
		ret_chosen[i] = sessions_are_all(member_count);
}

void sessions_add(
	uint16_t self, const uint16_t *candidates, size_t count, uint16_t owner, bool *chosen)
{
	struct circle circle = circle_of(candidates, count, owner);
	bool has_self = false;

	for (size_t i = 0; i < circle.count; i++)
		has_self |= circle.members[i] == self;
	for (size_t i = 0; has_self && i < circle.count; i++)
		chosen[circle.members[i]] = true;
}

/* A hello a second to who has a session, one in ten to the others; jitter as above. */
static size_t hellos(size_t count, size_t member_count)
{
	size_t others = member_count > count + 1 ? member_count - count - 1 : 0;

	return divide_up((count * HELLOS_FAR + others) * JITTER_NUMERATOR,
		(size_t)HELLOS_FAR * JITTER_DENOMINATOR);
}

size_t sessions_packets(size_t count, size_t member_count, uint32_t interval_ms)
{
	return divide_up(
		       count * 1000 * JITTER_NUMERATOR, (size_t)interval_ms * JITTER_DENOMINATOR) +
		hellos(count, member_count);
}

uint32_t sessions_interval_ms(uint32_t wanted_ms, size_t count, size_t member_count)
{
	size_t left = SESSIONS_PACKETS_MAX - PACKETS_KEPT;
	size_t least;

	left -= hellos(count, member_count) < left ? hellos(count, member_count) : left - 1;
	least = divide_up(count * 1000 * JITTER_NUMERATOR, left * JITTER_DENOMINATOR);
	return least > wanted_ms ? (uint32_t)least : wanted_ms;
}
