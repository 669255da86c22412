/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/views.h"

#include "base/mem.h"
#include "bellmanctl/fields.h"

#include <string.h>

/* Text that anybody may have written: no control bytes reach the terminal. */
static void add_clean(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		strbuf_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

void view_status(const json_t *data, bool color, struct strbuf *out)
{
	bool is_ready = json_is_true(json_object_get(data, "ready"));

	(void)color;
	strbuf_addf(out, "node        %s\n", field_text(data, "node"));
	strbuf_addf(out, "version     %s\n", field_text(data, "version"));
	strbuf_addf(
		out, "up          %" JSON_INTEGER_FORMAT " s\n", field_int(data, "uptime_seconds"));
	strbuf_addf(out, "ready       %s%s%s\n", is_ready ? "yes" : "no", is_ready ? "" : ": ",
		is_ready ? "" : field_text(data, "not_ready_because"));
	strbuf_addf(out,
		"manifests   %s: %" JSON_INTEGER_FORMAT " files, %" JSON_INTEGER_FORMAT
		" objects, %" JSON_INTEGER_FORMAT " errors, %" JSON_INTEGER_FORMAT " warnings\n",
		field_text(data, "source"), field_int(data, "files"), field_int(data, "objects"),
		field_int(data, "errors"), field_int(data, "warnings"));
	strbuf_addf(out,
		"services    %" JSON_INTEGER_FORMAT " of type LoadBalancer, %" JSON_INTEGER_FORMAT
		" announced here\n",
		field_int(data, "services"), field_int(data, "announced"));
	strbuf_addf(out, "links       %" JSON_INTEGER_FORMAT " serve\n", field_int(data, "links"));
	strbuf_addf(out, "conflicts   %" JSON_INTEGER_FORMAT "\n", field_int(data, "conflicts"));
}

static const char *announced_how(const json_t *address, const char *reason)
{
	bool at_layer2 = strcmp(reason, "passed") == 0;
	bool by_bgp = strcmp(field_text(address, "bgp"), "passed") == 0;

	if (at_layer2)
		return by_bgp ? "announced, BGP too" : "announced";
	return by_bgp ? "announced by BGP" : reason;
}

void view_services(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "SERVICE", "ADDRESS", "POOL", "OWNER", "HERE" };
	struct table table;
	const json_t *service;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, service)
	{
		const json_t *addresses = json_object_get(service, "addresses");
		auto_(freep) char *name = xasprintf(
			"%s/%s", field_text(service, "namespace"), field_text(service, "name"));
		const json_t *address;
		size_t k;

		json_array_foreach(addresses, k, address)
		{
			const char *reason = field_text(address, "reason");

			table_add(&table, name);
			table_add(&table, field_text(address, "ip"));
			table_add(&table, field_text(address, "pool"));
			table_add(&table, field_text(address, "owner"));
			table_add(&table, announced_how(address, reason));
		}
		if (json_array_size(addresses) > 0)
			continue;
		table_add(&table, name);
		table_add(&table, "-");
		table_add(&table, "-");
		table_add(&table, "-");
		table_add(&table, field_text(service, "reason"));
	}
	table_finish(&table, color, out);
}

void view_pools(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "POOL", "IPV4 IN USE", "IPV4 TOTAL", "IPV6 IN USE",
		"IPV6 TOTAL" };
	struct table table;
	const json_t *pool;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, pool)
	{
		table_add(&table, field_text(pool, "name"));
		table_add_int(&table, field_int(pool, "ipv4_in_use"));
		table_add_int(&table, field_int(pool, "ipv4_total"));
		table_add_int(&table, field_int(pool, "ipv6_in_use"));
		table_add_int(&table, field_int(pool, "ipv6_total"));
	}
	table_finish(&table, color, out);
}

void view_announcements(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "ADDRESS", "LINK", "STATE", "SINCE", "ASKED",
		"ANSWERED", "ANNOUNCED", "CONFLICTS", "OTHER HOST" };
	struct table table;
	const json_t *at;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, at)
	{
		table_add(&table, field_text(at, "ip"));
		table_add(&table, field_text(at, "link"));
		table_add(&table, field_text(at, "state"));
		table_add_age(&table, json_number_value(json_object_get(at, "since_seconds")));
		table_add_int(&table, field_int(at, "requests"));
		table_add_int(&table, field_int(at, "answers"));
		table_add_int(&table, field_int(at, "gratuitous"));
		table_add_int(&table, field_int(at, "conflicts"));
		table_add(&table, field_text(at, "contender"));
	}
	table_finish(&table, color, out);
}

void view_links(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "LINK", "MAC", "ARP", "NDP", "FRAMES", "MALFORMED",
		"TAGGED", "MISMATCHED", "DROPPED", "ERROR" };
	struct table table;
	const json_t *link;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, link)
	{
		table_add(&table, field_text(link, "name"));
		table_add(&table, field_text(link, "mac"));
		table_add(&table, field_text(link, "arp"));
		table_add(&table, field_text(link, "ndp"));
		table_add_int(&table, field_int(link, "frames"));
		table_add_int(&table, field_int(link, "malformed"));
		table_add_int(&table, field_int(link, "tagged"));
		table_add_int(&table, field_int(link, "mismatched"));
		table_add_int(&table, field_int(link, "drops"));
		table_add(&table, field_text(link, "error"));
	}
	table_finish(&table, color, out);
}

void view_wire(const json_t *data, bool color, struct strbuf *out)
{
	(void)color;
	strbuf_addf(out, "real time      %s, priority %" JSON_INTEGER_FORMAT "\n",
		field_text(data, "realtime"), field_int(data, "priority"));
	strbuf_addf(out, "memory locked  %s\n", field_text(data, "memory_locked"));
	strbuf_addf(out, "jobs           %" JSON_INTEGER_FORMAT "\n", field_int(data, "jobs"));
	strbuf_addf(
		out, "events lost    %" JSON_INTEGER_FORMAT "\n", field_int(data, "events_lost"));
	strbuf_addf(out, "stalls         %" JSON_INTEGER_FORMAT "\n", field_int(data, "stalls"));
	strbuf_addf(out, "longest sleep  %.1f ms\n",
		json_number_value(json_object_get(data, "longest_sleep_ms")));
}

static void print_gate(const json_t *gate, bool color, struct strbuf *out)
{
	bool passed = json_is_true(json_object_get(gate, "passed"));
	const char *paint = !color ? "" : passed ? "\033[32m" : "\033[31m";

	strbuf_addf(out, "  %s%s%s  %-12s %s\n", paint, passed ? "yes" : "NO ",
		color ? "\033[0m" : "", field_text(gate, "gate"), field_text(gate, "detail"));
	if (passed)
		return;
	strbuf_addf(out, "       why: %s (%s)\n", field_text(gate, "meaning"),
		field_text(gate, "reason"));
	if (field_text(gate, "advice")[0] != '\0')
		strbuf_addf(out, "       do:  %s\n", field_text(gate, "advice"));
}

void view_explain(const json_t *data, bool color, struct strbuf *out)
{
	bool announced = strcmp(field_text(data, "reason"), "passed") == 0;
	const json_t *item;
	size_t i;

	strbuf_addf(out, "Service %s/%s on node %s: %s\n", field_text(data, "namespace"),
		field_text(data, "name"), field_text(data, "node"),
		announced ? "announced here" : "not announced here");
	json_array_foreach(json_object_get(data, "gates"), i, item) print_gate(item, color, out);
	json_array_foreach(json_object_get(data, "addresses"), i, item)
	{
		const json_t *candidates = json_object_get(item, "candidates");
		const json_t *candidate;
		size_t k;

		if (json_array_size(candidates) == 0)
			continue;
		strbuf_addf(out, "  %s: candidates in order:", field_text(item, "ip"));
		json_array_foreach(candidates, k, candidate)
			strbuf_addf(out, " %s", json_string_value(candidate));
		strbuf_add_char(out, '\n');
	}
	json_array_foreach(json_object_get(data, "warnings"), i, item)
		strbuf_addf(out, "  warning: %s\n", json_string_value(item));
}

/* "FILE:LINE: SEVERITY: KIND NS/NAME: FIELD: TEXT; ADVICE", without what is not known. */
static void print_finding(const json_t *finding, struct strbuf *out)
{
	const char *kind = field_text(finding, "kind");
	const char *ns = field_text(finding, "namespace");
	const char *name = field_text(finding, "name");
	const char *field = field_text(finding, "field");
	const char *advice = field_text(finding, "advice");

	add_clean(out, field_text(finding, "file"));
	if (field_int(finding, "line") > 0)
		strbuf_addf(out, ":%" JSON_INTEGER_FORMAT, field_int(finding, "line"));
	strbuf_addf(out, ": %s: ", field_text(finding, "severity"));
	add_clean(out, kind);
	if (name[0] != '\0') {
		strbuf_add(out, kind[0] != '\0' ? " " : "");
		add_clean(out, ns);
		strbuf_add(out, ns[0] != '\0' ? "/" : "");
		add_clean(out, name);
	}
	strbuf_add(out, kind[0] != '\0' || name[0] != '\0' ? ": " : "");
	add_clean(out, field);
	strbuf_add(out, field[0] != '\0' ? ": " : "");
	add_clean(out, field_text(finding, "text"));
	strbuf_add(out, advice[0] != '\0' ? "; " : "");
	add_clean(out, advice);
	strbuf_add_char(out, '\n');
}

void view_config(const json_t *data, bool color, struct strbuf *out)
{
	const json_t *findings = json_object_get(data, "findings");
	const json_t *finding;
	json_int_t found = field_int(data, "errors") + field_int(data, "warnings") +
		field_int(data, "notes");
	size_t i;

	(void)color;
	json_array_foreach(findings, i, finding) print_finding(finding, out);
	if ((json_int_t)json_array_size(findings) < found)
		strbuf_addf(out, "... and %" JSON_INTEGER_FORMAT " more\n",
			found - (json_int_t)json_array_size(findings));
	strbuf_addf(out,
		"%" JSON_INTEGER_FORMAT " errors, %" JSON_INTEGER_FORMAT
		" warnings, %" JSON_INTEGER_FORMAT " notes\n",
		field_int(data, "errors"), field_int(data, "warnings"), field_int(data, "notes"));
}

void view_reload(const json_t *data, bool color, struct strbuf *out)
{
	(void)color;
	strbuf_addf(out, "The settings in %s are in force.\n", field_text(data, "settings"));
}

void view_event(const json_t *data, bool color, struct strbuf *out)
{
	const char *key;
	json_t *value;

	(void)color;
	strbuf_addf(out, "%s  %s", field_text(data, "time"), field_text(data, "event"));
	json_object_foreach((json_t *)data, key, value)
	{
		if (strcmp(key, "time") == 0 || strcmp(key, "event") == 0)
			continue;
		if (json_is_string(value))
			strbuf_addf(out, "  %s=%s", key, json_string_value(value));
		else
			strbuf_addf(
				out, "  %s=%" JSON_INTEGER_FORMAT, key, json_integer_value(value));
	}
	strbuf_add_char(out, '\n');
}
