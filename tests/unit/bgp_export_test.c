/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/export.h"

#include "bgp/attrs.h"
#include "bgp/transport.h"
#include "tests/unit/cmocka_all.h"

static struct ip ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static const struct bgp_attrs own; /* next hop: ours */

static struct bgp_export export_to(
	const char *remote, bool is_one_hop, bool has_extended, const struct bgp_next_hops *hops)
{
	struct bgp_export ex = { .families = BGP_FAMILIES_ALL,
		.has_extended_nexthop = has_extended };
	struct ip peer = ip(remote);

	bgp_export_set_next_hops(&ex, hops, &peer, is_one_hop);
	return ex;
}

static void a_link_local_next_hop_is_nothing_to_a_peer_behind_a_router(void **state)
{
	struct bgp_next_hops hops = { .v4 = ip("192.0.2.1"), .ll = ip("fe80::1") };
	struct bgp_export ex = export_to("198.51.100.9", false, false, &hops);

	(void)state;
	assert_true(bgp_export_can(&ex, BGP_IPV4_UNICAST, &own));
	assert_false(bgp_export_can(&ex, BGP_IPV6_UNICAST, &own));
	assert_false(ip_is_set(&ex.next_hop_ll));
}

static void a_link_local_next_hop_alone_serves_on_the_link(void **state)
{
	struct bgp_next_hops hops = { .v4 = ip("192.0.2.1"), .ll = ip("fe80::1") };
	struct bgp_export ex = export_to("192.0.2.9", true, false, &hops);

	(void)state;
	assert_true(bgp_export_can(&ex, BGP_IPV6_UNICAST, &own));
	assert_true(ip_equal(&ex.next_hop_v6, &hops.ll));
	assert_false(ip_is_set(&ex.next_hop_ll));
	ex = export_to("fe80::9", false, false, &hops);
	assert_true(bgp_export_can(&ex, BGP_IPV6_UNICAST, &own));
}

static void beside_a_global_next_hop_the_link_local_one_stands_on_the_link_alone(void **state)
{
	struct bgp_next_hops hops = { .v6 = ip("2001:db8::1"), .ll = ip("fe80::1") };
	struct bgp_export ex = export_to("2001:db8::9", true, false, &hops);

	(void)state;
	assert_true(ip_equal(&ex.next_hop_v6, &hops.v6));
	assert_true(ip_equal(&ex.next_hop_ll, &hops.ll));
	ex = export_to("2001:db8::9", false, false, &hops);
	assert_true(ip_equal(&ex.next_hop_v6, &hops.v6));
	assert_false(ip_is_set(&ex.next_hop_ll));
}

/* The router of an unnumbered link has no route to an IPv4 address that we may have there. */
static void where_extended_next_hops_are_agreed_they_are_used(void **state)
{
	struct bgp_next_hops hops = { .v4 = ip("192.0.2.1"), .ll = ip("fe80::1") };
	struct bgp_export ex = export_to("fe80::9", false, true, &hops);

	(void)state;
	assert_false(ip_is_set(&ex.next_hop_v4));
	assert_true(bgp_export_can(&ex, BGP_IPV4_UNICAST, &own));
	ex = export_to("fe80::9", false, false, &hops);
	assert_true(ip_equal(&ex.next_hop_v4, &hops.v4));
	ex = export_to("192.0.2.9", true, true, &hops);
	assert_true(ip_equal(&ex.next_hop_v4, &hops.v4));
}

static void loopback_and_link_local_addresses_lead_nobody_to_us(void **state)
{
	static const struct {
		const char *text;
		bool is_usable;
	} rows[] = { { "127.0.0.1", false }, { "127.9.9.9", false }, { "169.254.1.1", false },
		{ "0.0.0.0", false }, { "169.253.1.1", true }, { "192.0.2.1", true },
		{ "2001:db8::1", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip one = ip(rows[i].text);

		assert_int_equal(bgp_next_hop_is_usable_v4(&one), rows[i].is_usable);
	}
}

static void a_session_from_the_loopback_interface_has_no_next_hop_127(void **state)
{
	struct ip local = ip("::1");
	struct bgp_next_hops hops = bgp_transport_next_hops(&local, 0);

	(void)state;
	assert_false(ip_is_set(&hops.v4) && hops.v4.bytes[0] == 127);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_local_next_hop_is_nothing_to_a_peer_behind_a_router),
		cmocka_unit_test(a_link_local_next_hop_alone_serves_on_the_link),
		cmocka_unit_test(
			beside_a_global_next_hop_the_link_local_one_stands_on_the_link_alone),
		cmocka_unit_test(where_extended_next_hops_are_agreed_they_are_used),
		cmocka_unit_test(loopback_and_link_local_addresses_lead_nobody_to_us),
		cmocka_unit_test(a_session_from_the_loopback_interface_has_no_next_hop_127),
	};

	return cmocka_run_group_tests_name("bgp_export", tests, NULL, NULL);
}
