/* SPDX-License-Identifier: Apache-2.0 */

#include "bfd/socket.h"

#include "base/file.h"
#include "base/mem.h"
#include "bfd/packet.h"

/* Before the kernel's headers, which else take its place. */
#include <netinet/in.h>

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	BATCH = 32,
	PAYLOAD_MAX = BFD_LENGTH_MAX + 1, /* what is longer is cut; the Length field fits */
	CONTROL_MAX = 128,
	RECEIVE_BUFFER = 1 << 20, /* holds what comes while the process is stopped */
	CLASS_CS6 = 0xc0,         /* type of service: network control */
	PRIORITY = 6,             /* TC_PRIO_INTERACTIVE; the highest that needs no capability */
	PORT_TRIES = 64,
	ERRORS_A_TURN = 16,
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct bfd_batch {
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	union address sources[BATCH];
	uint8_t payloads[BATCH][PAYLOAD_MAX];
	_Alignas(struct cmsghdr) uint8_t controls[BATCH][CONTROL_MAX];
};

static void prepare(struct bfd_batch *batch, unsigned i)
{
	batch->pieces[i] = (struct iovec){
		.iov_base = batch->payloads[i],
		.iov_len = sizeof(batch->payloads[i]),
	};
	batch->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &batch->sources[i],
		.msg_namelen = sizeof(batch->sources[i]),
		.msg_iov = &batch->pieces[i],
		.msg_iovlen = 1,
		.msg_control = batch->controls[i],
		.msg_controllen = sizeof(batch->controls[i]),
	};
}

struct bfd_batch *bfd_batch_new(void)
{
	struct bfd_batch *batch = xnew(struct bfd_batch);

	for (unsigned i = 0; i < BATCH; i++)
		prepare(batch, i);
	return batch;
}

struct bfd_batch *bfd_batch_free(struct bfd_batch *batch)
{
	free(batch);
	return NULL;
}

static socklen_t to_address(
	const struct ip *ip, uint16_t port, unsigned ifindex, union address *address)
{
	memset(address, 0, sizeof(*address));
	address->any.sa_family = ip->family;
	if (ip->family == AF_INET) {
		address->v4.sin_port = htons(port);
		memcpy(&address->v4.sin_addr, ip->bytes, sizeof(address->v4.sin_addr));
		return sizeof(address->v4);
	}
	address->v6.sin6_port = htons(port);
	memcpy(&address->v6.sin6_addr, ip->bytes, sizeof(address->v6.sin6_addr));
	address->v6.sin6_scope_id = ip_is_link_local(ip) ? ifindex : 0;
	return sizeof(address->v6);
}

static struct ip from_address(const union address *address)
{
	if (address->any.sa_family == AF_INET)
		return ip_from_bytes(AF_INET, &address->v4.sin_addr);
	return ip_from_bytes(AF_INET6, &address->v6.sin6_addr);
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_receive_options(int fd, uint8_t family)
{
	int r;

	if (family == AF_INET) {
		r = set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
		return r < 0 ? r : set_int(fd, IPPROTO_IP, IP_RECVTTL, 1);
	}
	r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (r == 0)
		r = set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return r < 0 ? r : set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
}

static int set_send_options(int fd, uint8_t family)
{
	int r;

	if (family == AF_INET) {
		(void)set_int(fd, IPPROTO_IP, IP_TOS, CLASS_CS6);
		/* After the type of service, which sets a priority of its own. */
		(void)set_int(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY);
		r = set_int(fd, IPPROTO_IP, IP_TTL, BFD_TTL);
		return r < 0 ? r : set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
	}
	(void)set_int(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY);
	(void)set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, CLASS_CS6);
	r = set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, BFD_TTL);
	return r < 0 ? r : set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

static int give(int *fd)
{
	int given = *fd;

	*fd = -1;
	return given;
}

static int open_udp(uint8_t family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

	return fd < 0 ? -errno : fd;
}

int bfd_socket_listen(uint8_t family, uint16_t port, int *ret_fd)
{
	const struct ip any = { .family = family };
	auto_(closep) int fd = open_udp(family);
	union address address;
	socklen_t len = to_address(&any, port, 0, &address);
	int r;

	if (fd < 0)
		return fd;
	r = set_receive_options(fd, family);
	if (r < 0)
		return r;
	/* Beyond the limit only with CAP_NET_ADMIN; less is less, but no failure. */
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
		(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (bind(fd, &address.any, len) < 0)
		return -errno;
	*ret_fd = give(&fd);
	return 0;
}

/* Takes a free port of RFC 5881 section 4, which also wants it to differ between sessions. */
static int bind_source(
	int fd, const struct ip *local, unsigned ifindex, uint32_t chance, uint16_t *ret_port)
{
	const unsigned count = BFD_SOURCE_PORT_MAX - BFD_SOURCE_PORT_MIN + 1;
	union address address;
	int r = -EADDRINUSE;

	for (unsigned i = 0; i < PORT_TRIES && r == -EADDRINUSE; i++) {
		uint16_t port = (uint16_t)(BFD_SOURCE_PORT_MIN + (chance + i * 257) % count);
		socklen_t len = to_address(local, port, ifindex, &address);

		r = bind(fd, &address.any, len) < 0 ? -errno : 0;
		if (r == 0)
			*ret_port = port;
	}
	return r;
}

int bfd_socket_connect(const struct ip *peer, const struct ip *local, unsigned ifindex,
	uint16_t port, uint32_t chance, int *ret_fd, uint16_t *ret_source_port)
{
	const struct ip any = { .family = peer->family };
	auto_(closep) int fd = open_udp(peer->family);
	union address address;
	socklen_t len;
	uint16_t source_port = 0;
	int r;

	if (fd < 0)
		return fd;
	r = set_send_options(fd, peer->family);
	if (r == 0 && ifindex != 0)
		r = set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)ifindex);
	if (r == 0)
		r = bind_source(fd, ip_is_set(local) ? local : &any, ifindex, chance, &source_port);
	if (r < 0)
		return r;
	len = to_address(peer, port, ifindex, &address);
	if (connect(fd, &address.any, len) < 0)
		return -errno;
	*ret_source_port = source_port;
	*ret_fd = give(&fd);
	return 0;
}

int bfd_socket_send(int fd, const uint8_t *bytes, size_t len)
{
	ssize_t sent = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	/* An ICMP error that came before is told here, and the packet is not sent: once more. */
	if (sent < 0 && errno != EAGAIN && errno != ENOBUFS)
		sent = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : 0;
}

static bool is_refusal(const struct cmsghdr *item)
{
	struct sock_extended_err error;
	bool is_v4 = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR;
	bool is_v6 = item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR;

	if ((!is_v4 && !is_v6) || item->cmsg_len < CMSG_LEN(sizeof(error)))
		return false;
	memcpy(&error, CMSG_DATA(item), sizeof(error));
	if (is_v4)
		return error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH &&
			error.ee_code == ICMP_PORT_UNREACH;
	return error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMPV6_DEST_UNREACH &&
		error.ee_code == ICMPV6_PORT_UNREACH;
}

unsigned bfd_socket_refusals(int fd)
{
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX * 2];
	uint8_t payload[BFD_PACKET_MAX];
	unsigned refusals = 0;

	for (unsigned i = 0; i < ERRORS_A_TURN; i++) {
		struct iovec piece = { .iov_base = payload, .iov_len = sizeof(payload) };
		struct msghdr message = {
			.msg_iov = &piece,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item;
			item = CMSG_NXTHDR(&message, item))
			refusals += is_refusal(item);
	}
	/* Nothing of BFD comes to this port; what does must not wake us for ever. */
	for (unsigned i = 0; i < ERRORS_A_TURN; i++) {
		if (recv(fd, payload, sizeof(payload), MSG_DONTWAIT) < 0 && errno != ECONNREFUSED)
			break;
	}
	return refusals;
}

static void read_control(struct msghdr *message, struct bfd_datagram *datagram)
{
	for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item;
		item = CMSG_NXTHDR(message, item)) {
		const void *data = CMSG_DATA(item);
		struct in_pktinfo v4;
		struct in6_pktinfo v6;
		int number;

		if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, data, sizeof(v4));
			datagram->ifindex = (unsigned)v4.ipi_ifindex;
			datagram->local = ip_from_bytes(AF_INET, &v4.ipi_addr);
		} else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, data, sizeof(v6));
			datagram->ifindex = v6.ipi6_ifindex;
			datagram->local = ip_from_bytes(AF_INET6, &v6.ipi6_addr);
		} else if ((item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_TTL) ||
			(item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_HOPLIMIT)) {
			memcpy(&number, data, sizeof(number));
			datagram->ttl = (uint8_t)number;
		}
	}
}

bool bfd_batch_receive(struct bfd_batch *batch, int fd, bfd_datagram_fn *on_datagram, void *user)
{
	int count;

	count = recvmmsg(fd, batch->messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++) {
		struct bfd_datagram datagram = {
			.source = from_address(&batch->sources[i]),
			.bytes = batch->payloads[i],
			.len = batch->messages[i].msg_len,
		};

		read_control(&batch->messages[i].msg_hdr, &datagram);
		on_datagram(user, &datagram);
		prepare(batch, (unsigned)i);
	}
	return count == BATCH;
}
