/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BFD sessions for people.
 */

#include "base/mem.h"
#include "bellmanctl/fields.h"
#include "bellmanctl/views.h"

#include <string.h>

static double field_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void add_ms(struct table *table, double ms)
{
	auto_(freep) char *text = xasprintf("%.4gms", ms);

	table_add(table, ms > 0 ? text : "-");
}

/* "packet: neighbor signaled session down", or "admin" if the diagnostic says no more. */
static void add_reason(struct table *table, const json_t *session)
{
	const char *diag = field_text(json_object_get(session, "ours"), "diagnostic");
	bool has_diag = *diag && strcmp(diag, "none") != 0;
	auto_(freep) char *text = xasprintf("%s%s%s", field_text(session, "because"),
		has_diag ? ": " : "", has_diag ? diag : "");

	table_add(table, *field_text(session, "error") ? field_text(session, "error") : text);
}

static void print_drops(const json_t *drops, const char *head, struct strbuf *out)
{
	const char *reason;
	json_t *count;

	if (json_object_size(drops) == 0)
		return;
	strbuf_add(out, head);
	json_object_foreach((json_t *)drops, reason, count)
		strbuf_addf(out, " %s %" JSON_INTEGER_FORMAT, reason, json_integer_value(count));
	strbuf_add_char(out, '\n');
}

void view_bfd(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "PEER", "HOPS", "STATE", "SINCE", "BECAUSE", "SEND",
		"DETECT", "IN", "OUT", "GAP", "FLAPS" };
	struct table table;
	const json_t *at;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(json_object_get(data, "sessions"), i, at)
	{
		table_add(&table, field_text(at, "peer"));
		table_add(&table, json_is_true(json_object_get(at, "multihop")) ? "many" : "one");
		table_add(&table, field_text(json_object_get(at, "ours"), "state"));
		table_add_age(&table, field_real(at, "since_seconds"));
		add_reason(&table, at);
		add_ms(&table, field_real(at, "send_every_ms"));
		add_ms(&table, field_real(at, "detection_ms"));
		table_add_int(&table, field_int(at, "packets_in"));
		table_add_int(&table, field_int(at, "packets_out"));
		add_ms(&table, field_real(json_object_get(at, "gaps"), "mean_ms"));
		table_add_int(&table, field_int(at, "flaps"));
	}
	table_finish(&table, color, out);
	print_drops(json_object_get(data, "drops"), "dropped, of no session:", out);
}

static void print_side(const char *name, const json_t *side, struct strbuf *out)
{
	strbuf_addf(out,
		"%-14s%s, discriminator %" JSON_INTEGER_FORMAT ", diagnostic: %s\n"
		"%-14sinterval %.4g ms to send, %.4g ms to receive, multiplier %" JSON_INTEGER_FORMAT
		"\n",
		name, field_text(side, "state"), field_int(side, "discriminator"),
		field_text(side, "diagnostic"), "", field_real(side, "tx_ms"),
		field_real(side, "rx_ms"), field_int(side, "multiplier"));
}

static void print_session(const json_t *at, struct strbuf *out)
{
	const json_t *ours = json_object_get(at, "ours");
	const json_t *gaps = json_object_get(at, "gaps");
	bool is_multihop = json_is_true(json_object_get(at, "multihop"));

	strbuf_addf(out,
		"peer          %s, %s, from %s port %" JSON_INTEGER_FORMAT
		"%s%s, authentication %s\n",
		field_text(at, "peer"), is_multihop ? "many hops" : "one hop",
		*field_text(at, "local") ? field_text(at, "local") : "any address",
		field_int(at, "source_port"), *field_text(at, "link") ? ", link " : "",
		field_text(at, "link"), field_text(ours, "authentication"));
	if (*field_text(at, "error"))
		strbuf_addf(out, "error         %s\n", field_text(at, "error"));
	print_side("ours", ours, out);
	print_side("theirs", json_object_get(at, "theirs"), out);
	strbuf_addf(out,
		"changed       %.1f s ago, by %s; left Up %" JSON_INTEGER_FORMAT " times\n",
		field_real(at, "since_seconds"), field_text(at, "because"), field_int(at, "flaps"));
	strbuf_addf(out, "timing        sent every %.4g ms, detection after %.4g ms%s\n",
		field_real(at, "send_every_ms"), field_real(at, "detection_ms"),
		json_is_true(json_object_get(at, "polling")) ? ", polling" : "");
	strbuf_addf(out,
		"packets       %" JSON_INTEGER_FORMAT " in, %" JSON_INTEGER_FORMAT
		" out; between them %.4g to %.4g ms, %.4g on average\n",
		field_int(at, "packets_in"), field_int(at, "packets_out"),
		field_real(gaps, "min_ms"), field_real(gaps, "max_ms"),
		field_real(gaps, "mean_ms"));
	print_drops(json_object_get(at, "drops"), "dropped      ", out);
}

void view_bfd_peer(const json_t *data, bool color, struct strbuf *out)
{
	const json_t *at;
	size_t i;

	(void)color;
	json_array_foreach(json_object_get(data, "sessions"), i, at)
	{
		if (i > 0)
			strbuf_add_char(out, '\n');
		print_session(at, out);
	}
}
