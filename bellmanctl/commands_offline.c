/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What needs no agent: manifests checked, and planned.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "bellmanctl/offline.h"
#include "bellmanctl/table.h"
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

static void view_plan(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "SERVICE", "ADDRESS", "POOL", "NODE", "REASON" };
	struct table table;
	const json_t *service;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, service)
	{
		auto_(freep) char *name = xasprintf("%s/%s",
			json_string_value(json_object_get(service, "namespace")),
			json_string_value(json_object_get(service, "name")));
		const json_t *addresses = json_object_get(service, "addresses");
		const char *reason = json_string_value(json_object_get(service, "reason"));
		size_t rows = json_array_size(addresses);

		for (size_t k = 0; k < (rows > 0 ? rows : 1); k++) {
			const json_t *address = json_array_get(addresses, k);

			table_add(&table, name);
			table_add(&table, json_string_value(json_object_get(address, "ip")));
			table_add(&table, json_string_value(json_object_get(address, "pool")));
			table_add(&table, json_string_value(json_object_get(address, "owner")));
			table_add(&table, strcmp(reason, "passed") == 0 ? "" : reason);
		}
	}
	table_print(&table, color, out);
	table_fini(&table);
}

static void view_changes(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "SERVICE", "BEFORE", "AFTER" };
	struct table table;
	const json_t *change;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, change)
	{
		for (size_t k = 0; k < COUNT_OF(heads); k++) {
			static const char *const keys[] = { "service", "before", "after" };

			table_add(&table, json_string_value(json_object_get(change, keys[k])));
		}
	}
	table_print(&table, color, out);
	table_fini(&table);
}

static int run_plan(const struct options *options, char **arguments, int count)
{
	json_t *before = NULL;
	json_t *after = NULL;
	json_t *changes;
	int r = offline_plan(arguments[0], &after);

	(void)count;
	if (r < 0)
		return complain_path(arguments[0], r);
	if (!options->from) {
		command_print(options, after, view_plan);
		json_decref(after);
		return EXIT_SUCCESS;
	}
	r = offline_plan(options->from, &before);
	if (r < 0) {
		json_decref(after);
		return complain_path(options->from, r);
	}
	changes = offline_diff(before, after);
	command_print(options, changes, view_changes);
	json_decref(changes);
	json_decref(before);
	json_decref(after);
	return EXIT_SUCCESS;
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
