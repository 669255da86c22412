/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/refusals.h"

static void add_escaped(struct strbuf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte < 0x20 || byte == 0x7f)
			strbuf_addf(out, "\\x%02x", byte);
		else
			strbuf_add_char(out, *c);
	}
}

enum severity refusal_severity(const struct want_refusal *refusal)
{
	if (refusal->is_served)
		return SEVERITY_WARNING;
	return want_reason_is_normal(refusal->reason) ? SEVERITY_NOTE : SEVERITY_ERROR;
}

void refusals_print(const struct want *want, struct strbuf *out)
{
	for (size_t i = 0; i < want->refusal_count; i++) {
		const struct want_refusal *refusal = &want->refusals[i];

		strbuf_addf(
			out, "%s: %s ", severity_name(refusal_severity(refusal)), refusal->kind);
		add_escaped(out, refusal->ns);
		strbuf_add(out, refusal->ns[0] ? "/" : "");
		add_escaped(out, refusal->name);
		if (refusal->port > 0)
			strbuf_addf(out, " port %u", refusal->port);
		strbuf_addf(out, ": %s: %s", want_reason_name(refusal->reason),
			want_reason_text(refusal->reason));
		if (refusal->detail) {
			strbuf_add(out, " (");
			add_escaped(out, refusal->detail);
			strbuf_add_char(out, ')');
		}
		strbuf_add_char(out, '\n');
	}
}

/* Text from a cluster need not be UTF-8, which JSON must be. */
static json_t *json_text(const char *text)
{
	json_t *json = json_string(text);

	return json ? json : json_string("(not UTF-8)");
}

json_t *refusals_json(const struct want *want)
{
	json_t *all = json_array();

	for (size_t i = 0; i < want->refusal_count; i++) {
		const struct want_refusal *refusal = &want->refusals[i];
		json_t *one = json_object();

		json_object_set_new(one, "kind", json_string(refusal->kind));
		if (refusal->ns[0])
			json_object_set_new(one, "namespace", json_text(refusal->ns));
		json_object_set_new(one, "name", json_text(refusal->name));
		if (refusal->port > 0)
			json_object_set_new(one, "port", json_integer(refusal->port));
		json_object_set_new(one, "reason", json_string(want_reason_name(refusal->reason)));
		json_object_set_new(one, "text", json_string(want_reason_text(refusal->reason)));
		if (refusal->detail)
			json_object_set_new(one, "detail", json_text(refusal->detail));
		json_object_set_new(one, "served", json_boolean(refusal->is_served));
		json_array_append_new(all, one);
	}
	return all;
}
