/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The admin socket of a running HAProxy: who is there, and commands in batches.
 *
 * A batch is one line of at most RUNTIME_BATCH commands, since HAProxy takes a line that is longer
 * than its buffer to pieces. It ends with a question whose answer must be there: so an answer that
 * was cut off is told from one that is complete. If anything unexpected is in an answer the commands
 * of the batch are given one by one, which all of them bear, and each is judged.
 */

#include "base/own.h"
#include "base/strbuf.h"
#include "haproxy-gen/change.h"

#include <stdint.h>

enum {
	RUNTIME_BATCH = 100,
	RUNTIME_LINE_MAX = 12000, /* bytes; HAProxy's buffer has 16384 */
	RUNTIME_TIMEOUT_MS = 20000,
};

struct runtime_info {
	uint32_t pid;
	uint32_t uptime_s;
	char version[64];
};

/**
 * runtime_info() - who answers on the admin socket at @path
 *
 * Return: 0; -ENOENT or -ECONNREFUSED: nobody; -EPROTO: not an answer of HAProxy; other -errno.
 */
must_check int runtime_info(const char *path, struct runtime_info *ret_info);

/* Waits until the process @pid is who answers at @path; false: it is not in time. */
bool runtime_wait(const char *path, uint32_t pid);

/* Reads the answer to `show info`. Return: 0; -EPROTO: it is none. */
must_check int runtime_info_parse(const char *text, struct runtime_info *ret_info);

/* The first line of an answer that is not empty and tells no success; false: there is none. */
bool runtime_find_trouble(struct change_text answer, struct change_text *ret_line);

/* Appends the answer to `show servers state`. Errors as above; -EPROTO: it was cut off. */
must_check int runtime_servers(const char *path, struct strbuf *answer);

/* Servers that could not be deleted yet: "default.web.80/node-a". Zero-initialise. */
struct lingering {
	char **at;
	size_t count;
	size_t capacity;
};

void lingering_fini(struct lingering *lingering);
void lingering_add(struct lingering *lingering, const char *server);

/* Deletes those of @lingering that can be deleted by now. */
void runtime_sweep(const char *path, struct lingering *lingering);

/**
 * runtime_apply() - give all commands of @change to the HAProxy at @path
 * @lingering: gets the servers that could not be deleted
 * @ret_why:   set on -EREMOTEIO: what was answered to what, owned by the caller
 *
 * Return: 0; -EREMOTEIO: HAProxy refused something that it should have taken: what runs is not what
 * is wanted; other -errno: it can not be asked.
 */
must_check int runtime_apply(
	const char *path, const struct change *change, struct lingering *lingering, char **ret_why);
