/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Assignments as text: a manifest (`kind: List` of Services with status.loadBalancer.ingress), to be
 * kept over a restart and to be published for others to read. Pure; who keeps it knows files.
 */

#include "ipam/ipam.h"

enum {
	IPAM_SAVED_MAX = 256 << 20, /* bytes: far above 100,000 Services */
};

/* All addresses that Services hold; the caller frees it. */
char *ipam_saved_text(const struct ipam *ipam) __attribute__((returns_nonnull));

/**
 * ipam_restore_saved() - hand what @text says to ipam_restore()
 *
 * Return: the number of addresses; -EBADMSG: it is not what we write.
 */
must_check int ipam_restore_saved(struct ipam *ipam, const char *text, size_t len);
