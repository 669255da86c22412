/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The speakers of a cluster among themselves, in the wire thread: BFD sessions and messages with the
 * other nodes, what they and the wire say goes to an ownership (plan/ownership.h), and what that
 * decides goes to the ARP/NDP engine. Decides nothing itself.
 *
 * Main gives it snapshots, asks for views and passes on what people want.
 */

#include "plan/ownership_moves.h"
#include "plan/ownership_put.h"
#include "plan/ownership_view.h"
#include "speaker/keyring.h"
#include "speaker/message.h"
#include "speaker/wire.h"

struct membership;

enum {
	MEMBERSHIP_LEAVE_MS = 500, /* the longest wait for successors at a stop */
};

struct membership_node {
	char *name;   /* owned */
	struct ip ip; /* InternalIP; family 0: none, so no session */
};

/* All there is to know but for the addresses; nodes ascend by name. All of it is owned. */
struct membership_snapshot {
	struct membership_node *nodes;
	size_t node_count;
	uint16_t self;
	struct mac macs[MESSAGE_MACS_MAX]; /* of self */
	size_t mac_count;
	unsigned links[MESSAGE_MACS_MAX]; /* of self, by ifindex */
	size_t link_count;
	struct ip self_ip;
	struct keyring keyring;
	uint32_t interval_ms;
	uint32_t multiplier;
	bool is_draining;
	struct ownership_conf conf;
};

/* What becomes of addresses; none is in both lists. All of it is borrowed. */
struct membership_changes {
	const struct ownership_address *puts; /* links by ifindex; can_serve is not looked at */
	size_t put_count;
	const struct ip *drops;
	size_t drop_count;
	size_t told_after; /* so many addresses there are then */
	bool is_whole;     /* every address there is, or was, is in one of them */
};

/* The node of that name, or NULL. */
const struct membership_node *membership_node_find(
	const struct membership_snapshot *snapshot, const char *name);

struct membership_snapshot *membership_snapshot_free(struct membership_snapshot *snapshot);
DEFINE_FREEP(struct membership_snapshot, membership_snapshot);

/**
 * membership_open() - the socket for messages; the rest waits for membership_hooks()
 * @port: UDP, host byte order
 *
 * Return: 0, or a negative errno.
 */
must_check int membership_open(uint16_t port, struct membership **ret_membership);

/* After the wire thread has ended. */
struct membership *membership_free(struct membership *membership);
DEFINE_FREEP(struct membership, membership);

/* To be put into struct wire_conf; @membership must outlive the thread. */
struct wire_hooks membership_hooks(struct membership *membership);

/* What follows is called in main, with the wire that has the hooks. */

/**
 * membership_set() - what main knows now
 * @snapshot: taken; NULL: as it was. With other nodes than before, or other settings of sessions and
 *            ownership, the changes must be whole.
 * @changes:  of addresses; the wire thread does and takes no more than they say
 */
void membership_set(struct membership *membership, struct wire *wire,
	struct membership_snapshot *snapshot, const struct membership_changes *changes);

/* Gives everything away and says goodbye; WIRE_EV_LEFT comes when nothing is answered for. */
void membership_leave(struct membership *membership, struct wire *wire);

/**
 * membership_move() - have @ip owned by @node; asks its owner if that is another
 *
 * Return: 0: under way; -ENOENT: no such address; -ENODEV: no such node; -EPERM: it is no candidate;
 * -EHOSTDOWN: it does not live; -EREMOTE: the owner is not known or can not be asked.
 */
must_check int membership_move(
	struct membership *membership, struct wire *wire, const struct ip *ip, const char *node);

/* The same question without moving anything. */
must_check int membership_can_move(
	struct membership *membership, struct wire *wire, const struct ip *ip, const char *node);

/* Has every node give its addresses to the first of their order. How many self gave. */
size_t membership_rebalance(struct membership *membership, struct wire *wire);

/* What is known, copied out of the wire thread. Indexes are those of the last snapshot. */
struct membership_view {
	struct membership_view_node {
		struct ownership_member_view view; /* name and macs are not set */
		uint64_t hello_age_ns; /* since its last message; UINT64_MAX: none yet */
		size_t mac_count;
		struct mac macs[OWNERSHIP_MACS_MAX];
	} * nodes; /* owned */
	size_t node_count;
	struct ownership_address_view *addresses; /* owned; candidates and links are not set */
	size_t address_count;
	struct ownership_counters counters;
	bool is_alone;
	bool is_draining;
	uint64_t messages_in;
	uint64_t messages_out;
	uint64_t messages_refused; /* not signed by a key of ours, malformed, or played again */
};

void membership_view(
	struct membership *membership, struct wire *wire, struct membership_view *ret_view);
void membership_view_fini(struct membership_view *view);

struct membership_moves {
	struct membership_move {
		struct ip ip;
		uint16_t to;
	} * at; /* owned */
	size_t count;
};

/* What a drain (else: a rebalance) of self would give to whom; the caller frees at. */
void membership_would_move(struct membership *membership, struct wire *wire, bool is_drain,
	struct membership_moves *ret_moves);

/* The last snapshot that was set; NULL before the first. Borrowed until the next. */
const struct membership_snapshot *membership_snapshot(const struct membership *membership);
