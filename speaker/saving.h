/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * When assignments are written, and where: STATE/assignments.json, and for those that follow this
 * node the file `publish`. What the one allocator announces must be on the disk first; what the
 * manifests alone decide can be worked out again, so that it is written a little later, by a thread
 * that waits for the disk in main's place.
 */

#include "conf/settings.h"
#include "ipam/ipam.h"

#include <event2/event.h>

struct saving;

/* @state is the directory. */
struct saving *saving_new(struct event_base *base, const char *state);
struct saving *saving_free(struct saving *saving);
DEFINE_FREEP(struct saving, saving);

/* Assignments changed: the next turn sees to it. */
void saving_mark(struct saving *saving);

/* Before anything is announced: writes what must be there now, and plans the rest for later. @ipam is
 * borrowed until saving_finish(). */
void saving_turn(struct saving *saving, const struct settings *settings, const struct ipam *ipam);

/* Writes what is not written yet and waits for it. */
void saving_finish(struct saving *saving, const struct settings *settings, const struct ipam *ipam);

/**
 * saving_restore() - hand what was written before a restart to ipam_restore()
 *
 * Return: the number of addresses; -ENOENT: nothing was written; -EBADMSG: it is not what we write;
 * other -errno.
 */
must_check int saving_restore(const struct saving *saving, struct ipam *ipam);

const char *saving_path(const struct saving *saving);

/* Negative errno of the last attempt; 0: all is on the disk, or will be soon. */
int saving_error(const struct saving *saving);
