/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/views_l2.h"

#include "base/mem.h"
#include "bellmanctl/fields.h"

#include <string.h>

static void show_nodes(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "NODE", "ADDRESS", "STATE", "SINCE", "MULTIPLIER",
		"NOTE" };
	struct table table;
	const json_t *node;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(json_object_get(data, "nodes"), i, node)
	{
		bool is_draining = json_is_true(json_object_get(node, "draining"));
		bool is_far = !json_is_true(json_object_get(node, "session")) &&
			!json_is_true(json_object_get(node, "self"));

		table_add(&table, field_text(node, "node"));
		table_add(&table, field_text(node, "address"));
		table_add(&table, field_text(node, "state"));
		table_add_age(&table, json_number_value(json_object_get(node, "since_seconds")));
		table_add_int(
			&table, (json_int_t)json_number_value(json_object_get(node, "multiplier")));
		table_add(&table, is_draining ? "drained" : is_far ? "no session" : "");
	}
	table_finish(&table, color, out);
}

static const char *note_of(const json_t *address)
{
	if (json_is_true(json_object_get(address, "contested")))
		return "another host claims it";
	if (json_is_true(json_object_get(address, "suspected")))
		return "its owner is suspected";
	if (json_integer_value(json_object_get(address, "recent_changes")) > 2)
		return "changed 3 times in a minute";
	return "";
}

/* The candidates besides the owner, in order. */
static void add_heirs(struct table *table, const json_t *address)
{
	auto_(strbuf_finip) struct strbuf heirs = { 0 };
	const char *owner = field_text(address, "owner");
	const json_t *candidate;
	size_t i;

	json_array_foreach(json_object_get(address, "candidates"), i, candidate)
	{
		const char *name = json_string_value(candidate);

		if (!name || strcmp(name, owner) == 0)
			continue;
		if (heirs.len > 0)
			strbuf_add(&heirs, " ");
		strbuf_add(&heirs, name);
	}
	table_add(table, strbuf_text(&heirs));
}

void view_l2(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "ADDRESS", "OWNER", "HERE", "SINCE", "HEIRS", "NOTE" };
	struct table table;
	const json_t *address;
	size_t i;

	show_nodes(data, color, out);
	strbuf_add(out, "\n");
	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(json_object_get(data, "addresses"), i, address)
	{
		table_add(&table, field_text(address, "ip"));
		table_add(&table, field_text(address, "owner"));
		table_add(&table, field_text(address, "state"));
		table_add_age(&table, json_number_value(json_object_get(address, "since_seconds")));
		add_heirs(&table, address);
		table_add(&table, note_of(address));
	}
	table_finish(&table, color, out);
	if (json_is_true(json_object_get(data, "alone")))
		strbuf_add(out, "\nno other node is heard\n");
}

static void show_moves(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "ADDRESS", "TO" };
	struct table table;
	const json_t *move;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, move)
	{
		const char *to = field_text(move, "to");

		table_add(&table, field_text(move, "ip"));
		table_add(&table, to[0] != '\0' ? to : "(no other node can take it)");
	}
	table_finish(&table, color, out);
}

void view_l2_moves(const json_t *data, bool color, struct strbuf *out)
{
	if (json_array_size(data) == 0)
		strbuf_add(out, "this node has nothing to give; the others were asked too\n");
	else
		show_moves(data, color, out);
}

void view_l2_would_move(const json_t *data, bool color, struct strbuf *out)
{
	if (json_array_size(data) == 0)
		strbuf_add(out, "nothing would move\n");
	else
		show_moves(data, color, out);
}

void view_drain(const json_t *data, bool color, struct strbuf *out)
{
	const json_t *moves = json_object_get(data, "moves");

	if (!json_is_true(json_object_get(data, "dry_run")))
		strbuf_add(out,
			json_is_true(json_object_get(data, "drained")) ? "drained\n" :
									 "not drained\n");
	if (!json_is_true(json_object_get(data, "failover")))
		strbuf_add(out, "no failover: addresses announced here stay here\n");
	else if (json_array_size(moves) > 0)
		show_moves(moves, color, out);
}
