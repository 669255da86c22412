/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From one haproxy.cfg to the next: which commands bring a HAProxy that runs the old one to the new
 * one, and what only a reload can do. Pure. Both texts are render()'s own, or the answer is a reload.
 *
 * Servers come, go, move, get another weight or state, and source ranges change by commands; all
 * else in a section, and sections that come or go, need a reload. Commands come in the order nodes,
 * then listeners, and in each first what is added, so that no client finds fewer servers than before.
 */

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	CHANGE_REASONS_MAX = 20, /* that are told; the rest is counted */
};

enum change_expect {
	CHANGE_SILENT,   /* no answer is success */
	CHANGE_ADD,      /* a server may be there already: then @otherwise */
	CHANGE_DELETE,   /* a server may have connections: then it is deleted later */
	CHANGE_TELLS,    /* success is told */
	CHANGE_MAY_MISS, /* what it names may not be there, which is as good */
};

struct change_command {
	enum change_expect expect;
	char *text;      /* one line for the admin socket, owned */
	char *otherwise; /* several with ';' between, owned; NULL: none */
};

struct change {
	struct change_command *commands;
	size_t command_count;
	size_t command_capacity;
	char *reasons[CHANGE_REASONS_MAX]; /* for a reload, owned */
	size_t reason_count;               /* all; 0: none is needed */
	bool is_same;                      /* the texts are equal */
	char *partial; /* what runs after the commands alone, owned; NULL: the new text */
	size_t partial_len;
};

/* A piece of text that does not end with a NUL. */
struct change_text {
	const char *at;
	size_t len;
};

/**
 * change_find() - what leads from @old to @new
 * @ret: freed with change_fini()
 */
void change_find(struct change_text old, struct change_text new, struct change *ret);
void change_fini(struct change *change);

/* For auto_(). */
static inline void change_finip(struct change *change)
{
	change_fini(change);
}

/* Takes @text for a reason. */
void change_add_reason(struct change *change, char *text);
