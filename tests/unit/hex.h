/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Packets in tests, written as hexadecimal digits with any blanks between. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct hex {
	size_t len;
	uint8_t bytes[4200];
};

static inline struct hex hex(const char *text)
{
	struct hex h = { 0 };
	unsigned digits = 0;

	for (; *text; text++) {
		const char *all = "0123456789abcdef";
		unsigned value = 0;

		if (*text == ' ')
			continue;
		while (all[value] && all[value] != *text)
			value++;
		if (value > 15 || h.len == sizeof(h.bytes))
			abort();
		h.bytes[h.len] = (uint8_t)(h.bytes[h.len] << 4 | value);
		if (++digits % 2 == 0)
			h.len++;
	}
	if (digits % 2 != 0)
		abort();
	return h;
}
