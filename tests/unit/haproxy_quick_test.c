/* SPDX-License-Identifier: Apache-2.0 */

/* The short way from a change to the text and the commands is the long one, or it is not taken. */

#include "base/mem.h"
#include "haproxy-gen/quick.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

#include <stdio.h>
#include <string.h>

enum {
	NODES = 5,
	SERVICES = 12,
	ROUNDS = 400,
};

struct fixture {
	struct model *model;
	struct gen_settings *settings;
	struct quick quick;
	uint32_t random;
};

static uint32_t below(struct fixture *f, uint32_t limit)
{
	f->random = f->random * UINT32_C(1664525) + UINT32_C(1013904223);
	return (f->random >> 8) % limit;
}

static void put_node(struct fixture *f, unsigned number, bool is_cordoned)
{
	auto_(freep) char *name = xasprintf("node-%u", number);
	struct node *node = build_object(MODEL_NODE, "Node", NULL, name);

	node->unschedulable = is_cordoned;
	node->addresses.at = xcalloc(1, sizeof(node->addresses.at[0]));
	node->addresses.count = 1;
	node->addresses.at[0].type = xstrdup("InternalIP");
	node->addresses.at[0].address = xasprintf("192.0.2.%u", number + 1);
	(void)model_put(f->model, &node->object);
}

/* Odd ones have externalTrafficPolicy Local; @ports ports from 80 on. */
static void put_ports(
	struct fixture *f, unsigned number, unsigned address, int64_t created, unsigned ports)
{
	auto_(freep) char *name = xasprintf("s%u", number);
	struct service *service = build_object(MODEL_SERVICE, "Service", "default", name);

	service->object.meta.created_seconds = created;
	service->type = SERVICE_LOAD_BALANCER;
	service->external_traffic_policy = number % 2 ? TRAFFIC_LOCAL : TRAFFIC_CLUSTER;
	service->health_check_node_port = (struct opt_int){ true, 32000 };
	service->ports.at = xcalloc(ports, sizeof(service->ports.at[0]));
	service->ports.count = ports;
	for (unsigned i = 0; i < ports; i++) {
		service->ports.at[i].port = (struct opt_int){ true, 80 + i };
		service->ports.at[i].node_port = (struct opt_int){ true, 30000 + 100 * i + number };
	}
	service->ingress.at = xcalloc(1, sizeof(service->ingress.at[0]));
	service->ingress.count = 1;
	service->ingress.at[0].ip = xasprintf("198.51.100.%u", address);
	(void)model_put(f->model, &service->object);
}

/* A third of them has two ports. */
static void put_service(struct fixture *f, unsigned number, unsigned address, int64_t created)
{
	put_ports(f, number, address, created, number % 3 == 0 ? 2 : 1);
}

/* Bit n of @nodes: there is a ready endpoint on node-n. */
static void put_slice(struct fixture *f, unsigned number, unsigned nodes)
{
	auto_(freep) char *name = xasprintf("s%u-1", number);
	auto_(freep) char *service = xasprintf("s%u", number);
	struct endpoint_slice *slice = build_object(
		MODEL_ENDPOINT_SLICE, "EndpointSlice", "default", name);

	build_label(&slice->object.meta.labels, "kubernetes.io/service-name", service);
	slice->ports.at = xnew(struct endpoint_port);
	slice->ports.count = 1;
	slice->ports.at[0].port = (struct opt_int){ true, 8080 };
	slice->endpoints.at = xcalloc(NODES, sizeof(slice->endpoints.at[0]));
	for (unsigned n = 0; n < NODES; n++) {
		struct slice_endpoint *endpoint = &slice->endpoints.at[slice->endpoints.count];
		auto_(freep) char *ip = xasprintf("10.1.%u.%u", number, n + 1);

		if (!(nodes & 1U << n))
			continue;
		build_string(&endpoint->addresses, ip);
		endpoint->node_name = xasprintf("node-%u", n);
		slice->endpoints.count++;
	}
	(void)model_put(f->model, &slice->object);
}

static struct want_input input_of(struct fixture *f)
{
	return (struct want_input){
		.model = f->model, .settings = f->settings, .slots = &f->quick.slots
	};
}

static struct render_input rendering_of(struct fixture *f)
{
	return (struct render_input){ .settings = f->settings, .version = { 2, 6, true } };
}

/* The long way. */
static void make(struct fixture *f, struct strbuf *text, size_t *ret_servers)
{
	const struct want_input input = input_of(f);
	struct render_input rendering = rendering_of(f);
	auto_(want_freep) struct want *want = want_new(&input);

	rendering.want = want;
	render(&rendering, text);
	*ret_servers = 0;
	for (size_t i = 0; i < want->listen_count; i++)
		*ret_servers += want->listens[i].servers.count;
}

static void go_the_long_way(struct fixture *f)
{
	struct model_dirty dirty;
	struct strbuf text = { 0 };
	size_t servers;
	size_t len;

	model_take_dirty(f->model, &dirty);
	model_dirty_fini(&dirty);
	make(f, &text, &servers);
	len = text.len;
	quick_set(&f->quick, strbuf_take(&text), len);
}

static bool go_the_short_way(struct fixture *f, struct quick_step *step)
{
	const struct want_input input = input_of(f);
	const struct render_input rendering = rendering_of(f);
	auto_(model_dirty_fini) struct model_dirty dirty = { 0 };

	model_take_dirty(f->model, &dirty);
	return quick_find(&f->quick, &rendering, &input, &dirty, step);
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	f->model = model_new();
	f->settings = gen_settings_new();
	f->random = 1;
	for (unsigned i = 0; i < NODES; i++)
		put_node(f, i, false);
	for (unsigned i = 0; i < SERVICES; i++) {
		put_service(f, i, i + 1, 100);
		put_slice(f, i, 3);
	}
	go_the_long_way(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	quick_fini(&f->quick);
	gen_settings_free(f->settings);
	model_free(f->model);
	free(f);
	return 0;
}

static void commands_equal(const struct change *a, const struct change *b)
{
	assert_int_equal(a->command_count, b->command_count);
	for (size_t i = 0; i < a->command_count; i++)
		assert_string_equal(a->commands[i].text, b->commands[i].text);
}

static void sections_are_those_of_the_text(const struct quick *quick)
{
	struct sections again = { 0 };

	sections_read(&again, (struct change_text){ quick->text, quick->len });
	assert_int_equal(quick->sections.count, again.count);
	for (size_t i = 0; i < again.count; i++) {
		assert_ptr_equal(quick->sections.at[i].key.at, again.at[i].key.at);
		assert_int_equal(quick->sections.at[i].key.len, again.at[i].key.len);
		assert_ptr_equal(quick->sections.at[i].text.at, again.at[i].text.at);
		assert_int_equal(quick->sections.at[i].text.len, again.at[i].text.len);
	}
	sections_fini(&again);
}

static void a_moved_endpoint_is_the_same_both_ways(void **state)
{
	struct fixture *f = *state;
	unsigned changed = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		auto_(quick_step_finip) struct quick_step step = { 0 };
		auto_(change_finip) struct change change = { 0 };
		auto_(strbuf_finip) struct strbuf text = { 0 };
		size_t before, after;

		make(f, &text, &before);
		assert_string_equal(f->quick.text, text.text);
		for (unsigned i = below(f, 3); i <= 2; i++)
			put_slice(f, below(f, SERVICES), 1 + below(f, (1 << NODES) - 1));
		strbuf_reset(&text);
		make(f, &text, &after);
		assert_true(go_the_short_way(f, &step));
		changed += step.count > 0;
		assert_int_equal(step.servers, (long)after - (long)before);
		change_find((struct change_text){ f->quick.text, f->quick.len },
			(struct change_text){ text.text, text.len }, &change);
		commands_equal(&step.change, &change);
		if (step.count > 0)
			quick_take(&f->quick, &step);
		assert_string_equal(f->quick.text, text.text);
		assert_int_equal(f->quick.len, text.len);
		sections_are_those_of_the_text(&f->quick);
	}
	assert_true(changed > ROUNDS / 4);
}

static void takes_the_long_way(struct fixture *f)
{
	struct quick_step step = { 0 };

	assert_false(go_the_short_way(f, &step));
}

static void a_node_that_changes_takes_the_long_way(void **state)
{
	put_node(*state, 1, true);
	takes_the_long_way(*state);
}

static void another_address_takes_the_long_way(void **state)
{
	put_service(*state, 1, 77, 100);
	takes_the_long_way(*state);
}

static void a_new_service_takes_the_long_way(void **state)
{
	put_service(*state, SERVICES, 77, 100);
	takes_the_long_way(*state);
}

static void a_new_port_takes_the_long_way(void **state)
{
	put_ports(*state, 1, 2, 100, 2);
	takes_the_long_way(*state);
}

static void a_port_that_goes_takes_the_long_way(void **state)
{
	put_ports(*state, 3, 4, 100, 1);
	takes_the_long_way(*state);
}

static void a_service_that_goes_takes_the_long_way(void **state)
{
	struct fixture *f = *state;
	const struct object_id id = { MODEL_SERVICE, "Service", "default", "s1" };

	assert_true(model_remove(f->model, &id));
	takes_the_long_way(f);
}

static void the_last_endpoint_that_goes_takes_the_long_way(void **state)
{
	put_slice(*state, 1, 0);
	takes_the_long_way(*state);
}

static void an_address_of_somebody_else_takes_the_long_way(void **state)
{
	put_service(*state, 1, 3, 200);
	takes_the_long_way(*state);
}

static void what_is_not_known_takes_the_long_way(void **state)
{
	struct fixture *f = *state;

	quick_fini(&f->quick);
	put_slice(f, 1, 1);
	takes_the_long_way(f);
}

static void a_change_without_a_meaning_changes_nothing(void **state)
{
	struct fixture *f = *state;
	auto_(quick_step_finip) struct quick_step step = { 0 };

	/* Endpoints do not count with externalTrafficPolicy Cluster. */
	put_slice(f, 2, 1);
	assert_true(go_the_short_way(f, &step));
	assert_int_equal(step.count, 0);
	assert_int_equal(step.change.command_count, 0);
}

static void a_service_without_a_listener_changes_nothing(void **state)
{
	struct fixture *f = *state;
	auto_(quick_step_finip) struct quick_step step = { 0 };
	struct service *service = build_object(MODEL_SERVICE, "Service", "default", "s");

	/* Its name begins those of all others. */
	service->type = SERVICE_CLUSTER_IP;
	(void)model_put(f->model, &service->object);
	assert_true(go_the_short_way(f, &step));
	assert_int_equal(step.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_moved_endpoint_is_the_same_both_ways),
		TEST(a_node_that_changes_takes_the_long_way),
		TEST(another_address_takes_the_long_way),
		TEST(a_new_service_takes_the_long_way),
		TEST(a_new_port_takes_the_long_way),
		TEST(a_port_that_goes_takes_the_long_way),
		TEST(a_service_without_a_listener_changes_nothing),
		TEST(a_service_that_goes_takes_the_long_way),
		TEST(the_last_endpoint_that_goes_takes_the_long_way),
		TEST(an_address_of_somebody_else_takes_the_long_way),
		TEST(what_is_not_known_takes_the_long_way),
		TEST(a_change_without_a_meaning_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
