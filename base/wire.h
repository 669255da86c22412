/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading and writing network packets, all integers in network byte order on the wire and in host
 * order in C.
 *
 * A reader can not leave its buffer. The first read past the end marks it `bad`; from then on every
 * read returns zero. So a parser reads a whole header in a row and asks wire_ok() once, before it
 * acts on what it read. A writer is its mirror. Never put two reads in one initialiser list or in
 * two arguments of one call: C does not fix their order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

static inline struct wire_reader wire_reader(const void *buf, size_t len)
{
	const uint8_t *at = buf;

	return (struct wire_reader){ .at = at, .end = at + len };
}

static inline size_t wire_left(const struct wire_reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline bool wire_ok(const struct wire_reader *r)
{
	return !r->bad;
}

/* Returns the next @n bytes, borrowed from the packet, or NULL once the reader is bad. */
static inline const uint8_t *wire_bytes(struct wire_reader *r, size_t n)
{
	if (r->bad || n > wire_left(r)) {
		r->bad = true;
		r->at = r->end;
		return NULL;
	}
	r->at += n;
	return r->at - n;
}

static inline void wire_skip(struct wire_reader *r, size_t n)
{
	(void)wire_bytes(r, n);
}

/* Copies the next @n bytes to @to; zeros once the reader is bad. */
static inline void wire_copy(struct wire_reader *r, void *to, size_t n)
{
	const uint8_t *b = wire_bytes(r, n);

	memset(to, 0, n);
	if (b)
		memcpy(to, b, n);
}

static inline uint8_t wire_u8(struct wire_reader *r)
{
	const uint8_t *b = wire_bytes(r, 1);

	return b ? b[0] : 0;
}

static inline uint16_t wire_u16(struct wire_reader *r)
{
	const uint8_t *b = wire_bytes(r, 2);

	return (uint16_t)(b ? b[0] << 8 | b[1] : 0);
}

static inline uint32_t wire_u32(struct wire_reader *r)
{
	uint32_t high = wire_u16(r);

	return high << 16 | wire_u16(r);
}

static inline uint64_t wire_u64(struct wire_reader *r)
{
	uint64_t high = wire_u32(r);

	return high << 32 | wire_u32(r);
}

/* Cuts the next @n bytes off as a reader of their own; what it does can not harm @r. */
static inline struct wire_reader wire_sub(struct wire_reader *r, size_t n)
{
	const uint8_t *b = wire_bytes(r, n);
	struct wire_reader sub = wire_reader(b ? b : r->end, b ? n : 0);

	sub.bad = r->bad;
	return sub;
}

struct wire_writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool bad;
};

static inline struct wire_writer wire_writer(void *buf, size_t size)
{
	uint8_t *at = buf;

	return (struct wire_writer){ .start = at, .at = at, .end = at + size };
}

static inline bool wire_writer_ok(const struct wire_writer *w)
{
	return !w->bad;
}

/* Bytes written so far. */
static inline size_t wire_written(const struct wire_writer *w)
{
	return (size_t)(w->at - w->start);
}

static inline size_t wire_room(const struct wire_writer *w)
{
	return (size_t)(w->end - w->at);
}

static inline void wire_put_bytes(struct wire_writer *w, const void *from, size_t n)
{
	if (w->bad || n > wire_room(w)) {
		w->bad = true;
		return;
	}
	memcpy(w->at, from, n);
	w->at += n;
}

static inline void wire_put_fill(struct wire_writer *w, uint8_t value, size_t n)
{
	if (w->bad || n > wire_room(w)) {
		w->bad = true;
		return;
	}
	memset(w->at, value, n);
	w->at += n;
}

static inline void wire_put_u8(struct wire_writer *w, uint8_t value)
{
	wire_put_bytes(w, &value, 1);
}

static inline void wire_put_u16(struct wire_writer *w, uint16_t value)
{
	const uint8_t b[] = { (uint8_t)(value >> 8), (uint8_t)value };

	wire_put_bytes(w, b, sizeof(b));
}

static inline void wire_put_u32(struct wire_writer *w, uint32_t value)
{
	wire_put_u16(w, (uint16_t)(value >> 16));
	wire_put_u16(w, (uint16_t)value);
}

static inline void wire_put_u64(struct wire_writer *w, uint64_t value)
{
	wire_put_u32(w, (uint32_t)(value >> 32));
	wire_put_u32(w, (uint32_t)value);
}

/* A place to come back to with wire_patch_*(): take it right before writing a placeholder. */
static inline size_t wire_mark(const struct wire_writer *w)
{
	return wire_written(w);
}

static inline void wire_patch_u8(struct wire_writer *w, size_t mark, uint8_t value)
{
	if (w->bad || mark + 1 > wire_written(w)) {
		w->bad = true;
		return;
	}
	w->start[mark] = value;
}

static inline void wire_patch_u16(struct wire_writer *w, size_t mark, uint16_t value)
{
	wire_patch_u8(w, mark, (uint8_t)(value >> 8));
	wire_patch_u8(w, mark + 1, (uint8_t)value);
}
