/* SPDX-License-Identifier: Apache-2.0 */

#include "net/events.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

bool net_events_is_default_route(const struct nlmsghdr *head)
{
	const struct rtmsg *route = NLMSG_DATA(head);

	return head->nlmsg_len >= NLMSG_LENGTH(sizeof(*route)) && route->rtm_family == AF_INET &&
		route->rtm_dst_len == 0 && route->rtm_table == RT_TABLE_MAIN &&
		route->rtm_type == RTN_UNICAST;
}

bool net_events_read_link(const struct nlmsghdr *head, unsigned *ret_ifindex, bool *ret_has_carrier)
{
	const unsigned wanted = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
	const struct ifinfomsg *link = NLMSG_DATA(head);

	if ((head->nlmsg_type != RTM_NEWLINK && head->nlmsg_type != RTM_DELLINK) ||
		head->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return false;
	/* A port that leaves its bridge is deleted there, in the family of bridges, and lives on. */
	if (link->ifi_family != AF_UNSPEC)
		return false;
	*ret_ifindex = (unsigned)link->ifi_index;
	*ret_has_carrier = head->nlmsg_type == RTM_NEWLINK && (link->ifi_flags & wanted) == wanted;
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
