/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bfd/packet.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

/* Up, final, diagnostic 3, 0x01020304 to 0x0a0b0c0d, 100 ms, 200 ms, no echo. */
static const uint8_t good[BFD_PACKET_MIN] = { 0x23, 0xd0, 3, 24, 1, 2, 3, 4, 10, 11, 12, 13, 0, 1,
	0x86, 0xa0, 0, 3, 0x0d, 0x40, 0, 0, 0, 0 };

/* One byte of the good packet changed. */
struct row {
	const char *name;
	enum bfd_drop drop;
	uint8_t at;
	uint8_t value;
};

static struct row rows[] = {
	{ "version_0_is_dropped", BFD_DROP_VERSION, 0, 0x03 },
	{ "version_2_is_dropped", BFD_DROP_VERSION, 0, 0x43 },
	{ "multiplier_0_is_dropped", BFD_DROP_MULTIPLIER, 2, 0 },
	{ "length_23_is_dropped", BFD_DROP_LENGTH, 3, 23 },
	{ "length_beyond_the_payload_is_dropped", BFD_DROP_LENGTH, 3, 25 },
	{ "multipoint_is_dropped", BFD_DROP_MULTIPOINT, 1, 0xd1 },
	{ "auth_bit_without_a_section_is_dropped", BFD_DROP_LENGTH, 1, 0xd4 },
	{ "a_diagnostic_without_a_name_is_no_error", BFD_GOOD, 0, 0x3f },
};

static void row_holds(void **state)
{
	const struct row *row = *state;
	uint8_t bytes[BFD_PACKET_MIN];
	struct bfd_packet packet;

	memcpy(bytes, good, sizeof(bytes));
	bytes[row->at] = row->value;
	assert_int_equal(bfd_packet_parse(bytes, sizeof(bytes), &packet), row->drop);
}

static void fields_are_where_the_rfc_draws_them(void **state)
{
	struct bfd_packet packet;

	(void)state;
	assert_int_equal(bfd_packet_parse(good, sizeof(good), &packet), BFD_GOOD);
	assert_int_equal(packet.diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_int_equal(packet.state, BFD_UP);
	assert_true(packet.is_final);
	assert_false(packet.is_poll || packet.is_demand || packet.is_independent);
	assert_int_equal(packet.multiplier, 3);
	assert_int_equal(packet.my_discriminator, 0x01020304);
	assert_int_equal(packet.your_discriminator, 0x0a0b0c0d);
	assert_int_equal(packet.desired_tx_us, 100000);
	assert_int_equal(packet.required_rx_us, 200000);
	assert_int_equal(packet.required_echo_rx_us, 0);
	assert_int_equal(packet.auth.type, BFD_AUTH_NONE);
}

static void what_is_built_is_what_is_parsed(void **state)
{
	struct bfd_packet packet;
	uint8_t bytes[BFD_PACKET_MAX];

	(void)state;
	assert_int_equal(bfd_packet_parse(good, sizeof(good), &packet), BFD_GOOD);
	assert_int_equal(bfd_packet_build(&packet, bytes), sizeof(good));
	assert_memory_equal(bytes, good, sizeof(good));
}

static void every_cut_packet_is_dropped(void **state)
{
	struct bfd_packet packet;

	(void)state;
	for (size_t len = 0; len < sizeof(good); len++)
		assert_int_equal(bfd_packet_parse(good, len, &packet), BFD_DROP_LENGTH);
}

static void bytes_behind_the_length_are_no_error(void **state)
{
	uint8_t bytes[BFD_PACKET_MIN + 7] = { 0 };
	struct bfd_packet packet;

	(void)state;
	memcpy(bytes, good, sizeof(good));
	assert_int_equal(bfd_packet_parse(bytes, sizeof(bytes), &packet), BFD_GOOD);
	assert_int_equal(packet.len, BFD_PACKET_MIN);
}

static void zero_as_my_discriminator_is_dropped(void **state)
{
	uint8_t bytes[BFD_PACKET_MIN];
	struct bfd_packet packet;

	(void)state;
	memcpy(bytes, good, sizeof(bytes));
	memset(bytes + 4, 0, 4);
	assert_int_equal(
		bfd_packet_parse(bytes, sizeof(bytes), &packet), BFD_DROP_MY_DISCRIMINATOR);
}

static void zero_as_your_discriminator_is_for_down_and_admin_down_alone(void **state)
{
	static const enum bfd_drop drops[BFD_STATE_COUNT_] = { BFD_GOOD, BFD_GOOD,
		BFD_DROP_YOUR_DISCRIMINATOR, BFD_DROP_YOUR_DISCRIMINATOR };
	uint8_t bytes[BFD_PACKET_MIN];
	struct bfd_packet packet;

	(void)state;
	memcpy(bytes, good, sizeof(bytes));
	memset(bytes + 8, 0, 4);
	for (unsigned i = 0; i < BFD_STATE_COUNT_; i++) {
		bytes[1] = (uint8_t)(i << 6);
		assert_int_equal(bfd_packet_parse(bytes, sizeof(bytes), &packet), drops[i]);
	}
}

static void an_auth_section_must_fit_into_the_length(void **state)
{
	uint8_t bytes[BFD_PACKET_MIN + 8] = { 0 };
	struct bfd_packet packet;

	(void)state;
	memcpy(bytes, good, sizeof(good));
	bytes[1] |= 0x04;
	bytes[3] = sizeof(bytes);
	bytes[24] = BFD_AUTH_SIMPLE;
	for (unsigned len = 0; len < 256; len++) {
		bytes[25] = (uint8_t)len;
		assert_int_equal(bfd_packet_parse(bytes, sizeof(bytes), &packet),
			len >= 4 && len <= 8 ? BFD_GOOD : BFD_DROP_LENGTH);
	}
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(rows) + 7] = {
		cmocka_unit_test(fields_are_where_the_rfc_draws_them),
		cmocka_unit_test(what_is_built_is_what_is_parsed),
		cmocka_unit_test(every_cut_packet_is_dropped),
		cmocka_unit_test(bytes_behind_the_length_are_no_error),
		cmocka_unit_test(zero_as_my_discriminator_is_dropped),
		cmocka_unit_test(zero_as_your_discriminator_is_for_down_and_admin_down_alone),
		cmocka_unit_test(an_auth_section_must_fit_into_the_length),
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[7 + i] = (struct CMUnitTest){
			.name = rows[i].name, .test_func = row_holds, .initial_state = &rows[i]
		};
	return cmocka_run_group_tests_name("bfd_packet", tests, NULL, NULL);
}
