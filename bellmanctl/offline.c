/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/offline.h"

#include "base/mem.h"
#include "base/strbuf.h"
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

static json_t *address_json(const struct plan_address *address)
{
	char text[IP_TEXT_SIZE];

	return json_pack("{s:s, s:s, s:s}", "ip", ip_format(&address->ip, text), "pool",
		address->pool, "owner", address->owner ? address->owner : "");
}

/* The view of the owner, so that "not elected" does not hide the answer. */
static struct service_plan *plan_for_owner(struct plan_input *input, const struct service *service)
{
	struct service_plan *plan = service_plan_new(input, service);

	if (plan->address_count > 0 && plan->addresses[0].owner) {
		auto_(freep) char *owner = xstrdup(plan->addresses[0].owner);

		service_plan_free(plan);
		input->self = owner;
		plan = service_plan_new(input, service);
		input->self = "";
	}
	return plan;
}

static json_t *service_json(struct plan_input *input, const struct service *service)
{
	auto_(service_plan_freep) struct service_plan *plan = plan_for_owner(input, service);
	enum plan_reason reason = service_plan_reason(plan);
	json_t *addresses = json_array();
	const char *detail = "";

	for (size_t i = 0; i < plan->address_count; i++)
		(void)json_array_append_new(addresses, address_json(&plan->addresses[i]));
	for (size_t i = 0; i < plan->gate_count; i++) {
		if (plan->gates[i].reason == reason && reason != PLAN_PASSED)
			detail = plan->gates[i].detail;
	}
	return json_pack("{s:s, s:s, s:o, s:s, s:s}", "namespace", plan->ns, "name", plan->name,
		"addresses", addresses, "reason", plan_reason_name(reason), "detail", detail);
}

int offline_plan(const char *path, json_t **ret)
{
	auto_(model_freep) struct model *model = model_new();
	auto_(ipam_freep) struct ipam *ipam = ipam_new(IPAM_MANIFESTS, NULL);
	auto_(report_finip) struct report report = { 0 };
	struct plan_input input = {
		.model = model,
		.self = "",
		.assumes_links = true,
		.assigned = tell_assigned,
		.user = ipam,
	};
	struct model_dirty dirty;
	int r = conf_directory_load(model, path, &report);

	if (r < 0)
		return r;
	model_take_dirty(model, &dirty);
	ipam_update(ipam, model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
	*ret = json_array();
	model_each(model, MODEL_SERVICE, object)
	{
		const struct service *service = (const struct service *)object;

		if (service->type == SERVICE_LOAD_BALANCER)
			(void)json_array_append_new(*ret, service_json(&input, service));
	}
	return 0;
}

/* "192.0.2.1 on node-a, 2001:db8::1 on node-a", or the reason why there is none. */
static char *summary(const json_t *service)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	const json_t *address;
	size_t i;

	json_array_foreach(json_object_get(service, "addresses"), i, address)
	{
		const char *owner = json_string_value(json_object_get(address, "owner"));

		strbuf_addf(&text, "%s%s on %s", i > 0 ? ", " : "",
			json_string_value(json_object_get(address, "ip")),
			owner[0] != '\0' ? owner : "no node");
	}
	if (text.len == 0)
		strbuf_add(&text, json_string_value(json_object_get(service, "reason")));
	return strbuf_take(&text);
}

static const json_t *find(const json_t *plan, const json_t *wanted)
{
	const json_t *service;
	size_t i;

	json_array_foreach(plan, i, service)
	{
		if (json_equal(json_object_get(service, "name"), json_object_get(wanted, "name")) &&
			json_equal(json_object_get(service, "namespace"),
				json_object_get(wanted, "namespace")))
			return service;
	}
	return NULL;
}

static void add_difference(
	json_t *changes, const json_t *named, const json_t *before, const json_t *after)
{
	auto_(freep) char *was = before ? summary(before) : xstrdup("-");
	auto_(freep) char *is = after ? summary(after) : xstrdup("-");
	auto_(freep) char *name = xasprintf("%s/%s",
		json_string_value(json_object_get(named, "namespace")),
		json_string_value(json_object_get(named, "name")));

	if (strcmp(was, is) != 0)
		(void)json_array_append_new(changes,
			json_pack("{s:s, s:s, s:s}", "service", name, "before", was, "after", is));
}

json_t *offline_diff(const json_t *before, const json_t *after)
{
	json_t *changes = json_array();
	const json_t *service;
	size_t i;

	json_array_foreach(before, i, service)
		add_difference(changes, service, service, find(after, service));
	json_array_foreach(after, i, service)
	{
		if (!find(before, service))
			add_difference(changes, service, NULL, service);
	}
	return changes;
}
