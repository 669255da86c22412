/* SPDX-License-Identifier: Apache-2.0 */

#include "net/discard.h"

#include "base/mem.h"
#include "net/netlink_error.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/route.h>

enum {
	PROTOCOL = 157,   /* in no list of protocols: iproute2's, FRR's, BIRD's */
	METRIC = 1 << 30, /* behind what anybody else would use */
	READ_TRIES = 10,
};

struct net_discard {
	struct nl_sock *socket;
	struct discarded {
		struct ip_prefix prefix;
		bool is_put; /* by this run */
	} * at;              /* owned */
	size_t count;
	size_t capacity;
};

static struct discarded *find(struct net_discard *discard, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < discard->count; i++) {
		if (ip_prefix_compare(&discard->at[i].prefix, prefix) == 0)
			return &discard->at[i];
	}
	return NULL;
}

static void forget(struct net_discard *discard, struct discarded *one)
{
	*one = discard->at[--discard->count];
}

static bool read_prefix(const struct nl_addr *from, struct ip_prefix *ret_prefix)
{
	int family = from ? nl_addr_get_family(from) : 0;
	struct ip ip;

	if (family != AF_INET && family != AF_INET6)
		return false;
	if (nl_addr_get_len(from) != ip_bits((uint8_t)family) / 8)
		return false;
	ip = ip_from_bytes((uint8_t)family, nl_addr_get_binary_addr(from));
	*ret_prefix = ip_prefix_of(&ip, nl_addr_get_prefixlen(from));
	return true;
}

/* The header says already of nearly all routes, which may be a million, that they are not. */
static bool may_be_ours(const struct rtmsg *head)
{
	return head->rtm_protocol == PROTOCOL && head->rtm_type == RTN_BLACKHOLE &&
		head->rtm_table == RT_TABLE_MAIN;
}

static int read_route(struct nl_msg *message, void *arg)
{
	const struct rtmsg *head = nlmsg_data(nlmsg_hdr(message));
	struct net_discard *discard = arg;
	struct rtnl_route *route;
	struct ip_prefix prefix;

	if (!may_be_ours(head) || rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	if (rtnl_route_get_priority(route) == METRIC &&
		read_prefix(rtnl_route_get_dst(route), &prefix) && !find(discard, &prefix))
		*array_add(discard->at, discard->count,
			discard->capacity) = (struct discarded){ .prefix = prefix };
	rtnl_route_put(route);
	return NL_OK;
}

static int read_once(struct net_discard *discard, int family)
{
	struct rtmsg request = { .rtm_family = (unsigned char)family, .rtm_table = RT_TABLE_MAIN };
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int r;

	if (!callbacks)
		return -ENOMEM;
	(void)nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, read_route, discard);
	r = nl_send_simple(discard->socket, RTM_GETROUTE, NLM_F_DUMP, &request, sizeof(request));
	if (r >= 0)
		r = nl_recvmsgs(discard->socket, callbacks);
	nl_cb_put(callbacks);
	return r;
}

/* A table that changes while it is read has to be read again. */
static int read_family(struct net_discard *discard, int family)
{
	int r = -NLE_DUMP_INTR;

	for (unsigned i = 0; i < READ_TRIES && r == -NLE_DUMP_INTR; i++)
		r = read_once(discard, family);
	return r < 0 ? net_netlink_error(r) : 0;
}

int net_discard_open(struct net_discard **ret_discard)
{
	auto_(net_discard_freep) struct net_discard *discard = xnew(struct net_discard);
	int r;

	discard->socket = nl_socket_alloc();
	if (!discard->socket)
		return -ENOMEM;
	r = nl_connect(discard->socket, NETLINK_ROUTE);
	if (r < 0)
		return net_netlink_error(r);
	r = read_family(discard, AF_INET);
	if (r == 0)
		r = read_family(discard, AF_INET6);
	if (r < 0)
		return r;
	*ret_discard = take(discard);
	return 0;
}

struct net_discard *net_discard_free(struct net_discard *discard)
{
	if (!discard)
		return NULL;
	nl_socket_free(discard->socket);
	free(discard->at);
	free(discard);
	return NULL;
}

static struct rtnl_route *make_route(const struct ip_prefix *prefix)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct nl_addr *to = nl_addr_build(
		prefix->ip.family, (void *)(uintptr_t)prefix->ip.bytes, ip_len(&prefix->ip));

	if (!route || !to)
		abort(); /* only memory can be missing */
	nl_addr_set_prefixlen(to, prefix->len);
	(void)rtnl_route_set_family(route, prefix->ip.family);
	(void)rtnl_route_set_dst(route, to);
	(void)rtnl_route_set_type(route, RTN_BLACKHOLE);
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	rtnl_route_set_protocol(route, PROTOCOL);
	rtnl_route_set_priority(route, METRIC);
	nl_addr_put(to);
	return route;
}

int net_discard_put(struct net_discard *discard, const struct ip_prefix *prefix)
{
	struct discarded *one = find(discard, prefix);
	struct rtnl_route *route;
	int r;

	if (one) {
		one->is_put = true;
		return 0;
	}
	route = make_route(prefix);
	r = rtnl_route_add(discard->socket, route, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_route_put(route);
	if (r < 0)
		return net_netlink_error(r);
	*array_add(discard->at, discard->count,
		discard->capacity) = (struct discarded){ .prefix = *prefix, .is_put = true };
	return 0;
}

int net_discard_drop(struct net_discard *discard, const struct ip_prefix *prefix)
{
	struct discarded *one = find(discard, prefix);
	struct rtnl_route *route;
	int r;

	if (!one)
		return 0;
	route = make_route(prefix);
	r = rtnl_route_delete(discard->socket, route, 0);
	rtnl_route_put(route);
	forget(discard, one);
	/* Somebody else has taken it away before. */
	return r < 0 && r != -NLE_OBJ_NOTFOUND ? net_netlink_error(r) : 0;
}

static void drop_all(struct net_discard *discard, bool also_put)
{
	for (size_t i = discard->count; i-- > 0;) {
		struct ip_prefix prefix = discard->at[i].prefix;

		if (also_put || !discard->at[i].is_put)
			(void)!net_discard_drop(discard, &prefix);
	}
}

void net_discard_sweep(struct net_discard *discard)
{
	drop_all(discard, false);
}

void net_discard_clear(struct net_discard *discard)
{
	drop_all(discard, true);
}
