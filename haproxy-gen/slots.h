/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who has which server of `backend nodes`. Other servers track these, and HAProxy lets a server be
 * tracked only if it was in the file when it started: a Node that comes while HAProxy runs gets one
 * of the spare ones, under that one's name, until the next reload. The installed file says who has
 * what in a comment behind each server. Pure.
 */

#include "base/own.h"

#include <stddef.h>

struct slot {
	char *name; /* of the server, owned */
	char *node; /* of the Node that has it, owned; NULL: free */
};

/* Zero-initialise. */
struct slots {
	struct slot *at;
	size_t count;
	size_t capacity;
};

void slots_fini(struct slots *slots);

/* For auto_(). */
static inline void slots_finip(struct slots *slots)
{
	slots_fini(slots);
}

/* Adds what `backend nodes` of @text, a file that render() made, says; @len bytes. */
void slots_read(struct slots *slots, const char *text, size_t len);
