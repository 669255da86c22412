/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A status in a document of its own, as the one allocator publishes it, beside the documents that
 * define the Services.
 */

#include "base/mem.h"
#include "conf/directory.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFINED                                                  \
	"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n" \
	"spec: {type: LoadBalancer, ports: [{port: 80}]}\n"
#define DEFINED_WITH_STATUS DEFINED "status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}\n"
#define STATUS(ip)                                               \
	"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n" \
	"status: {loadBalancer: {ingress: [{ip: " ip "}]}}\n"

struct fixture {
	char root[64];
	struct event_base *base;
	struct model *model;
	struct conf_directory *directory;
};

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	auto_(freep) char *full = xasprintf("%s/%s", f->root, name);
	FILE *file = fopen(full, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	(void)event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void remove_file(const struct fixture *f, const char *name)
{
	auto_(freep) char *full = xasprintf("%s/%s", f->root, name);

	assert_int_equal(unlink(full), 0);
	(void)event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* What default/web has for an address in the model: "" for none, NULL if there is no such Service. */
static const char *address_of_web(const struct fixture *f)
{
	const struct service *service = (const void *)model_find(
		f->model, MODEL_SERVICE, "default", "web");

	if (!service)
		return NULL;
	return service->ingress.count > 0 ? service->ingress.at[0].ip : "";
}

static size_t errors(const struct fixture *f)
{
	return conf_directory_report(f->directory)->found[SEVERITY_ERROR];
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	(void)snprintf(f->root, sizeof(f->root), "/tmp/conf-status-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->base = event_base_new();
	f->model = model_new();
	assert_int_equal(conf_directory_open(f->base, f->model,
				 &(struct conf_directory_conf){ .path = f->root }, &f->directory),
		0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	conf_directory_free(f->directory);
	model_free(f->model);
	event_base_free(f->base);
	folder_remove(f->root);
	free(f);
	return 0;
}

static void a_status_read_first_is_taken_over_by_the_service(void **state)
{
	write_file(*state, "a.yaml", STATUS("192.0.2.1"));
	assert_null(address_of_web(*state));
	write_file(*state, "b.yaml", DEFINED);
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	assert_int_equal(errors(*state), 0);
}

static void a_status_read_last_is_taken_over_by_the_service(void **state)
{
	write_file(*state, "a.yaml", DEFINED);
	assert_string_equal(address_of_web(*state), "");
	write_file(*state, "b.yaml", STATUS("192.0.2.1"));
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	assert_int_equal(errors(*state), 0);
}

static void a_status_may_stand_in_the_file_of_its_service(void **state)
{
	write_file(*state, "a.yaml", STATUS("192.0.2.1") "---\n" DEFINED);
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	assert_int_equal(errors(*state), 0);
}

static void a_published_status_counts_before_the_services_own(void **state)
{
	write_file(*state, "a.yaml", DEFINED_WITH_STATUS);
	assert_string_equal(address_of_web(*state), "192.0.2.7");
	write_file(*state, "b.yaml", STATUS("192.0.2.1"));
	assert_string_equal(address_of_web(*state), "192.0.2.1");
}

static void a_status_that_is_gone_leaves_the_services_own(void **state)
{
	write_file(*state, "a.yaml", DEFINED_WITH_STATUS);
	write_file(*state, "b.yaml", STATUS("192.0.2.1"));
	remove_file(*state, "b.yaml");
	assert_string_equal(address_of_web(*state), "192.0.2.7");
}

static void a_status_stays_when_its_service_is_written_anew(void **state)
{
	write_file(*state, "a.yaml", STATUS("192.0.2.1"));
	write_file(*state, "b.yaml", DEFINED);
	write_file(*state, "b.yaml", DEFINED_WITH_STATUS);
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	remove_file(*state, "b.yaml");
	assert_null(address_of_web(*state));
	write_file(*state, "c.yaml", DEFINED);
	assert_string_equal(address_of_web(*state), "192.0.2.1");
}

static void a_new_status_replaces_the_old_one(void **state)
{
	write_file(*state, "a.yaml", DEFINED);
	write_file(*state, "b.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\","
		"\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},"
		"\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}]}");
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	write_file(*state, "b.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\","
		"\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},"
		"\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.2\"}]}}}]}");
	assert_string_equal(address_of_web(*state), "192.0.2.2");
	write_file(*state, "b.json", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}");
	assert_string_equal(address_of_web(*state), "");
}

static void a_status_with_a_wrong_address_leaves_the_last_good_one(void **state)
{
	write_file(*state, "a.yaml", DEFINED);
	write_file(*state, "b.yaml", STATUS("192.0.2.1"));
	write_file(*state, "b.yaml", STATUS("192.0.2.300"));
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	assert_int_equal(errors(*state), 1);
}

static void of_two_statuses_the_first_file_counts_and_the_other_is_told(void **state)
{
	write_file(*state, "a.yaml", DEFINED);
	write_file(*state, "b.yaml", STATUS("192.0.2.1"));
	write_file(*state, "c.yaml", STATUS("192.0.2.2"));
	assert_string_equal(address_of_web(*state), "192.0.2.1");
	assert_int_equal(errors(*state), 1);
	remove_file(*state, "b.yaml");
	assert_string_equal(address_of_web(*state), "192.0.2.2");
	assert_int_equal(errors(*state), 0);
}

static void a_service_without_spec_and_status_is_an_error(void **state)
{
	write_file(*state, "a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");
	assert_null(address_of_web(*state));
	assert_int_equal(errors(*state), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_status_read_first_is_taken_over_by_the_service),
		TEST(a_status_read_last_is_taken_over_by_the_service),
		TEST(a_status_may_stand_in_the_file_of_its_service),
		TEST(a_published_status_counts_before_the_services_own),
		TEST(a_status_that_is_gone_leaves_the_services_own),
		TEST(a_status_stays_when_its_service_is_written_anew),
		TEST(a_new_status_replaces_the_old_one),
		TEST(a_status_with_a_wrong_address_leaves_the_last_good_one),
		TEST(of_two_statuses_the_first_file_counts_and_the_other_is_told),
		TEST(a_service_without_spec_and_status_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
