/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The source of objects for machines without Kubernetes: a tree of manifests (*.yaml, *.yml, *.json)
 * that is watched. It fills a model with what is valid and keeps a report of what is not.
 *
 * Names that begin with a dot are not looked at, so neither are editors' temporary files; a swap of
 * `..data`, as ConfigMap mounts do it, or of the tree itself has the tree compared anew. Only files
 * that changed are read again. What was good before a bad edit stays in force. An object that two
 * files define is taken from the first of them in the order of paths.
 *
 * Single-threaded, on the caller's event loop. Nothing waits for a time: all events that are there
 * when the loop turns are applied, then on_change is called once.
 */

#include "conf/report.h"
#include "model/model.h"

struct event_base;
struct conf_directory;

struct conf_directory_conf {
	const char *path;              /* borrowed for the call */
	void (*on_change)(void *user); /* the model or the report changed; may be NULL */
	void *user;
};

struct conf_unknown_kind {
	char *kind; /* "apps.example.com/v1 Widget" */
	size_t count;
};

struct conf_directory_counts {
	size_t files;
	size_t objects;                        /* in force */
	size_t unknown;                        /* documents of kinds that are not ours */
	size_t files_read;                     /* since the start, each reading */
	size_t files_failed;                   /* of those: with an error in it, or not readable */
	const struct conf_unknown_kind *kinds; /* by name; borrowed until the next change */
	size_t kind_count;
};

/**
 * conf_directory_open() - read the tree into @model and go on watching it
 * @base:  borrowed until conf_directory_free()
 * @model: borrowed until conf_directory_free(); on_change is not called for the first read
 *
 * A path that is not there is an empty tree, and is read when it appears.
 *
 * Return: 0; -ENOTDIR: @conf->path is a file; another -errno of inotify.
 */
must_check int conf_directory_open(struct event_base *base, struct model *model,
	const struct conf_directory_conf *conf, struct conf_directory **ret_directory);

/* Stops watching. What is in the model stays there. */
struct conf_directory *conf_directory_free(struct conf_directory *directory);
DEFINE_FREEP(struct conf_directory, conf_directory);

/* Compares every file with what was read; calls on_change if anything changed. */
void conf_directory_rescan(struct conf_directory *directory);

/* All that is wrong now, in the order of files and lines; borrowed until the next change. */
const struct report *conf_directory_report(struct conf_directory *directory);

struct conf_directory_counts conf_directory_counts(struct conf_directory *directory);

/**
 * conf_directory_load() - read a tree, or one file, once
 *
 * Return: 0, whatever @report says; -errno if @path can not be read at all.
 */
must_check int conf_directory_load(struct model *model, const char *path, struct report *report);
