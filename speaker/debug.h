/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Requests of the control socket that only a test build knows (meson option debug_ops): they make
 * the agent suffer. Other builds link debug_none.c in the place of debug.c, which knows none.
 */

#include <jansson.h>
#include <stdbool.h>

struct speaker;

/* True: @op was one of these, and @ret_data or @ret_error is set as ctl_handle_fn says. */
bool debug_handle(struct speaker *speaker, const char *op, const json_t *args, json_t **ret_data,
	char **ret_error);
