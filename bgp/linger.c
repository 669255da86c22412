/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/linger.h"

#include "base/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WAIT_SECONDS = 1,
	LINGERS_MAX = 256,
	LINGERS_OF_ONE_MAX = 4, /* what a peer that dials without end can make us keep */
};

struct bgp_linger {
	TAILQ_ENTRY(bgp_linger) entry;
	struct bgp_lingers *list;
	const void *owner;
	int fd;
	uint8_t *rest; /* owned */
	size_t at, len;
	struct event *read;
	struct event *write;
	struct event *limit; /* for the whole of it, however much the peer still sends */
};

static void end(struct bgp_linger *linger)
{
	TAILQ_REMOVE(linger->list, linger, entry);
	event_free(linger->read);
	event_free(linger->write);
	event_free(linger->limit);
	(void)close(linger->fd);
	free(linger->rest);
	free(linger);
}

static void on_write(evutil_socket_t fd, short what, void *user)
{
	struct bgp_linger *linger = user;
	ssize_t n = 0;

	(void)what;
	if (linger->at < linger->len)
		n = send(fd, linger->rest + linger->at, linger->len - linger->at, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		end(linger);
		return;
	}
	if (n > 0)
		linger->at += (size_t)n;
	if (linger->at < linger->len)
		(void)event_add(linger->write, NULL);
	else
		(void)shutdown(fd, SHUT_WR);
}

static void on_read(evutil_socket_t fd, short what, void *user)
{
	struct bgp_linger *linger = user;
	uint8_t nowhere[4096];
	ssize_t n;

	(void)what;
	n = recv(fd, nowhere, sizeof(nowhere), 0);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end(linger);
}

static void on_limit(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	end(user);
}

static bool is_full(struct bgp_lingers *list, const void *owner)
{
	const struct bgp_linger *linger;
	unsigned count = 0;
	unsigned own = 0;

	TAILQ_FOREACH(linger, list, entry) {
		count++;
		own += linger->owner == owner;
	}
	return count >= LINGERS_MAX || own >= LINGERS_OF_ONE_MAX;
}

/* One try is nearly always enough: a last word is short, and the kernel has room. */
static void end_at_once(int fd, const uint8_t *rest, size_t len)
{
	if (len > 0)
		(void)!send(fd, rest, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

void bgp_linger_add(struct bgp_lingers *list, struct event_base *base, const void *owner, int fd,
	const uint8_t *rest, size_t len)
{
	static const struct timeval limit = { .tv_sec = WAIT_SECONDS };
	struct bgp_linger *linger;

	if (is_full(list, owner)) {
		end_at_once(fd, rest, len);
		return;
	}
	linger = xnew(struct bgp_linger);
	linger->list = list;
	linger->owner = owner;
	linger->fd = fd;
	linger->rest = len > 0 ? xmemdup(rest, len) : NULL;
	linger->len = len;
	linger->read = event_new(base, fd, EV_READ | EV_PERSIST, on_read, linger);
	linger->write = event_new(base, fd, EV_WRITE, on_write, linger);
	linger->limit = evtimer_new(base, on_limit, linger);
	if (!linger->read || !linger->write || !linger->limit ||
		event_add(linger->read, NULL) < 0 || event_add(linger->limit, &limit) < 0)
		abort(); /* only memory can be missing */
	TAILQ_INSERT_TAIL(list, linger, entry);
	event_active(linger->write, EV_WRITE, 0);
}

void bgp_lingers_fini(struct bgp_lingers *list)
{
	struct bgp_linger *linger;

	while ((linger = TAILQ_FIRST(list)))
		end(linger);
}
