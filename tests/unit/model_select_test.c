/* SPDX-License-Identifier: Apache-2.0 */

#include "model/select.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/model_build.h"

struct match_case {
	const char *name;
	enum selector_op op;
	const char *key;
	const char *value;
	bool matches;
};

/* Against the labels app=web, tier=front. */
/* clang-format off */
static struct match_case cases[] = {
	{ "in_matches_a_listed_value",              SELECTOR_IN,             "app",  "web",  true },
	{ "in_does_not_match_another_value",        SELECTOR_IN,             "app",  "db",   false },
	{ "in_does_not_match_a_missing_label",      SELECTOR_IN,             "zone", "a",    false },
	{ "not_in_matches_another_value",           SELECTOR_NOT_IN,         "app",  "db",   true },
	{ "not_in_matches_a_missing_label",         SELECTOR_NOT_IN,         "zone", "a",    true },
	{ "not_in_does_not_match_a_listed_value",   SELECTOR_NOT_IN,         "app",  "web",  false },
	{ "exists_matches_a_present_label",         SELECTOR_EXISTS,         "tier", NULL,   true },
	{ "exists_does_not_match_a_missing_label",  SELECTOR_EXISTS,         "zone", NULL,   false },
	{ "does_not_exist_matches_a_missing_label", SELECTOR_DOES_NOT_EXIST, "zone", NULL,   true },
	{ "an_absent_operator_selects_nothing",     SELECTOR_NONE,           "app",  "web",  false },
};
/* clang-format on */

static void matches_as_said(void **state)
{
	const struct match_case *c = *state;
	struct object *object = build_object(MODEL_POD, "Pod", "a", "p");
	char *values[] = { (char *)c->value };
	struct selector_expression expression = {
		.key = (char *)c->key,
		.op = (uint8_t)c->op,
		.values = { .at = values, .count = c->value ? 1 : 0 },
	};
	struct selector selector = { .expressions = { .at = &expression, .count = 1 } };

	build_label(&object->meta.labels, "app", "web");
	build_label(&object->meta.labels, "tier", "front");
	assert_int_equal(selector_matches(&selector, &object->meta.labels), c->matches);
	object_free(object);
}

static void an_empty_service_selector_selects_no_pod(void **state)
{
	struct labels none = { 0 };

	(void)state;
	assert_false(labels_select(&none, &none));
}

static void the_new_annotation_prefix_wins_even_when_empty(void **state)
{
	struct service *service = build_object(MODEL_SERVICE, "Service", "a", "web");
	struct labels *annotations = &service->object.meta.annotations;

	(void)state;
	build_label(annotations, "metallb.universe.tf/address-pool", "old");
	assert_string_equal(service_annotation(service, "address-pool"), "old");
	build_label(annotations, "metallb.io/address-pool", "");
	assert_string_equal(service_annotation(service, "address-pool"), "");
	assert_null(service_annotation(service, "loadBalancerIPs"));
	object_free(&service->object);
}

static void families_follow_the_cluster_addresses(void **state)
{
	struct service *service = build_object(MODEL_SERVICE, "Service", "a", "web");
	struct service_families families;

	(void)state;
	build_string(&service->ip_families, "IPv6");
	families = service_families(service);
	assert_true(families.v6 && families.v6_first && !families.v4);
	build_string(&service->cluster_ips, "10.0.0.1");
	build_string(&service->cluster_ips, "fd00::1");
	families = service_families(service);
	assert_true(families.v4 && families.v6 && !families.v6_first);
	object_free(&service->object);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(an_empty_service_selector_selects_no_pod),
		cmocka_unit_test(the_new_annotation_prefix_wins_even_when_empty),
		cmocka_unit_test(families_follow_the_cluster_addresses),
	};
	struct CMUnitTest tests[COUNT_OF(cases)];
	int failed;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = matches_as_said,
			.initial_state = &cases[i],
		};
	failed = cmocka_run_group_tests_name("model_select", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("model_select_others", others, NULL, NULL);
}
