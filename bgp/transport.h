/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TCP for BGP: every socket option that a session needs, and nothing of the protocol. TCP-MD5
 * (RFC 2385), GTSM (RFC 5082), TTL, source address, device. Sockets are nonblocking and CLOEXEC.
 */

#include "base/ip.h"
#include "base/own.h"
#include "bgp/export.h"

#include <net/if.h>
#include <stdint.h>

struct bgp_transport {
	struct ip remote;
	struct ip source;         /* family 0: the kernel chooses */
	unsigned ifindex;         /* scope of a link-local address, else 0 */
	char device[IF_NAMESIZE]; /* to bind to (an interface or a VRF), or "" */
	uint16_t port;            /* of the peer, host byte order */
	const uint8_t *password;  /* borrowed; TCP-MD5 */
	uint8_t password_len;     /* 0: none */
	uint8_t ttl;
	uint8_t gtsm_hops; /* 0: off */
};

/**
 * bgp_transport_dial() - begin to connect
 * @ret_fd: owned by the caller; writable once the connection is there or has failed
 *
 * Return: 0, or negative errno; -ENOPROTOOPT: the kernel has no TCP-MD5, and without it we do not
 * go on.
 */
must_check int bgp_transport_dial(const struct bgp_transport *t, int *ret_fd);

/* How a connect() ended: 0, or negative errno. */
must_check int bgp_transport_result(int fd);

/* A socket on @address, an any-address included. IPv6 sockets take IPv6 alone. */
must_check int bgp_transport_bind(const struct ip *address, uint16_t port, int *ret_fd);

/* Lets peers in from now on; keys are set before. */
must_check int bgp_transport_listen(int fd);

/**
 * bgp_transport_listen_key() - the TCP-MD5 key of a peer that may dial us; must be there before it
 * @password: borrowed; @len 0 takes the key away
 */
must_check int bgp_transport_listen_key(
	int fd, const struct ip *peer, const uint8_t *password, uint8_t len);

struct bgp_accepted {
	int fd; /* owned by the caller */
	struct ip peer;
	unsigned ifindex; /* of a link-local peer, else 0 */
	uint8_t ttl;      /* of the SYN; 0: not known */
};

/*
 * True if who dialled from @peer is the one whom @t means. A link-local address is one only together
 * with its interface: without it, or on another, it is somebody else.
 */
bool bgp_transport_is_from(const struct bgp_transport *t, const struct ip *peer, unsigned ifindex);

/* Return: 0, or negative errno; -EAGAIN: nobody waits any more. */
must_check int bgp_transport_accept(int listener, struct bgp_accepted *ret_accepted);

/* Gives a socket that was accepted the options of @t. */
must_check int bgp_transport_adopt(int fd, const struct bgp_transport *t);

/* One end of a connection. */
struct bgp_endpoint {
	struct ip ip;
	uint16_t port;
	unsigned ifindex;
};

void bgp_transport_ends(int fd, struct bgp_endpoint *ret_local, struct bgp_endpoint *ret_remote);

/* Our addresses on the interface that has @local: what may be a next hop. */
struct bgp_next_hops bgp_transport_next_hops(const struct ip *local, unsigned ifindex);
