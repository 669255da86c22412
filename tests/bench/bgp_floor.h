/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The least that packing can be: a head that never changes, and host routes behind it. It shares no
 * code with what is measured beside it.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	FLOOR_MESSAGE_MAX = 4096,
	FLOOR_END_OF_RIB_LEN = 23,
};

/* One UPDATE with as many of @addresses, host byte order, as fit from *@n on. Return: its octets. */
static inline size_t floor_pack(
	const uint32_t *addresses, uint32_t count, uint32_t *n, uint8_t buf[FLOOR_MESSAGE_MAX])
{
	/* ORIGIN IGP, AS_PATH 65001, NEXT_HOP 192.0.2.1 */
	static const uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3,
		4, 192, 0, 2, 1 };
	uint8_t *at = buf + FLOOR_END_OF_RIB_LEN;
	size_t len;

	memset(buf, 0xff, 16);
	buf[18] = 2; /* UPDATE */
	buf[19] = buf[20] = buf[21] = 0;
	buf[22] = sizeof(attrs);
	memcpy(at, attrs, sizeof(attrs));
	for (at += sizeof(attrs); *n < count && at + 5 <= buf + FLOOR_MESSAGE_MAX; at += 5) {
		const uint32_t address = __builtin_bswap32(addresses[(*n)++]);

		at[0] = 32;
		memcpy(at + 1, &address, sizeof(address));
	}
	len = (size_t)(at - buf);
	buf[16] = (uint8_t)(len >> 8);
	buf[17] = (uint8_t)len;
	return len;
}
