/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Owners of addresses among nodes that watch one another.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "bellmanctl/views_l2.h"

static int run_move(const struct options *options, char **arguments, int count)
{
	json_t *args = json_pack("{s:s, s:s, s:b}", "service", arguments[0], "node", arguments[1],
		"dry_run", options->is_dry_run);

	(void)count;
	return command_ask(
		options, "l2 move", args, options->is_dry_run ? view_l2_would_move : view_l2_moves);
}

static int run_rebalance(const struct options *options, char **arguments, int count)
{
	json_t *args = json_pack("{s:b}", "dry_run", options->is_dry_run);

	(void)arguments;
	(void)count;
	return command_ask(options, "l2 rebalance", args,
		options->is_dry_run ? view_l2_would_move : view_l2_moves);
}

static int run_drain(const struct options *options, char **arguments, int count)
{
	(void)arguments;
	(void)count;
	return command_ask(
		options, "drain", json_pack("{s:b}", "dry_run", options->is_dry_run), view_drain);
}

static const struct command commands[] = {
	{ .words = "l2",
		.help = "who owns which address, who would take over, and how the nodes are",
		.view = view_l2 },
	{ .words = "l2 move",
		.arguments = "NAMESPACE/NAME NODE",
		.min = 2,
		.max = 2,
		.takes = TAKES_DRY_RUN,
		.help = "have the addresses of a Service owned by a node; nothing is lost",
		.run = run_move },
	{ .words = "l2 rebalance",
		.takes = TAKES_DRY_RUN,
		.help = "give addresses to the first living node of their order;\n"
			"--dry-run tells what this node would give",
		.run = run_rebalance },
	{ .words = "drain",
		.takes = TAKES_DRY_RUN,
		.help = "give all traffic of the node to others, and keep it away",
		.run = run_drain },
	{ .words = "undrain", .help = "take a drained node back", .view = view_drain },
};

const struct command_table commands_l2 = { commands, COUNT_OF(commands) };
