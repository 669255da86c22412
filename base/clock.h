/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Time. Pure code takes it as an argument; the edge asks here, once per wake-up.
 */

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* Nanoseconds of CLOCK_MONOTONIC: goes on while the process is stopped, stands in suspend. */
uint64_t clock_now_ns(void);

/* Nanoseconds since 1970 of CLOCK_REALTIME, for people only: never for a timer. */
uint64_t clock_wall_ns(void);

enum {
	CLOCK_TEXT_SIZE = 32
};

/* Writes "2026-05-01T10:20:30.123Z" (RFC 3339, UTC) for @wall_ns and returns @text. */
const char *clock_format(uint64_t wall_ns, char text[CLOCK_TEXT_SIZE]);
