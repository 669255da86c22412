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
		.objects = tree->object_count,
		.files_read = tree->files_read,
		.files_failed = tree->files_failed };
	const struct findings *findings;
	size_t capacity = 0;

	tree_kinds_clear(tree);
	LIST_FOREACH(findings, &tree->findings, link)
	{
		counts.unknown += findings->unknown.count;
		for (size_t i = 0; i < findings->unknown.count; i++)
			count_kind(tree, findings->unknown.at[i], &capacity);
	}
	if (tree->kind_count > 1)
		qsort(tree->kinds, tree->kind_count, sizeof(tree->kinds[0]), by_kind);
	counts.kinds = tree->kinds;
	counts.kind_count = tree->kind_count;
	return counts;
}

/* A kind that is not read is no fault: a tree may hold more than what is for us. */
static void report_kinds(struct tree *tree)
{
	struct conf_directory_counts counts = tree_counts(tree);

	for (size_t i = 0; i < counts.kind_count; i++) {
		const struct place place = {
			.file = tree->root,
			.kind = counts.kinds[i].kind,
		};

		report_note(&tree->report, &place, NULL, "%zu of this kind, which is not used here",
			counts.kinds[i].count);
	}
}

const struct report *tree_report(struct tree *tree)
{
	const struct findings *findings;

	if (!tree->is_report_old)
		return &tree->report;
	report_fini(&tree->report);
	LIST_FOREACH(findings, &tree->findings, link)
	report_append(&tree->report, &findings->report);
	report_append(&tree->report, &tree->together);
	for (size_t i = 0; i < tree->contested_count; i++)
		report_losers(tree, tree->contested[i]);
	report_kinds(tree);
	report_sort(&tree->report);
	tree->is_report_old = false;
	return &tree->report;
}
