/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The agent's state as JSON, one function a request of the control socket. Nothing is formatted for
 * people here: that is bellmanctl's work.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/debug.h"
#include "speaker/l2_owners.h"
#include "speaker/state.h"

#include <string.h>

static json_t *json_ip(const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	return json_string(ip_format(ip, text));
}

static json_t *json_mac(const struct mac *mac)
{
	char text[MAC_TEXT_SIZE];

	return json_string(mac_format(mac, text));
}

static json_t *json_count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *view_status(const struct speaker *speaker)
{
	const struct report *report = conf_directory_report(speaker->source);
	struct conf_directory_counts counts = conf_directory_counts(speaker->source);
	auto_(strbuf_finip) struct strbuf why = { 0 };
	bool is_ready = speaker_is_ready((void *)speaker, &why);
	struct l2_owners owners = l2_owners_take(speaker);
	size_t announced = 0;

	for (const struct service_plan *at = plan_first(speaker->plan); at;
		at = plan_next(speaker->plan, at))
		announced += l2_owners_service(&owners, at) == PLAN_PASSED;
	l2_owners_fini(&owners);
	return json_pack("{s:s, s:s, s:I, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"version", BELLMAN_VERSION, "node", speaker->settings->node, "uptime_seconds",
		(json_int_t)((clock_now_ns() - speaker->started_ns) / NS_PER_S), "ready", is_ready,
		"not_ready_because", strbuf_text(&why), "source", speaker->settings->source.path,
		"files", (json_int_t)counts.files, "objects", (json_int_t)counts.objects, "errors",
		(json_int_t)report->found[SEVERITY_ERROR], "warnings",
		(json_int_t)report->found[SEVERITY_WARNING], "services",
		(json_int_t)plan_count(speaker->plan), "announced", (json_int_t)announced, "links",
		(json_int_t)speaker->link_count, "conflicts", (json_int_t)speaker->conflicts);
}

static json_t *address_json(const struct plan_address *address, const struct l2_owners *owners)
{
	json_t *heirs = json_array();

	for (size_t i = 0; i < address->heir_count; i++)
		(void)json_array_append_new(heirs, json_string(address->heirs[i]));
	return json_pack("{s:o, s:s, s:s*, s:o, s:s, s:s}", "ip", json_ip(&address->ip), "pool",
		address->pool, "owner", l2_owners_name(owners, address), "candidates", heirs,
		"reason", plan_reason_name(l2_owners_reason(owners, address)), "bgp",
		plan_reason_name(address->bgp_reason));
}

static json_t *service_json(const struct service_plan *plan, const struct l2_owners *owners)
{
	json_t *addresses = json_array();

	for (size_t i = 0; i < plan->address_count; i++)
		(void)json_array_append_new(addresses, address_json(&plan->addresses[i], owners));
	return json_pack("{s:s, s:s, s:o, s:s}", "namespace", plan->ns, "name", plan->name,
		"addresses", addresses, "reason",
		plan_reason_name(l2_owners_service(owners, plan)));
}

static json_t *view_services(const struct speaker *speaker)
{
	struct l2_owners owners = l2_owners_take(speaker);
	json_t *services = json_array();

	for (const struct service_plan *at = plan_first(speaker->plan); at;
		at = plan_next(speaker->plan, at))
		(void)json_array_append_new(services, service_json(at, &owners));
	l2_owners_fini(&owners);
	return services;
}

static json_t *view_pools(const struct speaker *speaker)
{
	json_t *pools = json_array();

	for (size_t i = 0; i < ipam_pool_count(speaker->ipam); i++) {
		struct ipam_pool_view pool = ipam_pool_at(speaker->ipam, i);

		(void)json_array_append_new(pools,
			json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", pool.name, "ipv4_total",
				json_count(pool.total[0]), "ipv4_in_use",
				json_count(pool.in_use[0]), "ipv6_total", json_count(pool.total[1]),
				"ipv6_in_use", json_count(pool.in_use[1])));
	}
	return pools;
}

static void add_announcement(void *user, const struct arp_address_view *view)
{
	uint64_t age_ns = clock_now_ns() - view->since_ns;
	json_t *announcement = json_pack("{s:o, s:s, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:b}", "ip",
		json_ip(&view->ip), "link", view->link, "state", arp_state_name(view->state),
		"since_seconds", (double)age_ns / (double)NS_PER_S, "requests",
		json_count(view->counters.requests), "answers", json_count(view->counters.answers),
		"gratuitous", json_count(view->counters.gratuitous), "limited",
		json_count(view->counters.limited), "conflicts",
		json_count(view->counters.conflicts), "contested", view->is_contested);

	if (!mac_is_zero(&view->contender))
		(void)json_object_set_new(announcement, "contender", json_mac(&view->contender));
	(void)json_array_append_new(user, announcement);
}

static json_t *view_announcements(const struct speaker *speaker)
{
	json_t *announcements = json_array();

	wire_arp_visit_addresses(speaker->wire, add_announcement, announcements);
	return announcements;
}

static void add_link_counters(void *user, const struct arp_link_view *view)
{
	json_t *link;
	size_t i;

	json_array_foreach((json_t *)user, i, link)
	{
		if (json_integer_value(json_object_get(link, "index")) != view->ifindex)
			continue;
		(void)json_object_update_new(link,
			json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "open", view->is_open,
				"frames", json_count(view->frames), "malformed",
				json_count(view->malformed), "tagged", json_count(view->tagged),
				"mismatched", json_count(view->mismatched), "drops",
				json_count(view->drops), "unsent", json_count(view->unsent)));
		if (view->error < 0)
			(void)json_object_set_new(
				link, "error", json_string(strerror(-view->error)));
	}
}

static json_t *view_links(const struct speaker *speaker)
{
	json_t *links = json_array();

	for (size_t i = 0; i < net_monitor_count(speaker->net); i++) {
		const struct net_link *link = net_monitor_at(speaker->net, i);
		enum net_refusal arp = net_link_judge(
			link, AF_INET, &speaker->include, &speaker->exclude);
		enum net_refusal ndp = net_link_judge(
			link, AF_INET6, &speaker->include, &speaker->exclude);

		(void)json_array_append_new(links,
			json_pack("{s:s, s:i, s:o, s:s, s:s}", "name", link->name, "index",
				(int)link->ifindex, "mac", json_mac(&link->mac), "arp",
				net_refusal_name(arp), "ndp", net_refusal_name(ndp)));
	}
	wire_arp_visit_links(speaker->wire, add_link_counters, links);
	return links;
}

static json_t *gate_json(const struct plan_gate *gate)
{
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "gate", gate->name, "passed",
		gate->reason == PLAN_PASSED, "reason", plan_reason_name(gate->reason), "meaning",
		plan_reason_text(gate->reason), "detail", gate->detail ? gate->detail : "",
		"advice", plan_reason_advice(gate->reason));
}

/* With failover the gate of an address says who owns it now; without it, what the plan said. */
static json_t *owner_gate_json(const struct plan_gate *gate, const struct service_plan *plan,
	const struct l2_owners *owners)
{
	uint8_t family = strcmp(gate->name, "layer2-ipv4") == 0 ? AF_INET : AF_INET6;

	for (size_t i = 0; owners->snapshot && i < plan->address_count; i++) {
		const struct plan_address *address = &plan->addresses[i];
		const char *owner = l2_owners_name(owners, address);
		struct plan_gate now = *gate;
		char ip[IP_TEXT_SIZE];
		json_t *json;

		if (address->ip.family != family)
			continue;
		now.reason = l2_owners_reason(owners, address);
		now.detail = xasprintf("%s: owner %s, %zu candidates", ip_format(&address->ip, ip),
			owner ? owner : "(none)", address->heir_count);
		json = gate_json(&now);
		free(now.detail);
		return json;
	}
	return gate_json(gate);
}

static bool is_at_layer2(const struct service_plan *plan)
{
	for (size_t i = 0; i < plan->address_count; i++) {
		if (plan->addresses[i].reason == PLAN_PASSED)
			return true;
	}
	return false;
}

/* What the plan can not know: whether anybody hears of it. */
static void add_sessions(
	const struct speaker *speaker, const struct service_plan *plan, json_t *explained)
{
	struct plan_gate gate = { .name = "bgp-sessions" };

	if (plan->bgp.count == 0)
		return;
	gate.reason = views_bgp_sessions(speaker, plan, &gate.detail);
	(void)json_array_append_new(json_object_get(explained, "gates"), gate_json(&gate));
	if (gate.reason != PLAN_PASSED && !is_at_layer2(plan))
		(void)json_object_set_new(
			explained, "reason", json_string(plan_reason_name(gate.reason)));
	free(gate.detail);
}

static json_t *explain(const struct speaker *speaker, const struct service_plan *plan)
{
	struct l2_owners owners = l2_owners_take(speaker);
	json_t *explained = service_json(plan, &owners);
	json_t *gates = json_array();

	for (size_t i = 0; i < plan->gate_count; i++)
		(void)json_array_append_new(gates,
			strncmp(plan->gates[i].name, "layer2-", 7) == 0 ?
				owner_gate_json(&plan->gates[i], plan, &owners) :
				gate_json(&plan->gates[i]));
	l2_owners_fini(&owners);
	(void)json_object_set_new(explained, "gates", gates);
	add_sessions(speaker, plan, explained);
	(void)json_object_set_new(explained, "node", json_string(speaker->settings->node));
	(void)json_object_set_new(explained, "warnings", warnings_of(speaker, plan));
	return explained;
}

/* A Service that is no LoadBalancer has no plan: one gate says so. */
static json_t *explain_other(const struct speaker *speaker, const struct object *object)
{
	static const char *const types[] = { "ClusterIP", "NodePort", "LoadBalancer",
		"ExternalName" };
	const struct plan_gate gate = {
		.reason = PLAN_NOT_LOAD_BALANCER,
		.name = "type",
		.detail = (char *)types[((const struct service *)object)->type],
	};

	return json_pack("{s:s, s:s, s:[], s:s, s:[o], s:s, s:[]}", "namespace", object_ns(object),
		"name", object->meta.name, "addresses", "reason", plan_reason_name(gate.reason),
		"gates", gate_json(&gate), "node", speaker->settings->node, "warnings");
}

static void view_explain(
	const struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	const char *service = json_string_value(json_object_get(args, "service"));
	const char *slash = service ? strchr(service, '/') : NULL;
	auto_(freep) char *ns = slash ? xstrndup(service, (size_t)(slash - service)) :
					xstrdup("default");
	const char *name = slash ? slash + 1 : service;
	const struct service_plan *plan;
	const struct object *object;

	if (!name) {
		*ret_error = xstrdup("\"service\" is missing: NAMESPACE/NAME");
		return;
	}
	plan = plan_find(speaker->plan, ns, name);
	object = model_find(speaker->model, MODEL_SERVICE, ns, name);
	if (plan)
		*ret_data = explain(speaker, plan);
	else if (object)
		*ret_data = explain_other(speaker, object);
	else
		*ret_error = xasprintf("there is no Service %s/%s", ns, name);
}

static json_t *view_config(const struct speaker *speaker)
{
	return report_json(conf_directory_report(speaker->source));
}

/* What is wrong, with the number of what is left out: an answer is one line for people. */
static char *refusal(const struct report *report)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	strbuf_add(&out, "settings not reloaded, the old ones stay in force: ");
	if (report->count > 0)
		diagnostic_print(&report->at[0], &out);
	if (report->count > 1)
		strbuf_addf(&out, " (and %zu more)", report->count - 1);
	return strbuf_take(&out);
}

static void do_reload(struct speaker *speaker, json_t **ret_data, char **ret_error)
{
	auto_(report_finip) struct report report = { 0 };

	if (speaker_reload(speaker, &report) < 0)
		*ret_error = refusal(&report);
	else
		*ret_data = json_pack("{s:s}", "settings", speaker->path);
}

void views_handle(
	void *user, const char *op, const json_t *args, json_t **ret_data, char **ret_error)
{
	static const struct {
		const char *op;
		json_t *(*view)(const struct speaker *speaker);
	} views[] = {
		{ "status", view_status },
		{ "services", view_services },
		{ "pools", view_pools },
		{ "announcements", view_announcements },
		{ "links", view_links },
		{ "config", view_config },
		{ "wire", view_wire },
	};

	if (views_bgp_handle(user, op, args, ret_data, ret_error))
		return;
	if (strcmp(op, "explain") == 0) {
		view_explain(user, args, ret_data, ret_error);
		return;
	}
	if (strcmp(op, "bfd") == 0) {
		view_bfd(user, args, ret_data, ret_error);
		return;
	}
	if (debug_handle(user, op, args, ret_data, ret_error))
		return;
	if (strcmp(op, "reload") == 0) {
		do_reload(user, ret_data, ret_error);
		return;
	}
	if (l2_handle(user, op, args, ret_data, ret_error))
		return;
	for (size_t i = 0; i < COUNT_OF(views); i++) {
		if (strcmp(op, views[i].op) == 0) {
			*ret_data = views[i].view(user);
			return;
		}
	}
	*ret_error = xasprintf("unknown request \"%s\"", op);
}
