/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/message.h"

#include "base/mem.h"
#include "bgp/notification.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <errno.h>

#define MARKER "ffffffffffffffffffffffffffffffff"

struct header_case {
	const char *name;
	const char *header;
	size_t max;
	uint8_t code, subcode; /* 0: good */
	const char *data;
};

/* clang-format off */
static struct header_case headers[] = {
	{ "keepalive_of_19_is_good",        MARKER "0013" "04", 4096,  0, 0, "" },
	{ "update_of_23_is_good",           MARKER "0017" "02", 4096,  0, 0, "" },
	{ "update_of_4096_is_good",         MARKER "1000" "02", 4096,  0, 0, "" },
	{ "open_of_29_is_good",             MARKER "001d" "01", 4096,  0, 0, "" },
	{ "notification_of_21_is_good",     MARKER "0015" "03", 4096,  0, 0, "" },
	{ "refresh_of_23_is_good",          MARKER "0017" "05", 4096,  0, 0, "" },
	{ "extended_update_is_good",        MARKER "ffff" "02", 65535, 0, 0, "" },
	{ "wrong_marker_is_1_1",            "fffffffffffffffffffffffffffffffe" "0013" "04", 4096, 1, 1, "" },
	{ "length_18_is_1_2",               MARKER "0012" "04", 4096,  1, 2, "0012" },
	{ "length_0_is_1_2",                MARKER "0000" "04", 4096,  1, 2, "0000" },
	{ "length_4097_is_1_2",             MARKER "1001" "02", 4096,  1, 2, "1001" },
	{ "length_comes_before_type",       MARKER "ffff" "09", 4096,  1, 2, "ffff" },
	{ "type_0_is_1_3",                  MARKER "0013" "00", 4096,  1, 3, "00" },
	{ "type_6_is_1_3",                  MARKER "0013" "06", 4096,  1, 3, "06" },
	{ "type_128_is_1_3",                MARKER "0017" "80", 4096,  1, 3, "80" },
	{ "keepalive_of_20_is_1_2",         MARKER "0014" "04", 4096,  1, 2, "0014" },
	{ "extended_keepalive_is_1_2",      MARKER "1001" "04", 65535, 1, 2, "1001" },
	{ "extended_open_is_1_2",           MARKER "1001" "01", 65535, 1, 2, "1001" },
	{ "open_of_28_is_1_2",              MARKER "001c" "01", 4096,  1, 2, "001c" },
	{ "update_of_22_is_1_2",            MARKER "0016" "02", 4096,  1, 2, "0016" },
	{ "notification_of_20_is_1_2",      MARKER "0014" "03", 4096,  1, 2, "0014" },
};
/* clang-format on */

static void header_is_judged(void **state)
{
	const struct header_case *c = *state;
	struct hex bytes = hex(c->header);
	struct hex data = hex(c->data);
	struct bgp_header header;
	struct bgp_refusal why = { 0 };
	int r = bgp_header_parse(bytes.bytes, c->max, &header, &why);

	assert_int_equal(bytes.len, BGP_HEADER_LEN);
	assert_int_equal(r, c->code ? -EPROTO : 0);
	assert_int_equal(why.code, c->code);
	assert_int_equal(why.subcode, c->subcode);
	assert_int_equal(why.data_len, data.len);
	assert_memory_equal(why.data, data.bytes, data.len);
	if (r == 0) {
		assert_int_equal(header.type, bytes.bytes[18]);
		assert_int_equal(header.len, bytes.bytes[16] << 8 | bytes.bytes[17]);
	}
}

static void keepalive_is_the_header_alone(void **state)
{
	struct hex want = hex(MARKER "0013"
				     "04");
	uint8_t bytes[64];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));

	(void)state;
	bgp_keepalive_build(&w);
	assert_true(wire_writer_ok(&w));
	assert_int_equal(wire_written(&w), want.len);
	assert_memory_equal(bytes, want.bytes, want.len);
}

static void refresh_is_read_as_it_was_written(void **state)
{
	struct hex want = hex(MARKER "0017"
				     "05"
				     "0002"
				     "01"
				     "01");
	uint8_t bytes[64];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct wire_reader body = wire_reader(bytes + BGP_HEADER_LEN, 4);
	struct bgp_refresh refresh;

	(void)state;
	bgp_refresh_build(&w, BGP_IPV6_UNICAST, BGP_REFRESH_BEGIN);
	assert_int_equal(wire_written(&w), want.len);
	assert_memory_equal(bytes, want.bytes, want.len);
	assert_int_equal(bgp_refresh_parse(&body, &refresh), 0);
	assert_int_equal(refresh.afi, BGP_AFI_IPV6);
	assert_int_equal(refresh.safi, BGP_SAFI_UNICAST);
	assert_int_equal(refresh.subtype, BGP_REFRESH_BEGIN);
}

static void refresh_of_another_length_is_refused(void **state)
{
	static const uint8_t bytes[8];
	struct bgp_refresh refresh;

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct wire_reader body = wire_reader(bytes, len);

		assert_int_equal(bgp_refresh_parse(&body, &refresh), len == 4 ? 0 : -EPROTO);
	}
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(headers) + 3];
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(headers); i++)
		tests[n++] = (struct CMUnitTest){
			.name = headers[i].name,
			.test_func = header_is_judged,
			.initial_state = &headers[i],
		};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(keepalive_is_the_header_alone);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(refresh_is_read_as_it_was_written);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(refresh_of_another_length_is_refused);
	return cmocka_run_group_tests_name("bgp_message", tests, NULL, NULL);
}
