/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Closing a connection so that the last message arrives: write the rest, shut our side, and read
 * until the peer closes his or a second has passed. A close() with unread input would make the
 * kernel send RST, and the peer's kernel would throw away what it has not read yet.
 */

#include <bsd/sys/queue.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

struct bgp_linger;
TAILQ_HEAD(bgp_lingers, bgp_linger);

/**
 * bgp_linger_add() - close @fd politely; if too many linger already, at once after one try to write
 * @owner: whose it is, to be compared and no more: each has a few places
 * @fd:    taken over
 * @rest:  octets still to be written, copied; 0 of them: only the shutdown
 */
void bgp_linger_add(struct bgp_lingers *list, struct event_base *base, const void *owner, int fd,
	const uint8_t *rest, size_t len);

/* Closes all of them at once. */
void bgp_lingers_fini(struct bgp_lingers *list);
