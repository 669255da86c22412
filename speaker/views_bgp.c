/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BGP as JSON, and what people may ask of it. Names are stable; times are seconds, states the RFC's
 * words.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/community.h"
#include "speaker/bgp.h"
#include "speaker/state.h"

#include <string.h>

enum {
	CAPABILITY_CODES = 128
};

static json_t *json_ip(const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	return json_string(ip_format(ip, text));
}

static json_t *json_id(uint32_t id)
{
	return json_sprintf("%u.%u.%u.%u", id >> 24, id >> 16 & 255, id >> 8 & 255, id & 255);
}

static json_t *json_count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static double seconds_since(uint64_t at_ns)
{
	uint64_t now = clock_now_ns();

	return at_ns == 0 || at_ns > now ? 0 : (double)(now - at_ns) / (double)NS_PER_S;
}

static double seconds_until(uint64_t at_ns)
{
	uint64_t now = clock_now_ns();

	return at_ns <= now ? 0 : (double)(at_ns - now) / (double)NS_PER_S;
}

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static json_t *json_capabilities(const struct bgp_capabilities *caps)
{
	uint32_t mask = bgp_capabilities_mask(caps);
	json_t *names = json_array();

	for (unsigned code = 0; code < CAPABILITY_CODES; code++) {
		if ((mask & bgp_capability_bit((uint8_t)code)) != 0)
			(void)json_array_append_new(
				names, json_string(bgp_capability_name((uint8_t)code)));
	}
	return names;
}

static json_t *json_messages(const struct bgp_message_counts *counts)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "open",
		json_count(counts->messages[BGP_MSG_OPEN]), "update",
		json_count(counts->messages[BGP_MSG_UPDATE]), "notification",
		json_count(counts->messages[BGP_MSG_NOTIFICATION]), "keepalive",
		json_count(counts->messages[BGP_MSG_KEEPALIVE]), "route_refresh",
		json_count(counts->messages[BGP_MSG_ROUTE_REFRESH]), "octets",
		json_count(counts->octets));
}

static json_t *json_end(const struct bgp_end *end)
{
	char text[BGP_END_TEXT_SIZE];

	return json_pack("{s:s, s:i, s:i, s:s, s:f, s:b}", "by", bgp_ended_by_name(end->by), "code",
		(int)end->notification.code, "subcode", (int)end->notification.subcode, "text",
		bgp_end_format(end, text), "seconds_ago", seconds_since(end->at_ns),
		"was_established", end->was_established);
}

static json_t *json_families(const struct bgp_out_view *out)
{
	json_t *families = json_array();

	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++) {
		const struct bgp_out_family_view *view = &out->family[family];

		if (!view->is_agreed)
			continue;
		(void)json_array_append_new(families,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:b}", "family",
				bgp_family_name(family), "prefixes", json_count(view->held),
				"announced", json_count(view->announced), "withdrawn",
				json_count(view->withdrawn), "refreshes",
				json_count(view->refreshes), "end_of_rib_sent",
				view->is_end_of_rib_sent, "no_next_hop", view->is_held_back));
	}
	return families;
}

/* What is known once the peer's OPEN came. */
static void add_agreed(json_t *peer, const struct bgp_session_view *view)
{
	set(peer, "peer_router_id", json_id(view->theirs.id));
	set(peer, "peer_as_seen", json_count(view->theirs.as));
	set(peer, "peer_host", json_string(view->theirs.caps.host));
	set(peer, "hold_seconds", json_integer(view->hold_seconds));
	set(peer, "keepalive_seconds", json_integer(view->keepalive_seconds));
	set(peer, "hold_left_seconds", json_real(seconds_until(view->hold_at_ns)));
	set(peer, "capabilities_sent", json_capabilities(&view->ours.caps));
	set(peer, "capabilities_received", json_capabilities(&view->theirs.caps));
	set(peer, "graceful_restart_agreed", json_boolean(view->agreed.graceful_restart));
	set(peer, "peer_restart_seconds", json_integer(view->theirs.caps.restart_seconds));
}

static void add_session(json_t *peer, const struct bgp_session_view *view)
{
	set(peer, "state", json_string(bgp_state_name(view->state)));
	set(peer, "state_seconds", json_real(seconds_since(view->since_ns)));
	set(peer, "established_count", json_count(view->established_count));
	set(peer, "shut", json_boolean(view->is_shut));
	set(peer, "change_pending", json_boolean(view->is_pending_change));
	set(peer, "waits_for_bfd", json_boolean(view->waits_for_bfd));
	set(peer, "local", json_ip(&view->local));
	set(peer, "local_port", json_integer(view->local_port));
	set(peer, "remote", json_ip(&view->remote));
	set(peer, "remote_port", json_integer(view->remote_port));
	set(peer, "dialled", json_boolean(view->is_dialled));
	set(peer, "internal", json_boolean(view->is_internal));
	set(peer, "next_try_seconds", json_real(seconds_until(view->next_try_ns)));
	set(peer, "failures", json_integer(view->failures));
	set(peer, "unsent_octets", json_count(view->unsent));
	set(peer, "messages_in", json_messages(&view->in));
	set(peer, "messages_out", json_messages(&view->out));
	set(peer, "received_prefixes", json_count(view->received ? view->received->count : 0));
	if (view->last_end.by != BGP_BY_NOBODY)
		set(peer, "last_end", json_end(&view->last_end));
	if (view->has_open)
		add_agreed(peer, view);
}

static json_t *json_bfd(const struct bfd_session_view *view)
{
	const struct bfd_session *session = view->session;

	return json_pack("{s:s, s:f, s:o, s:s, s:i, s:f, s:o, s:o, s:b}", "state",
		bfd_state_name(session->state), "state_seconds", seconds_since(session->changed_ns),
		"flaps", json_count(session->flaps), "remote_state",
		bfd_state_name(session->remote_state), "diagnostic", (int)session->diag,
		"detection_ms", (double)session->detect_ns / (double)NS_PER_MS, "packets_in",
		json_count(view->packets_in), "packets_out", json_count(view->packets_out),
		"multihop", view->key.is_multihop);
}

static void add_peer(void *user, const struct speaker_bgp_peer_view *view)
{
	const struct plan_bgp_peer *from = view->peer;
	uint32_t local_as = from->sent_as != 0 ? from->sent_as : from->local_as;
	json_t *peer = json_pack("{s:s, s:o, s:i, s:s, s:s, s:o, s:o, s:s, s:s, s:b, s:b, s:b}",
		"name", from->name, "address", json_ip(&from->address), "port", (int)from->port,
		"interface", from->interface, "vrf", from->vrf, "local_as", json_count(local_as),
		"peer_as", json_count(from->peer_as), "reason", plan_reason_name(from->reason),
		"detail", from->detail, "multihop", from->is_multihop, "graceful_restart",
		from->has_graceful_restart, "md5", from->password != NULL);

	set(peer, "draining", json_boolean(view->out.is_drain));
	set(peer, "families", json_families(&view->out));
	set(peer, "updates_sent", json_count(view->out.messages));
	if (view->session)
		add_session(peer, view->session);
	if (view->bfd)
		set(peer, "bfd", json_bfd(view->bfd));
	else if (view->is_bfd_wanted)
		set(peer, "bfd", json_pack("{s:s}", "state", "waits for the peer's address"));
	(void)json_array_append_new(user, peer);
}

static void keep_one(json_t *peers, const char *name)
{
	size_t i = 0;

	while (i < json_array_size(peers)) {
		const json_t *peer = json_array_get(peers, i);

		if (strcmp(json_string_value(json_object_get(peer, "name")), name) == 0)
			i++;
		else
			(void)json_array_remove(peers, i);
	}
}

static json_t *json_monitor(const struct speaker_bgp_monitor_view *view)
{
	const struct collector_view *connection = &view->connection;

	return json_pack("{s:s, s:b, s:f, s:o, s:o, s:o, s:o, s:o, s:s}", "collector",
		view->collector, "connected", connection->is_up, "seconds",
		seconds_since(connection->since_ns), "established",
		json_count(connection->established), "overruns", json_count(connection->overruns),
		"messages", json_count(view->messages), "octets", json_count(connection->octets),
		"waiting_octets", json_count(connection->waiting), "error",
		connection->error < 0 ? strerror(-connection->error) : "");
}

static json_t *view_bgp(const struct speaker *speaker, const char *name)
{
	struct speaker_bgp_view view = speaker_bgp_view(speaker->bgp);
	struct speaker_bgp_monitor_view monitor;
	json_t *peers = json_array();
	json_t *data;

	speaker_bgp_visit(speaker->bgp, add_peer, peers);
	if (name)
		keep_one(peers, name);
	data = json_pack("{s:o, s:b, s:b, s:s, s:o, s:i, s:o}", "router_id",
		json_id(view.router_id), "drained", view.is_drained, "withdrawn", view.is_withdrawn,
		"withheld", view.withheld == PLAN_PASSED ? "" : plan_reason_name(view.withheld),
		"prefixes", json_count(view.prefixes), "listening", (int)view.listen.count, "peers",
		peers);
	if (speaker_bgp_monitor(speaker->bgp, &monitor))
		set(data, "bmp", json_monitor(&monitor));
	if (view.listen.error < 0)
		set(data, "listen_error", json_string(strerror(-view.listen.error)));
	return data;
}

static json_t *json_communities(const struct plan_bgp_attrs *attrs)
{
	json_t *list = json_array();
	char text[BGP_COMMUNITY_TEXT_SIZE];

	for (size_t i = 0; i < attrs->community_count; i++) {
		struct bgp_community community = { .kind = BGP_COMMUNITY_STANDARD,
			.standard = attrs->communities[i] };

		(void)json_array_append_new(
			list, json_string(bgp_community_format(&community, text)));
	}
	for (size_t i = 0; i < attrs->large_count; i++) {
		const uint32_t *parts = attrs->large[i].parts;
		struct bgp_community community = { .kind = BGP_COMMUNITY_LARGE,
			.large = { parts[0], parts[1], parts[2] } };

		(void)json_array_append_new(
			list, json_string(bgp_community_format(&community, text)));
	}
	return list;
}

/* Which routes are asked for, and what is found. */
struct listing {
	const struct speaker *speaker;
	uint64_t slots;
	json_t *routes;  /* in order */
	json_t *by_text; /* "prefix": the routes of it, for what they are there for */
};

static json_t *json_peer_names(const struct speaker *speaker, uint64_t slots)
{
	const struct plan_bgp_peers *peers = speaker_bgp_table(speaker->bgp);
	json_t *names = json_array();

	for (size_t i = 0; i < plan_bgp_peers_count(peers); i++) {
		const struct plan_bgp_peer *peer = plan_bgp_peers_at(peers, i);

		if (peer->slot < PLAN_BGP_PEERS_MAX && (slots >> peer->slot & 1) != 0)
			(void)json_array_append_new(names, json_string(peer->name));
	}
	return names;
}

static json_t *json_route(
	const struct listing *listing, const char *prefix, const struct plan_bgp_route *route)
{
	const struct plan_bgp_attrs *attrs = &route->attrs;
	json_t *json = json_pack("{s:s, s:o, s:o, s:i, s:o, s:b, s:[]}", "prefix", prefix, "peers",
		json_peer_names(listing->speaker, route->peers & listing->slots), "communities",
		json_communities(attrs), "prepend", (int)attrs->prepend, "weight",
		json_count(attrs->weight), "too_many_communities", attrs->has_too_many, "because");

	if (attrs->local_pref != 0)
		set(json, "local_pref", json_count(attrs->local_pref));
	if (attrs->has_med)
		set(json, "med", json_count(attrs->med));
	return json;
}

static void add_routes(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	struct listing *listing = user;
	char text[IP_PREFIX_TEXT_SIZE];
	json_t *same = json_array(); /* pairs: slots of the peers, the route */

	(void)ip_prefix_format(prefix, text);
	for (size_t i = 0; i < count; i++) {
		json_t *route;

		if ((routes[i].peers & listing->slots) == 0)
			continue;
		route = json_route(listing, text, &routes[i]);
		(void)json_array_append_new(
			same, json_pack("[I, O]", (json_int_t)routes[i].peers, route));
		(void)json_array_append_new(listing->routes, route);
	}
	set(listing->by_text, text, same);
}

/* Tells the routes of @path that this Service is a reason for them. */
static void add_because(const struct listing *listing, const struct service_plan *plan,
	const struct plan_bgp_path *path)
{
	char text[IP_PREFIX_TEXT_SIZE];
	const json_t *same = json_object_get(
		listing->by_text, ip_prefix_format(&path->prefix, text));
	const json_t *pair;
	size_t i;

	json_array_foreach(same, i, pair)
	{
		uint64_t slots = (uint64_t)json_integer_value(json_array_get(pair, 0));

		if ((slots & path->peers) == 0)
			continue;
		(void)json_array_append_new(json_object_get(json_array_get(pair, 1), "because"),
			json_pack("{s:s, s:s, s:s}", "namespace", plan->ns, "name", plan->name,
				"advertisement", path->advertisement));
	}
}

static void view_routes(
	const struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	const char *name = json_string_value(json_object_get(args, "peer"));
	struct listing listing = { .speaker = speaker, .slots = UINT64_MAX };

	if (name) {
		const struct plan_bgp_peer *peer = plan_bgp_peers_find(
			speaker_bgp_table(speaker->bgp), name);

		if (!peer) {
			*ret_error = xasprintf("there is no BGPPeer %s on this node", name);
			return;
		}
		listing.slots = peer->slot < PLAN_BGP_PEERS_MAX ? UINT64_C(1) << peer->slot : 0;
	}
	listing.routes = json_array();
	listing.by_text = json_object();
	plan_bgp_routes_visit(speaker_bgp_routes(speaker->bgp), add_routes, &listing);
	for (const struct service_plan *at = plan_first(speaker->plan); at;
		at = plan_next(speaker->plan, at)) {
		for (size_t i = 0; i < at->bgp.count; i++)
			add_because(&listing, at, &at->bgp.at[i]);
	}
	json_decref(listing.by_text);
	*ret_data = listing.routes;
}

static void add_received(void *user, const struct speaker_bgp_peer_view *view)
{
	const struct bgp_received *received = view->session ? view->session->received : NULL;
	json_t *routes = json_array();

	if (!received) {
		json_decref(routes);
		return;
	}
	for (size_t i = 0; i < received->count; i++) {
		const struct bgp_received_route *route = &received->routes[i];
		char prefix[IP_PREFIX_TEXT_SIZE];

		(void)json_array_append_new(routes,
			json_pack("{s:s, s:o, s:o, s:o, s:i, s:b}", "prefix",
				ip_prefix_format(&route->prefix, prefix), "next_hop",
				json_ip(&route->next_hop), "first_as", json_count(route->first_as),
				"origin_as", json_count(route->origin_as), "path_length",
				(int)route->path_len, "loop", route->has_loop));
	}
	(void)json_array_append_new(user,
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "peer", view->peer->name,
			"updates", json_count(received->counts.updates), "announced",
			json_count(received->counts.announced), "withdrawn",
			json_count(received->counts.withdrawn), "treated_as_withdraw",
			json_count(received->counts.treated_as_withdraw), "discarded_attributes",
			json_count(received->counts.discarded_attrs), "not_kept",
			json_count(received->counts.not_kept), "routes", routes));
}

static json_t *view_received(const struct speaker *speaker)
{
	json_t *peers = json_array();

	speaker_bgp_visit(speaker->bgp, add_received, peers);
	return peers;
}

/* Both ways: our routes go out again, and the peer is asked for its own if it can be. */
static char *refresh(struct speaker *speaker, struct bgp_session *session, const char *name)
{
	if (!speaker_bgp_refresh(speaker->bgp, name))
		return xasprintf("the session to %s is not established", name);
	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++)
		(void)!bgp_session_request_refresh(session, family);
	return NULL;
}

static char *act(struct speaker *speaker, const char *op, const json_t *args)
{
	const char *name = json_string_value(json_object_get(args, "peer"));
	const char *message = json_string_value(json_object_get(args, "message"));
	struct bgp_session *session = name ? speaker_bgp_session(speaker->bgp, name) : NULL;

	if (!name)
		return xstrdup("\"peer\" is missing: the name of a BGPPeer");
	if (!session)
		return xasprintf("there is no BGPPeer %s on this node", name);
	if (message && strlen(message) > BGP_SHUTDOWN_TEXT_MAX)
		return xasprintf("the message is longer than %d octets", BGP_SHUTDOWN_TEXT_MAX);
	if (strcmp(op, "bgp reset") == 0)
		bgp_session_reset(session, message);
	else if (strcmp(op, "bgp shutdown") == 0)
		bgp_session_shut(session, message);
	else if (strcmp(op, "bgp enable") == 0)
		bgp_session_enable(session);
	else if (strcmp(op, "bgp refresh") == 0)
		return refresh(speaker, session, name);
	else
		return xasprintf("unknown request \"%s\"", op);
	return NULL;
}

bool views_bgp_handle(struct speaker *speaker, const char *op, const json_t *args,
	json_t **ret_data, char **ret_error)
{
	const char *name = json_string_value(json_object_get(args, "peer"));

	if (strcmp(op, "bgp") != 0 && strncmp(op, "bgp ", 4) != 0)
		return false;
	if (strcmp(op, "bgp") == 0 && name &&
		!plan_bgp_peers_find(speaker_bgp_table(speaker->bgp), name))
		*ret_error = xasprintf("there is no BGPPeer %s on this node", name);
	else if (strcmp(op, "bgp") == 0)
		*ret_data = view_bgp(speaker, name);
	else if (strcmp(op, "bgp routes") == 0)
		view_routes(speaker, args, ret_data, ret_error);
	else if (strcmp(op, "bgp received") == 0)
		*ret_data = view_received(speaker);
	else
		*ret_error = act(speaker, op, args);
	if (!*ret_data && !*ret_error)
		*ret_data = json_object();
	return true;
}

/* "tor-a: Established; tor-b: Idle, peer_secret_missing". */
struct peers_of {
	uint64_t slots;
	struct strbuf text;
	bool is_any_up;
};

static void add_state(void *user, const struct speaker_bgp_peer_view *view)
{
	struct peers_of *of = user;
	const struct plan_bgp_peer *peer = view->peer;
	const char *state = view->session ? bgp_state_name(view->session->state) : "not configured";

	if (peer->slot >= PLAN_BGP_PEERS_MAX || (of->slots >> peer->slot & 1) == 0)
		return;
	of->is_any_up |= view->session && view->session->state == BGP_ESTABLISHED;
	strbuf_addf(&of->text, "%s%s: %s", of->text.len > 0 ? "; " : "", peer->name, state);
	if (peer->reason != PLAN_PASSED)
		strbuf_addf(&of->text, ", %s", plan_reason_name(peer->reason));
}

enum plan_reason views_bgp_sessions(
	const struct speaker *speaker, const struct service_plan *plan, char **ret_detail)
{
	struct peers_of of = { 0 };

	for (size_t i = 0; i < plan->bgp.count; i++)
		of.slots |= plan->bgp.at[i].peers;
	speaker_bgp_visit(speaker->bgp, add_state, &of);
	*ret_detail = strbuf_take(&of.text);
	return of.is_any_up ? PLAN_PASSED : PLAN_PEER_DOWN;
}
