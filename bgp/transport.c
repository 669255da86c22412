/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/transport.h"

#include "base/mem.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	TOS_NETWORK_CONTROL = 0xc0, /* CS6 */
	PRIORITY = 6,
	SYN_RETRIES = 3,
	NOT_SENT_LOW_WATER = 128 << 10, /* in the kernel, so that changes can still overtake */
	BACKLOG = 128,
	HOPS_ALL = 256,
	IPV4_HEADER_LEN = 20,
	IPV4_TTL_AT = 8,
	IPV6_HOP_LIMIT_AT = 7,
};

union address {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage any;
};

static socklen_t to_address(const struct ip *ip, uint16_t port, unsigned ifindex, union address *to)
{
	memset(to, 0, sizeof(*to));
	to->sa.sa_family = ip->family;
	if (ip->family == AF_INET) {
		to->v4.sin_port = htons(port);
		memcpy(&to->v4.sin_addr, ip->bytes, 4);
		return sizeof(to->v4);
	}
	to->v6.sin6_port = htons(port);
	memcpy(&to->v6.sin6_addr, ip->bytes, 16);
	if (ip_is_link_local(ip))
		to->v6.sin6_scope_id = ifindex;
	return sizeof(to->v6);
}

static struct bgp_endpoint from_address(const union address *from)
{
	if (from->sa.sa_family == AF_INET)
		return (struct bgp_endpoint){
			.ip = ip_from_bytes(AF_INET, &from->v4.sin_addr),
			.port = ntohs(from->v4.sin_port),
		};
	if (from->sa.sa_family == AF_INET6)
		return (struct bgp_endpoint){
			.ip = ip_from_bytes(AF_INET6, &from->v6.sin6_addr),
			.port = ntohs(from->v6.sin6_port),
			.ifindex = from->v6.sin6_scope_id,
		};
	return (struct bgp_endpoint){ 0 };
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_key(int fd, const struct ip *peer, const uint8_t *password, uint8_t len)
{
	struct tcp_md5sig sig;
	union address to;
	int r = 0;

	memset(&sig, 0, sizeof(sig));
	(void)to_address(peer, 0, 0, &to);
	memcpy(&sig.tcpm_addr, &to.any, sizeof(to.any));
	sig.tcpm_keylen = len;
	if (len > sizeof(sig.tcpm_key))
		return -EINVAL;
	if (len > 0)
		memcpy(sig.tcpm_key, password, len);
	if (setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &sig, sizeof(sig)) < 0)
		r = -errno;
	explicit_bzero(&sig, sizeof(sig));
	return r;
}

/* RFC 5082: what comes from farther than @gtsm_hops is dropped by the kernel. */
static int set_hops(int fd, uint8_t family, uint8_t ttl, uint8_t gtsm_hops)
{
	bool is_v4 = family == AF_INET;
	int level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	int r = set_int(fd, level, is_v4 ? IP_TTL : IPV6_UNICAST_HOPS, ttl);

	if (r < 0 || gtsm_hops == 0)
		return r;
	return set_int(fd, level, is_v4 ? IP_MINTTL : IPV6_MINHOPCOUNT, HOPS_ALL - gtsm_hops);
}

/*
 * What every connection has; of it only a kernel that is too old takes something away. There is no
 * TCP_USER_TIMEOUT: it would end the session of a peer that lives and reads slowly, too. Dead paths
 * are found by the hold timer, readers that never come back by the send hold timer.
 */
static void set_common(int fd, uint8_t family)
{
	(void)set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOT_SENT_LOW_WATER);
	if (family == AF_INET)
		(void)set_int(fd, IPPROTO_IP, IP_TOS, TOS_NETWORK_CONTROL);
	else
		(void)set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, TOS_NETWORK_CONTROL);
	(void)set_int(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY); /* IP_TOS overwrites it */
}

static int bind_source(int fd, const struct bgp_transport *t)
{
	union address from;
	socklen_t len;

	if (!ip_is_set(&t->source))
		return 0;
	if (t->source.family != t->remote.family)
		return -EAFNOSUPPORT;
	len = to_address(&t->source, 0, t->ifindex, &from);
	return bind(fd, &from.sa, len) < 0 ? -errno : 0;
}

static int prepare(int fd, const struct bgp_transport *t)
{
	int r;

	if (t->device[0] &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->device,
			(socklen_t)strlen(t->device)) < 0)
		return -errno;
	if (t->password_len > 0) {
		r = set_key(fd, &t->remote, t->password, t->password_len);
		if (r < 0)
			return r;
	}
	r = set_hops(fd, t->remote.family, t->ttl, t->gtsm_hops);
	if (r < 0)
		return r;
	set_common(fd, t->remote.family);
	(void)set_int(fd, IPPROTO_TCP, TCP_SYNCNT, SYN_RETRIES);
	return bind_source(fd, t);
}

int bgp_transport_dial(const struct bgp_transport *t, int *ret_fd)
{
	union address to;
	socklen_t len = to_address(&t->remote, t->port, t->ifindex, &to);
	int fd = socket(t->remote.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = prepare(fd, t);
	if (r == 0 && connect(fd, &to.sa, len) < 0 && errno != EINPROGRESS)
		r = -errno;
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int bgp_transport_result(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

int bgp_transport_bind(const struct ip *address, uint16_t port, int *ret_fd)
{
	union address at;
	socklen_t len = to_address(address, port, 0, &at);
	int fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (r == 0 && address->family == AF_INET6)
		r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	/* The TTL of a SYN is asked for after accept(): one socket serves peers of many rules. */
	if (r == 0)
		r = set_int(fd, IPPROTO_TCP, TCP_SAVE_SYN, 1);
	if (r == 0)
		r = set_hops(fd, address->family, 255, 0);
	if (r == 0 && bind(fd, &at.sa, len) < 0)
		r = -errno;
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int bgp_transport_listen(int fd)
{
	return listen(fd, BACKLOG) < 0 ? -errno : 0;
}

int bgp_transport_listen_key(int fd, const struct ip *peer, const uint8_t *password, uint8_t len)
{
	return set_key(fd, peer, password, len);
}

/* TTL or hop limit of the SYN that began @fd, 0 if the kernel did not keep it. */
static uint8_t syn_ttl(int fd)
{
	uint8_t headers[256];
	socklen_t len = sizeof(headers);

	if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, headers, &len) < 0 || len < IPV4_HEADER_LEN)
		return 0;
	if (headers[0] >> 4 == 4)
		return headers[IPV4_TTL_AT];
	if (headers[0] >> 4 == 6)
		return headers[IPV6_HOP_LIMIT_AT];
	return 0;
}

bool bgp_transport_is_from(const struct bgp_transport *t, const struct ip *peer, unsigned ifindex)
{
	if (!ip_equal(&t->remote, peer))
		return false;
	return !ip_is_link_local(peer) || (t->ifindex != 0 && t->ifindex == ifindex);
}

int bgp_transport_accept(int listener, struct bgp_accepted *ret_accepted)
{
	union address from;
	socklen_t len = sizeof(from);
	int fd = accept4(listener, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct bgp_endpoint peer;

	if (fd < 0)
		return -errno;
	peer = from_address(&from);
	*ret_accepted = (struct bgp_accepted){
		.fd = fd,
		.peer = peer.ip,
		.ifindex = peer.ifindex,
		.ttl = syn_ttl(fd),
	};
	return 0;
}

int bgp_transport_adopt(int fd, const struct bgp_transport *t)
{
	set_common(fd, t->remote.family);
	return set_hops(fd, t->remote.family, t->ttl, t->gtsm_hops);
}

void bgp_transport_ends(int fd, struct bgp_endpoint *ret_local, struct bgp_endpoint *ret_remote)
{
	union address at = { 0 };
	socklen_t len = sizeof(at);

	*ret_local = *ret_remote = (struct bgp_endpoint){ 0 };
	if (getsockname(fd, &at.sa, &len) == 0)
		*ret_local = from_address(&at);
	len = sizeof(at);
	if (getpeername(fd, &at.sa, &len) == 0)
		*ret_remote = from_address(&at);
}

static struct ip address_of(const struct ifaddrs *entry)
{
	union address at = { 0 };
	sa_family_t family = entry->ifa_addr ? entry->ifa_addr->sa_family : AF_UNSPEC;

	if (family != AF_INET && family != AF_INET6)
		return (struct ip){ 0 };
	memcpy(&at, entry->ifa_addr, family == AF_INET ? sizeof(at.v4) : sizeof(at.v6));
	return from_address(&at).ip;
}

/* The name of the interface that has @local, or NULL. */
static const char *find_interface(
	const struct ifaddrs *all, const struct ip *local, unsigned ifindex)
{
	for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
		struct ip ip = address_of(entry);

		if (ip_equal(&ip, local) &&
			(ifindex == 0 || if_nametoindex(entry->ifa_name) == ifindex))
			return entry->ifa_name;
	}
	return NULL;
}

/* How good an IPv6 address is as a next hop, by its flags; 0: not at all. */
static unsigned rank_of(unsigned flags)
{
	if (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return 0;
	if (flags & IFA_F_DEPRECATED)
		return 1;
	if (flags & IFA_F_TEMPORARY)
		return 2;
	return flags & IFA_F_PERMANENT ? 4 : 3; /* one that a router gave may go with it */
}

/* The global IPv6 address of @interface that is likeliest to stay; getifaddrs() has no flags. */
static struct ip best_global(const char *interface)
{
	FILE *file = fopen("/proc/net/if_inet6", "re");
	struct ip best = { 0 };
	unsigned best_rank = 0;
	char digits[33];
	char name[IF_NAMESIZE];
	unsigned scope;
	unsigned flags;

	while (file && fscanf(file, "%32s %*x %*x %x %x %15s", digits, &scope, &flags, name) == 4) {
		uint8_t bytes[16] = { 0 };

		if (scope != 0 || strcmp(name, interface) != 0 || rank_of(flags) <= best_rank)
			continue;
		for (size_t i = 0; i < 32; i++) {
			const char *all = "0123456789abcdef";
			const char *digit = strchr(all, digits[i]);

			bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (digit ? digit - all : 0));
		}
		best = ip_from_bytes(AF_INET6, bytes);
		best_rank = rank_of(flags);
	}
	if (file)
		(void)fclose(file);
	return best;
}

struct bgp_next_hops bgp_transport_next_hops(const struct ip *local, unsigned ifindex)
{
	struct bgp_next_hops hops = { 0 };
	struct ifaddrs *all = NULL;
	const char *name;

	if (getifaddrs(&all) < 0)
		all = NULL;
	name = find_interface(all, local, ifindex);
	for (const struct ifaddrs *entry = all; entry && name; entry = entry->ifa_next) {
		struct ip ip = address_of(entry);

		if (strcmp(entry->ifa_name, name) != 0 || !ip_is_set(&ip))
			continue;
		if (bgp_next_hop_is_usable_v4(&ip) && !ip_is_set(&hops.v4))
			hops.v4 = ip;
		else if (ip.family == AF_INET6 && ip_is_link_local(&ip))
			hops.ll = ip;
	}
	if (name)
		hops.v6 = best_global(name);
	freeifaddrs(all);
	/* Of several addresses of a family the one that the session uses is the best. */
	if (local->family == AF_INET)
		hops.v4 = *local;
	else if (ip_is_link_local(local))
		hops.ll = *local;
	else
		hops.v6 = *local;
	return hops;
}
