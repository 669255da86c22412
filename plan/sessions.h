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

/* True if every two members have a session, whatever the addresses. */
bool sessions_are_all(size_t member_count);

/* Before the first sessions_add(). @ret_chosen: one for each member, self among them. */
void sessions_begin(size_t member_count, bool *ret_chosen);

/**
 * sessions_add() - with whom @self has a session because of one address
 * @candidates: in the order of election
 * @owner:      as believed, or OWNERSHIP_NOBODY: the first candidate
 * @chosen:     those are set to true; self too, if it is one of them
 */
void sessions_add(
	uint16_t self, const uint16_t *candidates, size_t count, uint16_t owner, bool *chosen);

/*
 * The interval in ms, at least @wanted_ms, at which @count sessions, hellos to all of @member_count
 * members and what else there is keep to the limit.
 */
uint32_t sessions_interval_ms(uint32_t wanted_ms, size_t count, size_t member_count);

/* Packets a second that a node sends in peace: of its sessions, and hellos. */
size_t sessions_packets(size_t count, size_t member_count, uint32_t interval_ms);
