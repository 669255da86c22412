/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "net/warning.h"
#include "tests/unit/cmocka_all.h"

static const struct net_link eth0 = { .ifindex = 2, .name = "eth0" };
static const struct net_link ipvs0 = { .ifindex = 5, .name = "kube-ipvs0" };

struct local_case {
	const char *name;
	uint8_t family;
	const struct net_link *holder;
	struct net_sysctls sysctls;
	enum net_warning want;
};

/* clang-format off */
static struct local_case cases[] = {
	/*                                                                              rp, ignore, announce */
	{ "an_address_that_nobody_has_is_no_danger",            AF_INET,  NULL,   { 0, 0, 0 }, NET_WARN_NOTHING },
	{ "the_kernel_answers_too_for_an_address_of_the_link",  AF_INET,  &eth0,  { 0, 1, 2 }, NET_WARN_LOCAL },
	{ "it_answers_for_one_of_another_link_without_arp_ignore", AF_INET, &ipvs0, { 0, 0, 2 }, NET_WARN_ARP_IGNORE },
	{ "it_asks_in_its_name_without_arp_announce",           AF_INET,  &ipvs0, { 0, 1, 0 }, NET_WARN_ARP_ANNOUNCE },
	{ "strict_arp_is_good",                                 AF_INET,  &ipvs0, { 0, 1, 2 }, NET_WARN_NOTHING },
	{ "what_is_not_known_is_not_warned_of",                 AF_INET,  &ipvs0, { -1, -1, -1 }, NET_WARN_NOTHING },
	{ "another_links_ipv6_address_is_no_danger",            AF_INET6, &ipvs0, { 0, 0, 0 }, NET_WARN_NOTHING },
	{ "the_links_own_ipv6_address_is_one",                  AF_INET6, &eth0,  { 0, 0, 0 }, NET_WARN_LOCAL },
};
/* clang-format on */

static void is_judged(void **state)
{
	const struct local_case *c = *state;

	assert_int_equal(net_warning_of_local(c->family, c->holder, &eth0, &c->sysctls), c->want);
}

static void a_strict_filter_drops_what_goes_back_by_another_link(void **state)
{
	const struct net_sysctls strict = { .rp_filter = 1 };
	const struct net_sysctls loose = { .rp_filter = 2 };
	struct net_link routed = eth0;

	(void)state;
	assert_int_equal(ip_parse("192.0.2.1", &routed.gateway), 0);
	assert_int_equal(net_warning_of_route(AF_INET, &eth0, true, &strict), NET_WARN_RP_FILTER);
	assert_int_equal(net_warning_of_route(AF_INET, &eth0, true, &loose), NET_WARN_NOTHING);
	assert_int_equal(net_warning_of_route(AF_INET, &eth0, false, &strict), NET_WARN_NOTHING);
	assert_int_equal(net_warning_of_route(AF_INET, &routed, true, &strict), NET_WARN_NOTHING);
	assert_int_equal(net_warning_of_route(AF_INET6, &eth0, true, &strict), NET_WARN_NOTHING);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases) + 1];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name, .test_func = is_judged, .initial_state = &cases[i]
		};
	tests[COUNT_OF(cases)] = (struct CMUnitTest)cmocka_unit_test(
		a_strict_filter_drops_what_goes_back_by_another_link);
	return cmocka_run_group_tests_name("net_warning", tests, NULL, NULL);
}
