/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The inside of a tree of manifests: for conf/tree*.c alone.
 */

#include "base/tree.h"
#include "conf/tree.h"
#include "model/model.h"

#include <bsd/sys/queue.h>
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
	struct object *candidate; /* owned; of metallb.io, and of a status: what the winner says */
	struct object *good;      /* owned; the last that was in force */
	bool is_in_model;
};

/* What is to be said about a file. Most files have none. */
struct findings {
	LIST_ENTRY(findings) link;
	struct report report;
	struct strings unknown; /* kinds, one for each document */
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
	struct findings *findings; /* owned; NULL: nothing */
	unsigned generation;       /* of the last scan that found it */
	bool must_read;
};

RB_HEAD(slots, slot);
RB_HEAD(files, tree_file);
LIST_HEAD(all_findings, findings);

struct tree {
	struct model *model;
	const char *root;
	struct slots slots;
	struct files files;
	struct all_findings findings;
	struct slot **contested; /* those with several definitions; borrowed, the array is owned */
	size_t contested_count;
	size_t contested_capacity;
	size_t file_count;
	size_t files_read;
	size_t files_failed;
	size_t object_count; /* slots that are in the model */
	unsigned generation;
	bool has_changed;
	bool has_unread;  /* some file must be read again */
	bool must_settle; /* a candidate changed */
	bool is_report_old;
	bool is_closing;        /* nothing of the model is touched any more */
	struct report together; /* of what excludes what */
	struct report report;   /* all, sorted */
	struct conf_unknown_kind *kinds;
	size_t kind_count;
};

/* The order in which a walk meets files: a separator is less than any byte of a name. */
int compare_paths(const char *a, const char *b);

struct slot *slot_find(struct tree *tree, const struct object_id *id);

/* The slot of @id, made if there is none. */
struct slot *slot_get(struct tree *tree, const struct object_id *id);

/* The definition that is to count: the first that is good, or was. NULL: none. */
struct definition *slot_elect(const struct slot *slot);

/* Has the file read again whose definition is to count now, since its object is not at hand. */
void slot_find_winner(struct tree *tree, struct slot *slot);

/* Takes @object, which the winner of @slot defines. */
void slot_put(struct tree *tree, struct slot *slot, struct object *object);

/* Puts @definition into the order of its slot. */
void slot_insert(struct tree *tree, struct slot *slot, struct definition *definition);

void definition_free(struct tree *tree, struct definition *definition);

/* Something of @slot is in force now. */
void slot_enter_model(struct tree *tree, struct slot *slot);

/* What was in force of @slot is so no more. */
void slot_leave_model(struct tree *tree, struct slot *slot);

/*
 * tree_status.c: a status that stands in a document of its own, as the one allocator publishes it,
 * counts before what the Service's own document says. It has a slot of its own.
 */
bool slot_is_status(const struct slot *slot);

/* Takes @status, the new winner of the status slot @slot, over into the Service. */
void status_put(struct tree *tree, struct slot *slot, struct object *status);

/* The status slot @slot says nothing any more: the Service's own document is read again. */
void status_drop(struct tree *tree, struct slot *slot);

/* Writes what is published for @service over its own status. */
void status_apply(struct tree *tree, struct service *service);

/* Judges the candidates of metallb.io beside each other and puts what wins into the model. */
void tree_settle_together(struct tree *tree);

/* Slots in the order of their ids: all, or from the first of metallb.io. */
struct slot *slots_first(struct tree *tree);
struct slot *slots_first_configuration(struct tree *tree);
struct slot *slots_next(struct slot *slot);

/* Forgets the names of unknown kinds that tree_counts() made. */
void tree_kinds_clear(struct tree *tree);
