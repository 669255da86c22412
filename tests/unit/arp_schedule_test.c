/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/schedule.h"
#include "base/clock.h"
#include "tests/unit/cmocka_all.h"

static const struct announce_schedule usual = {
	.at_ms = { 0, 100, 1100, 2200, 5000 },
	.count = 5,
	.refresh_seconds = 60,
};

static void rounds_are_as_far_apart_as_written(void **state)
{
	(void)state;
	assert_int_equal(schedule_next(&usual, 0, 0), 100 * NS_PER_MS);
	assert_int_equal(schedule_next(&usual, 1, 0), 1000 * NS_PER_MS);
	assert_int_equal(schedule_next(&usual, 3, 0), 2800 * NS_PER_MS);
}

static void the_refresh_is_early_by_at_most_a_quarter(void **state)
{
	(void)state;
	for (uint32_t chance = 0; chance < 5000; chance += 7) {
		uint64_t wait = schedule_next(&usual, 4 + chance, chance);

		assert_in_range(wait, 45 * NS_PER_S, 60 * NS_PER_S);
	}
}

static void without_a_refresh_the_last_round_is_the_last(void **state)
{
	struct announce_schedule once = usual;

	(void)state;
	once.refresh_seconds = 0;
	assert_int_equal(schedule_next(&once, 4, 1), 0);
}

static void a_storm_is_paced_to_its_rate(void **state)
{
	struct frame_bucket bucket = { .per_second = 500, .burst = 500 };
	uint64_t now = NS_PER_S;
	uint64_t sent = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t wait = bucket_take(&bucket, 2, now);

		if (wait == 0)
			sent += 2;
		else
			now += wait;
		if (now >= 3 * NS_PER_S)
			break;
	}
	assert_in_range(sent, 1450, 1510); /* the burst and two seconds of 500 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_are_as_far_apart_as_written),
		cmocka_unit_test(the_refresh_is_early_by_at_most_a_quarter),
		cmocka_unit_test(without_a_refresh_the_last_round_is_the_last),
		cmocka_unit_test(a_storm_is_paced_to_its_rate),
	};

	return cmocka_run_group_tests_name("arp_schedule", tests, NULL, NULL);
}
