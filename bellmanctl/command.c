/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/command.h"

#include "base/mem.h"
#include "ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print_json(const json_t *data)
{
	char *text = json_dumps(data, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);

	(void)puts(text ? text : "null");
	free(text);
}

void command_print(const struct options *options, const json_t *data, view_fn *view)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	if (options->is_json) {
		print_json(data);
		return;
	}
	view(data, options->color, &out);
	(void)fputs(strbuf_text(&out), stdout);
}

int command_complain(const struct options *options, int error, const char *told)
{
	if (error == -EREMOTEIO) {
		(void)fprintf(stderr, "bellmanctl: %s\n", told);
		return EXIT_FINDINGS;
	}
	if (error == -ENOENT || error == -ECONNREFUSED)
		(void)fprintf(stderr,
			"bellmanctl: nobody listens on %s; is bellmand running, and is "
			"control.socket in its settings the same? (-s SOCKET)\n",
			options->socket);
	else if (error == -EACCES || error == -EPERM)
		(void)fprintf(stderr,
			"bellmanctl: %s: permission denied; be root or in the socket's group "
			"(control.group)\n",
			options->socket);
	else
		(void)fprintf(stderr, "bellmanctl: %s: %s\n", options->socket, strerror(-error));
	return EXIT_NO_DAEMON;
}

int command_ask(const struct options *options, const char *op, json_t *args, view_fn *view)
{
	auto_(ctl_client_freep) struct ctl_client *client = NULL;
	auto_(freep) char *told = NULL;
	json_t *data = NULL;
	int r = ctl_client_open(options->socket, &client);

	if (r < 0)
		json_decref(args);
	else
		r = ctl_client_ask(client, op, args, &data, &told);
	if (r < 0)
		return command_complain(options, r, told);
	command_print(options, data, view);
	json_decref(data);
	return EXIT_SUCCESS;
}
