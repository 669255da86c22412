/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The commands of haproxy-gen but `run`. Each returns the exit status and prints to standard output;
 * what is wrong goes to standard error.
 */

#include "haproxy-gen/settings.h"

/* The text of haproxy.cfg as if nothing ran, to @path, or to standard output if that is NULL. */
int command_render(const struct gen_settings *settings, const char *path);

/* What would change, and whether that takes a reload or commands. */
int command_diff(const struct gen_settings *settings);

/* Once; the last line says what was done. */
int command_apply(const struct gen_settings *settings, bool no_reload);

int command_status(const struct gen_settings *settings, bool as_json);

/* Problems of the input alone; fails if there is an error among them. */
int command_check(const struct gen_settings *settings, bool as_json);
