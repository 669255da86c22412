/* SPDX-License-Identifier: Apache-2.0 */

#include "model/model.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

static const struct service *add_service(struct model *model, bool publish_not_ready)
{
	struct service *service = build_object(MODEL_SERVICE, "Service", "a", "web");

	build_label(&service->selector, "app", "web");
	service->publish_not_ready = publish_not_ready;
	model_put(model, &service->object);
	return service;
}

static struct pod *new_pod(const char *name, const char *ip, const char *ready)
{
	struct pod *pod = build_object(MODEL_POD, "Pod", "a", name);

	build_label(&pod->object.meta.labels, "app", "web");
	pod->pod_ip = xstrdup(ip);
	pod->node_name = xstrdup("node-a");
	pod->conditions.at = xnew(struct condition);
	pod->conditions.count = 1;
	pod->conditions.at[0] = (struct condition){ xstrdup("Ready"), xstrdup(ready) };
	return pod;
}

static void a_pod_is_an_endpoint_once_it_is_ready(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	const struct service *service = add_service(model, false);
	struct pod *leaving = new_pod("c", "10.0.0.3", "True");
	struct pod *done = new_pod("d", "10.0.0.4", "True");
	struct model_endpoints found;

	(void)state;
	leaving->object.meta.deleted_seconds = 1;
	done->phase = xstrdup("Succeeded");
	model_put(model, &new_pod("a", "10.0.0.1", "True")->object);
	model_put(model, &new_pod("b", "10.0.0.2", "False")->object);
	model_put(model, &leaving->object);
	model_put(model, &done->object);

	model_endpoints(model, service, &found);
	assert_int_equal(found.count, 3);
	assert_true(found.at[0].is_ready && found.at[0].is_serving);
	assert_false(found.at[1].is_ready || found.at[1].is_serving);
	assert_false(found.at[2].is_ready);
	assert_true(found.at[2].is_serving && found.at[2].is_terminating);
	model_endpoints_fini(&found);
}

static void publish_not_ready_addresses_makes_every_pod_ready(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	const struct service *service = add_service(model, true);
	struct model_endpoints found;

	(void)state;
	model_put(model, &new_pod("a", "10.0.0.1", "False")->object);
	model_endpoints(model, service, &found);
	assert_int_equal(found.count, 1);
	assert_true(found.at[0].is_ready);
	model_endpoints_fini(&found);
}

static struct endpoint_slice *new_slice(const char *name, const char *ip)
{
	struct endpoint_slice *slice = build_object(
		MODEL_ENDPOINT_SLICE, "EndpointSlice", "a", name);

	build_label(&slice->object.meta.labels, "kubernetes.io/service-name", "web");
	slice->endpoints.at = xnew(struct slice_endpoint);
	slice->endpoints.count = 1;
	build_string(&slice->endpoints.at[0].addresses, ip);
	slice->ports.at = xnew(struct endpoint_port);
	slice->ports.count = 1;
	slice->ports.at[0].name = xstrdup("http");
	slice->ports.at[0].port = (struct opt_int){ true, 8080 };
	return slice;
}

static void slices_win_over_pods_and_nil_means_ready(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	const struct service *service = add_service(model, false);
	struct service_port port = { .name = (char *)"http" };
	struct endpoint_slice *twin = new_slice("web-2", "10.0.0.9");
	struct model_endpoints found;

	(void)state;
	twin->endpoints.at[0].ready = (struct opt_bool){ true, false };
	model_put(model, &new_pod("a", "10.0.0.1", "True")->object);
	model_put(model, &new_slice("web-1", "10.0.0.9")->object);
	model_put(model, &twin->object);
	model_endpoints(model, service, &found);
	assert_int_equal(found.count, 1); /* the address of two slices counts once, at its best */
	assert_true(found.at[0].is_ready && found.at[0].is_serving && !found.at[0].is_terminating);
	assert_int_equal(model_endpoint_port(&found.at[0], &port), 8080);
	port.name = (char *)"metrics";
	assert_int_equal(model_endpoint_port(&found.at[0], &port), 0);
	model_endpoints_fini(&found);
}

static void a_named_target_port_is_found_in_the_pod(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	const struct service *service = add_service(model, false);
	struct pod *pod = new_pod("a", "10.0.0.1", "True");
	struct container_port *ports = xnew(struct container_port);
	struct service_port port = { .target_port = { .text = (char *)"web" } };
	struct model_endpoints found;

	(void)state;
	ports[0].name = xstrdup("web");
	ports[0].port = (struct opt_int){ true, 8081 };
	pod->containers.at = xnew(struct container);
	pod->containers.count = 1;
	pod->containers.at[0].ports.at = ports;
	pod->containers.at[0].ports.count = 1;
	model_put(model, &pod->object);
	model_endpoints(model, service, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(model_endpoint_port(&found.at[0], &port), 8081);
	port.target_port.text = (char *)"nowhere";
	assert_int_equal(model_endpoint_port(&found.at[0], &port), 0);
	model_endpoints_fini(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_is_an_endpoint_once_it_is_ready),
		cmocka_unit_test(publish_not_ready_addresses_makes_every_pod_ready),
		cmocka_unit_test(slices_win_over_pods_and_nil_means_ready),
		cmocka_unit_test(a_named_target_port_is_found_in_the_pod),
	};

	return cmocka_run_group_tests_name("model_endpoints", tests, NULL, NULL);
}
