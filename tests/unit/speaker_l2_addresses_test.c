/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/l2_addresses.h"

#include "base/mem.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum {
	NODES = 3,
	ADDRESSES = 20,
};

static struct membership_node nodes[NODES] = {
	{ .name = (char *)"a" },
	{ .name = (char *)"b" },
	{ .name = (char *)"c" },
};

static const struct membership_snapshot cluster = { .nodes = nodes, .node_count = NODES };

static struct ip ip_number(size_t i)
{
	return ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)i });
}

/* A Service whose only address is number @i, with the candidates of @heirs ("abc"), on link @link. */
static struct service_plan *plan_of(size_t i, const char *heirs, unsigned link)
{
	struct service_plan *plan = xnew(struct service_plan);
	struct plan_address *address = &plan->addresses[0];

	plan->ns = xstrdup("default");
	plan->name = xstrdup("web");
	plan->address_count = 1;
	address->ip = ip_number(i);
	address->heir_count = strlen(heirs);
	address->heirs = xnew_array(char *, address->heir_count + 1);
	for (size_t k = 0; k < address->heir_count; k++)
		address->heirs[k] = xstrndup(heirs + k, 1);
	if (link > 0)
		address->ifindexes = xmemdup(&link, sizeof(link));
	address->ifindex_count = link > 0;
	return plan;
}

struct fixture {
	struct l2_addresses *addresses;
	struct membership_changes changes; /* the last */
};

static int setup(void **state)
{
	struct fixture *f = xnew(struct fixture);

	f->addresses = l2_addresses_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	l2_addresses_free(f->addresses);
	free(f);
	return 0;
}

static void told(struct fixture *f, bool is_whole, bool is_spread)
{
	f->changes = l2_addresses_take(f->addresses, &cluster, is_whole, is_spread);
}

/* @candidates as "abc" */
static void assert_put(const struct fixture *f, size_t at, size_t i, const char *candidates)
{
	const struct ownership_address *put = &f->changes.puts[at];
	const struct ip ip = ip_number(i);

	assert_true(at < f->changes.put_count);
	assert_true(ip_equal(&put->ip, &ip));
	assert_int_equal(put->count, strlen(candidates));
	for (size_t k = 0; k < put->count; k++)
		assert_int_equal(put->candidates[k], candidates[k] - 'a');
}

static void only_what_changed_is_told_and_once(void **state)
{
	struct fixture *f = *state;
	auto_(service_plan_freep) struct service_plan *one = plan_of(1, "abc", 4);
	auto_(service_plan_freep) struct service_plan *two = plan_of(2, "bca", 4);
	auto_(service_plan_freep) struct service_plan *other = plan_of(2, "cab", 4);

	l2_addresses_change(f->addresses, NULL, one);
	l2_addresses_change(f->addresses, NULL, two);
	told(f, false, false);
	assert_int_equal(f->changes.put_count, 2);
	assert_int_equal(f->changes.told_after, 2);
	told(f, false, false);
	assert_int_equal(f->changes.put_count + f->changes.drop_count, 0);
	l2_addresses_change(f->addresses, two, other);
	told(f, false, false);
	assert_int_equal(f->changes.put_count, 1);
	assert_put(f, 0, 2, "cab");
	told(f, true, false);
	assert_int_equal(f->changes.put_count, 2);
	assert_put(f, 0, 1, "abc");
	assert_put(f, 1, 2, "cab");
}

static void a_plan_with_the_same_candidates_is_no_news(void **state)
{
	struct fixture *f = *state;
	auto_(service_plan_freep) struct service_plan *before = plan_of(1, "abc", 4);
	auto_(service_plan_freep) struct service_plan *after = plan_of(1, "abc", 4);

	l2_addresses_change(f->addresses, NULL, before);
	told(f, false, false);
	l2_addresses_change(f->addresses, before, after);
	told(f, false, false);
	assert_int_equal(f->changes.put_count + f->changes.drop_count, 0);
	l2_addresses_change(f->addresses, after, NULL);
	told(f, false, false);
	assert_int_equal(f->changes.put_count, 0);
	assert_int_equal(f->changes.drop_count, 1);
	assert_int_equal(f->changes.told_after, 0);
}

static void a_link_that_changes_is_news(void **state)
{
	struct fixture *f = *state;
	auto_(service_plan_freep) struct service_plan *before = plan_of(1, "abc", 4);
	auto_(service_plan_freep) struct service_plan *after = plan_of(1, "abc", 0);

	l2_addresses_change(f->addresses, NULL, before);
	told(f, false, false);
	assert_int_equal(f->changes.puts[0].links[0], 4);
	l2_addresses_change(f->addresses, before, after);
	told(f, false, false);
	assert_int_equal(f->changes.put_count, 1);
	assert_int_equal(f->changes.puts[0].link_count, 0);
}

static void of_services_that_share_an_address_the_one_with_most_candidates_counts(void **state)
{
	struct fixture *f = *state;
	auto_(service_plan_freep) struct service_plan *few = plan_of(1, "bc", 4);
	auto_(service_plan_freep) struct service_plan *most = plan_of(1, "cab", 4);
	struct ip ip = ip_number(1);

	l2_addresses_change(f->addresses, NULL, few);
	l2_addresses_change(f->addresses, NULL, most);
	told(f, false, false);
	assert_int_equal(f->changes.put_count, 1);
	assert_put(f, 0, 1, "cab");
	l2_addresses_change(f->addresses, most, NULL);
	told(f, false, false);
	assert_put(f, 0, 1, "bc");
	assert_int_equal(l2_addresses_find(f->addresses, &ip).count, 2);
	l2_addresses_change(f->addresses, few, NULL);
	told(f, false, false);
	assert_int_equal(f->changes.drop_count, 1);
	assert_int_equal(l2_addresses_find(f->addresses, &ip).count, 0);
}

/* Whichever comes first: each node must come to the same. */
static void of_as_many_candidates_the_names_decide(void **state)
{
	auto_(service_plan_freep) struct service_plan *one = plan_of(1, "bca", 4);
	auto_(service_plan_freep) struct service_plan *two = plan_of(1, "bac", 4);
	struct fixture *f = *state;

	l2_addresses_change(f->addresses, NULL, one);
	l2_addresses_change(f->addresses, NULL, two);
	told(f, false, false);
	assert_put(f, 0, 1, "bac");
	l2_addresses_change(f->addresses, two, NULL);
	l2_addresses_change(f->addresses, one, NULL);
	told(f, false, false);
	l2_addresses_change(f->addresses, NULL, two);
	l2_addresses_change(f->addresses, NULL, one);
	told(f, false, false);
	assert_put(f, 0, 1, "bac");
}

static void spread_tells_of_those_that_it_moved(void **state)
{
	struct fixture *f = *state;
	struct service_plan *plans[ADDRESSES];
	size_t loads[NODES] = { 0 };

	for (size_t i = 0; i < ADDRESSES; i++) {
		plans[i] = plan_of(i, "abc", 4);
		l2_addresses_change(f->addresses, NULL, plans[i]);
	}
	told(f, true, false);
	told(f, false, true);
	assert_in_range(f->changes.put_count, ADDRESSES / 2, ADDRESSES - 1);
	told(f, true, true);
	assert_int_equal(f->changes.put_count, ADDRESSES);
	for (size_t i = 0; i < ADDRESSES; i++)
		loads[f->changes.puts[i].candidates[0]]++;
	for (size_t i = 0; i < NODES; i++)
		assert_in_range(loads[i], 1, 9); /* a quarter above 20 / 3 */
	for (size_t i = 0; i < ADDRESSES; i++) {
		l2_addresses_change(f->addresses, plans[i], NULL);
		service_plan_free(plans[i]);
	}
	told(f, false, true);
	assert_int_equal(f->changes.drop_count, ADDRESSES);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(only_what_changed_is_told_and_once),
		FRESH(a_plan_with_the_same_candidates_is_no_news),
		FRESH(a_link_that_changes_is_news),
		FRESH(of_services_that_share_an_address_the_one_with_most_candidates_counts),
		FRESH(of_as_many_candidates_the_names_decide),
		FRESH(spread_tells_of_those_that_it_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
