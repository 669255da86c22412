/* SPDX-License-Identifier: Apache-2.0 */

#include "ctl/client.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	CHUNK = 65536
};

struct ctl_client {
	int fd;
	struct strbuf input;
	size_t scanned; /* of input: no newline before here */
};

int ctl_client_open(const char *path, struct ctl_client **ret_client)
{
	auto_(ctl_client_freep) struct ctl_client *client = xnew(struct ctl_client);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	client->fd = -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return -errno;
	if (connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_client = take(client);
	return 0;
}

struct ctl_client *ctl_client_free(struct ctl_client *client)
{
	if (!client)
		return NULL;
	if (client->fd >= 0)
		(void)close(client->fd);
	strbuf_fini(&client->input);
	free(client);
	return NULL;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t written = send(fd, text, len, MSG_NOSIGNAL);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			len -= (size_t)written;
		}
	}
	return 0;
}

static int read_more(struct ctl_client *client)
{
	char chunk[CHUNK];
	ssize_t got = recv(client->fd, chunk, sizeof(chunk), 0);

	if (got == 0)
		return -ECONNRESET;
	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (client->input.len + (size_t)got > CTL_REPLY_MAX)
		return -EPROTO;
	strbuf_add_len(&client->input, chunk, (size_t)got);
	return 0;
}

/* Cuts the next line off the input and reads it as JSON. */
static int read_line(struct ctl_client *client, json_t **ret_json)
{
	struct strbuf rest = { 0 };
	const char *end;
	json_t *json;
	size_t len;

	for (;;) {
		int r;

		end = client->input.len > client->scanned ?
			memchr(client->input.text + client->scanned, '\n',
				client->input.len - client->scanned) :
			NULL;
		if (end)
			break;
		client->scanned = client->input.len;
		r = read_more(client);
		if (r < 0)
			return r;
	}
	len = (size_t)(end - client->input.text);
	json = json_loadb(client->input.text, len, 0, NULL);
	strbuf_add_len(&rest, end + 1, client->input.len - len - 1);
	strbuf_fini(&client->input);
	client->input = rest;
	client->scanned = 0;
	if (!json)
		return -EPROTO;
	*ret_json = json;
	return 0;
}

static void limit_time(const struct ctl_client *client, time_t seconds)
{
	const struct timeval limit = { .tv_sec = seconds };

	/* Without it we would wait longer, no more. */
	(void)setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int send_request(struct ctl_client *client, const char *op, json_t *args)
{
	json_t *request = json_pack("{s:s, s:o*}", "op", op, "args", args);
	char *text = json_dumps(request, JSON_COMPACT);
	int r;

	json_decref(request);
	if (!text)
		return -EINVAL;
	r = write_all(client->fd, text, strlen(text));
	free(text);
	return r < 0 ? r : write_all(client->fd, "\n", 1);
}

int ctl_client_ask(struct ctl_client *client, const char *op, json_t *args, json_t **ret_data,
	char **ret_error)
{
	json_t *reply = NULL;
	const char *error;
	int r;

	limit_time(client, CTL_TIMEOUT_SECONDS);
	r = send_request(client, op, args);
	if (r == 0)
		r = read_line(client, &reply);
	if (r < 0)
		return r;
	error = json_string_value(json_object_get(reply, "error"));
	if (json_is_true(json_object_get(reply, "ok")))
		*ret_data = json_incref(json_object_get(reply, "data"));
	else if (error)
		*ret_error = xstrdup(error);
	r = json_is_true(json_object_get(reply, "ok")) ? 0 : error ? -EREMOTEIO : -EPROTO;
	json_decref(reply);
	return r;
}

int ctl_client_next(struct ctl_client *client, json_t **ret_event)
{
	limit_time(client, 0);
	return read_line(client, ret_event);
}
