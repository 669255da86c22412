/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A walk over a tree of manifests in the order of names. Links are followed, since ConfigMap mounts
 * are made of them; loops and depth are bounded; names that begin with a dot are left out.
 */

#include <stdbool.h>

/* Paths are below the root; "" is the root. Borrowed for the call. */
struct walk_sink {
	void (*on_folder)(void *user, const char *path); /* before what is in it */
	void (*on_file)(void *user, const char *path);
	void *user;
};

/* Return: 0; -errno if the folder @path below @root can not be read. */
int walk(const char *root, const char *path, const struct walk_sink *sink);

/* True for names of manifests: a known suffix, no leading dot. */
bool walk_is_manifest(const char *name);
