/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Walks a value and its table side by side. What the table does not know is a warning, since a field
 * with a typing error is one that silently does nothing; what has the wrong type is an error.
 */

#include "conf/decode.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	PATH_LEN_MAX = 256,
	STEPS_MAX = 32,  /* the tables are not so deep */
	NAMES_MAX = 128, /* fields among which a neighbour is looked for */
	SHOWN_MAX = 64,  /* bytes of a value in a message */
};

/* One step down: into a field, or into an item where there is no name. */
struct step {
	const char *name;
	size_t index;
};

struct decoding {
	const struct decode_source *source;
	const json_t *root;
	struct report *report;
	struct place place;
	struct step steps[STEPS_MAX];
	size_t depth;
	bool is_bad;
};

static void path_push(struct decoding *d, const char *name, size_t index)
{
	if (d->depth < STEPS_MAX)
		d->steps[d->depth] = (struct step){ name, index };
	d->depth++;
}

static void path_pop(struct decoding *d)
{
	d->depth--;
}

/* "spec.ports[1].name". Made only for messages: most objects have none. */
static void path_text(const struct decoding *d, char text[PATH_LEN_MAX])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->depth && i < STEPS_MAX; i++) {
		const struct step *step = &d->steps[i];
		int n = step->name ? snprintf(text + len, PATH_LEN_MAX - len, "%s%s",
					     i > 0 ? "." : "", step->name) :
				     snprintf(text + len, PATH_LEN_MAX - len, "[%zu]", step->index);

		len += (size_t)n;
		if (len >= PATH_LEN_MAX)
			return;
	}
}

static void say(struct decoding *d, enum severity severity, const char *text, const char *advice)
{
	struct place place = d->place;
	char path[PATH_LEN_MAX];

	path_text(d, path);
	if (d->source->document)
		place.line = document_line_at(d->source->document, d->root, path);
	place.field = path;
	report_add(d->report, severity, &place, text, advice);
	d->is_bad |= severity == SEVERITY_ERROR;
}

static const char *type_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "a mapping",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "text",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static void wrong_type(
	struct decoding *d, const json_t *value, const char *wanted, const char *advice)
{
	char text[REPORT_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "is %s, not %s", type_name(value), wanted);
	say(d, SEVERITY_ERROR, text, advice);
}

static void wrong_text(struct decoding *d, const char *value, const char *what, const char *advice)
{
	char text[REPORT_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "\"%.*s\" %s", SHOWN_MAX, value, what);
	say(d, SEVERITY_ERROR, text, advice);
}

/* The text of @value, borrowed, or NULL and an error. */
static const char *text_of(struct decoding *d, const json_t *value)
{
	char advice[REPORT_TEXT_MAX];

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		(void)snprintf(advice, sizeof(advice),
			"put it in quotes: YAML reads yes, no, on, off, true and false as booleans");
	else if (json_is_integer(value))
		(void)snprintf(advice, sizeof(advice),
			"put it in quotes: \"%" JSON_INTEGER_FORMAT "\"",
			json_integer_value(value));
	else
		(void)snprintf(advice, sizeof(advice), "put text here, in quotes");
	wrong_type(d, value, "text", advice);
	return NULL;
}

static void decode_string(struct decoding *d, const json_t *value, char **target)
{
	const char *text = text_of(d, value);

	if (text)
		*target = xstrdup(text);
}

static bool decode_bool(struct decoding *d, const json_t *value)
{
	if (!json_is_boolean(value))
		wrong_type(d, value, "true or false",
			json_is_string(value) ? "write it without quotes" : "write true or false");
	return json_is_true(value);
}

static void decode_int(
	struct decoding *d, const struct field *field, const json_t *value, struct opt_int *target)
{
	bool is_bounded = field->min != 0 || field->max != 0;
	json_int_t number = json_integer_value(value);
	char text[REPORT_TEXT_MAX];
	char advice[REPORT_TEXT_MAX];

	if (!json_is_integer(value)) {
		wrong_type(d, value, "a whole number",
			json_is_string(value) ? "write it without quotes" : "write a whole number");
		return;
	}
	if (is_bounded && (number < field->min || number > field->max)) {
		(void)snprintf(
			text, sizeof(text), "%" JSON_INTEGER_FORMAT " is out of range", number);
		(void)snprintf(advice, sizeof(advice), "write a number from %lld to %lld",
			(long long)field->min, (long long)field->max);
		say(d, SEVERITY_ERROR, text, advice);
		return;
	}
	*target = (struct opt_int){ true, number };
}

static void decode_enum(
	struct decoding *d, const struct field *field, const json_t *value, uint8_t *target)
{
	const char *text = text_of(d, value);
	auto_(strbuf_finip) struct strbuf advice = { 0 };
	const char *nearest;
	size_t count = 0;

	if (!text)
		return;
	for (; field->names[count]; count++) {
		if (strcmp(field->names[count], text) == 0) {
			*target = (uint8_t)count;
			return;
		}
	}
	nearest = decode_nearest(text, field->names, count);
	if (nearest && nearest[0])
		strbuf_addf(&advice, "did you mean %s? It is one of", nearest);
	else
		strbuf_add(&advice, "write one of");
	for (size_t i = field->names[0][0] ? 0 : 1; i < count; i++)
		strbuf_addf(&advice, " %s", field->names[i]);
	wrong_text(d, text, "is not known here", strbuf_text(&advice));
}

static void decode_strings(struct decoding *d, const json_t *value, struct strings *target)
{
	size_t i;
	json_t *item;

	if (!json_is_array(value)) {
		wrong_type(d, value, "a list", "begin each item with a dash");
		return;
	}
	if (json_array_size(value) == 0)
		return;
	target->at = xnew_array(char *, json_array_size(value));
	json_array_foreach(value, i, item)
	{
		const char *text;

		path_push(d, NULL, i);
		text = text_of(d, item);
		if (text)
			target->at[target->count++] = xstrdup(text);
		path_pop(d);
	}
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

static char *map_value(struct decoding *d, const json_t *value, bool is_base64)
{
	const char *text = text_of(d, value);
	char *bytes;

	if (!text || !is_base64)
		return text ? xstrdup(text) : NULL;
	bytes = decode_base64(text);
	if (!bytes)
		say(d, SEVERITY_ERROR, "is not base64",
			"encode the value with base64, or write it plainly under stringData");
	return bytes;
}

static void decode_map(
	struct decoding *d, const json_t *value, bool is_base64, struct labels *target)
{
	const char *key;
	json_t *item;

	if (!json_is_object(value)) {
		wrong_type(d, value, "a mapping", "write key: value");
		return;
	}
	if (json_object_size(value) == 0)
		return;
	target->at = xnew_array(struct label, json_object_size(value));
	json_object_foreach((json_t *)(uintptr_t)value, key, item)
	{
		char *text;

		path_push(d, key, 0);
		text = json_is_null(item) ? xstrdup("") : map_value(d, item, is_base64);

		if (text)
			target->at[target->count++] = (struct label){ xstrdup(key), text };
		path_pop(d);
	}
	qsort(target->at, target->count, sizeof(target->at[0]), compare_labels);
}

static void decode_int_or_string(
	struct decoding *d, const json_t *value, struct int_or_string *target)
{
	if (json_is_string(value))
		target->text = xstrdup(json_string_value(value));
	else if (json_is_integer(value))
		target->value = json_integer_value(value);
	else
		wrong_type(d, value, "a number or a name", "write a port's number or name");
}

static void decode_text_time(struct decoding *d, const json_t *value, int64_t *target)
{
	const char *text = text_of(d, value);

	if (text && decode_time(text, target) < 0)
		wrong_text(d, text, "is no time", "write it as 2026-01-31T12:00:00Z");
}

static void decode_text_duration(struct decoding *d, const json_t *value, struct opt_int *target)
{
	const char *text = text_of(d, value);

	if (text && decode_duration(text, &target->value) < 0)
		wrong_text(
			d, text, "is no duration", "write a number and a unit, as in 90s or 1m30s");
	else if (text)
		target->is_set = true;
}

static void decode_leaf(
	struct decoding *d, const struct field *field, const json_t *value, void *place)
{
	switch ((enum field_type)field->type) {
	case FIELD_STRING:
		decode_string(d, value, place);
		break;
	case FIELD_BOOL:
		*(bool *)place = decode_bool(d, value);
		break;
	case FIELD_OPT_BOOL:
		*(struct opt_bool *)place = (struct opt_bool){ true, decode_bool(d, value) };
		break;
	case FIELD_INT:
		decode_int(d, field, value, place);
		break;
	case FIELD_ENUM:
		decode_enum(d, field, value, place);
		break;
	case FIELD_STRINGS:
		decode_strings(d, value, place);
		break;
	case FIELD_MAP:
	case FIELD_BYTES_MAP:
		decode_map(d, value, field->type == FIELD_BYTES_MAP, place);
		break;
	case FIELD_INT_OR_STRING:
		decode_int_or_string(d, value, place);
		break;
	case FIELD_TIME:
		decode_text_time(d, value, place);
		break;
	case FIELD_DURATION:
		decode_text_duration(d, value, place);
		break;
	case FIELD_OBJECT: /* decode_part() goes into these */
	case FIELD_OBJECTS:
	case FIELD_IGNORED:
		break;
	}
}

static void unknown_field(struct decoding *d, const struct schema *schema, const char *name)
{
	const char *names[NAMES_MAX];
	size_t count = schema->count < NAMES_MAX ? schema->count : NAMES_MAX;
	char advice[REPORT_TEXT_MAX];
	const char *nearest;

	for (size_t i = 0; i < count; i++)
		names[i] = schema->fields[i].name;
	nearest = decode_nearest(name, names, count);
	if (nearest)
		(void)snprintf(advice, sizeof(advice), "did you mean %s?", nearest);
	else
		(void)snprintf(
			advice, sizeof(advice), "take it out, or check how far it is indented");
	say(d, SEVERITY_WARNING, "there is no such field; it is ignored", advice);
}

static void check_required(struct decoding *d, const struct schema *schema, const json_t *value)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		const json_t *item;

		if (!field->is_required)
			continue;
		item = json_object_get(value, field->name);
		if (item && !json_is_null(item) &&
			(!json_is_string(item) || json_string_length(item) > 0))
			continue;
		path_push(d, field->name, 0);
		say(d, SEVERITY_ERROR, "is missing", "write it: it is required");
		path_pop(d);
	}
}

/* Goes down as deep as the tables do. */
static void decode_part(
	struct decoding *d, const struct schema *schema, const json_t *value, void *base)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value)) {
		wrong_type(d, value, "a mapping", "write its fields as key: value, indented below");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		const struct field *field = schema_field(schema, key);
		void *place = field ? (char *)base + field->offset : NULL;
		struct field_array *array = place;

		path_push(d, key, 0);
		if (!field) {
			unknown_field(d, schema, key);
		} else if (json_is_null(member) || field->type == FIELD_IGNORED) {
			/* as if it were not there */
		} else if (field->type == FIELD_OBJECT) {
			decode_part(d, field->sub, member, place);
			if (field->tells_presence)
				*(bool *)((char *)base + field->presence_offset) = true;
		} else if (field->type == FIELD_OBJECTS && json_is_array(member)) {
			array->count = json_array_size(member);
			array->at = array->count ? xcalloc(array->count, field->sub->size) : NULL;
			for (size_t i = 0; i < array->count; i++) {
				path_push(d, NULL, i);
				decode_part(d, field->sub, json_array_get(member, i),
					(char *)array->at + i * field->sub->size);
				path_pop(d);
			}
		} else if (field->type == FIELD_OBJECTS) {
			wrong_type(d, member, "a list", "begin each item with a dash");
		} else {
			decode_leaf(d, field, member, place);
		}
		path_pop(d);
	}
	check_required(d, schema, value);
}

static const char *string_or_empty(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

struct decode_head decode_head(const json_t *value)
{
	const json_t *meta = json_object_get(value, "metadata");

	return (struct decode_head){
		.api_version = string_or_empty(value, "apiVersion"),
		.kind_name = string_or_empty(value, "kind"),
		.ns = string_or_empty(meta, "namespace"),
		.name = string_or_empty(meta, "name"),
	};
}

/* A namespaced object without a namespace goes where kubectl would put it. */
static void fix_namespace(struct object *object)
{
	struct object_meta *meta = &object->meta;

	if (!model_kind_is_namespaced(object->kind)) {
		free(take(meta->ns));
	} else if (!meta->ns || !meta->ns[0]) {
		free(meta->ns);
		meta->ns = xstrdup("default");
	}
}

int decode_object(const json_t *value, const struct decode_source *source, struct report *report,
	struct object **ret_object)
{
	struct decode_head head = decode_head(value);
	auto_(object_freep) struct object *object = NULL;
	struct decoding d = { .source = source, .root = value, .report = report };
	enum model_kind kind;
	const char *kind_name;

	if (model_kind_find(head.api_version, head.kind_name, &kind, &kind_name) < 0)
		return -ENOENT;
	object = object_new(kind, kind_name);
	object->file = source->file ? xstrdup(source->file) : NULL;
	object->line = source->document ? document_line_at(source->document, value, "") : 0;
	d.place = (struct place){ source->file, object->line, kind_name,
		model_kind_is_namespaced(kind) ? (head.ns[0] ? head.ns : "default") : NULL,
		head.name, NULL };
	decode_part(&d, model_kind_schema(head.api_version, head.kind_name), value, object);
	if (!d.is_bad && !object->meta.name)
		say(&d, SEVERITY_ERROR, "metadata is missing", "give the object a metadata.name");
	if (d.is_bad)
		return -EBADMSG;
	fix_namespace(object);
	*ret_object = take(object);
	return 0;
}
