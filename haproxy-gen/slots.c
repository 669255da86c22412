/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/slots.h"

#include "base/mem.h"

#include <string.h>

#define SECTION "\nbackend nodes\n"
#define SERVER  "\tserver "

void slots_fini(struct slots *slots)
{
	for (size_t i = 0; i < slots->count; i++) {
		free(slots->at[i].name);
		free(slots->at[i].node);
	}
	free(slots->at);
	*slots = (struct slots){ 0 };
}

/* "NAME ADDRESS:PORT ... # NODE", @len bytes; NODE is empty for a free one. */
static void read_server(struct slots *slots, const char *text, size_t len)
{
	const char *space = memchr(text, ' ', len);
	const char *mark = memmem(text, len, " # ", 3);
	const char *end = text + len;
	struct slot *slot;

	if (!space || !mark)
		return;
	slot = array_add(slots->at, slots->count, slots->capacity);
	slot->name = xstrndup(text, (size_t)(space - text));
	mark += 3;
	slot->node = mark < end ? xstrndup(mark, (size_t)(end - mark)) : NULL;
}

void slots_read(struct slots *slots, const char *text, size_t len)
{
	const char *at = memmem(text, len, SECTION, strlen(SECTION));
	const char *end = text + len;

	if (!at)
		return;
	at += strlen(SECTION);
	while (at < end && *at == '\t') {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);

		if (line > strlen(SERVER) && memcmp(at, SERVER, strlen(SERVER)) == 0)
			read_server(slots, at + strlen(SERVER), line - strlen(SERVER));
		if (!newline)
			break;
		at = newline + 1;
	}
}
