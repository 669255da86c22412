/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/http.h"

#include "base/ip.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <string.h>

enum {
	IDLE_SECONDS = 10,
	HEADERS_MAX = 8192,
	BODY_MAX = 1024, /* nobody has a reason to send one */
};

struct http_server {
	struct evhttp *http;
	struct http_callbacks callbacks;
	void *user;
};

static void reply(
	struct evhttp_request *request, int code, const char *type, const struct strbuf *body)
{
	struct evbuffer *out = evbuffer_new();

	if (!out)
		abort();
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
	(void)evbuffer_add(out, strbuf_text(body), body->len);
	evhttp_send_reply(request, code, NULL, out);
	evbuffer_free(out);
}

static void on_metrics(struct evhttp_request *request, void *arg)
{
	auto_(strbuf_finip) struct strbuf body = { 0 };
	struct http_server *server = arg;

	server->callbacks.metrics(server->user, &body);
	reply(request, HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static void reply_probe(struct evhttp_request *request, bool is_well, struct strbuf *why)
{
	if (is_well)
		strbuf_add(why, "ok");
	strbuf_add_char(why, '\n');
	reply(request, is_well ? HTTP_OK : HTTP_SERVUNAVAIL, "text/plain; charset=utf-8", why);
}

static void on_healthz(struct evhttp_request *request, void *arg)
{
	auto_(strbuf_finip) struct strbuf why = { 0 };
	struct http_server *server = arg;

	reply_probe(request, server->callbacks.is_healthy(server->user, &why), &why);
}

static void on_readyz(struct evhttp_request *request, void *arg)
{
	auto_(strbuf_finip) struct strbuf why = { 0 };
	struct http_server *server = arg;

	reply_probe(request, server->callbacks.is_ready(server->user, &why), &why);
}

static void on_other(struct evhttp_request *request, void *arg)
{
	auto_(strbuf_finip) struct strbuf body = { 0 };

	(void)arg;
	strbuf_add(&body, "There are /metrics, /healthz and /readyz.\n");
	reply(request, HTTP_NOTFOUND, "text/plain; charset=utf-8", &body);
}

/* Splits "HOST:PORT" into @host ("" or in brackets: see the header) and @ret_port. */
static int split(const char *listen, char host[IP_TEXT_SIZE], uint16_t *ret_port)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon ? (size_t)(colon - listen) : 0;
	char *end = NULL;
	unsigned long port;

	if (!colon || colon[1] == '\0')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	if (len >= 2 && listen[0] == '[' && listen[len - 1] == ']') {
		listen++;
		len -= 2;
	}
	if (len >= IP_TEXT_SIZE)
		return -EINVAL;
	memcpy(host, listen, len);
	host[len] = '\0';
	*ret_port = (uint16_t)port;
	return 0;
}

static int bind_http(struct evhttp *http, const char *listen)
{
	char host[IP_TEXT_SIZE];
	uint16_t port;
	struct ip ip;

	if (split(listen, host, &port) < 0)
		return -EINVAL;
	if (host[0] == '\0')
		strcpy(host, "::"); /* takes IPv4 as well */
	if (ip_parse(host, &ip) < 0)
		return -EINVAL;
	errno = 0;
	if (evhttp_bind_socket(http, host, port) < 0)
		return errno != 0 ? -errno : -EADDRNOTAVAIL;
	return 0;
}

int http_server_open(struct event_base *base, const char *listen,
	const struct http_callbacks *callbacks, void *user, struct http_server **ret_server)
{
	auto_(http_server_freep) struct http_server *server = xnew(struct http_server);
	int r;

	server->callbacks = *callbacks;
	server->user = user;
	server->http = evhttp_new(base);
	if (!server->http)
		return -ENOMEM;
	evhttp_set_timeout(server->http, IDLE_SECONDS);
	evhttp_set_max_headers_size(server->http, HEADERS_MAX);
	evhttp_set_max_body_size(server->http, BODY_MAX);
	evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_gencb(server->http, on_other, server);
	(void)evhttp_set_cb(server->http, "/metrics", on_metrics, server);
	(void)evhttp_set_cb(server->http, "/healthz", on_healthz, server);
	(void)evhttp_set_cb(server->http, "/readyz", on_readyz, server);

	r = bind_http(server->http, listen);
	if (r < 0)
		return r;
	*ret_server = take(server);
	return 0;
}

struct http_server *http_server_free(struct http_server *server)
{
	if (!server)
		return NULL;
	if (server->http)
		evhttp_free(server->http);
	free(server);
	return NULL;
}
