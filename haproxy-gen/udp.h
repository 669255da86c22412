/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UDP ports, which HAProxy does not forward, as a file of nftables rules with the same nodes:
 * destination NAT to a node's address and node port, chosen by turns, or by the client's address
 * where the Service wants affinity. The file is for `nft -f` and replaces its own table whole.
 */

#include "base/own.h"
#include "base/strbuf.h"
#include "haproxy-gen/want.h"

/* Appends the whole file. Pure. */
void udp_render(const struct want *want, struct strbuf *out);

/**
 * udp_write() - write it to @path unless it is there already
 * @ret_why: set on failure, owned by the caller
 */
must_check int udp_write(const char *path, const struct want *want, char **ret_why);
