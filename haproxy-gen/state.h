/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is remembered between runs, in STATE/NAME.json: what is applied and since when, whether the
 * file is ahead of the HAProxy that runs, the last error, and what is not served. `status` shows it.
 * Losing it costs one reload at most.
 */

#include "haproxy-gen/runtime.h"
#include "haproxy-gen/want.h"

#include <jansson.h>

struct state {
	char *path;           /* owned */
	bool was_written;     /* the file is ours since some time */
	uint32_t pid;         /* of the worker that runs what the file says; 0: not known */
	uint32_t pending_pid; /* of a worker that runs less than the file says; 0: none */
	char *did;            /* owned: "reload", ...; NULL: nothing was ever applied */
	char *did_at;         /* owned: when */
	char *checked_at;     /* owned: when it was last found in order */
	char *error;          /* owned: why the last time failed; NULL: it did not */
	char *error_at;       /* owned */
	uint64_t commands;    /* all that were ever given */
	uint64_t reloads;
	json_t *counts;   /* owned: listeners, servers, ... */
	json_t *refusals; /* owned */
	struct lingering lingering;
};

/*
 * The name in @folder of what is remembered for the output @file: "/etc/haproxy/haproxy.cfg" is
 * "etc-haproxy-haproxy.cfg.SUFFIX" there. The caller frees it.
 */
char *state_path(const char *folder, const char *file, const char *suffix);

/* The state for the output @file, read from the folder @folder; what can not be read is empty. */
struct state *state_load(const char *folder, const char *file);
struct state *state_free(struct state *state);
DEFINE_FREEP(struct state, state);

/* Writes it, beside and in place; the folder is made if it is not there. */
must_check int state_save(const struct state *state);

/* Everything as JSON; the caller owns it. */
json_t *state_json(const struct state *state);

/* Remembers that @did was done now; NULL: nothing had to be. */
void state_did(struct state *state, const char *did);

/* Remembers @error, taken; NULL: there is none any more. */
void state_failed(struct state *state, char *error);

/* Remembers what is wanted now, in numbers, and what is refused. */
void state_describe(struct state *state, const struct want *want);

/* As state_describe(), where only servers changed: by @more. */
void state_add_servers(struct state *state, long more);

/* True if something is refused to one of @services, or to anybody in favour of somebody else. */
bool state_is_refused(const struct state *state, const struct model_dirty *services);
