/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/debug.h"

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/state.h"

#include <string.h>
#include <time.h>

enum {
	STALL_MAX_MS = 10000
};

static void sleep_ms(uint64_t ms)
{
	const struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000 * NS_PER_MS),
	};

	(void)nanosleep(&time, NULL);
}

static void sleep_in_wire(struct wire_side *side, void *arg)
{
	(void)side;
	sleep_ms(*(const uint64_t *)arg);
}

/* "debug-stall" holds up the thread "main" or "wire" for "ms". */
bool debug_handle(struct speaker *speaker, const char *op, const json_t *args, json_t **ret_data,
	char **ret_error)
{
	const char *thread = json_string_value(json_object_get(args, "thread"));
	json_int_t ms = json_integer_value(json_object_get(args, "ms"));
	uint64_t wait_ms = (uint64_t)ms;

	if (strcmp(op, "debug-stall") != 0)
		return false;
	if (ms < 1 || ms > STALL_MAX_MS || !thread) {
		*ret_error = xstrdup("\"thread\" and \"ms\" from 1 to 10000 are needed");
		return true;
	}
	if (strcmp(thread, "wire") == 0)
		wire_call(speaker->wire, sleep_in_wire, &wait_ms);
	else
		sleep_ms(wait_ms);
	*ret_data = json_pack("{s:I}", "ms", ms);
	return true;
}
