/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Both sides of an HAProxy under load, for tests/bench/haproxy.sh.
 *
 * haproxy_load serve PORT...: a node; answers a line with "ok", and a request of HTTP with 200.
 * haproxy_load load RATE SECONDS ADDRESS:PORT...: RATE new connections a second, in turn, until
 * SECONDS are over or SIGTERM comes. Each asks one line. Its time is counted from when it was due,
 * so that a machine that stands still shows. Prints how many failed, and percentiles.
 */

#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BACKLOG = 4096,
	TIMEOUT_S = 20,
	TARGETS_MAX = 16,
	OPEN_LIMIT = 512, /* at a time: beyond, it is not HAProxy alone that is too slow */
	PERCENT = 100,
};

struct load {
	struct event_base *base;
	struct sockaddr_in targets[TARGETS_MAX];
	size_t target_count;
	uint64_t rate;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t due; /* so many until now */
	uint64_t open;
	uint64_t skipped; /* since OPEN_LIMIT were open */
	uint64_t failed;
	struct event *tick;
	double *times_ms;
	size_t time_count;
	size_t time_capacity;
};

struct asking {
	struct load *load;
	int fd;
	uint64_t due_ns;
	struct event *event;
};

static bool is_over(const struct load *load)
{
	return clock_now_ns() >= load->end_ns;
}

static void done(struct asking *asking, const char *error)
{
	struct load *load = asking->load;

	if (error) {
		if (load->failed++ == 0)
			(void)fprintf(stderr, "the first that failed: %s\n", error);
	}
	*array_add(load->times_ms, load->time_count,
		load->time_capacity) = (double)(clock_now_ns() - asking->due_ns) /
		(double)NS_PER_MS;
	load->open--;
	if (asking->event)
		event_free(asking->event);
	if (asking->fd >= 0)
		(void)close(asking->fd);
	free(asking);
	if (load->open == 0 && is_over(load))
		(void)event_base_loopbreak(load->base);
}

static void wait_for(struct asking *asking, short what, event_callback_fn function)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_S };

	if (asking->event)
		event_free(asking->event);
	asking->event = event_new(asking->load->base, asking->fd, what, function, asking);
	(void)event_add(asking->event, &limit);
}

static void on_answer(evutil_socket_t fd, short events, void *arg)
{
	char buffer[64];
	ssize_t len = events & EV_TIMEOUT ? 0 : recv(fd, buffer, sizeof(buffer), 0);

	if (events & EV_TIMEOUT)
		done(arg, "no answer in time");
	else if (len <= 0)
		done(arg, len < 0 ? strerror(errno) : "closed without an answer");
	else
		done(arg, NULL);
}

static void on_connected(evutil_socket_t fd, short events, void *arg)
{
	struct asking *asking = arg;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (events & EV_TIMEOUT)
		done(asking, "no connection in time");
	else if (error != 0)
		done(asking, strerror(error));
	else if (send(fd, "hello\n", 6, MSG_NOSIGNAL) != 6)
		done(asking, strerror(errno));
	else
		wait_for(asking, EV_READ, on_answer);
}

static void start(struct load *load)
{
	struct asking *asking = xnew(struct asking);
	const struct sockaddr_in *target = &load->targets[load->due % load->target_count];

	asking->load = load;
	asking->due_ns = load->begin_ns + load->due * NS_PER_S / load->rate;
	load->open++;
	asking->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (asking->fd < 0 ||
		(connect(asking->fd, (const struct sockaddr *)target, sizeof(*target)) < 0 &&
			errno != EINPROGRESS))
		done(asking, strerror(errno));
	else
		wait_for(asking, EV_WRITE, on_connected);
}

static void on_tick(evutil_socket_t fd, short events, void *arg)
{
	struct load *load = arg;
	uint64_t now = clock_now_ns();
	uint64_t due = ((now < load->end_ns ? now : load->end_ns) - load->begin_ns) * load->rate /
		NS_PER_S;

	(void)fd;
	(void)events;
	for (; load->due < due; load->due++) {
		if (load->open < OPEN_LIMIT)
			start(load);
		else
			load->skipped++;
	}
	if (now < load->end_ns)
		return;
	(void)event_del(load->tick);
	if (load->open == 0)
		(void)event_base_loopbreak(load->base);
}

static void on_stop(evutil_socket_t signal_number, short events, void *arg)
{
	struct load *load = arg;

	(void)signal_number;
	(void)events;
	load->end_ns = clock_now_ns();
}

static int by_value(const void *a, const void *b)
{
	const double *left = a;
	const double *right = b;

	return *left < *right ? -1 : *left > *right;
}

static double percentile(const struct load *load, double percent)
{
	return load->times_ms[(size_t)((double)(load->time_count - 1) * percent / PERCENT)];
}

static void print(struct load *load)
{
	double seconds = (double)(load->end_ns - load->begin_ns) / (double)NS_PER_S;

	if (load->time_count == 0)
		return;
	qsort(load->times_ms, load->time_count, sizeof(load->times_ms[0]), by_value);
	(void)printf("failed %ju of %zu connections, %.0f a second; p50 %.2f ms, p99 %.2f ms, "
		     "p99.9 %.1f ms, max %.1f ms",
		(uintmax_t)load->failed, load->time_count, (double)load->time_count / seconds,
		percentile(load, 50), percentile(load, 99), percentile(load, 99.9),
		percentile(load, PERCENT));
	if (load->skipped > 0)
		(void)printf("; %ju not begun, since %u were open", (uintmax_t)load->skipped,
			(unsigned)OPEN_LIMIT);
	(void)puts("");
}

static bool read_target(const char *text, struct sockaddr_in *ret)
{
	auto_(freep) char *host = xstrdup(text);
	char *colon = strrchr(host, ':');

	if (!colon)
		return false;
	*colon = '\0';
	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)) };
	return inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

static int run_load(struct event_base *base, char **argv)
{
	const struct timeval ms = { .tv_usec = 1000 };
	struct load load = { .base = base, .rate = strtoull(argv[0], NULL, 10) };
	struct event *stop = evsignal_new(base, SIGTERM, on_stop, &load);

	for (char **text = argv + 2; *text; text++) {
		if (load.target_count == TARGETS_MAX ||
			!read_target(*text, &load.targets[load.target_count++]))
			return EXIT_FAILURE;
	}
	if (load.rate == 0 || load.target_count == 0)
		return EXIT_FAILURE;
	load.begin_ns = clock_now_ns();
	load.end_ns = load.begin_ns + strtoull(argv[1], NULL, 10) * NS_PER_S;
	load.tick = event_new(base, -1, EV_PERSIST, on_tick, &load);
	(void)event_add(load.tick, &ms);
	(void)event_add(stop, NULL);
	(void)event_base_dispatch(base);
	print(&load);
	event_free(load.tick);
	event_free(stop);
	free(load.times_ms);
	return EXIT_SUCCESS;
}

/* One connection of a node; the event frees itself with it. */
static void on_question(evutil_socket_t fd, short events, void *arg)
{
	static const char http[] = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct event **event = arg;
	char buffer[1024];
	ssize_t len = recv(fd, buffer, sizeof(buffer), 0);
	bool is_http = len >= 4 && memcmp(buffer, "GET ", 4) == 0;

	(void)events;
	if (len > 0 && !is_http) {
		(void)send(fd, "ok\n", 3, MSG_NOSIGNAL);
		return;
	}
	if (len < 0 && errno == EAGAIN)
		return;
	if (is_http)
		(void)send(fd, http, sizeof(http) - 1, MSG_NOSIGNAL);
	event_free(*event);
	free(event);
	(void)close(fd);
}

static void on_connection(evutil_socket_t listener, short events, void *arg)
{
	int fd;

	(void)events;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct event **event = xnew(struct event *);

		*event = event_new(arg, fd, EV_READ | EV_PERSIST, on_question, event);
		(void)event_add(*event, NULL);
	}
}

static int serve(struct event_base *base, char **ports)
{
	for (char **port = ports; *port; port++) {
		const struct sockaddr_in address = { .sin_family = AF_INET,
			.sin_port = htons((uint16_t)strtoul(*port, NULL, 10)) };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		int on = 1;

		if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
			bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
			listen(fd, BACKLOG) < 0) {
			perror(*port);
			return EXIT_FAILURE;
		}
		(void)event_add(
			event_new(base, fd, EV_READ | EV_PERSIST, on_connection, base), NULL);
	}
	return event_base_dispatch(base) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct event_config *config = event_config_new();
	struct event_base *base;
	int r = EXIT_FAILURE;

	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		r = serve(base, argv + 2);
	else if (argc > 4 && strcmp(argv[1], "load") == 0)
		r = run_load(base, argv + 2);
	event_base_free(base);
	return r;
}
