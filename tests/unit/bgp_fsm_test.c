/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/fsm.h"

#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

/*
 * The machine once more, as letters: I Idle, C Connect, A Active, S OpenSent, F OpenConfirm,
 * E Established; one row a state, one column an event. After the next state: n a NOTIFICATION that
 * the event brought, h 4/0, s 8/0, f an FSM error, c the connection is closed, - none of them.
 */
/* clang-format off */
static const char *const next[BGP_STATE_COUNT_] = {
	/*                    St Pa  Stop  Auto  Retry Hold  Keep  Send  Up    Down  Open  Head  OpBad Coll  NotV  Noti  Keepa Upd   UpBad Refr  ReBad */
	[BGP_IDLE] =         "C- A-  I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-    I-",
	[BGP_CONNECT] =      "C- C-  Ic    Ic    Cc    Ic    Ic    Ic    S-    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic",
	[BGP_ACTIVE] =       "A- A-  Ic    Ic    C-    Ic    Ic    Ic    S-    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic    Ic",
	[BGP_OPEN_SENT] =    "S- S-  Inc   Inc   Ifc   Ihc   Ifc   Isc   Ifc   Ac    F-    Inc   Inc   Inc   Ic    Ic    Ifc   Ifc   Ifc   Ifc   Ifc",
	[BGP_OPEN_CONFIRM] = "F- F-  Inc   Inc   Ifc   Ihc   F-    Isc   Ifc   Ic    Ifc   Inc   Ifc   Inc   Ic    Ic    E-    Ifc   Ifc   Ifc   Ifc",
	[BGP_ESTABLISHED] =  "E- E-  Inc   Inc   Ifc   Ihc   E-    Isc   Ifc   Ic    Ifc   Inc   Ifc   Inc   Ic    Ic    E-    E-    Inc   E-    Inc",
};
/* clang-format on */

static const char *const event_names[BGP_EVENT_COUNT_] = { "start", "start_passive", "stop",
	"auto_stop", "retry_expired", "hold_expired", "keepalive_expired", "send_hold_expired",
	"tcp_up", "tcp_down", "open", "header_bad", "open_bad", "collision", "notification_version",
	"notification", "keepalive", "update", "update_bad", "refresh", "refresh_bad" };

struct cell {
	char name[64];
	enum bgp_state state;
	enum bgp_fsm_event event;
	char want[4];
};

static void cell_is_as_the_rfc_says(void **state)
{
	const struct cell *cell = *state;
	struct bgp_step step = bgp_fsm_step(cell->state, cell->event);
	char is[5] = { "ICASFE"[step.next] };
	size_t n = 1;

	if (step.effects & BGP_DO_NOTIFY)
		is[n++] = 'n';
	if (step.effects & BGP_DO_NOTIFY_HOLD)
		is[n++] = 'h';
	if (step.effects & BGP_DO_NOTIFY_SEND_HOLD)
		is[n++] = 's';
	if (step.effects & BGP_DO_NOTIFY_FSM)
		is[n++] = 'f';
	if (step.effects & BGP_DO_CLOSE)
		is[n++] = 'c';
	if (n == 1)
		is[n++] = '-';
	assert_string_equal(is, cell->want);
	assert_int_not_equal(step.effects, 0);
}

static void whoever_leaves_for_idle_closes(void **state)
{
	(void)state;
	for (unsigned s = BGP_CONNECT; s < BGP_STATE_COUNT_; s++) {
		for (unsigned e = 0; e < BGP_EVENT_COUNT_; e++) {
			struct bgp_step step = bgp_fsm_step(s, e);

			if (step.next == BGP_IDLE)
				assert_true(step.effects & BGP_DO_CLOSE);
		}
	}
}

static void only_established_takes_updates(void **state)
{
	(void)state;
	for (unsigned s = 0; s < BGP_STATE_COUNT_; s++) {
		for (unsigned e = 0; e < BGP_EVENT_COUNT_; e++) {
			struct bgp_step step = bgp_fsm_step(s, e);

			if (step.effects & (BGP_DO_TAKE_UPDATE | BGP_DO_TAKE_REFRESH))
				assert_int_equal(s, BGP_ESTABLISHED);
		}
	}
}

static void only_a_keepalive_in_open_confirm_establishes(void **state)
{
	(void)state;
	for (unsigned s = 0; s < BGP_STATE_COUNT_; s++) {
		for (unsigned e = 0; e < BGP_EVENT_COUNT_; e++)
			assert_int_equal(bgp_fsm_step(s, e).effects & BGP_DO_ESTABLISH,
				s == BGP_OPEN_CONFIRM && e == BGP_EV_KEEPALIVE ? BGP_DO_ESTABLISH :
										 0);
	}
}

static void timers_are_armed_where_they_are_due(void **state)
{
	(void)state;
	assert_true(bgp_fsm_step(BGP_CONNECT, BGP_EV_TCP_UP).effects & BGP_DO_ARM_LARGE_HOLD);
	assert_true(bgp_fsm_step(BGP_OPEN_SENT, BGP_EV_OPEN).effects & BGP_DO_ARM_HOLD);
	assert_true(bgp_fsm_step(BGP_OPEN_SENT, BGP_EV_OPEN).effects & BGP_DO_SEND_KEEPALIVE);
	assert_true(bgp_fsm_step(BGP_OPEN_SENT, BGP_EV_OPEN).effects & BGP_DO_ARM_KEEPALIVE);
	assert_true(bgp_fsm_step(BGP_ESTABLISHED, BGP_EV_KEEPALIVE).effects & BGP_DO_ARM_HOLD);
	assert_true(bgp_fsm_step(BGP_ESTABLISHED, BGP_EV_UPDATE).effects & BGP_DO_ARM_HOLD);
	assert_true(bgp_fsm_step(BGP_ESTABLISHED, BGP_EV_REFRESH).effects & BGP_DO_ARM_HOLD);
}

static void states_have_the_words_of_the_rfc(void **state)
{
	(void)state;
	assert_string_equal(bgp_state_name(BGP_IDLE), "Idle");
	assert_string_equal(bgp_state_name(BGP_OPEN_CONFIRM), "OpenConfirm");
}

/* Cuts the rows of next[] into cells. */
static size_t fill_cells(struct cell *cells)
{
	size_t n = 0;

	for (unsigned s = 0; s < BGP_STATE_COUNT_; s++) {
		const char *at = next[s];

		for (unsigned e = 0; e < BGP_EVENT_COUNT_; e++) {
			size_t len = strcspn(at, " ");

			assert_in_range(len, 2, 3);
			cells[n] = (struct cell){ .state = s, .event = e };
			memcpy(cells[n].want, at, len);
			(void)snprintf(cells[n].name, sizeof(cells[n].name), "%s_%s",
				bgp_state_name(s), event_names[e]);
			at += len;
			at += strspn(at, " ");
			n++;
		}
		assert_int_equal(*at, '\0');
	}
	return n;
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(whoever_leaves_for_idle_closes),
		cmocka_unit_test(only_established_takes_updates),
		cmocka_unit_test(only_a_keepalive_in_open_confirm_establishes),
		cmocka_unit_test(timers_are_armed_where_they_are_due),
		cmocka_unit_test(states_have_the_words_of_the_rfc),
	};
	static struct cell cells[BGP_STATE_COUNT_ * BGP_EVENT_COUNT_];
	struct CMUnitTest tests[COUNT_OF(cells) + COUNT_OF(others)];
	size_t n = fill_cells(cells);

	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = cells[i].name,
			.test_func = cell_is_as_the_rfc_says,
			.initial_state = &cells[i],
		};
	memcpy(tests + n, others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_fsm", tests, NULL, NULL);
}
