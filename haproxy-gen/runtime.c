/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/runtime.h"

#include "base/clock.h"
#include "base/mem.h"
#include "haproxy-gen/section.h"
#include "haproxy-gen/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
	NEW_PROCESS_MS = 10000,
	NEW_SOCKET_MS = 1000, /* who got its socket from the process before it makes none */
};

#define SENTINEL "Name: HAProxy"

/* How answers begin that mean success; versions differ in the rest of the line. */
static const char *const successes[] = { "New server registered", "Server deleted", "IP changed",
	"port changed", "no need to change", "nothing changed", "health check port updated",
	"Key not found" };

struct applying {
	const char *path;
	struct lingering *lingering;
	uint32_t pid; /* who answered first; 0: nobody yet */
	char *why;    /* owned */
};

void lingering_fini(struct lingering *lingering)
{
	for (size_t i = 0; i < lingering->count; i++)
		free(lingering->at[i]);
	free(lingering->at);
	*lingering = (struct lingering){ 0 };
}

void lingering_add(struct lingering *lingering, const char *server)
{
	for (size_t i = 0; i < lingering->count; i++) {
		if (strcmp(lingering->at[i], server) == 0)
			return;
	}
	*array_add(lingering->at, lingering->count, lingering->capacity) = xstrdup(server);
}

/* The number behind "@key: " at the beginning of a line, or 0. */
static uint32_t number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : 0;
}

int runtime_info_parse(const char *text, struct runtime_info *ret_info)
{
	struct runtime_info info = {
		.pid = number_of(text, "\nPid: "),
		.uptime_s = number_of(text, "\nUptime_sec: "),
	};
	const char *version = strstr(text, "\nVersion: ");

	if (info.pid == 0)
		return -EPROTO;
	if (version) {
		version += strlen("\nVersion: ");
		(void)snprintf(info.version, sizeof(info.version), "%.*s",
			(int)strcspn(version, "\n"), version);
	}
	*ret_info = info;
	return 0;
}

int runtime_info(const char *path, struct runtime_info *ret_info)
{
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	int r = socket_ask(path, "show info\n", RUNTIME_TIMEOUT_MS, &answer);

	return r < 0 ? r : runtime_info_parse(strbuf_text(&answer), ret_info);
}

/* The process before it may still answer for a moment on the socket that both have. */
bool runtime_wait(const char *path, uint32_t pid)
{
	uint64_t begin_ns = clock_now_ns();
	struct runtime_info info;

	for (;;) {
		int r = runtime_info(path, &info);
		uint64_t limit_ms = r == -ENOENT ? NEW_SOCKET_MS : NEW_PROCESS_MS;

		if (r == 0 && info.pid == pid)
			return true;
		if (clock_now_ns() - begin_ns >= limit_ms * NS_PER_MS)
			return false;
		(void)poll(NULL, 0, 5);
	}
}

int runtime_servers(const char *path, struct strbuf *answer)
{
	int r = socket_ask(path, "show servers state;show info\n", RUNTIME_TIMEOUT_MS, answer);
	char *end;

	if (r < 0)
		return r;
	end = answer->text ? strstr(answer->text, SENTINEL) : NULL;
	if (!end)
		return -EPROTO;
	*end = '\0';
	answer->len = (size_t)(end - answer->text);
	return 0;
}

static bool is_success(const struct change_text *line)
{
	for (size_t i = 0; i < COUNT_OF(successes); i++) {
		size_t len = strlen(successes[i]);

		if (line->len >= len && memcmp(line->at, successes[i], len) == 0)
			return true;
	}
	return false;
}

bool runtime_find_trouble(struct change_text text, struct change_text *ret_line)
{
	struct change_text line;

	while (text_line(&text, &line)) {
		if (line.len > 0 && !is_success(&line)) {
			*ret_line = line;
			return true;
		}
	}
	return false;
}

static void complain(struct applying *a, const char *command, const struct change_text *line)
{
	if (!a->why)
		a->why = xasprintf("HAProxy answered \"%.*s\" to \"%s\"",
			line->len < 200 ? (int)line->len : 200, line->at, command);
}

/* Asks without a judgement; the answer without what the sentinel added. */
static int ask(struct applying *a, const char *commands, struct strbuf *answer,
	struct change_text *ret_text)
{
	auto_(freep) char *line = xasprintf("%s;show info\n", commands);
	struct runtime_info info;
	const char *end;
	int r = socket_ask(a->path, line, RUNTIME_TIMEOUT_MS, answer);

	if (r < 0)
		return r;
	end = strstr(strbuf_text(answer), SENTINEL);
	if (!end || runtime_info_parse(end, &info) < 0) {
		a->why = xstrdup("HAProxy's answer was cut off");
		return -EREMOTEIO;
	}
	if (a->pid != 0 && a->pid != info.pid) {
		a->why = xstrdup("HAProxy was reloaded by somebody else meanwhile");
		return -EREMOTEIO;
	}
	a->pid = info.pid;
	*ret_text = (struct change_text){ strbuf_text(answer),
		(size_t)(end - strbuf_text(answer)) };
	return 0;
}

static bool has(const struct change_text *text, const char *words)
{
	return memmem(text->at, text->len, words, strlen(words));
}

/* The server that "del server X" names. */
static const char *deleted_server(const struct change_command *command)
{
	return command->text + strlen("del server ");
}

static int apply_one(struct applying *a, const struct change_command *command)
{
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	auto_(strbuf_finip) struct strbuf second = { 0 };
	struct change_text text, line;
	int r = ask(a, command->text, &answer, &text);

	if (r < 0)
		return r;
	if (!runtime_find_trouble(text, &line) || command->expect == CHANGE_MAY_MISS)
		return 0;
	if (command->expect == CHANGE_DELETE) {
		if (!has(&text, "No such server"))
			lingering_add(a->lingering, deleted_server(command));
		return 0;
	}
	if (command->expect == CHANGE_ADD && has(&text, "Already exists")) {
		r = ask(a, command->otherwise, &second, &text);
		if (r < 0)
			return r;
		if (!runtime_find_trouble(text, &line))
			return 0;
	}
	complain(a, command->text, &line);
	return -EREMOTEIO;
}

static int apply_batch(struct applying *a, const struct change_command *commands, size_t count,
	const struct strbuf *joined)
{
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	struct change_text text, line;
	int r = ask(a, strbuf_text(joined), &answer, &text);

	if (r < 0 || !runtime_find_trouble(text, &line))
		return r;
	for (size_t i = 0; i < count; i++) {
		r = apply_one(a, &commands[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int runtime_apply(
	const char *path, const struct change *change, struct lingering *lingering, char **ret_why)
{
	struct applying a = { .path = path, .lingering = lingering };
	int r = 0;

	for (size_t i = 0; i < change->command_count && r == 0;) {
		auto_(strbuf_finip) struct strbuf joined = { 0 };
		size_t first = i;

		for (; i < change->command_count && i - first < RUNTIME_BATCH &&
			joined.len + strlen(change->commands[i].text) < RUNTIME_LINE_MAX;
			i++) {
			strbuf_add(&joined, i > first ? ";" : "");
			strbuf_add(&joined, change->commands[i].text);
		}
		r = apply_batch(&a, change->commands + first, i - first, &joined);
	}
	if (r == -EREMOTEIO)
		*ret_why = a.why;
	else
		free(a.why);
	return r;
}

void runtime_sweep(const char *path, struct lingering *lingering)
{
	size_t kept = 0;

	for (size_t i = 0; i < lingering->count; i++) {
		auto_(freep) char *command = xasprintf("del server %s\n", lingering->at[i]);
		auto_(strbuf_finip) struct strbuf answer = { 0 };

		if (socket_ask(path, command, RUNTIME_TIMEOUT_MS, &answer) == 0 &&
			(strstr(strbuf_text(&answer), "Server deleted") ||
				strstr(strbuf_text(&answer), "No such")))
			free(lingering->at[i]);
		else
			lingering->at[kept++] = lingering->at[i];
	}
	lingering->count = kept;
}
