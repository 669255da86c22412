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
	char *why;         /* owned: what HAProxy said */
	uint64_t until_ns; /* then it is tried again */
};

void refused_fini(struct refused *refused);

/* Remembers @why the file @text was refused, and the @reason of its reload; NULL: none. */
void refused_set(struct refused *refused, const char *reason, struct change_text text,
	const char *why, uint64_t until_ns);

/*
 * Why a start with @text for this @reason failed, and would fail on the same now; borrowed. NULL: it is
 * worth a try.
 */
const char *refused_why(const struct refused *refused, const char *reason, struct change_text text,
	uint64_t now_ns);
