/* SPDX-License-Identifier: Apache-2.0 */

#include "net/events.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

bool net_events_is_default_route(const struct nlmsghdr *head)
{
	const struct rtmsg *route = NLMSG_DATA(head);

	return head->nlmsg_len >= NLMSG_LENGTH(sizeof(*route)) && route->rtm_family == AF_INET &&
		route->rtm_dst_len == 0 && route->rtm_table == RT_TABLE_MAIN &&
		route->rtm_type == RTN_UNICAST;
}

/* The IFLA_EVENT of a message about a link, or IFLA_EVENT_NONE. */
static uint32_t event_of(const struct nlmsghdr *head)
{
	const struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(head));
	size_t len = IFLA_PAYLOAD(head);
	uint32_t event = IFLA_EVENT_NONE;

	for (; RTA_OK(attribute, len); attribute = RTA_NEXT(attribute, len)) {
		if (attribute->rta_type == IFLA_EVENT && RTA_PAYLOAD(attribute) >= sizeof(event))
			memcpy(&event, RTA_DATA(attribute), sizeof(event));
	}
	return event;
}

bool net_events_read_link(const struct nlmsghdr *head, struct net_link_news *ret_news)
{
	const unsigned wanted = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
	const struct ifinfomsg *link = NLMSG_DATA(head);
	uint32_t event;

	if ((head->nlmsg_type != RTM_NEWLINK && head->nlmsg_type != RTM_DELLINK) ||
		head->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return false;
	/* A port that leaves its bridge is deleted there, in the family of bridges, and lives on. */
	if (link->ifi_family != AF_UNSPEC)
		return false;
	event = event_of(head);
	*ret_news = (struct net_link_news){
		.ifindex = (unsigned)link->ifi_index,
		.has_carrier = head->nlmsg_type == RTM_NEWLINK &&
			(link->ifi_flags & wanted) == wanted,
		.must_announce = event == IFLA_EVENT_NOTIFY_PEERS ||
			event == IFLA_EVENT_BONDING_FAILOVER,
	};
	return true;
}

static unsigned judge_message(const struct nlmsghdr *head)
{
	switch (head->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return net_events_is_default_route(head) ? NET_NEWS_ROUTES : 0;
	case NLMSG_NOOP:
	case NLMSG_DONE:
		return 0;
	default:
		return NET_NEWS_LINKS;
	}
}

unsigned net_events_judge(const void *bytes, size_t len)
{
	const struct nlmsghdr *head = bytes;
	unsigned news = 0;

	for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len))
		news |= judge_message(head);
	/* Less than a header can only be padding. */
	return len >= sizeof(*head) ? NET_NEWS_LINKS | NET_NEWS_ROUTES : news;
}
