/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Members of the agent's answers, for views: what is missing reads as empty or zero, so that an
 * older agent can be asked by a newer bellmanctl.
 */

#include "bellmanctl/table.h"

#include <jansson.h>

/* The text @key of @object, or "". Borrowed from @object. */
const char *field_text(const json_t *object, const char *key);

/* The number @key of @object, or 0. */
json_int_t field_int(const json_t *object, const char *key);

/* Adds the next cell of @table. */
void table_add_int(struct table *table, json_int_t value);

/* The same for a span of time: "5s", "3m20s", "2h05m", "9d04h". */
void table_add_age(struct table *table, double seconds);

/* Prints @table and frees what it holds. */
void table_finish(struct table *table, bool color, struct strbuf *out);
