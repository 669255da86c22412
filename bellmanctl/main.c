/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bellmanctl: views of a running agent, and of manifests without one.
 */

#include "base/mem.h"
#include "bellmanctl/offline.h"
#include "bellmanctl/table.h"
#include "bellmanctl/views.h"
#include "ctl/client.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/bellman/control.sock"

enum {
	EXIT_FINDINGS = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
};

struct options {
	const char *socket;
	const char *from; /* plan --from */
	bool is_json;
	bool color;
};

struct command {
	const char *name;
	const char *argument; /* of the usage line; NULL: none */
	const char *help;
	/* Asks the agent for its name and shows the answer; or does all itself. */
	void (*view)(const json_t *data, bool color, struct strbuf *out);
	int (*run)(const struct options *options, const char *argument);
};

static int run_explain(const struct options *options, const char *argument);
static int run_events(const struct options *options, const char *argument);
static int run_lint(const struct options *options, const char *argument);
static int run_plan(const struct options *options, const char *argument);

static const struct command commands[] = {
	{ "status", NULL, "how the agent is", view_status, NULL },
	{ "services", NULL, "Services of type LoadBalancer, their addresses and owners",
		view_services, NULL },
	{ "pools", NULL, "address pools and how full they are", view_pools, NULL },
	{ "announcements", NULL, "what this node announces, where, and frames counted",
		view_announcements, NULL },
	{ "links", NULL, "interfaces, and why one does not serve", view_links, NULL },
	{ "config", NULL, "what is wrong with the manifests the agent reads", view_config, NULL },
	{ "explain", "NAMESPACE/NAME",
		"every gate of a Service: passed, or why not, and what to do", NULL, run_explain },
	{ "events", NULL, "what happens, as it happens", NULL, run_events },
	{ "lint", "DIR", "check manifests, without an agent", NULL, run_lint },
	{ "plan", "DIR",
		"what manifests would assign and announce, without an agent; with\n"
		"                          --from OLD what would change",
		NULL, run_plan },
};

static void print_usage(FILE *to)
{
	(void)fputs("usage: bellmanctl [-s SOCKET] [-o json|table] COMMAND [ARGUMENT]\n\n", to);
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const struct command *command = &commands[i];

		(void)fprintf(to, "  %s%s%-*s%s\n", command->name, command->argument ? " " : "",
			(int)(24 - strlen(command->name) - (command->argument ? 1 : 0)),
			command->argument ? command->argument : "", command->help);
	}
	(void)fputs("\n"
		    "  -s, --socket SOCKET     control socket (default: " DEFAULT_SOCKET ")\n"
		    "  -o, --output json|table\n"
		    "      --from DIR          with plan: the manifests as they are now\n"
		    "  -h, --help\n"
		    "      --version\n"
		    "\n"
		    "Exit status: 0 good; 1 findings, or refused by the agent; 2 wrong usage;\n"
		    "3 no agent. NO_COLOR is honoured.\n",
		to);
}

static void print_json(const json_t *data)
{
	char *text = json_dumps(data, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);

	(void)puts(text ? text : "null");
	free(text);
}

static void print(const struct options *options, const json_t *data,
	void (*view)(const json_t *data, bool color, struct strbuf *out))
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	if (options->is_json) {
		print_json(data);
		return;
	}
	view(data, options->color, &out);
	(void)fputs(strbuf_text(&out), stdout);
}

/* What to do about a failed connection or answer. */
static int complain(const struct options *options, int error, const char *told)
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

static int ask(const struct options *options, const char *op, json_t *args,
	void (*view)(const json_t *data, bool color, struct strbuf *out))
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
		return complain(options, r, told);
	print(options, data, view);
	json_decref(data);
	return EXIT_SUCCESS;
}

static int run_explain(const struct options *options, const char *argument)
{
	return ask(options, "explain", json_pack("{s:s}", "service", argument), view_explain);
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

static int run_events(const struct options *options, const char *argument)
{
	auto_(ctl_client_freep) struct ctl_client *client = NULL;
	auto_(freep) char *told = NULL;
	json_t *data = NULL;
	int r = ctl_client_open(options->socket, &client);

	(void)argument;
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
	return complain(options, r, told);
}

static int complain_path(const char *path, int error)
{
	(void)fprintf(stderr, "bellmanctl: %s: %s\n", path, strerror(-error));
	return EXIT_USAGE;
}

static int run_lint(const struct options *options, const char *argument)
{
	json_t *findings = NULL;
	int r = offline_lint(argument, &findings);
	bool is_clean;

	if (r < 0)
		return complain_path(argument, r);
	print(options, findings, view_config);
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

static int run_plan(const struct options *options, const char *argument)
{
	json_t *before = NULL;
	json_t *after = NULL;
	json_t *changes;
	int r = offline_plan(argument, &after);

	if (r < 0)
		return complain_path(argument, r);
	if (!options->from) {
		print(options, after, view_plan);
		json_decref(after);
		return EXIT_SUCCESS;
	}
	r = offline_plan(options->from, &before);
	if (r < 0) {
		json_decref(after);
		return complain_path(options->from, r);
	}
	changes = offline_diff(before, after);
	print(options, changes, view_changes);
	json_decref(changes);
	json_decref(before);
	json_decref(after);
	return EXIT_SUCCESS;
}

/* Levenshtein's distance, for words shorter than 32 letters. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[33];
	size_t len = strnlen(b, 32);

	for (unsigned i = 0; i <= len; i++)
		row[i] = i;
	for (unsigned i = 1; *a; a++, i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (size_t k = 1; k <= len; k++) {
			unsigned best = corner + (*a != b[k - 1]);

			corner = row[k];
			best = row[k] + 1 < best ? row[k] + 1 : best;
			row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
		}
	}
	return row[len];
}

static const struct command *find_command(const char *name)
{
	const struct command *nearest = &commands[0];

	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		if (distance(name, commands[i].name) < distance(name, nearest->name))
			nearest = &commands[i];
	}
	(void)fprintf(stderr,
		"bellmanctl: there is no command '%s'; did you mean '%s'? See --help.\n", name,
		nearest->name);
	return NULL;
}

static int run(const struct options *options, const char *name, char **arguments, int count)
{
	const struct command *command = find_command(name);

	if (!command)
		return EXIT_USAGE;
	if (count != (command->argument ? 1 : 0)) {
		(void)fprintf(stderr, "usage: bellmanctl %s %s\n", command->name,
			command->argument ? command->argument : "");
		return EXIT_USAGE;
	}
	if (command->run)
		return command->run(options, arguments[0]);
	return ask(options, command->name, NULL, command->view);
}

/* Return: true if @text names an output that there is. */
static bool parse_output(const char *text, struct options *options)
{
	options->is_json = strcmp(text, "json") == 0;
	if (options->is_json || strcmp(text, "table") == 0)
		return true;
	(void)fprintf(stderr, "bellmanctl: -o takes json or table, not '%s'\n", text);
	return false;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "from", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct options options = {
		.socket = DEFAULT_SOCKET,
		.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
	};
	int option;

	while ((option = getopt_long(argc, argv, "s:o:h", longs, NULL)) != -1) {
		switch (option) {
		case 's':
			options.socket = optarg;
			break;
		case 'o':
			if (!parse_output(optarg, &options))
				return EXIT_USAGE;
			break;
		case 'f':
			options.from = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		case 'v':
			(void)puts("bellmanctl " BELLMAN_VERSION);
			return EXIT_SUCCESS;
		default:
			(void)fputs("Try 'bellmanctl --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	return run(&options, argv[optind], argv + optind + 1, argc - optind - 1);
}
