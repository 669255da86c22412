/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "net/events.h"
#include "tests/unit/cmocka_all.h"

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

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases) + 2];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name, .test_func = is_judged, .initial_state = &cases[i]
		};
	tests[COUNT_OF(cases)] = (struct CMUnitTest)cmocka_unit_test(
		every_message_of_a_datagram_counts);
	tests[COUNT_OF(cases) + 1] = (struct CMUnitTest)cmocka_unit_test(
		a_datagram_that_is_cut_may_be_about_anything);
	return cmocka_run_group_tests_name("net_events", tests, NULL, NULL);
}
