/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "plan/elect.h"
#include "plan/spread.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

enum {
	NODES = 5,
	ADDRESSES_MAX = 200,
};

struct orders {
	struct ownership_address addresses[ADDRESSES_MAX];
	uint16_t candidates[ADDRESSES_MAX * NODES];
	uint16_t plain[ADDRESSES_MAX * NODES];
};

/* MetalLB's order of n0 to n4 for 10.0.0.0, 10.0.0.1 and so on. */
static void fill(struct orders *o, size_t count)
{
	static const char *const names[] = { "n0", "n1", "n2", "n3", "n4" };

	for (size_t i = 0; i < count; i++) {
		struct candidate candidates[NODES];
		struct ip ip = ip_from_bytes(AF_INET, (uint8_t[]){ 10, 0, 0, (uint8_t)i });

		for (size_t n = 0; n < NODES; n++) {
			candidates[n] = (struct candidate){ .node = names[n] };
			elect_hash(names[n], &ip, candidates[n].hash);
		}
		elect_sort(candidates, NODES);
		for (size_t n = 0; n < NODES; n++)
			o->candidates[i * NODES + n] = (uint16_t)(candidates[n].node[1] - '0');
		o->addresses[i] = (struct ownership_address){
			.ip = ip,
			.candidates = o->candidates + i * NODES,
			.count = NODES,
		};
	}
	memcpy(o->plain, o->candidates, sizeof(o->plain));
}

static void no_node_is_first_for_more_than_its_share(void **state)
{
	static struct orders o;

	(void)state;
	for (size_t count = 1; count <= ADDRESSES_MAX; count++) {
		size_t loads[NODES] = { 0 };

		fill(&o, count);
		(void)spread_orders(o.candidates, o.addresses, count, NODES);
		for (size_t i = 0; i < count; i++)
			loads[o.candidates[i * NODES]]++;
		for (size_t n = 0; n < NODES; n++)
			assert_true(loads[n] * NODES * 4 < count * 5 + NODES * 4);
	}
}

static void most_addresses_keep_their_first_node(void **state)
{
	static struct orders o;

	(void)state;
	fill(&o, ADDRESSES_MAX);
	assert_in_range(spread_orders(o.candidates, o.addresses, ADDRESSES_MAX, NODES), 0,
		ADDRESSES_MAX / 10);
}

static void orders_keep_all_candidates(void **state)
{
	static struct orders o;

	(void)state;
	fill(&o, ADDRESSES_MAX);
	(void)spread_orders(o.candidates, o.addresses, ADDRESSES_MAX, NODES);
	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		unsigned seen = 0;

		for (size_t n = 0; n < NODES; n++)
			seen |= 1U << o.candidates[i * NODES + n];
		assert_int_equal(seen, (1U << NODES) - 1);
	}
}

static void candidates_of_one_node_stay_there(void **state)
{
	static struct orders o;

	(void)state;
	fill(&o, 10);
	for (size_t i = 0; i < 10; i++) {
		o.addresses[i].count = 1;
		o.candidates[i * NODES] = 3;
	}
	assert_int_equal(spread_orders(o.candidates, o.addresses, 10, NODES), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_node_is_first_for_more_than_its_share),
		cmocka_unit_test(most_addresses_keep_their_first_node),
		cmocka_unit_test(orders_keep_all_candidates),
		cmocka_unit_test(candidates_of_one_node_stay_there),
	};

	return cmocka_run_group_tests_name("plan_spread", tests, NULL, NULL);
}
