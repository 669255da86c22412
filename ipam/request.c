/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/request.h"

#include "base/mem.h"
#include "model/select.h"

#include <string.h>

static const char *const protocol_names[] = { "TCP", "UDP", "SCTP" };

static char *copy_or_null(const char *text)
{
	return text && text[0] != '\0' ? xstrdup(text) : NULL;
}

static void read_families(struct ipam_request *request, const struct service *service)
{
	struct service_families families = service_families(service);
	bool is_dual_policy = service->ip_family_policy == FAMILY_POLICY_PREFER_DUAL_STACK ||
		service->ip_family_policy == FAMILY_POLICY_REQUIRE_DUAL_STACK;
	bool has_cluster_ip = service->cluster_ips.count > 0 || service->cluster_ip;

	request->has_families = !service_is_headless(service);
	/* Manifests that no API server has seen name neither cluster addresses nor families: what
	 * the policy asks for counts, and IPv4 where it asks for nothing. */
	if (!has_cluster_ip && is_dual_policy)
		families.v4 = families.v6 = true;
	if (!families.v4 && !families.v6)
		families.v4 = true;
	request->wants[0] = families.v4;
	request->wants[1] = families.v6;
	request->v6_first = families.v6_first;
	request->prefers_dual = service->ip_family_policy == FAMILY_POLICY_PREFER_DUAL_STACK;
	request->needs_dual = service->ip_family_policy == FAMILY_POLICY_REQUIRE_DUAL_STACK;
}

/* Reads up to two addresses out of a comma-separated list; text of what is wrong, or NULL. */
static char *read_list(const char *list, struct ip ips[2], size_t *ret_count)
{
	auto_(freep) char *copy = xstrdup(list);
	char *rest = copy;
	size_t count = 0;

	for (char *word; (word = strsep(&rest, ","));) {
		struct ip ip;

		word += strspn(word, " \t");
		word[strcspn(word, " \t")] = '\0';
		if (ip_parse(word, &ip) < 0)
			return xasprintf(
				"invalid LoadBalancerIP: \"%s\" is not an IP address", word);
		if (count == 2)
			return xasprintf("\"%s\" are more than two addresses", list);
		ips[count++] = ip;
	}
	if (count == 2 && ips[0].family == ips[1].family)
		return xasprintf("\"%s\" are two addresses of one family", list);
	*ret_count = count;
	return NULL;
}

static char *check_wish(const struct ipam_request *request)
{
	bool asked[2] = { false, false };

	for (size_t i = 0; i < request->ip_count; i++)
		asked[request->ips[i].family == AF_INET6] = true;
	if (asked[0] == request->wants[0] && asked[1] == request->wants[1])
		return NULL;
	return xasprintf("requested loadBalancer IP(s) does not match the ipFamily of the service "
			 "\"%s/%s\"",
		request->ns, request->name);
}

static void read_wish(struct ipam_request *request, const struct service *service)
{
	const char *annotation = service_annotation(service, "loadBalancerIPs");
	const char *field = service->load_balancer_ip;
	bool has_annotation = annotation && annotation[0] != '\0';
	bool has_field = field && field[0] != '\0';

	request->pool = copy_or_null(service_annotation(service, "address-pool"));
	if (has_annotation && has_field) {
		request->bad = xstrdup("service can not have both metallb.io/loadBalancerIPs and "
				       "svc.Spec.LoadBalancerIP");
		return;
	}
	if (!has_annotation && !has_field)
		return;
	request->bad = read_list(
		has_annotation ? annotation : field, request->ips, &request->ip_count);
	if (!request->bad)
		request->bad = check_wish(request);
	if (request->bad)
		request->ip_count = 0;
}

/* One address a family; hostnames are nothing to claim. */
static void read_claims(struct ipam_request *request, const struct service *service)
{
	bool seen[2] = { false, false };

	for (size_t i = 0; i < service->ingress.count; i++) {
		const char *text = service->ingress.at[i].ip;
		struct ip ip;

		if (!text || ip_parse(text, &ip) < 0 || seen[ip.family == AF_INET6])
			continue;
		seen[ip.family == AF_INET6] = true;
		request->claims[request->claim_count++] = ip;
	}
}

static void read_sharing(struct ipam_request *request, const struct service *service)
{
	request->key = copy_or_null(service_annotation(service, "allow-shared-ip"));
	request->backend = service->external_traffic_policy == TRAFFIC_LOCAL ?
		labels_text(&service->selector) :
		xstrdup("");
	request->ports = xnew_array(struct ipam_port, service->ports.count);
	for (size_t i = 0; i < service->ports.count; i++)
		request->ports[request->port_count++] = (struct ipam_port){
			.protocol = service->ports.at[i].protocol,
			.port = (uint16_t)service->ports.at[i].port.value,
		};
}

struct ipam_request *ipam_request_new(const struct service *service, const char *class)
{
	struct ipam_request *request = xnew(struct ipam_request);
	const char *its_class = service->load_balancer_class;

	request->ns = xstrdup(object_ns(&service->object));
	request->name = xstrdup(service->object.meta.name);
	request->created_seconds = service->object.meta.created_seconds;
	request->is_load_balancer = service->type == SERVICE_LOAD_BALANCER;
	request->is_our_class = strcmp(its_class ? its_class : "", class ? class : "") == 0;
	read_families(request, service);
	read_wish(request, service);
	read_claims(request, service);
	read_sharing(request, service);
	return request;
}

struct ipam_request *ipam_request_free(struct ipam_request *request)
{
	if (!request)
		return NULL;
	free(request->ns);
	free(request->name);
	free(request->pool);
	free(request->bad);
	free(request->key);
	free(request->backend);
	free(request->ports);
	free(request);
	return NULL;
}

static bool text_equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool ips_equal(const struct ip *a, size_t a_count, const struct ip *b, size_t b_count)
{
	bool equal = a_count == b_count;

	for (size_t i = 0; equal && i < a_count; i++)
		equal = ip_equal(&a[i], &b[i]);
	return equal;
}

static bool ports_equal(const struct ipam_request *a, const struct ipam_request *b)
{
	bool equal = a->port_count == b->port_count;

	for (size_t i = 0; equal && i < a->port_count; i++)
		equal = a->ports[i].port == b->ports[i].port &&
			a->ports[i].protocol == b->ports[i].protocol;
	return equal;
}

bool ipam_request_equal(const struct ipam_request *a, const struct ipam_request *b)
{
	return a->created_seconds == b->created_seconds &&
		a->is_load_balancer == b->is_load_balancer && a->is_our_class == b->is_our_class &&
		a->has_families == b->has_families && a->wants[0] == b->wants[0] &&
		a->wants[1] == b->wants[1] && a->v6_first == b->v6_first &&
		a->prefers_dual == b->prefers_dual && a->needs_dual == b->needs_dual &&
		text_equal(a->pool, b->pool) && text_equal(a->bad, b->bad) &&
		text_equal(a->key, b->key) && text_equal(a->backend, b->backend) &&
		ips_equal(a->ips, a->ip_count, b->ips, b->ip_count) &&
		ips_equal(a->claims, a->claim_count, b->claims, b->claim_count) &&
		ports_equal(a, b);
}

int ipam_request_compare(const struct ipam_request *a, const struct ipam_request *b)
{
	int order;

	if (a->created_seconds != b->created_seconds) {
		/* Objects that no API server has stamped come last. */
		if (a->created_seconds == 0 || b->created_seconds == 0)
			return a->created_seconds == 0 ? 1 : -1;
		return a->created_seconds < b->created_seconds ? -1 : 1;
	}
	order = strcmp(a->ns, b->ns);
	return order != 0 ? order : strcmp(a->name, b->name);
}

static char *port_conflict(
	const struct ipam_request *holder, const struct ipam_request *asker, const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	for (size_t i = 0; i < asker->port_count; i++) {
		const struct ipam_port *wanted = &asker->ports[i];

		for (size_t k = 0; k < holder->port_count; k++) {
			if (holder->ports[k].port == wanted->port &&
				holder->ports[k].protocol == wanted->protocol)
				return xasprintf("port %s/%u is already in use on \"%s\"",
					protocol_names[wanted->protocol], wanted->port,
					ip_format(ip, text));
		}
	}
	return NULL;
}

char *ipam_sharing_conflict(
	const struct ipam_request *holder, const struct ipam_request *asker, const struct ip *ip)
{
	if (!holder->key)
		return xstrdup("existing service does not allow sharing");
	if (!asker->key)
		return xstrdup("new service does not allow sharing");
	if (strcmp(holder->key, asker->key) != 0)
		return xasprintf("sharing key \"%s\" does not match existing sharing key \"%s\"",
			asker->key, holder->key);
	if (strcmp(holder->backend, asker->backend) != 0)
		return xasprintf("backend key \"%s\" does not match existing backend key \"%s\"",
			asker->backend, holder->backend);
	return port_conflict(holder, asker, ip);
}
