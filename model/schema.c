/* SPDX-License-Identifier: Apache-2.0 */

#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

static void clear_strings(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->at[i]);
	free(strings->at);
	*strings = (struct strings){ 0 };
}

static void clear_labels(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->at[i].key);
		free(labels->at[i].value);
	}
	free(labels->at);
	*labels = (struct labels){ 0 };
}

static void clear_array(const struct schema *schema, struct field_array *array)
{
	for (size_t i = 0; i < array->count; i++)
		schema_clear(schema, (char *)array->at + i * schema->size);
	free(array->at);
	*array = (struct field_array){ 0 };
}

static void clear_field(const struct field *field, void *place)
{
	switch ((enum field_type)field->type) {
	case FIELD_STRING:
		free(*(char **)place);
		*(char **)place = NULL;
		break;
	case FIELD_INT_OR_STRING:
		free(((struct int_or_string *)place)->text);
		*(struct int_or_string *)place = (struct int_or_string){ 0 };
		break;
	case FIELD_STRINGS:
		clear_strings(place);
		break;
	case FIELD_MAP:
	case FIELD_BYTES_MAP:
		clear_labels(place);
		break;
	case FIELD_OBJECT:
		schema_clear(field->sub, place);
		break;
	case FIELD_OBJECTS:
		clear_array(field->sub, place);
		break;
	case FIELD_BOOL:
		*(bool *)place = false;
		break;
	case FIELD_OPT_BOOL:
		*(struct opt_bool *)place = (struct opt_bool){ 0 };
		break;
	case FIELD_INT:
	case FIELD_DURATION:
		*(struct opt_int *)place = (struct opt_int){ 0 };
		break;
	case FIELD_ENUM:
		*(uint8_t *)place = 0;
		break;
	case FIELD_TIME:
		*(int64_t *)place = 0;
		break;
	case FIELD_IGNORED:
		break;
	}
}

void schema_clear(const struct schema *schema, void *object)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];

		clear_field(field, (char *)object + field->offset);
		if (field->tells_presence)
			*(bool *)((char *)object + field->presence_offset) = false;
	}
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool strings_equal(const struct strings *a, const struct strings *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = text_equal(a->at[i], b->at[i]);
	return equal;
}

static bool labels_equal(const struct labels *a, const struct labels *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = text_equal(a->at[i].key, b->at[i].key) &&
			text_equal(a->at[i].value, b->at[i].value);
	return equal;
}

static bool arrays_equal(
	const struct schema *schema, const struct field_array *a, const struct field_array *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = schema_equal(schema, (const char *)a->at + i * schema->size,
			(const char *)b->at + i * schema->size);
	return equal;
}

static bool ints_equal(const struct opt_int *a, const struct opt_int *b)
{
	return a->is_set == b->is_set && a->value == b->value;
}

static bool bools_equal(const struct opt_bool *a, const struct opt_bool *b)
{
	return a->is_set == b->is_set && a->value == b->value;
}

static bool int_or_strings_equal(const struct int_or_string *a, const struct int_or_string *b)
{
	return a->value == b->value && text_equal(a->text, b->text);
}

static bool field_equal(const struct field *field, const void *a, const void *b)
{
	switch ((enum field_type)field->type) {
	case FIELD_STRING:
		return text_equal(*(char *const *)a, *(char *const *)b);
	case FIELD_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_OPT_BOOL:
		return bools_equal(a, b);
	case FIELD_INT:
	case FIELD_DURATION:
		return ints_equal(a, b);
	case FIELD_ENUM:
		return *(const uint8_t *)a == *(const uint8_t *)b;
	case FIELD_STRINGS:
		return strings_equal(a, b);
	case FIELD_MAP:
	case FIELD_BYTES_MAP:
		return labels_equal(a, b);
	case FIELD_INT_OR_STRING:
		return int_or_strings_equal(a, b);
	case FIELD_TIME:
		return *(const int64_t *)a == *(const int64_t *)b;
	case FIELD_OBJECT:
		return schema_equal(field->sub, a, b);
	case FIELD_OBJECTS:
		return arrays_equal(field->sub, a, b);
	case FIELD_IGNORED:
		return true;
	}
	return true;
}

static bool presence_equal(const struct field *field, const void *a, const void *b)
{
	if (!field->tells_presence)
		return true;
	return *(const bool *)((const char *)a + field->presence_offset) ==
		*(const bool *)((const char *)b + field->presence_offset);
}

bool schema_equal(const struct schema *schema, const void *a, const void *b)
{
	bool equal = true;

	for (size_t i = 0; equal && i < schema->count; i++) {
		const struct field *field = &schema->fields[i];

		equal = presence_equal(field, a, b) &&
			field_equal(field, (const char *)a + field->offset,
				(const char *)b + field->offset);
	}
	return equal;
}

const struct field *schema_field(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->count; i++) {
		if (strcmp(schema->fields[i].name, name) == 0)
			return &schema->fields[i];
	}
	return NULL;
}

const char *labels_get(const struct labels *labels, const char *key)
{
	size_t low = 0;
	size_t high = labels->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(key, labels->at[middle].key);

		if (order == 0)
			return labels->at[middle].value;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool strings_contain(const struct strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++) {
		if (strcmp(strings->at[i], text) == 0)
			return true;
	}
	return false;
}
