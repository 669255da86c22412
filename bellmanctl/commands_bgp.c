/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BGP of a running agent: views, and what may be done to a session.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "bellmanctl/fields.h"
#include "bellmanctl/views_bgp.h"

#include <stdio.h>
#include <string.h>

static void view_done(const json_t *data, bool color, struct strbuf *out)
{
	(void)data;
	(void)color;
	(void)out;
}

/* The answer to a question about one peer has that one alone. */
static void view_peers(const json_t *data, bool color, struct strbuf *out)
{
	const json_t *peer;
	size_t i;

	(void)color;
	json_array_foreach(json_object_get(data, "peers"), i, peer) view_bgp_peer(peer, out);
}

static int run_bgp(const struct options *options, char **arguments, int count)
{
	json_t *args = count > 0 ? json_pack("{s:s}", "peer", arguments[0]) : NULL;

	return command_ask(options, "bgp", args, count > 0 ? view_peers : view_bgp);
}

static int run_routes(const struct options *options, char **arguments, int count)
{
	json_t *args = options->peer ? json_pack("{s:s}", "peer", options->peer) : NULL;

	(void)arguments;
	(void)count;
	return command_ask(options, "bgp routes", args, view_bgp_routes);
}

static int act(const struct options *options, const char *op, const char *peer)
{
	return command_ask(options, op,
		json_pack("{s:s, s:s*}", "peer", peer, "message", options->message), view_done);
}

static int run_reset(const struct options *options, char **arguments, int count)
{
	(void)count;
	return act(options, "bgp reset", arguments[0]);
}

static int run_refresh(const struct options *options, char **arguments, int count)
{
	(void)count;
	return act(options, "bgp refresh", arguments[0]);
}

static int run_shutdown(const struct options *options, char **arguments, int count)
{
	(void)count;
	return act(options, "bgp shutdown", arguments[0]);
}

static int run_enable(const struct options *options, char **arguments, int count)
{
	(void)count;
	return act(options, "bgp enable", arguments[0]);
}

static const struct command commands[] = {
	{ .words = "bgp",
		.arguments = "[PEER]",
		.max = 1,
		.help = "BGP peers and their sessions; all about one of them",
		.run = run_bgp },
	{ .words = "bgp routes",
		.takes = TAKES_PEER,
		.help = "what is announced by BGP, to whom, and because of what",
		.run = run_routes },
	{ .words = "bgp received",
		.help = "what the peers announce to us; it is not used",
		.view = view_bgp_received },
	{ .words = "bgp reset",
		.arguments = "PEER",
		.min = 1,
		.max = 1,
		.takes = TAKES_MESSAGE,
		.help = "end the session and begin it anew",
		.run = run_reset },
	{ .words = "bgp refresh",
		.arguments = "PEER",
		.min = 1,
		.max = 1,
		.help = "announce everything again, and ask for the peer's routes",
		.run = run_refresh },
	{ .words = "bgp shutdown",
		.arguments = "PEER",
		.min = 1,
		.max = 1,
		.takes = TAKES_MESSAGE,
		.help = "end the session and keep it down",
		.run = run_shutdown },
	{ .words = "bgp enable",
		.arguments = "PEER",
		.min = 1,
		.max = 1,
		.help = "let a session up that was shut down",
		.run = run_enable },
};

const struct command_table commands_bgp = { commands, COUNT_OF(commands) };
