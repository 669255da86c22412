/* SPDX-License-Identifier: Apache-2.0 */

#include "base/wire.h"
#include "tests/unit/cmocka_all.h"

static void reading_past_the_end_yields_zero_and_stays_bad(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3 };
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(wire_u16(&r), 0x0102);
	assert_int_equal(wire_u32(&r), 0);
	assert_false(wire_ok(&r));
	assert_int_equal(wire_u8(&r), 0);
}

static void a_bad_sub_reader_leaves_its_parent_whole(void **state)
{
	const uint8_t bytes[] = { 0xaa, 0xbb, 0xcc };
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));
	struct wire_reader sub = wire_sub(&r, 2);

	(void)state;
	(void)wire_u32(&sub);
	assert_false(wire_ok(&sub));
	assert_true(wire_ok(&r));
	assert_int_equal(wire_u8(&r), 0xcc);
}

static void what_does_not_fit_is_not_written(void **state)
{
	uint8_t bytes[3] = { 0, 0, 0xee };
	struct wire_writer w = wire_writer(bytes, 2);

	(void)state;
	wire_put_u8(&w, 1);
	wire_put_u16(&w, 0xffff);
	assert_false(wire_writer_ok(&w));
	assert_int_equal(wire_written(&w), 1);
	assert_int_equal(bytes[1], 0);
	assert_int_equal(bytes[2], 0xee);
}

static void a_patched_length_lands_at_its_mark(void **state)
{
	uint8_t bytes[8];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	size_t mark = wire_mark(&w);
	struct wire_reader r;

	(void)state;
	wire_put_u16(&w, 0);
	wire_put_u64(&w, 1); /* does not fit */
	assert_false(wire_writer_ok(&w));

	w = wire_writer(bytes, sizeof(bytes));
	wire_put_u16(&w, 0);
	wire_put_u32(&w, 0xdeadbeef);
	wire_patch_u16(&w, mark, (uint16_t)wire_written(&w));
	assert_true(wire_writer_ok(&w));
	r = wire_reader(bytes, wire_written(&w));
	assert_int_equal(wire_u16(&r), 6);
	assert_int_equal(wire_u32(&r), 0xdeadbeef);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_past_the_end_yields_zero_and_stays_bad),
		cmocka_unit_test(a_bad_sub_reader_leaves_its_parent_whole),
		cmocka_unit_test(what_does_not_fit_is_not_written),
		cmocka_unit_test(a_patched_length_lands_at_its_mark),
	};

	return cmocka_run_group_tests_name("base_wire", tests, NULL, NULL);
}
