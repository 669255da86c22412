/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/sessions.h"

/* Jitter sends an eighth more often on average than the interval says (RFC 5880, 6.8.7). */
#define JITTER_NUMERATOR   8
#define JITTER_DENOMINATOR 7

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
static struct circle circle_of(const struct ownership_address *address, uint16_t owner)
{
	struct circle circle = { .count = 0 };

	if (owner == OWNERSHIP_NOBODY && address->count > 0)
		owner = address->candidates[0];
	if (owner != OWNERSHIP_NOBODY)
		add(&circle, owner);
	for (size_t i = 0; i < address->count && circle.count <= SESSIONS_HEIRS; i++)
		add(&circle, address->candidates[i]);
	return circle;
}

size_t sessions_choose(const struct ownership_snapshot *snapshot, const uint16_t *owners, bool *ret)
{
	bool is_mesh = snapshot->member_count <= SESSIONS_MESH_MAX;
	size_t count = 0;

	for (size_t i = 0; i < snapshot->member_count; i++)
		ret[i] = is_mesh;
	for (size_t i = 0; !is_mesh && i < snapshot->address_count; i++) {
		struct circle circle = circle_of(
			&snapshot->addresses[i], owners ? owners[i] : OWNERSHIP_NOBODY);
		bool has_self = false;

		for (size_t k = 0; k < circle.count; k++)
			has_self |= circle.members[k] == snapshot->self;
		for (size_t k = 0; has_self && k < circle.count; k++)
			ret[circle.members[k]] = true;
	}
	if (snapshot->self < snapshot->member_count)
		ret[snapshot->self] = false;
	for (size_t i = 0; i < snapshot->member_count; i++)
		count += ret[i];
	return count;
}

uint32_t sessions_interval_ms(uint32_t wanted_ms, size_t count)
{
	size_t least = (count * 1000 * JITTER_NUMERATOR +
			       SESSIONS_PACKETS_MAX * JITTER_DENOMINATOR - 1) /
		(SESSIONS_PACKETS_MAX * (size_t)JITTER_DENOMINATOR);

	return least > wanted_ms ? (uint32_t)least : wanted_ms;
}
