/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/health.h"

#include "base/mem.h"

#include <errno.h>
#include <event2/http.h>
#include <stdio.h>

enum {
	ASK_SECONDS = 1,
	BAD_MAX = 2, /* bad answers in a row that make it bad */
	PORT = 80,
	TEXT_SIZE = 16,
};

struct health {
	struct event_base *base;
	struct evhttp_uri *uri;
	struct evhttp_connection *connection; /* NULL: no question is under way */
	struct event *timer;
	void (*on_change)(void *user);
	void *user;
	bool is_known;
	bool is_good;
	unsigned bad; /* in a row */
	char text[TEXT_SIZE];
};

static void judge(struct health *health, bool is_good)
{
	bool was_known = health->is_known;
	bool was_good = health->is_good;

	health->bad = is_good ? 0 : health->bad + 1;
	/* The first answer counts as it is. */
	if (is_good || !was_known || health->bad >= BAD_MAX)
		health->is_good = is_good;
	health->is_known = true;
	if (!was_known || was_good != health->is_good)
		health->on_change(health->user);
}

static void ask_later(struct health *health)
{
	const struct timeval later = { .tv_sec = ASK_SECONDS };

	(void)evtimer_add(health->timer, &later);
}

static void on_answer(struct evhttp_request *request, void *arg)
{
	struct health *health = arg;
	int code = request ? evhttp_request_get_response_code(request) : 0;

	if (code == 0)
		(void)snprintf(health->text, sizeof(health->text), "no answer");
	else
		(void)snprintf(health->text, sizeof(health->text), "%d", code);
	ask_later(health);
	judge(health, code == HTTP_OK);
}

static const char *path_of(const struct evhttp_uri *uri)
{
	const char *path = evhttp_uri_get_path(uri);

	return path && path[0] != '\0' ? path : "/";
}

/* One connection a question: what is asked for is whether it takes them. */
static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct health *health = arg;
	const char *host = evhttp_uri_get_host(health->uri);
	int port = evhttp_uri_get_port(health->uri);
	struct evhttp_request *request = evhttp_request_new(on_answer, health);

	(void)fd;
	(void)events;
	if (health->connection)
		evhttp_connection_free(health->connection);
	health->connection = evhttp_connection_base_new(
		health->base, NULL, host, (unsigned short)(port > 0 ? port : PORT));
	evhttp_connection_set_timeout(health->connection, ASK_SECONDS);
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), "Host", host);
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
	if (evhttp_make_request(health->connection, request, EVHTTP_REQ_GET, path_of(health->uri)) <
		0)
		on_answer(NULL, health);
}

int health_open(struct event_base *base, const char *url, void (*on_change)(void *user), void *user,
	struct health **ret_health)
{
	struct evhttp_uri *uri = evhttp_uri_parse(url);
	const char *host = uri ? evhttp_uri_get_host(uri) : NULL;
	struct health *health;

	if (!host || host[0] == '\0') {
		if (uri)
			evhttp_uri_free(uri);
		return -EINVAL;
	}
	health = xnew(struct health);
	health->base = base;
	health->uri = uri;
	health->on_change = on_change;
	health->user = user;
	(void)snprintf(health->text, sizeof(health->text), "not asked yet");
	health->timer = evtimer_new(base, on_timer, health);
	event_active(health->timer, 0, 0);
	*ret_health = health;
	return 0;
}

struct health *health_free(struct health *health)
{
	if (!health)
		return NULL;
	if (health->connection)
		evhttp_connection_free(health->connection);
	event_free(health->timer);
	evhttp_uri_free(health->uri);
	free(health);
	return NULL;
}

bool health_is_known(const struct health *health)
{
	return health->is_known;
}

bool health_is_good(const struct health *health)
{
	return health->is_good;
}

const char *health_text(const struct health *health)
{
	return health->text;
}
