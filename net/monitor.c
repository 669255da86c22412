/* SPDX-License-Identifier: Apache-2.0 */

#include "net/monitor.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/events.h"
#include "net/netlink_error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	RECEIVE_BUFFER = 1 << 20,
	EVENT_BYTES = 32 << 10, /* of one datagram; the kernel fills at most half of it */
};

struct gateways {
	struct gateway {
		unsigned ifindex;
		uint32_t metric;
		struct ip ip;
	} * at; /* owned */
	size_t count;
	size_t capacity;
};

/*
 * Events only say that something changed; what is true is read anew from the kernel, once a burst.
 * So an event that was lost costs nothing but the read it would have caused.
 */
struct net_monitor {
	struct nl_sock *events;
	struct nl_sock *queries;
	struct event *readable;
	struct event *settle; /* reads anew when the burst is over */
	void (*on_change)(void *user);
	void *user;
	struct net_link *links; /* by index; owned */
	size_t count;
	size_t capacity;
	struct gateways gateways;
	unsigned news; /* NET_NEWS_: not read yet */
};

static struct net_link *find(struct net_monitor *monitor, unsigned ifindex)
{
	for (size_t i = 0; i < monitor->count; i++) {
		if (monitor->links[i].ifindex == ifindex)
			return &monitor->links[i];
	}
	return NULL;
}

static void copy_text(char *to, const char *from, size_t size)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

static void read_link(struct nl_object *object, void *arg)
{
	struct rtnl_link *from = (struct rtnl_link *)object;
	struct net_monitor *monitor = arg;
	struct nl_addr *mac = rtnl_link_get_addr(from);
	struct net_link *link = array_add(monitor->links, monitor->count, monitor->capacity);

	link->ifindex = (unsigned)rtnl_link_get_ifindex(from);
	copy_text(link->name, rtnl_link_get_name(from), sizeof(link->name));
	copy_text(link->kind, rtnl_link_get_type(from), sizeof(link->kind));
	link->flags = rtnl_link_get_flags(from);
	link->has_carrier = (link->flags & IFF_LOWER_UP) && rtnl_link_get_carrier(from);
	link->master = (unsigned)rtnl_link_get_master(from);
	link->has_mac = rtnl_link_get_arptype(from) == 1 /* ARPHRD_ETHER */ && mac &&
		nl_addr_get_len(mac) == sizeof(link->mac.bytes);
	if (link->has_mac)
		memcpy(link->mac.bytes, nl_addr_get_binary_addr(mac), sizeof(link->mac.bytes));
}

static bool read_ip(const struct nl_addr *from, struct ip *ret_ip)
{
	int family = from ? nl_addr_get_family(from) : 0;

	if (family != AF_INET && family != AF_INET6)
		return false;
	if (nl_addr_get_len(from) != ip_bits((uint8_t)family) / 8)
		return false;
	*ret_ip = ip_from_bytes((uint8_t)family, nl_addr_get_binary_addr(from));
	return true;
}

static void read_address(struct nl_object *object, void *arg)
{
	struct rtnl_addr *from = (struct rtnl_addr *)object;
	struct net_link *link = find(arg, (unsigned)rtnl_addr_get_ifindex(from));
	bool is_usable = !(rtnl_addr_get_flags(from) & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
	struct ip ip;

	if (!link || !read_ip(rtnl_addr_get_local(from), &ip))
		return;
	if (ip_is_link_local(&ip) && is_usable)
		link->link_local = ip;
	if (link->address_count < NET_ADDRESSES_MAX)
		link->addresses[link->address_count++] = (struct ip_prefix){
			.ip = ip,
			.len = (uint8_t)rtnl_addr_get_prefixlen(from),
		};
}

/* Of two default routes over one link the better one counts. */
static void add_gateway(
	struct gateways *gateways, struct rtnl_route *route, struct rtnl_nexthop *hop)
{
	struct gateway gateway = {
		.ifindex = (unsigned)rtnl_route_nh_get_ifindex(hop),
		.metric = rtnl_route_get_priority(route),
	};

	if (!read_ip(rtnl_route_nh_get_gateway(hop), &gateway.ip))
		return;
	for (size_t i = 0; i < gateways->count; i++) {
		if (gateways->at[i].ifindex != gateway.ifindex)
			continue;
		if (gateway.metric < gateways->at[i].metric)
			gateways->at[i] = gateway;
		return;
	}
	*array_add(gateways->at, gateways->count, gateways->capacity) = gateway;
}

/* Looks at the header first: a table may hold a million routes that are none of our business. */
static int read_route(struct nl_msg *message, void *arg)
{
	struct rtnl_route *route;

	if (!net_events_is_default_route(nlmsg_hdr(message)) ||
		rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++)
		add_gateway(arg, route, rtnl_route_nexthop_n(route, i));
	rtnl_route_put(route);
	return NL_OK;
}

static int read_cache(struct net_monitor *monitor, struct nl_cache *cache,
	void (*read)(struct nl_object *object, void *arg))
{
	nl_cache_foreach(cache, read, monitor);
	nl_cache_free(cache);
	return 0;
}

static int compare_links(const void *a, const void *b)
{
	const struct net_link *left = a;
	const struct net_link *right = b;

	return left->ifindex < right->ifindex ? -1 : 1;
}

static void name_masters(struct net_monitor *monitor)
{
	for (size_t i = 0; i < monitor->count; i++) {
		struct net_link *master = find(monitor, monitor->links[i].master);

		if (master)
			copy_text(monitor->links[i].master_kind, master->kind, NET_KIND_SIZE);
	}
}

/* Reads links and their addresses into an empty @monitor. */
static int fill(struct net_monitor *monitor)
{
	struct nl_cache *cache;
	int r;

	r = rtnl_link_alloc_cache(monitor->queries, AF_UNSPEC, &cache);
	if (r < 0)
		return net_netlink_error(r);
	(void)read_cache(monitor, cache, read_link);
	if (monitor->count > 1)
		qsort(monitor->links, monitor->count, sizeof(monitor->links[0]), compare_links);
	name_masters(monitor);
	r = rtnl_addr_alloc_cache(monitor->queries, &cache);
	if (r < 0)
		return net_netlink_error(r);
	return read_cache(monitor, cache, read_address);
}

/* The gateways of the IPv4 default routes, by link. */
static int read_gateways(struct net_monitor *monitor)
{
	struct rtmsg request = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN };
	struct gateways fresh = { 0 };
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int r;

	if (!callbacks)
		return -ENOMEM;
	(void)nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, read_route, &fresh);
	r = nl_send_simple(monitor->queries, RTM_GETROUTE, NLM_F_DUMP, &request, sizeof(request));
	if (r >= 0)
		r = nl_recvmsgs(monitor->queries, callbacks);
	nl_cb_put(callbacks);
	if (r < 0) {
		free(fresh.at);
		return net_netlink_error(r);
	}
	free(monitor->gateways.at);
	monitor->gateways = fresh;
	return 0;
}

static void set_gateways(struct net_monitor *monitor)
{
	for (size_t i = 0; i < monitor->count; i++)
		monitor->links[i].gateway = (struct ip){ 0 };
	for (size_t i = 0; i < monitor->gateways.count; i++) {
		struct net_link *link = find(monitor, monitor->gateways.at[i].ifindex);

		if (link)
			link->gateway = monitor->gateways.at[i].ip;
	}
}

/* A read that fails half-way changes nothing: links must not seem to be gone. */
static int read_links(struct net_monitor *monitor)
{
	struct net_monitor fresh = { .queries = monitor->queries };
	int r = fill(&fresh);

	if (r < 0) {
		free(fresh.links);
		return r;
	}
	free(monitor->links);
	monitor->links = fresh.links;
	monitor->count = fresh.count;
	monitor->capacity = fresh.capacity;
	return 0;
}

/* Reads what @news says. What could not be read stays news. */
static int read_news(struct net_monitor *monitor)
{
	int r = 0;

	if (monitor->news & NET_NEWS_LINKS)
		r = read_links(monitor);
	if (r == 0)
		monitor->news &= ~(unsigned)NET_NEWS_LINKS;
	if (r == 0 && (monitor->news & NET_NEWS_ROUTES))
		r = read_gateways(monitor);
	if (r < 0)
		return r;
	monitor->news = 0;
	set_gateways(monitor);
	return 0;
}

static void on_settle(evutil_socket_t fd, short events, void *arg)
{
	struct net_monitor *monitor = arg;
	int r = read_news(monitor);

	(void)fd;
	(void)events;
	if (r < 0) {
		const struct timeval wait = { .tv_sec = 1 };

		log_error("interfaces not read: tried again in a second", kv_errno(r));
		(void)event_add(monitor->settle, &wait);
		return;
	}
	monitor->on_change(monitor->user);
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct net_monitor *monitor = arg;
	_Alignas(struct nlmsghdr) uint8_t bytes[EVENT_BYTES];
	ssize_t len;

	(void)events;
	while ((len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0 || errno == ENOBUFS) {
		if (len < 0)
			log_limited(LOG_L_WARN, "netlink events lost: everything is read anew",
				kv_uint("buffer_bytes", RECEIVE_BUFFER));
		monitor->news |= len < 0 ? NET_NEWS_LINKS | NET_NEWS_ROUTES :
					   net_events_judge(bytes, (size_t)len);
	}
	if (monitor->news != 0)
		event_active(monitor->settle, 0, 0);
}

static int open_events(struct net_monitor *monitor)
{
	int r;

	monitor->events = nl_socket_alloc();
	if (!monitor->events)
		return -ENOMEM;
	r = nl_connect(monitor->events, NETLINK_ROUTE);
	if (r < 0)
		return net_netlink_error(r);
	(void)nl_socket_set_buffer_size(monitor->events, RECEIVE_BUFFER, 0);
	(void)nl_socket_set_nonblocking(monitor->events);
	r = nl_socket_add_memberships(monitor->events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, 0);
	return r < 0 ? net_netlink_error(r) : 0;
}

static int open_queries(struct net_monitor *monitor)
{
	int r;

	monitor->queries = nl_socket_alloc();
	if (!monitor->queries)
		return -ENOMEM;
	r = nl_connect(monitor->queries, NETLINK_ROUTE);
	return r < 0 ? net_netlink_error(r) : 0;
}

int net_monitor_open(struct event_base *base, void (*on_change)(void *user), void *user,
	struct net_monitor **ret_monitor)
{
	auto_(net_monitor_freep) struct net_monitor *monitor = xnew(struct net_monitor);
	int r;

	monitor->on_change = on_change;
	monitor->user = user;
	/* Listening begins before reading, so that nothing falls in between. */
	r = open_events(monitor);
	if (r == 0)
		r = open_queries(monitor);
	monitor->news = NET_NEWS_LINKS | NET_NEWS_ROUTES;
	if (r == 0)
		r = read_news(monitor);
	if (r < 0)
		return r;
	monitor->settle = event_new(base, -1, 0, on_settle, monitor);
	monitor->readable = event_new(base, nl_socket_get_fd(monitor->events), EV_READ | EV_PERSIST,
		on_readable, monitor);
	if (!monitor->settle || !monitor->readable || event_add(monitor->readable, NULL) < 0)
		return -ENOMEM;
	*ret_monitor = take(monitor);
	return 0;
}

struct net_monitor *net_monitor_free(struct net_monitor *monitor)
{
	if (!monitor)
		return NULL;
	if (monitor->readable)
		event_free(monitor->readable);
	if (monitor->settle)
		event_free(monitor->settle);
	nl_socket_free(monitor->events);
	nl_socket_free(monitor->queries);
	free(monitor->links);
	free(monitor->gateways.at);
	free(monitor);
	return NULL;
}

size_t net_monitor_count(const struct net_monitor *monitor)
{
	return monitor->count;
}

const struct net_link *net_monitor_at(const struct net_monitor *monitor, size_t i)
{
	return &monitor->links[i];
}

const struct net_link *net_monitor_local(const struct net_monitor *monitor, const struct ip *ip)
{
	for (size_t i = 0; i < monitor->count; i++) {
		for (size_t k = 0; k < monitor->links[i].address_count; k++) {
			if (ip_equal(&monitor->links[i].addresses[k].ip, ip))
				return &monitor->links[i];
		}
	}
	return NULL;
}

int net_sysctl(const char *family, const char *link, const char *key)
{
	auto_(freep) char *path = xasprintf("/proc/sys/net/%s/conf/%s/%s", family, link, key);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	return len > 0 ? (int)strtol(text, NULL, 10) : -1;
}
