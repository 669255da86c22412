/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Metrics of failover; none without it.
 */

#include "base/metrics.h"
#include "speaker/l2.h"
#include "speaker/state.h"

static void write_reasons(struct strbuf *out, const char *name, const char *help,
	const uint64_t counts[OWNERSHIP_WHY_COUNT_])
{
	metrics_family(out, name, "counter", help);
	for (int why = 0; why < OWNERSHIP_WHY_COUNT_; why++) {
		const struct metric_label label = { "reason",
			ownership_why_name((enum ownership_why)why) };

		if (counts[why] > 0)
			metrics_sample(out, name, &label, 1, counts[why]);
	}
}

static void write_count(struct strbuf *out, const char *name, const char *help, uint64_t value)
{
	metrics_family(out, name, "counter", help);
	metrics_sample(out, name, NULL, 0, value);
}

static void write_peers(const struct membership_snapshot *snapshot,
	const struct membership_view *view, struct strbuf *out)
{
	metrics_family(out, "bellman_peer_up", "gauge", "1 if the node's speaker is heard.");
	for (size_t i = 0; i < view->node_count; i++) {
		const struct ownership_member_view *node = &view->nodes[i].view;
		const struct metric_label label = { "peer", snapshot->nodes[node->member].name };

		if (!node->is_self)
			metrics_sample(
				out, "bellman_peer_up", &label, 1, node->state == OWNERSHIP_UP);
	}
	metrics_family(out, "bellman_peer_damping", "gauge",
		"By how much longer than set the node may be silent.");
	for (size_t i = 0; i < view->node_count; i++) {
		const struct ownership_member_view *node = &view->nodes[i].view;
		const struct metric_label label = { "peer", snapshot->nodes[node->member].name };

		if (!node->is_self)
			metrics_sample_real(
				out, "bellman_peer_damping", &label, 1, node->factor / 10.0);
	}
}

void l2_metrics(const struct speaker *speaker, struct strbuf *out)
{
	const struct membership_snapshot *snapshot;
	struct membership_view view;
	uint64_t owned = 0;

	if (!speaker->membership || !membership_snapshot(speaker->membership))
		return;
	snapshot = membership_snapshot(speaker->membership);
	membership_view(speaker->membership, speaker->wire, &view);
	for (size_t i = 0; i < view.address_count; i++)
		owned += view.addresses[i].state == OWNERSHIP_OWNER ||
			view.addresses[i].state == OWNERSHIP_GIVING;
	write_peers(snapshot, &view, out);
	metrics_family(out, "bellman_owned_addresses", "gauge", "Addresses this node answers for.");
	metrics_sample(out, "bellman_owned_addresses", NULL, 0, owned);
	write_reasons(out, "bellman_addresses_taken_total", "Addresses taken.", view.counters.took);
	write_reasons(
		out, "bellman_addresses_given_up_total", "Addresses given up.", view.counters.lost);
	write_count(out, "bellman_claims_cancelled_total",
		"Claims that an answer on the wire cancelled.", view.counters.cancelled);
	write_count(out, "bellman_two_owners_total",
		"Times another node was heard to own an address of ours.",
		view.counters.two_owners);
	write_count(out, "bellman_frames_denied_total",
		"Frames that named another node as an owner, and that this node denied.",
		view.counters.denied);
	write_count(out, "bellman_peer_messages_refused_total",
		"Messages not signed by a key of the cluster, malformed or played again.",
		view.messages_refused);
	membership_view_fini(&view);
}
