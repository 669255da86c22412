/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/transport.h"

#include "tests/unit/cmocka_all.h"

static struct ip ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void a_link_local_peer_is_one_on_its_own_interface_alone(void **state)
{
	struct bgp_transport t = { .remote = ip("fe80::9"), .ifindex = 3 };
	struct ip peer = ip("fe80::9");
	struct ip other = ip("fe80::8");

	(void)state;
	assert_true(bgp_transport_is_from(&t, &peer, 3));
	assert_false(bgp_transport_is_from(&t, &peer, 4));
	assert_false(bgp_transport_is_from(&t, &peer, 0));
	assert_false(bgp_transport_is_from(&t, &other, 3));
}

static void a_link_local_peer_whose_interface_is_missing_is_nobody(void **state)
{
	struct bgp_transport t = { .remote = ip("fe80::9") };
	struct ip peer = ip("fe80::9");

	(void)state;
	assert_false(bgp_transport_is_from(&t, &peer, 3));
	assert_false(bgp_transport_is_from(&t, &peer, 0));
}

static void other_addresses_are_the_same_on_all_interfaces(void **state)
{
	struct bgp_transport t = { .remote = ip("2001:db8::9") };
	struct ip peer = ip("2001:db8::9");

	(void)state;
	assert_true(bgp_transport_is_from(&t, &peer, 3));
	assert_true(bgp_transport_is_from(&t, &peer, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_local_peer_is_one_on_its_own_interface_alone),
		cmocka_unit_test(a_link_local_peer_whose_interface_is_missing_is_nobody),
		cmocka_unit_test(other_addresses_are_the_same_on_all_interfaces),
	};

	return cmocka_run_group_tests_name("bgp_transport", tests, NULL, NULL);
}
