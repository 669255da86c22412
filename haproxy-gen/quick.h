/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The short way for the change that comes most often: endpoints of a few Services moved, and other
 * servers or weights follow. What is installed is kept, cut into sections; only those of the changed
 * Services are made anew, and only their servers may differ. Whatever else changed (an address, a
 * port, who has which, a refusal) is for the long way, which makes everything from scratch; the text
 * is the same on both. Pure.
 */

#include "haproxy-gen/render.h"
#include "haproxy-gen/section.h"

enum {
	QUICK_SERVICES_MAX = 32, /* beyond, the long way costs no more */
};

/* What is wanted, installed and running, all one. Zero-initialise; text NULL: not known. */
struct quick {
	char *text; /* owned */
	size_t len;
	struct sections sections;
	struct slots slots;
};

void quick_fini(struct quick *quick);

/* Remembers @text, taken, of @len bytes, which render() made. */
void quick_set(struct quick *quick, char *text, size_t len);

/* A section that has other servers now. */
struct quick_swap {
	size_t place;            /* in quick->sections */
	struct change_text text; /* the new one, borrowed from the step */
};

/* What is to be done. Zero-initialise. */
struct quick_step {
	struct change change;     /* the commands */
	struct strbuf text;       /* of the changed Services alone */
	struct quick_swap *swaps; /* by their place */
	size_t count;             /* 0: nothing changed */
	size_t capacity;
	long servers; /* how many more there are */
};

void quick_step_fini(struct quick_step *step);

/* For auto_(). */
static inline void quick_step_finip(struct quick_step *step)
{
	quick_step_fini(step);
}

/**
 * quick_find() - what leads from what is known to what @input says, which differs in @services alone
 * @input:    as for everything; only and slots are not looked at
 * @ret_step: set on success, freed with quick_step_fini()
 *
 * It costs what @services cost, and next to nothing of the rest.
 *
 * Return: true; false: this takes the long way.
 */
must_check bool quick_find(struct quick *quick, const struct render_input *render,
	const struct want_input *input, const struct model_dirty *services,
	struct quick_step *ret_step);

/* Makes quick->text what it is after @step, which quick_find() has just found. */
void quick_take(struct quick *quick, const struct quick_step *step);
