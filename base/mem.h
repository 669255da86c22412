/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory that is there: out of memory aborts, since under a memory limit the kernel kills long
 * before malloc() says no. Whatever a peer can make us allocate has a limit checked before it
 * gets here.
 */

#include "base/own.h"

#include <stddef.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/**
 * xcalloc() - zeroed memory for @count items of @size bytes; never NULL, freed with free()
 */
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/**
 * xreallocarray() - resize @old to @count items of @size bytes; new bytes are not initialised
 */
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

/* Copies the first @len bytes of @text and ends them with a NUL. */
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));

void *xmemdup(const void *from, size_t len) __attribute__((malloc, returns_nonnull));

char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* One zeroed object of @type. */
#define xnew(type) ((type *)xcalloc(1, sizeof(type)))

/* @count zeroed objects of @type. */
#define xnew_array(type, count) ((type *)xcalloc(count, sizeof(type)))

/*
 * Makes room for one more item at the end of a growing array and returns a pointer to it, zeroed.
 * @array is a pointer variable, @count and @capacity are size_t variables beside it.
 */
#define array_add(array, count, capacity) \
	((__typeof__(array))array_add_((void **)&(array), &(count), &(capacity), sizeof(*(array))))

void *array_add_(void **array, size_t *count, size_t *capacity, size_t size);

/* For auto_(): frees the pointer that @p points to. */
static inline void freep(void *p)
{
	free(*(void **)p);
}
