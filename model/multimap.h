/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An index: text to the objects filed under it. For model/ alone.
 */

#include "model/object.h"

struct multimap;

struct multimap_list {
	const struct object *const *at; /* borrowed until the next change */
	size_t count;
};

struct multimap *multimap_new(void);
struct multimap *multimap_free(struct multimap *map);

/* Files @object, borrowed, under @key; it must be taken out before it is freed. */
void multimap_add(struct multimap *map, const char *key, const struct object *object);
void multimap_remove(struct multimap *map, const char *key, const struct object *object);

/* What is filed under @key, in no particular order. */
struct multimap_list multimap_get(const struct multimap *map, const char *key);
