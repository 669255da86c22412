/* SPDX-License-Identifier: Apache-2.0 */

#include "net/events.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

int net_events_is_default_route(const struct nlmsghdr *head)
{
	const struct rtmsg *route = NLMSG_DATA(head);

	return head->nlmsg_len >= NLMSG_LENGTH(sizeof(*route)) && route->rtm_family == AF_INET &&
		route->rtm_dst_len == 0 && route->rtm_table == RT_TABLE_MAIN &&
		route->rtm_type == RTN_UNICAST;
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
