/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Text that grows: metrics, tables, reports. Always ends with a NUL once something was added.
 */

#include <stddef.h>

struct strbuf {
	char *text; /* owned; NULL while empty */
	size_t len;
	size_t capacity;
};

void strbuf_fini(struct strbuf *buf);

/* For auto_(). */
static inline void strbuf_finip(struct strbuf *buf)
{
	strbuf_fini(buf);
}

void strbuf_add(struct strbuf *buf, const char *text);
void strbuf_add_len(struct strbuf *buf, const char *text, size_t len);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_addf(struct strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, "" if nothing was added; borrowed until the next change. */
const char *strbuf_text(const struct strbuf *buf);

/* Gives the text to the caller, who frees it, and leaves @buf empty. Never NULL. */
char *strbuf_take(struct strbuf *buf);

/* Empties @buf, keeping its memory. */
void strbuf_reset(struct strbuf *buf);
