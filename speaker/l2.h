/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layer 2 with failover, main's side: reads the cluster's key, gives the membership its snapshots,
 * tells what it reports. Without liveness.key_file there is none of it, and the plan's first
 * candidate of an address announces it.
 */

#include "base/strbuf.h"
#include "ctl/server.h"
#include "speaker/membership.h"

struct speaker;
struct service_plan;

/* Before the wire thread starts; what is wrong is logged. Return: 0 (also: not wanted), or -errno. */
must_check int l2_open(struct speaker *speaker);
void l2_close(struct speaker *speaker);

/* Brings the membership in line, if something changed; once a turn. */
void l2_turn(struct speaker *speaker);

/* Reads the key again, after the settings were. A key that can not be read leaves the old one. */
void l2_reload(struct speaker *speaker);

/* How long the wire thread may sleep before what it knows is stale. */
uint64_t l2_stall_ns(const struct speaker *speaker);

void l2_event(struct speaker *speaker, const struct wire_ownership *event);

/* speaker->is_drained changed: gives everything away at once, or may take again. */
void l2_drain(struct speaker *speaker);

/**
 * l2_stop() - hand everything over, then call @on_done, once, from the event loop
 *
 * Bounded by MEMBERSHIP_LEAVE_MS and a little; at once if there is no failover.
 */
void l2_stop(struct speaker *speaker, void (*on_done)(void *user), void *user);

/* The last word of the wire thread to l2_stop(). */
void l2_left(struct speaker *speaker);

/* The plan of a Service was @before and is @after; NULL: none. */
void l2_plan(struct speaker *speaker, const struct service_plan *before,
	const struct service_plan *after);

/* The candidates of @ip, as the membership was told; borrowed until the next turn. */
struct ownership_address l2_address(const struct speaker *speaker, const struct ip *ip);

/* l2_snapshot.c: what main knows, as the membership wants it. The caller owns it. */
struct membership_snapshot *l2_snapshot_new(
	const struct speaker *speaker, const struct keyring *keyring);

/* What all addresses rest on is the same: nodes, key, settings. */
bool l2_snapshot_same_members(
	const struct membership_snapshot *a, const struct membership_snapshot *b);
/* What else there is in a snapshot is the same. */
bool l2_snapshot_same_self(
	const struct membership_snapshot *a, const struct membership_snapshot *b);

/* metrics_l2.c */
void l2_metrics(const struct speaker *speaker, struct strbuf *out);

/* views_l2.c: what a drain would move, as an array. */
json_t *l2_would_drain(struct speaker *speaker);

/* True if @op is one of layer 2, and it was answered. */
bool l2_handle(struct speaker *speaker, const char *op, const json_t *args, json_t **ret_data,
	char **ret_error);
