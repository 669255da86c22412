/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bfd/fsm.h"
#include "tests/unit/cmocka_all.h"

struct row {
	const char *name;
	enum bfd_state local;
	enum bfd_state remote;
	enum bfd_state next;
	enum bfd_diag diag;
};

/* clang-format off */
static struct row rows[] = {
	{ "admin_down_ignores_admin_down", BFD_ADMIN_DOWN, BFD_ADMIN_DOWN, BFD_ADMIN_DOWN, 0 },
	{ "admin_down_ignores_down",       BFD_ADMIN_DOWN, BFD_DOWN,       BFD_ADMIN_DOWN, 0 },
	{ "admin_down_ignores_init",       BFD_ADMIN_DOWN, BFD_INIT,       BFD_ADMIN_DOWN, 0 },
	{ "admin_down_ignores_up",         BFD_ADMIN_DOWN, BFD_UP,         BFD_ADMIN_DOWN, 0 },
	{ "down_stays_at_admin_down",      BFD_DOWN,       BFD_ADMIN_DOWN, BFD_DOWN,       0 },
	{ "down_and_down_is_init",         BFD_DOWN,       BFD_DOWN,       BFD_INIT,       0 },
	{ "down_and_init_is_up",           BFD_DOWN,       BFD_INIT,       BFD_UP,         0 },
	{ "down_stays_at_up",              BFD_DOWN,       BFD_UP,         BFD_DOWN,       0 },
	{ "init_falls_at_admin_down",      BFD_INIT,       BFD_ADMIN_DOWN, BFD_DOWN,
		BFD_DIAG_NEIGHBOR_DOWN },
	{ "init_stays_at_down",            BFD_INIT,       BFD_DOWN,       BFD_INIT,       0 },
	{ "init_and_init_is_up",           BFD_INIT,       BFD_INIT,       BFD_UP,         0 },
	{ "init_and_up_is_up",             BFD_INIT,       BFD_UP,         BFD_UP,         0 },
	{ "up_falls_at_admin_down",        BFD_UP,         BFD_ADMIN_DOWN, BFD_DOWN,
		BFD_DIAG_NEIGHBOR_DOWN },
	{ "up_falls_at_down",              BFD_UP,         BFD_DOWN,       BFD_DOWN,
		BFD_DIAG_NEIGHBOR_DOWN },
	{ "up_stays_at_init",              BFD_UP,         BFD_INIT,       BFD_UP,         0 },
	{ "up_stays_at_up",                BFD_UP,         BFD_UP,         BFD_UP,         0 },
};
/* clang-format on */

static void row_holds(void **state)
{
	const struct row *row = *state;
	struct bfd_verdict verdict = bfd_on_packet(row->local, row->remote);

	assert_int_equal(verdict.state, row->next);
	assert_int_equal(verdict.diag, row->diag);
}

static void silence_takes_init_and_up_down(void **state)
{
	(void)state;
	assert_int_equal(bfd_on_silence(BFD_UP).state, BFD_DOWN);
	assert_int_equal(bfd_on_silence(BFD_UP).diag, BFD_DIAG_DETECT_EXPIRED);
	assert_int_equal(bfd_on_silence(BFD_INIT).state, BFD_DOWN);
}

static void silence_in_down_and_admin_down_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(bfd_on_silence(BFD_DOWN).state, BFD_DOWN);
	assert_int_equal(bfd_on_silence(BFD_ADMIN_DOWN).state, BFD_ADMIN_DOWN);
}

static void every_diagnostic_of_the_wire_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(bfd_diag_name(BFD_DIAG_ADMIN_DOWN), "administratively down");
	assert_string_equal(bfd_diag_name(31), "unknown");
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(rows) + 3] = {
		cmocka_unit_test(silence_takes_init_and_up_down),
		cmocka_unit_test(silence_in_down_and_admin_down_changes_nothing),
		cmocka_unit_test(every_diagnostic_of_the_wire_has_a_text),
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[3 + i] = (struct CMUnitTest){
			.name = rows[i].name, .test_func = row_holds, .initial_state = &rows[i]
		};
	return cmocka_run_group_tests_name("bfd_fsm", tests, NULL, NULL);
}
