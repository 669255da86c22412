/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/finder.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	HOP_LIMIT = 255,
	RA_LEN_MIN = 16,
	RS_LEN_MIN = 8,
	OPTION_SOURCE_MAC = 1,
	OPEN_AGAIN_SECONDS = 1, /* while the interface is not there */
	SOLICIT_SECONDS = 4,    /* RFC 4861 section 10: RTR_SOLICITATION_INTERVAL */
	ADVERTISE_SECONDS = 10, /* FRR's own, and what it expects */
	SILENT_SECONDS = 60,    /* after which another router may take the place of the first */
	ANSWER_GAP_SECONDS = 3, /* RFC 4861 section 10: MIN_DELAY_BETWEEN_RAS */
};

struct bgp_finder {
	struct event_base *base;
	char interface[IF_NAMESIZE];
	bgp_found_fn *on_found;
	void *user;
	int fd; /* -1: the interface is not there */
	unsigned ifindex;
	struct mac mac;
	struct event *read;
	struct event *timer;
	struct ip router;
	bool is_default; /* it said so */
	uint64_t heard_ns;
	uint64_t advertised_ns;
};

size_t bgp_ra_build(uint8_t to[BGP_RA_MAX], const struct mac *mac)
{
	struct wire_writer w = wire_writer(to, BGP_RA_MAX);

	wire_put_u8(&w, ND_ROUTER_ADVERT);
	wire_put_fill(&w, 0, 3); /* code, checksum: the kernel's */
	wire_put_u8(&w, 0);      /* hop limit: not told */
	wire_put_u8(&w, 0);      /* neither M nor O */
	wire_put_u16(&w, 0);     /* lifetime: no default router */
	wire_put_fill(&w, 0, 8); /* reachable time and retransmission timer: not told */
	wire_put_u8(&w, OPTION_SOURCE_MAC);
	wire_put_u8(&w, 1);
	wire_put_bytes(&w, mac->bytes, sizeof(mac->bytes));
	return wire_written(&w);
}

size_t bgp_rs_build(uint8_t to[BGP_RS_LEN])
{
	memset(to, 0, BGP_RS_LEN);
	to[0] = ND_ROUTER_SOLICIT;
	return BGP_RS_LEN;
}

enum bgp_nd_kind bgp_nd_judge(
	const uint8_t *message, size_t len, int hop_limit, const struct ip *source)
{
	struct wire_reader r = wire_reader(message, len);
	uint8_t type = wire_u8(&r);
	uint8_t code = wire_u8(&r);
	uint16_t lifetime;

	wire_skip(&r, 4); /* checksum, hop limit, flags */
	lifetime = wire_u16(&r);
	if (!wire_ok(&r) || code != 0 || hop_limit != HOP_LIMIT)
		return BGP_ND_OTHER;
	if (type == ND_ROUTER_ADVERT && len >= RA_LEN_MIN && ip_is_link_local(source))
		return lifetime > 0 ? BGP_ND_DEFAULT_ROUTER : BGP_ND_ADVERTISEMENT;
	if (type == ND_ROUTER_SOLICIT && len >= RS_LEN_MIN)
		return BGP_ND_SOLICITATION;
	return BGP_ND_OTHER;
}

bool bgp_nd_gives_way(bool is_default, bool is_other_default, uint64_t silent_ns)
{
	return silent_ns >= SILENT_SECONDS * NS_PER_S || (is_other_default && !is_default);
}

static void arm(struct bgp_finder *finder)
{
	struct timeval wait = { .tv_sec = finder->fd < 0 ? OPEN_AGAIN_SECONDS :
			ip_is_set(&finder->router)       ? ADVERTISE_SECONDS :
							   SOLICIT_SECONDS };

	if (event_add(finder->timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

static void close_socket(struct bgp_finder *finder)
{
	if (finder->read)
		event_free(finder->read);
	finder->read = NULL;
	if (finder->fd >= 0)
		(void)close(finder->fd);
	finder->fd = -1;
}

static void send_to_group(
	struct bgp_finder *finder, const uint8_t *message, size_t len, uint8_t last_of_group)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = finder->ifindex,
	};

	to.sin6_addr.s6_addr[0] = 0xff;
	to.sin6_addr.s6_addr[1] = 0x02;
	to.sin6_addr.s6_addr[15] = last_of_group;
	if (finder->fd >= 0 &&
		sendto(finder->fd, message, len, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)) <
			0 &&
		(errno == ENODEV || errno == ENXIO))
		close_socket(finder); /* the interface went; another of its name may come */
}

static void advertise(struct bgp_finder *finder)
{
	uint8_t message[BGP_RA_MAX];

	finder->advertised_ns = clock_now_ns();
	send_to_group(finder, message, bgp_ra_build(message, &finder->mac), 1);
}

static void solicit(struct bgp_finder *finder)
{
	uint8_t message[BGP_RS_LEN];

	send_to_group(finder, message, bgp_rs_build(message), 2);
}

static void heard_router(struct bgp_finder *finder, const struct ip *router, bool is_default)
{
	uint64_t now_ns = clock_now_ns();
	bool is_known = ip_equal(router, &finder->router);

	if (!is_known && ip_is_set(&finder->router) &&
		!bgp_nd_gives_way(finder->is_default, is_default, now_ns - finder->heard_ns)) {
		log_limited(LOG_L_WARN, "two routers on an unnumbered link: the second is ignored",
			kv_str("interface", finder->interface), kv_ip("first", &finder->router),
			kv_ip("second", router));
		return;
	}
	if (!is_known && !finder->on_found(finder->user, router))
		return;
	finder->heard_ns = now_ns;
	finder->is_default = is_default;
	if (is_known)
		return;
	finder->router = *router;
	log_info("router found", kv_str("interface", finder->interface), kv_ip("router", router));
}

static int hop_limit_of(struct msghdr *header)
{
	int hop_limit = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hop_limit, CMSG_DATA(c), sizeof(hop_limit));
	}
	return hop_limit;
}

static void on_read(evutil_socket_t fd, short what, void *user)
{
	struct bgp_finder *finder = user;
	uint8_t message[1500];
	struct sockaddr_in6 from = { 0 };
	uint8_t control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { message, sizeof(message) };
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(fd, &header, 0);
	struct ip source = ip_from_bytes(AF_INET6, &from.sin6_addr);
	enum bgp_nd_kind kind;

	(void)what;
	if (len < 0)
		return;
	kind = bgp_nd_judge(message, (size_t)len, hop_limit_of(&header), &source);
	switch (kind) {
	case BGP_ND_ADVERTISEMENT:
	case BGP_ND_DEFAULT_ROUTER:
		heard_router(finder, &source, kind == BGP_ND_DEFAULT_ROUTER);
		break;
	case BGP_ND_SOLICITATION:
		if (clock_now_ns() - finder->advertised_ns >= ANSWER_GAP_SECONDS * NS_PER_S)
			advertise(finder);
		break;
	case BGP_ND_OTHER:
		break;
	}
}

static int set_options(const struct bgp_finder *finder, int fd)
{
	struct icmp6_filter filter;
	struct ipv6_mreq routers = { .ipv6mr_interface = finder->ifindex };
	int index = (int)finder->ifindex;
	int hop_limit = HOP_LIMIT;
	int off = 0;
	int on = 1;

	routers.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	routers.ipv6mr_multiaddr.s6_addr[1] = 0x02;
	routers.ipv6mr_multiaddr.s6_addr[15] = 2;
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, finder->interface,
			(socklen_t)strlen(finder->interface)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hop_limit, sizeof(hop_limit)) <
			0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &routers, sizeof(routers)) < 0)
		return -errno;
	return 0;
}

static int learn_mac(struct bgp_finder *finder, int fd)
{
	struct ifreq request = { 0 };

	(void)strcpy(request.ifr_name, finder->interface);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	memcpy(finder->mac.bytes, request.ifr_hwaddr.sa_data, sizeof(finder->mac.bytes));
	return 0;
}

static int open_socket(struct bgp_finder *finder)
{
	int fd;
	int r;

	finder->ifindex = if_nametoindex(finder->interface);
	if (finder->ifindex == 0)
		return -ENODEV;
	fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	if (fd < 0)
		return -errno;
	r = set_options(finder, fd);
	if (r == 0)
		r = learn_mac(finder, fd);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	finder->fd = fd;
	finder->read = event_new(finder->base, fd, EV_READ | EV_PERSIST, on_read, finder);
	if (!finder->read || event_add(finder->read, NULL) < 0)
		abort();
	return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct bgp_finder *finder = user;
	int r = 0;

	(void)fd;
	(void)what;
	if (finder->fd < 0)
		r = open_socket(finder);
	if (r < 0 && r != -ENODEV)
		log_limited(LOG_L_WARN, "can not look for routers",
			kv_str("interface", finder->interface), kv_errno(r));
	if (finder->fd >= 0)
		advertise(finder);
	if (finder->fd >= 0 && !ip_is_set(&finder->router))
		solicit(finder);
	arm(finder);
}

struct bgp_finder *bgp_finder_new(
	struct event_base *base, const char *interface, bgp_found_fn *on_found, void *user)
{
	struct bgp_finder *finder = xnew(struct bgp_finder);

	finder->base = base;
	(void)strncpy(finder->interface, interface, sizeof(finder->interface) - 1);
	finder->on_found = on_found;
	finder->user = user;
	finder->fd = -1;
	finder->timer = evtimer_new(base, on_timer, finder);
	if (!finder->timer)
		abort();
	event_active(finder->timer, EV_TIMEOUT, 0);
	return finder;
}

struct bgp_finder *bgp_finder_free(struct bgp_finder *finder)
{
	if (!finder)
		return NULL;
	close_socket(finder);
	event_free(finder->timer);
	free(finder);
	return NULL;
}
