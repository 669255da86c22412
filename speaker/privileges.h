/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the process may do once it runs: CAP_NET_RAW for frames, CAP_NET_ADMIN for netlink and socket
 * options, perhaps CAP_IPC_LOCK for memory that must not be paged out; nothing else, as a user of
 * its own.
 */

#include "base/own.h"

#include <stdbool.h>

/**
 * privileges_prepare_dir() - make @path, if it is missing, and give it to @user
 * @user: name; NULL or "": who runs the process
 *
 * Return: 0; -ENOENT: no such user; else what mkdir() or chown() said.
 */
must_check int privileges_prepare_dir(const char *path, const char *user);

/**
 * privileges_drop() - become @user and give up all capabilities that are not needed any more
 * @user: name; NULL or "": stay who we are
 *
 * Kept are CAP_NET_RAW and CAP_NET_ADMIN, CAP_IPC_LOCK if RLIMIT_MEMLOCK is a limit, and until
 * privileges_finish() CAP_SYS_NICE, each only if the process had it.
 *
 * Return: 0; -ENOENT: no such user; -EPERM: the kernel did not let us.
 */
must_check int privileges_drop(const char *user);

/**
 * privileges_finish() - the calling thread gives up what it needed at the start
 *
 * Capabilities belong to a thread: each that was started since privileges_drop() calls it, when it
 * has its priority.
 *
 * Return: 0; -EPERM: the kernel did not let us.
 */
must_check int privileges_finish(void);

/* Whether all memory, also what is had later, may be locked by any thread. */
bool privileges_can_lock(void);
