/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Records of a capture as lines: time, protocol, from > to, event, prefix, then the rest by name.
 */

#include "bellmanctl/capture.h"
#include "bellmanctl/fields.h"

#include <string.h>

/* Members that have their place in a line. */
static bool has_place(const char *key)
{
	static const char *const placed[] = { "time", "protocol", "from", "to", "event",
		"prefixes" };

	for (size_t i = 0; i < sizeof(placed) / sizeof(placed[0]); i++) {
		if (strcmp(key, placed[i]) == 0)
			return true;
	}
	return false;
}

static void add_value(const json_t *value, struct strbuf *out)
{
	const char *text = json_string_value(value);

	if (json_is_integer(value)) {
		strbuf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			strbuf_add(out, i > 0 ? "," : "");
			add_value(json_array_get(value, i), out);
		}
	} else if (text && (text[0] == '\0' || strpbrk(text, " \""))) {
		strbuf_addf(out, "\"%s\"", text);
	} else {
		strbuf_add(out, text ? text : "");
	}
}

static void add_rest(const json_t *record, struct strbuf *out)
{
	const char *key;
	json_t *value;

	/* json_object_foreach() takes no const object, though it changes nothing. */
	json_object_foreach((json_t *)record, key, value)
	{
		if (has_place(key))
			continue;
		strbuf_addf(out, " %s ", key);
		add_value(value, out);
	}
	strbuf_add_char(out, '\n');
}

void capture_format(const json_t *record, struct strbuf *out)
{
	const json_t *prefixes = json_object_get(record, "prefixes");
	size_t count = json_array_size(prefixes);

	for (size_t i = 0; i < (count > 0 ? count : 1); i++) {
		strbuf_addf(out, "%s %s %s > %s %s", field_text(record, "time"),
			field_text(record, "protocol"), field_text(record, "from"),
			field_text(record, "to"), field_text(record, "event"));
		if (count > 0)
			strbuf_addf(out, " %s", json_string_value(json_array_get(prefixes, i)));
		add_rest(record, out);
	}
}
