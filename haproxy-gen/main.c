/* SPDX-License-Identifier: Apache-2.0 */

/*
 * haproxy-gen: the command line. What the commands do is commands.c and run.c.
 */

#include "base/log.h"
#include "base/mem.h"
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

/* Return: the most arguments that the command @name takes, or -1: there is none. */
static int arguments_of(const char *name)
{
	static const struct {
		const char *name;
		int arguments;
	} commands[] = { { "render", 1 }, { "diff", 0 }, { "apply", 0 }, { "run", 0 },
		{ "status", 0 }, { "check", 0 } };

	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].arguments;
	}
	return -1;
}

static int wrong(const char *what, const char *word)
{
	(void)fprintf(stderr, "haproxy-gen: %s%s%s%s. Try 'haproxy-gen --help'.\n", word ? "'" : "",
		word ? word : "", word ? "' " : "", what);
	return EXIT_USAGE;
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
			return EXIT_USAGE; /* getopt has said why */
		}
	}
	if (optind >= argc)
		return wrong("a command is missing", NULL);
	if (arguments_of(argv[optind]) < 0)
		return wrong("is no command", argv[optind]);
	if (optind + 1 + arguments_of(argv[optind]) < argc)
		return wrong("is one word too many", argv[argc - 1]);
	(void)signal(SIGPIPE, SIG_IGN);
	return command(&options, argv[optind], argv[optind + 1]);
}
