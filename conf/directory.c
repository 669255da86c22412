/* SPDX-License-Identifier: Apache-2.0 */

/*
 * inotify on every folder of the tree, and on the folder around it, in which the tree itself may be
 * swapped. All events that are there are read, then the files they name are compared; what they
 * mean is never concluded from the events alone, so a lost or doubled one does no harm.
 *
 * A file that is created is read when it is closed: before that it is half of a file. An editor that
 * first renames the old file to a backup ("x.yaml~") leaves a gap with no file: the old one stays in
 * force until the new one is closed, for at most AWAY_SECONDS.
 */

#include "conf/directory.h"

#include "base/mem.h"
#include "conf/tree.h"
#include "conf/walk.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

enum {
	AWAY_SECONDS = 1,
	BUFFER_SIZE = 64 * 1024,
	ROUNDS_MAX = 256, /* buffers read in one turn: the rest is for the next */
};

#define FOLDER_EVENTS                                                                       \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | \
		IN_ONLYDIR)
#define AROUND_EVENTS (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)

struct folder {
	UT_hash_handle hh;
	int watch;
	char *path; /* owned, below the root */
};

struct conf_directory {
	struct tree *tree;
	char *root; /* owned */
	char *name; /* owned: the last part of root */
	int inotify;
	int around; /* watch of the folder around root; -1: none */
	struct event *readable;
	struct event *away_timer;
	struct strings away;    /* files that an editor moved to their backup */
	struct folder *folders; /* hash by watch */
	void (*on_change)(void *user);
	void *user;
	uint32_t moved_cookie; /* of the last IN_MOVED_FROM of a manifest */
	char *moved_from;      /* owned; its path, until its IN_MOVED_TO is seen */
	bool must_rescan;
};

static void folder_remove(struct conf_directory *d, struct folder *folder)
{
	HASH_DEL(d->folders, folder);
	free(folder->path);
	free(folder);
}

static struct folder *folder_find(struct conf_directory *d, int watch)
{
	struct folder *folder;

	HASH_FIND_INT(d->folders, &watch, folder);
	return folder;
}

static void on_folder(void *user, const char *path)
{
	struct conf_directory *d = user;
	auto_(freep) char *full = xasprintf("%s/%s", d->root, path);
	int watch = inotify_add_watch(d->inotify, full, FOLDER_EVENTS);
	struct folder *folder;

	if (watch < 0)
		return; /* gone again, or out of watches: the scan still reads it */
	folder = folder_find(d, watch);
	if (!folder) {
		folder = xnew(struct folder);
		folder->watch = watch;
		HASH_ADD_INT(d->folders, watch, folder);
	}
	free(folder->path);
	folder->path = xstrdup(path);
}

static void scan(struct conf_directory *d, const char *path)
{
	(void)tree_scan(d->tree, path, on_folder, d);
}

static void settle(struct conf_directory *d)
{
	if (tree_settle(d->tree) && d->on_change)
		d->on_change(d->user);
}

static bool is_away(const struct conf_directory *d, const char *path)
{
	return strings_contain(&d->away, path);
}

static void away_add(struct conf_directory *d, const char *path)
{
	const struct timeval wait = { .tv_sec = AWAY_SECONDS };

	d->away.at = xreallocarray(d->away.at, d->away.count + 1, sizeof(d->away.at[0]));
	d->away.at[d->away.count++] = xstrdup(path);
	(void)evtimer_add(d->away_timer, &wait);
}

static void away_clear(struct conf_directory *d)
{
	for (size_t i = 0; i < d->away.count; i++)
		free(d->away.at[i]);
	free(d->away.at);
	d->away = (struct strings){ 0 };
}

static void on_away(evutil_socket_t fd, short events, void *user)
{
	struct conf_directory *d = user;

	(void)fd;
	(void)events;
	for (size_t i = 0; i < d->away.count; i++)
		tree_touch(d->tree, d->away.at[i]);
	away_clear(d);
	settle(d);
}

/* A file was moved away: to its backup, or for good. */
static void moved_settle(struct conf_directory *d, bool to_backup)
{
	if (!d->moved_from)
		return;
	if (to_backup)
		away_add(d, d->moved_from);
	else
		tree_touch(d->tree, d->moved_from);
	free(d->moved_from);
	d->moved_from = NULL;
}

/* "x.yaml~" for "x.yaml". */
static bool is_backup_of(const char *backup, const char *path)
{
	size_t len = strlen(path);

	return strncmp(backup, path, len) == 0 && strcmp(backup + len, "~") == 0;
}

/* A new name that nobody writes to any more: a link of either sort. */
static bool is_complete(const struct conf_directory *d, const char *path)
{
	auto_(freep) char *full = xasprintf("%s/%s", d->root, path);
	struct stat st;

	return lstat(full, &st) == 0 && (S_ISLNK(st.st_mode) || st.st_nlink > 1);
}

static void on_manifest(
	struct conf_directory *d, const struct inotify_event *event, const char *path)
{
	if (event->mask & IN_MOVED_FROM) {
		d->moved_cookie = event->cookie;
		d->moved_from = xstrdup(path);
	} else if (event->mask & IN_CREATE) {
		if (is_complete(d, path))
			tree_touch(d->tree, path);
	} else if (!(event->mask & IN_DELETE) || !is_away(d, path)) {
		tree_touch(d->tree, path);
	}
}

/* A name that is no manifest's: a folder, a link to one, or nothing of ours. */
static void on_other(struct conf_directory *d, const struct inotify_event *event, const char *path)
{
	auto_(freep) char *full = xasprintf("%s/%s", d->root, path);
	struct stat st;
	bool was_folder = event->mask & (IN_DELETE | IN_MOVED_FROM);

	if (event->mask & (IN_CLOSE_WRITE | IN_ATTRIB))
		return;
	if (was_folder || (stat(full, &st) == 0 && S_ISDIR(st.st_mode)))
		scan(d, path);
}

static void on_name(
	struct conf_directory *d, const struct folder *folder, const struct inotify_event *event)
{
	auto_(freep) char *path = xasprintf(
		"%s%s%s", folder->path, folder->path[0] ? "/" : "", event->name);

	if (d->moved_from)
		moved_settle(d,
			(event->mask & IN_MOVED_TO) && event->cookie == d->moved_cookie &&
				is_backup_of(path, d->moved_from));
	if (strcmp(event->name, "..data") == 0) {
		auto_(freep) char *around = xstrdup(folder->path);

		scan(d, around); /* a ConfigMap was swapped: every link leads elsewhere */
	} else if (event->name[0] == '.') {
		/* an editor's own */
	} else if (walk_is_manifest(event->name) && !(event->mask & IN_ISDIR)) {
		on_manifest(d, event, path);
	} else {
		on_other(d, event, path);
	}
}

static void on_event(struct conf_directory *d, const struct inotify_event *event)
{
	struct folder *folder;

	if (event->mask & IN_Q_OVERFLOW) {
		d->must_rescan = true;
		return;
	}
	if (event->wd == d->around) {
		d->must_rescan |= event->len > 0 && strcmp(event->name, d->name) == 0;
		if (event->mask & IN_IGNORED)
			d->around = -1;
	}
	folder = folder_find(d, event->wd);
	if (!folder)
		return;
	if (event->mask & IN_IGNORED)
		folder_remove(d, folder);
	else if (event->len > 0)
		on_name(d, folder, event);
}

static void on_readable(evutil_socket_t fd, short events, void *user)
{
	struct conf_directory *d = user;
	_Alignas(struct inotify_event) char buffer[BUFFER_SIZE];

	(void)events;
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		ssize_t len = read(fd, buffer, sizeof(buffer));
		const struct inotify_event *event;

		if (len <= 0)
			break;
		for (ssize_t at = 0; at < len; at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const void *)(buffer + at);
			on_event(d, event);
		}
	}
	moved_settle(d, false);
	if (d->must_rescan) {
		d->must_rescan = false;
		scan(d, "");
	}
	settle(d);
}

/* The folder around the tree, so that a tree that is swapped, or comes late, is found. */
static void watch_around(struct conf_directory *d)
{
	auto_(freep) char *around = xstrdup(d->root);
	char *slash = strrchr(around, '/');

	if (slash == around)
		slash++;
	if (slash)
		*slash = '\0';
	d->around = inotify_add_watch(d->inotify, slash ? around : ".", AROUND_EVENTS);
}

static char *without_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return xstrndup(path, len);
}

int conf_directory_open(struct event_base *base, struct model *model,
	const struct conf_directory_conf *conf, struct conf_directory **ret_directory)
{
	auto_(conf_directory_freep) struct conf_directory *d = xnew(struct conf_directory);
	const char *slash;
	struct stat st;

	d->root = without_slashes(conf->path);
	slash = strrchr(d->root, '/');
	d->name = xstrdup(slash ? slash + 1 : d->root);
	d->tree = tree_new(model, d->root);
	d->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (d->inotify < 0)
		return -errno;
	if (stat(d->root, &st) == 0 && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	d->readable = event_new(base, d->inotify, EV_READ | EV_PERSIST, on_readable, d);
	d->away_timer = evtimer_new(base, on_away, d);
	if (!d->readable || !d->away_timer || event_add(d->readable, NULL) < 0)
		return -EIO;
	watch_around(d);
	scan(d, "");
	(void)tree_settle(d->tree);
	d->on_change = conf->on_change;
	d->user = conf->user;
	*ret_directory = take(d);
	return 0;
}

struct conf_directory *conf_directory_free(struct conf_directory *directory)
{
	struct folder *folder;
	struct folder *next;

	if (!directory)
		return NULL;

	if (directory->readable)
		event_free(directory->readable);
	if (directory->away_timer)
		event_free(directory->away_timer);
	HASH_ITER(hh, directory->folders, folder, next)
	folder_remove(directory, folder);
	away_clear(directory);
	if (directory->inotify >= 0)
		(void)close(directory->inotify);
	tree_free(directory->tree);
	free(directory->moved_from);
	free(directory->root);
	free(directory->name);
	free(directory);
	return NULL;
}

void conf_directory_rescan(struct conf_directory *directory)
{
	scan(directory, "");
	settle(directory);
}

const struct report *conf_directory_report(struct conf_directory *directory)
{
	return tree_report(directory->tree);
}

struct conf_directory_counts conf_directory_counts(struct conf_directory *directory)
{
	return tree_counts(directory->tree);
}

int conf_directory_load(struct model *model, const char *path, struct report *report)
{
	auto_(freep) char *root = without_slashes(path);
	auto_(tree_freep) struct tree *tree = tree_new(model, root);
	struct stat st;
	int r = 0;

	if (stat(root, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		r = tree_scan(tree, "", NULL, NULL);
	else
		tree_touch(tree, "");
	if (r < 0)
		return r;
	(void)tree_settle(tree);
	report_append(report, tree_report(tree));
	return 0;
}
