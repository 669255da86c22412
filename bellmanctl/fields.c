/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/fields.h"

#include <stdio.h>

const char *field_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_int_t field_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void table_add_int(struct table *table, json_int_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);
	table_add(table, text);
}

void table_add_age(struct table *table, double seconds)
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

void table_finish(struct table *table, bool color, struct strbuf *out)
{
	table_print(table, color, out);
	table_fini(table);
}
