/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/collector.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/buffer.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RETRY_SECONDS_MIN = 1,
	RETRY_SECONDS_MAX = 60,
	CONNECT_SECONDS_MAX = 10,
	LASTED_SECONDS = 60, /* a connection of that age makes patience begin anew */
	READ_SIZE = 512,
};

struct collector {
	struct event_base *base;
	struct sockaddr_storage address;
	int address_len;
	struct collector_callbacks callbacks;
	void *user;
	int fd; /* -1: none */
	bool is_up;
	struct event *readable; /* NULL with fd -1, as the next one */
	struct event *writable;
	struct event *timer; /* to dial again, or the limit of connect() */
	unsigned retry_seconds;
	struct evbuffer *waiting;
	uint8_t *pulled; /* COLLECTOR_PULL_SIZE octets, while up */
	uint64_t since_ns;
	uint64_t established;
	uint64_t overruns;
	uint64_t octets;
	int error;
};

static void arm_timer(struct collector *collector, unsigned seconds)
{
	const struct timeval wait = { .tv_sec = seconds };

	if (evtimer_add(collector->timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

static void hang_up(struct collector *collector)
{
	if (collector->readable)
		event_free(take(collector->readable));
	if (collector->writable)
		event_free(take(collector->writable));
	if (collector->fd >= 0)
		(void)close(collector->fd);
	collector->fd = -1;
	(void)evbuffer_drain(collector->waiting, evbuffer_get_length(collector->waiting));
	free(take(collector->pulled));
}

static void lost(struct collector *collector, int error)
{
	uint64_t now_ns = clock_now_ns();
	bool was_up = collector->is_up;

	hang_up(collector);
	if (was_up && now_ns - collector->since_ns > LASTED_SECONDS * NS_PER_S)
		collector->retry_seconds = RETRY_SECONDS_MIN;
	collector->is_up = false;
	collector->error = error;
	if (was_up)
		collector->since_ns = now_ns;
	arm_timer(collector, collector->retry_seconds);
	collector->retry_seconds *= 2;
	if (collector->retry_seconds > RETRY_SECONDS_MAX)
		collector->retry_seconds = RETRY_SECONDS_MAX;
	if (was_up)
		collector->callbacks.down(collector->user);
	else
		collector->callbacks.failed(collector->user, error);
}

static void want_to_write(struct collector *collector)
{
	if (event_add(collector->writable, NULL) < 0)
		abort();
}

/* Gives the kernel what it takes. Return: 0, -EAGAIN: it is full, or -errno. */
static int write_waiting(struct collector *collector)
{
	while (evbuffer_get_length(collector->waiting) > 0) {
		int n = evbuffer_write(collector->waiting, collector->fd);

		if (n < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		collector->octets += (uint64_t)n;
	}
	return 0;
}

static void add(struct collector *collector, const uint8_t *bytes, size_t len)
{
	if (evbuffer_add(collector->waiting, bytes, len) < 0)
		abort(); /* only memory can be missing */
}

/* One pull a turn of the loop: whoever has more to say does not keep others from their turn. */
static void go_on(struct collector *collector)
{
	int r = write_waiting(collector);
	size_t len;

	if (r == 0) {
		len = collector->callbacks.pull(
			collector->user, collector->pulled, COLLECTOR_PULL_SIZE);
		if (len == 0) {
			(void)event_del(collector->writable);
			return;
		}
		add(collector, collector->pulled, len);
		r = write_waiting(collector);
	}
	if (r < 0 && r != -EAGAIN)
		lost(collector, r);
}

static void came_up(struct collector *collector)
{
	(void)evtimer_del(collector->timer);
	collector->is_up = true;
	collector->since_ns = clock_now_ns();
	collector->established++;
	collector->error = 0;
	collector->pulled = xcalloc(1, COLLECTOR_PULL_SIZE);
	if (event_add(collector->readable, NULL) < 0)
		abort();
	collector->callbacks.up(collector->user);
}

static void on_writable(evutil_socket_t fd, short events, void *arg)
{
	struct collector *collector = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (!collector->is_up) {
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
			error = errno;
		if (error != 0) {
			lost(collector, -error);
			return;
		}
		came_up(collector);
	}
	if (collector->is_up)
		go_on(collector);
}

/* It has nothing to say; what it says is thrown away, and its end is seen. */
static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct collector *collector = arg;
	uint8_t bytes[READ_SIZE];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

	(void)events;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	lost(collector, n < 0 ? -errno : 0);
}

static int dial(struct collector *collector)
{
	const struct sockaddr *to = (const struct sockaddr *)&collector->address;
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	collector->fd = fd;
	if (connect(fd, to, (socklen_t)collector->address_len) < 0 && errno != EINPROGRESS)
		return -errno;
	collector->readable = event_new(
		collector->base, fd, EV_READ | EV_PERSIST, on_readable, collector);
	collector->writable = event_new(
		collector->base, fd, EV_WRITE | EV_PERSIST, on_writable, collector);
	want_to_write(collector);
	arm_timer(collector, CONNECT_SECONDS_MAX);
	return 0;
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct collector *collector = arg;
	int r;

	(void)fd;
	(void)events;
	if (collector->fd >= 0) {
		lost(collector, -ETIMEDOUT);
		return;
	}
	r = dial(collector);
	if (r < 0)
		lost(collector, r);
}

int collector_new(struct event_base *base, const char *address,
	const struct collector_callbacks *callbacks, void *user, struct collector **ret_collector)
{
	auto_(freep) struct collector *collector = xnew(struct collector);

	collector->address_len = sizeof(collector->address);
	if (evutil_parse_sockaddr_port(
		    address, (struct sockaddr *)&collector->address, &collector->address_len) < 0)
		return -EINVAL;
	collector->base = base;
	collector->callbacks = *callbacks;
	collector->user = user;
	collector->fd = -1;
	collector->retry_seconds = RETRY_SECONDS_MIN;
	collector->waiting = evbuffer_new();
	collector->timer = evtimer_new(base, on_timer, collector);
	collector->since_ns = clock_now_ns();
	arm_timer(collector, 0);
	*ret_collector = take(collector);
	return 0;
}

struct collector *collector_free(struct collector *collector)
{
	if (!collector)
		return NULL;
	if (collector->is_up)
		(void)write_waiting(collector);
	hang_up(collector);
	event_free(collector->timer);
	evbuffer_free(collector->waiting);
	free(collector);
	return NULL;
}

void collector_push(struct collector *collector, const uint8_t *bytes, size_t len)
{
	if (!collector->is_up)
		return;
	if (evbuffer_get_length(collector->waiting) + len > COLLECTOR_PUSH_MAX) {
		collector->overruns++;
		lost(collector, -ENOBUFS);
		return;
	}
	add(collector, bytes, len);
	want_to_write(collector);
}

void collector_wake(struct collector *collector)
{
	if (collector->is_up)
		want_to_write(collector);
}

struct collector_view collector_view(const struct collector *collector)
{
	return (struct collector_view){
		.is_up = collector->is_up,
		.since_ns = collector->since_ns,
		.established = collector->established,
		.overruns = collector->overruns,
		.octets = collector->octets,
		.waiting = evbuffer_get_length(collector->waiting),
		.error = collector->error,
	};
}
