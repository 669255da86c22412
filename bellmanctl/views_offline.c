/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How plans made without an agent look to people.
 */

#include "base/mem.h"
#include "bellmanctl/fields.h"
#include "bellmanctl/views.h"

#include <string.h>

/* "no_local_endpoint: 2 endpoints on other nodes"; "" if all is well. */
static void table_add_reason(struct table *table, const json_t *item)
{
	const char *reason = field_text(item, "reason");
	const char *detail = field_text(item, "detail");
	auto_(freep) char *text = xasprintf("%s: %s", reason, detail);

	if (strcmp(reason, "passed") == 0)
		table_add(table, "");
	else
		table_add(table, detail[0] != '\0' ? text : reason);
}

static void add_service(struct table *table, const json_t *service)
{
	auto_(freep) char *name = xasprintf(
		"%s/%s", field_text(service, "namespace"), field_text(service, "name"));
	const json_t *addresses = json_object_get(service, "addresses");
	size_t rows = json_array_size(addresses);

	for (size_t i = 0; i < (rows > 0 ? rows : 1); i++) {
		const json_t *address = json_array_get(addresses, i);

		table_add(table, name);
		table_add(table, field_text(address, "ip"));
		table_add(table, field_text(address, "pool"));
		table_add(table, field_text(address, "owner"));
		table_add_reason(table, service);
	}
}

static void view_planned_services(const json_t *services, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "SERVICE", "ADDRESS", "POOL", "NODE", "REASON" };
	struct table table;
	const json_t *service;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(services, i, service) add_service(&table, service);
	table_finish(&table, color, out);
}

static void view_planned_node(const json_t *node, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "  SERVICE", "ANNOUNCES", "REFUSES" };
	const json_t *announces = json_object_get(node, "announces");
	const json_t *refuses = json_object_get(node, "refuses");
	struct table table;
	const json_t *item;
	size_t i;

	strbuf_addf(out,
		"\n%s announces %zu, stands by for %" JSON_INTEGER_FORMAT ", refuses %zu\n",
		field_text(node, "name"), json_array_size(announces), field_int(node, "stands_by"),
		json_array_size(refuses));
	if (json_array_size(announces) + json_array_size(refuses) == 0)
		return;
	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(announces, i, item)
	{
		auto_(freep) char *name = xasprintf("  %s", field_text(item, "service"));
		bool is_bgp = strcmp(field_text(item, "by"), "bgp") == 0;
		auto_(freep) char *ip = xasprintf(
			"%s%s", field_text(item, "ip"), is_bgp ? " by BGP" : "");

		table_add(&table, name);
		table_add(&table, ip);
		table_add(&table, "");
	}
	json_array_foreach(refuses, i, item)
	{
		auto_(freep) char *name = xasprintf("  %s", field_text(item, "service"));

		table_add(&table, name);
		table_add(&table, "");
		table_add_reason(&table, item);
	}
	table_finish(&table, color, out);
}

void view_plan(const json_t *data, bool color, struct strbuf *out)
{
	const json_t *nodes = json_object_get(data, "nodes");
	const json_t *node;
	size_t i;

	view_planned_services(json_object_get(data, "services"), color, out);
	json_array_foreach(nodes, i, node) view_planned_node(node, color, out);
	if (json_array_size(nodes) == 0)
		strbuf_add(out, "\nNobody announces: the manifests have no Node.\n");
}

void view_changes(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "SERVICE", "CHANGE", "BEFORE", "AFTER" };
	static const char *const keys[] = { "service", "change", "before", "after" };
	struct table table;
	const json_t *change;
	size_t i;

	if (json_array_size(data) == 0) {
		strbuf_add(out, "Nothing changes.\n");
		return;
	}
	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, change)
	{
		for (size_t k = 0; k < COUNT_OF(keys); k++)
			table_add(&table, field_text(change, keys[k]));
	}
	table_finish(&table, color, out);
}
