/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The inside of a tree of manifests: for conf/tree.c and conf/tree_settle.c alone.
 */

#include "base/tree.h"
#include "conf/tree.h"

#include <sys/stat.h>

enum definition_state {
	DEFINITION_BAD,   /* never was good */
	DEFINITION_STALE, /* a winner that was good before an edit: that version counts */
	DEFINITION_GOOD,
};

struct tree_file;
struct slot;

struct definition {
	struct slot *slot;
	struct tree_file *file;
	struct definition *next; /* of the same slot, in the order of paths */
	unsigned line;
	uint8_t state; /* enum definition_state */
	bool is_seen;  /* in the reading at hand */
};

struct slot {
	RB_ENTRY(slot) entry;
	struct object_id id;            /* its text is owned */
	struct definition *definitions; /* owned by their files */
	struct definition *winner;
	struct object *candidate; /* owned; of metallb.io only: what the winner says */
	struct object *good;      /* owned; the last that was in force */
	bool is_in_model;
};

struct tree_file {
	RB_ENTRY(tree_file) entry;
	char *path; /* owned, below the root */
	struct {
		dev_t dev;
		ino_t ino;
		off_t size;
		struct timespec mtime;
		struct timespec ctime;
	} identity;
	struct definition **definitions; /* owned */
	size_t count;
	size_t capacity;
	struct report report;
	struct strings unknown;
	unsigned generation; /* of the last scan that found it */
	bool must_read;
};

RB_HEAD(slots, slot);
RB_HEAD(files, tree_file);

struct tree {
	struct model *model;
	const char *root;
	struct slots slots;
	struct files files;
	size_t file_count;
	size_t files_read;
	unsigned generation;
	bool has_changed;
	bool has_unread;  /* some file must be read again */
	bool must_settle; /* a candidate changed */
	bool is_report_old;
	struct report together; /* of what excludes what */
	struct report report;   /* all, sorted */
	struct conf_unknown_kind *kinds;
	size_t kind_count;
};

/* What was in force of @slot is so no more. */
void slot_leave_model(struct tree *tree, struct slot *slot);

/* Judges the candidates of metallb.io beside each other and puts what wins into the model. */
void tree_settle_together(struct tree *tree);

/* Slots in the order of their ids, from the first of metallb.io. */
struct slot *slots_first(struct tree *tree);
struct slot *slots_next(struct slot *slot);
