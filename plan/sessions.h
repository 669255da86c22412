/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which speakers watch one another, and how often they send. Pure: every node works out the same
 * pairs. Up to SESSIONS_MESH_MAX members all of them; above that an address's owner and the heirs
 * that would take over from it. What a node sends stays below SESSIONS_PACKETS_MAX a second.
 */

#include "plan/ownership.h"

enum {
	SESSIONS_MESH_MAX = 16,
	SESSIONS_HEIRS = 2,
	SESSIONS_PACKETS_MAX = 1000,
};

/**
 * sessions_choose() - with whom self has a session
 * @snapshot: has_session of its members is not looked at
 * @owners:   of each address as believed, or OWNERSHIP_NOBODY; NULL: the first candidates
 * @ret:      one for each member; self's is false
 *
 * Return: how many.
 */
size_t sessions_choose(
	const struct ownership_snapshot *snapshot, const uint16_t *owners, bool *ret);

/* The interval in ms, at least @wanted_ms, at which @count sessions keep to the limit. */
uint32_t sessions_interval_ms(uint32_t wanted_ms, size_t count);
