/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/install.h"

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/section.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALERT       "[ALERT]"
#define PROCESS_END ") : "

enum {
	OUTPUT_MAX = 65536, /* bytes kept of what HAProxy says */
};

int install_lock(const char *file, int *ret_fd)
{
	auto_(freep) char *path = xasprintf("%s.lock", file);
	auto_(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int install_read(const char *path, char **ret_text, size_t *ret_len)
{
	return file_read(path, INSTALL_FILE_MAX, ret_text, ret_len);
}

int install_keep(const char *file)
{
	auto_(freep) char *last = xasprintf("%s.last", file);
	auto_(freep) char *beside = xasprintf("%s.last.new", file);

	(void)unlink(beside);
	if (link(file, beside) < 0)
		return errno == ENOENT ? 0 : -errno;
	return file_put_in_place(last);
}

bool install_has_last(const char *file)
{
	auto_(freep) char *last = xasprintf("%s.last", file);

	return access(last, F_OK) == 0;
}

int install_back(const char *file)
{
	auto_(freep) char *last = xasprintf("%s.last", file);

	if (rename(last, file) < 0)
		return -errno;
	return file_sync_folder(file);
}

static int collect(int fd, struct strbuf *output)
{
	char buffer[4096];
	ssize_t len;

	while ((len = read(fd, buffer, sizeof(buffer))) != 0) {
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		/* What is beyond is read, so that nobody waits for us, and thrown away. */
		if (output->len < OUTPUT_MAX)
			strbuf_add_len(output, buffer, (size_t)len);
	}
	return 0;
}

/* Runs @argv and collects what it writes. Return: its exit status; -errno. */
static int run(const char *const argv[], struct strbuf *output)
{
	posix_spawn_file_actions_t actions;
	int pipe_fds[2];
	int status, r;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 2);
	r = -posix_spawn(&pid, argv[0], &actions, NULL, (char **)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	(void)close(pipe_fds[1]);
	if (r == 0)
		r = collect(pipe_fds[0], output);
	(void)close(pipe_fds[0]);
	if (r < 0)
		return r;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static size_t find(const struct change_text *text, const char *words)
{
	const char *at = memmem(text->at, text->len, words, strlen(words));

	return at ? (size_t)(at - text->at) : text->len;
}

/* "[ALERT]    (123) : config : parsing ...": leaves what is behind the process. */
static bool is_alert(struct change_text *line)
{
	size_t process;

	if (find(line, ALERT) > 0)
		return false;
	process = find(line, PROCESS_END);
	process = process < line->len ? process + strlen(PROCESS_END) : strlen(ALERT);
	line->at += process;
	line->len -= process;
	/* That there are errors is known without "Fatal errors found in configuration". */
	return find(line, "found in configuration") == line->len;
}

void install_alerts(const char *said, struct strbuf *out)
{
	struct change_text text = { said, strlen(said) };
	struct change_text line;
	const size_t before = out->len;

	while (text_line(&text, &line)) {
		if (line.len == 0 || !is_alert(&line))
			continue;
		strbuf_add(out, out->len > before ? "; " : "");
		strbuf_add_len(out, line.at, line.len);
	}
	if (out->len > before)
		return;
	strbuf_add(out, said[0] ? said : "without a word");
	for (size_t i = before; i < out->len; i++) {
		if (out->text[i] == '\n' || out->text[i] == '\r')
			out->text[i] = ' ';
	}
}

int install_check(const char *file, const char *binary, struct strbuf *why)
{
	auto_(freep) char *path = xasprintf("%s.new", file);
	auto_(freep) char *refused = xasprintf("%s.refused", file);
	const char *const argv[] = { binary, "-c", "-f", path, NULL };
	auto_(strbuf_finip) struct strbuf output = { 0 };
	int r = run(argv, &output);

	if (r == 0) {
		(void)unlink(refused);
		return 0;
	}
	if (r < 0) {
		(void)unlink(path);
		return r;
	}
	/* What it says names lines of it. */
	if (rename(path, refused) < 0)
		(void)unlink(path);
	install_alerts(strbuf_text(&output), why);
	return -EBADMSG;
}

int install_version(const char *binary, struct haproxy_version *ret_version)
{
	const char *const argv[] = { binary, "-vv", NULL };
	auto_(strbuf_finip) struct strbuf output = { 0 };
	struct haproxy_version version = { 0 };
	const char *at;
	int r = run(argv, &output);

	if (r < 0)
		return r;
	at = strstr(strbuf_text(&output), "roxy version ");
	if (!at || sscanf(at, "roxy version %u.%u", &version.major, &version.minor) != 2)
		return -EPROTO;
	version.has_prometheus = strstr(strbuf_text(&output), "+PROMEX") ||
		strstr(strbuf_text(&output), "prometheus-exporter");
	*ret_version = version;
	return 0;
}
