/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What needs no agent: manifests checked, and planned.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "bellmanctl/fields.h"
#include "bellmanctl/offline.h"
#include "bellmanctl/views.h"

#include <stdio.h>
#include <string.h>

static int complain_path(const char *path, int error)
{
	(void)fprintf(stderr, "bellmanctl: %s: %s\n", path, strerror(-error));
	return EXIT_USAGE;
}

static int run_lint(const struct options *options, char **arguments, int count)
{
	json_t *findings = NULL;
	int r = offline_lint(arguments[0], &findings);
	bool is_clean;

	(void)count;
	if (r < 0)
		return complain_path(arguments[0], r);
	command_print(options, findings, view_config);
	is_clean = json_integer_value(json_object_get(findings, "errors")) == 0 &&
		json_integer_value(json_object_get(findings, "warnings")) == 0;
	json_decref(findings);
	return is_clean ? EXIT_SUCCESS : EXIT_FINDINGS;
}

static bool has_errors(const json_t *plan)
{
	return field_int(json_object_get(plan, "findings"), "errors") > 0;
}

/* A plan of manifests that are not all in force is not what whoever wrote them means. */
static int tell_errors(const json_t *plan)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	if (!has_errors(plan))
		return EXIT_SUCCESS;
	view_config(json_object_get(plan, "findings"), false, &out);
	(void)fputs(strbuf_text(&out), stderr);
	return EXIT_FINDINGS;
}

static int show_changes(const struct options *options, const json_t *after)
{
	json_t *before = NULL;
	json_t *changes;
	int r = offline_plan(options->from, &before);

	if (r < 0)
		return complain_path(options->from, r);
	changes = offline_diff(before, after);
	command_print(options, changes, view_changes);
	json_decref(changes);
	json_decref(before);
	return tell_errors(after);
}

static int run_plan(const struct options *options, char **arguments, int count)
{
	json_t *plan = NULL;
	int r = offline_plan(arguments[0], &plan);
	int status;

	(void)count;
	if (r < 0)
		return complain_path(arguments[0], r);
	if (options->from) {
		status = show_changes(options, plan);
	} else {
		command_print(options, plan, view_plan);
		status = tell_errors(plan);
	}
	json_decref(plan);
	return status;
}

static const struct command commands[] = {
	{ .words = "lint",
		.arguments = "DIR",
		.min = 1,
		.max = 1,
		.help = "check manifests, without an agent",
		.run = run_lint },
	{ .words = "plan",
		.arguments = "DIR",
		.min = 1,
		.max = 1,
		.takes = TAKES_FROM,
		.help = "what manifests would assign and announce, without an agent;\n"
			"with --from OLD what would change",
		.run = run_plan },
};

const struct command_table commands_offline = { commands, COUNT_OF(commands) };
