/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "plan/sessions.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum {
	NODES_MAX = 1000,
	KEPT = 4, /* candidates beyond these play no part */
};

/* A cluster in which every node is a candidate for every address, in MetalLB's order. */
struct cluster {
	size_t nodes;
	size_t addresses;
	struct ownership_member *members;
	struct ownership_address *at;
	uint16_t *orders;
	struct ownership_snapshot snapshot;
};

static void cluster_fini(struct cluster *c)
{
	free(c->members);
	free(c->at);
	free(c->orders);
}

/* The real hash for a few; the rest of the order does not matter to who watches whom. */
static void first_candidates(uint16_t *order, size_t nodes, size_t address)
{
	uint64_t random = address * UINT64_C(0x9e3779b97f4a7c15) + 1;
	size_t count = nodes < KEPT ? nodes : KEPT;

	for (size_t i = 0; i < count; i++) {
		bool is_new;

		do {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			order[i] = (uint16_t)((random >> 20) % nodes);
			is_new = true;
			for (size_t k = 0; k < i; k++)
				is_new &= order[k] != order[i];
		} while (!is_new);
	}
}

static struct cluster cluster_of(size_t nodes, size_t addresses)
{
	struct cluster c = { .nodes = nodes, .addresses = addresses };
	size_t kept = nodes < KEPT ? nodes : KEPT;

	c.members = xnew_array(struct ownership_member, nodes);
	c.at = xnew_array(struct ownership_address, addresses);
	c.orders = xnew_array(uint16_t, addresses * KEPT);
	for (size_t i = 0; i < addresses; i++) {
		first_candidates(c.orders + i * KEPT, nodes, i);
		c.at[i] = (struct ownership_address){ .candidates = c.orders + i * KEPT,
			.count = kept };
	}
	c.snapshot = (struct ownership_snapshot){
		.members = c.members,
		.member_count = nodes,
		.addresses = c.at,
		.address_count = addresses,
	};
	return c;
}

/* Return: how many. */
static size_t choose(const struct cluster *c, const uint16_t *owners, bool *chosen)
{
	const struct ownership_snapshot *snapshot = &c->snapshot;
	size_t count = 0;

	sessions_begin(snapshot->member_count, chosen);
	for (size_t i = 0; !sessions_are_all(snapshot->member_count) && i < snapshot->address_count;
		i++)
		sessions_add(snapshot->self, snapshot->addresses[i].candidates,
			snapshot->addresses[i].count, owners ? owners[i] : OWNERSHIP_NOBODY,
			chosen);
	chosen[snapshot->self] = false;
	for (size_t i = 0; i < snapshot->member_count; i++)
		count += chosen[i];
	return count;
}

struct size_case {
	const char *name;
	size_t nodes;
	size_t addresses;
	size_t most; /* sessions of any node */
};

/* clang-format off */
static struct size_case sizes[] = {
	{ "three_nodes_watch_one_another",                        3, 1000,   2 },
	{ "sixteen_nodes_watch_one_another",                     16, 1000,  15 },
	{ "fifty_nodes_with_100_addresses_have_few_sessions",    50,  100,  30 },
	{ "fifty_nodes_with_1000_addresses_have_all",            50, 1000,  49 },
	{ "200_nodes_with_1000_addresses_stay_bounded",         200, 1000,  60 },
	{ "1000_nodes_with_100_addresses_have_few_sessions",   1000,  100,  10 },
	{ "1000_nodes_with_1000_addresses_have_few_sessions",  1000, 1000,  20 },
};
/* clang-format on */

/* The table that people read must be what the code does. */
static bool documents_say(const char *row)
{
	FILE *file = fopen(ARCHITECTURE, "re");
	char line[256];
	bool is_there = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		is_there |= strstr(line, row) != NULL;
	(void)fclose(file);
	return is_there;
}

static void sessions_stay_bounded(void **state)
{
	const struct size_case *c = *state;
	struct cluster cluster = cluster_of(c->nodes, c->addresses);
	bool chosen[NODES_MAX];
	size_t most = 0;
	size_t all = 0;
	uint32_t interval_ms;
	char row[128];

	for (uint16_t self = 0; self < c->nodes; self++) {
		size_t count;

		cluster.snapshot.self = self;
		count = choose(&cluster, NULL, chosen);
		most = count > most ? count : most;
		all += count;
	}
	interval_ms = sessions_interval_ms(100, most, c->nodes);
	(void)snprintf(row, sizeof(row), "| %zu, %zu | %g, %zu | %u ms | %zu |", c->nodes,
		c->addresses, (double)((10 * all + c->nodes / 2) / c->nodes) / 10.0, most,
		interval_ms, sessions_packets(most, c->nodes, interval_ms));
	assert_in_range(most, 1, c->most);
	assert_in_range(sessions_packets(most, c->nodes, sessions_interval_ms(1, most, c->nodes)),
		1, SESSIONS_PACKETS_MAX);
	if (!documents_say(row))
		fail_msg("docs/architecture.md has no row: %s", row);
	cluster_fini(&cluster);
}

static void both_ends_choose_the_session(void **state)
{
	struct cluster cluster = cluster_of(100, 300);
	static bool chosen[100][NODES_MAX];
	uint16_t owners[300];

	(void)state;
	for (size_t i = 0; i < 300; i++)
		owners[i] = i % 3 == 0 ? cluster.at[i].candidates[3] : OWNERSHIP_NOBODY;
	for (uint16_t self = 0; self < 100; self++) {
		cluster.snapshot.self = self;
		(void)choose(&cluster, owners, chosen[self]);
	}
	for (size_t a = 0; a < 100; a++) {
		for (size_t b = 0; b < 100; b++)
			assert_int_equal(chosen[a][b], chosen[b][a]);
	}
	/* An owner that is none of the first is watched by those that are. */
	assert_true(chosen[owners[0]][cluster.at[0].candidates[0]]);
	assert_true(chosen[owners[0]][cluster.at[0].candidates[1]]);
	cluster_fini(&cluster);
}

static void many_sessions_make_the_interval_longer(void **state)
{
	(void)state;
	assert_int_equal(sessions_interval_ms(100, 2, 3), 100);
	assert_int_equal(sessions_interval_ms(100, 60, 100), 100);
	assert_int_equal(sessions_interval_ms(100, 120, 200), 211);
	assert_int_equal(sessions_interval_ms(20, 49, 50), 76);
	assert_int_equal(sessions_interval_ms(100, 4095, 4096), UINT32_C(4680000));
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(both_ends_choose_the_session),
		cmocka_unit_test(many_sessions_make_the_interval_longer),
	};
	struct CMUnitTest tests[COUNT_OF(sizes)];
	int failed;

	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		tests[i] = (struct CMUnitTest){
			.name = sizes[i].name,
			.test_func = sessions_stay_bounded,
			.initial_state = &sizes[i],
		};
	failed = cmocka_run_group_tests_name("plan_sessions_sizes", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("plan_sessions", others, NULL, NULL);
}
