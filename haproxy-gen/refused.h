/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What HAProxy could not start with, so that it is not tried every few seconds: nobody can connect
 * while HAProxy 2.6 tries in vain. Pure.
 */

#include "haproxy-gen/section.h"

/* Zero-initialise. */
struct refused {
	char *key;         /* owned; NULL: nothing */
	uint64_t until_ns; /* then it is tried again */
};

void refused_fini(struct refused *refused);

/* Remembers the file @text and the @reason of its reload; NULL: none. */
void refused_set(
	struct refused *refused, const char *reason, struct change_text text, uint64_t until_ns);

/* True if a start with @text for this @reason failed, and would fail on the same now. */
bool refused_has(const struct refused *refused, const char *reason, struct change_text text,
	uint64_t now_ns);
