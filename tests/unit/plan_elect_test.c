/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "plan/elect.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

/* Orders that MetalLB's election gives for these names. */
struct order_case {
	const char *name;
	const char *ip;
	const char *nodes[8];
};

/* clang-format off */
static struct order_case cases[] = {
	{ "node_abc_for_10_0_0_1", "10.0.0.1", { "node-b", "node-a", "node-c" } },
	{ "node_abc_for_10_0_0_2", "10.0.0.2", { "node-b", "node-c", "node-a" } },
	{ "iris_for_10_20_30_1", "10.20.30.1", { "iris2", "iris1" } },
	{ "iris_for_10_20_30_2", "10.20.30.2", { "iris1", "iris2" } },
	{ "nodeABC_for_240", "192.168.1.240", { "nodeB", "nodeA", "nodeC" } },
	{ "nodeABC_for_241", "192.168.1.241", { "nodeA", "nodeC", "nodeB" } },
	{ "workers_for_192_0_2_1", "192.0.2.1", { "worker-1", "worker-2", "worker-0" } },
	{ "workers_for_192_0_2_3", "192.0.2.3", { "worker-1", "worker-2", "worker-0" } },
	{ "workers_for_192_0_2_10", "192.0.2.10", { "worker-2", "worker-0", "worker-1" } },
	{ "workers_for_an_ipv6_address", "2001:db8::1", { "worker-0", "worker-2", "worker-1" } },
	{ "seven_for_198_51_100_7", "198.51.100.7", { "n5", "n1", "n6", "n4", "n2", "n3", "n7" } },
	{ "kind_for_172_18_255_200", "172.18.255.200", { "kind-worker2", "kind-worker", "kind-control-plane" } },
	{ "kind_for_an_ipv6_address", "2001:db8::10", { "kind-worker", "kind-worker2", "kind-control-plane" } },
};
/* clang-format on */

static void comes_out_in_metallbs_order(void **state)
{
	const struct order_case *c = *state;
	struct candidate candidates[8] = { 0 };
	struct ip ip = { 0 };
	size_t count = 0;

	assert_int_equal(ip_parse(c->ip, &ip), 0);
	while (count < 8 && c->nodes[count])
		count++;
	/* From the last to the first, so that doing nothing would fail. */
	for (size_t i = 0; i < count; i++) {
		candidates[i].node = c->nodes[count - 1 - i];
		elect_hash(candidates[i].node, &ip, candidates[i].hash);
	}
	elect_sort(candidates, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(candidates[i].node, c->nodes[i]);
}

static void a_preferred_node_comes_first(void **state)
{
	static const char *const want[] = { "edge-a", "edge-b", "worker-a", "worker-b" };
	struct candidate candidates[COUNT_OF(want)] = { 0 };
	struct ip ip = { 0 };

	(void)state;
	assert_int_equal(ip_parse("10.20.30.1", &ip), 0);
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		candidates[i].node = want[COUNT_OF(want) - 1 - i];
		candidates[i].score = strcmp(candidates[i].node, "edge-a") == 0 ? 100 : 0;
		elect_hash(candidates[i].node, &ip, candidates[i].hash);
	}
	elect_sort(candidates, COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_string_equal(candidates[i].node, want[i]);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_preferred_node_comes_first),
	};
	struct CMUnitTest tests[COUNT_OF(cases)];
	int failed;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = comes_out_in_metallbs_order,
			.initial_state = &cases[i],
		};
	failed = cmocka_run_group_tests_name("plan_elect", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("plan_elect_preferred", others, NULL, NULL);
}
