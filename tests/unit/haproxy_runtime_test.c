/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Commands and their answers, over a real socket: a thread stands for HAProxy and gives the answers of
 * a script, one for each connection.
 */

#include "base/mem.h"
#include "haproxy-gen/runtime.h"
#include "haproxy-gen/socket.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define INFO   "Name: HAProxy\nVersion: 2.6.12\nPid: 77\nUptime_sec: 5\n\n"
#define SILENT "\n"

enum {
	ANSWERS_MAX = 8,
};

struct haproxy {
	char folder[64];
	char path[96];
	int fd;
	pthread_t thread;
	const char *answers[ANSWERS_MAX + 1]; /* the last one again and again */
	size_t len;                           /* of the last answer; 0: all of it */
	char *requests[ANSWERS_MAX];
	size_t request_count;
};

static char *read_request(int fd)
{
	struct strbuf text = { 0 };
	char buffer[4096];
	ssize_t len;

	while ((len = read(fd, buffer, sizeof(buffer))) > 0)
		strbuf_add_len(&text, buffer, (size_t)len);
	return strbuf_take(&text);
}

static void answer_one(struct haproxy *h, int fd, size_t number)
{
	const char *answer;
	size_t i = 0;

	while (i < number && h->answers[i + 1])
		i++;
	answer = h->answers[i];
	(void)!send(fd, answer, h->len > 0 && !h->answers[i + 1] ? h->len : strlen(answer),
		MSG_NOSIGNAL);
}

static void *serve(void *arg)
{
	struct haproxy *h = arg;

	for (size_t i = 0;; i++) {
		int fd = accept(h->fd, NULL, NULL);
		char *request;

		if (fd < 0)
			return NULL; /* it was shut down */
		request = read_request(fd);
		answer_one(h, fd, i);
		(void)close(fd);
		if (h->request_count < ANSWERS_MAX)
			h->requests[h->request_count++] = request;
		else
			free(request);
	}
}

static int listen_silently(struct haproxy *h)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(h->folder, sizeof(h->folder), "/tmp/bellman-runtime.XXXXXX");
	assert_non_null(mkdtemp(h->folder));
	(void)snprintf(h->path, sizeof(h->path), "%s/sock", h->folder);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", h->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void start(struct haproxy *h)
{
	h->fd = listen_silently(h);
	assert_int_equal(pthread_create(&h->thread, NULL, serve, h), 0);
}

/* After it the requests may be read. */
static void stop(struct haproxy *h)
{
	(void)shutdown(h->fd, SHUT_RDWR);
	assert_int_equal(pthread_join(h->thread, NULL), 0);
	(void)close(h->fd);
	(void)unlink(h->path);
	(void)rmdir(h->folder);
}

static void forget(struct haproxy *h)
{
	for (size_t i = 0; i < h->request_count; i++)
		free(h->requests[i]);
}

struct outcome {
	int result;
	char *why;
	struct lingering lingering;
};

static void outcome_fini(struct outcome *outcome)
{
	free(outcome->why);
	lingering_fini(&outcome->lingering);
}

/* Gives @count commands to who answers as @h says. */
static void apply(
	struct haproxy *h, const struct change_command *commands, size_t count, struct outcome *ret)
{
	/* It only reads them. */
	const struct change change = { .commands = (void *)(uintptr_t)commands,
		.command_count = count };

	*ret = (struct outcome){ 0 };
	start(h);
	ret->result = runtime_apply(h->path, &change, &ret->lingering, &ret->why);
	stop(h);
}

static const struct change_command weight = { .expect = CHANGE_SILENT,
	.text = (char[]){ "set server b/s weight 2" } };
static const struct change_command move = { .expect = CHANGE_TELLS,
	.text = (char[]){ "set server b/s addr 192.0.2.1 port 80" } };
static const struct change_command add = { .expect = CHANGE_ADD,
	.text = (char[]){ "add server b/s 192.0.2.1:80" },
	.otherwise = (char[]){ "set server b/s addr 192.0.2.1 port 80" } };
static const struct change_command delete = { .expect = CHANGE_DELETE,
	.text = (char[]){ "del server b/s" } };
static const struct change_command miss = { .expect = CHANGE_MAY_MISS,
	.text = (char[]){ "set server b/gone state maint" } };

struct row {
	const char *name;
	const struct change_command *commands[3];
	const char *answers[ANSWERS_MAX];
	int result;
	const char *why; /* in it; NULL: nothing is told */
	size_t requests;
	size_t lingering;
};

static const struct row rows[] = {
	{ "silence_is_success", { &weight, &weight }, { SILENT SILENT INFO }, 0, NULL, 1, 0 },
	{ "what_is_told_as_success_is_one", { &move },
		{ "IP changed from '192.0.2.2' to '192.0.2.1', port changed by 'x'\n\n" INFO }, 0,
		NULL, 1, 0 },
	{ "what_changes_nothing_is_success", { &move },
		{ "no need to change the addr, no need to change the port\n\n" INFO }, 0, NULL, 1,
		0 },
	{ "a_new_server_is_success", { &add }, { "New server registered.\n\n" INFO }, 0, NULL, 1,
		0 },
	{ "a_refused_command_is_named", { &weight, &move },
		{ SILENT "No such server.\n\n" INFO, SILENT INFO, "No such server.\n\n" INFO },
		-EREMOTEIO,
		"HAProxy answered \"No such server.\" to \"set server b/s addr 192.0.2.1 port 80\"",
		3, 0 },
	{ "what_a_batch_does_not_bear_is_good_alone", { &weight, &move },
		{ "Too much.\n" INFO, SILENT INFO, SILENT INFO }, 0, NULL, 3, 0 },
	{ "a_server_that_is_there_is_made_what_it_shall_be", { &add },
		{ "Already exists a server with the same name in backend.\n" INFO,
			"Already exists a server with the same name in backend.\n" INFO,
			"IP changed\n" INFO },
		0, NULL, 3, 0 },
	{ "a_server_that_can_not_be_made_so_is_an_error", { &add },
		{ "Already exists x.\n" INFO, "Already exists x.\n" INFO, "No.\n" INFO },
		-EREMOTEIO, "\"No.\"", 3, 0 },
	{ "a_server_with_connections_is_deleted_later", { &delete },
		{ "Server still has connections attached to it.\n" INFO }, 0, NULL, 2, 1 },
	{ "a_server_that_is_gone_is_not_deleted_again", { &delete }, { "No such server.\n" INFO },
		0, NULL, 2, 0 },
	{ "what_may_be_missing_may", { &miss }, { "No such server.\n" INFO }, 0, NULL, 2, 0 },
	{ "another_process_than_before_is_an_error", { &weight, &move },
		{ "Odd.\n" INFO, SILENT "Name: HAProxy\nPid: 78\n" }, -EREMOTEIO,
		"reloaded by somebody else", 2, 0 },
	{ "an_empty_answer_is_cut_off", { &weight }, { "" }, -EREMOTEIO, "cut off", 1, 0 },
	{ "an_answer_without_a_process_is_cut_off", { &weight },
		{ SILENT "Name: HAProxy\nPid: x\n" }, -EREMOTEIO, "cut off", 1, 0 },
};

static void it_is_as_the_row_says(void **state)
{
	const struct row *row = *state;
	struct haproxy h = { 0 };
	struct outcome outcome;
	struct change_command commands[COUNT_OF(row->commands)];
	size_t count = 0;

	while (count < COUNT_OF(row->commands) && row->commands[count]) {
		commands[count] = *row->commands[count];
		count++;
	}
	memcpy(h.answers, row->answers, sizeof(row->answers));
	apply(&h, commands, count, &outcome);
	assert_int_equal(outcome.result, row->result);
	assert_int_equal(h.request_count, row->requests);
	assert_int_equal(outcome.lingering.count, row->lingering);
	if (row->why)
		assert_non_null(strstr(outcome.why, row->why));
	else
		assert_null(outcome.why);
	outcome_fini(&outcome);
	forget(&h);
}

/* Wherever it is cut: what is behind the cut may have been a refusal. */
static void an_answer_cut_anywhere_is_no_success(void **state)
{
	static const char answer[] = SILENT "IP changed from 'x' to 'y'\n\n" INFO;
	const size_t told = (size_t)(strstr(answer, "\nPid: ") - answer) + strlen("\nPid: ");
	const struct change_command commands[] = { weight, move };

	(void)state;
	for (size_t len = 1; len <= told; len++) {
		struct haproxy h = { .answers = { answer }, .len = len };
		struct outcome outcome;

		apply(&h, commands, COUNT_OF(commands), &outcome);
		assert_int_equal(outcome.result, -EREMOTEIO);
		assert_non_null(strstr(outcome.why, "cut off"));
		outcome_fini(&outcome);
		forget(&h);
	}
}

static void a_batch_has_at_most_a_hundred_commands(void **state)
{
	struct change_command commands[RUNTIME_BATCH + 1];
	struct haproxy h = { .answers = { SILENT INFO } };
	struct outcome outcome;
	size_t in_first = 1;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		commands[i] = weight;
	apply(&h, commands, COUNT_OF(commands), &outcome);
	assert_int_equal(outcome.result, 0);
	assert_int_equal(h.request_count, 2);
	for (const char *c = h.requests[0]; (c = strchr(c, ';')); c++)
		in_first++;
	assert_int_equal(in_first, RUNTIME_BATCH + 1); /* and the question at the end */
	assert_string_equal(h.requests[1], "set server b/s weight 2;show info\n");
	outcome_fini(&outcome);
	forget(&h);
}

static void nobody_there_is_told_as_such(void **state)
{
	const struct change change = { .commands = (void *)(uintptr_t)&weight, .command_count = 1 };
	struct lingering lingering = { 0 };
	struct runtime_info info;
	char *why = NULL;

	(void)state;
	assert_int_equal(runtime_info("/nowhere/sock", &info), -ENOENT);
	assert_int_equal(runtime_apply("/nowhere/sock", &change, &lingering, &why), -ENOENT);
	assert_null(why);
}

struct info_row {
	const char *name;
	const char *answer;
	int result;
	struct runtime_info info;
};

static const struct info_row infos[] = {
	{ "who_answers_is_read", INFO, 0, { 77, 5, "2.6.12" } },
	{ "without_a_process_nobody_answers", "Name: HAProxy\nVersion: 2.6\n", -EPROTO, { 0 } },
	{ "a_process_of_zero_is_none", "Name: HAProxy\nPid: 0\n", -EPROTO, { 0 } },
	{ "an_empty_answer_is_nobody", "", -EPROTO, { 0 } },
	{ "a_long_version_is_cut",
		"\nVersion: 0123456789012345678901234567890123456789012345678901"
		"2345678901234567890\nPid: 1\n",
		0, { 1, 0, "012345678901234567890123456789012345678901234567890123456789012" } },
	{ "what_has_no_version_has_none", "\nPid: 9\n", 0, { 9, 0, "" } },
};

static void info_is_read(void **state)
{
	const struct info_row *row = *state;
	struct haproxy h = { .answers = { row->answer } };
	struct runtime_info info = { 0 };

	start(&h);
	assert_int_equal(runtime_info(h.path, &info), row->result);
	stop(&h);
	assert_int_equal(info.pid, row->info.pid);
	assert_int_equal(info.uptime_s, row->info.uptime_s);
	assert_string_equal(info.version, row->info.version);
	forget(&h);
}

static void servers_without_their_end_are_none(void **state)
{
	struct haproxy h = { .answers = { "1\n# be_id\n3 nodes 1 node-a\n\n" INFO,
				     "1\n# be_id\n3 nodes 1 node-a\n" } };
	auto_(strbuf_finip) struct strbuf whole = { 0 };
	auto_(strbuf_finip) struct strbuf cut = { 0 };

	(void)state;
	start(&h);
	assert_int_equal(runtime_servers(h.path, &whole), 0);
	assert_int_equal(runtime_servers(h.path, &cut), -EPROTO);
	stop(&h);
	assert_string_equal(strbuf_text(&whole), "1\n# be_id\n3 nodes 1 node-a\n\n");
	forget(&h);
}

static void who_lingers_is_deleted_when_that_can_be(void **state)
{
	struct haproxy h = { .answers = { "Server still has connections.\n", "Server deleted.\n",
				     "No such server.\n" } };
	struct lingering lingering = { 0 };

	(void)state;
	lingering_add(&lingering, "b/one");
	lingering_add(&lingering, "b/two");
	lingering_add(&lingering, "b/three");
	lingering_add(&lingering, "b/two");
	assert_int_equal(lingering.count, 3);
	start(&h);
	runtime_sweep(h.path, &lingering);
	stop(&h);
	assert_int_equal(lingering.count, 1);
	assert_string_equal(lingering.at[0], "b/one");
	lingering_fini(&lingering);
	forget(&h);
}

/* Nobody accepts, and the backlog takes the connection. */
static void who_does_not_answer_in_time_is_not_waited_for(void **state)
{
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	struct haproxy h = { 0 };
	int fd = listen_silently(&h);

	(void)state;
	assert_int_equal(socket_ask(h.path, "show info\n", 50, &answer), -ETIMEDOUT);
	(void)close(fd);
	assert_int_equal(socket_ask(h.path, "show info\n", 50, &answer), -ECONNREFUSED);
	(void)unlink(h.path);
	assert_int_equal(socket_ask(h.path, "show info\n", 50, &answer), -ENOENT);
	assert_int_equal(rmdir(h.folder), 0);
}

static void a_path_too_long_for_a_socket_is_told(void **state)
{
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(socket_ask(path, "show info\n", 50, &answer), -ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(an_answer_cut_anywhere_is_no_success),
		cmocka_unit_test(a_batch_has_at_most_a_hundred_commands),
		cmocka_unit_test(nobody_there_is_told_as_such),
		cmocka_unit_test(servers_without_their_end_are_none),
		cmocka_unit_test(who_lingers_is_deleted_when_that_can_be),
		cmocka_unit_test(who_does_not_answer_in_time_is_not_waited_for),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_told),
	};
	struct CMUnitTest tests[COUNT_OF(fixed) + COUNT_OF(rows) + COUNT_OF(infos)];
	size_t count = COUNT_OF(fixed);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, it_is_as_the_row_says, NULL,
			NULL, (void *)(uintptr_t)&rows[i] };
	for (size_t i = 0; i < COUNT_OF(infos); i++)
		tests[count++] = (struct CMUnitTest){ infos[i].name, info_is_read, NULL, NULL,
			(void *)(uintptr_t)&infos[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
