/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "speaker/wanted.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

static struct {
	unsigned count;
	struct ip ip;
	unsigned ifindexes[8];
	size_t ifindex_count;
} told;

static void tell(void *user, const struct ip *ip, const unsigned *ifindexes, size_t count)
{
	(void)user;
	told.count++;
	told.ip = *ip;
	told.ifindex_count = count;
	if (count > 0)
		memcpy(told.ifindexes, ifindexes, count * sizeof(ifindexes[0]));
}

/* A Service that wants 192.0.2.1 on the links @ifindexes, which is borrowed. */
static struct service_plan wish(enum plan_reason reason, unsigned *ifindexes, size_t count)
{
	struct service_plan service = { .address_count = 1 };

	service.addresses[0] = (struct plan_address){
		.reason = reason,
		.ifindexes = ifindexes,
		.ifindex_count = count,
	};
	assert_int_equal(ip_parse("192.0.2.1", &service.addresses[0].ip), 0);
	return service;
}

static unsigned take_all(struct wanted *wanted)
{
	told.count = 0;
	wanted_take(wanted, tell, NULL);
	return told.count;
}

static void an_address_is_told_of_when_it_comes_and_when_it_goes(void **state)
{
	auto_(wanted_freep) struct wanted *wanted = wanted_new();
	unsigned one[] = { 3 };
	struct service_plan service = wish(PLAN_PASSED, one, 1);

	(void)state;
	wanted_change(wanted, NULL, &service);
	assert_int_equal(take_all(wanted), 1);
	assert_int_equal(told.ifindex_count, 1);
	assert_int_equal(told.ifindexes[0], 3);
	assert_int_equal(take_all(wanted), 0);
	wanted_change(wanted, &service, NULL);
	assert_int_equal(take_all(wanted), 1);
	assert_int_equal(told.ifindex_count, 0);
}

static void a_shared_address_stays_until_the_last_service_goes(void **state)
{
	auto_(wanted_freep) struct wanted *wanted = wanted_new();
	unsigned one[] = { 3 };
	struct service_plan service = wish(PLAN_PASSED, one, 1);

	(void)state;
	wanted_change(wanted, NULL, &service);
	wanted_change(wanted, NULL, &service);
	assert_int_equal(take_all(wanted), 1);
	wanted_change(wanted, &service, NULL);
	assert_int_equal(take_all(wanted), 0);
	wanted_change(wanted, &service, NULL);
	assert_int_equal(take_all(wanted), 1);
}

static void sharers_are_announced_on_the_links_of_both(void **state)
{
	auto_(wanted_freep) struct wanted *wanted = wanted_new();
	unsigned left[] = { 3, 5 };
	unsigned right[] = { 2, 5 };
	struct service_plan a = wish(PLAN_PASSED, left, 2);
	struct service_plan b = wish(PLAN_PASSED, right, 2);

	(void)state;
	wanted_change(wanted, NULL, &a);
	wanted_change(wanted, NULL, &b);
	assert_int_equal(take_all(wanted), 1);
	assert_int_equal(told.ifindex_count, 3);
	assert_int_equal(told.ifindexes[0], 2);
	assert_int_equal(told.ifindexes[2], 5);
}

static void what_did_not_pass_is_not_wanted(void **state)
{
	auto_(wanted_freep) struct wanted *wanted = wanted_new();
	unsigned one[] = { 3 };
	struct service_plan refused = wish(PLAN_NO_ENDPOINTS, one, 1);
	struct service_plan passed = wish(PLAN_PASSED, one, 1);

	(void)state;
	wanted_change(wanted, NULL, &refused);
	assert_int_equal(take_all(wanted), 0);
	wanted_change(wanted, &refused, &passed);
	assert_int_equal(take_all(wanted), 1);
}

static void what_went_and_came_within_a_turn_is_not_told(void **state)
{
	auto_(wanted_freep) struct wanted *wanted = wanted_new();
	unsigned one[] = { 3 };
	struct service_plan service = wish(PLAN_PASSED, one, 1);

	(void)state;
	wanted_change(wanted, NULL, &service);
	(void)take_all(wanted);
	wanted_change(wanted, &service, NULL);
	wanted_change(wanted, NULL, &service);
	assert_int_equal(take_all(wanted), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_told_of_when_it_comes_and_when_it_goes),
		cmocka_unit_test(a_shared_address_stays_until_the_last_service_goes),
		cmocka_unit_test(sharers_are_announced_on_the_links_of_both),
		cmocka_unit_test(what_did_not_pass_is_not_wanted),
		cmocka_unit_test(what_went_and_came_within_a_turn_is_not_told),
	};

	return cmocka_run_group_tests_name("speaker_wanted", tests, NULL, NULL);
}
