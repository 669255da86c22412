/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two indexes: files by path, and slots, one for each object that some file defines. Objects that
 * stand alone go to the model as they are read. Those of metallb.io may exclude one another: their
 * slots keep them, and tree_settle() judges them together.
 *
 * A loser's object is not kept: when it becomes the winner, its file is read again.
 */

#include "conf/tree_parts.h"

#include "base/file.h"
#include "base/mem.h"
#include "conf/manifest.h"
#include "conf/validate.h"
#include "conf/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILES_MAX = 200000,
};

static int compare_files(const struct tree_file *a, const struct tree_file *b)
{
	return compare_paths(a->path, b->path);
}

TREE_GENERATE(files, tree_file, entry, compare_files)

static struct tree_file *file_find(struct tree *tree, const char *path)
{
	struct tree_file key = { .path = (char *)(uintptr_t)path };

	return RB_FIND(files, &tree->files, &key);
}

static struct findings *file_findings(struct tree *tree, struct tree_file *file)
{
	if (!file->findings) {
		file->findings = xnew(struct findings);
		LIST_INSERT_HEAD(&tree->findings, file->findings, link);
	}
	return file->findings;
}

static void file_clear_findings(struct tree_file *file)
{
	struct findings *findings = file->findings;

	if (!findings)
		return;
	LIST_REMOVE(findings, link);
	report_fini(&findings->report);
	for (size_t i = 0; i < findings->unknown.count; i++)
		free(findings->unknown.at[i]);
	free(findings->unknown.at);
	free(findings);
	file->findings = NULL;
}

static void file_free(struct tree *tree, struct tree_file *file)
{
	RB_REMOVE(files, &tree->files, file);
	tree->file_count--;
	for (size_t i = 0; i < file->count; i++)
		definition_free(tree, file->definitions[i]);
	if (file->findings)
		tree->has_changed = true;
	tree->is_report_old = true;
	file_clear_findings(file);
	free(file->definitions);
	free(file->path);
	free(file);
}

/* The definition of @id in @file, made if there was none. NULL: there are two in the file. */
static struct definition *file_define(
	struct tree *tree, struct tree_file *file, const struct object_id *id, unsigned line)
{
	struct slot *slot = slot_get(tree, id);
	struct definition *d = slot->definitions;

	while (d && d->file != file)
		d = d->next;
	if (d && d->is_seen)
		return NULL;
	if (!d) {
		d = xnew(struct definition);
		d->slot = slot;
		d->file = file;
		slot_insert(tree, slot, d);
		*array_add(file->definitions, file->count, file->capacity) = d;
	}
	d->is_seen = true;
	d->line = line;
	return d;
}

/* What a manifest being read hands over: see conf/manifest.h. The file has findings meanwhile. */
struct reading {
	struct tree *tree;
	struct tree_file *file;
};

static void on_duplicate(
	struct report *report, const struct object_id *id, unsigned line, const char *path)
{
	const struct place place = {
		.file = path, .line = line, .kind = id->kind_name, .ns = id->ns, .name = id->name
	};

	report_error(report, &place, "take one of the two out",
		"is defined twice in this file; the first is taken");
}

static void on_good(void *user, struct object *object)
{
	struct reading *reading = user;
	const struct object_id id = object_id(object);
	struct definition *d = file_define(reading->tree, reading->file, &id, object->line);

	if (!d) {
		on_duplicate(&reading->file->findings->report, &id, object->line, object->file);
		object_free(object);
		return;
	}
	d->state = DEFINITION_GOOD;
	if (slot_elect(d->slot) == d) {
		if (d->slot->winner && d->slot->winner->state == DEFINITION_STALE)
			d->slot->winner->state = DEFINITION_BAD;
		d->state = DEFINITION_GOOD;
		d->slot->winner = d;
		slot_put(reading->tree, d->slot, object);
	} else {
		object_free(object);
	}
}

static bool on_bad(void *user, const struct object_id *id, unsigned line)
{
	struct reading *reading = user;
	struct definition *d = file_define(reading->tree, reading->file, id, line);

	if (!d)
		return false;
	if (d->slot->winner == d) {
		d->state = DEFINITION_STALE;
		return true;
	}
	d->state = DEFINITION_BAD;
	if (!d->slot->winner)
		slot_find_winner(reading->tree, d->slot);
	return false;
}

static void on_unknown(void *user, const char *kind)
{
	struct reading *reading = user;
	struct strings *unknown = &reading->file->findings->unknown;

	unknown->at = xreallocarray(unknown->at, unknown->count + 1, sizeof(unknown->at[0]));
	unknown->at[unknown->count++] = xstrdup(kind);
}

/*
 * Definitions that were not met again are gone, unless a document could not be read: then one of
 * them may be in there, and all stay as they were.
 */
static void file_sweep(struct tree *tree, struct tree_file *file, bool is_complete)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->count; i++) {
		struct definition *d = file->definitions[i];

		if (d->is_seen || (!is_complete && d->slot->winner == d)) {
			if (!d->is_seen)
				d->state = DEFINITION_STALE;
			file->definitions[kept++] = d;
		} else {
			definition_free(tree, d);
		}
	}
	file->count = kept;
}

static void file_parse(struct tree *tree, struct tree_file *file, const char *text, size_t len)
{
	auto_(freep) char *full = xasprintf("%s/%s", tree->root, file->path);
	struct reading reading = { tree, file };
	bool was_silent = !file->findings;
	struct findings *findings;
	bool is_complete;

	file_clear_findings(file);
	findings = file_findings(tree, file);
	for (size_t i = 0; i < file->count; i++)
		file->definitions[i]->is_seen = false;
	is_complete = manifest_read(text, len, file->path[0] ? full : tree->root,
		&(struct manifest_sink){ .on_good = on_good,
			.on_bad = on_bad,
			.on_unknown = on_unknown,
			.report = &findings->report,
			.user = &reading });
	tree->files_failed += report_has_errors(&findings->report);
	if (findings->report.count == 0 && findings->unknown.count == 0)
		file_clear_findings(file);
	file_sweep(tree, file, is_complete);
	tree->files_read++;
	tree->is_report_old = true;
	if (!was_silent || file->findings)
		tree->has_changed = true;
}

static int file_open(const struct tree *tree, const char *path)
{
	auto_(freep) char *full = xasprintf("%s/%s", tree->root, path);
	int fd = open(path[0] ? full : tree->root, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Return: true if the file is not the one that was read. */
static bool file_identify(struct tree_file *file, const struct stat *st)
{
	bool is_same = file->identity.dev == st->st_dev && file->identity.ino == st->st_ino &&
		file->identity.size == st->st_size &&
		memcmp(&file->identity.mtime, &st->st_mtim, sizeof(st->st_mtim)) == 0 &&
		memcmp(&file->identity.ctime, &st->st_ctim, sizeof(st->st_ctim)) == 0;

	file->identity.dev = st->st_dev;
	file->identity.ino = st->st_ino;
	file->identity.size = st->st_size;
	file->identity.mtime = st->st_mtim;
	file->identity.ctime = st->st_ctim;
	return !is_same;
}

/* What can not be read keeps its objects: nothing says that they are gone. */
static void file_refuse(struct tree *tree, struct tree_file *file, const char *why)
{
	auto_(freep) char *full = xasprintf("%s/%s", tree->root, file->path);

	file_clear_findings(file);
	report_error(&file_findings(tree, file)->report, &(struct place){ .file = full },
		"what was read before stays in force", "can not be read: %s", why);
	tree->files_read++;
	tree->files_failed++;
	tree->is_report_old = true;
	tree->has_changed = true;
}

static void file_load(struct tree *tree, struct tree_file *file, int fd, size_t size)
{
	auto_(freep) char *text = NULL;
	size_t len = 0;
	int r;

	if (size > DOCUMENT_TEXT_MAX) {
		file_refuse(tree, file, "the file is too large");
		return;
	}
	text = xcalloc(1, size + 1);
	r = file_read_fd(fd, text, size, &len);
	if (r < 0)
		file_refuse(tree, file, strerror(-r));
	else
		file_parse(tree, file, text, len);
}

static struct tree_file *file_get(struct tree *tree, const char *path)
{
	struct tree_file *file = file_find(tree, path);

	if (file || tree->file_count >= FILES_MAX)
		return file;
	file = xnew(struct tree_file);
	file->path = xstrdup(path);
	file->must_read = true;
	RB_INSERT(files, &tree->files, file);
	tree->file_count++;
	return file;
}

void tree_touch(struct tree *tree, const char *path)
{
	int fd = file_open(tree, path);
	struct tree_file *file;
	struct stat st;

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ||
		(fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))) {
		file = file_find(tree, path);
		if (file)
			file_free(tree, file);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	file = file_get(tree, path);
	if (file)
		file->generation = tree->generation;
	if (fd < 0 && file)
		file_refuse(tree, file, strerror(-fd));
	/* No short cut in the condition: the identity must be kept. */
	if (fd >= 0 && file && (file_identify(file, &st) | file->must_read)) {
		file->must_read = false;
		file_load(tree, file, fd, (size_t)st.st_size);
	}
	if (fd >= 0)
		(void)close(fd);
}

static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return len == 0 || (strncmp(path, folder, len) == 0 && path[len] == '/');
}

/* What a walk meets goes on to whoever asked for the scan, and to us. */
struct scan {
	struct tree *tree;
	tree_folder_fn *on_folder;
	void *user;
};

static void scan_folder(void *user, const char *path)
{
	const struct scan *scan = user;

	if (scan->on_folder)
		scan->on_folder(scan->user, path);
}

static void scan_file(void *user, const char *path)
{
	tree_touch(((const struct scan *)user)->tree, path);
}

int tree_scan(struct tree *tree, const char *path, tree_folder_fn *on_folder, void *user)
{
	struct scan scan = { tree, on_folder, user };
	struct tree_file *file;
	struct tree_file *next;
	int r;

	tree->generation++;
	r = walk(tree->root, path,
		&(struct walk_sink){
			.on_folder = scan_folder, .on_file = scan_file, .user = &scan });
	RB_FOREACH_SAFE(file, files, &tree->files, next) {
		if (file->generation != tree->generation && is_below(file->path, path))
			file_free(tree, file);
	}
	return r;
}

struct tree *tree_new(struct model *model, const char *root)
{
	struct tree *tree = xnew(struct tree);

	tree->model = model;
	tree->root = root;
	RB_INIT(&tree->slots);
	RB_INIT(&tree->files);
	return tree;
}

struct tree *tree_free(struct tree *tree)
{
	struct tree_file *file;

	if (!tree)
		return NULL;

	/* What is in the model stays there: the slots forget it first. */
	for (struct slot *slot = slots_first(tree); slot; slot = slots_next(slot))
		slot->is_in_model = false;
	tree->is_closing = true;
	while ((file = RB_ROOT(&tree->files)))
		file_free(tree, file);
	free(tree->contested);
	report_fini(&tree->together);
	report_fini(&tree->report);
	tree_kinds_clear(tree);
	free(tree);
	return NULL;
}

/* Reads again what became the winner without its object at hand. */
static void read_winners(struct tree *tree)
{
	struct tree_file *file;
	struct tree_file *next;

	while (tree->has_unread) {
		tree->has_unread = false;
		RB_FOREACH_SAFE(file, files, &tree->files, next) {
			auto_(freep) char *path = file->must_read ? xstrdup(file->path) : NULL;

			if (path)
				tree_touch(tree, path);
		}
	}
}

bool tree_settle(struct tree *tree)
{
	bool has_changed;

	read_winners(tree);
	if (tree->must_settle)
		tree_settle_together(tree);
	has_changed = tree->has_changed;
	tree->has_changed = false;
	return has_changed;
}
