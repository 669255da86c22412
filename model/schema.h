/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the fields of a kind are called, where they lie in its struct and of what type they are: one
 * table per kind. The decoders (manifests now, the API server later) fill a struct by walking its
 * table; freeing and comparing walk the same table, so a new field is one line.
 *
 * In the structs a field that may be absent is NULL, an empty list or an opt_ value. Every array is
 * a struct of a pointer `at` and a size_t `count`, in this order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_int {
	bool is_set;
	int64_t value;
};

struct opt_bool {
	bool is_set;
	bool value;
};

struct strings {
	char **at; /* owned */
	size_t count;
};

struct label {
	char *key;
	char *value;
};

/* Sorted by key, keys unique. */
struct labels {
	struct label *at; /* owned */
	size_t count;
};

/* A port given as a number or by name (Kubernetes IntOrString). */
struct int_or_string {
	char *text;    /* owned; NULL: the number counts */
	int64_t value; /* 0 and no text: absent */
};

/* Any array, seen through its table. */
struct field_array {
	void *at;
	size_t count;
};

enum field_type {
	FIELD_STRING,        /* char *; absent or null: NULL */
	FIELD_BOOL,          /* bool; absent: false */
	FIELD_OPT_BOOL,      /* struct opt_bool */
	FIELD_INT,           /* struct opt_int, checked against min and max */
	FIELD_ENUM,          /* uint8_t: position in names; absent: 0 */
	FIELD_STRINGS,       /* struct strings */
	FIELD_MAP,           /* struct labels */
	FIELD_INT_OR_STRING, /* struct int_or_string */
	FIELD_TIME,          /* int64_t, seconds since 1970 (RFC 3339 text); absent: 0 */
	FIELD_DURATION,      /* struct opt_int, nanoseconds (Go text: "1m30s") */
	FIELD_BYTES_MAP,     /* struct labels; the values are base64 and kept decoded */
	FIELD_OBJECT,        /* a part of the struct: its fields lie at the offsets of sub */
	FIELD_OBJECTS,       /* array of structs */
	FIELD_IGNORED,       /* known, but bellman does not look at it: no place in the struct */
};

struct schema;

struct field {
	const char *name; /* as in JSON */
	uint8_t type;     /* enum field_type */
	bool is_required;
	size_t offset;
	const struct schema *sub; /* FIELD_OBJECT, FIELD_OBJECTS */
	const char *const *names; /* FIELD_ENUM: NULL-ended; names[0] "" if absence counts */
	int64_t min;              /* FIELD_INT; both 0: no bounds */
	int64_t max;
	/* FIELD_OBJECT: where being there means something, even when empty, a bool says so. */
	bool tells_presence;
	size_t presence_offset; /* of that bool, in the struct around */
};

struct schema {
	const char *name; /* of the kind, or of the part */
	size_t size;      /* of the struct */
	const struct field *fields;
	size_t count;
};

/* Frees what the fields of @object own and zeroes them; not @object itself. */
void schema_clear(const struct schema *schema, void *object);

/* True if all fields of both are equal, arrays in order. */
bool schema_equal(const struct schema *schema, const void *a, const void *b);

/* The field called @name, or NULL. */
const struct field *schema_field(const struct schema *schema, const char *name);

/* The value of @key, or NULL. */
const char *labels_get(const struct labels *labels, const char *key);

bool strings_contain(const struct strings *strings, const char *text);
