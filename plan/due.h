/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which of many things is due next: a heap of deadlines over the indexes 0 to capacity - 1, each
 * with at most one deadline. Setting one costs O(log n) and no memory. Pure.
 */

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

#define DUE_NEVER UINT64_MAX

struct due {
	uint64_t *at_ns;  /* of each index; DUE_NEVER: not in the heap; owned */
	uint32_t *heap;   /* indexes; owned */
	uint32_t *places; /* of each index in the heap; owned */
	size_t count;
};

void due_init(struct due *due, size_t capacity);
void due_fini(struct due *due);

/* @at_ns may be DUE_NEVER. */
void due_set(struct due *due, size_t index, uint64_t at_ns);

static inline uint64_t due_at(const struct due *due, size_t index)
{
	return due->at_ns[index];
}

/* The earliest deadline, or DUE_NEVER. */
uint64_t due_next_ns(const struct due *due);

/* The index of the earliest deadline; there must be one. */
size_t due_next(const struct due *due);
