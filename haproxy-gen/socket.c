/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/socket.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Waits for @events until @deadline_ns. */
static int wait_until(int fd, short events, uint64_t deadline_ns)
{
	for (;;) {
		struct pollfd pollfd = { fd, events, 0 };
		uint64_t now = clock_now_ns();
		int r;

		if (now >= deadline_ns)
			return -ETIMEDOUT;
		r = poll(&pollfd, 1, (int)((deadline_ns - now) / NS_PER_MS) + 1);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

static int send_all(int fd, const char *text, size_t len, uint64_t deadline_ns)
{
	while (len > 0) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
		int r;

		if (sent >= 0) {
			text += sent;
			len -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_until(fd, POLLOUT, deadline_ns);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_all(int fd, struct strbuf *answer, uint64_t deadline_ns)
{
	char buffer[65536];

	for (;;) {
		ssize_t len = recv(fd, buffer, sizeof(buffer), 0);
		int r;

		if (len == 0)
			return 0;
		if (len > 0) {
			strbuf_add_len(answer, buffer, (size_t)len);
			if (answer->len > SOCKET_ANSWER_MAX)
				return -EFBIG;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_until(fd, POLLIN, deadline_ns);
		if (r < 0)
			return r;
	}
}

/* A full backlog of a Unix socket says EAGAIN, and there is nothing to wait for but time. */
static int connect_until(int fd, const struct sockaddr_un *address, uint64_t deadline_ns)
{
	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (clock_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		(void)poll(NULL, 0, 5);
	}
	return 0;
}

int socket_ask(const char *path, const char *request, unsigned timeout_ms, struct strbuf *answer)
{
	auto_(closep) int fd = -1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint64_t deadline_ns = clock_now_ns() + timeout_ms * NS_PER_MS;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = connect_until(fd, &address, deadline_ns);
	if (r == 0)
		r = send_all(fd, request, strlen(request), deadline_ns);
	if (r == 0)
		(void)shutdown(fd, SHUT_WR);
	if (r == 0)
		r = read_all(fd, answer, deadline_ns);
	return r;
}
