/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/server.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A server on its own loop; clients block, so each test's client runs in a thread. */
struct fixture {
	struct event_base *base;
	struct ctl_server *server;
	char path[64];
};

static void handle(
	void *user, const char *op, const json_t *args, json_t **ret_data, char **ret_error)
{
	(void)user;
	if (strcmp(op, "echo") == 0)
		*ret_data = args ? json_deep_copy(args) : json_null();
	else
		*ret_error = xasprintf("unknown request \"%s\"", op);
}

static struct ctl_server_conf conf_of(struct fixture *fixture)
{
	return (struct ctl_server_conf){ .path = fixture->path, .mode = 0660, .handle = handle };
}

static int open_fixture(void **state)
{
	struct fixture *fixture = xnew(struct fixture);
	struct ctl_server_conf conf = conf_of(fixture);

	(void)snprintf(fixture->path, sizeof(fixture->path), "/tmp/ctl-test-%d.sock", getpid());
	fixture->base = event_base_new();
	assert_int_equal(ctl_server_open(fixture->base, &conf, &fixture->server), 0);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	ctl_server_free(fixture->server);
	assert_int_not_equal(access(fixture->path, F_OK), 0);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

struct session {
	struct fixture *fixture;
	void (*talk)(struct session *session, struct ctl_client *client);
	int result;
	char *text; /* what was heard; owned */
	bool is_done;
};

static void *run_session(void *arg)
{
	struct session *session = arg;
	struct ctl_client *client = NULL;

	session->result = ctl_client_open(session->fixture->path, &client);
	if (session->result == 0)
		session->talk(session, client);
	ctl_client_free(client);
	__atomic_store_n(&session->is_done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void converse(struct session *session)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, run_session, session), 0);
	while (!__atomic_load_n(&session->is_done, __ATOMIC_ACQUIRE)) {
		const struct timeval tick = { .tv_usec = 10000 };

		(void)event_base_loopexit(session->fixture->base, &tick);
		(void)event_base_dispatch(session->fixture->base);
		ctl_server_publish(session->fixture->server, json_pack("{s:s}", "event", "hello"));
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void talk_echo(struct session *session, struct ctl_client *client)
{
	json_t *data = NULL;

	session->result = ctl_client_ask(
		client, "echo", json_pack("{s:s}", "a", "b"), &data, &session->text);
	if (session->result == 0)
		session->text = xstrdup(json_string_value(json_object_get(data, "a")));
	json_decref(data);
}

static void talk_nonsense(struct session *session, struct ctl_client *client)
{
	json_t *data = NULL;

	session->result = ctl_client_ask(client, "dance", NULL, &data, &session->text);
}

static void talk_events(struct session *session, struct ctl_client *client)
{
	json_t *data = NULL;
	json_t *event = NULL;

	session->result = ctl_client_ask(client, "events", NULL, &data, &session->text);
	json_decref(data);
	if (session->result == 0)
		session->result = ctl_client_next(client, &event);
	if (session->result == 0)
		session->text = xstrdup(json_string_value(json_object_get(event, "event")));
	json_decref(event);
}

static void a_request_gets_its_answer(void **state)
{
	struct session session = { .fixture = *state, .talk = talk_echo };

	converse(&session);
	assert_int_equal(session.result, 0);
	assert_string_equal(session.text, "b");
	free(session.text);
}

static void an_error_is_told_in_words(void **state)
{
	struct session session = { .fixture = *state, .talk = talk_nonsense };

	converse(&session);
	assert_int_equal(session.result, -EREMOTEIO);
	assert_string_equal(session.text, "unknown request \"dance\"");
	free(session.text);
}

static void a_subscriber_hears_events(void **state)
{
	struct session session = { .fixture = *state, .talk = talk_events };

	converse(&session);
	assert_int_equal(session.result, 0);
	assert_string_equal(session.text, "hello");
	free(session.text);
}

static void a_second_server_finds_the_place_taken(void **state)
{
	struct fixture *fixture = *state;
	struct ctl_server_conf conf = conf_of(fixture);
	struct ctl_server *second = NULL;

	assert_int_equal(ctl_server_open(fixture->base, &conf, &second), -EADDRINUSE);
}

static void the_socket_has_the_mode_that_was_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct stat stat_;

	assert_int_equal(stat(fixture->path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0660);
}

static void a_line_that_is_no_request_is_refused(void **state)
{
	static const char *const lines[] = { "", "hello", "[]", "{}", "{\"op\":1}",
		"{\"op\":\"a\",\"args\":[]}" };
	json_t *request = NULL;
	const json_t *args;
	const char *op;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_non_null(
			ctl_request_parse(lines[i], strlen(lines[i]), &request, &op, &args));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_request_gets_its_answer, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			an_error_is_told_in_words, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			a_subscriber_hears_events, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			a_second_server_finds_the_place_taken, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			the_socket_has_the_mode_that_was_asked_for, open_fixture, close_fixture),
		cmocka_unit_test(a_line_that_is_no_request_is_refused),
	};

	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
