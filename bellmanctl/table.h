/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Text in columns. Cells come from outside: control bytes are shown as '?'.
 */

#include "base/strbuf.h"

#include <stdbool.h>

enum {
	TABLE_COLUMNS_MAX = 12
};

struct table {
	const char *const *heads; /* borrowed */
	size_t column_count;
	char **cells; /* row by row; owned */
	size_t cell_count;
	size_t cell_capacity;
};

/* @heads: names of the columns, @column_count of them; borrowed until table_fini(). */
void table_init(struct table *table, const char *const *heads, size_t column_count);
void table_fini(struct table *table);

/* Adds the next cell; a row is complete after column_count of them. @text may be NULL. */
void table_add(struct table *table, const char *text);

/* Writes heads and rows, each column as wide as its widest cell; heads in bold if @bold. */
void table_print(const struct table *table, bool bold, struct strbuf *out);
