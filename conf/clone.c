/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Copies of objects, by the tables of model/schema.h.
 */

#include "base/mem.h"
#include "conf/decode.h"

static char *clone_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void clone_strings(const struct strings *from, struct strings *to)
{
	to->at = from->count > 0 ? xnew_array(char *, from->count) : NULL;
	to->count = from->count;
	for (size_t i = 0; i < from->count; i++)
		to->at[i] = xstrdup(from->at[i]);
}

static void clone_labels(const struct labels *from, struct labels *to)
{
	to->at = from->count > 0 ? xnew_array(struct label, from->count) : NULL;
	to->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		to->at[i].key = xstrdup(from->at[i].key);
		to->at[i].value = clone_text(from->at[i].value);
	}
}

static void clone_field(const struct field *field, const void *from, void *to)
{
	switch ((enum field_type)field->type) {
	case FIELD_STRING:
		*(char **)to = clone_text(*(char *const *)from);
		break;
	case FIELD_INT_OR_STRING:
		*(struct int_or_string *)to = *(const struct int_or_string *)from;
		((struct int_or_string *)to)->text = clone_text(
			((const struct int_or_string *)from)->text);
		break;
	case FIELD_STRINGS:
		clone_strings(from, to);
		break;
	case FIELD_MAP:
	case FIELD_BYTES_MAP:
		clone_labels(from, to);
		break;
	case FIELD_BOOL:
		*(bool *)to = *(const bool *)from;
		break;
	case FIELD_OPT_BOOL:
		*(struct opt_bool *)to = *(const struct opt_bool *)from;
		break;
	case FIELD_INT:
	case FIELD_DURATION:
		*(struct opt_int *)to = *(const struct opt_int *)from;
		break;
	case FIELD_ENUM:
		*(uint8_t *)to = *(const uint8_t *)from;
		break;
	case FIELD_TIME:
		*(int64_t *)to = *(const int64_t *)from;
		break;
	case FIELD_OBJECT:
	case FIELD_OBJECTS:
	case FIELD_IGNORED:
		break;
	}
}

static void clone_part(const struct schema *schema, const void *from, void *to)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		const char *source = (const char *)from + field->offset;
		char *target = (char *)to + field->offset;
		const struct field_array *items = (const void *)source;
		struct field_array *copies = (void *)target;

		if (field->type == FIELD_OBJECT) {
			clone_part(field->sub, source, target);
			if (field->tells_presence)
				*(bool *)((char *)to + field->presence_offset) = *(
					const bool *)((const char *)from + field->presence_offset);
		} else if (field->type == FIELD_OBJECTS) {
			copies->at = items->count > 0 ? xcalloc(items->count, field->sub->size) :
							NULL;
			copies->count = items->count;
			for (size_t j = 0; j < items->count; j++)
				clone_part(field->sub,
					(const char *)items->at + j * field->sub->size,
					(char *)copies->at + j * field->sub->size);
		} else {
			clone_field(field, source, target);
		}
	}
}

struct object *decode_clone(const struct object *object)
{
	/* Of the kinds of metallb.io only BGPPeer has a newer version. */
	const char *version = object->kind == MODEL_SERVICE ? "v1" :
		object->kind == MODEL_BGP_PEER              ? "metallb.io/v1beta2" :
							      "metallb.io/v1beta1";
	const struct schema *schema = model_kind_schema(version, object->kind_name);
	struct object *copy = object_new(object->kind, object->kind_name);

	clone_part(schema, object, copy);
	copy->file = clone_text(object->file);
	copy->line = object->line;
	return copy;
}
