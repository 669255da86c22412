/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UDP as BFD wants it: the one file of bfd/ that opens and reads sockets. One listening socket for
 * each family and port; one connected socket for each session, whose source port is its own (RFC 5881
 * section 4) and which learns from ICMP that nobody listens at the peer.
 */

#include "base/ip.h"

enum {
	BFD_PORT_SINGLE_HOP = 3784, /* RFC 5881 section 4 */
	BFD_PORT_MULTIHOP = 4784,   /* RFC 5883 section 5 */
	BFD_SOURCE_PORT_MIN = 49152,
	BFD_SOURCE_PORT_MAX = 65535,
	BFD_TTL = 255,
};

/* One packet as it came. */
struct bfd_datagram {
	struct ip source;
	struct ip local;      /* destination address */
	unsigned ifindex;     /* where it came in */
	uint8_t ttl;          /* or hop limit */
	const uint8_t *bytes; /* borrowed for the call */
	size_t len;
};

typedef void bfd_datagram_fn(void *user, const struct bfd_datagram *datagram);

/* Room for a batch of packets; filled again and again. */
struct bfd_batch;

struct bfd_batch *bfd_batch_new(void) __attribute__((returns_nonnull));
struct bfd_batch *bfd_batch_free(struct bfd_batch *batch);

/**
 * bfd_batch_receive() - hand the packets that wait on @fd to @on_datagram, at most one batch
 *
 * Return: true if more may wait.
 */
bool bfd_batch_receive(struct bfd_batch *batch, int fd, bfd_datagram_fn *on_datagram, void *user);

/**
 * bfd_socket_listen() - receive what is sent to @port
 * @family: AF_INET or AF_INET6
 *
 * Return: 0 and an fd of the caller's, or a negative errno; -EADDRINUSE: another BFD runs here.
 */
must_check int bfd_socket_listen(uint8_t family, uint16_t port, int *ret_fd);

/**
 * bfd_socket_connect() - a socket that sends to @peer
 * @local:   source address; family 0: as the routing table says
 * @ifindex: bound to this interface; 0: to none
 * @chance:  random, chooses the source port
 *
 * Return: 0, an fd of the caller's and the port; or a negative errno.
 */
must_check int bfd_socket_connect(const struct ip *peer, const struct ip *local, unsigned ifindex,
	uint16_t port, uint32_t chance, int *ret_fd, uint16_t *ret_source_port);

/* Return: 0 or a negative errno. */
must_check int bfd_socket_send(int fd, const uint8_t *bytes, size_t len);

/* Reads what came back on a connected socket. Return: how many times the peer's port was closed. */
unsigned bfd_socket_refusals(int fd);
