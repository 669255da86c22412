/* SPDX-License-Identifier: Apache-2.0 */

/*
 * haproxy-gen: the command line. What the commands do is commands.c and run.c.
 */

#include "base/log.h"
#include "base/mem.h"
#include "conf/decode.h"
#include "haproxy-gen/commands.h"
#include "haproxy-gen/run.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "/etc/bellman/haproxy-gen.conf"

enum {
	EXIT_USAGE = 2,
};

static const char usage[] =
	"usage: haproxy-gen [-c FILE] COMMAND\n"
	"       haproxy-gen --help | --version\n"
	"\n"
	"Writes haproxy.cfg for an HAProxy in front of a cluster: a listener for each address and\n"
	"port of a Service of type LoadBalancer, with the node ports behind it; and keeps a running\n"
	"HAProxy in line with it, by commands where these do, by a reload where not.\n"
	"\n"
	"  render [FILE]        write it to FILE or to standard output, and touch nothing else\n"
	"  diff                 what would change, and whether that takes a reload\n"
	"  apply [--no-reload]  write it, check it, apply it, once; says last what it did\n"
	"  run                  watch the source and keep it applied\n"
	"  status               what is applied, since when, the last error, what is not served\n"
	"  check                what is wrong with the input\n"
	"\n"
	"  -c, --config FILE    settings (default: " DEFAULT_FILE ")\n"
	"  -o, --output json    status and check as JSON\n"
	"      --no-reload      never reload: write, and say that a reload is needed\n"
	"  -h, --help           this text\n"
	"      --version        the version\n"
	"\n"
	"Exit status: 0 done; 1 failed, or errors found; 2 wrong usage.\n"
	"See haproxy-gen(1), haproxy-gen.conf(5).\n";

struct options {
	const char *config;
	bool as_json;
	bool no_reload;
};

static struct gen_settings *load(const char *path)
{
	struct gen_settings *settings = NULL;
	auto_(report_finip) struct report report = { 0 };
	auto_(strbuf_finip) struct strbuf out = { 0 };
	int r = gen_settings_load(path, &settings, &report);

	report_sort(&report);
	report_print(&report, true, &out);
	(void)fputs(strbuf_text(&out), stderr);
	return r < 0 ? NULL : settings;
}

static int command(const struct options *options, const char *name, const char *argument)
{
	auto_(gen_settings_freep) struct gen_settings *settings = load(options->config);

	if (!settings)
		return EXIT_FAILURE;
	log_setup(settings->log.level, settings->log.format);
	if (strcmp(name, "render") == 0)
		return command_render(settings, argument);
	if (strcmp(name, "diff") == 0)
		return command_diff(settings);
	if (strcmp(name, "apply") == 0)
		return command_apply(settings, options->no_reload);
	if (strcmp(name, "run") == 0)
		return run_until_stopped(settings);
	if (strcmp(name, "status") == 0)
		return command_status(settings, options->as_json);
	return command_check(settings, options->as_json);
}

static const struct command {
	const char *name;
	int arguments; /* the most that it takes */
	bool takes_json;
	bool takes_no_reload;
} commands[] = {
	{ "render", .arguments = 1 },
	{ "diff" },
	{ "apply", .takes_no_reload = true },
	{ "run" },
	{ "status", .takes_json = true },
	{ "check", .takes_json = true },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int no_command(const char *name)
{
	const char *names[COUNT_OF(commands)];
	const char *nearest;

	for (size_t i = 0; i < COUNT_OF(commands); i++)
		names[i] = commands[i].name;
	nearest = decode_nearest(name, names, COUNT_OF(commands));
	(void)fprintf(stderr, "haproxy-gen: '%s' is no command%s%s%s Try 'haproxy-gen --help'.\n",
		name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : ".");
	return EXIT_USAGE;
}

static int wrong(const char *what, const char *word)
{
	(void)fprintf(stderr, "haproxy-gen: %s%s%s%s. Try 'haproxy-gen --help'.\n", word ? "'" : "",
		word ? word : "", word ? "' " : "", what);
	return EXIT_USAGE;
}

/* @words: the command and what follows. Return: 0 or EXIT_USAGE. */
static int judge(const struct options *options, char *const *words, int count)
{
	const struct command *found = find_command(words[0]);

	if (!found)
		return no_command(words[0]);
	if (1 + found->arguments < count)
		return wrong("is one word too many", words[count - 1]);
	if (options->as_json && !found->takes_json)
		return wrong("has no JSON: status and check have", words[0]);
	if (options->no_reload && !found->takes_no_reload)
		return wrong("takes no --no-reload: apply does", words[0]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' },
		{ "no-reload", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct options options = { .config = DEFAULT_FILE };
	int option;

	while ((option = getopt_long(argc, argv, "c:o:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config = optarg;
			break;
		case 'o':
			if (strcmp(optarg, "json") != 0)
				return wrong("is no format: json is", optarg);
			options.as_json = true;
			break;
		case 'n':
			options.no_reload = true;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			(void)puts("haproxy-gen " BELLMAN_VERSION);
			return EXIT_SUCCESS;
		default:
			return wrong("what is wrong stands above", NULL); /* getopt has said it */
		}
	}
	if (optind >= argc)
		return wrong("a command is missing", NULL);
	if (judge(&options, argv + optind, argc - optind) != 0)
		return EXIT_USAGE;
	(void)signal(SIGPIPE, SIG_IGN);
	return command(&options, argv[optind], argv[optind + 1]);
}
