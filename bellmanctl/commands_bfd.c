/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BFD sessions of a running agent.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "bellmanctl/views.h"

static int run_bfd(const struct options *options, char **arguments, int count)
{
	if (count == 0)
		return command_ask(options, "bfd", NULL, view_bfd);
	return command_ask(options, "bfd", json_pack("{s:s}", "peer", arguments[0]), view_bfd_peer);
}

static const struct command commands[] = {
	{ .words = "bfd",
		.arguments = "[PEER]",
		.max = 1,
		.help = "BFD sessions, or all there is to know of one",
		.run = run_bfd },
};

const struct command_table commands_bfd = { commands, COUNT_OF(commands) };
