/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/table.h"

#include "base/mem.h"

#include <string.h>

enum {
	GAP = 2
};

void table_init(struct table *table, const char *const *heads, size_t column_count)
{
	*table = (struct table){ .heads = heads, .column_count = column_count };
}

void table_fini(struct table *table)
{
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){ 0 };
}

void table_add(struct table *table, const char *text)
{
	char *cell = xstrdup(text ? text : "");

	for (char *c = cell; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
	*array_add(table->cells, table->cell_count, table->cell_capacity) = cell;
}

/* Characters, not bytes: continuation bytes of UTF-8 do not count. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* One row, without blanks at its end. */
static void print_row(
	struct strbuf *out, const char *const *cells, const size_t *widths, size_t columns)
{
	while (columns > 0 && cells[columns - 1][0] == '\0')
		columns--;
	for (size_t i = 0; i < columns; i++) {
		strbuf_add(out, cells[i]);
		for (size_t k = width_of(cells[i]); i + 1 < columns && k < widths[i] + GAP; k++)
			strbuf_add_char(out, ' ');
	}
}

void table_print(const struct table *table, bool bold, struct strbuf *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };
	size_t columns = table->column_count;

	for (size_t i = 0; i < columns; i++)
		widths[i] = width_of(table->heads[i]);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t width = width_of(table->cells[i]);

		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
	if (bold)
		strbuf_add(out, "\033[1m");
	print_row(out, table->heads, widths, columns);
	strbuf_add(out, bold ? "\033[0m\n" : "\n");
	for (size_t i = 0; i + columns <= table->cell_count; i += columns) {
		print_row(out, (const char *const *)&table->cells[i], widths, columns);
		strbuf_add_char(out, '\n');
	}
}
