/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The file on the disk (base/file.h): written beside, checked by HAProxy itself, and put in place in
 * one step. Before a reload the one that runs is kept beside as FILE.last.
 */

#include "base/own.h"
#include "base/strbuf.h"
#include "haproxy-gen/render.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	INSTALL_FILE_MAX = 512 << 20, /* bytes that are read of a file */
};

/**
 * install_lock() - be the only one who writes @file
 * @ret_fd: close() gives it up
 *
 * Return: 0; -EWOULDBLOCK: another one is; other -errno.
 */
must_check int install_lock(const char *file, int *ret_fd);

/* file_read() of at most INSTALL_FILE_MAX. */
must_check int install_read(const char *path, char **ret_text, size_t *ret_len);

/**
 * install_check() - ask @binary whether FILE.new is good
 * @why: gets what it says, as one line
 *
 * Return: 0; -EBADMSG: it is not, and is FILE.refused now; other -errno: it can not be asked, and
 * FILE.new is removed.
 */
must_check int install_check(const char *file, const char *binary, struct strbuf *why);

/* Adds the alerts of what HAProxy @said to @out, as one line; if there are none, all of it. */
void install_alerts(const char *said, struct strbuf *out);

/* Keeps @file, if there is one, as FILE.last too. */
must_check int install_keep(const char *file);

/* True if there is a FILE.last. */
bool install_has_last(const char *file);

/* Puts FILE.last back. */
must_check int install_back(const char *file);

/**
 * install_version() - which HAProxy @binary is
 *
 * Return: 0; -EPROTO: none; other -errno: it can not be run.
 */
must_check int install_version(const char *binary, struct haproxy_version *ret_version);
