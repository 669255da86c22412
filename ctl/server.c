/* SPDX-License-Identifier: Apache-2.0 */

#include "ctl/server.h"

#include "base/log.h"
#include "base/mem.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	TAILQ_ENTRY(client) link;
	struct ctl_server *server;
	struct bufferevent *stream;
	bool wants_events;
	bool is_last; /* is closed once what it was told has left */
};

struct ctl_server {
	struct event_base *base;
	struct evconnlistener *listener;
	char *path; /* owned; NULL until the socket is ours */
	ctl_handle_fn *handle;
	void *user;
	TAILQ_HEAD(, client) clients;
	unsigned client_count;
};

static void client_free(struct client *client)
{
	TAILQ_REMOVE(&client->server->clients, client, link);
	client->server->client_count--;
	bufferevent_free(client->stream);
	free(client);
}

static void send_line(struct client *client, const json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT | JSON_PRESERVE_ORDER);

	if (!text)
		abort(); /* only memory can be missing: what we build is valid */
	(void)bufferevent_write(client->stream, text, strlen(text));
	(void)bufferevent_write(client->stream, "\n", 1);
	free(text);
}

static void send_error(struct client *client, const char *error)
{
	json_t *message = json_pack("{s:b, s:s}", "ok", 0, "error", error);

	send_line(client, message);
	json_decref(message);
}

static void send_data(struct client *client, json_t *data)
{
	json_t *message = json_pack("{s:b, s:o}", "ok", 1, "data", data ? data : json_null());

	send_line(client, message);
	json_decref(message);
}

static void answer(struct client *client, const char *op, const json_t *args)
{
	struct ctl_server *server = client->server;
	auto_(freep) char *error = NULL;
	json_t *data = NULL;

	if (strcmp(op, "events") == 0) {
		client->wants_events = true;
		send_data(client, NULL);
		return;
	}
	server->handle(server->user, op, args, &data, &error);
	if (error)
		send_error(client, error);
	else
		send_data(client, data);
}

static void on_line(struct client *client, const char *line, size_t len)
{
	json_t *request = NULL;
	const json_t *args;
	const char *op;
	const char *wrong = ctl_request_parse(line, len, &request, &op, &args);

	if (wrong)
		send_error(client, wrong);
	else
		answer(client, op, args);
	json_decref(request);
}

static void on_read(struct bufferevent *stream, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	struct client *client = arg;
	char *line;
	size_t len;

	while ((line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF))) {
		on_line(client, line, len);
		free(line);
	}
	if (evbuffer_get_length(input) < CTL_REQUEST_MAX)
		return;
	send_error(client, "the request is longer than 65536 bytes");
	client->is_last = true;
	(void)bufferevent_disable(stream, EV_READ);
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct client *client = arg;

	(void)stream;
	if (client->is_last)
		client_free(client);
}

static void on_event(struct bufferevent *stream, short events, void *arg)
{
	(void)stream;
	(void)events;
	client_free(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
	int len, void *arg)
{
	struct ctl_server *server = arg;
	struct client *client;

	(void)listener;
	(void)address;
	(void)len;
	if (server->client_count >= CTL_CLIENTS_MAX) {
		log_limited(LOG_L_WARN, "control connection refused: too many",
			kv_uint("clients", server->client_count));
		(void)close(fd);
		return;
	}
	client = xnew(struct client);
	client->server = server;
	client->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->stream)
		abort(); /* only memory can be missing */
	TAILQ_INSERT_TAIL(&server->clients, client, link);
	server->client_count++;
	bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
	bufferevent_setwatermark(client->stream, EV_READ, 0, CTL_REQUEST_MAX);
	(void)bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

static bool somebody_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected;

	if (fd < 0)
		return false;
	connected = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	(void)close(fd);
	return connected;
}

/* Group and mode are set before listen(): until then nobody can connect. */
static int set_access(const struct ctl_server_conf *conf)
{
	if (conf->group && conf->group[0] != '\0') {
		const struct group *group = getgrnam(conf->group);

		if (!group)
			return -ENOENT;
		if (chown(conf->path, (uid_t)-1, group->gr_gid) < 0)
			return -errno;
	}
	return chmod(conf->path, conf->mode) < 0 ? -errno : 0;
}

static int bind_socket(int fd, const struct ctl_server_conf *conf, struct ctl_server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int r;

	if (strlen(conf->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, conf->path);
	if (somebody_listens(&address))
		return -EADDRINUSE;
	if (unlink(conf->path) < 0 && errno != ENOENT)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r < 0)
		return r;
	server->path = xstrdup(conf->path);
	return set_access(conf);
}

int ctl_server_open(
	struct event_base *base, const struct ctl_server_conf *conf, struct ctl_server **ret_server)
{
	auto_(ctl_server_freep) struct ctl_server *server = xnew(struct ctl_server);
	int fd;
	int r;

	TAILQ_INIT(&server->clients);
	server->base = base;
	server->handle = conf->handle;
	server->user = conf->user;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = bind_socket(fd, conf, server);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	server->listener = evconnlistener_new(base, on_accept, server,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, CTL_CLIENTS_MAX, fd);
	if (!server->listener) {
		(void)close(fd);
		return -ENOMEM;
	}
	*ret_server = take(server);
	return 0;
}

struct ctl_server *ctl_server_free(struct ctl_server *server)
{
	struct client *client;

	if (!server)
		return NULL;
	while ((client = TAILQ_FIRST(&server->clients)))
		client_free(client);
	if (server->listener)
		evconnlistener_free(server->listener);
	if (server->path)
		(void)unlink(server->path);
	free(server->path);
	free(server);
	return NULL;
}

void ctl_server_publish(struct ctl_server *server, json_t *event)
{
	struct client *client;
	struct client *next;

	for (client = TAILQ_FIRST(&server->clients); client; client = next) {
		next = TAILQ_NEXT(client, link);
		if (!client->wants_events)
			continue;
		if (evbuffer_get_length(bufferevent_get_output(client->stream)) > CTL_BACKLOG_MAX) {
			log_warn("a reader of events is too slow and was dropped",
				kv_uint("backlog_bytes", CTL_BACKLOG_MAX));
			client_free(client);
			continue;
		}
		send_line(client, event);
	}
	json_decref(event);
}
