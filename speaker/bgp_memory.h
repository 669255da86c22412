/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What BGP must know after a restart (RFC 4724 section 4.1): which identifier peers know us by, for
 * which families they keep routes for us, and whether the kernel that forwards is still the same. It
 * names the node, so that a copy of a machine does not take itself for the first one.
 */

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BGP_BOOT_ID_SIZE = 37,
	BGP_NODE_SIZE = 256,
};

struct bgp_memory {
	char boot_id[BGP_BOOT_ID_SIZE]; /* of the kernel; "" if it is not known */
	char node[BGP_NODE_SIZE];       /* whose memory it is */
	uint32_t router_id;             /* host byte order; 0: none */
	uint8_t families;               /* that peers keep for us; BGP_FAMILY_BIT() */
};

/* The boot identifier of the running kernel, "" if there is none. */
void bgp_memory_boot_id(char ret_id[BGP_BOOT_ID_SIZE]);

/**
 * bgp_memory_load() - read what bgp_memory_save() wrote
 *
 * Return: 0; -ENOENT: there is nothing; -EBADMSG: it is not what we write; another -errno.
 */
must_check int bgp_memory_load(const char *path, struct bgp_memory *ret_memory);

/* Replaces the file as a whole. Return: 0 or a negative errno; then the old one is untouched. */
must_check int bgp_memory_save(const char *path, const struct bgp_memory *memory);
