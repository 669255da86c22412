/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an ownership is told of the wire. Anybody on the segment can send a frame with any MAC, so
 * that a frame which says that another speaker has an address is a reason to ask that speaker, with
 * OWNERSHIP_VERIFY. Its word decides. Only if it does not come is the frame believed as it is.
 */

#include "plan/ownership.h"

/* A frame on the wire says that @ip is at @mac, which is none of ours. */
void ownership_heard(
	struct ownership *o, const struct ip *ip, const struct mac *mac, uint64_t now_ns);

/* The same, and the frame was an announcement, which no kernel sends of its own accord. */
void ownership_announced(
	struct ownership *o, const struct ip *ip, const struct mac *mac, uint64_t now_ns);

/* The speaker of @from says (authenticated) whether it answers for @ip. */
void ownership_word(
	struct ownership *o, const struct ip *ip, uint16_t from, bool answers, uint64_t now_ns);

/* @mac asks the wire for @ip at the same time as self (RFC 5227 section 2.1.1). */
void ownership_rival(
	struct ownership *o, const struct ip *ip, const struct mac *mac, uint64_t now_ns);

/* The last OWNERSHIP_PROBE for @ip did not leave by any link: nobody was asked. */
void ownership_unasked(struct ownership *o, const struct ip *ip, uint64_t now_ns);
