/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON values to objects of the model, by the tables of model/schema.h. For manifests and for what
 * the API server sends alike. Names no rule of its own: what a value means is conf/validate.
 */

#include "conf/document.h"
#include "conf/report.h"
#include "model/object.h"

#include <stdint.h>

/* Where the values come from, for messages and for object->file. */
struct decode_source {
	const struct document *document; /* NULL: no lines are known */
	const char *file;                /* NULL: not from a file */
};

/* What a manifest says that it is. Borrowed from it. */
struct decode_head {
	const char *api_version; /* "" if missing, as all here */
	const char *kind_name;
	const char *ns;
	const char *name;
};

/* Reads what names the object @value; nothing is checked. */
struct decode_head decode_head(const json_t *value);

/**
 * decode_object() - make an object of @value, a mapping with apiVersion, kind and metadata
 * @source:     where it is from
 * @report:     gets unknown fields as warnings, and wrong types, values out of range, unknown
 *              words and missing fields as errors
 * @ret_object: owned by the caller; set only on 0
 *
 * A namespaced kind without a namespace gets "default".
 *
 * Return: 0; -ENOENT: not a kind of ours, nothing is reported; -EBADMSG: it has errors.
 */
must_check int decode_object(const json_t *value, const struct decode_source *source,
	struct report *report, struct object **ret_object);

/* A copy of @object, a Service or of a metallb.io kind, owned by the caller. */
struct object *decode_clone(const struct object *object);

/* "1h2m3.5s" as Go's time.ParseDuration reads it, to nanoseconds. -EINVAL otherwise. */
must_check int decode_duration(const char *text, int64_t *ret_ns);

/* RFC 3339 text to seconds since 1970; fractions are cut. -EINVAL otherwise. */
must_check int decode_time(const char *text, int64_t *ret_seconds);

/* Standard base64, with padding. Caller frees; NULL if it is not base64. Ends with a NUL. */
char *decode_base64(const char *text);

/* The entry of @names that is nearest to @text, or NULL if none is near. */
const char *decode_nearest(const char *text, const char *const *names, size_t count);
