/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Views of a running agent.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "bellmanctl/views.h"
#include "ctl/client.h"

#include <stdio.h>

static int run_explain(const struct options *options, char **arguments, int count)
{
	(void)count;
	return command_ask(
		options, "explain", json_pack("{s:s}", "service", arguments[0]), view_explain);
}

static void print_event(const struct options *options, const json_t *event)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	char *text;

	if (!options->is_json) {
		view_event(event, options->color, &out);
		(void)fputs(strbuf_text(&out), stdout);
		return;
	}
	text = json_dumps(event, JSON_COMPACT | JSON_PRESERVE_ORDER);
	(void)puts(text ? text : "null");
	free(text);
}

static int run_events(const struct options *options, char **arguments, int count)
{
	auto_(ctl_client_freep) struct ctl_client *client = NULL;
	auto_(freep) char *told = NULL;
	json_t *data = NULL;
	int r = ctl_client_open(options->socket, &client);

	(void)arguments;
	(void)count;
	if (r == 0)
		r = ctl_client_ask(client, "events", NULL, &data, &told);
	json_decref(data);
	while (r == 0) {
		json_t *event = NULL;

		r = ctl_client_next(client, &event);
		if (r == 0)
			print_event(options, event);
		(void)fflush(stdout);
		json_decref(event);
	}
	return command_complain(options, r, told);
}

static const struct command commands[] = {
	{ .words = "status", .help = "how the agent is", .view = view_status },
	{ .words = "services",
		.help = "Services of type LoadBalancer, their addresses and owners",
		.view = view_services },
	{ .words = "pools", .help = "address pools and how full they are", .view = view_pools },
	{ .words = "announcements",
		.help = "what this node announces, where, and frames counted",
		.view = view_announcements },
	{ .words = "links", .help = "interfaces, and why one does not serve", .view = view_links },
	{ .words = "wire",
		.help = "the thread that answers: real time, locked memory, stalls",
		.view = view_wire },
	{ .words = "config",
		.help = "what is wrong with the manifests the agent reads",
		.view = view_config },
	{ .words = "explain",
		.arguments = "NAMESPACE/NAME",
		.min = 1,
		.max = 1,
		.help = "every gate of a Service: passed, or why not, and what to do",
		.run = run_explain },
	{ .words = "reload",
		.help = "have the agent read its settings again",
		.view = view_reload },
	{ .words = "events", .help = "what happens, as it happens", .run = run_events },
};

const struct command_table commands_agent = { commands, COUNT_OF(commands) };
