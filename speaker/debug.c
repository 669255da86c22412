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

/* Holds up the thread "main" or "wire" for "ms". */
static void do_stall(
	struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	const char *thread = json_string_value(json_object_get(args, "thread"));
	json_int_t ms = json_integer_value(json_object_get(args, "ms"));
	uint64_t wait_ms = (uint64_t)ms;

	if (ms < 1 || ms > STALL_MAX_MS || !thread) {
		*ret_error = xstrdup("\"thread\" and \"ms\" from 1 to 10000 are needed");
		return;
	}
	if (strcmp(thread, "wire") == 0)
		wire_call(speaker->wire, sleep_in_wire, &wait_ms);
	else
		sleep_ms(wait_ms);
	*ret_data = json_pack("{s:I}", "ms", ms);
}

/* A BFD session with "peer" over one hop, "interval_ms" x "multiplier". */
static void do_bfd(struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	const char *peer = json_string_value(json_object_get(args, "peer"));
	json_int_t interval_ms = json_integer_value(json_object_get(args, "interval_ms"));
	json_int_t multiplier = json_integer_value(json_object_get(args, "multiplier"));
	struct bfd_session_conf conf = {
		.timing = {
			.tx_us = (uint32_t)interval_ms * 1000,
			.rx_us = (uint32_t)interval_ms * 1000,
			.multiplier = (uint8_t)multiplier,
		},
	};

	if (!peer || ip_parse(peer, &conf.key.peer) < 0 || !bfd_timing_is_valid(&conf.timing)) {
		*ret_error = xstrdup("\"peer\", \"interval_ms\" and \"multiplier\" are needed");
		return;
	}
	wire_bfd_put(speaker->wire, &conf);
	*ret_data = json_pack("{s:s}", "peer", peer);
}

/* Where there is a sanitizer, it tells of each piece of memory that is taken or given back. */
int __sanitizer_install_malloc_and_free_hooks(
	void (*on_malloc)(const volatile void *address, size_t size),
	void (*on_free)(const volatile void *address)) __attribute__((weak));

/* Of this thread, while it counts. A hook has no other way to it. */
static _Thread_local struct {
	bool is_counting;
	uint64_t taken;
	uint64_t given;
} memory;

static void on_malloc(const volatile void *address, size_t size)
{
	(void)address;
	(void)size;
	memory.taken += memory.is_counting;
}

static void on_free(const volatile void *address)
{
	memory.given += memory.is_counting && address;
}

struct count {
	bool begins;
	uint64_t taken;
	uint64_t given;
};

static void count_in_wire(struct wire_side *side, void *arg)
{
	struct count *count = arg;

	(void)side;
	memory.is_counting = count->begins;
	if (count->begins) {
		memory.taken = 0;
		memory.given = 0;
	}
	count->taken = memory.taken;
	count->given = memory.given;
}

/* How often the wire thread took memory or gave some back since the request with "begin". */
static void do_memory(
	struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	static bool is_hooked;
	struct count count = { .begins = json_is_true(json_object_get(args, "begin")) };

	if (!__sanitizer_install_malloc_and_free_hooks) {
		*ret_error = xstrdup("only a sanitizer can count");
		return;
	}
	if (!is_hooked)
		is_hooked = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
	wire_call(speaker->wire, count_in_wire, &count);
	*ret_data = json_pack("{s:b, s:I, s:I}", "counting", is_hooked, "taken",
		(json_int_t)count.taken, "given", (json_int_t)count.given);
}

static void add_session(void *user, const struct bfd_session_view *view)
{
	char peer[IP_TEXT_SIZE];

	(void)json_array_append_new(user,
		json_pack("{s:s, s:s, s:i, s:I}", "peer", ip_format(&view->key.peer, peer), "state",
			bfd_state_name(view->session->state), "flaps", (int)view->session->flaps,
			"packets_in", (json_int_t)view->packets_in));
}

bool debug_handle(struct speaker *speaker, const char *op, const json_t *args, json_t **ret_data,
	char **ret_error)
{
	if (strcmp(op, "debug-stall") == 0) {
		do_stall(speaker, args, ret_data, ret_error);
		return true;
	}
	if (strcmp(op, "debug-memory") == 0) {
		do_memory(speaker, args, ret_data, ret_error);
		return true;
	}
	if (strcmp(op, "debug-bfd") == 0) {
		do_bfd(speaker, args, ret_data, ret_error);
		return true;
	}
	if (strcmp(op, "debug-bfd-sessions") == 0) {
		*ret_data = json_array();
		wire_bfd_visit(speaker->wire, add_session, *ret_data);
		return true;
	}
	return false;
}
