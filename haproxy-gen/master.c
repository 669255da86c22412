/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/master.h"

#include "base/clock.h"
#include "base/mem.h"
#include "haproxy-gen/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
	ASK_TIMEOUT_MS = 10000,
	POLL_MS = 20,
	LOG_MAX = 2000,
};

int master_procs_parse(const char *text, struct master_procs *ret_procs)
{
	struct master_procs procs = { 0 };
	uint32_t fewest = UINT32_MAX;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *failed = memmem(line, strcspn(line, "\n"), "[failed: ", 9);
		char type[32];
		unsigned pid, reloads;

		if (sscanf(line, "%u %31s %u", &pid, type, &reloads) != 3)
			continue;
		if (strcmp(type, "master") == 0) {
			procs.master = pid;
			if (failed)
				procs.failed = (uint32_t)strtoul(failed + 9, NULL, 10);
		} else if (strcmp(type, "worker") == 0) {
			procs.workers++;
			/* Under which heading it stands differs by version. */
			if (reloads < fewest) {
				fewest = reloads;
				procs.worker = pid;
			}
		}
	}
	if (procs.master == 0)
		return -EPROTO;
	*ret_procs = procs;
	return 0;
}

int master_procs(const char *path, struct master_procs *ret_procs)
{
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	int r = socket_ask(path, "show proc\n", ASK_TIMEOUT_MS, &answer);

	return r < 0 ? r : master_procs_parse(strbuf_text(&answer), ret_procs);
}

/* The log behind "Success=0\n--\n", as one line. */
static char *failure_text(const char *answer)
{
	const char *log = strstr(answer, "--\n");
	char *text = xasprintf(
		"HAProxy could not start with the file: %.*s", LOG_MAX, log ? log + 3 : answer);

	for (char *c = text; *c; c++) {
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	}
	return text;
}

/*
 * While the master reads the file it does not answer, and if it can not bind an address it tries for
 * seconds: that it can not be reached now says nothing.
 */
static int wait_for_procs(const char *path, const struct master_procs *before, uint64_t deadline_ns,
	uint32_t *ret_pid, char **ret_why)
{
	while (clock_now_ns() < deadline_ns) {
		struct master_procs now;

		(void)poll(NULL, 0, POLL_MS);
		if (master_procs(path, &now) < 0)
			continue;
		if (now.worker != 0 && now.worker != before->worker && now.failed == 0) {
			*ret_pid = now.worker;
			return 0;
		}
		if (now.failed > before->failed) {
			*ret_why = xstrdup(
				"HAProxy could not start with the file; its log says why");
			return -EREMOTEIO;
		}
	}
	return -ETIMEDOUT;
}

int master_reload(const char *path, const struct haproxy_version *version, unsigned seconds,
	uint32_t *ret_pid, char **ret_why)
{
	uint64_t deadline_ns = clock_now_ns() + seconds * NS_PER_S;
	auto_(strbuf_finip) struct strbuf answer = { 0 };
	struct master_procs before, after;
	int r = master_procs(path, &before);

	if (r < 0)
		return r;
	r = socket_ask(path, "reload\n", seconds * 1000, &answer);
	/* The master closes its end by starting itself anew, which may look like an error. */
	if (r < 0 && r != -ECONNRESET && r != -EPIPE)
		return r;
	if (!version_is_at_least(version, 2, 7) || !strstr(strbuf_text(&answer), "Success="))
		return wait_for_procs(path, &before, deadline_ns, ret_pid, ret_why);
	if (!strstr(strbuf_text(&answer), "Success=1")) {
		*ret_why = failure_text(strbuf_text(&answer));
		return -EREMOTEIO;
	}
	r = master_procs(path, &after);
	if (r < 0)
		return r;
	*ret_pid = after.worker;
	return 0;
}
