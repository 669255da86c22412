/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The control socket, daemon's side: a Unix stream socket on which each line is one JSON request,
 *
 *     {"op": "explain", "args": {"service": "default/web"}}
 *
 * answered by one line, {"ok": true, "data": ...} or {"ok": false, "error": "..."}. The op "events"
 * turns the connection into a stream of events. Who may open the socket may ask everything: access
 * is the socket's group and mode. Clients, requests and unread events are bounded.
 */

#include "base/own.h"

#include <event2/event.h>
#include <jansson.h>

enum {
	CTL_CLIENTS_MAX = 32,
	CTL_REQUEST_MAX = 65536,   /* bytes of a line */
	CTL_BACKLOG_MAX = 1 << 20, /* bytes a subscriber may leave unread before he is dropped */
};

struct ctl_server;

/**
 * ctl_handle_fn - answers one request
 * @args:      the request's "args", or NULL; borrowed for the call
 * @ret_data:  the answer, given to the server; or
 * @ret_error: what is wrong, for people, given to the server
 */
typedef void ctl_handle_fn(
	void *user, const char *op, const json_t *args, json_t **ret_data, char **ret_error);

struct ctl_server_conf {
	const char *path;  /* borrowed for the call */
	const char *group; /* of the socket; NULL or "": that of the process */
	unsigned mode;
	ctl_handle_fn *handle;
	void *user;
};

/**
 * ctl_server_open() - listen on a Unix socket
 *
 * A socket that nobody listens on any more is replaced.
 *
 * Return: 0; -EADDRINUSE: somebody listens there; -ENOENT: no such group or folder; other -errno.
 */
must_check int ctl_server_open(struct event_base *base, const struct ctl_server_conf *conf,
	struct ctl_server **ret_server);

/* Closes all connections and removes the socket. */
struct ctl_server *ctl_server_free(struct ctl_server *server);
DEFINE_FREEP(struct ctl_server, ctl_server);

/* Sends @event, taken, to everybody who asked for events. */
void ctl_server_publish(struct ctl_server *server, json_t *event);

/**
 * ctl_request_parse() - read one line
 * @ret_request: the whole object, owned by the caller
 * @ret_op:      its "op", borrowed from it
 * @ret_args:    its "args" or NULL, borrowed from it
 *
 * Return: NULL, or what is wrong with the line: static text, nothing set.
 */
const char *ctl_request_parse(const char *line, size_t len, json_t **ret_request,
	const char **ret_op, const json_t **ret_args);
