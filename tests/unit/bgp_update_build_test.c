/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bgp/message.h"
#include "bgp/update_build.h"
#include "bgp_decode.h"
#include "cmocka_all.h"

#define V4(a, b, c, d)                                            \
	{                                                         \
		.family = AF_INET, .bytes = {(a), (b), (c), (d) } \
	}
#define V6(last)                                                                       \
	{                                                                              \
		.family = AF_INET6, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = (last) } \
	}
#define LL(last)                                                           \
	{                                                                  \
		.family = AF_INET6, .bytes = { 0xfe, 0x80, [15] = (last) } \
	}

enum {
	BOTH = BGP_FAMILY_BIT(BGP_IPV4_UNICAST) | BGP_FAMILY_BIT(BGP_IPV6_UNICAST),
};

/* How a session differs from one over eBGP with both families and addresses of both. */
struct session {
	bool is_ibgp, has_as2, has_long_as, is_extended;
	bool has_no_v4, has_no_v6, has_ll, has_extended_nexthop;
	bool is_v4_only, adds_path_id, adds_otc;
};

static struct bgp_export export_of(const struct session *session)
{
	struct bgp_export ex = {
		.local_as = session->has_long_as ? 4200000000 : 65001,
		.message_max = session->is_extended ? BGP_MESSAGE_MAX_EXTENDED : BGP_MESSAGE_MAX,
		.is_ibgp = session->is_ibgp,
		.has_as4 = !session->has_as2,
		.has_extended_nexthop = session->has_extended_nexthop,
		.adds_otc = session->adds_otc,
		.families = session->is_v4_only ? BGP_FAMILY_BIT(BGP_IPV4_UNICAST) : BOTH,
		.add_path = session->adds_path_id ? BOTH : 0,
		.next_hop_v4 = V4(192, 0, 2, 1),
		.next_hop_v6 = V6(1),
	};

	if (session->has_no_v4)
		ex.next_hop_v4 = (struct ip){ 0 };
	if (session->has_no_v6)
		ex.next_hop_v6 = (struct ip){ 0 };
	if (session->has_ll)
		ex.next_hop_ll = (struct ip)LL(9);
	return ex;
}

/* One route, and the octets behind the header of its message. */
struct octets_case {
	const char *name;
	struct session session;
	struct bgp_attrs attrs;
	bool is_v6;
	bool is_drain;
	uint8_t len;
	uint8_t octets[160];
};

#define NLRI_V4 32, 198, 51, 100, 7
#define NLRI_V6 128, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7

static struct octets_case octets[] = {
	{ "ebgp_puts_our_as_into_the_path", { 0 }, { 0 }, false, false, 29,
		{ 0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192,
			0, 2, 1, NLRI_V4 } },
	{ "ibgp_has_an_empty_path_and_the_local_preference", { .is_ibgp = true },
		{ .has_local_pref = true, .local_pref = 150, .prepend = 3 }, false, false, 30,
		{ 0, 0, 0, 21, 0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1, 0x40, 5, 4, 0,
			0, 0, 150, NLRI_V4 } },
	{ "ibgp_without_a_local_preference_sends_100", { .is_ibgp = true }, { 0 }, false, false, 30,
		{ 0, 0, 0, 21, 0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1, 0x40, 5, 4, 0,
			0, 0, 100, NLRI_V4 } },
	{ "ebgp_never_sees_the_local_preference", { 0 },
		{ .has_local_pref = true, .local_pref = 150 }, false, false, 29,
		{ 0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192,
			0, 2, 1, NLRI_V4 } },
	{ "prepend_2_is_our_as_three_times", { 0 }, { .prepend = 2 }, false, false, 37,
		{ 0, 0, 0, 28, 0x40, 1, 1, 0, 0x40, 2, 14, 2, 3, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xe9,
			0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192, 0, 2, 1, NLRI_V4 } },
	{ "a_path_behind_ours_follows_in_the_same_segment", { 0 },
		{ .as_path_count = 1, .as_path = (uint32_t[]){ 65010 } }, false, false, 33,
		{ 0, 0, 0, 24, 0x40, 1, 1, 0, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xf2,
			0x40, 3, 4, 192, 0, 2, 1, NLRI_V4 } },
	{ "a_peer_with_2_octets_sees_short_as_numbers", { .has_as2 = true }, { 0 }, false, false,
		27,
		{ 0, 0, 0, 18, 0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, 0xfd, 0xe9, 0x40, 3, 4, 192, 0, 2,
			1, NLRI_V4 } },
	{ "a_long_as_is_as_trans_and_stands_in_as4_path", { .has_as2 = true, .has_long_as = true },
		{ 0 }, false, false, 36,
		{ 0, 0, 0, 27, 0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, 0x5b, 0xa0, 0x40, 3, 4, 192, 0, 2,
			1, 0xc0, 17, 6, 2, 1, 0xfa, 0x56, 0xea, 0x00, NLRI_V4 } },
	{ "attributes_stand_in_the_order_of_their_types", { .is_ibgp = true },
		{ .origin = BGP_ORIGIN_INCOMPLETE,
			.has_med = true,
			.med = 7,
			.has_local_pref = true,
			.local_pref = 1,
			.community_count = 2,
			.communities = (uint32_t[]){ 0x00010002, 0xffffff01 },
			.extended_count = 1,
			.extended = (uint64_t[]){ UINT64_C(0x4004fde949989680) },
			.large_count = 1,
			.large = (struct bgp_large[]){ { 1, 2, 3 } } },
		false, false, 74,
		{ 0, 0, 0, 65, 0x40, 1, 1, 2, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1, 0x80, 4, 4, 0,
			0, 0, 7, 0x40, 5, 4, 0, 0, 0, 1, 0xc0, 8, 8, 0, 1, 0, 2, 0xff, 0xff, 0xff,
			1, 0xc0, 16, 8, 0x40, 4, 0xfd, 0xe9, 0x49, 0x98, 0x96, 0x80, 0xc0, 32, 12,
			0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, NLRI_V4 } },
	{ "ipv6_stands_in_mp_reach_which_is_first", { 0 }, { 0 }, true, false, 58,
		{ 0, 0, 0, 54, 0x80, 14, 38, 0, 2, 1, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0,
			0, 0, 0, 0, 1, 0, NLRI_V6, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd,
			0xe9 } },
	{ "a_link_local_next_hop_stands_beside_the_global_one", { .has_ll = true }, { 0 }, true,
		false, 74,
		{ 0, 0, 0, 70, 0x80, 14, 54, 0, 2, 1, 32, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0,
			0, 0, 0, 0, 1, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0,
			NLRI_V6, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9 } },
	{ "ipv4_goes_over_an_ipv6_next_hop_if_agreed",
		{ .has_no_v4 = true, .has_extended_nexthop = true }, { 0 }, false, false, 46,
		{ 0, 0, 0, 42, 0x80, 14, 26, 0, 1, 1, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0,
			0, 0, 0, 0, 1, 0, NLRI_V4, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd,
			0xe9 } },
	{ "a_next_hop_of_the_route_wins_over_ours", { 0 }, { .next_hop = V4(203, 0, 113, 9) },
		false, false, 29,
		{ 0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 203,
			0, 113, 9, NLRI_V4 } },
	{ "a_path_identifier_stands_before_the_prefix", { .adds_path_id = true }, { 0 }, false,
		false, 33,
		{ 0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192,
			0, 2, 1, 0, 0, 0, 1, NLRI_V4 } },
	{ "drain_says_graceful_shutdown_among_the_communities", { 0 },
		{ .community_count = 2, .communities = (uint32_t[]){ 1, 0xffffff01 } }, false, true,
		44,
		{ 0, 0, 0, 35, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192,
			0, 2, 1, 0xc0, 8, 12, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 1,
			NLRI_V4 } },
	{ "drain_towards_ibgp_has_local_preference_0", { .is_ibgp = true },
		{ .has_local_pref = true, .local_pref = 200 }, false, true, 37,
		{ 0, 0, 0, 28, 0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1, 0x40, 5, 4, 0,
			0, 0, 0, 0xc0, 8, 4, 0xff, 0xff, 0, 0, NLRI_V4 } },
	{ "drain_says_graceful_shutdown_once", { 0 },
		{ .community_count = 1, .communities = (uint32_t[]){ 0xffff0000 } }, false, true,
		36,
		{ 0, 0, 0, 27, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192,
			0, 2, 1, 0xc0, 8, 4, 0xff, 0xff, 0, 0, NLRI_V4 } },
	{ "a_provider_says_only_to_customer", { .adds_otc = true }, { 0 }, false, false, 36,
		{ 0, 0, 0, 27, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192,
			0, 2, 1, 0xc0, 35, 4, 0, 0, 0xfd, 0xe9, NLRI_V4 } },
};

static const uint8_t host_v4[16] = { 198, 51, 100, 7 };
static const uint8_t host_v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };

static void octets_are_exact(void **state)
{
	const struct octets_case *c = *state;
	const struct bgp_export ex = export_of(&c->session);
	enum bgp_family family = c->is_v6 ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST;
	struct bgp_update_build build;
	uint8_t message[BGP_MESSAGE_MAX];
	size_t len;

	assert_true(bgp_export_can(&ex, family, &c->attrs));
	bgp_update_begin(
		&build, wire_writer(message, sizeof(message)), &ex, family, &c->attrs, c->is_drain);
	assert_true(bgp_update_add(
		&build, c->is_v6 ? host_v6 : host_v4, (uint8_t)bgp_family_bits(family)));
	len = bgp_update_end(&build);
	assert_int_equal(len, BGP_HEADER_LEN + c->len);
	assert_int_equal(message[16] << 8 | message[17], len);
	assert_int_equal(message[18], BGP_MSG_UPDATE);
	assert_memory_equal(message + BGP_HEADER_LEN, c->octets, c->len);
}

/* How many prefixes one message takes. */
struct capacity_case {
	const char *name;
	struct session session;
	struct bgp_attrs attrs;
	bool is_v6;
	bool is_withdraw;
	size_t capacity;
};

static struct capacity_case capacities[] = {
	{ "810_ipv4_hosts_fit", { 0 }, { 0 }, false, false, 810 },
	{ "13098_ipv4_hosts_fit_if_extended", { .is_extended = true }, { 0 }, false, false, 13098 },
	{ "807_fit_with_a_community_and_med", { 0 },
		{ .has_med = true, .community_count = 1, .communities = (uint32_t[]){ 1 } }, false,
		false, 807 },
	{ "810_fit_towards_ibgp_with_local_preference", { .is_ibgp = true },
		{ .has_local_pref = true }, false, false, 810 },
	{ "807_ipv4_hosts_fit_over_ipv6", { .has_no_v4 = true, .has_extended_nexthop = true },
		{ 0 }, false, false, 807 },
	{ "803_ipv4_hosts_fit_over_ipv6_with_link_local",
		{ .has_no_v4 = true, .has_extended_nexthop = true, .has_ll = true }, { 0 }, false,
		false, 803 },
	{ "237_ipv6_hosts_fit", { 0 }, { 0 }, true, false, 237 },
	{ "236_ipv6_hosts_fit_with_link_local", { .has_ll = true }, { 0 }, true, false, 236 },
	{ "3851_ipv6_hosts_fit_if_extended", { .is_extended = true }, { 0 }, true, false, 3851 },
	{ "450_ipv4_hosts_fit_with_path_identifiers", { .adds_path_id = true }, { 0 }, false, false,
		450 },
	{ "814_ipv4_withdrawals_fit", { 0 }, { 0 }, false, true, 814 },
	{ "239_ipv6_withdrawals_fit", { 0 }, { 0 }, true, true, 239 },
	{ "13102_ipv4_withdrawals_fit_if_extended", { .is_extended = true }, { 0 }, false, true,
		13102 },
	{ "3853_ipv6_withdrawals_fit_if_extended", { .is_extended = true }, { 0 }, true, true,
		3853 },
};

static void message_takes_so_many(void **state)
{
	const struct capacity_case *c = *state;
	const struct bgp_export ex = export_of(&c->session);
	enum bgp_family family = c->is_v6 ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST;
	auto_(freep) uint8_t *message = xcalloc(1, ex.message_max);
	auto_(freep) struct peer_table *peer = xnew(struct peer_table);
	struct wire_writer w = wire_writer(message, ex.message_max);
	struct bgp_update_build build;
	uint8_t address[16] = { 0 };
	size_t count = 0;
	size_t len;

	if (c->is_withdraw)
		bgp_withdraw_begin(&build, w, &ex, family);
	else
		bgp_update_begin(&build, w, &ex, family, &c->attrs, false);
	while (bgp_update_add(&build, address, (uint8_t)bgp_family_bits(family)))
		count++;
	assert_int_equal(count, c->capacity);
	len = bgp_update_end(&build);
	assert_true(len <= ex.message_max);

	peer->message_max = ex.message_max;
	peer->add_path[1] = ex.add_path & BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	peer_receive(peer, message, len);
	assert_int_equal(c->is_withdraw ? peer->withdrawn : peer->announced, count);
	peer_table_clear(peer);
}

struct refused_case {
	const char *name;
	struct session session;
	struct bgp_attrs attrs;
	bool is_v6;
};

static struct refused_case refused[] = {
	{ "a_family_that_is_not_agreed_is_not_told", { .is_v4_only = true }, { 0 }, true },
	{ "ipv4_without_an_ipv4_address_is_not_told", { .has_no_v4 = true }, { 0 }, false },
	{ "ipv6_without_an_ipv6_address_is_not_told", { .has_no_v6 = true }, { 0 }, true },
	{ "ipv6_is_not_told_over_an_ipv4_next_hop", { 0 }, { .next_hop = V4(192, 0, 2, 9) }, true },
	{ "ipv4_is_not_told_over_ipv6_unless_agreed", { 0 }, { .next_hop = V6(9) }, false },
};

static void it_is_not_told(void **state)
{
	const struct refused_case *c = *state;
	const struct bgp_export ex = export_of(&c->session);

	assert_false(
		bgp_export_can(&ex, c->is_v6 ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST, &c->attrs));
}

static void a_message_without_a_prefix_is_none(void **state)
{
	const struct session session = { 0 };
	const struct bgp_export ex = export_of(&session);
	const struct bgp_attrs attrs = { 0 };
	struct bgp_update_build build;
	uint8_t message[BGP_MESSAGE_MAX];

	(void)state;
	bgp_update_begin(&build, wire_writer(message, sizeof(message)), &ex, BGP_IPV6_UNICAST,
		&attrs, false);
	assert_int_equal(bgp_update_end(&build), 0);
	bgp_withdraw_begin(&build, wire_writer(message, sizeof(message)), &ex, BGP_IPV4_UNICAST);
	assert_int_equal(bgp_update_end(&build), 0);
}

/* Everything at its limit, towards a peer with 2 octets, which needs the path twice. */
static void the_largest_attributes_leave_room_for_a_prefix(void **state)
{
	const struct session session = { .has_as2 = true,
		.has_long_as = true,
		.has_ll = true,
		.adds_otc = true,
		.adds_path_id = true };
	const struct bgp_export ex = export_of(&session);
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = {
		.has_med = true, .prepend = BGP_PREPEND_MAX, .has_local_pref = true
	};
	auto_(freep) struct peer_table *peer = xnew(struct peer_table);
	struct bgp_update_build build;
	uint8_t message[BGP_MESSAGE_MAX];

	(void)state;
	for (uint32_t i = 0; i < BGP_PATH_MAX; i++)
		assert_int_equal(bgp_attrs_add_as(&attrs, UINT32_MAX - i), 0);
	for (uint32_t i = 0; i < BGP_COMMUNITIES_MAX; i++) {
		const struct bgp_community kinds[] = {
			{ .kind = BGP_COMMUNITY_STANDARD, .standard = i },
			{ .kind = BGP_COMMUNITY_LARGE, .large = { i, i, i } },
			{ .kind = BGP_COMMUNITY_EXTENDED, .extended = i },
		};

		for (size_t k = 0; k < COUNT_OF(kinds); k++)
			assert_int_equal(bgp_attrs_add(&attrs, &kinds[k]), 0);
	}
	bgp_update_begin(
		&build, wire_writer(message, sizeof(message)), &ex, BGP_IPV6_UNICAST, &attrs, true);
	assert_true(bgp_update_add(&build, host_v6, 128));
	peer->message_max = BGP_MESSAGE_MAX;
	peer->add_path[2] = true;
	peer_receive(peer, message, bgp_update_end(&build));
	assert_int_equal(peer->announced, 1);
	peer_table_clear(peer);
}

static void only_the_octets_of_a_prefix_that_count_are_sent(void **state)
{
	const struct session session = { 0 };
	const struct bgp_export ex = export_of(&session);
	struct bgp_update_build build;
	uint8_t message[BGP_MESSAGE_MAX];

	(void)state;
	bgp_withdraw_begin(&build, wire_writer(message, sizeof(message)), &ex, BGP_IPV4_UNICAST);
	assert_true(bgp_update_add(&build, (const uint8_t[]){ 0, 0, 0, 0 }, 0));
	assert_true(bgp_update_add(&build, (const uint8_t[]){ 198, 51, 100, 0 }, 25));
	assert_true(bgp_update_add(&build, (const uint8_t[]){ 198, 51, 100, 0 }, 24));
	assert_int_equal(bgp_update_end(&build), BGP_HEADER_LEN + 14);
	assert_memory_equal(message + BGP_HEADER_LEN,
		((const uint8_t[]){ 0, 10, 0, 25, 198, 51, 100, 0, 24, 198, 51, 100, 0, 0 }), 14);
}

/* A message of keys of @key_len octets, each @nth of them one bit shorter than a host; all or one by one. */
static size_t keys_message(const struct session *session, size_t key_len, uint32_t nth,
	bool is_at_once, uint8_t message[BGP_MESSAGE_MAX])
{
	enum {
		KEYS = 1500
	};
	const struct bgp_export ex = export_of(session);
	const enum bgp_family family = key_len == 5 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST;
	auto_(freep) uint8_t *keys = xcalloc(KEYS, key_len);
	const struct bgp_attrs attrs = { 0 };
	struct bgp_update_build build;
	uint32_t count = 0;

	for (uint32_t i = 0; i < KEYS; i++) {
		keys[i * key_len] = (uint8_t)(bgp_family_bits(family) - (i % nth == nth - 1));
		keys[i * key_len + 2] = (uint8_t)(i >> 8);
		keys[i * key_len + 3] = (uint8_t)i;
	}
	bgp_update_begin(&build, wire_writer(message, BGP_MESSAGE_MAX), &ex, family, &attrs, false);
	if (is_at_once) {
		count = bgp_update_add_keys(&build, keys, key_len, KEYS);
	} else {
		while (count < KEYS &&
			bgp_update_add(&build, keys + count * key_len + 1, keys[count * key_len]))
			count++;
	}
	assert_in_range(count, 1, KEYS - 1);
	return bgp_update_end(&build);
}

static void keys_at_once_are_written_as_one_by_one(void **state)
{
	static const struct session sessions[] = { { 0 }, { .adds_path_id = true },
		{ .has_ll = true } };
	uint8_t one_by_one[BGP_MESSAGE_MAX], at_once[BGP_MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(sessions); i++) {
		const struct session *session = &sessions[i / 2];
		const size_t key_len = i % 2 ? 17 : 5;

		for (uint32_t nth = 1; nth < 2000; nth = nth * 7 + 1) {
			size_t len = keys_message(session, key_len, nth, false, one_by_one);

			assert_int_equal(keys_message(session, key_len, nth, true, at_once), len);
			assert_memory_equal(at_once, one_by_one, len);
		}
	}
}

static void end_of_rib_has_the_form_of_its_family(void **state)
{
	static const uint8_t v6[] = { 0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1 };
	uint8_t message[BGP_END_OF_RIB_MAX];
	struct wire_writer w = wire_writer(message, sizeof(message));

	(void)state;
	bgp_end_of_rib_build(&w, BGP_IPV4_UNICAST);
	assert_int_equal(wire_written(&w), 23);
	assert_memory_equal(message + BGP_HEADER_LEN, ((const uint8_t[]){ 0, 0, 0, 0 }), 4);
	w = wire_writer(message, sizeof(message));
	bgp_end_of_rib_build(&w, BGP_IPV6_UNICAST);
	assert_int_equal(wire_written(&w), 29);
	assert_memory_equal(message + BGP_HEADER_LEN, v6, sizeof(v6));
}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		cmocka_unit_test(a_message_without_a_prefix_is_none),
		cmocka_unit_test(the_largest_attributes_leave_room_for_a_prefix),
		cmocka_unit_test(only_the_octets_of_a_prefix_that_count_are_sent),
		cmocka_unit_test(keys_at_once_are_written_as_one_by_one),
		cmocka_unit_test(end_of_rib_has_the_form_of_its_family),
	};
	struct CMUnitTest tests[COUNT_OF(plain) + COUNT_OF(octets) + COUNT_OF(capacities) +
		COUNT_OF(refused)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		tests[count++] = plain[i];
	for (size_t i = 0; i < COUNT_OF(octets); i++)
		tests[count++] = (struct CMUnitTest){ .name = octets[i].name,
			.test_func = octets_are_exact,
			.initial_state = &octets[i] };
	for (size_t i = 0; i < COUNT_OF(capacities); i++)
		tests[count++] = (struct CMUnitTest){ .name = capacities[i].name,
			.test_func = message_takes_so_many,
			.initial_state = &capacities[i] };
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		tests[count++] = (struct CMUnitTest){ .name = refused[i].name,
			.test_func = it_is_not_told,
			.initial_state = &refused[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
