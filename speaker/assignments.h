/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Assignments on disk: a manifest (`kind: List` of Services with status.loadBalancer.ingress) that
 * is replaced as a whole, so that a crash at any moment leaves the old one or the new one.
 */

#include "ipam/ipam.h"

/* All addresses that Services hold, as the text of the manifest; the caller frees it. */
char *assignments_text(const struct ipam *ipam) __attribute__((returns_nonnull));

/* Puts that text in the place of the file @path, by file_replace(). */
must_check int assignments_save(const char *path, const struct ipam *ipam);

/**
 * assignments_load() - hand what is in the file to ipam_restore()
 *
 * Return: the number of addresses; -ENOENT: there is no file; -EBADMSG: it is not what we write;
 * other -errno.
 */
must_check int assignments_load(const char *path, struct ipam *ipam);
