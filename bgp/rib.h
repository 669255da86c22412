/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Adj-RIB-Out: the routes of one peer group, and what each of its peers has been told.
 *
 * A group is the peers that shall have the same routes with the same attributes; they may differ in
 * all that struct bgp_export says. Every route stands once, in the order of its last change. A peer
 * is no more than a number, up to which it has been told, and one bit a route: does it hold it? So a
 * new peer is one that was told nothing, a change costs the same for each, only the latest state is
 * ever sent, and a peer that does not read costs 4 octets a route and delays nobody.
 *
 * The session pulls: bgp_out_fill() gives whole messages as long as the socket takes them. Routes
 * that wait are grouped by attributes, so that the messages are as few as can be.
 */

#include "base/ip.h"
#include "base/own.h"
#include "bgp/attrs.h"
#include "bgp/family.h"
#include "bgp/update_build.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bgp_rib;
struct bgp_out;

/* Routes of a group. Its peers must be gone before bgp_rib_free(). */
struct bgp_rib *bgp_rib_new(void);
struct bgp_rib *bgp_rib_free(struct bgp_rib *rib);
DEFINE_FREEP(struct bgp_rib, bgp_rib);

/**
 * bgp_rib_put() - announce @prefix with @attrs, or change its attributes
 * @attrs: borrowed for the call; the RIB keeps one copy of each different value
 *
 * Return: true if that changed something. Nothing is sent before bgp_rib_flush().
 */
bool bgp_rib_put(
	struct bgp_rib *rib, const struct ip_prefix *prefix, const struct bgp_attrs *attrs);

/* Withdraw @prefix. Return: false if it was not there. */
bool bgp_rib_drop(struct bgp_rib *rib, const struct ip_prefix *prefix);

/**
 * bgp_rib_set_loaded() - the first complete set of routes has been put
 *
 * Before, routes are sent but no End-of-RIB: a peer that keeps stale routes for us must not throw
 * them away because we have not read our configuration yet (RFC 4724 section 4.1).
 */
void bgp_rib_set_loaded(struct bgp_rib *rib);

/* Once a turn of the loop, after the last put or drop: wakes each session that has to be told. */
void bgp_rib_flush(struct bgp_rib *rib);

/* Announced prefixes of @family. */
size_t bgp_rib_count(const struct bgp_rib *rib, enum bgp_family family);

/* Different attribute values in use. */
size_t bgp_rib_attrs_count(const struct bgp_rib *rib);

/* Octets of heap that routes, indexes and the peers' state take. */
size_t bgp_rib_memory(const struct bgp_rib *rib);

/**
 * bgp_out_new() - add a peer to the group; its session is not up yet
 * @wake: there is something for bgp_out_fill(); must not call back into the RIB
 */
struct bgp_out *bgp_out_new(struct bgp_rib *rib, void (*wake)(void *user), void *user);
struct bgp_out *bgp_out_free(struct bgp_out *out);
DEFINE_FREEP(struct bgp_out, bgp_out);

/**
 * bgp_out_move() - the peer shall have the routes of another group from now on
 *
 * The session stays. What only the old group had is withdrawn, the rest announced anew.
 */
void bgp_out_move(struct bgp_out *out, struct bgp_rib *to);

/* The session is Established: the whole table is due, then End-of-RIB. @ex is copied. */
void bgp_out_up(struct bgp_out *out, const struct bgp_export *ex);

/* Our next hops changed, the session stays: all routes again, or withdrawn if none is left. */
void bgp_out_set_export(struct bgp_out *out, const struct bgp_export *ex);

/* The session is gone: the peer holds nothing. */
void bgp_out_down(struct bgp_out *out);

/* A ROUTE-REFRESH came: the family again, between BoRR and EoRR if agreed. Requests coalesce. */
void bgp_out_refresh(struct bgp_out *out, enum bgp_family family);

/* Drain on or off: all routes again, with GRACEFUL_SHUTDOWN and the lowest LOCAL_PREF if on. */
void bgp_out_set_drain(struct bgp_out *out, bool is_drain);

/**
 * bgp_out_fill() - the next messages for the peer
 * @buf, @cap: where to; must have room for the longest message of the session
 *
 * A message is counted as told as soon as it is here: the caller sends it or ends the session.
 *
 * Return: octets of whole messages; 0 if there is nothing to say now.
 */
size_t bgp_out_fill(struct bgp_out *out, uint8_t *buf, size_t cap);

/* True if bgp_out_fill() has something to say. */
bool bgp_out_is_pending(const struct bgp_out *out);

/* What one peer has been told. */
struct bgp_out_view {
	bool is_up;
	bool is_drain;
	struct bgp_out_family_view {
		bool is_agreed;
		bool is_held_back; /* routes wait since there is no legal next hop */
		bool is_end_of_rib_sent;
		bool is_refreshing;
		size_t held;        /* prefixes the peer holds of us */
		uint64_t announced; /* prefixes sent since the session came up */
		uint64_t withdrawn;
		uint64_t refreshes;
	} family[BGP_FAMILY_COUNT_];
	uint64_t messages; /* UPDATEs since the session came up */
	uint64_t bytes;
};

struct bgp_out_view bgp_out_view(const struct bgp_out *out);
