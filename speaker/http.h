/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The little web server for scrapers and probes: /metrics, /healthz, /readyz. GET only, no bodies
 * read, connections closed after ten idle seconds.
 */

#include "base/own.h"
#include "base/strbuf.h"

#include <event2/event.h>
#include <stdbool.h>

struct http_server;

struct http_callbacks {
	/* Writes the metrics of this moment. */
	void (*metrics)(void *user, struct strbuf *out);
	/* Says in @why, one line, what is missing; true if nothing is. */
	bool (*is_healthy)(void *user, struct strbuf *why);
	bool (*is_ready)(void *user, struct strbuf *why);
};

/**
 * http_server_open() - listen and serve on @base
 * @listen:     "192.0.2.1:7472", "[2001:db8::1]:7472" or ":7472" for every address
 * @callbacks:  copied; @user is passed to each
 * @ret_server: owned by the caller, freed before @base
 *
 * Return: 0; -EINVAL: @listen is no address and port; else what bind() or listen() said.
 */
must_check int http_server_open(struct event_base *base, const char *listen,
	const struct http_callbacks *callbacks, void *user, struct http_server **ret_server);

struct http_server *http_server_free(struct http_server *server);
DEFINE_FREEP(struct http_server, http_server);
