/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What no manifest can bring here, since it is refused before: another source of objects may have
 * judged less.
 */

#include "base/mem.h"
#include "haproxy-gen/want.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

#include <string.h>

struct row {
	const char *name;
	const char *ranges[3];
	bool is_open_to_all;
	size_t count; /* ranges that let in */
	bool is_told;
};

static const struct row rows[] = {
	{ "without_ranges_all_are_let_in", { NULL }, true, 0, false },
	{ "one_range_lets_in", { "192.0.2.0/24" }, false, 1, false },
	{ "one_that_can_not_be_read_lets_nobody_in",
		{ "192.0.2.0"
		  "/33" },
		false, 0, true },
	{ "one_among_good_ones_lets_nobody_in", { "10.0.0.0/8", "what", "192.0.2.0/24" }, false, 0,
		true },
	{ "one_with_more_behind_it_lets_nobody_in", { "10.0.0.0/8 x" }, false, 0, true },
	{ "one_of_endless_text_lets_nobody_in",
		{ "10.0.0.0/8888888888888888888888888888888888888888888888888888888888888888" },
		false, 0, true },
	{ "an_empty_one_lets_nobody_in", { "" }, false, 0, true },
	{ "spaces_around_one_are_nothing", { " 192.0.2.0/24 " }, false, 1, false },
	{ "one_of_the_other_family_lets_nobody_in_here", { "2001:db8::/32" }, false, 0, false },
};

static void put_service(struct model *model, const struct row *row)
{
	struct service *service = build_object(MODEL_SERVICE, "Service", "default", "web");

	service->type = SERVICE_LOAD_BALANCER;
	service->ports.at = xcalloc(1, sizeof(service->ports.at[0]));
	service->ports.count = 1;
	service->ports.at[0].port = (struct opt_int){ true, 80 };
	service->ports.at[0].node_port = (struct opt_int){ true, 30080 };
	service->ingress.at = xcalloc(1, sizeof(service->ingress.at[0]));
	service->ingress.count = 1;
	service->ingress.at[0].ip = xstrdup("198.51.100.1");
	for (size_t i = 0; i < COUNT_OF(row->ranges) && row->ranges[i]; i++)
		build_string(&service->source_ranges, row->ranges[i]);
	(void)model_put(model, &service->object);
}

static bool is_told(const struct want *want)
{
	for (size_t i = 0; i < want->refusal_count; i++) {
		if (want->refusals[i].reason == WANT_BAD_SOURCE_RANGE)
			return true;
	}
	return false;
}

static void ranges_are_as_the_row_says(void **state)
{
	const struct row *row = *state;
	struct model *model = model_new();
	struct gen_settings *settings = gen_settings_new();
	struct want *want;

	put_service(model, row);
	want = want_new(&(struct want_input){ .model = model, .settings = settings });
	assert_int_equal(want->listen_count, 1);
	assert_int_equal(want->listens[0].ranges.is_all, row->is_open_to_all);
	assert_int_equal(want->listens[0].ranges.count, row->count);
	assert_int_equal(is_told(want), row->is_told);
	want_free(want);
	gen_settings_free(settings);
	model_free(model);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(rows)];

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[i] = (struct CMUnitTest){ rows[i].name, ranges_are_as_the_row_says, NULL,
			NULL, (void *)(uintptr_t)&rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
