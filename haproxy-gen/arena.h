/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory of one owner that is freed at once: what a plan of ten thousand listeners is made of.
 */

#include <stddef.h>

struct arena_block;

/* Zero-initialise. */
struct arena {
	struct arena_block *first;
	char *at;
	size_t left;
};

void arena_fini(struct arena *arena);

/* @size zeroed bytes, aligned for any type; never NULL, good until arena_fini(). */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));

char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));

/* The pieces one after the other. */
char *arena_join(struct arena *arena, size_t count, const char *const pieces[])
	__attribute__((returns_nonnull));

#define arena_new_array(arena, type, count) ((type *)arena_alloc(arena, (count) * sizeof(type)))
