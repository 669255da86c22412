/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who owns what, and what people ask to be moved, as JSON.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "model/model.h"
#include "speaker/drain.h"
#include "speaker/l2.h"
#include "speaker/state.h"

#include <errno.h>
#include <string.h>

static json_t *json_ip(const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	return json_string(ip_format(ip, text));
}

static double seconds_since(uint64_t then_ns)
{
	return (double)(clock_now_ns() - then_ns) / (double)NS_PER_S;
}

/* The name, or null for nobody. */
static json_t *node_name(const struct membership_snapshot *snapshot, uint16_t member)
{
	return member < snapshot->node_count ? json_string(snapshot->nodes[member].name) :
					       json_null();
}

static json_t *node_json(
	const struct membership_snapshot *snapshot, const struct membership_view_node *from)
{
	const struct ownership_member_view *view = &from->view;
	json_t *macs = json_array();
	json_t *node;

	for (size_t i = 0; i < from->mac_count; i++) {
		char text[MAC_TEXT_SIZE];

		(void)json_array_append_new(macs, json_string(mac_format(&from->macs[i], text)));
	}
	node = json_pack("{s:o, s:o, s:s, s:f, s:b, s:b, s:b, s:f, s:o}", "node",
		node_name(snapshot, view->member), "address",
		json_ip(&snapshot->nodes[view->member].ip), "state",
		view->is_self ? "self" : ownership_peer_name(view->state), "since_seconds",
		seconds_since(view->since_ns), "self", view->is_self, "session", view->has_session,
		"draining", view->is_draining, "multiplier",
		(double)snapshot->multiplier * view->factor / 10, "macs", macs);
	if (from->hello_age_ns != UINT64_MAX)
		(void)json_object_set_new(node, "message_age_seconds",
			json_real((double)from->hello_age_ns / (double)NS_PER_S));
	return node;
}

static json_t *address_json(
	const struct speaker *speaker, const struct ownership_address_view *view)
{
	const struct membership_snapshot *snapshot = membership_snapshot(speaker->membership);
	const struct ownership_address planned = l2_address(speaker, &view->ip);
	json_t *candidates = json_array();
	json_t *address;

	for (size_t k = 0; k < planned.count; k++)
		(void)json_array_append_new(candidates, node_name(snapshot, planned.candidates[k]));
	address = json_pack("{s:o, s:s, s:o, s:o, s:f, s:b, s:b, s:i}", "ip", json_ip(&view->ip),
		"state", ownership_state_name(view->state), "owner",
		node_name(snapshot, view->owner), "candidates", candidates, "since_seconds",
		seconds_since(view->since_ns), "suspected", view->is_suspected, "contested",
		view->is_contested, "recent_changes", (int)view->changes);
	if (view->heard_ns > 0)
		(void)json_object_set_new(
			address, "heard_seconds_ago", json_real(seconds_since(view->heard_ns)));
	if (view->is_contested) {
		char text[MAC_TEXT_SIZE];

		(void)json_object_set_new(
			address, "contender", json_string(mac_format(&view->contender, text)));
	}
	return address;
}

static json_t *reasons_json(const uint64_t counts[OWNERSHIP_WHY_COUNT_])
{
	json_t *reasons = json_object();

	for (int why = 0; why < OWNERSHIP_WHY_COUNT_; why++) {
		if (counts[why] > 0)
			(void)json_object_set_new(reasons,
				ownership_why_name((enum ownership_why)why),
				json_integer((json_int_t)counts[why]));
	}
	return reasons;
}

static json_t *counters_json(const struct membership_view *view)
{
	const struct ownership_counters *c = &view->counters;

	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "taken",
		reasons_json(c->took), "given_up", reasons_json(c->lost), "cancelled",
		(json_int_t)c->cancelled, "two_owners", (json_int_t)c->two_owners, "conflicts",
		(json_int_t)c->conflicts, "denied", (json_int_t)c->denied, "probes",
		(json_int_t)c->probes, "stalls", (json_int_t)c->stalls, "messages_in",
		(json_int_t)view->messages_in, "messages_out", (json_int_t)view->messages_out,
		"messages_refused", (json_int_t)view->messages_refused);
}

static json_t *view_l2(struct speaker *speaker)
{
	const struct membership_snapshot *snapshot = membership_snapshot(speaker->membership);
	struct membership_view view;
	json_t *nodes = json_array();
	json_t *addresses = json_array();
	json_t *data;

	membership_view(speaker->membership, speaker->wire, &view);
	for (size_t i = 0; i < view.node_count; i++)
		(void)json_array_append_new(nodes, node_json(snapshot, &view.nodes[i]));
	for (size_t i = 0; i < view.address_count; i++)
		(void)json_array_append_new(addresses, address_json(speaker, &view.addresses[i]));
	data = json_pack("{s:s, s:b, s:b, s:o, s:o, s:o}", "node", speaker->settings->node, "alone",
		view.is_alone, "draining", view.is_draining, "nodes", nodes, "addresses", addresses,
		"counters", counters_json(&view));
	membership_view_fini(&view);
	return data;
}

static json_t *moves_json(struct speaker *speaker, bool is_drain)
{
	const struct membership_snapshot *snapshot = membership_snapshot(speaker->membership);
	struct membership_moves moves;
	json_t *list = json_array();

	membership_would_move(speaker->membership, speaker->wire, is_drain, &moves);
	for (size_t i = 0; i < moves.count; i++)
		(void)json_array_append_new(list,
			json_pack("{s:o, s:s, s:o}", "ip", json_ip(&moves.at[i].ip), "from",
				speaker->settings->node, "to",
				node_name(snapshot, moves.at[i].to)));
	free(moves.at);
	return list;
}

json_t *l2_would_drain(struct speaker *speaker)
{
	return speaker->membership ? moves_json(speaker, true) : json_array();
}

static char *move_error(int r, const char *node)
{
	switch (r) {
	case -ENODEV:
		return xasprintf("there is no Node %s", node);
	case -EPERM:
		return xasprintf("%s is no candidate for it: see explain", node);
	case -EHOSTDOWN:
		return xasprintf("%s is not up: see l2", node);
	case -EREMOTE:
		return xstrdup("its owner is not known here or can not be asked: see l2");
	case -ENOENT:
		return xstrdup("the address has no candidate");
	default:
		return xstrdup(strerror(-r));
	}
}

/* All addresses of one Service. */
static void do_move(
	struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	const char *service = json_string_value(json_object_get(args, "service"));
	const char *node = json_string_value(json_object_get(args, "node"));
	const char *slash = service ? strchr(service, '/') : NULL;
	auto_(freep) char *ns = slash ? xstrndup(service, (size_t)(slash - service)) :
					xstrdup("default");
	const struct service_plan *plan;
	json_t *moves;

	if (!service || !node) {
		*ret_error = xstrdup("\"service\" and \"node\" are needed");
		return;
	}
	plan = plan_find(speaker->plan, ns, slash ? slash + 1 : service);
	if (!plan || plan->address_count == 0) {
		*ret_error = xasprintf("there is no Service %s with an address", service);
		return;
	}
	moves = json_array();
	for (size_t i = 0; i < plan->address_count && !*ret_error; i++) {
		bool is_dry = json_is_true(json_object_get(args, "dry_run"));
		int r = is_dry ? membership_can_move(speaker->membership, speaker->wire,
					 &plan->addresses[i].ip, node) :
				 membership_move(speaker->membership, speaker->wire,
					 &plan->addresses[i].ip, node);

		if (r < 0)
			*ret_error = move_error(r, node);
		else
			(void)json_array_append_new(moves,
				json_pack("{s:o, s:s}", "ip", json_ip(&plan->addresses[i].ip), "to",
					node));
	}
	if (*ret_error)
		json_decref(moves);
	else
		*ret_data = moves;
}

static json_t *do_rebalance(struct speaker *speaker, const json_t *args)
{
	json_t *moves = moves_json(speaker, false);

	if (!json_is_true(json_object_get(args, "dry_run")))
		(void)membership_rebalance(speaker->membership, speaker->wire);
	return moves;
}

static void do_drain(struct speaker *speaker, bool is_drain, const json_t *args, json_t **ret_data)
{
	bool is_dry = json_is_true(json_object_get(args, "dry_run"));
	json_t *moves = is_drain ? l2_would_drain(speaker) : json_array();

	if (!is_dry)
		speaker_drain(speaker, is_drain);
	*ret_data = json_pack("{s:b, s:b, s:b, s:o}", "drained", speaker->is_drained, "dry_run",
		is_dry, "failover", speaker->membership != NULL, "moves", moves);
}

bool l2_handle(struct speaker *speaker, const char *op, const json_t *args, json_t **ret_data,
	char **ret_error)
{
	bool is_view = strcmp(op, "l2") == 0;
	bool is_drain = strcmp(op, "drain") == 0;
	bool is_move = strcmp(op, "l2 move") == 0;

	if (is_drain || strcmp(op, "undrain") == 0) {
		do_drain(speaker, is_drain, args, ret_data);
		return true;
	}
	if (!is_view && !is_move && strcmp(op, "l2 rebalance") != 0)
		return false;
	if (!speaker->membership || !membership_snapshot(speaker->membership))
		*ret_error = xstrdup("there is no failover: liveness.key_file is not set");
	else if (is_view)
		*ret_data = view_l2(speaker);
	else if (is_move)
		do_move(speaker, args, ret_data, ret_error);
	else
		*ret_data = do_rebalance(speaker, args);
	return true;
}
