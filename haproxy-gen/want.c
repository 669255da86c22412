/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/want.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "haproxy-gen/want_parts.h"
#include "model/select.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	LABEL_MAX = 63,
	DETAIL_MAX = 512,
	ASSIGNED_MAX = 2, /* addresses that the allocator gives to a Service: one a family */
};

/* A Service that is to be served, and where. */
struct candidate {
	const struct service *service;
	struct ip *ips[WANT_FAMILIES];
	size_t counts[WANT_FAMILIES];
	uint32_t *claims; /* their numbers: for each port all its IPv4 and IPv6 addresses */
};

struct building {
	struct want *want;
	const struct want_input *input;
	struct candidate *at;
	size_t count;
	struct claims *claims;
	struct want_servers cluster[WANT_FAMILIES];
	struct acl_ids acl_ids;
	const struct want_options *options; /* the last ones */
};

uint32_t want_hash(const char *text)
{
	uint32_t hash = UINT32_C(2166136261);

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT32_C(16777619);
	/* The last bytes must reach the high bits too. */
	hash ^= hash >> 15;
	hash *= UINT32_C(2246822519);
	return hash ^ hash >> 13;
}

static void add_refusal(struct want *want, const struct object *object, uint16_t port,
	enum want_reason reason, bool is_served, const char *detail)
{
	*array_add(want->refusals, want->refusal_count,
		want->refusal_capacity) = (struct want_refusal){
		.reason = reason,
		.kind = object->kind == MODEL_NODE ? "Node" : "Service",
		.ns = arena_strdup(&want->arena, object_ns(object)),
		.name = arena_strdup(&want->arena, object->meta.name),
		.port = port,
		.is_served = is_served,
		.detail = detail ? arena_strdup(&want->arena, detail) : NULL,
	};
}

__attribute__((format(printf, 6, 0))) static void refuse(struct want *want,
	const struct object *object, uint16_t port, enum want_reason reason, bool is_served,
	const char *format, va_list args)
{
	char detail[DETAIL_MAX];

	if (format)
		(void)vsnprintf(detail, sizeof(detail), format, args);
	add_refusal(want, object, port, reason, is_served, format ? detail : NULL);
}

void want_refuse(struct want *want, const struct object *object, uint16_t port,
	enum want_reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	refuse(want, object, port, reason, false, format, args);
	va_end(args);
}

void want_remark(struct want *want, const struct object *object, uint16_t port,
	enum want_reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	refuse(want, object, port, reason, true, format, args);
	va_end(args);
}

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_label(const char *text)
{
	size_t len = 0;

	/* strspn() makes a table of its own for each of ten thousand names. */
	while (is_label_char(text[len]) && len <= LABEL_MAX)
		len++;
	return len > 0 && len <= LABEL_MAX && text[len] == '\0';
}

static bool is_ours(const struct gen_settings *settings, const struct service *service)
{
	const char *class = service->load_balancer_class ? service->load_balancer_class : "";

	return strcmp(class, settings->load_balancer_class) == 0;
}

/* @text is an address or a prefix. */
static bool covers(const char *text, const struct ip *ip)
{
	struct ip_prefix prefix;
	struct ip one;

	if (ip_prefix_parse(text, &prefix) == 0)
		return ip_prefix_contains(&prefix, ip);
	return ip_parse(text, &one) == 0 && ip_equal(&one, ip);
}

static bool is_allowed(const struct gen_settings *settings, const struct ip *ip)
{
	const struct strings *allowed = &settings->frontends.addresses;

	for (size_t i = 0; i < allowed->count; i++) {
		if (covers(allowed->at[i], ip))
			return true;
	}
	return allowed->count == 0;
}

/* All zeros would be every address of the VM; a link-local one is not one address. */
static bool can_listen(const struct ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->bytes, zero, ip_len(ip)) != 0 && !ip_is_multicast(ip) &&
		!ip_is_link_local(ip);
}

static void add_ip(struct building *b, struct candidate *candidate, const struct ip *ip)
{
	unsigned f = ip->family == AF_INET ? WANT_V4 : WANT_V6;
	const struct object *object = &candidate->service->object;
	char text[IP_TEXT_SIZE];

	for (size_t i = 0; i < candidate->counts[f]; i++) {
		if (ip_equal(&candidate->ips[f][i], ip))
			return;
	}
	if (!can_listen(ip))
		want_refuse(b->want, object, 0, WANT_BAD_ADDRESS, "%s", ip_format(ip, text));
	else if (!is_allowed(b->input->settings, ip))
		want_refuse(
			b->want, object, 0, WANT_ADDRESS_NOT_ALLOWED, "%s", ip_format(ip, text));
	else
		candidate->ips[f][candidate->counts[f]++] = *ip;
}

static void add_texts(
	struct building *b, struct candidate *candidate, char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ip ip;

		if (ip_parse(texts[i], &ip) == 0)
			add_ip(b, candidate, &ip);
		else
			want_refuse(b->want, &candidate->service->object, 0, WANT_BAD_ADDRESS,
				"\"%.64s\"", texts[i]);
	}
}

static void add_ingress(struct building *b, struct candidate *candidate)
{
	const struct service *service = candidate->service;
	const struct ipam_assignment *assignment;

	if (!b->input->ipam) {
		for (size_t i = 0; i < service->ingress.count; i++) {
			if (service->ingress.at[i].ip)
				add_texts(b, candidate, &service->ingress.at[i].ip, 1);
		}
		return;
	}
	assignment = ipam_find(
		b->input->ipam, object_ns(&service->object), service->object.meta.name);
	for (size_t i = 0; assignment && i < assignment->count; i++)
		add_ip(b, candidate, &assignment->ips[i]);
}

static void find_ips(struct building *b, struct candidate *candidate)
{
	const struct service *service = candidate->service;
	const struct strings *own = &b->input->settings->frontends.node_port_addresses;
	bool is_node_port = service->type == SERVICE_NODE_PORT;
	size_t most = is_node_port ? own->count :
				     service->external_ips.count +
			(b->input->ipam ? ASSIGNED_MAX : service->ingress.count);

	candidate->ips[WANT_V4] = arena_new_array(&b->want->arena, struct ip, WANT_FAMILIES * most);
	candidate->ips[WANT_V6] = candidate->ips[WANT_V4] + most;
	if (is_node_port) {
		add_texts(b, candidate, own->at, own->count);
		return;
	}
	add_ingress(b, candidate);
	add_texts(b, candidate, service->external_ips.at, service->external_ips.count);
}

/* What keeps a whole Service out. Return: true if it is one to serve. */
static bool judge(struct building *b, const struct service *service)
{
	const struct object *object = &service->object;
	const struct gen_settings *settings = b->input->settings;

	if (service->type == SERVICE_NODE_PORT && settings->frontends.node_port_addresses.count > 0)
		return !object->meta.deleted_seconds && is_label(object->meta.name) &&
			is_label(object_ns(object));
	if (service->type != SERVICE_LOAD_BALANCER)
		return false;
	if (!is_ours(settings, service))
		want_refuse(b->want, object, 0, WANT_OTHER_CLASS, "%.64s",
			service->load_balancer_class ? service->load_balancer_class : "(none)");
	else if (object->meta.deleted_seconds != 0)
		want_refuse(b->want, object, 0, WANT_BEING_DELETED, NULL);
	else if (!is_label(object->meta.name) || !is_label(object_ns(object)))
		want_refuse(b->want, object, 0, WANT_BAD_NAME, NULL);
	else if (service_is_headless(service))
		want_refuse(b->want, object, 0, WANT_HEADLESS, NULL);
	else
		return true;
	return false;
}

static uint16_t listen_port(const struct service *service, const struct service_port *port)
{
	return (uint16_t)(service->type == SERVICE_NODE_PORT ? port->node_port.value :
							       port->port.value);
}

static uint32_t *claims_of(
	const struct candidate *candidate, const struct service_port *port, unsigned f)
{
	size_t i = (size_t)(port - candidate->service->ports.at);
	size_t all = candidate->counts[WANT_V4] + candidate->counts[WANT_V6];

	return candidate->claims + i * all + (f == WANT_V6 ? candidate->counts[WANT_V4] : 0);
}

static void claim_ports(struct building *b, struct candidate *candidate)
{
	const struct service *service = candidate->service;
	size_t all = candidate->counts[WANT_V4] + candidate->counts[WANT_V6];

	candidate->claims = arena_new_array(
		&b->want->arena, uint32_t, service->ports.count * all + 1);

	for (size_t i = 0; i < service->ports.count; i++) {
		const struct service_port *port = &service->ports.at[i];

		if (port->protocol == PROTOCOL_SCTP || port->node_port.value <= 0)
			continue;
		for (unsigned f = 0; f < WANT_FAMILIES; f++) {
			uint32_t *numbers = claims_of(candidate, port, f);

			for (size_t k = 0; k < candidate->counts[f]; k++)
				numbers[k] = claims_add(b->claims, &candidate->ips[f][k],
					listen_port(service, port), port->protocol == PROTOCOL_UDP,
					service);
		}
	}
}

static void consider(struct building *b, const struct object *object)
{
	struct candidate *candidate = &b->at[b->count];

	if (!judge(b, (const struct service *)object))
		return;
	*candidate = (struct candidate){ .service = (const struct service *)object };
	find_ips(b, candidate);
	if (candidate->counts[WANT_V4] + candidate->counts[WANT_V6] == 0) {
		want_refuse(b->want, object, 0, WANT_NO_ADDRESS, NULL);
		return;
	}
	claim_ports(b, candidate);
	b->count++;
}

static void find_candidates(struct building *b)
{
	const struct model *model = b->input->model;
	const struct model_dirty *only = b->input->only;

	b->at = xnew_array(
		struct candidate, (only ? only->count : model_count(model, MODEL_SERVICE)) + 1);
	for (size_t i = 0; only && i < only->count; i++) {
		const struct object *object = model_find(
			model, MODEL_SERVICE, only->at[i].ns, only->at[i].name);

		if (object)
			consider(b, object);
	}
	if (only)
		return;
	model_each(model, MODEL_SERVICE, object) consider(b, object);
}

/* True if HAProxy can have @ip and @port, or it is not for HAProxy. */
static bool can_bind(struct building *b, const struct candidate *candidate, const struct ip *ip,
	uint16_t number, bool is_udp)
{
	char text[IP_TEXT_SIZE];
	int error;

	if (is_udp || !b->input->bind_error)
		return true;
	error = b->input->bind_error(b->input->user, ip, number);
	if (error != 0)
		want_refuse(b->want, &candidate->service->object, number, WANT_CANNOT_BIND,
			"%s port %u: %s", ip_format(ip, text), number, strerror(error));
	return error == 0;
}

/* True if address @i of family @f is that of @candidate on @port, and can be had. */
static bool owns(struct building *b, const struct candidate *candidate, unsigned f,
	const struct service_port *port, size_t i)
{
	const struct ip *ip = &candidate->ips[f][i];
	const struct service *owner = claims_owner(b->claims, claims_of(candidate, port, f)[i]);
	uint16_t number = listen_port(candidate->service, port);
	char text[IP_TEXT_SIZE];

	if (owner == candidate->service)
		return can_bind(b, candidate, ip, number, port->protocol == PROTOCOL_UDP);
	if (owner)
		want_refuse(b->want, &candidate->service->object, number, WANT_CONFLICT,
			"%s port %u is of %s/%s", ip_format(ip, text), number,
			object_ns(&owner->object), owner->object.meta.name);
	else
		want_refuse(b->want, &candidate->service->object, number, WANT_CONFLICT,
			"%s port %u is the VM's own", ip_format(ip, text), number);
	return false;
}

/* The addresses of @candidate on which @port is its own: mostly all, and then they are no copy. */
static size_t own_ips(struct building *b, const struct candidate *candidate, unsigned f,
	const struct service_port *port, const struct ip **ret_ips)
{
	const struct ip *all = candidate->ips[f];
	struct ip *some = NULL;
	size_t count = 0;

	for (size_t i = 0; i < candidate->counts[f]; i++) {
		bool is_own = owns(b, candidate, f, port, i);

		if (!is_own && !some) {
			some = arena_new_array(&b->want->arena, struct ip, candidate->counts[f]);
			memcpy(some, all, i * sizeof(*all));
		}
		if (is_own && some)
			some[count] = all[i];
		count += is_own;
	}
	*ret_ips = some ? some : all;
	return count;
}

static const char *listen_name(
	struct building *b, const struct service *service, uint16_t port, unsigned f)
{
	char number[8];
	char *digits = number + sizeof(number) - 1;

	*digits = '\0';
	do {
		*--digits = (char)('0' + port % 10);
		port /= 10;
	} while (port > 0);
	return arena_join(&b->want->arena, f == WANT_V6 ? 6 : 5,
		(const char *[]){ object_ns(&service->object), ".", service->object.meta.name, ".",
			digits, ".v6" });
}

/* One Service while its listeners are made. */
struct serving {
	const struct candidate *candidate;
	const struct want_options *options;
	struct want_servers servers[WANT_FAMILIES];
	bool has_listen;
};

static void add_listen(
	struct building *b, struct serving *s, const struct service_port *port, unsigned f)
{
	const struct service *service = s->candidate->service;
	uint16_t number = (uint16_t)port->port.value;
	const struct ip *ips;
	size_t count = own_ips(b, s->candidate, f, port, &ips);
	const char *name = listen_name(b, service, number, f);
	struct want *want = b->want;

	if (count == 0)
		return;
	if (port->protocol == PROTOCOL_UDP) {
		*array_add(want->udp, want->udp_count, want->udp_capacity) = (struct want_udp){
			.name = name,
			.family = (uint8_t)f,
			.port = listen_port(service, port),
			.node_port = (uint16_t)port->node_port.value,
			.binds = ips,
			.bind_count = count,
			.servers = s->servers[f],
			.ranges = want_ranges_of(want, &b->acl_ids, service, f, name),
			.affinity_s = s->options->affinity_s,
		};
		return;
	}
	s->has_listen = true;
	want->has_affinity |= s->options->affinity_s > 0;
	*array_add(want->listens, want->listen_count, want->listen_capacity) = (struct want_listen){
		.name = name,
		.family = (uint8_t)f,
		.port = listen_port(service, port),
		.node_port = (uint16_t)port->node_port.value,
		.binds = ips,
		.bind_count = count,
		.servers = s->servers[f],
		.ranges = want_ranges_of(want, &b->acl_ids, service, f, name),
		.options = s->options,
	};
}

static bool is_twin(const struct service *service, size_t i)
{
	const struct service_port *port = &service->ports.at[i];

	for (size_t k = 0; k < i; k++) {
		if (service->ports.at[k].port.value == port->port.value &&
			service->ports.at[k].protocol == port->protocol)
			return true;
	}
	return false;
}

static void serve_port(struct building *b, struct serving *s, size_t i)
{
	const struct service *service = s->candidate->service;
	const struct service_port *port = &service->ports.at[i];
	uint16_t number = (uint16_t)port->port.value;
	bool has_udp_file = b->input->settings->output.udp[0];

	if (port->protocol == PROTOCOL_SCTP) {
		want_refuse(b->want, &service->object, number, WANT_SCTP, NULL);
	} else if (port->protocol == PROTOCOL_UDP && !has_udp_file) {
		want_refuse(b->want, &service->object, number, WANT_UDP, NULL);
	} else if (port->node_port.value <= 0) {
		want_refuse(b->want, &service->object, number, WANT_NO_NODE_PORT, NULL);
	} else if (is_twin(service, i)) {
		want_refuse(b->want, &service->object, number, WANT_CONFLICT,
			"port %u is there twice", number);
	} else {
		for (unsigned f = 0; f < WANT_FAMILIES; f++) {
			if (s->candidate->counts[f] > 0)
				add_listen(b, s, port, f);
		}
	}
}

static void find_servers(struct building *b, struct serving *s)
{
	const struct service *service = s->candidate->service;
	bool is_local = service->external_traffic_policy == TRAFFIC_LOCAL;
	auto_(freep) char *key = NULL;

	if (is_local) {
		want_local_servers(b->want, b->input->model, service, s->servers);
	} else if (b->input->settings->nodes.subset == 0) {
		memcpy(s->servers, b->cluster, sizeof(s->servers));
	} else {
		key = xasprintf("%s/%s", object_ns(&service->object), service->object.meta.name);
		for (unsigned f = 0; f < WANT_FAMILIES; f++)
			s->servers[f] = want_subset_servers(
				b->want, b->input->settings->nodes.subset, key, &b->cluster[f]);
	}
	for (unsigned f = 0; f < WANT_FAMILIES; f++) {
		if (s->candidate->counts[f] > 0 && s->servers[f].count == 0)
			want_remark(b->want, &service->object, 0,
				is_local && b->want->node_count > 0 ? WANT_NO_ENDPOINT :
								      WANT_NO_NODE,
				f == WANT_V4 ? "over IPv4" : "over IPv6");
	}
}

static int by_port(const void *a, const void *b)
{
	const struct want_listen *left = a;
	const struct want_listen *right = b;

	if (left->port != right->port)
		return left->port < right->port ? -1 : 1;
	return (int)left->family - (int)right->family;
}

/* Most Services say the same as the one before: then they share it. */
static const struct want_options *keep_options(struct building *b, const struct want_options *new)
{
	struct want_options *options;

	if (b->options && want_options_equal(b->options, new))
		return b->options;
	options = arena_alloc(&b->want->arena, sizeof(*options));
	*options = *new;
	b->options = options;
	return options;
}

static void serve(struct building *b, const struct candidate *candidate)
{
	struct serving s = { .candidate = candidate };
	struct want_options options;
	size_t first = b->want->listen_count;

	if (!want_options(b->want, b->input, candidate->service, &options))
		return;
	s.options = keep_options(b, &options);
	want_bad_ranges(b->want, candidate->service);
	find_servers(b, &s);
	for (size_t i = 0; i < candidate->service->ports.count; i++)
		serve_port(b, &s, i);
	b->want->service_count += s.has_listen;
	if (b->want->listen_count > first + 1)
		qsort(b->want->listens + first, b->want->listen_count - first,
			sizeof(b->want->listens[0]), by_port);
}

struct want *want_new(const struct want_input *input)
{
	struct want *want = xnew(struct want);
	struct building b = { .want = want, .input = input };

	b.claims = claims_new(
		input->only ? input->only->count : model_count(input->model, MODEL_SERVICE));
	claims_add_own(b.claims, input->settings);
	want_nodes(want, input);
	want_cluster_servers(want, b.cluster);
	find_candidates(&b);
	want->listen_capacity = b.count;
	want->listens = xnew_array(struct want_listen, b.count);
	for (size_t i = 0; i < b.count; i++)
		serve(&b, &b.at[i]);
	claims_free(b.claims);
	acl_ids_fini(&b.acl_ids);
	free(b.at);
	return want;
}

struct want *want_free(struct want *want)
{
	if (!want)
		return NULL;

	arena_fini(&want->arena);
	free(want->listens);
	free(want->udp);
	free(want->refusals);
	free(want);
	return NULL;
}
