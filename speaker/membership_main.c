/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Main's side of a membership: everything is carried over to the wire thread and back.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/membership_state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
	ROOM_MORE = 64 /* addresses; those of one message, known or not, are among them */
};

static_assert(
	(int)ROOM_MORE >= (int)MESSAGE_IPS_MAX, "the actions of a message are taken together");

static int compare_name(const void *name, const void *node)
{
	return strcmp(name, ((const struct membership_node *)node)->name);
}

const struct membership_node *membership_node_find(
	const struct membership_snapshot *snapshot, const char *name)
{
	if (snapshot->node_count == 0)
		return NULL;
	return bsearch(name, snapshot->nodes, snapshot->node_count, sizeof(snapshot->nodes[0]),
		compare_name);
}

struct membership_snapshot *membership_snapshot_free(struct membership_snapshot *snapshot)
{
	if (!snapshot)
		return NULL;
	for (size_t i = 0; i < snapshot->node_count; i++)
		free(snapshot->nodes[i].name);
	free(snapshot->nodes);
	explicit_bzero(&snapshot->keyring, sizeof(snapshot->keyring));
	free(snapshot);
	return NULL;
}

static struct membership_snapshot *snapshot_copy(const struct membership_snapshot *from)
{
	struct membership_snapshot *copy = xmemdup(from, sizeof(*from));

	copy->nodes = xnew_array(struct membership_node, from->node_count + 1);
	for (size_t i = 0; i < from->node_count; i++)
		copy->nodes[i] = (struct membership_node){
			.name = xstrdup(from->nodes[i].name),
			.ip = from->nodes[i].ip,
		};
	return copy;
}

/* In main, when it is in force: what it replaced. */
static void free_update(void *arg)
{
	struct membership_update *update = arg;

	membership_snapshot_free(update->snapshot);
	for (size_t i = 0; i < update->put_count; i++) {
		ownership_claim_free(update->puts[i].claim);
		arp_address_free(update->puts[i].watched);
	}
	free(update->puts);
	free(update->actions);
	free(update);
}

static void add_changes(struct membership_update *update, const struct membership_changes *changes)
{
	size_t count = changes->put_count + changes->drop_count;

	update->is_whole = changes->is_whole;
	update->puts = xnew_array(struct membership_put, count + 1);
	for (size_t i = 0; i < changes->drop_count; i++)
		update->puts[update->put_count++].ip = changes->drops[i];
	for (size_t i = 0; i < changes->put_count; i++) {
		const struct ownership_address *address = &changes->puts[i];
		const struct arp_address_conf watched = {
			.ip = address->ip,
			.ifindexes = address->links,
			.ifindex_count = address->link_count,
		};

		update->puts[update->put_count++] = (struct membership_put){
			.claim = ownership_claim_new(address),
			.watched = address->link_count > 0 ? arp_address_new(&watched) : NULL,
			.ip = address->ip,
		};
	}
}

/* The wire thread takes no memory for actions about addresses: it gets it with them. */
static void add_room(struct membership *m, struct membership_update *update, size_t addresses)
{
	bool is_enough = addresses <= m->room && !update->is_whole;

	if (is_enough)
		return;
	m->room = addresses + addresses / 2 + ROOM_MORE;
	update->action_capacity = ownership_room(m->shown->node_count, m->room);
	update->actions = xnew_array(struct ownership_action, update->action_capacity);
}

void membership_set(struct membership *membership, struct wire *wire,
	struct membership_snapshot *snapshot, const struct membership_changes *changes)
{
	struct membership_update *update = xnew(struct membership_update);

	update->membership = membership;
	update->made_ns = clock_now_ns();
	if (snapshot) {
		membership_snapshot_free(membership->shown);
		membership->shown = snapshot;
		update->snapshot = snapshot_copy(snapshot);
	}
	add_changes(update, changes);
	add_room(membership, update, membership->told + update->put_count);
	membership->told = changes->told_after;
	wire_post(wire, membership_apply, update, free_update);
}

const struct membership_snapshot *membership_snapshot(const struct membership *membership)
{
	return membership->shown;
}

static void run_leave(struct wire_side *side, void *arg)
{
	struct membership *m = arg;

	m->is_leaving = true;
	for (size_t i = 0; i < m->peer_count; i++) {
		if (m->peers[i].has_session)
			(void)bfd_engine_set_admin(
				side->bfd, &m->peers[i].key, true, BFD_DIAG_ADMIN_DOWN);
	}
	ownership_leave(m->ownership, MEMBERSHIP_LEAVE_MS * NS_PER_MS, clock_now_ns());
	membership_act(m);
}

void membership_leave(struct membership *membership, struct wire *wire)
{
	wire_post(wire, run_leave, membership, NULL);
}

struct move_job {
	struct membership *m;
	const struct ip *ip;
	const char *node;
	bool is_dry;
	int result;
};

/* The owner does it; if that is another node, it is asked to. */
static void run_move(struct wire_side *side, void *arg)
{
	struct move_job *job = arg;
	struct membership *m = job->m;
	uint16_t target = ownership_find_member(m->ownership, job->node);
	uint16_t owner = ownership_owner(m->ownership, job->ip);

	(void)side;
	if (target == OWNERSHIP_NOBODY) {
		job->result = -ENODEV;
		return;
	}
	job->result = ownership_can_move(m->ownership, job->ip, target);
	if (job->result == -EREMOTE && owner != OWNERSHIP_NOBODY && m->peers[owner].heard_ns > 0) {
		job->result = 0;
		if (!job->is_dry)
			talk_move(m, owner, job->ip, job->node);
	} else if (job->result == 0 && !job->is_dry) {
		job->result = ownership_move(m->ownership, job->ip, target, clock_now_ns());
		membership_act(m);
	}
}

int membership_move(
	struct membership *membership, struct wire *wire, const struct ip *ip, const char *node)
{
	struct move_job job = { membership, ip, node, false, 0 };

	wire_call(wire, run_move, &job);
	return job.result;
}

int membership_can_move(
	struct membership *membership, struct wire *wire, const struct ip *ip, const char *node)
{
	struct move_job job = { membership, ip, node, true, 0 };

	wire_call(wire, run_move, &job);
	return job.result;
}

struct rebalance_job {
	struct membership *m;
	size_t count;
};

static void run_rebalance(struct wire_side *side, void *arg)
{
	struct rebalance_job *job = arg;

	(void)side;
	job->count = ownership_rebalance(job->m->ownership, clock_now_ns());
	membership_act(job->m);
	for (size_t i = 0; i < job->m->peer_count; i++)
		talk_rebalance(job->m, (uint16_t)i);
}

size_t membership_rebalance(struct membership *membership, struct wire *wire)
{
	struct rebalance_job job = { membership, 0 };

	wire_call(wire, run_rebalance, &job);
	return job.count;
}

struct view_job {
	struct membership *m;
	struct membership_view *view;
	uint64_t now_ns;
};

static void copy_node(void *user, const struct ownership_member_view *from)
{
	const struct view_job *job = user;
	const struct peer *peer = &job->m->peers[from->member];
	struct membership_view_node *to = &job->view->nodes[job->view->node_count++];

	to->view = *from;
	to->view.name = NULL;
	to->view.macs = NULL;
	to->view.has_session = peer->has_session;
	to->hello_age_ns = peer->heard_ns > 0 ? job->now_ns - peer->heard_ns : UINT64_MAX;
	to->mac_count = from->mac_count;
	memcpy(to->macs, from->macs, from->mac_count * sizeof(to->macs[0]));
}

static void copy_address(void *user, const struct ownership_address_view *from)
{
	const struct view_job *job = user;
	struct ownership_address_view *to = &job->view->addresses[job->view->address_count++];

	*to = *from;
	to->candidates = NULL;
	to->links = NULL;
}

/* Main brings the room: the job runs after the snapshot that it was counted by. */
static void run_view(struct wire_side *side, void *arg)
{
	struct view_job *job = arg;
	struct membership_view *view = job->view;
	struct membership *m = job->m;

	(void)side;
	job->now_ns = clock_now_ns();
	ownership_visit_members(m->ownership, copy_node, job);
	ownership_visit_addresses(m->ownership, copy_address, job, job->now_ns);
	view->counters = *ownership_counters(m->ownership);
	view->is_alone = ownership_is_alone(m->ownership);
	view->is_draining = ownership_is_draining(m->ownership);
	view->messages_in = m->messages_in;
	view->messages_out = m->messages_out;
	view->messages_refused = m->messages_refused;
}

void membership_view(
	struct membership *membership, struct wire *wire, struct membership_view *ret_view)
{
	const struct membership_snapshot *shown = membership->shown;
	struct view_job job = { .m = membership, .view = ret_view };

	*ret_view = (struct membership_view){ 0 };
	if (!shown)
		return;
	ret_view->nodes = xnew_array(struct membership_view_node, shown->node_count + 1);
	ret_view->addresses = xnew_array(struct ownership_address_view, membership->told + 1);
	wire_call(wire, run_view, &job);
}

void membership_view_fini(struct membership_view *view)
{
	free(view->nodes);
	free(view->addresses);
}

struct moves_job {
	struct membership *m;
	struct membership_moves *moves;
	bool is_drain;
};

static void copy_move(void *user, const struct ip *ip, uint16_t to)
{
	struct membership_moves *moves = user;

	moves->at[moves->count++] = (struct membership_move){ .ip = *ip, .to = to };
}

static void run_would_move(struct wire_side *side, void *arg)
{
	struct moves_job *job = arg;

	(void)side;
	ownership_would_move(job->m->ownership, job->is_drain, copy_move, job->moves);
}

void membership_would_move(struct membership *membership, struct wire *wire, bool is_drain,
	struct membership_moves *ret_moves)
{
	const struct membership_snapshot *shown = membership->shown;
	struct moves_job job = { membership, ret_moves, is_drain };

	*ret_moves = (struct membership_moves){ 0 };
	if (!shown)
		return;
	ret_moves->at = xnew_array(struct membership_move, membership->told + 1);
	wire_call(wire, run_would_move, &job);
}
