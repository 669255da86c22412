/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is told of a tree of manifests: findings of all files in one order, and counts.
 */

#include "base/mem.h"
#include "conf/tree_parts.h"

#include <string.h>

enum {
	KINDS_MAX = 100, /* names of unknown kinds that are told */
};

/* The definitions of @slot that do not count, since another file comes first. */
static void report_losers(struct tree *tree, const struct slot *slot)
{
	for (const struct definition *d = slot->definitions; d; d = d->next) {
		auto_(freep) char *file = xasprintf("%s/%s", tree->root, d->file->path);
		const struct place place = { .file = file,
			.line = d->line,
			.kind = slot->id.kind_name,
			.ns = slot->id.ns,
			.name = slot->id.name };

		if (slot->winner && d != slot->winner && d->state != DEFINITION_BAD)
			report_error(&tree->report, &place, "take one of the two out",
				"is defined already in %s/%s:%u, which is taken", tree->root,
				slot->winner->file->path, slot->winner->line);
	}
}

const struct report *tree_report(struct tree *tree)
{
	if (!tree->is_report_old)
		return &tree->report;
	report_fini(&tree->report);
	for (struct tree_file *file = tree_file_first(tree); file; file = tree_file_next(file))
		report_append(&tree->report, &file->report);
	report_append(&tree->report, &tree->together);
	for (struct slot *slot = slots_first(tree); slot; slot = slots_next(slot)) {
		if (slot->definitions && slot->definitions->next)
			report_losers(tree, slot);
	}
	report_sort(&tree->report);
	tree->is_report_old = false;
	return &tree->report;
}

void tree_kinds_clear(struct tree *tree)
{
	for (size_t i = 0; i < tree->kind_count; i++)
		free(tree->kinds[i].kind);
	free(tree->kinds);
	tree->kinds = NULL;
	tree->kind_count = 0;
}

static void count_kind(struct tree *tree, const char *kind, size_t *capacity)
{
	for (size_t i = 0; i < tree->kind_count; i++) {
		if (strcmp(tree->kinds[i].kind, kind) == 0) {
			tree->kinds[i].count++;
			return;
		}
	}
	if (tree->kind_count < KINDS_MAX)
		*array_add(tree->kinds, tree->kind_count,
			*capacity) = (struct conf_unknown_kind){ xstrdup(kind), 1 };
}

static int by_kind(const void *a, const void *b)
{
	return strcmp(((const struct conf_unknown_kind *)a)->kind,
		((const struct conf_unknown_kind *)b)->kind);
}

struct conf_directory_counts tree_counts(struct tree *tree)
{
	struct conf_directory_counts counts = { .files = tree->file_count,
		.files_read = tree->files_read };
	size_t capacity = 0;

	tree_kinds_clear(tree);
	for (struct tree_file *file = tree_file_first(tree); file; file = tree_file_next(file)) {
		counts.unknown += file->unknown.count;
		for (size_t i = 0; i < file->unknown.count; i++)
			count_kind(tree, file->unknown.at[i], &capacity);
	}
	for (struct slot *slot = slots_first(tree); slot; slot = slots_next(slot))
		counts.objects += slot->is_in_model;
	if (tree->kind_count > 1)
		qsort(tree->kinds, tree->kind_count, sizeof(tree->kinds[0]), by_kind);
	counts.kinds = tree->kinds;
	counts.kind_count = tree->kind_count;
	return counts;
}
