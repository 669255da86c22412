/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Octets between a socket and a connection, and its timers. Nothing is decided here: what the state
 * machine wants is left to session.c, which may free the link, so that bgp_link_settle() is always
 * the last thing a function does.
 */

#include "bgp/session_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 256 << 10,  /* octets taken in one turn of the loop */
	WRITE_MAX = 512 << 10, /* octets given in one turn */
};

static struct timeval to_timeval(uint64_t ns)
{
	return (struct timeval){
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US + 1),
	};
}

static void arm_timer(struct bgp_link *link)
{
	uint64_t next_ns = bgp_conn_next_ns(&link->conn);
	uint64_t now_ns = clock_now_ns();
	struct timeval wait;

	if (link->is_connecting)
		next_ns = link->connect_limit_ns;
	if (next_ns == 0) {
		(void)event_del(link->timer);
		return;
	}
	wait = to_timeval(next_ns > now_ns ? next_ns - now_ns : 0);
	if (event_add(link->timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

void bgp_link_settle(struct bgp_link *link)
{
	size_t unsent = 0;

	if (link->fd >= 0 && !link->is_connecting && link->conn.state != BGP_IDLE) {
		(void)bgp_conn_unsent(&link->conn, &unsent);
		if (unsent > 0 && !event_pending(link->write, EV_WRITE, NULL))
			event_active(link->write, EV_WRITE, 0);
	}
	arm_timer(link);
	if (link->conn.todo != 0)
		bgp_session_on_link(link->session, link);
}

static void fail(struct bgp_link *link, int error)
{
	link->is_connecting = false;
	bgp_conn_tcp_down(&link->conn, error, clock_now_ns());
	bgp_link_settle(link);
}

/* Processes what was read; false: the link is gone or changed, do not touch it. */
static bool process(struct bgp_link *link)
{
	struct bgp_session *session = link->session;

	for (;;) {
		bool is_more = bgp_conn_process(&link->conn, clock_now_ns());

		if (link->conn.todo != 0) {
			bool is_over = link->conn.todo & BGP_CONN_CLOSE;

			bgp_session_on_link(session, link);
			if (is_over)
				return false;
			/* The collision it was part of may have ended it. */
			if (session->links[BGP_SLOT_UP] != link &&
				session->links[BGP_SLOT_DIALLED] != link &&
				session->links[BGP_SLOT_ACCEPTED] != link)
				return false;
		}
		if (!is_more)
			return true;
	}
}

/* Takes in what the socket has. False: the link is gone. */
static bool read_all(struct bgp_link *link)
{
	size_t total = 0;

	while (total < READ_MAX) {
		size_t room;
		uint8_t *to = bgp_conn_room(&link->conn, &room);
		ssize_t n = recv(link->fd, to, room, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0) {
			fail(link, n < 0 ? -errno : 0);
			return false;
		}
		total += (size_t)n;
		bgp_conn_got(&link->conn, (size_t)n, clock_now_ns());
		if (!process(link))
			return false;
		if ((size_t)n < room)
			return true;
	}
	return true;
}

static void on_read(evutil_socket_t fd, short what, void *user)
{
	struct bgp_link *link = user;

	(void)fd;
	(void)what;
	if (read_all(link))
		bgp_link_settle(link);
}

/* Asks the output for more, once all is sent. Return: true if there is something to send. */
static bool fill(struct bgp_link *link)
{
	struct bgp_session *session = link->session;
	uint8_t *room;
	size_t len;

	if (session->links[BGP_SLOT_UP] != link || !session->fill)
		return false;
	room = bgp_conn_fill_room(&link->conn);
	len = room ? session->fill(session->fill_user, room, BGP_CONN_FILL_SIZE) : 0;
	if (len == 0)
		return false;
	bgp_conn_filled(&link->conn, len, clock_now_ns());
	return true;
}

static void write_all(struct bgp_link *link)
{
	size_t total = 0;

	for (;;) {
		size_t len;
		const uint8_t *from = bgp_conn_unsent(&link->conn, &len);
		ssize_t n;

		if (len == 0) {
			if (!fill(link))
				return;
			continue;
		}
		if (total >= WRITE_MAX)
			break; /* others want their turn */
		n = send(link->fd, from, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			fail(link, -errno);
			return;
		}
		if (n < 0)
			break;
		total += (size_t)n;
		bgp_conn_sent(&link->conn, (size_t)n, clock_now_ns());
	}
	if (event_add(link->write, NULL) < 0)
		abort();
	arm_timer(link);
}

static void on_connected(struct bgp_link *link)
{
	int r = bgp_transport_result(link->fd);

	if (r < 0) {
		fail(link, r);
		return;
	}
	link->is_connecting = false;
	bgp_transport_ends(link->fd, &link->local, &link->remote);
	if (event_add(link->read, NULL) < 0)
		abort();
	bgp_conn_event(&link->conn, BGP_EV_TCP_UP, clock_now_ns());
	bgp_link_settle(link);
}

static void on_write(evutil_socket_t fd, short what, void *user)
{
	struct bgp_link *link = user;

	(void)fd;
	(void)what;
	if (link->is_connecting)
		on_connected(link);
	else
		write_all(link);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct bgp_link *link = user;

	(void)fd;
	(void)what;
	if (link->is_connecting) {
		fail(link, -ETIMEDOUT);
		return;
	}
	/* What has arrived counts, even if we were too busy to look at it. */
	if (link->fd >= 0 && !read_all(link))
		return;
	bgp_conn_tick(&link->conn, clock_now_ns());
	bgp_link_settle(link);
}

struct bgp_link *bgp_link_new(struct bgp_session *session, bool is_dialled)
{
	struct bgp_link *link = xnew(struct bgp_link);

	link->session = session;
	link->fd = -1;
	link->is_dialled = is_dialled;
	link->timer = evtimer_new(session->engine->base, on_timer, link);
	if (!link->timer)
		abort();
	return link;
}

static void watch(struct bgp_link *link, int fd)
{
	link->fd = fd;
	link->read = event_new(
		link->session->engine->base, fd, EV_READ | EV_PERSIST, on_read, link);
	link->write = event_new(link->session->engine->base, fd, EV_WRITE, on_write, link);
	if (!link->read || !link->write)
		abort();
}

void bgp_link_close(struct bgp_link *link, bool is_polite)
{
	struct bgp_engine *engine = link->session->engine;
	size_t len;
	const uint8_t *rest = bgp_conn_unsent(&link->conn, &len);

	/* A connection that is not there yet is not to come while it waits to be closed. */
	if (link->is_connecting)
		is_polite = false;
	link->is_connecting = false;
	(void)event_del(link->timer);
	if (link->read)
		event_free(link->read);
	if (link->write)
		event_free(link->write);
	link->read = link->write = NULL;
	if (link->fd >= 0 && is_polite)
		bgp_linger_add(&engine->lingers, engine->base, link->session, link->fd, rest, len);
	else if (link->fd >= 0)
		(void)close(link->fd);
	link->fd = -1;
}

struct bgp_link *bgp_link_free(struct bgp_link *link)
{
	if (!link)
		return NULL;
	bgp_link_close(link, false);
	event_free(link->timer);
	bgp_conn_fini(&link->conn);
	free(link);
	return NULL;
}

void bgp_link_dial(struct bgp_link *link, const struct bgp_transport *t)
{
	int fd = -1;
	int r = bgp_transport_dial(t, &fd);

	if (r < 0) {
		fail(link, r);
		return;
	}
	watch(link, fd);
	link->is_connecting = true;
	link->connect_limit_ns = clock_now_ns() + BGP_CONNECT_LIMIT_SECONDS * NS_PER_S;
	if (event_add(link->write, NULL) < 0)
		abort();
	arm_timer(link);
}

void bgp_link_adopt(struct bgp_link *link, int fd)
{
	watch(link, fd);
	bgp_transport_ends(fd, &link->local, &link->remote);
	if (event_add(link->read, NULL) < 0)
		abort();
	bgp_conn_event(&link->conn, BGP_EV_START_PASSIVE, clock_now_ns());
	bgp_conn_event(&link->conn, BGP_EV_TCP_UP, clock_now_ns());
	bgp_link_settle(link);
}

void bgp_link_wake(struct bgp_link *link)
{
	if (link->fd >= 0 && !link->is_connecting && !event_pending(link->write, EV_WRITE, NULL))
		event_active(link->write, EV_WRITE, 0);
}
