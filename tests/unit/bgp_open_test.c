/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/open.h"

#include "base/mem.h"
#include "bgp/attrs.h"
#include "bgp/notification.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <errno.h>

/* Version 4, AS 65000, hold time 90, identifier 192.0.2.1. */
#define HEAD "04 fde8 005a c0000201 "

struct refusal_case {
	const char *name;
	const char *body;
	uint8_t subcode;
	const char *data;
};

/* clang-format off */
static struct refusal_case refusals[] = {
	{ "version_3_is_refused",               "03 fde8 005a c0000201 00", 1, "0004" },
	{ "version_5_is_refused",               "05 fde8 005a c0000201 00", 1, "0004" },
	{ "as_0_is_refused",                    "04 0000 005a c0000201 00", 2, "" },
	{ "as_0_in_4_octets_is_refused",        HEAD "08 0206 4104 00000000", 2, "" },
	{ "as_0_beside_4_octets_is_refused",    "04 0000 005a c0000201 08 0206 4104 0000fde8", 2, "" },
	{ "as_trans_without_as4_is_refused",    "04 5ba0 005a c0000201 00", 2, "" },
	{ "identifier_0_is_refused",            "04 fde8 005a 00000000 00", 3, "" },
	{ "hold_time_1_is_refused",             "04 fde8 0001 c0000201 00", 6, "" },
	{ "hold_time_2_is_refused",             "04 fde8 0002 c0000201 00", 6, "" },
	{ "cut_parameters_are_malformed",       HEAD "09", 0, "" },
	{ "octets_left_over_are_malformed",     HEAD "00 00", 0, "" },
	{ "parameter_running_over",             HEAD "03 0202 41", 0, "" },
	{ "capability_running_over",            HEAD "04 0202 4104", 0, "" },
	{ "authentication_is_unsupported",      HEAD "03 0101 00", 4, "" },
	{ "parameter_3_is_unsupported",         HEAD "02 0300", 4, "" },
	{ "as4_of_3_octets_is_malformed",       HEAD "07 0205 4103 000001", 0, "" },
	{ "multiprotocol_of_3_is_malformed",    HEAD "07 0205 0103 000100", 0, "" },
	{ "extended_form_cut_is_malformed",     HEAD "ff ff 0005 02 0002", 0, "" },
	{ "extended_form_length_is_malformed",  HEAD "ff ff 0009 02 0002 0200", 0, "" },
	{ "one_octet_is_malformed",             "04", 0, "" },
};
/* clang-format on */

static void is_refused(void **state)
{
	const struct refusal_case *c = *state;
	struct hex bytes = hex(c->body);
	struct hex data = hex(c->data);
	struct wire_reader body = wire_reader(bytes.bytes, bytes.len);
	struct bgp_refusal why = { 0 };
	struct bgp_open open;

	assert_int_equal(bgp_open_parse(&body, &open, &why), -EPROTO);
	assert_int_equal(why.code, BGP_ERR_OPEN);
	assert_int_equal(why.subcode, c->subcode);
	assert_int_equal(why.data_len, data.len);
	assert_memory_equal(why.data, data.bytes, data.len);
}

static struct bgp_open parsed(const char *text)
{
	struct hex bytes = hex(text);
	struct wire_reader body = wire_reader(bytes.bytes, bytes.len);
	struct bgp_refusal why;
	struct bgp_open open;

	assert_int_equal(bgp_open_parse(&body, &open, &why), 0);
	return open;
}

static void without_parameters_it_is_ipv4_with_2_octets(void **state)
{
	struct bgp_open open = parsed(HEAD "00");

	(void)state;
	assert_int_equal(open.as, 65000);
	assert_int_equal(open.hold_seconds, 90);
	assert_int_equal(open.id, 0xc0000201);
	assert_int_equal(open.caps.families, BGP_FAMILY_BIT(BGP_IPV4_UNICAST));
	assert_false(open.caps.has_as4);
	assert_int_equal(bgp_capabilities_mask(&open.caps), 0);
}

static void hold_time_0_and_3_are_good(void **state)
{
	(void)state;
	assert_int_equal(parsed("04 fde8 0000 c0000201 00").hold_seconds, 0);
	assert_int_equal(parsed("04 fde8 0003 c0000201 00").hold_seconds, 3);
}

static void an_identifier_need_not_be_an_address(void **state)
{
	(void)state;
	assert_int_equal(parsed("04 fde8 005a f0000001 00").id, 0xf0000001);
}

static void as_trans_with_as4_is_the_as_of_4_octets(void **state)
{
	(void)state;
	assert_int_equal(parsed("04 5ba0 005a c0000201 08 0206 4104 00010001").as, 65537);
}

static void the_extended_form_is_read_for_short_lists_too(void **state)
{
	struct bgp_open open = parsed(HEAD "ff ff 0009 02 0006 4104 0000fde8");

	(void)state;
	assert_true(open.caps.has_as4);
}

/* FRR 8.4 in its own words: many parameters, one capability each. */
static void capabilities_of_many_parameters_add_up(void **state)
{
	struct bgp_open open = parsed(HEAD
		"3e 0206 0104 00010001 0206 0104 00020001 0202 0200 0202 4600 0206 4104 0000fde8"
		"0202 0600 0206 4504 00010101 0206 4904 02613000 0204 4002 c078 0202 4700");

	(void)state;
	assert_int_equal(open.caps.families, BGP_FAMILIES_ALL);
	assert_true(open.caps.has_route_refresh);
	assert_true(open.caps.has_enhanced_refresh);
	assert_true(open.caps.has_extended_message);
	assert_int_equal(open.caps.add_path_receive, BGP_FAMILY_BIT(BGP_IPV4_UNICAST));
	assert_int_equal(open.caps.add_path_send, 0);
	assert_string_equal(open.caps.host, "a0");
	assert_true(open.caps.is_restarting);
	assert_true(open.caps.has_gr_notification);
	assert_int_equal(open.caps.restart_seconds, 120);
	assert_int_equal(open.caps.gr_families, 0);
	assert_true(open.caps.has_llgr);
}

static struct bgp_expect expecting(enum bgp_peer_type type, uint32_t peer_as)
{
	return (struct bgp_expect){
		.type = type,
		.peer_as = peer_as,
		.local_as = 65001,
		.local_id = 0x0a000001,
		.role = BGP_ROLE_NONE,
	};
}

struct judge_case {
	const char *name;
	enum bgp_peer_type type;
	uint32_t expected_as;
	uint32_t as;
	uint32_t id;
	uint8_t our_role, their_role;
	bool needs_role;
	int subcode; /* -1: good */
};

#define NO BGP_ROLE_NONE
/* clang-format off */
static struct judge_case judged[] = {
	{ "the_configured_as_is_good",           BGP_PEER_AS,       65000, 65000, 1,          NO, NO, false, -1 },
	{ "another_as_is_refused",               BGP_PEER_AS,       65000, 65002, 1,          NO, NO, false, 2 },
	{ "internal_takes_our_as",               BGP_PEER_INTERNAL, 0,     65001, 1,          NO, NO, false, -1 },
	{ "internal_refuses_another",            BGP_PEER_INTERNAL, 0,     65000, 1,          NO, NO, false, 2 },
	{ "external_takes_any_other",            BGP_PEER_EXTERNAL, 0,     70000, 1,          NO, NO, false, -1 },
	{ "external_refuses_our_as",             BGP_PEER_EXTERNAL, 0,     65001, 1,          NO, NO, false, 2 },
	{ "our_identifier_inside_is_refused",    BGP_PEER_INTERNAL, 0,     65001, 0x0a000001, NO, NO, false, 3 },
	{ "our_identifier_outside_is_legal",     BGP_PEER_AS,       65000, 65000, 0x0a000001, NO, NO, false, -1 },
	{ "customer_meets_provider",             BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_CUSTOMER, BGP_ROLE_PROVIDER, false, -1 },
	{ "provider_meets_customer",             BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_PROVIDER, BGP_ROLE_CUSTOMER, false, -1 },
	{ "rs_meets_rs_client",                  BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_RS, BGP_ROLE_RS_CLIENT, false, -1 },
	{ "peer_meets_peer",                     BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_PEER, BGP_ROLE_PEER, false, -1 },
	{ "customer_does_not_meet_customer",     BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_CUSTOMER, BGP_ROLE_CUSTOMER, false, 11 },
	{ "peer_does_not_meet_provider",         BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_PEER, BGP_ROLE_PROVIDER, false, 11 },
	{ "an_unknown_role_matches_none",        BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_PEER, 77, false, 11 },
	{ "no_role_of_theirs_is_let_pass",       BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_PEER, NO, false, -1 },
	{ "no_role_of_theirs_fails_if_strict",   BGP_PEER_AS,       65000, 65000, 1, BGP_ROLE_PEER, NO, true, 11 },
	{ "no_role_of_ours_meets_all",           BGP_PEER_AS,       65000, 65000, 1, NO, BGP_ROLE_PEER, true, -1 },
	{ "roles_do_not_count_inside",           BGP_PEER_INTERNAL, 0,     65001, 1, BGP_ROLE_PEER, BGP_ROLE_PROVIDER, true, -1 },
};
/* clang-format on */

static void is_judged(void **state)
{
	const struct judge_case *c = *state;
	struct bgp_expect expect = expecting(c->type, c->expected_as);
	struct bgp_open open = { .as = c->as, .id = c->id, .caps = bgp_capabilities_none() };
	struct bgp_refusal why = { 0 };

	expect.role = c->our_role;
	expect.needs_role = c->needs_role;
	open.caps.role = c->their_role;
	assert_int_equal(bgp_open_judge(&open, &expect, &why), c->subcode < 0 ? 0 : -EPROTO);
	if (c->subcode >= 0)
		assert_int_equal(why.subcode, c->subcode);
}

static void different_roles_in_one_open_are_refused(void **state)
{
	struct bgp_open open = parsed(HEAD "0a 0203 0901 03 0203 0901 00");
	struct bgp_expect expect = expecting(BGP_PEER_AS, 65000);
	struct bgp_refusal why;

	(void)state;
	expect.role = BGP_ROLE_CUSTOMER;
	assert_int_equal(bgp_open_judge(&open, &expect, &why), -EPROTO);
	assert_int_equal(why.subcode, BGP_OPEN_ROLE_MISMATCH);
}

static struct bgp_open full_offer(void)
{
	struct bgp_open open = {
		.as = 4200000001,
		.hold_seconds = 9,
		.id = 0x0a000001,
		.caps = {
			.families = BGP_FAMILIES_ALL,
			.has_multiprotocol = true,
			.extended_next_hop = BGP_FAMILY_BIT(BGP_IPV4_UNICAST),
			.add_path_send = BGP_FAMILIES_ALL,
			.has_as4 = true,
			.as4 = 4200000001,
			.has_route_refresh = true,
			.has_enhanced_refresh = true,
			.has_extended_message = true,
			.has_graceful_restart = true,
			.is_restarting = true,
			.has_gr_notification = true,
			.restart_seconds = 30,
			.gr_families = BGP_FAMILIES_ALL,
			.gr_forwarding = BGP_FAMILY_BIT(BGP_IPV6_UNICAST),
			.has_llgr = true,
			.llgr_families = BGP_FAMILIES_ALL,
			.llgr_seconds = 86400,
			.role = BGP_ROLE_CUSTOMER,
			.host = "node-a",
			.domain = "example.org",
		},
	};
	return open;
}

static struct bgp_open there_and_back(const struct bgp_open *open, struct bgp_open_limits *limits)
{
	uint8_t bytes[BGP_MESSAGE_MAX];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct bgp_capabilities sent = bgp_open_build(&w, open, limits);
	struct wire_reader body = wire_reader(
		bytes + BGP_HEADER_LEN, wire_written(&w) - BGP_HEADER_LEN);
	struct bgp_open back;
	struct bgp_refusal why;

	assert_true(wire_writer_ok(&w));
	assert_int_equal(bytes[16] << 8 | bytes[17], wire_written(&w));
	assert_int_equal(bgp_open_parse(&body, &back, &why), 0);
	assert_int_equal(bgp_capabilities_mask(&back.caps), bgp_capabilities_mask(&sent));
	return back;
}

static void what_is_built_is_read_back_the_same(void **state)
{
	struct bgp_open open = full_offer();
	struct bgp_open_limits limits = { 0 };
	struct bgp_open back = there_and_back(&open, &limits);

	(void)state;
	assert_int_equal(back.as, open.as);
	assert_int_equal(back.as2, BGP_AS_TRANS);
	assert_int_equal(back.hold_seconds, open.hold_seconds);
	assert_int_equal(back.id, open.id);
	assert_memory_equal(&back.caps, &open.caps, sizeof(open.caps));
}

static void what_is_left_out_is_not_sent(void **state)
{
	struct bgp_open open = full_offer();

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		struct bgp_open_limits limits = { .leave_out = bgp_capability_bit((uint8_t)code) };
		uint32_t all = bgp_capabilities_mask(&open.caps);
		struct bgp_open back;

		if (limits.leave_out == 0 || code == BGP_CAP_AS4)
			continue; /* AS_TRANS without capability 65 is refused, by us too */
		back = there_and_back(&open, &limits);
		assert_int_equal(bgp_capabilities_mask(&back.caps), all & ~limits.leave_out);
	}
}

static void bare_is_without_parameters(void **state)
{
	struct bgp_open open = full_offer();
	struct bgp_open_limits limits = { .is_bare = true };
	struct bgp_open back;

	(void)state;
	open.as = open.caps.as4 = 65001;
	back = there_and_back(&open, &limits);
	assert_int_equal(back.as, 65001);
	assert_int_equal(bgp_capabilities_mask(&back.caps), 0);
	assert_int_equal(back.caps.families, BGP_FAMILY_BIT(BGP_IPV4_UNICAST));
}

static void long_parameters_take_the_extended_form(void **state)
{
	struct bgp_open open = full_offer();
	struct bgp_open_limits limits = { 0 };
	struct bgp_open back;

	(void)state;
	memset(open.caps.host, 'h', sizeof(open.caps.host) - 1);
	memset(open.caps.domain, 'd', sizeof(open.caps.domain) - 1);
	back = there_and_back(&open, &limits);
	assert_memory_equal(&back.caps, &open.caps, sizeof(open.caps));
}

static void an_unsupported_parameter_means_none_at_all_next_time(void **state)
{
	struct bgp_open_limits limits = { 0 };

	(void)state;
	assert_true(bgp_open_retreat(&limits, 1, BGP_OPEN_BAD_PARAMETER, NULL, 0));
	assert_true(limits.is_bare);
	assert_false(bgp_open_retreat(&limits, 1, BGP_OPEN_BAD_PARAMETER, NULL, 0));
}

static void refused_capabilities_are_left_out_next_time(void **state)
{
	struct hex data = hex("0600 4902 6130 7700");
	uint32_t sent = bgp_capability_bit(BGP_CAP_EXTENDED_MESSAGE) |
		bgp_capability_bit(BGP_CAP_FQDN) | bgp_capability_bit(BGP_CAP_AS4);
	struct bgp_open_limits limits = { 0 };

	(void)state;
	assert_true(bgp_open_retreat(&limits, sent, BGP_OPEN_BAD_CAPABILITY, data.bytes, data.len));
	assert_int_equal(limits.leave_out,
		bgp_capability_bit(BGP_CAP_EXTENDED_MESSAGE) | bgp_capability_bit(BGP_CAP_FQDN));
	/* The same list once more tells nothing new. */
	assert_false(bgp_open_retreat(
		&limits, sent & ~limits.leave_out, BGP_OPEN_BAD_CAPABILITY, data.bytes, data.len));
}

static void a_capability_that_the_peer_demands_changes_nothing(void **state)
{
	struct hex data = hex("4504 00010101");
	struct bgp_open_limits limits = { 0 };

	(void)state;
	assert_false(bgp_open_retreat(&limits, bgp_capability_bit(BGP_CAP_AS4),
		BGP_OPEN_BAD_CAPABILITY, data.bytes, data.len));
	assert_false(
		bgp_open_retreat(&limits, UINT32_MAX, BGP_OPEN_BAD_PEER_AS, data.bytes, data.len));
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(without_parameters_it_is_ipv4_with_2_octets),
		cmocka_unit_test(hold_time_0_and_3_are_good),
		cmocka_unit_test(an_identifier_need_not_be_an_address),
		cmocka_unit_test(as_trans_with_as4_is_the_as_of_4_octets),
		cmocka_unit_test(the_extended_form_is_read_for_short_lists_too),
		cmocka_unit_test(capabilities_of_many_parameters_add_up),
		cmocka_unit_test(different_roles_in_one_open_are_refused),
		cmocka_unit_test(what_is_built_is_read_back_the_same),
		cmocka_unit_test(what_is_left_out_is_not_sent),
		cmocka_unit_test(bare_is_without_parameters),
		cmocka_unit_test(long_parameters_take_the_extended_form),
		cmocka_unit_test(an_unsupported_parameter_means_none_at_all_next_time),
		cmocka_unit_test(refused_capabilities_are_left_out_next_time),
		cmocka_unit_test(a_capability_that_the_peer_demands_changes_nothing),
	};
	struct CMUnitTest tests[COUNT_OF(refusals) + COUNT_OF(judged) + COUNT_OF(others)];
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(refusals); i++)
		tests[n++] = (struct CMUnitTest){
			.name = refusals[i].name,
			.test_func = is_refused,
			.initial_state = &refusals[i],
		};
	for (size_t i = 0; i < COUNT_OF(judged); i++)
		tests[n++] = (struct CMUnitTest){
			.name = judged[i].name,
			.test_func = is_judged,
			.initial_state = &judged[i],
		};
	memcpy(tests + n, others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_open", tests, NULL, NULL);
}
