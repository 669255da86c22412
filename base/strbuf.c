/* SPDX-License-Identifier: Apache-2.0 */

#include "base/strbuf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for @len more bytes and a NUL. */
static void reserve(struct strbuf *buf, size_t len)
{
	size_t need = buf->len + len + 1;

	if (need <= buf->capacity)
		return;
	buf->capacity = need < 2 * buf->capacity ? 2 * buf->capacity : need;
	buf->text = xreallocarray(buf->text, buf->capacity, 1);
}

void strbuf_fini(struct strbuf *buf)
{
	free(buf->text);
	*buf = (struct strbuf){ 0 };
}

void strbuf_add_len(struct strbuf *buf, const char *text, size_t len)
{
	reserve(buf, len);
	memcpy(buf->text + buf->len, text, len);
	buf->len += len;
	buf->text[buf->len] = '\0';
}

void strbuf_add(struct strbuf *buf, const char *text)
{
	strbuf_add_len(buf, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buf, char c)
{
	reserve(buf, 1);
	buf->text[buf->len++] = c;
	buf->text[buf->len] = '\0';
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
	va_list args;
	va_list again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0) {
		reserve(buf, (size_t)len);
		(void)vsnprintf(buf->text + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

const char *strbuf_text(const struct strbuf *buf)
{
	return buf->text ? buf->text : "";
}

char *strbuf_take(struct strbuf *buf)
{
	char *text = buf->text ? buf->text : xstrdup("");

	*buf = (struct strbuf){ 0 };
	return text;
}

void strbuf_reset(struct strbuf *buf)
{
	buf->len = 0;
	if (buf->text)
		buf->text[0] = '\0';
}
