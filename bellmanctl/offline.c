/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The allocator and the plan run over manifests as an agent would run them, once for every Node that
 * is no candidate by the common plan of a Service, to have its reason.
 */

#include "bellmanctl/offline.h"

#include "base/mem.h"
#include "conf/directory.h"
#include "conf/lint.h"
#include "ipam/ipam.h"
#include "plan/plan.h"

#include <string.h>

int offline_lint(const char *path, json_t **ret)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(report_finip) struct report report = { 0 };
	int r = conf_directory_load(model, path, &report);

	if (r < 0)
		return r;
	conf_lint(model, &report);
	report_sort(&report);
	*ret = report_json(&report);
	return 0;
}

struct planned_node {
	const char *name;             /* borrowed from the model */
	struct plan_bgp_peers *peers; /* owned */
	json_t *announces;
	json_t *refuses;
	size_t stands_by;
};

struct planning {
	struct plan_input input;
	struct planned_node *nodes; /* in the order of names */
	size_t node_count;
	struct plan_bgp_peers *no_peers; /* owned; of no node in particular */
};

static void tell_assigned(void *user, const struct service *service, struct plan_assigned *ret)
{
	const struct ipam_assignment *found = ipam_find(
		user, object_ns(&service->object), service->object.meta.name);

	*ret = (struct plan_assigned){
		.count = found->count,
		.outcome = ipam_outcome_name(found->outcome),
		.detail = found->detail,
		.is_other_class = found->outcome == IPAM_OTHER_CLASS,
	};
	memcpy(ret->ips, found->ips, sizeof(ret->ips));
	memcpy(ret->pools, found->pools, sizeof(ret->pools));
}

static json_t *json_ip(const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	return json_string(ip_format(ip, text));
}

static json_t *address_json(const struct plan_address *address)
{
	return json_pack("{s:o, s:s, s:s}", "ip", json_ip(&address->ip), "pool", address->pool,
		"owner", address->owner ? address->owner : "");
}

/* More of why: the allocator's words and counts of endpoints tell more than the reason's meaning. */
static const char *detail_of(const struct service_plan *plan, enum plan_reason reason)
{
	if (reason == PLAN_PASSED)
		return "";
	for (size_t i = 0; i < plan->gate_count; i++) {
		const struct plan_gate *gate = &plan->gates[i];
		bool is_telling = reason == PLAN_NO_ADDRESS || reason == PLAN_NO_ENDPOINTS;

		if (gate->reason == reason && gate->detail && is_telling)
			return gate->detail;
	}
	return plan_reason_text(reason);
}

static struct service_plan *plan_on(
	struct planning *planning, const struct service *service, const char *node)
{
	struct plan_input input = planning->input;

	input.self = node;
	input.bgp.peers = planning->no_peers;
	for (size_t i = 0; i < planning->node_count; i++) {
		if (strcmp(planning->nodes[i].name, node) == 0)
			input.bgp.peers = planning->nodes[i].peers;
	}
	return service_plan_new(&input, service);
}

static bool is_heir(const struct plan_address *address, const char *node)
{
	for (size_t i = 0; i < address->heir_count; i++) {
		if (strcmp(address->heirs[i], node) == 0)
			return true;
	}
	return false;
}

static void add_announced(struct planned_node *node, const char *service,
	const struct plan_address *address, const char *by)
{
	(void)json_array_append_new(node->announces,
		json_pack("{s:s, s:o, s:s}", "service", service, "ip", json_ip(&address->ip), "by",
			by));
}

/* By BGP all nodes announce that have a peer. */
static void add_bgp(struct planned_node *node, const char *service, const struct service_plan *plan)
{
	for (size_t i = 0; i < plan->address_count; i++) {
		if (plan->addresses[i].bgp_reason == PLAN_PASSED)
			add_announced(node, service, &plan->addresses[i], "bgp");
	}
}

/* What @node, which is no candidate for any address of @plan, makes of the Service. */
static void add_refused(struct planning *planning, struct planned_node *node,
	const struct service *service, const char *name)
{
	auto_(service_plan_freep) struct service_plan *plan = plan_on(
		planning, service, node->name);
	enum plan_reason reason = service_plan_reason(plan);

	for (size_t i = 0; reason == PLAN_PASSED && i < plan->address_count; i++) {
		if (plan->addresses[i].reason == PLAN_PASSED)
			add_announced(node, name, &plan->addresses[i], "layer2");
	}
	if (reason != PLAN_PASSED)
		(void)json_array_append_new(node->refuses,
			json_pack("{s:s, s:s, s:s}", "service", name, "reason",
				plan_reason_name(reason), "detail", detail_of(plan, reason)));
}

/* @plan: of no node in particular. */
static void add_to_node(struct planning *planning, struct planned_node *node,
	const struct service *service, const struct service_plan *plan)
{
	auto_(freep) char *name = xasprintf("%s/%s", plan->ns, plan->name);
	bool is_candidate = false;

	for (size_t i = 0; i < plan->address_count; i++) {
		const struct plan_address *address = &plan->addresses[i];
		bool is_owner = address->owner && strcmp(address->owner, node->name) == 0;

		if (is_owner)
			add_announced(node, name, address, "layer2");
		else
			node->stands_by += is_heir(address, node->name);
		is_candidate |= is_owner || is_heir(address, node->name);
	}
	if (!is_candidate)
		add_refused(planning, node, service, name);
	if (plan_bgp_peers_count(node->peers) > 0) {
		auto_(service_plan_freep) struct service_plan *own = plan_on(
			planning, service, node->name);

		add_bgp(node, name, own);
	}
}

static json_t *service_json(
	struct planning *planning, const struct service *service, const struct service_plan *plan)
{
	const char *owner = plan->address_count > 0 ? plan->addresses[0].owner : NULL;
	/* The view of the owner, or of some node, so that the reason is one of a node. */
	const char *node = owner ? owner : planning->node_count > 0 ? planning->nodes[0].name : "";
	auto_(service_plan_freep) struct service_plan *best = plan_on(planning, service, node);
	enum plan_reason reason = service_plan_reason(best);
	json_t *addresses = json_array();

	for (size_t i = 0; i < plan->address_count; i++)
		(void)json_array_append_new(addresses, address_json(&plan->addresses[i]));
	return json_pack("{s:s, s:s, s:o, s:s, s:s}", "namespace", plan->ns, "name", plan->name,
		"addresses", addresses, "reason", plan_reason_name(reason), "detail",
		detail_of(best, reason));
}

static json_t *plan_service(struct planning *planning, const struct service *service)
{
	auto_(service_plan_freep) struct service_plan *plan = plan_on(planning, service, "");

	/* What stops the Service everywhere need not be said for each node. */
	for (size_t i = 0;
		plan_reason_is_of_node(service_plan_reason(plan)) && i < planning->node_count; i++)
		add_to_node(planning, &planning->nodes[i], service, plan);
	return service_json(planning, service, plan);
}

static void planning_init(struct planning *planning, const struct model *model, struct ipam *ipam)
{
	planning->input = (struct plan_input){
		.model = model,
		.assumes_links = true,
		.assigned = tell_assigned,
		.user = ipam,
	};
	planning->no_peers = plan_bgp_peers_new();
	planning->nodes = xnew_array(struct planned_node, model_count(model, MODEL_NODE));
	model_each(model, MODEL_NODE, object)
	{
		planning->nodes[planning->node_count++] = (struct planned_node){
			.name = object->meta.name,
			.peers = plan_bgp_peers_new(),
			.announces = json_array(),
			.refuses = json_array(),
		};
	}
	for (size_t i = 0; i < planning->node_count; i++)
		(void)plan_bgp_peers_update(
			planning->nodes[i].peers, model, planning->nodes[i].name, NULL, NULL);
}

static json_t *nodes_json(struct planning *planning)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < planning->node_count; i++) {
		const struct planned_node *node = &planning->nodes[i];

		(void)json_array_append_new(nodes,
			json_pack("{s:s, s:o, s:I, s:o}", "name", node->name, "announces",
				node->announces, "stands_by", (json_int_t)node->stands_by,
				"refuses", node->refuses));
	}
	return nodes;
}

static json_t *plan_all(const struct model *model, struct ipam *ipam, struct report *report)
{
	struct planning planning = { 0 };
	json_t *services = json_array();
	json_t *all;

	planning_init(&planning, model, ipam);
	model_each(model, MODEL_SERVICE, object)
	{
		const struct service *service = (const struct service *)object;

		if (service->type == SERVICE_LOAD_BALANCER)
			(void)json_array_append_new(services, plan_service(&planning, service));
	}
	all = json_pack("{s:o, s:o, s:o}", "services", services, "nodes", nodes_json(&planning),
		"findings", report_json(report));
	for (size_t i = 0; i < planning.node_count; i++)
		plan_bgp_peers_free(planning.nodes[i].peers);
	plan_bgp_peers_free(planning.no_peers);
	free(planning.nodes);
	return all;
}

int offline_plan(const char *path, json_t **ret)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(ipam_freep) struct ipam *ipam = ipam_new(IPAM_MANIFESTS, NULL);
	auto_(report_finip) struct report report = { 0 };
	struct model_dirty dirty;
	int r = conf_directory_load(model, path, &report);

	if (r < 0)
		return r;
	model_take_dirty(model, &dirty);
	ipam_update(ipam, model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
	*ret = plan_all(model, ipam, &report);
	return 0;
}
