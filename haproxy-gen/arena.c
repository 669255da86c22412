/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

enum {
	BLOCK_SIZE = 65536,
	ALIGNMENT = alignof(max_align_t),
};

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) char bytes[];
};

void arena_fini(struct arena *arena)
{
	while (arena->first) {
		struct arena_block *block = arena->first;

		arena->first = block->next;
		free(block);
	}
	*arena = (struct arena){ 0 };
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	void *bytes;

	if (rounded > arena->left) {
		size_t len = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
		struct arena_block *block = xcalloc(1, sizeof(*block) + len);

		block->next = arena->first;
		arena->first = block;
		arena->at = block->bytes;
		arena->left = len;
	}
	bytes = arena->at;
	arena->at += rounded;
	arena->left -= rounded;
	return bytes;
}

char *arena_join(struct arena *arena, size_t count, const char *const pieces[])
{
	size_t len = 0;
	char *text, *end;

	for (size_t i = 0; i < count; i++)
		len += strlen(pieces[i]);
	text = arena_alloc(arena, len + 1);
	end = text;
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, pieces[i]);
	return text;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_join(arena, 1, &text);
}
