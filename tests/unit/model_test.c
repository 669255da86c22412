/* SPDX-License-Identifier: Apache-2.0 */

#include "model/model.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

static struct service *service_of(const char *ns, const char *name)
{
	return build_object(MODEL_SERVICE, "Service", ns, name);
}

/* Takes the dirty Services as one text, "ns/name ns/name", with "* " in front if all are. */
static void assert_dirty(struct model *model, const char *want)
{
	struct model_dirty dirty;
	char text[256] = "";

	model_take_dirty(model, &dirty);
	if (dirty.is_all)
		strcat(text, "* ");
	for (size_t i = 0; i < dirty.count; i++) {
		strcat(text, dirty.at[i].ns);
		strcat(text, "/");
		strcat(text, dirty.at[i].name);
		strcat(text, i + 1 < dirty.count ? " " : "");
	}
	assert_string_equal(text, want);
	model_dirty_fini(&dirty);
}

static void every_kind_has_a_table_and_can_be_made(void **state)
{
	static const char *const names[][2] = {
		{ "v1", "Service" },
		{ "discovery.k8s.io/v1", "EndpointSlice" },
		{ "v1", "Endpoints" },
		{ "v1", "Pod" },
		{ "v1", "Node" },
		{ "v1", "Namespace" },
		{ "v1", "Secret" },
		{ "apps/v1", "Deployment" },
		{ "batch/v1", "CronJob" },
		{ "v1", "ReplicationController" },
		{ "metallb.io/v1beta1", "IPAddressPool" },
		{ "metallb.io/v1beta1", "L2Advertisement" },
		{ "metallb.io/v1beta1", "BGPAdvertisement" },
		{ "metallb.io/v1beta1", "BGPPeer" },
		{ "metallb.io/v1beta2", "BGPPeer" },
		{ "metallb.io/v1beta1", "BFDProfile" },
		{ "metallb.io/v1beta1", "Community" },
	};
	bool seen[MODEL_KIND_COUNT_] = { false };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		auto_(object_freep) struct object *object = NULL;
		const char *kind_name;
		enum model_kind kind;

		assert_int_equal(model_kind_find(names[i][0], names[i][1], &kind, &kind_name), 0);
		assert_non_null(model_kind_schema(names[i][0], names[i][1]));
		object = object_new(kind, kind_name);
		assert_string_equal(object->kind_name, names[i][1]);
		seen[kind] = true;
	}
	for (size_t i = 0; i < MODEL_KIND_COUNT_; i++)
		assert_true(seen[i]);
}

static void an_equal_object_changes_nothing(void **state)
{
	auto_(model_freep) struct model *model = model_new();

	(void)state;
	assert_true(model_put(model, &service_of("a", "web")->object));
	assert_dirty(model, "a/web");
	assert_false(model_put(model, &service_of("a", "web")->object));
	assert_dirty(model, "");
	assert_int_equal(model_count(model, MODEL_SERVICE), 1);
}

static void objects_are_walked_in_order_of_their_names(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	const struct object *object;

	(void)state;
	model_put(model, &service_of("b", "a")->object);
	model_put(model, &service_of("a", "z")->object);
	model_put(model, &service_of("a", "b")->object);
	model_put(model, build_object(MODEL_NODE, "Node", NULL, "n"));
	object = model_first(model, MODEL_SERVICE);
	assert_string_equal(object->meta.name, "b");
	object = model_next(object);
	assert_string_equal(object->meta.name, "z");
	object = model_next(object);
	assert_string_equal(object->meta.name, "a");
	assert_null(model_next(object));
	assert_non_null(model_find(model, MODEL_NODE, NULL, "n"));
	assert_null(model_find(model, MODEL_NODE, NULL, "m"));
}

static void a_slice_concerns_its_service_alone(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	struct object *slice = build_object(MODEL_ENDPOINT_SLICE, "EndpointSlice", "a", "web-1");
	struct object_id id;

	(void)state;
	build_label(&slice->meta.labels, "kubernetes.io/service-name", "web");
	id = object_id(slice);
	model_put(model, &service_of("a", "web")->object);
	model_put(model, &service_of("a", "other")->object);
	assert_dirty(model, "a/other a/web");
	model_put(model, slice);
	assert_dirty(model, "a/web");
	assert_true(model_remove(model, &id));
	assert_dirty(model, "a/web");
}

static void a_pod_concerns_the_services_that_select_it(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	struct service *web = service_of("a", "web");
	struct service *other = service_of("a", "other");
	struct object *pod = build_object(MODEL_POD, "Pod", "a", "p");

	(void)state;
	build_label(&web->selector, "app", "web");
	build_label(&other->selector, "app", "other");
	build_label(&pod->meta.labels, "app", "web");
	build_label(&pod->meta.labels, "x", "y");
	model_put(model, &web->object);
	model_put(model, &other->object);
	assert_dirty(model, "a/other a/web");
	model_put(model, pod);
	assert_dirty(model, "a/web");
}

static void a_pool_concerns_every_service(void **state)
{
	auto_(model_freep) struct model *model = model_new();

	(void)state;
	model_put(model, &service_of("a", "web")->object);
	assert_dirty(model, "a/web");
	model_put(model, build_object(MODEL_POOL, "IPAddressPool", "metallb-system", "p"));
	assert_dirty(model, "* a/web");
	assert_dirty(model, "");
}

static void of_all_services_each_is_dirty_once_and_those_gone_too(void **state)
{
	static const char *const gone[] = { "a", "c", "z" };
	auto_(model_freep) struct model *model = model_new();

	(void)state;
	model_put(model, &service_of("a", "b")->object);
	model_put(model, &service_of("a", "d")->object);
	for (size_t i = 0; i < COUNT_OF(gone); i++)
		model_put(model, &service_of("a", gone[i])->object);
	assert_dirty(model, "a/a a/b a/c a/d a/z");
	for (size_t i = 0; i < COUNT_OF(gone); i++)
		assert_true(model_remove(
			model, &(struct object_id){ MODEL_SERVICE, "Service", "a", gone[i] }));
	model_put(model, &service_of("a", "e")->object);
	model_put(model, build_object(MODEL_NODE, "Node", NULL, "n"));
	assert_dirty(model, "* a/a a/b a/c a/d a/e a/z");
	assert_dirty(model, "");
}

static void an_empty_part_that_means_something_is_a_change(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	struct pool *pinned = build_object(MODEL_POOL, "IPAddressPool", "m", "p");

	(void)state;
	model_put(model, build_object(MODEL_POOL, "IPAddressPool", "m", "p"));
	pinned->has_service_allocation = true; /* serviceAllocation: {} */
	assert_true(model_put(model, &pinned->object));
}

static void workloads_of_one_name_live_side_by_side(void **state)
{
	auto_(model_freep) struct model *model = model_new();
	struct object_id id = { MODEL_WORKLOAD, "Deployment", "a", "web" };

	(void)state;
	model_put(model, build_object(MODEL_WORKLOAD, "Deployment", "a", "web"));
	model_put(model, build_object(MODEL_WORKLOAD, "StatefulSet", "a", "web"));
	assert_int_equal(model_count(model, MODEL_WORKLOAD), 2);
	assert_true(model_remove(model, &id));
	assert_false(model_remove(model, &id));
	assert_int_equal(model_count(model, MODEL_WORKLOAD), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_a_table_and_can_be_made),
		cmocka_unit_test(an_equal_object_changes_nothing),
		cmocka_unit_test(objects_are_walked_in_order_of_their_names),
		cmocka_unit_test(a_slice_concerns_its_service_alone),
		cmocka_unit_test(a_pod_concerns_the_services_that_select_it),
		cmocka_unit_test(a_pool_concerns_every_service),
		cmocka_unit_test(of_all_services_each_is_dirty_once_and_those_gone_too),
		cmocka_unit_test(an_empty_part_that_means_something_is_a_change),
		cmocka_unit_test(workloads_of_one_name_live_side_by_side),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
