/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A snapshot in pieces: one address comes, goes or is another, without the rest and without memory:
 * whoever calls brings it, and frees what comes back, perhaps in another thread. The actions of many
 * such calls may be taken together, if there is room for all.
 */

#include "plan/ownership.h"

struct claim;

/* All there is to know of an address, and room for it; @address is copied. */
struct claim *ownership_claim_new(const struct ownership_address *address);
struct claim *ownership_claim_free(struct claim *claim);

/* As it was made, with what points into @claim. */
struct ownership_address ownership_claim_address(const struct claim *claim);

/* The one in force for @ip, or NULL. */
const struct claim *ownership_claim(const struct ownership *o, const struct ip *ip);

/* @claim is taken. Return: what it replaces, or NULL; now the caller's. */
struct claim *ownership_put(
	struct ownership *o, struct claim *claim, bool can_serve, uint64_t now_ns);
/* Return: what was kept of it, or NULL; now the caller's. */
struct claim *ownership_drop(struct ownership *o, const struct ip *ip, uint64_t now_ns);

/*
 * Members and settings come in force. The addresses of @snapshot are not looked at: each that there
 * is must be put or dropped before anything else happens, since members have other numbers now. Takes
 * memory for members.
 */
void ownership_set_members(
	struct ownership *o, const struct ownership_snapshot *snapshot, uint64_t now_ns);

/* For so many actions there must be room. */
size_t ownership_room(size_t members, size_t addresses);
/* @actions is taken. Return: the room there was, now the caller's. */
struct ownership_action *ownership_set_room(
	struct ownership *o, struct ownership_action *actions, size_t capacity);

/* Before the next snapshot says so: whether self has a link for an address is asked of @can_serve. */
typedef bool ownership_serve_fn(void *user, const unsigned *links, size_t count);
void ownership_serve_all(
	struct ownership *o, ownership_serve_fn *can_serve, void *user, uint64_t now_ns);
