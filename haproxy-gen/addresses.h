/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The addresses that this program gives itself, where no speaker runs: what it gave before (allocator
 * "self") is remembered in STATE, and what it gives is told to others in the file `publish`, as
 * bellmand does it (ipam/saved.h).
 */

#include "haproxy-gen/settings.h"
#include "ipam/ipam.h"

/**
 * addresses_restore() - hand what was given before a restart to @ipam
 *
 * Return: 0, also if nothing was; -EBADMSG: the file is none of ours; other -errno.
 */
must_check int addresses_restore(const struct gen_settings *settings, struct ipam *ipam);

/**
 * addresses_keep() - write what is given now, before anybody is served on it
 * @ipam: NULL: others give the addresses, and there is nothing to keep
 *
 * Return: 0; -errno: it is not on the disk, and must not be served.
 */
must_check int addresses_keep(const struct gen_settings *settings, const struct ipam *ipam);

/* Tells others, if they are to be told: after it is served. @ipam as above. */
must_check int addresses_publish(const struct gen_settings *settings, const struct ipam *ipam);
