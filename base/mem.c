/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *or_abort(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	return or_abort(calloc(count > 0 ? count : 1, size));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	return or_abort(reallocarray(old, count > 0 ? count : 1, size));
}

char *xstrdup(const char *text)
{
	return or_abort(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
	return or_abort(strndup(text, len));
}

void *xmemdup(const void *from, size_t len)
{
	return memcpy(xcalloc(1, len), from, len);
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	return len < 0 ? or_abort(NULL) : text;
}

void *array_add_(void **array, size_t *count, size_t *capacity, size_t size)
{
	char *item;

	if (*count == *capacity) {
		*capacity = *capacity > 0 ? *capacity * 2 : 4;
		*array = xreallocarray(*array, *capacity, size);
	}
	item = (char *)*array + *count * size;
	(*count)++;
	return memset(item, 0, size);
}
