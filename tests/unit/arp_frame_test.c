/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/frame.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

static const struct mac asker = { { 2, 0, 0, 0, 0, 1 } };

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct neigh_frame request(void)
{
	return (struct neigh_frame){
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = asker,
		.sender = asker,
		.source = ip_of("192.0.2.1"),
		.target = ip_of("192.0.2.9"),
		.has_sender = true,
	};
}

static struct neigh_frame solicitation(const char *source)
{
	struct neigh_frame frame = {
		.kind = NEIGH_SOLICITATION,
		.eth_src = asker,
		.source = ip_of(source),
		.target = ip_of("2001:db8::9"),
	};

	frame.ip_dst = solicited_node_group(&frame.target);
	frame.eth_dst = group_mac(&frame.ip_dst);
	return frame;
}

/* What was read says the same as what was written: it is written back to the same bytes. */
static void assert_same(const struct neigh_frame *back, const uint8_t *bytes, size_t len)
{
	uint8_t again[FRAME_MAX];

	assert_int_equal(neigh_build(back, again), len);
	assert_memory_equal(again, bytes, len);
}

static void arp_survives_the_wire(void **state)
{
	struct neigh_frame frame = request();
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];

	(void)state;
	assert_int_equal(neigh_build(&frame, bytes), FRAME_MIN);
	assert_int_equal(neigh_parse(bytes, FRAME_MIN, &back), FRAME_GOOD);
	assert_same(&back, bytes, FRAME_MIN);
}

static void a_solicitation_survives_the_wire(void **state)
{
	struct neigh_frame frame = solicitation("2001:db8::1");
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];
	size_t len;

	(void)state;
	frame.has_sender = true;
	frame.sender = asker;
	len = neigh_build(&frame, bytes);
	assert_int_equal(neigh_parse(bytes, len, &back), FRAME_GOOD);
	assert_same(&back, bytes, len);
}

static void an_advertisement_keeps_its_flags(void **state)
{
	struct neigh_frame frame = solicitation("2001:db8::9");
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];
	size_t len;

	(void)state;
	frame.kind = NEIGH_ADVERTISEMENT;
	frame.ip_dst = ip_of("2001:db8::1");
	frame.flags = NA_SOLICITED | NA_OVERRIDE;
	frame.has_sender = true;
	len = neigh_build(&frame, bytes);
	assert_int_equal(neigh_parse(bytes, len, &back), FRAME_GOOD);
	assert_int_equal(back.flags, NA_SOLICITED | NA_OVERRIDE);
	frame.ip_dst = ip_all_nodes;
	len = neigh_build(&frame, bytes);
	assert_int_equal(neigh_parse(bytes, len, &back), FRAME_MALFORMED);
}

struct spoil_case {
	const char *name;
	bool is_arp;
	size_t at;
	uint8_t value;
	enum frame_verdict want;
};

/* clang-format off */
static struct spoil_case spoils[] = {
	{ "arp_of_another_hardware_type_is_dropped",  true,  15, 6,    FRAME_MALFORMED },
	{ "arp_of_another_protocol_is_dropped",       true,  16, 0x86, FRAME_MALFORMED },
	{ "arp_with_another_address_length_is_dropped", true, 18, 8,   FRAME_MALFORMED },
	{ "rarp_is_none_of_our_business",             true,  21, 3,    FRAME_OTHER },
	{ "another_ethertype_is_none_of_our_business", true, 12, 9,    FRAME_OTHER },
	{ "ns_with_hop_limit_254_is_dropped",         false, 21, 254,  FRAME_MALFORMED },
	{ "ns_with_code_1_is_dropped",                false, 55, 1,    FRAME_MALFORMED },
	{ "ns_with_a_bad_checksum_is_dropped",        false, 57, 0x55, FRAME_MALFORMED },
	{ "ns_for_a_multicast_target_is_dropped",     false, 62, 0xff, FRAME_MALFORMED },
	{ "ns_longer_than_its_frame_is_dropped",      false, 19, 200,  FRAME_MALFORMED },
	{ "ns_behind_another_header_is_not_looked_at", false, 20, 44,  FRAME_OTHER },
};
/* clang-format on */

static void is_judged(void **state)
{
	const struct spoil_case *c = *state;
	struct neigh_frame frame = c->is_arp ? request() : solicitation("2001:db8::1");
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(&frame, bytes);

	bytes[c->at] = c->value;
	assert_int_equal(neigh_parse(bytes, len, &back), c->want);
}

static void dad_comes_bare_and_to_the_right_group_only(void **state)
{
	struct neigh_frame frame = solicitation("::");
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(&frame, bytes);

	(void)state;
	assert_int_equal(neigh_parse(bytes, len, &back), FRAME_GOOD);
	frame.ip_dst = frame.target;
	len = neigh_build(&frame, bytes);
	assert_int_equal(neigh_parse(bytes, len, &back), FRAME_MALFORMED);
	frame = solicitation("::");
	frame.has_sender = true;
	len = neigh_build(&frame, bytes);
	assert_int_equal(neigh_parse(bytes, len, &back), FRAME_MALFORMED);
}

static void vlan_0_is_untagged_and_others_are_not_ours(void **state)
{
	struct neigh_frame frame = request();
	struct neigh_frame back;
	uint8_t plain[FRAME_MAX];
	uint8_t tagged[FRAME_MAX + 4];
	size_t len = neigh_build(&frame, plain);

	(void)state;
	memcpy(tagged, plain, 12);
	memcpy(tagged + 12, "\x81\x00\xe0\x00", 4);
	memcpy(tagged + 16, plain + 12, len - 12);
	assert_int_equal(neigh_parse(tagged, len + 4, &back), FRAME_GOOD);
	tagged[15] = 7;
	assert_int_equal(neigh_parse(tagged, len + 4, &back), FRAME_TAGGED);
}

static void no_prefix_of_a_frame_is_good(void **state)
{
	struct neigh_frame frame = solicitation("2001:db8::1");
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(&frame, bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = xmemdup(bytes, cut);

		assert_int_not_equal(neigh_parse(exact, cut, &back), FRAME_GOOD);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(arp_survives_the_wire),
		cmocka_unit_test(a_solicitation_survives_the_wire),
		cmocka_unit_test(an_advertisement_keeps_its_flags),
		cmocka_unit_test(dad_comes_bare_and_to_the_right_group_only),
		cmocka_unit_test(vlan_0_is_untagged_and_others_are_not_ours),
		cmocka_unit_test(no_prefix_of_a_frame_is_good),
	};
	struct CMUnitTest tests[COUNT_OF(spoils)];
	int failed;

	for (size_t i = 0; i < COUNT_OF(spoils); i++)
		tests[i] = (struct CMUnitTest){
			.name = spoils[i].name,
			.test_func = is_judged,
			.initial_state = &spoils[i],
		};
	failed = cmocka_run_group_tests_name("arp_frame_spoiled", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("arp_frame", others, NULL, NULL);
}
