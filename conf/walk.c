/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/walk.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FOLDER_DEPTH_MAX = 16,
	FOLDERS_MAX = 50000,
};

bool walk_is_manifest(const char *name)
{
	static const char *const suffixes[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name);

	for (size_t i = 0; name[0] != '.' && i < COUNT_OF(suffixes); i++) {
		size_t suffix_len = strlen(suffixes[i]);

		if (len > suffix_len && strcmp(name + len - suffix_len, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/* The way from the root to a folder, to notice a link that leads back up. */
struct ancestor {
	const struct ancestor *parent;
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

struct walking {
	const char *root;
	const struct walk_sink *sink;
	unsigned folders;
};

static bool is_loop(const struct ancestor *parent, const struct stat *st)
{
	if (parent && parent->depth >= FOLDER_DEPTH_MAX)
		return true;
	for (; parent; parent = parent->parent) {
		if (parent->dev == st->st_dev && parent->ino == st->st_ino)
			return true;
	}
	return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* True if @entry of the folder @path is a folder, maybe behind a link. */
static bool is_folder(const char *root, const char *path, const struct dirent *entry)
{
	auto_(freep) char *full = NULL;
	struct stat st;

	if (entry->d_type == DT_REG || entry->d_type == DT_DIR)
		return entry->d_type == DT_DIR;
	full = xasprintf("%s/%s", root, path);
	return stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static int walk_folder(struct walking *w, const char *path, const struct ancestor *parent)
{
	auto_(freep) char *full = xasprintf("%s/%s", w->root, path);
	struct ancestor self = { .parent = parent, .depth = parent ? parent->depth + 1 : 0 };
	struct dirent **entries;
	struct stat st;
	int count;

	if (stat(full, &st) < 0)
		return -errno;
	if (is_loop(parent, &st) || ++w->folders > FOLDERS_MAX)
		return -ELOOP;
	self.dev = st.st_dev;
	self.ino = st.st_ino;
	w->sink->on_folder(w->sink->user, path);
	count = scandir(full, &entries, is_visible, by_name);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		auto_(freep) char *below = xasprintf("%s%s%s", path, path[0] ? "/" : "", name);

		if (is_folder(w->root, below, entries[i]))
			(void)walk_folder(w, below, &self);
		else if (walk_is_manifest(name))
			w->sink->on_file(w->sink->user, below);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int walk(const char *root, const char *path, const struct walk_sink *sink)
{
	struct walking w = { root, sink, 0 };

	return walk_folder(&w, path, NULL);
}
