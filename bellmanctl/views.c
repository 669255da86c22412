/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/views.h"

#include "base/mem.h"
#include "bellmanctl/table.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t int_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void add_int(struct table *table, json_int_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);
	table_add(table, text);
}

/* "5s", "3m20s", "2h05m", "9d04h". */
static void add_age(struct table *table, double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;
	char text[32];

	if (s < 60)
		(void)snprintf(text, sizeof(text), "%lus", s);
	else if (s < 3600)
		(void)snprintf(text, sizeof(text), "%lum%02lus", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(text, sizeof(text), "%luh%02lum", s / 3600, s % 3600 / 60);
	else
		(void)snprintf(text, sizeof(text), "%lud%02luh", s / 86400, s % 86400 / 3600);
	table_add(table, text);
}

static void finish(struct table *table, bool color, struct strbuf *out)
{
	table_print(table, color, out);
	table_fini(table);
}

void view_status(const json_t *data, bool color, struct strbuf *out)
{
	bool is_ready = json_is_true(json_object_get(data, "ready"));

	(void)color;
	strbuf_addf(out, "node        %s\n", text_of(data, "node"));
	strbuf_addf(out, "version     %s\n", text_of(data, "version"));
	strbuf_addf(
		out, "up          %" JSON_INTEGER_FORMAT " s\n", int_of(data, "uptime_seconds"));
	strbuf_addf(out, "ready       %s%s%s\n", is_ready ? "yes" : "no", is_ready ? "" : ": ",
		is_ready ? "" : text_of(data, "not_ready_because"));
	strbuf_addf(out,
		"manifests   %s: %" JSON_INTEGER_FORMAT " files, %" JSON_INTEGER_FORMAT
		" objects, %" JSON_INTEGER_FORMAT " errors, %" JSON_INTEGER_FORMAT " warnings\n",
		text_of(data, "source"), int_of(data, "files"), int_of(data, "objects"),
		int_of(data, "errors"), int_of(data, "warnings"));
	strbuf_addf(out,
		"services    %" JSON_INTEGER_FORMAT " of type LoadBalancer, %" JSON_INTEGER_FORMAT
		" announced here\n",
		int_of(data, "services"), int_of(data, "announced"));
	strbuf_addf(out, "links       %" JSON_INTEGER_FORMAT " serve\n", int_of(data, "links"));
	strbuf_addf(out, "conflicts   %" JSON_INTEGER_FORMAT "\n", int_of(data, "conflicts"));
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
			"%s/%s", text_of(service, "namespace"), text_of(service, "name"));
		const json_t *address;
		size_t k;

		json_array_foreach(addresses, k, address)
		{
			const char *reason = text_of(address, "reason");

			table_add(&table, name);
			table_add(&table, text_of(address, "ip"));
			table_add(&table, text_of(address, "pool"));
			table_add(&table, text_of(address, "owner"));
			table_add(&table, strcmp(reason, "passed") == 0 ? "announced" : reason);
		}
		if (json_array_size(addresses) > 0)
			continue;
		table_add(&table, name);
		table_add(&table, "-");
		table_add(&table, "-");
		table_add(&table, "-");
		table_add(&table, text_of(service, "reason"));
	}
	finish(&table, color, out);
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
		table_add(&table, text_of(pool, "name"));
		add_int(&table, int_of(pool, "ipv4_in_use"));
		add_int(&table, int_of(pool, "ipv4_total"));
		add_int(&table, int_of(pool, "ipv6_in_use"));
		add_int(&table, int_of(pool, "ipv6_total"));
	}
	finish(&table, color, out);
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
		table_add(&table, text_of(at, "ip"));
		table_add(&table, text_of(at, "link"));
		table_add(&table, text_of(at, "state"));
		add_age(&table, json_number_value(json_object_get(at, "since_seconds")));
		add_int(&table, int_of(at, "requests"));
		add_int(&table, int_of(at, "answers"));
		add_int(&table, int_of(at, "gratuitous"));
		add_int(&table, int_of(at, "conflicts"));
		table_add(&table, text_of(at, "contender"));
	}
	finish(&table, color, out);
}

void view_links(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "LINK", "MAC", "ARP", "NDP", "FRAMES", "MALFORMED",
		"TAGGED", "DROPPED", "ERROR" };
	struct table table;
	const json_t *link;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, link)
	{
		table_add(&table, text_of(link, "name"));
		table_add(&table, text_of(link, "mac"));
		table_add(&table, text_of(link, "arp"));
		table_add(&table, text_of(link, "ndp"));
		add_int(&table, int_of(link, "frames"));
		add_int(&table, int_of(link, "malformed"));
		add_int(&table, int_of(link, "tagged"));
		add_int(&table, int_of(link, "drops"));
		table_add(&table, text_of(link, "error"));
	}
	finish(&table, color, out);
}

static void print_gate(const json_t *gate, bool color, struct strbuf *out)
{
	bool passed = json_is_true(json_object_get(gate, "passed"));
	const char *paint = !color ? "" : passed ? "\033[32m" : "\033[31m";

	strbuf_addf(out, "  %s%s%s  %-12s %s\n", paint, passed ? "yes" : "NO ",
		color ? "\033[0m" : "", text_of(gate, "gate"), text_of(gate, "detail"));
	if (passed)
		return;
	strbuf_addf(
		out, "       why: %s (%s)\n", text_of(gate, "meaning"), text_of(gate, "reason"));
	if (text_of(gate, "advice")[0] != '\0')
		strbuf_addf(out, "       do:  %s\n", text_of(gate, "advice"));
}

void view_explain(const json_t *data, bool color, struct strbuf *out)
{
	bool announced = strcmp(text_of(data, "reason"), "passed") == 0;
	const json_t *item;
	size_t i;

	strbuf_addf(out, "Service %s/%s on node %s: %s\n", text_of(data, "namespace"),
		text_of(data, "name"), text_of(data, "node"),
		announced ? "announced here" : "not announced here");
	json_array_foreach(json_object_get(data, "gates"), i, item) print_gate(item, color, out);
	json_array_foreach(json_object_get(data, "addresses"), i, item)
	{
		const json_t *candidates = json_object_get(item, "candidates");
		const json_t *candidate;
		size_t k;

		if (json_array_size(candidates) == 0)
			continue;
		strbuf_addf(out, "  %s: candidates in order:", text_of(item, "ip"));
		json_array_foreach(candidates, k, candidate)
			strbuf_addf(out, " %s", json_string_value(candidate));
		strbuf_add_char(out, '\n');
	}
	json_array_foreach(json_object_get(data, "warnings"), i, item)
		strbuf_addf(out, "  warning: %s\n", json_string_value(item));
}

void view_config(const json_t *data, bool color, struct strbuf *out)
{
	const json_t *finding;
	size_t i;

	(void)color;
	json_array_foreach(json_object_get(data, "findings"), i, finding)
	{
		strbuf_addf(out, "%s:%" JSON_INTEGER_FORMAT ": %s: %s %s/%s: %s: %s",
			text_of(finding, "file"), int_of(finding, "line"),
			text_of(finding, "severity"), text_of(finding, "kind"),
			text_of(finding, "namespace"), text_of(finding, "name"),
			text_of(finding, "field"), text_of(finding, "text"));
		if (text_of(finding, "advice")[0] != '\0')
			strbuf_addf(out, "; %s", text_of(finding, "advice"));
		strbuf_add_char(out, '\n');
	}
	strbuf_addf(out,
		"%" JSON_INTEGER_FORMAT " errors, %" JSON_INTEGER_FORMAT
		" warnings, %" JSON_INTEGER_FORMAT " notes\n",
		int_of(data, "errors"), int_of(data, "warnings"), int_of(data, "notes"));
}

void view_event(const json_t *data, bool color, struct strbuf *out)
{
	const char *key;
	json_t *value;

	(void)color;
	strbuf_addf(out, "%s  %s", text_of(data, "time"), text_of(data, "event"));
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
