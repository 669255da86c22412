/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent: wires the source of objects, the allocator, the plan and the outputs together. Nothing
 * is decided here. Whatever changes marks something dirty; one job a loop turn brings assignments,
 * plan and outputs in line (docs/architecture.md).
 */

#include "base/own.h"
#include "conf/settings.h"

#include <event2/event.h>

struct speaker;

/**
 * speaker_open() - start the agent on @base
 * @base:        borrowed until speaker_free()
 * @path:        of the file that @settings are from; borrowed until speaker_free()
 * @settings:    taken, also on failure
 * @ret_speaker: owned by the caller
 *
 * Gives up privileges that are not needed any more on the way. What went wrong is logged here,
 * since only here it is known what to do about it.
 *
 * Return: 0, or a negative errno.
 */
must_check int speaker_open(struct event_base *base, const char *path, struct settings *settings,
	struct speaker **ret_speaker);

/* Stops answering, closes everything. What was assigned stays on disk. */
struct speaker *speaker_free(struct speaker *speaker);

/**
 * speaker_reload() - read the settings again, from the file of speaker_open(), and put them in force
 * @report: gets what is wrong with them; it is logged as well
 *
 * Keys that a running process can not change (node, source, state, user, control, metrics) stay as
 * they are, and a line in the log says so.
 *
 * Return: 0; a negative errno: the old settings stay in force.
 */
int speaker_reload(struct speaker *speaker, struct report *report);
