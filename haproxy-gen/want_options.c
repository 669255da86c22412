/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a Service says about how it is to be served. The annotations are a closed list, each value is
 * judged, and nothing of their text gets into haproxy.cfg but a path and a file name of plain
 * characters. A bad value is as if the annotation was not there, unless this changed what goes over
 * the wire (TLS, HTTP, PROXY protocol): then the Service is not served.
 */

#include "base/mem.h"
#include "conf/decode.h"
#include "haproxy-gen/want_parts.h"

#include <string.h>

#define PREFIX      "bellman.dev/"
#define PLAIN_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

enum {
	PATH_MAX_LEN = 1024,
	FILE_NAME_MAX = 255,
	MAXCONN_MAX = 10000000,
	TIMEOUT_MAX_MS = 2000000000, /* HAProxy keeps milliseconds in an int */
	INTERVAL_MIN_MS = 50,
	INTERVAL_MAX_MS = 3600000,
	AFFINITY_DEFAULT_S = 10800, /* of the Kubernetes API */
};

struct reading {
	struct want *want;
	const struct want_input *input;
	struct want_options *options;
};

static const char *const balances[] = { "roundrobin", "leastconn", "random", "first", "source" };

static bool is_one_of(const char *text, const char *const *names, size_t count, unsigned *ret_i)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(names[i], text) == 0) {
			*ret_i = i;
			return true;
		}
	}
	return false;
}

static bool read_balance(struct reading *r, const char *value)
{
	unsigned i;

	if (!is_one_of(value, balances, COUNT_OF(balances), &i))
		return false;
	r->options->balance = (enum want_balance)i;
	return true;
}

static bool read_proxy_protocol(struct reading *r, const char *value)
{
	static const char *const names[] = { "v1", "v2" };
	unsigned i;

	if (!is_one_of(value, names, COUNT_OF(names), &i))
		return false;
	r->options->proxy_protocol = (uint8_t)(i + 1);
	return true;
}

static bool read_mode(struct reading *r, const char *value)
{
	static const char *const names[] = { "tcp", "http" };
	unsigned i;

	if (!is_one_of(value, names, COUNT_OF(names), &i))
		return false;
	r->options->is_http = i == 1;
	return true;
}

static bool read_maxconn(struct reading *r, const char *value)
{
	size_t len = strlen(value);
	unsigned long number;

	if (len == 0 || len > 8 || strspn(value, "0123456789") != len)
		return false;
	number = strtoul(value, NULL, 10);
	if (number == 0 || number > MAXCONN_MAX)
		return false;
	r->options->maxconn = (uint32_t)number;
	return true;
}

static bool read_ms(const char *value, int64_t min, int64_t max, uint32_t *target)
{
	int64_t ns;

	if (decode_duration(value, &ns) < 0 || ns / 1000000 < min || ns / 1000000 > max)
		return false;
	*target = (uint32_t)(ns / 1000000);
	return true;
}

static bool read_timeout_client(struct reading *r, const char *value)
{
	return read_ms(value, 1, TIMEOUT_MAX_MS, &r->options->client_ms);
}

static bool read_timeout_server(struct reading *r, const char *value)
{
	return read_ms(value, 1, TIMEOUT_MAX_MS, &r->options->server_ms);
}

static bool read_timeout_connect(struct reading *r, const char *value)
{
	return read_ms(value, 1, TIMEOUT_MAX_MS, &r->options->connect_ms);
}

static bool read_interval(struct reading *r, const char *value)
{
	return read_ms(value, INTERVAL_MIN_MS, INTERVAL_MAX_MS, &r->options->interval_ms);
}

static bool read_check_path(struct reading *r, const char *value)
{
	size_t len = strlen(value);

	if (value[0] != '/' || len > PATH_MAX_LEN || strspn(value, PLAIN_CHARS "/~%?=&") != len)
		return false;
	r->options->check_path = arena_strdup(&r->want->arena, value);
	return true;
}

/* A name in the VM's folder: no path, and nothing that hides. */
static bool read_certificate(struct reading *r, const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > FILE_NAME_MAX || value[0] == '.' || value[0] == '-' ||
		strspn(value, PLAIN_CHARS) != len)
		return false;
	r->options->certificate = arena_strdup(&r->want->arena, value);
	return true;
}

static const struct annotation {
	const char *name;
	bool (*read)(struct reading *r, const char *value);
	bool is_essential;
	const char *advice;
} annotations[] = {
	{ "balance", read_balance, false, "write roundrobin, leastconn, random, first or source" },
	{ "health-check-interval", read_interval, false, "write a duration from 50ms to 1h" },
	{ "health-check-path", read_check_path, false, "write a path as in /healthz" },
	{ "maxconn", read_maxconn, false, "write a number from 1 to 10000000" },
	{ "mode", read_mode, true, "write tcp or http" },
	{ "proxy-protocol", read_proxy_protocol, true, "write v1 or v2" },
	{ "timeout-client", read_timeout_client, false, "write a duration as in 30s" },
	{ "timeout-connect", read_timeout_connect, false, "write a duration as in 2s" },
	{ "timeout-server", read_timeout_server, false, "write a duration as in 30s" },
	{ "tls-certificate", read_certificate, true, "write the name of a file in tls.folder" },
};

static const struct annotation *find_annotation(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(annotations); i++) {
		if (strcmp(annotations[i].name, name) == 0)
			return &annotations[i];
	}
	return NULL;
}

static void remark_unknown(struct reading *r, const struct service *service, const char *name)
{
	const char *names[COUNT_OF(annotations)];
	const char *nearest;

	for (size_t i = 0; i < COUNT_OF(annotations); i++)
		names[i] = annotations[i].name;
	nearest = decode_nearest(name, names, COUNT_OF(names));
	if (nearest)
		want_remark(r->want, &service->object, 0, WANT_UNKNOWN_ANNOTATION,
			PREFIX "%.63s; did you mean %s?", name, nearest);
	else
		want_remark(r->want, &service->object, 0, WANT_UNKNOWN_ANNOTATION, PREFIX "%.63s",
			name);
}

/* Return: false if the Service can not be served. */
static bool read_annotation(
	struct reading *r, const struct service *service, const char *name, const char *value)
{
	const struct annotation *annotation = find_annotation(name);

	if (!annotation) {
		remark_unknown(r, service, name);
		return true;
	}
	if (annotation->read(r, value))
		return true;
	if (annotation->is_essential)
		want_refuse(r->want, &service->object, 0, WANT_BAD_ANNOTATION,
			PREFIX "%s: \"%.64s\"; %s", name, value, annotation->advice);
	else
		want_remark(r->want, &service->object, 0, WANT_BAD_ANNOTATION,
			PREFIX "%s: \"%.64s\"; %s", name, value, annotation->advice);
	return !annotation->is_essential;
}

static bool has_certificate(const struct want_input *input, const char *name)
{
	return input->settings->tls.folder[0] && input->has_certificate &&
		input->has_certificate(input->user, name);
}

/*
 * A path of the Service's own is asked for at its node port. Local Services differ node by node, and
 * their answer is that of healthCheckNodePort; all others have the health of the node.
 */
static void choose_check(
	struct want_options *options, const struct want_input *input, const struct service *service)
{
	const struct gen_settings *settings = input->settings;
	bool is_local = service->external_traffic_policy == TRAFFIC_LOCAL;
	int64_t local_port = service->health_check_node_port.value;

	if (options->check_path) {
		options->check = WANT_CHECK_SELF;
	} else if (is_local && local_port > 0) {
		options->check = WANT_CHECK_PORT;
		options->check_path = "/healthz";
		options->check_port = (uint16_t)local_port;
	} else if (settings->nodes.check == GEN_CHECK_NONE) {
		options->check = WANT_CHECK_NONE;
	} else if (!is_local && options->interval_ms == 0) {
		options->check = WANT_CHECK_NODE;
	} else if (settings->nodes.check == GEN_CHECK_HTTP) {
		options->check = WANT_CHECK_PORT;
		options->check_path = settings->nodes.check_path;
		options->check_port = (uint16_t)settings->nodes.check_port;
	} else {
		options->check = WANT_CHECK_TCP;
		options->check_port = (uint16_t)settings->nodes.check_port;
	}
	if (options->interval_ms == 0)
		options->interval_ms = is_local ? settings->nodes.local_ms :
						  settings->nodes.interval_ms;
}

bool want_options_equal(const struct want_options *a, const struct want_options *b)
{
	return a->balance == b->balance && a->check == b->check && a->is_http == b->is_http &&
		a->proxy_protocol == b->proxy_protocol && a->check_port == b->check_port &&
		a->check_path == b->check_path && a->certificate == b->certificate &&
		a->maxconn == b->maxconn && a->affinity_s == b->affinity_s &&
		a->client_ms == b->client_ms && a->server_ms == b->server_ms &&
		a->connect_ms == b->connect_ms && a->interval_ms == b->interval_ms;
}

bool want_options(struct want *want, const struct want_input *input, const struct service *service,
	struct want_options *ret_options)
{
	const struct labels *all = &service->object.meta.annotations;
	struct want_options options = { 0 };
	struct reading r = { want, input, &options };
	bool is_good = true;

	for (size_t i = 0; i < all->count; i++) {
		if (strncmp(all->at[i].key, PREFIX, strlen(PREFIX)) == 0)
			is_good &= read_annotation(&r, service, all->at[i].key + strlen(PREFIX),
				all->at[i].value ? all->at[i].value : "");
	}
	if (options.certificate && !has_certificate(input, options.certificate)) {
		want_refuse(
			want, &service->object, 0, WANT_NO_CERTIFICATE, "%s", options.certificate);
		is_good = false;
	}
	if (!is_good)
		return false;
	if (service->session_affinity == 1)
		options.affinity_s = service->session_timeout_seconds.is_set ?
			(uint32_t)service->session_timeout_seconds.value :
			AFFINITY_DEFAULT_S;
	choose_check(&options, input, service);
	*ret_options = options;
	return true;
}
