/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One question and its answer over HAProxy's Unix sockets. Blocking, with a time limit.
 */

#include "base/own.h"
#include "base/strbuf.h"

enum {
	SOCKET_ANSWER_MAX = 64 << 20, /* bytes: above `show servers state` of 100,000 servers */
};

/**
 * socket_ask() - send @request and read until the other side closes
 * @answer: gets what came, also on failure
 *
 * Our half is closed behind the request, which is what makes a master end its answer.
 *
 * Return: 0; -ETIMEDOUT; -EFBIG: an answer without end; -ENOENT or -ECONNREFUSED: nobody listens
 * there; other -errno.
 */
must_check int socket_ask(
	const char *path, const char *request, unsigned timeout_ms, struct strbuf *answer);
