/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/finder.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

static struct ip ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void our_advertisement_makes_nobody_a_default_router(void **state)
{
	struct mac mac = { { 2, 0, 0, 0, 0, 7 } };
	struct hex want = hex("86 00 0000 00 00 0000 00000000 00000000 01 01 020000000007");
	uint8_t bytes[BGP_RA_MAX];
	size_t len = bgp_ra_build(bytes, &mac);

	(void)state;
	assert_int_equal(len, want.len);
	assert_memory_equal(bytes, want.bytes, len);
}

static void our_own_messages_are_good_ones(void **state)
{
	struct mac mac = { { 2, 0, 0, 0, 0, 7 } };
	struct ip source = ip("fe80::7");
	uint8_t bytes[BGP_RA_MAX];
	size_t len = bgp_ra_build(bytes, &mac);

	(void)state;
	assert_int_equal(bgp_nd_judge(bytes, len, 255, &source), BGP_ND_ADVERTISEMENT);
	len = bgp_rs_build(bytes);
	assert_int_equal(bgp_nd_judge(bytes, len, 255, &source), BGP_ND_SOLICITATION);
}

static void what_came_from_another_link_is_nothing(void **state)
{
	struct mac mac = { { 2, 0, 0, 0, 0, 7 } };
	struct ip near = ip("fe80::7");
	struct ip far = ip("2001:db8::7");
	uint8_t bytes[BGP_RA_MAX];
	size_t len = bgp_ra_build(bytes, &mac);

	(void)state;
	assert_int_equal(bgp_nd_judge(bytes, len, 254, &near), BGP_ND_OTHER);
	assert_int_equal(bgp_nd_judge(bytes, len, -1, &near), BGP_ND_OTHER);
	assert_int_equal(bgp_nd_judge(bytes, len, 255, &far), BGP_ND_OTHER);
}

static void what_is_cut_or_different_is_nothing(void **state)
{
	struct mac mac = { { 2, 0, 0, 0, 0, 7 } };
	struct ip near = ip("fe80::7");
	uint8_t bytes[BGP_RA_MAX];

	(void)state;
	(void)bgp_ra_build(bytes, &mac);
	for (size_t len = 0; len < 16; len++)
		assert_int_equal(bgp_nd_judge(bytes, len, 255, &near), BGP_ND_OTHER);
	bytes[1] = 1;
	assert_int_equal(bgp_nd_judge(bytes, 24, 255, &near), BGP_ND_OTHER);
	bytes[0] = 135;
	bytes[1] = 0;
	assert_int_equal(bgp_nd_judge(bytes, 24, 255, &near), BGP_ND_OTHER);
}

static void a_default_router_is_known_by_its_lifetime(void **state)
{
	struct hex h = hex("86 00 0000 40 00 0708 00000000 00000000");
	struct ip near = ip("fe80::7");

	(void)state;
	assert_int_equal(bgp_nd_judge(h.bytes, h.len, 255, &near), BGP_ND_DEFAULT_ROUTER);
}

/* Two nodes like us on a bridged link hear each other, and must still find the router. */
static void a_node_like_us_gives_way_to_a_default_router(void **state)
{
	(void)state;
	assert_true(bgp_nd_gives_way(false, true, NS_PER_S));
	assert_false(bgp_nd_gives_way(true, false, NS_PER_S));
	assert_false(bgp_nd_gives_way(true, true, 59 * NS_PER_S));
	assert_false(bgp_nd_gives_way(false, false, 59 * NS_PER_S));
	assert_true(bgp_nd_gives_way(true, false, 60 * NS_PER_S));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_advertisement_makes_nobody_a_default_router),
		cmocka_unit_test(our_own_messages_are_good_ones),
		cmocka_unit_test(what_came_from_another_link_is_nothing),
		cmocka_unit_test(a_default_router_is_known_by_its_lifetime),
		cmocka_unit_test(a_node_like_us_gives_way_to_a_default_router),
		cmocka_unit_test(what_is_cut_or_different_is_nothing),
	};

	return cmocka_run_group_tests_name("bgp_finder", tests, NULL, NULL);
}
