/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the process may do once it runs: CAP_NET_RAW for frames and CAP_NET_ADMIN for netlink and
 * socket options, nothing else, as a user of its own.
 */

#include "base/own.h"

/**
 * privileges_prepare_dir() - make @path, if it is missing, and give it to @user
 * @user: name; NULL or "": who runs the process
 *
 * Return: 0; -ENOENT: no such user; else what mkdir() or chown() said.
 */
must_check int privileges_prepare_dir(const char *path, const char *user);

/**
 * privileges_drop() - keep the two capabilities at most and become @user
 * @user: name; NULL or "": stay who we are
 *
 * A process that has less than the two capabilities keeps what it has.
 *
 * Return: 0; -ENOENT: no such user; -EPERM: the kernel did not let us.
 */
must_check int privileges_drop(const char *user);
