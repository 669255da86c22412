/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "net/link.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

/* A link with nothing against it, spoiled in one way by each case. */
static struct net_link good_link(void)
{
	struct net_link link = {
		.ifindex = 2,
		.name = "eth0",
		.flags = IFF_UP | IFF_BROADCAST,
		.has_carrier = true,
		.has_mac = true,
	};

	assert_int_equal(ip_parse("fe80::1", &link.link_local), 0);
	return link;
}

struct judge_case {
	const char *name;
	const char *link;
	unsigned flags;
	bool has_carrier;
	const char *master_kind;
	enum net_refusal want;
};

/* clang-format off */
static struct judge_case cases[] = {
	{ "a_good_link_serves",              "eth0",    IFF_UP | IFF_BROADCAST,               true,  "",       NET_SERVES },
	{ "a_docker_bridge_is_excluded",     "docker0", IFF_UP | IFF_BROADCAST,               true,  "",       NET_EXCLUDED },
	{ "what_is_not_included_is_left_out", "wlan0",  IFF_UP | IFF_BROADCAST,               true,  "",       NET_NOT_INCLUDED },
	{ "a_link_that_is_down_does_not_serve", "eth0", IFF_BROADCAST,                        true,  "",       NET_DOWN },
	{ "a_link_without_carrier_does_not_serve", "eth0", IFF_UP | IFF_BROADCAST,            false, "",       NET_NO_CARRIER },
	{ "a_bridge_port_leaves_it_to_the_bridge", "eth0", IFF_UP | IFF_BROADCAST,            true,  "bridge", NET_ENSLAVED },
	{ "a_member_of_a_vrf_serves",        "eth0",    IFF_UP | IFF_BROADCAST,               true,  "vrf",    NET_SERVES },
	{ "a_noarp_link_does_not_serve",     "eth0",    IFF_UP | IFF_BROADCAST | IFF_NOARP,   true,  "",       NET_NO_ARP },
	{ "a_tunnel_does_not_serve",         "eth0",    IFF_UP | IFF_POINTOPOINT,             true,  "",       NET_POINT_TO_POINT },
	{ "arp_needs_broadcast",             "eth0",    IFF_UP,                               true,  "",       NET_NO_BROADCAST },
};
/* clang-format on */

static void is_judged(void **state)
{
	const struct judge_case *c = *state;
	struct net_patterns include = { 0 };
	struct net_patterns exclude = { 0 };
	struct net_link link = good_link();

	assert_int_equal(net_patterns_add(&include, "^(eth|docker)"), 0);
	assert_int_equal(net_patterns_add(&exclude, "^docker.*"), 0);
	strcpy(link.name, c->link);
	link.flags = c->flags;
	link.has_carrier = c->has_carrier;
	strcpy(link.master_kind, c->master_kind);
	link.master = c->master_kind[0] != '\0' ? 9 : 0;
	assert_int_equal(net_link_judge(&link, AF_INET, &include, &exclude), c->want);
	net_patterns_fini(&include);
	net_patterns_fini(&exclude);
}

static void ndp_needs_a_link_local_address(void **state)
{
	struct net_patterns none = { 0 };
	struct net_link link = good_link();

	(void)state;
	assert_int_equal(net_link_judge(&link, AF_INET6, &none, &none), NET_SERVES);
	link.link_local = (struct ip){ 0 };
	assert_int_equal(net_link_judge(&link, AF_INET6, &none, &none), NET_NO_LINK_LOCAL);
	assert_int_equal(net_link_judge(&link, AF_INET, &none, &none), NET_SERVES);
}

static void a_bad_pattern_is_refused(void **state)
{
	struct net_patterns none = { 0 };

	(void)state;
	assert_int_not_equal(net_patterns_add(&none, "("), 0);
	assert_int_equal(none.count, 0);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(ndp_needs_a_link_local_address),
		cmocka_unit_test(a_bad_pattern_is_refused),
	};
	struct CMUnitTest tests[COUNT_OF(cases)];
	int failed;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = is_judged,
			.initial_state = &cases[i],
		};
	failed = cmocka_run_group_tests_name("net_link", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("net_link_others", others, NULL, NULL);
}
