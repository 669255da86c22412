/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The socket of HAProxy's master process: reload, and what became of it. From 2.7 on the answer to
 * `reload` is the result; before, there is none, and the list of processes tells.
 */

#include "base/own.h"
#include "haproxy-gen/render.h"

struct master_procs {
	uint32_t master;  /* pid */
	uint32_t worker;  /* pid of the one that was loaded last; 0: none */
	uint32_t workers; /* all that are there, old ones included */
	uint32_t failed;  /* reloads since the last that went well */
};

/* Reads the answer to `show proc`. -EPROTO: it is none. */
must_check int master_procs_parse(const char *text, struct master_procs *ret_procs);

/**
 * master_procs() - the processes of the HAProxy whose master listens at @path
 *
 * Return: 0; -ENOENT or -ECONNREFUSED: nobody is there; -EPROTO; other -errno.
 */
must_check int master_procs(const char *path, struct master_procs *ret_procs);

/**
 * master_reload() - have the file read anew, and wait until that worked or failed
 * @seconds: to wait at most
 * @ret_pid: of the new worker
 * @ret_why: set on -EREMOTEIO, owned by the caller
 *
 * Return: 0; -EREMOTEIO: HAProxy could not start with the file and works on as it was; -ETIMEDOUT;
 * other -errno: nobody is there.
 */
must_check int master_reload(const char *path, const struct haproxy_version *version,
	unsigned seconds, uint32_t *ret_pid, char **ret_why);
