/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Frames of one network interface in and out: the one file of arp/ that talks to the kernel. One
 * libpcap handle, immediate and non-blocking, with a kernel filter for ARP, NS and NA; plus the
 * IPv6 groups that the interface must listen to. Tests of the engine put their own functions in the
 * place of these.
 */

#include "base/ip.h"

#include <event2/event.h>

struct arp_link;

typedef void arp_link_frame_fn(void *user, const uint8_t *bytes, size_t len);
typedef void arp_link_failed_fn(void *user, int error);

struct arp_link_handlers {
	arp_link_frame_fn *on_frame;   /* a frame, borrowed for the call */
	arp_link_failed_fn *on_failed; /* negative errno: the link can not be read any more */
	void *user;
};

/**
 * arp_link_open() - let frames of the interface @name with index @ifindex gather
 * @ret_link: owned by the caller
 *
 * The kernel needs tens of milliseconds for it. Any thread may do it; what follows is for one.
 *
 * Return: 0; -EPERM: CAP_NET_RAW is missing; -ENODEV; -EIO.
 */
must_check int arp_link_open(const char *name, unsigned ifindex, struct arp_link **ret_link);

/* Reads from now on, on @base; @handlers are copied. */
void arp_link_start(
	struct arp_link *link, struct event_base *base, const struct arp_link_handlers *handlers);

/* Reads no more, if it did. Only arp_link_free() may follow, in any thread: the kernel needs tens of
 * milliseconds for it. */
void arp_link_stop(struct arp_link *link);

struct arp_link *arp_link_free(struct arp_link *link);
DEFINE_FREEP(struct arp_link, arp_link);

/* Sends a frame. Return: 0 or a negative errno. */
must_check int arp_link_send(struct arp_link *link, const uint8_t *bytes, size_t len);

/* Throws away the frames that have come and were not read; at most what the buffer holds. */
void arp_link_flush(struct arp_link *link);

/* Joins and leaves the solicited-node group of @ip; counted, since addresses share groups. */
must_check int arp_link_join(struct arp_link *link, const struct ip *ip);
void arp_link_leave(struct arp_link *link, const struct ip *ip);

/* Frames that the kernel dropped since the link was opened, for want of room. */
uint64_t arp_link_drops(struct arp_link *link);
