/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The wire thread as JSON.
 */

#include "base/clock.h"
#include "speaker/state.h"

#include <string.h>

static const char *state_of(bool is_so, int error)
{
	if (is_so)
		return "yes";
	return error < 0 ? strerror(-error) : "not asked for";
}

json_t *view_wire(const struct speaker *speaker)
{
	struct wire_view view;

	wire_view(speaker->wire, &view);
	return json_pack("{s:s, s:i, s:s, s:I, s:I, s:I, s:f}", "realtime",
		state_of(view.is_realtime, view.realtime_error), "priority",
		(int)speaker->settings->wire.priority, "memory_locked",
		state_of(view.is_locked, view.lock_error), "jobs", (json_int_t)view.jobs,
		"events_lost", (json_int_t)view.events_lost, "stalls", (json_int_t)view.stalls,
		"longest_sleep_ms", (double)view.longest_sleep_ns / (double)NS_PER_MS);
}
