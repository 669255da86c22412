/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The control socket, the asking side: blocking, with a time limit.
 */

#include "base/own.h"

#include <jansson.h>

struct ctl_client;

enum {
	CTL_REPLY_MAX = 256 << 20, /* bytes of a line: far above 100,000 Services */
	CTL_TIMEOUT_SECONDS = 10,
};

/**
 * ctl_client_open() - connect to the socket at @path
 *
 * Return: 0; -ENOENT or -ECONNREFUSED: no daemon; -EACCES: not allowed; other -errno.
 */
must_check int ctl_client_open(const char *path, struct ctl_client **ret_client);
struct ctl_client *ctl_client_free(struct ctl_client *client);
DEFINE_FREEP(struct ctl_client, ctl_client);

/**
 * ctl_client_ask() - send a request and read its answer
 * @args:      taken; may be NULL
 * @ret_data:  the answer's "data", owned by the caller
 * @ret_error: set on -EREMOTEIO: what the daemon has to say, owned by the caller
 *
 * Return: 0; -EREMOTEIO; -ETIMEDOUT; -EPROTO: not an answer; -ECONNRESET; other -errno.
 */
must_check int ctl_client_ask(struct ctl_client *client, const char *op, json_t *args,
	json_t **ret_data, char **ret_error);

/* Waits for the next line of a stream, without a time limit. Errors as above. */
must_check int ctl_client_next(struct ctl_client *client, json_t **ret_event);
