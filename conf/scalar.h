/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a scalar of YAML means, by the rules that Kubernetes' reader has (go-yaml v2: YAML 1.1 without
 * sexagesimal numbers; time stamps stay text). For conf/document.c alone. Pure.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * scalar_resolve() - the value of a scalar
 * @text:     its @len bytes, UTF-8
 * @is_plain: not in quotes, not a block
 * @tag:      an explicit tag, or NULL
 *
 * Return: a value owned by the caller, or NULL: it has none that JSON can hold (infinity, a NUL
 * byte, text that does not fit its tag).
 */
json_t *scalar_resolve(const char *text, size_t len, bool is_plain, const char *tag);

/* A value as the text of a key, as Kubernetes writes it: true, 1, 0.5. NULL: it can not be a key. */
char *scalar_key(const json_t *value);
