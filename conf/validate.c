/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kinds of Kubernetes, by the rules of its API, and the way to the rules of metallb.io's.
 */

#include "conf/validate.h"

#include "base/mem.h"
#include "conf/rules.h"
#include "model/select.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	LABEL_MAX = 63,
	SUBDOMAIN_MAX = 253,
	PORT_NAME_MAX = 15,
};

/* RFC 1123 names: what Kubernetes lets objects be called. */
static bool is_dns(const char *text, size_t max, bool may_have_dots)
{
	size_t len = strlen(text);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool is_edge = i == 0 || i + 1 == len;

		if (islower((unsigned char)text[i]) || isdigit((unsigned char)text[i]))
			continue;
		if (is_edge || (text[i] != '-' && !(may_have_dots && text[i] == '.')))
			return false;
	}
	return true;
}

/* The name part of a label's key, and its value if that is not empty. */
static bool is_label_word(const char *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || !isalnum((unsigned char)text[0]) ||
		!isalnum((unsigned char)text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
			return false;
	}
	return true;
}

static bool is_label_key(const char *key)
{
	const char *slash = strchr(key, '/');
	auto_(freep) char *prefix = slash ? xstrndup(key, (size_t)(slash - key)) : NULL;
	const char *name = slash ? slash + 1 : key;

	return (!prefix || is_dns(prefix, SUBDOMAIN_MAX, true)) &&
		is_label_word(name, strlen(name));
}

void check_labels(struct checking *c, const struct labels *labels, const char *field)
{
	for (size_t i = 0; i < labels->count; i++) {
		const char *key = labels->at[i].key;
		const char *value = labels->at[i].value ? labels->at[i].value : "";

		if (!is_label_key(key))
			check_error(c, field,
				"write at most 63 letters, digits, dashes, underscores and dots, "
				"with PREFIX/ before them if need be",
				"\"%.80s\" is no key of a label", key);
		else if (value[0] && !is_label_word(value, strlen(value)))
			check_error(c, field,
				"write at most 63 letters, digits, dashes, underscores and dots",
				"\"%.80s\" is no value of a label, in %.80s", value, key);
	}
}

static void check_meta(struct checking *c)
{
	const struct object *object = c->object;
	bool is_label = object->kind == MODEL_SERVICE || object->kind == MODEL_NAMESPACE;

	if (!is_dns(object->meta.name, is_label ? LABEL_MAX : SUBDOMAIN_MAX, !is_label))
		check_error(c, "metadata.name",
			is_label ? "write lower case letters, digits and dashes, at most 63" :
				   "write lower case letters, digits, dashes and dots, at most 253",
			"\"%.64s\" is not a valid name", object->meta.name);
	if (object->meta.ns && !is_dns(object->meta.ns, LABEL_MAX, false))
		check_error(c, "metadata.namespace",
			"write lower case letters, digits and dashes, at most 63",
			"\"%.64s\" is not a valid namespace", object->meta.ns);
	check_labels(c, &object->meta.labels, "metadata.labels");
}

static void check_ip(struct checking *c, const char *text, const char *field)
{
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		check_error(c, field, "write an address, as in 192.0.2.1 or 2001:db8::1",
			"\"%.64s\" is no IP address", text);
}

static void check_ips(struct checking *c, const struct strings *ips, const char *field)
{
	for (size_t i = 0; i < ips->count; i++) {
		auto_(freep) char *path = xasprintf("%s[%zu]", field, i);

		check_ip(c, ips->at[i], path);
	}
}

/* IANA service name: what a named port may be. */
static bool is_port_name(const char *text)
{
	size_t len = strlen(text);
	bool has_letter = false;

	for (size_t i = 0; i < len; i++)
		has_letter |= islower((unsigned char)text[i]) != 0;
	return has_letter && len <= PORT_NAME_MAX && is_dns(text, PORT_NAME_MAX, false) &&
		!strstr(text, "--");
}

static void check_port(struct checking *c, const struct service *service, size_t i)
{
	const struct service_port *port = &service->ports.at[i];
	auto_(freep) char *at = xasprintf("spec.ports[%zu]", i);
	auto_(freep) char *name = xasprintf("%s.name", at);
	auto_(freep) char *target = xasprintf("%s.targetPort", at);

	if (service->ports.count > 1 && !port->name)
		check_error(c, at, "name every port when there are several", "has no name");
	if (port->name && !is_dns(port->name, LABEL_MAX, false))
		check_error(c, name, "write lower case letters, digits and dashes",
			"\"%.64s\" is no valid port name", port->name);
	if (port->target_port.text && !is_port_name(port->target_port.text))
		check_error(c, target,
			"write a number without quotes, or a container port's name of at most 15 "
			"lower case letters, digits and dashes",
			"\"%.64s\" is no valid port name", port->target_port.text);
	if (!port->target_port.text &&
		(port->target_port.value < 0 || port->target_port.value > 65535))
		check_error(c, target, "write a number from 1 to 65535", "is out of range");
	for (size_t j = 0; j < i; j++) {
		const struct service_port *other = &service->ports.at[j];

		if (port->name && other->name && strcmp(port->name, other->name) == 0)
			check_error(c, name, "give each port its own name",
				"duplicate port name \"%.64s\"", port->name);
		if (port->protocol == other->protocol && port->port.value == other->port.value)
			check_error(c, at, "take one of them out",
				"port %lld is there twice with one protocol",
				(long long)port->port.value);
	}
}

static void check_cluster_ips(struct checking *c, const struct service *service)
{
	const struct strings *ips = &service->cluster_ips;
	const char *first = service->cluster_ip;

	if (first && first[0] && strcmp(first, "None") != 0)
		check_ip(c, first, "spec.clusterIP");
	if (ips->count > 2)
		check_error(c, "spec.clusterIPs", "write one address for each family",
			"has more than two addresses");
	if (ips->count == 1 && strcmp(ips->at[0], "None") == 0)
		return;
	check_ips(c, ips, "spec.clusterIPs");
	if (first && first[0] && ips->count > 0 && strcmp(first, ips->at[0]) != 0)
		check_error(c, "spec.clusterIPs[0]", "write the same address in both",
			"differs from spec.clusterIP");
}

static void check_families(struct checking *c, const struct strings *families)
{
	for (size_t i = 0; i < families->count; i++) {
		if (strcmp(families->at[i], "IPv4") != 0 && strcmp(families->at[i], "IPv6") != 0)
			check_error(c, "spec.ipFamilies", "write IPv4 or IPv6",
				"\"%.64s\" is no family", families->at[i]);
	}
	check_unique(c, families, "spec.ipFamilies");
}

/* What the allocator will refuse: the address that is there stays, so these are warnings. */
static void check_requests(struct checking *c, const struct service *service)
{
	const char *list = service_annotation(service, "loadBalancerIPs");
	auto_(freep) char *copy = list ? xstrdup(list) : NULL;
	static const char advice[] =
		"write one address, or one of each family with a comma between";
	unsigned asked[2] = { 0, 0 };
	char *rest = copy;
	struct ip ip;

	if (service->load_balancer_ip && service->load_balancer_ip[0] &&
		ip_parse(service->load_balancer_ip, &ip) < 0)
		check_warning(c, "spec.loadBalancerIP", "write an address",
			"\"%.64s\" is no IP address", service->load_balancer_ip);
	if (list && service->load_balancer_ip && service->load_balancer_ip[0])
		check_warning(c, "spec.loadBalancerIP", "take one of the two out",
			"service can not have both metallb.io/loadBalancerIPs and "
			"svc.Spec.LoadBalancerIP");
	for (char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
		item += strspn(item, " \t");
		item[strcspn(item, " \t")] = '\0';
		if (ip_parse(item, &ip) < 0)
			check_warning(c, "metadata.annotations", advice,
				"loadBalancerIPs: \"%.64s\" is no IP address", item);
		else if (asked[ip.family == AF_INET6]++ == 1)
			check_warning(c, "metadata.annotations", advice,
				"loadBalancerIPs: asks for two addresses of one family");
	}
}

static void check_source_ranges(struct checking *c, const struct strings *ranges)
{
	struct ip_prefix prefix;

	for (size_t i = 0; i < ranges->count; i++) {
		auto_(freep) char *path = xasprintf("spec.loadBalancerSourceRanges[%zu]", i);
		const char *text = ranges->at[i] + strspn(ranges->at[i], " ");

		if (ip_prefix_parse(text, &prefix) < 0)
			check_error(c, path, "write a prefix, as in 10.0.0.0/8",
				"\"%.64s\" is no CIDR", ranges->at[i]);
	}
}

void check_service(struct checking *c, const struct service *service)
{
	bool is_external_name = service->type == SERVICE_EXTERNAL_NAME;
	bool is_external = service->type == SERVICE_NODE_PORT ||
		service->type == SERVICE_LOAD_BALANCER;

	if (is_external_name && (!service->external_name || !service->external_name[0]))
		check_error(c, "spec.externalName", "write the DNS name it stands for",
			"is missing in a Service of type ExternalName");
	if (!is_external_name && !service_is_headless(service) && service->ports.count == 0)
		check_error(c, "spec.ports", "write at least one port", "is empty");
	for (size_t i = 0; i < service->ports.count; i++)
		check_port(c, service, i);
	check_labels(c, &service->selector, "spec.selector");
	check_cluster_ips(c, service);
	check_families(c, &service->ip_families);
	check_ips(c, &service->external_ips, "spec.externalIPs");
	check_source_ranges(c, &service->source_ranges);
	check_requests(c, service);
	if (!is_external && service->external_traffic_policy == TRAFFIC_LOCAL &&
		service->external_ips.count == 0)
		check_warning(c, "spec.externalTrafficPolicy",
			"take it out, or make the Service a NodePort or LoadBalancer",
			"means nothing in a Service without external traffic");
}

void check_endpoint_slice(struct checking *c, const struct endpoint_slice *slice)
{
	const char *type = slice->address_type ? slice->address_type : "";
	bool is_fqdn = strcmp(type, "FQDN") == 0;
	uint8_t family = strcmp(type, "IPv4") == 0 ? AF_INET : AF_INET6;
	struct ip ip;

	if (!is_fqdn && family != AF_INET && strcmp(type, "IPv6") != 0) {
		check_error(c, "addressType", "write IPv4, IPv6 or FQDN",
			type[0] ? "\"%.64s\" is not known" : "is missing%.64s", type);
		return;
	}
	if (!labels_get(&slice->object.meta.labels, "kubernetes.io/service-name"))
		check_warning(c, "metadata.labels",
			"add the label kubernetes.io/service-name: NAME",
			"names no Service: these endpoints belong to nobody");
	for (size_t i = 0; !is_fqdn && i < slice->endpoints.count; i++) {
		const struct strings *addresses = &slice->endpoints.at[i].addresses;

		for (size_t j = 0; j < addresses->count; j++) {
			auto_(freep) char *path = NULL;

			if (ip_parse(addresses->at[j], &ip) == 0 && ip.family == family)
				continue;
			path = xasprintf("endpoints[%zu].addresses[%zu]", i, j);
			check_error(c, path, "write an address of the family in addressType",
				"\"%.64s\" is no %s address", addresses->at[j], type);
		}
	}
}

static void check_subset(struct checking *c, const struct endpoint_addresses *addresses, size_t i)
{
	for (size_t j = 0; j < addresses->count; j++) {
		auto_(freep) char *path = xasprintf("subsets[%zu]", i);

		check_ip(c, addresses->at[j].ip ? addresses->at[j].ip : "", path);
	}
}

void check_endpoints(struct checking *c, const struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->subsets.count; i++) {
		check_subset(c, &endpoints->subsets.at[i].addresses, i);
		check_subset(c, &endpoints->subsets.at[i].not_ready, i);
	}
}

static void check_pod(struct checking *c, const struct pod *pod)
{
	if (pod->pod_ip && pod->pod_ip[0])
		check_ip(c, pod->pod_ip, "status.podIP");
	for (size_t i = 0; i < pod->pod_ips.count; i++) {
		auto_(freep) char *path = xasprintf("status.podIPs[%zu]", i);

		check_ip(c, pod->pod_ips.at[i].ip ? pod->pod_ips.at[i].ip : "", path);
	}
}

static void check_node(struct checking *c, const struct node *node)
{
	for (size_t i = 0; i < node->addresses.count; i++) {
		const struct node_address *address = &node->addresses.at[i];
		auto_(freep) char *path = xasprintf("status.addresses[%zu]", i);

		if (address->type && strcmp(address->type, "InternalIP") == 0)
			check_ip(c, address->address ? address->address : "", path);
	}
}

static void check_kind(struct checking *c)
{
	const void *object = c->object;

	switch (c->object->kind) {
	case MODEL_SERVICE:
		check_service(c, object);
		break;
	case MODEL_ENDPOINT_SLICE:
		check_endpoint_slice(c, object);
		break;
	case MODEL_ENDPOINTS:
		check_endpoints(c, object);
		break;
	case MODEL_POD:
		check_pod(c, object);
		break;
	case MODEL_NODE:
		check_node(c, object);
		break;
	case MODEL_WORKLOAD:
		check_selector(c, &((const struct workload *)object)->selector, "spec.selector");
		break;
	case MODEL_POOL:
		check_pool(c, object);
		break;
	case MODEL_L2_ADVERTISEMENT:
		check_l2_advertisement(c, object);
		break;
	case MODEL_BGP_ADVERTISEMENT:
		check_bgp_advertisement(c, object);
		break;
	case MODEL_BGP_PEER:
		check_bgp_peer(c, object);
		break;
	case MODEL_COMMUNITY:
		check_community(c, object);
		break;
	case MODEL_BFD_PROFILE:
		check_bfd_profile(c, object);
		break;
	case MODEL_NAMESPACE:
	case MODEL_SECRET:
	case MODEL_KIND_COUNT_:
		break;
	}
}

int validate_object(const struct object *object, const json_t *value,
	const struct decode_source *source, struct report *report)
{
	struct checking c = { object, value, source, report, false };

	check_meta(&c);
	check_kind(&c);
	return c.is_bad ? -EINVAL : 0;
}

int validate_status(const struct object *object, const json_t *value,
	const struct decode_source *source, struct report *report)
{
	const struct service *service = (const void *)object;
	struct checking c = { object, value, source, report, false };

	check_meta(&c);
	for (size_t i = 0; i < service->ingress.count; i++) {
		auto_(freep) char *field = xasprintf("status.loadBalancer.ingress[%zu].ip", i);

		if (service->ingress.at[i].ip)
			check_ip(&c, service->ingress.at[i].ip, field);
	}
	return c.is_bad ? -EINVAL : 0;
}

bool validate_is_configuration(enum model_kind kind)
{
	return kind >= MODEL_POOL;
}
