/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each Service is held against the workloads and Pods that it selects, the pools that could give it
 * an address, and the advertisements that could announce it. Allocation itself is not played through:
 * that is what `bellmanctl plan` does.
 */

#include "conf/lint.h"

#include "base/mem.h"
#include "conf/lint_index.h"
#include "conf/rules.h"
#include "conf/validate.h"
#include "model/select.h"

#include <string.h>

enum {
	NODE_PORT_MIN = 30000,
	NODE_PORT_MAX = 32767,
	NODE_PORTS = 65536,
	PROTOCOLS = 3,
};

struct lint {
	const struct model *model;
	struct report *report;
	const struct lint_index *index;
	/* Which Service has a node port of a protocol; NULL: none. */
	const struct service **node_ports;
};

static struct checking check_of(struct lint *lint, const struct service *service)
{
	return (struct checking){ .object = &service->object, .report = lint->report };
}

static void warn_no_match(struct checking *c, const struct selectable *nearest)
{
	const struct service *service = (const void *)c->object;
	auto_(freep) char *wanted = labels_text(&service->selector);
	auto_(freep) char *advice = NULL;
	auto_(freep) char *labels = nearest ? labels_text(nearest->labels) : NULL;

	if (nearest)
		advice = xasprintf("the nearest is %s %s/%s with %s", nearest->object->kind_name,
			object_ns(nearest->object), nearest->object->meta.name, labels);
	check_warning(c, "spec.selector",
		advice ? advice : "write the labels of the workload's template",
		"%s matches no pods", wanted);
}

/* Endpoints that others wrote make the selector a matter of theirs. */
static bool has_endpoints(const struct lint *lint, const struct service *service)
{
	struct model_endpoints endpoints;
	bool found;

	model_endpoints(lint->model, service, &endpoints);
	found = endpoints.count > 0;
	model_endpoints_fini(&endpoints);
	return found;
}

/* Return: 1: has it; 0: has not; -1: lists no ports, which says nothing about numbers. */
static int containers_have(const struct containers *containers, const struct service_port *port)
{
	int64_t number = port->target_port.value ? port->target_port.value : port->port.value;
	const char *name = port->target_port.text;
	bool lists_any = false;

	for (size_t i = 0; i < containers->count; i++) {
		const struct container *container = &containers->at[i];

		for (size_t j = 0; j < container->ports.count; j++) {
			const struct container_port *p = &container->ports.at[j];

			lists_any = true;
			if (p->protocol != port->protocol)
				continue;
			if (name ? p->name && strcmp(p->name, name) == 0 : p->port.value == number)
				return 1;
		}
	}
	return lists_any || name ? 0 : -1;
}

static bool any_has_port(
	const struct selectable *const *matches, size_t count, const struct service_port *port)
{
	for (size_t i = 0; i < count; i++) {
		if (containers_have(matches[i]->containers, port) != 0)
			return true;
	}
	return false;
}

static void lint_target_ports(
	struct checking *c, const struct selectable *const *matches, size_t count)
{
	const struct service *service = (const void *)c->object;

	for (size_t i = 0; i < service->ports.count; i++) {
		const struct service_port *port = &service->ports.at[i];
		auto_(freep) char *field = xasprintf("spec.ports[%zu].targetPort", i);

		if (any_has_port(matches, count, port))
			continue;
		if (port->target_port.text)
			check_warning(c, field, "write the name or number of a containerPort",
				"no container of the selected pods has a port called \"%.64s\"",
				port->target_port.text);
		else
			check_warning(c, field, "write the name or number of a containerPort",
				"no container of the selected pods has port %lld",
				(long long)(port->target_port.value ? port->target_port.value :
								      port->port.value));
	}
}

static void lint_selector(struct lint *lint, struct checking *c)
{
	const struct service *service = (const void *)c->object;
	auto_(freep) const struct selectable **matches = NULL;
	size_t count;

	if (service->selector.count == 0 || service->type == SERVICE_EXTERNAL_NAME)
		return;
	count = lint_index_matches(lint->index, service, &matches);
	if (count > 0)
		lint_target_ports(c, matches, count);
	else if (!has_endpoints(lint, service))
		warn_no_match(c, lint_index_nearest(lint->index, service));
}

static void lint_node_ports(struct lint *lint, struct checking *c)
{
	const struct service *service = (const void *)c->object;

	for (size_t i = 0; i < service->ports.count; i++) {
		const struct service_port *port = &service->ports.at[i];
		int64_t number = port->node_port.value;
		auto_(freep) char *field = xasprintf("spec.ports[%zu].nodePort", i);
		const struct service **user;

		if (number <= 0 || number >= NODE_PORTS)
			continue;
		if (number < NODE_PORT_MIN || number > NODE_PORT_MAX)
			check_warning(c, field, "write a number from 30000 to 32767",
				"%lld is outside the range of node ports", (long long)number);
		user = &lint->node_ports[number * PROTOCOLS + port->protocol % PROTOCOLS];
		if (*user)
			check_warning(c, field, "give each its own",
				"node port %lld is used by %s/%s too", (long long)number,
				object_ns(&(*user)->object), (*user)->object.meta.name);
		else
			*user = service;
	}
}

static bool lists_or_matches(const struct strings *names, const struct selectors *selectors,
	const char *name, const struct labels *labels)
{
	return strings_contain(names, name) ||
		(selectors->count > 0 && labels && selectors_match(selectors, labels));
}

/* True if @pool gives addresses to @service at all. */
static bool pool_allows(
	const struct lint *lint, const struct pool *pool, const struct service *service)
{
	const char *ns = object_ns(&service->object);
	const struct object *namespace = model_find(lint->model, MODEL_NAMESPACE, NULL, ns);
	bool is_for_some = pool->namespaces.count > 0 || pool->namespace_selectors.count > 0;

	if (!pool->has_service_allocation)
		return true;
	if (is_for_some &&
		!lists_or_matches(&pool->namespaces, &pool->namespace_selectors, ns,
			namespace ? &namespace->meta.labels : NULL))
		return false;
	return selectors_match(&pool->service_selectors, &service->object.meta.labels);
}

static bool pool_is_wanted(
	const struct lint *lint, const struct pool *pool, const struct service *service)
{
	const char *wanted = service_annotation(service, "address-pool");
	bool asks = (service->load_balancer_ip && service->load_balancer_ip[0]) ||
		service_annotation(service, "loadBalancerIPs");
	bool is_automatic = !pool->auto_assign.is_set || pool->auto_assign.value;

	if (wanted && wanted[0] && strcmp(wanted, pool->object.meta.name) != 0)
		return false;
	return pool_allows(lint, pool, service) && (is_automatic || asks || (wanted && wanted[0]));
}

static bool takes_pool(
	const struct strings *names, const struct selectors *selectors, const struct pool *pool)
{
	return (names->count == 0 && selectors->count == 0) ||
		lists_or_matches(
			names, selectors, pool->object.meta.name, &pool->object.meta.labels);
}

static bool is_advertised(
	const struct lint *lint, const struct pool *pool, const struct service *service)
{
	const struct labels *labels = &service->object.meta.labels;

	model_each(lint->model, MODEL_L2_ADVERTISEMENT, object)
	{
		const struct l2_advertisement *ad = (const void *)object;

		if (takes_pool(&ad->pools, &ad->pool_selectors, pool) &&
			selectors_match(&ad->service_selectors, labels))
			return true;
	}
	model_each(lint->model, MODEL_BGP_ADVERTISEMENT, object)
	{
		const struct bgp_advertisement *ad = (const void *)object;

		if (takes_pool(&ad->pools, &ad->pool_selectors, pool) &&
			selectors_match(&ad->service_selectors, labels))
			return true;
	}
	return false;
}

static void lint_load_balancer(struct lint *lint, struct checking *c)
{
	const struct service *service = (const void *)c->object;
	const char *wanted = service_annotation(service, "address-pool");
	size_t wanted_pools = 0;
	size_t advertised = 0;

	if (service_is_headless(service))
		check_warning(c, "spec.clusterIP", "take clusterIP: None out",
			"a headless Service gets no external address");
	if (service->load_balancer_class && service->load_balancer_class[0])
		return; /* whose it is depends on the agent's settings */
	model_each(lint->model, MODEL_POOL, object)
	{
		const struct pool *pool = (const void *)object;

		if (!pool_is_wanted(lint, pool, service))
			continue;
		wanted_pools++;
		advertised += is_advertised(lint, pool, service);
	}
	if (wanted_pools == 0 && wanted && wanted[0])
		check_warning(c, "metadata.annotations",
			"name an IPAddressPool that may serve this namespace and Service",
			"no pool \"%.64s\" gives it an address", wanted);
	else if (wanted_pools == 0)
		check_warning(c, "spec.type", "add an IPAddressPool, or widen serviceAllocation",
			"no IPAddressPool gives this LoadBalancer an address");
	else if (advertised == 0)
		check_warning(c, "spec.type",
			"add an L2Advertisement or BGPAdvertisement for the pool",
			"no advertisement covers the pools of this LoadBalancer");
}

static void lint_service(struct lint *lint, const struct service *service)
{
	struct checking c = check_of(lint, service);

	lint_selector(lint, &c);
	lint_node_ports(lint, &c);
	if (service->type == SERVICE_LOAD_BALANCER)
		lint_load_balancer(lint, &c);
}

static void lint_peer(struct lint *lint, const struct bgp_peer_spec *peer)
{
	struct checking c = { .object = &peer->object, .report = lint->report };
	const char *name = peer->password_secret_name;
	const char *ns = peer->password_secret_ns && peer->password_secret_ns[0] ?
		peer->password_secret_ns :
		object_ns(&peer->object);
	const struct secret *secret;

	if (!name || !name[0])
		return;
	secret = (const void *)model_find(lint->model, MODEL_SECRET, ns, name);
	if (!secret)
		check_warning(&c, "spec.passwordSecret", "make a Secret with the key password",
			"there is no Secret %s/%s", ns, name);
	else if (!labels_get(&secret->data, "password") &&
		!labels_get(&secret->string_data, "password"))
		check_warning(&c, "spec.passwordSecret", "put the password under the key password",
			"Secret %s/%s has no key password", ns, name);
	else if (!secret->type || strcmp(secret->type, "kubernetes.io/basic-auth") != 0)
		check_warning(&c, "spec.passwordSecret",
			"write type: kubernetes.io/basic-auth in the Secret",
			"Secret %s/%s is not of the type that MetalLB takes", ns, name);
}

/* A workload that does not match its own template makes no pods at all. */
static void lint_workload(struct lint *lint, const struct workload *workload)
{
	struct checking c = { .object = &workload->object, .report = lint->report };
	bool has_selector = workload->selector.match_labels.count > 0 ||
		workload->selector.expressions.count > 0;

	if (has_selector && !selector_matches(&workload->selector, &workload->template_labels))
		check_warning(&c, "spec.selector", "write the same labels in both",
			"does not match the labels of its own template");
}

void conf_lint(const struct model *model, struct report *report)
{
	auto_(freep) const struct service **node_ports = xcalloc(
		NODE_PORTS * PROTOCOLS, sizeof(node_ports[0]));
	auto_(lint_index_freep) struct lint_index *index = lint_index_new(model);
	struct lint lint = { model, report, index, node_ports };

	model_each(model, MODEL_SERVICE, object) lint_service(&lint, (const void *)object);
	model_each(model, MODEL_WORKLOAD, object) lint_workload(&lint, (const void *)object);
	model_each(model, MODEL_BGP_PEER, object) lint_peer(&lint, (const void *)object);
	lint_bgp(model, report);
}
