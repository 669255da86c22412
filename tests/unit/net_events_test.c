/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "net/events.h"
#include "tests/unit/cmocka_all.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct event_case {
	const char *name;
	uint16_t type;
	struct rtmsg route; /* of route events */
	unsigned want;
};

#define ROUTE(len, table, kind)                                                    \
	{                                                                          \
		.rtm_family = AF_INET, .rtm_dst_len = (len), .rtm_table = (table), \
		.rtm_type = (kind)                                                 \
	}

/* clang-format off */
static struct event_case cases[] = {
	{ "a_new_link_is_news_of_links",             RTM_NEWLINK,  { 0 }, NET_NEWS_LINKS },
	{ "an_address_that_goes_is_news_of_links",   RTM_DELADDR,  { 0 }, NET_NEWS_LINKS },
	{ "a_default_route_is_news_of_routes",       RTM_NEWROUTE, ROUTE(0, RT_TABLE_MAIN, RTN_UNICAST), NET_NEWS_ROUTES },
	{ "a_default_route_that_goes_is_news",       RTM_DELROUTE, ROUTE(0, RT_TABLE_MAIN, RTN_UNICAST), NET_NEWS_ROUTES },
	{ "a_route_to_a_network_is_no_news",         RTM_NEWROUTE, ROUTE(24, RT_TABLE_MAIN, RTN_UNICAST), 0 },
	{ "a_default_of_another_table_is_no_news",   RTM_NEWROUTE, ROUTE(0, 100, RTN_UNICAST), 0 },
	{ "a_default_that_leads_nowhere_is_no_news", RTM_NEWROUTE, ROUTE(0, RT_TABLE_MAIN, RTN_BLACKHOLE), 0 },
};
/* clang-format on */

struct message {
	struct nlmsghdr head;
	struct rtmsg route;
};

static struct message message_of(const struct event_case *c)
{
	return (struct message){
		.head = { .nlmsg_len = sizeof(struct message), .nlmsg_type = c->type },
		.route = c->route,
	};
}

static void is_judged(void **state)
{
	const struct event_case *c = *state;
	const struct message message = message_of(c);

	assert_int_equal(net_events_judge(&message, sizeof(message)), c->want);
}

static void every_message_of_a_datagram_counts(void **state)
{
	struct message two[] = { message_of(&cases[4]), message_of(&cases[2]) };

	(void)state;
	assert_int_equal(net_events_judge(two, sizeof(two)), NET_NEWS_ROUTES);
}

static void a_datagram_that_is_cut_may_be_about_anything(void **state)
{
	const struct message message = message_of(&cases[4]);

	(void)state;
	assert_int_equal(
		net_events_judge(&message, sizeof(message) - 4), NET_NEWS_LINKS | NET_NEWS_ROUTES);
}

struct link_case {
	const char *name;
	uint16_t type;
	uint8_t family;
	unsigned flags;
	bool is_read;
	bool has_carrier;
};

/* clang-format off */
static struct link_case link_cases[] = {
	{ "a_link_that_runs_has_a_carrier",       RTM_NEWLINK, AF_UNSPEC, IFF_UP | IFF_RUNNING | IFF_LOWER_UP, true,  true },
	{ "a_link_whose_cable_is_out_has_none",   RTM_NEWLINK, AF_UNSPEC, IFF_UP,                              true,  false },
	{ "a_link_that_is_down_has_none",         RTM_NEWLINK, AF_UNSPEC, 0,                                   true,  false },
	{ "a_link_that_is_gone_has_none",         RTM_DELLINK, AF_UNSPEC, IFF_UP | IFF_RUNNING | IFF_LOWER_UP, true,  false },
	{ "a_port_that_leaves_a_bridge_lives_on", RTM_DELLINK, AF_BRIDGE, IFF_UP,                              false, false },
	{ "an_address_is_no_link",                RTM_NEWADDR, AF_UNSPEC, IFF_UP,                              false, false },
};
/* clang-format on */

static void carrier_is_read(void **state)
{
	const struct link_case *c = *state;
	const struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} message = {
		.head = { .nlmsg_len = sizeof(message), .nlmsg_type = c->type },
		.link = { .ifi_family = c->family, .ifi_index = 7, .ifi_flags = c->flags },
	};
	struct net_link_news news = { 0 };

	assert_int_equal(net_events_read_link(&message.head, &news), c->is_read);
	assert_int_equal(news.has_carrier, c->has_carrier);
	assert_int_equal(news.ifindex, c->is_read ? 7 : 0);
	assert_false(news.must_announce);
}

static bool must_announce(uint32_t event, unsigned short len)
{
	const struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct rtattr mtu_head;
		uint32_t mtu;
		struct rtattr event_head;
		uint32_t event;
	} message = {
		.head = { .nlmsg_len = sizeof(message), .nlmsg_type = RTM_NEWLINK },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = 7 },
		.mtu_head = { .rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_MTU },
		.mtu = IFLA_EVENT_NOTIFY_PEERS,
		.event_head = { .rta_len = len, .rta_type = IFLA_EVENT },
		.event = event,
	};
	struct net_link_news news = { 0 };

	assert_true(net_events_read_link(&message.head, &news));
	return news.must_announce;
}

static void neighbours_are_told_anew_when_the_kernel_tells_its_own(void **state)
{
	const unsigned short len = RTA_LENGTH(sizeof(uint32_t));

	(void)state;
	assert_true(must_announce(IFLA_EVENT_NOTIFY_PEERS, len));
	assert_true(must_announce(IFLA_EVENT_BONDING_FAILOVER, len));
	assert_false(must_announce(IFLA_EVENT_FEATURES, len));
	assert_false(must_announce(IFLA_EVENT_NOTIFY_PEERS, len - 1)); /* cut */
	assert_false(must_announce(IFLA_EVENT_NOTIFY_PEERS, 1000));    /* beyond the message */
	assert_false(must_announce(IFLA_EVENT_NOTIFY_PEERS, 0));
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases) + COUNT_OF(link_cases) + 3];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name, .test_func = is_judged, .initial_state = &cases[i]
		};
	tests[COUNT_OF(cases)] = (struct CMUnitTest)cmocka_unit_test(
		every_message_of_a_datagram_counts);
	tests[COUNT_OF(cases) + 1] = (struct CMUnitTest)cmocka_unit_test(
		a_datagram_that_is_cut_may_be_about_anything);
	tests[COUNT_OF(cases) + 2] = (struct CMUnitTest)cmocka_unit_test(
		neighbours_are_told_anew_when_the_kernel_tells_its_own);
	for (size_t i = 0; i < COUNT_OF(link_cases); i++)
		tests[COUNT_OF(cases) + 3 + i] = (struct CMUnitTest){ .name = link_cases[i].name,
			.test_func = carrier_is_read,
			.initial_state = &link_cases[i] };
	return cmocka_run_group_tests_name("net_events", tests, NULL, NULL);
}
