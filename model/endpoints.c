/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The endpoints of a Service, out of whichever objects tell of them: EndpointSlices, the older
 * Endpoints, or Pods as the endpoint controller of Kubernetes would read them.
 */

#include "base/mem.h"
#include "model/index.h"
#include "model/select.h"

#include <string.h>

struct builder {
	struct model_endpoint *at;
	size_t count;
	size_t capacity;
};

static void add(struct builder *builder, const char *text, const struct model_endpoint *like)
{
	struct model_endpoint *endpoint;
	struct ip ip;

	if (!text || ip_parse(text, &ip) < 0)
		return; /* an FQDN, or nothing: no address to send to */
	endpoint = array_add(builder->at, builder->count, builder->capacity);
	*endpoint = *like;
	endpoint->ip = ip;
}

static bool value_or(const struct opt_bool *value, bool otherwise)
{
	return value->is_set ? value->value : otherwise;
}

static void add_slice(struct builder *builder, const struct object *object)
{
	const struct endpoint_slice *slice = (const struct endpoint_slice *)object;

	for (size_t i = 0; i < slice->endpoints.count; i++) {
		const struct slice_endpoint *from = &slice->endpoints.at[i];
		bool is_ready = value_or(&from->ready, true);
		struct model_endpoint endpoint = {
			.node = from->node_name,
			.is_ready = is_ready,
			.is_serving = value_or(&from->serving, is_ready),
			.is_terminating = value_or(&from->terminating, false),
			.from = object,
		};

		/* All addresses of one endpoint are the same endpoint: the first stands for it. */
		add(builder, from->addresses.count > 0 ? from->addresses.at[0] : NULL, &endpoint);
	}
}

static void add_addresses(struct builder *builder, const struct endpoint_addresses *addresses,
	bool is_ready, const struct object *object)
{
	for (size_t i = 0; i < addresses->count; i++) {
		struct model_endpoint endpoint = {
			.node = addresses->at[i].node_name,
			.is_ready = is_ready,
			.is_serving = is_ready,
			.from = object,
		};

		add(builder, addresses->at[i].ip, &endpoint);
	}
}

static void add_endpoints(struct builder *builder, const struct object *object)
{
	const struct endpoints *endpoints = (const struct endpoints *)object;

	for (size_t i = 0; i < endpoints->subsets.count; i++) {
		const struct endpoint_subset *subset = &endpoints->subsets.at[i];

		add_addresses(builder, &subset->addresses, true, object);
		add_addresses(builder, &subset->not_ready, false, object);
	}
}

static bool pod_is_over(const struct pod *pod)
{
	return pod->phase &&
		(strcmp(pod->phase, "Succeeded") == 0 || strcmp(pod->phase, "Failed") == 0);
}

/* Conditions as the endpoint controller sets them (kubernetes pkg/controller/util/endpoint). */
static void add_pod(
	struct builder *builder, const struct object *object, const struct service *service)
{
	const struct pod *pod = (const struct pod *)object;
	bool is_terminating = object->meta.deleted_seconds != 0;
	bool is_serving = condition_is_true(&pod->conditions, "Ready");
	struct model_endpoint endpoint = {
		.node = pod->node_name,
		.is_ready = service->publish_not_ready || (is_serving && !is_terminating),
		.is_serving = service->publish_not_ready || is_serving,
		.is_terminating = is_terminating,
		.from = object,
	};

	if (pod_is_over(pod) || !labels_select(&service->selector, &object->meta.labels))
		return;
	if (pod->pod_ips.count == 0)
		add(builder, pod->pod_ip, &endpoint);
	for (size_t i = 0; i < pod->pod_ips.count; i++)
		add(builder, pod->pod_ips.at[i].ip, &endpoint);
}

static int compare(const void *a, const void *b)
{
	const struct model_endpoint *left = a;
	const struct model_endpoint *right = b;
	int order = ip_compare(&left->ip, &right->ip);

	if (order != 0)
		return order;
	/* The better condition first: it is the one that stays. */
	if (left->is_ready != right->is_ready)
		return left->is_ready ? -1 : 1;
	if (left->is_serving != right->is_serving)
		return left->is_serving ? -1 : 1;
	return strcmp(left->from->meta.name, right->from->meta.name);
}

static size_t drop_twins(struct model_endpoint *at, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || !ip_equal(&at[kept - 1].ip, &at[i].ip))
			at[kept++] = at[i];
	}
	return kept;
}

static void collect(
	const struct model *model, const struct service *service, struct builder *builder)
{
	const struct model_index *index = model_index(model);
	const char *ns = object_ns(&service->object);
	const char *name = service->object.meta.name;
	struct multimap_list found = model_index_slices(index, ns, name);
	const struct object *endpoints = model_find(model, MODEL_ENDPOINTS, ns, name);

	for (size_t i = 0; i < found.count; i++)
		add_slice(builder, found.at[i]);
	if (found.count > 0)
		return;
	if (endpoints) {
		add_endpoints(builder, endpoints);
		return;
	}
	found = model_index_pods(index, service);
	for (size_t i = 0; i < found.count; i++)
		add_pod(builder, found.at[i], service);
}

void model_endpoints(const struct model *model, const struct service *service,
	struct model_endpoints *ret_endpoints)
{
	struct builder builder = { 0 };

	collect(model, service, &builder);
	if (builder.count > 1)
		qsort(builder.at, builder.count, sizeof(builder.at[0]), compare);
	*ret_endpoints = (struct model_endpoints){
		.at = builder.at,
		.count = drop_twins(builder.at, builder.count),
	};
}

void model_endpoints_fini(struct model_endpoints *endpoints)
{
	free(endpoints->at);
	*endpoints = (struct model_endpoints){ 0 };
}

static bool same_name(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static uint16_t port_of(const struct endpoint_ports *ports, const struct service_port *wanted)
{
	for (size_t i = 0; i < ports->count; i++) {
		const struct endpoint_port *port = &ports->at[i];

		if (port->protocol == wanted->protocol && same_name(port->name, wanted->name))
			return (uint16_t)port->port.value;
	}
	return 0;
}

/* The subset that holds @ip decides: each subset has ports of its own. */
static uint16_t port_in_subsets(
	const struct endpoints *endpoints, const struct ip *ip, const struct service_port *wanted)
{
	for (size_t i = 0; i < endpoints->subsets.count; i++) {
		const struct endpoint_subset *subset = &endpoints->subsets.at[i];
		struct builder one = { 0 };
		uint16_t port = port_of(&subset->ports, wanted);
		bool is_here = false;

		add_addresses(&one, &subset->addresses, true, &endpoints->object);
		add_addresses(&one, &subset->not_ready, false, &endpoints->object);
		for (size_t k = 0; k < one.count; k++)
			is_here |= ip_equal(&one.at[k].ip, ip);
		free(one.at);
		if (is_here && port != 0)
			return port;
	}
	return 0;
}

static uint16_t port_in_pod(const struct pod *pod, const struct service_port *wanted)
{
	const struct int_or_string *target = &wanted->target_port;

	if (!target->text)
		return (uint16_t)(target->value != 0 ? target->value : wanted->port.value);
	for (size_t i = 0; i < pod->containers.count; i++) {
		const struct container *container = &pod->containers.at[i];

		for (size_t k = 0; k < container->ports.count; k++) {
			const struct container_port *port = &container->ports.at[k];

			if (port->protocol == wanted->protocol &&
				same_name(port->name, target->text))
				return (uint16_t)port->port.value;
		}
	}
	return 0;
}

uint16_t model_endpoint_port(const struct model_endpoint *endpoint, const struct service_port *port)
{
	const struct object *from = endpoint->from;

	if (from->kind == MODEL_ENDPOINT_SLICE)
		return port_of(&((const struct endpoint_slice *)from)->ports, port);
	if (from->kind == MODEL_ENDPOINTS)
		return port_in_subsets((const struct endpoints *)from, &endpoint->ip, port);
	return port_in_pod((const struct pod *)from, port);
}
