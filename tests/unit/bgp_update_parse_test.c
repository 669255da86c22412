/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/update_parse.h"

#include "base/mem.h"
#include "bgp/notification.h"
#include "bgp/received.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <stdio.h>
#include <string.h>

#define V4 BGP_FAMILY_BIT(BGP_IPV4_UNICAST)
#define V6 BGP_FAMILY_BIT(BGP_IPV6_UNICAST)

/* The peer is AS 65000, external, with 4-octet AS numbers and both families. */
static const struct bgp_update_context external = {
	.has_as4 = true,
	.local_as = 65001,
	.families = V4 | V6,
};
static const struct bgp_update_context internal = {
	.has_as4 = true,
	.is_internal = true,
	.local_as = 65001,
	.families = V4 | V6,
};
static const struct bgp_update_context old = {
	.local_as = 65001,
	.families = V4,
};
static const struct bgp_update_context over_v6 = {
	.has_as4 = true,
	.local_as = 65001,
	.families = V4 | V6,
	.extended_next_hop = V4,
};
static const struct bgp_update_context with_ids = {
	.has_as4 = true,
	.families = V4 | V6,
	.add_path = V4 | V6,
};

#define ORIGIN   "40010100"
#define PATH     "400206 0201 0000fde8"
#define HOP      "400304 c0000202"
#define GOOD     ORIGIN PATH HOP
#define ROUTE    "20 c6336401" /* 198.51.100.1/32 */
#define V6_HOP   "10 20010db8000000000000000000000002"
#define V6_ROUTE "80 20010db8000000000000000000000240"

struct update_case {
	const char *name;
	const struct bgp_update_context *context;
	const char *withdrawn, *attrs, *nlri;
	enum bgp_verdict verdict;
	uint8_t subcode; /* of a verdict that has one */
};

#define OK  BGP_UPDATE_GOOD
#define AD  BGP_UPDATE_DISCARD
#define TAW BGP_UPDATE_WITHDRAW
#define SR  BGP_UPDATE_RESET
/* clang-format off */
static struct update_case updates[] = {
	{ "a_plain_announcement_is_good",         &external, "", GOOD, ROUTE, OK, 0 },
	{ "a_plain_withdrawal_is_good",           &external, ROUTE, "", "", OK, 0 },
	{ "attributes_without_routes_are_good",   &external, "", GOOD, "", OK, 0 },
	{ "any_order_is_good",                    &external, "", HOP PATH ORIGIN, ROUTE, OK, 0 },
	{ "a_default_route_is_good",              &external, "", GOOD, "00", OK, 0 },
	{ "host_bits_are_no_fault",               &external, "", GOOD, "08 0a", OK, 0 },
	{ "long_length_of_a_short_one_is_good",   &external, "", "5001000100" PATH HOP, ROUTE, OK, 0 },
	{ "the_partial_flag_is_not_judged",       &external, "", GOOD "e00804 fde80064", ROUTE, OK, 0 },
	{ "an_unknown_optional_one_is_good",      &external, "", GOOD "c0ff02 0102", ROUTE, OK, 0 },
	{ "a_route_server_is_not_in_the_path",    &external, "", ORIGIN "400206 0201 0000fdea" HOP, ROUTE, OK, 0 },
	{ "as_trans_comes_first_of_an_old_peer",  &old,      "", ORIGIN "400204 0201 5ba0" HOP, ROUTE, OK, 0 },
	{ "a_loop_is_no_fault",                   &external, "", ORIGIN "40020a 0202 0000fde8 0000fde9" HOP, ROUTE, OK, 0 },
	{ "two_octet_path_of_an_old_peer",        &old,      "", ORIGIN "400204 0201 fde8" HOP, ROUTE, OK, 0 },
	{ "empty_path_from_inside_is_good",       &internal, "", ORIGIN "400200" HOP "400504 00000064", ROUTE, OK, 0 },
	{ "confederation_inside_is_good",         &internal, "", ORIGIN "400206 0301 0000fde8" HOP, ROUTE, OK, 0 },
	{ "all_lists_of_communities_are_good",    &external, "", GOOD "c00804 fde80064 c01008 4004fde949989680 c0200c 0000fde90000000100000002", ROUTE, OK, 0 },
	{ "ipv6_announced_and_withdrawn",         &external, "", "80 0f 14 0002 01" V6_ROUTE "800e26 0002 01" V6_HOP "00" V6_ROUTE ORIGIN PATH, "", OK, 0 },
	{ "ipv6_next_hop_of_32_is_good",          &external, "", "800e36 0002 01 20 20010db8000000000000000000000002 fe800000000000000000000000000002 00" V6_ROUTE ORIGIN PATH, "", OK, 0 },
	{ "ipv4_by_mp_with_ipv4_hop_is_good",     &external, "", "800e0e 0001 01 04 c0000202 00" ROUTE ORIGIN PATH, "", OK, 0 },
	{ "ipv4_by_ipv6_hop_if_agreed",           &over_v6,  "", "800e1a 0001 01" V6_HOP "00" ROUTE ORIGIN PATH, "", OK, 0 },
	{ "path_identifiers_if_agreed",           &with_ids, "", GOOD, "00000007" ROUTE, OK, 0 },
	{ "a_foreign_family_is_left_out",         &old,      "", "800e26 0002 01" V6_HOP "00" V6_ROUTE "40010100 400204 0201 fde8", "", OK, 0 },

	{ "local_pref_from_outside_is_discarded", &external, "", GOOD "400504 00000064", ROUTE, AD, 0 },
	{ "originator_from_outside_is_discarded", &external, "", GOOD "800904 00000064", ROUTE, AD, 0 },
	{ "cluster_from_outside_is_discarded",    &external, "", GOOD "800a03 000000", ROUTE, AD, 0 },
	{ "bad_atomic_aggregate_is_discarded",    &external, "", GOOD "400601 00", ROUTE, AD, 0 },
	{ "bad_aggregator_is_discarded",          &external, "", GOOD "c00706 000100000000", ROUTE, AD, 0 },
	{ "as4_path_from_a_new_peer_discarded",   &external, "", GOOD "c01106 0201 00010000", ROUTE, AD, 0 },
	{ "bad_as4_path_is_discarded",            &old,      "", ORIGIN "400204 0201 fde8" HOP "c01106 0203 00010000", ROUTE, AD, 0 },
	{ "bad_as4_aggregator_is_discarded",      &old,      "", ORIGIN "400204 0201 fde8" HOP "c01206 000100000000", ROUTE, AD, 0 },
	{ "good_as4_path_of_an_old_peer",         &old,      "", ORIGIN "400204 0201 fde8" HOP "c01106 0201 0000fde8", ROUTE, OK, 0 },

	{ "origin_3_counts_as_withdrawn",         &external, "", "40010103" PATH HOP, ROUTE, TAW, 6 },
	{ "origin_of_2_octets",                   &external, "", "4001020000" PATH HOP, ROUTE, TAW, 6 },
	{ "no_origin",                            &external, "", PATH HOP, ROUTE, TAW, 3 },
	{ "no_as_path",                           &external, "", ORIGIN HOP, ROUTE, TAW, 3 },
	{ "no_next_hop",                          &external, "", ORIGIN PATH, ROUTE, TAW, 3 },
	{ "no_origin_with_ipv6",                  &external, "", "800e26 0002 01" V6_HOP "00" V6_ROUTE PATH, "", TAW, 3 },
	{ "wrong_flags_of_origin",                &external, "", "c0010100" PATH HOP, ROUTE, TAW, 4 },
	{ "wrong_flags_of_med",                   &external, "", GOOD "c00404 00000001", ROUTE, TAW, 4 },
	{ "wrong_flags_of_mp_reach",              &external, "", "c00e26 0002 01" V6_HOP "00" V6_ROUTE ORIGIN PATH, "", TAW, 4 },
	{ "path_segment_of_type_5",               &external, "", ORIGIN "400206 0501 0000fde8" HOP, ROUTE, TAW, 11 },
	{ "path_segment_of_type_0",               &external, "", ORIGIN "400206 0001 0000fde8" HOP, ROUTE, TAW, 11 },
	{ "path_segment_of_no_as",                &external, "", ORIGIN "400208 0201 0000fde8 0200" HOP, ROUTE, TAW, 11 },
	{ "path_segment_running_over",            &external, "", ORIGIN "400206 0202 0000fde8" HOP, ROUTE, TAW, 11 },
	{ "path_with_an_octet_left",              &external, "", ORIGIN "400207 0201 0000fde8 02" HOP, ROUTE, TAW, 11 },
	{ "as_0_in_the_path",                     &external, "", ORIGIN "40020a 0202 0000fde8 00000000" HOP, ROUTE, TAW, 11 },
	{ "confederation_from_outside",           &external, "", ORIGIN "400206 0301 0000fde8" HOP, ROUTE, TAW, 11 },
	{ "next_hop_of_3_octets",                 &external, "", ORIGIN PATH "400303 c00002", ROUTE, TAW, 8 },
	{ "next_hop_0",                           &external, "", ORIGIN PATH "400304 00000000", ROUTE, TAW, 8 },
	{ "next_hop_multicast",                   &external, "", ORIGIN PATH "400304 e0000001", ROUTE, TAW, 8 },
	{ "med_of_3_octets",                      &external, "", GOOD "800403 000001", ROUTE, TAW, 5 },
	{ "local_pref_of_3_from_inside",          &internal, "", ORIGIN "400200" HOP "400503 000001", ROUTE, TAW, 5 },
	{ "originator_of_3_from_inside",          &internal, "", ORIGIN "400200" HOP "800903 000001", ROUTE, TAW, 5 },
	{ "cluster_list_of_3_from_inside",        &internal, "", ORIGIN "400200" HOP "800a03 000001", ROUTE, TAW, 5 },
	{ "communities_of_3_octets",              &external, "", GOOD "c00803 fde800", ROUTE, TAW, 9 },
	{ "no_communities_at_all",                &external, "", GOOD "c00800", ROUTE, TAW, 9 },
	{ "extended_communities_of_7",            &external, "", GOOD "c01007 4004fde9499896", ROUTE, TAW, 9 },
	{ "large_communities_of_11",              &external, "", GOOD "c0200b 0000fde900000001000000", ROUTE, TAW, 9 },
	{ "only_to_customer_of_3",                &external, "", GOOD "c02303 000001", ROUTE, TAW, 9 },
	{ "attribute_running_over",               &external, "", GOOD "c00808 fde80064", ROUTE, TAW, 1 },
	{ "two_octets_left_in_the_list",          &external, "", GOOD "c008", ROUTE, TAW, 1 },

	{ "a_list_cut_where_mp_may_hide_resets",  &external, "", GOOD "c008", "", SR, 1 },
	{ "mp_reach_twice_resets",                &external, "", "800e15 0002 01" V6_HOP "00 800e15 0002 01" V6_HOP "00", "", SR, 1 },
	{ "mp_unreach_twice_resets",              &external, "", "800f03 0002 01 800f03 0002 01", "", SR, 1 },
	{ "mp_reach_of_3_resets",                 &external, "", "800e03 0002 01", "", SR, 9 },
	{ "mp_unreach_of_2_resets",               &external, "", "800f02 0002", "", SR, 9 },
	{ "ipv6_next_hop_of_4_resets",            &external, "", "800e1a 0002 01 04 c0000202 00" V6_ROUTE, "", SR, 9 },
	{ "ipv6_next_hop_of_24_resets",           &external, "", "800e2e 0002 01 18 20010db8000000000000000000000002 fe80000000000000 00" V6_ROUTE, "", SR, 9 },
	{ "ipv4_by_ipv6_hop_not_agreed_resets",   &external, "", "800e1a 0001 01" V6_HOP "00" ROUTE, "", SR, 9 },
	{ "unknown_well_known_resets",            &external, "", GOOD "402a01 00", ROUTE, SR, 2 },
	{ "prefix_of_33_resets",                  &external, "", GOOD, "21 c633640100", SR, 10 },
	{ "prefix_of_129_resets",                 &external, "", "800e27 0002 01" V6_HOP "00 81 20010db800000000000000000000024000" ORIGIN PATH, "", SR, 10 },
	{ "prefix_running_over_resets",           &external, "", GOOD, "20 c63364", SR, 10 },
	{ "withdrawn_33_resets",                  &external, "21 c633640100", "", "", SR, 10 },
	{ "a_prefix_without_identifier_resets",   &with_ids, "", GOOD, ROUTE, SR, 10 },
	{ "reset_is_stronger_than_withdraw",      &external, "", "40010103" PATH HOP, "21 c633640100", SR, 10 },
	{ "withdraw_is_stronger_than_discard",    &external, "", "40010103" PATH HOP "400601 00", ROUTE, TAW, 6 },
};
/* clang-format on */

static size_t put_field(uint8_t *at, const char *text, bool has_length)
{
	struct hex h = hex(text);
	size_t n = 0;

	if (has_length) {
		at[n++] = (uint8_t)(h.len >> 8);
		at[n++] = (uint8_t)h.len;
	}
	memcpy(at + n, h.bytes, h.len);
	return n + h.len;
}

/* The bytes must outlive the update that points into them. */
static struct wire_reader body_of(
	uint8_t bytes[8192], const char *withdrawn, const char *attrs, const char *nlri)
{
	size_t n = put_field(bytes, withdrawn, true);

	n += put_field(bytes + n, attrs, true);
	n += put_field(bytes + n, nlri, false);
	return wire_reader(bytes, n);
}

static void verdict_is_as_the_rfc_says(void **state)
{
	const struct update_case *c = *state;
	uint8_t bytes[8192];
	struct wire_reader body = body_of(bytes, c->withdrawn, c->attrs, c->nlri);
	struct bgp_update update;

	assert_int_equal(bgp_update_parse(body, c->context, &update), c->verdict);
	assert_int_equal(update.verdict, c->verdict);
	if (c->verdict >= BGP_UPDATE_WITHDRAW) {
		assert_int_equal(update.why.code, BGP_ERR_UPDATE);
		assert_int_equal(update.why.subcode, c->subcode);
	}
}

static void lengths_beyond_the_message_reset(void **state)
{
	static const char *const bodies[] = { "0000", "000400 00", "0001 20", "0000 0005 400101",
		"ffff 0000", "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct hex h = hex(bodies[i]);
		struct bgp_update update;

		assert_int_equal(bgp_update_parse(wire_reader(h.bytes, h.len), &external, &update),
			BGP_UPDATE_RESET);
		assert_int_equal(update.why.subcode, BGP_UPDATE_MALFORMED_LIST);
	}
}

static void the_fault_carries_the_attribute(void **state)
{
	struct hex want = hex("402a01 00");
	uint8_t bytes[8192];
	struct wire_reader body = body_of(bytes, "", GOOD "402a01 00", ROUTE);
	struct bgp_update update;

	(void)state;
	(void)bgp_update_parse(body, &external, &update);
	assert_int_equal(update.why.data_len, want.len);
	assert_memory_equal(update.why.data, want.bytes, want.len);
}

static void a_missing_attribute_is_named(void **state)
{
	uint8_t bytes[8192];
	struct bgp_update update;

	(void)state;
	(void)bgp_update_parse(body_of(bytes, "", ORIGIN PATH, ROUTE), &external, &update);
	assert_int_equal(update.why.data_len, 1);
	assert_int_equal(update.why.data[0], BGP_ATTR_NEXT_HOP);
}

static void of_two_equal_attributes_the_first_counts(void **state)
{
	uint8_t bytes[8192];
	struct wire_reader body = body_of(bytes, "", GOOD "800404 00000001 800404 00000002", ROUTE);
	struct bgp_update update;

	(void)state;
	assert_int_equal(bgp_update_parse(body, &external, &update), BGP_UPDATE_GOOD);
	assert_int_equal(update.med, 1);
}

static void end_of_rib_is_known_for_each_family(void **state)
{
	uint8_t bytes[8192];
	struct bgp_update update;

	(void)state;
	(void)bgp_update_parse(body_of(bytes, "", "", ""), &external, &update);
	assert_true(update.is_end_of_rib);
	assert_int_equal(update.end_of_rib, BGP_IPV4_UNICAST);
	(void)bgp_update_parse(body_of(bytes, "", "800f03 000201", ""), &external, &update);
	assert_true(update.is_end_of_rib);
	assert_int_equal(update.end_of_rib, BGP_IPV6_UNICAST);
	(void)bgp_update_parse(body_of(bytes, "", "900f0003 000201", ""), &external, &update);
	assert_true(update.is_end_of_rib);
	(void)bgp_update_parse(body_of(bytes, "", "800f05 000201 0820", ""), &external, &update);
	assert_false(update.is_end_of_rib);
	(void)bgp_update_parse(body_of(bytes, "", "800f03 000201", ""), &old, &update);
	assert_false(update.is_end_of_rib);
	(void)bgp_update_parse(body_of(bytes, ROUTE, "", ""), &external, &update);
	assert_false(update.is_end_of_rib);
}

static void what_it_says_can_be_read(void **state)
{
	uint8_t bytes[8192];
	struct wire_reader body = body_of(bytes, "18 cb0071",
		ORIGIN "40020e 0203 0000fde8 0000fde9 00010000" HOP
		       "800404 0000000a c00808 fde80064 ffff0000",
		ROUTE "18 c63365");
	struct bgp_update update;
	struct ip_prefix prefix;
	char text[IP_PREFIX_TEXT_SIZE];

	(void)state;
	assert_int_equal(bgp_update_parse(body, &external, &update), BGP_UPDATE_GOOD);
	assert_int_equal(update.first_as, 65000);
	assert_int_equal(update.origin_as, 65536);
	assert_int_equal(update.path_len, 3);
	assert_true(update.has_loop);
	assert_int_equal(update.med, 10);
	assert_int_equal(wire_left(&update.communities), 8);
	assert_true(bgp_prefixes_next(&update.withdrawn[0], &prefix, NULL));
	assert_string_equal(ip_prefix_format(&prefix, text), "203.0.113.0/24");
	assert_false(bgp_prefixes_next(&update.withdrawn[0], &prefix, NULL));
	assert_true(bgp_prefixes_next(&update.announced[0], &prefix, NULL));
	assert_string_equal(ip_prefix_format(&prefix, text), "198.51.100.1/32");
	assert_true(bgp_prefixes_next(&update.announced[0], &prefix, NULL));
	assert_string_equal(ip_prefix_format(&prefix, text), "198.51.101.0/24");
	assert_false(bgp_prefixes_next(&update.announced[0], &prefix, NULL));
	assert_false(bgp_prefixes_next(&update.announced[1], &prefix, NULL));
}

struct as4_case {
	const char *name;
	const char *attrs; /* behind ORIGIN and NEXT_HOP */
	uint32_t first_as, origin_as, aggregator_as;
	uint16_t path_len;
};

#define AGG(as)  "c00706" as "c0000201"
#define AGG4(as) "c01208" as "c0000202"
/* RFC 6793 section 4.2.3, from a peer without 4-octet AS numbers. */
/* clang-format off */
static struct as4_case as4s[] = {
	{ "as4_path_tells_the_long_numbers",            "400206 0202 fde8 5ba0 c01106 0201 00010000", 65000, 65536, 0, 2 },
	{ "no_as4_path_leaves_as_trans",                "400206 0202 fde8 5ba0", 65000, 23456, 0, 2 },
	{ "as4_path_before_as_path_is_the_same",        "c01106 0201 00010000 400206 0202 fde8 5ba0", 65000, 65536, 0, 2 },
	{ "as4_aggregator_tells_the_long_number",       "400204 0201 fde8" AGG("5ba0") AGG4("00010000"), 65000, 65000, 65536, 1 },
	{ "a_short_aggregator_voids_as4_aggregator",    "400204 0201 fde8" AGG("fde8") AGG4("00010000"), 65000, 65000, 65000, 1 },
	{ "a_short_aggregator_voids_as4_path",          "400206 0202 fde8 5ba0 c01106 0201 00010000" AGG("fde8") AGG4("00010000"), 65000, 23456, 65000, 2 },
	{ "as4_aggregator_alone_is_no_aggregator",      "400204 0201 fde8" AGG4("00010000"), 65000, 65000, 0, 1 },
	{ "an_aggregator_alone_voids_nothing",          "400206 0202 fde8 5ba0 c01106 0201 00010000" AGG("fde8"), 65000, 65536, 65000, 2 },
};
/* clang-format on */

static void old_and_new_numbers_are_merged(void **state)
{
	const struct as4_case *c = *state;
	char attrs[256];
	uint8_t bytes[8192];
	struct bgp_update update;

	(void)snprintf(attrs, sizeof(attrs), ORIGIN HOP "%s", c->attrs);
	assert_int_equal(bgp_update_parse(body_of(bytes, "", attrs, ROUTE), &old, &update), OK);
	assert_int_equal(update.first_as, c->first_as);
	assert_int_equal(update.origin_as, c->origin_as);
	assert_int_equal(update.path_len, c->path_len);
	assert_int_equal(update.aggregator_as, c->aggregator_as);
}

static void our_long_number_is_seen_in_the_path_of_an_old_peer(void **state)
{
	static const struct bgp_update_context long_old = { .local_as = 65536, .families = V4 };
	uint8_t bytes[8192];
	struct wire_reader body = body_of(
		bytes, "", ORIGIN HOP "400206 0202 fde8 5ba0 c01106 0201 00010000", ROUTE);
	struct bgp_update update;

	(void)state;
	(void)bgp_update_parse(body, &long_old, &update);
	assert_true(update.has_loop);
}

static void path_identifiers_are_read(void **state)
{
	uint8_t bytes[8192];
	struct bgp_update update;
	struct ip_prefix prefix;
	uint32_t id;

	(void)state;
	(void)bgp_update_parse(body_of(bytes, "", GOOD, "00000007" ROUTE), &with_ids, &update);
	assert_true(bgp_prefixes_next(&update.announced[0], &prefix, &id));
	assert_int_equal(id, 7);
}

/* Announces or withdraws 10.x.y.0/24 number @i. */
static void tell(struct bgp_received *received, unsigned i, bool is_withdrawn, const char *attrs)
{
	char route[16];
	uint8_t bytes[8192];
	struct bgp_update update;
	struct wire_reader body;

	(void)snprintf(route, sizeof(route), "18 0a%04x", i);
	body = body_of(bytes, is_withdrawn ? route : "", is_withdrawn ? "" : attrs,
		is_withdrawn ? "" : route);
	assert_int_not_equal(bgp_update_parse(body, &external, &update), BGP_UPDATE_RESET);
	bgp_received_add(received, &update);
}

static void what_was_received_is_kept_and_bounded(void **state)
{
	struct bgp_received received = { 0 };
	struct ip_prefix prefix;

	(void)state;
	for (unsigned i = 0; i < BGP_RECEIVED_MAX + 5; i++)
		tell(&received, i * 7919 % 10007, false, GOOD);
	assert_int_equal(received.count, BGP_RECEIVED_MAX);
	assert_int_equal(received.counts.announced, BGP_RECEIVED_MAX + 5);
	assert_int_equal(received.counts.not_kept, 5);
	for (size_t i = 1; i < received.count; i++)
		assert_true(ip_prefix_compare(&received.routes[i - 1].prefix,
				    &received.routes[i].prefix) < 0);

	assert_int_equal(ip_prefix_parse("10.0.0.0/24", &prefix), 0);
	assert_non_null(bgp_received_find(&received, &prefix));
	tell(&received, 0, true, "");
	assert_null(bgp_received_find(&received, &prefix));
	assert_int_equal(received.count, BGP_RECEIVED_MAX - 1);
	tell(&received, 0, true, ""); /* once more does no harm */
	assert_int_equal(received.counts.withdrawn, 2);
	bgp_received_clear(&received);
	assert_int_equal(received.count, 0);
	assert_int_equal(received.counts.not_kept, 5);
	bgp_received_fini(&received);
}

static void a_faulty_announcement_withdraws(void **state)
{
	struct bgp_received received = { 0 };

	(void)state;
	tell(&received, 1, false, GOOD);
	assert_int_equal(received.count, 1);
	tell(&received, 1, false, "40010103" PATH HOP);
	assert_int_equal(received.count, 0);
	assert_int_equal(received.counts.treated_as_withdraw, 1);
	assert_int_equal(received.counts.faulty_updates, 1);
	bgp_received_fini(&received);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(lengths_beyond_the_message_reset),
		cmocka_unit_test(the_fault_carries_the_attribute),
		cmocka_unit_test(a_missing_attribute_is_named),
		cmocka_unit_test(of_two_equal_attributes_the_first_counts),
		cmocka_unit_test(end_of_rib_is_known_for_each_family),
		cmocka_unit_test(what_it_says_can_be_read),
		cmocka_unit_test(our_long_number_is_seen_in_the_path_of_an_old_peer),
		cmocka_unit_test(path_identifiers_are_read),
		cmocka_unit_test(what_was_received_is_kept_and_bounded),
		cmocka_unit_test(a_faulty_announcement_withdraws),
	};
	struct CMUnitTest tests[COUNT_OF(updates) + COUNT_OF(as4s) + COUNT_OF(others)];

	for (size_t i = 0; i < COUNT_OF(updates); i++)
		tests[i] = (struct CMUnitTest){
			.name = updates[i].name,
			.test_func = verdict_is_as_the_rfc_says,
			.initial_state = &updates[i],
		};
	for (size_t i = 0; i < COUNT_OF(as4s); i++)
		tests[COUNT_OF(updates) + i] = (struct CMUnitTest){
			.name = as4s[i].name,
			.test_func = old_and_new_numbers_are_merged,
			.initial_state = &as4s[i],
		};
	memcpy(tests + COUNT_OF(updates) + COUNT_OF(as4s), others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_update_parse", tests, NULL, NULL);
}
