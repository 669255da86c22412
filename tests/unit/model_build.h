/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Small builders of model objects for unit tests.
 */

#include "base/mem.h"
#include "model/model.h"

#include <string.h>

static inline void build_label(struct labels *labels, const char *key, const char *value)
{
	size_t i = labels->count;

	labels->at = xreallocarray(labels->at, labels->count + 1, sizeof(labels->at[0]));
	for (; i > 0 && strcmp(labels->at[i - 1].key, key) > 0; i--)
		labels->at[i] = labels->at[i - 1];
	labels->at[i] = (struct label){ xstrdup(key), xstrdup(value) };
	labels->count++;
}

static inline void build_string(struct strings *strings, const char *text)
{
	strings->at = xreallocarray(strings->at, strings->count + 1, sizeof(strings->at[0]));
	strings->at[strings->count++] = xstrdup(text);
}

/* Freed by model_put() or object_free(). @ns NULL: cluster-scoped. */
static inline void *build_object(
	enum model_kind kind, const char *kind_name, const char *ns, const char *name)
{
	struct object *object = object_new(kind, kind_name);

	object->meta.ns = ns ? xstrdup(ns) : NULL;
	object->meta.name = xstrdup(name);
	return object;
}
