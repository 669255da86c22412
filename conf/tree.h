/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The files of a tree of manifests, the objects that they define, and which of these are in force.
 * It reads files when told so and writes to the model; it watches nothing: that is conf/directory.
 */

#include "conf/directory.h"

struct tree;

/* @root and @model are borrowed until tree_free(). */
struct tree *tree_new(struct model *model, const char *root);
struct tree *tree_free(struct tree *tree);
DEFINE_FREEP(struct tree, tree);

/* Called for every folder of a scan, before it is read; @path is below the root, "" is the root. */
typedef void tree_folder_fn(void *user, const char *path);

/**
 * tree_scan() - read what is new or changed below the folder @path, forget what is gone
 *
 * Return: 0; -errno if @path can not be read: what it had is forgotten.
 */
int tree_scan(struct tree *tree, const char *path, tree_folder_fn *on_folder, void *user);

/* Reads the one file @path if it changed, forgets it if it is gone. */
void tree_touch(struct tree *tree, const char *path);

/* Puts what is in force into the model. Return: true if the model or the report changed. */
bool tree_settle(struct tree *tree);

const struct report *tree_report(struct tree *tree);
struct conf_directory_counts tree_counts(struct tree *tree);
