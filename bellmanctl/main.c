/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bellmanctl: finds the command, checks what it was given, runs it. The commands are in the tables.
 */

#include "base/mem.h"
#include "bellmanctl/command.h"
#include "conf/decode.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/bellman/control.sock"

enum {
	HELP_COLUMN = 34,
	WORDS_MAX = 64, /* bytes of a command's words */
	COMMANDS_MAX = 64,
};

static const struct command_table *const tables[] = {
	&commands_agent,
	&commands_bfd,
	&commands_l2,
	&commands_bgp,
	&commands_offline,
	&commands_capture,
};

/* Command number @i over all tables, or NULL. */
static const struct command *command_at(size_t i)
{
	for (size_t k = 0; k < COUNT_OF(tables); k++) {
		if (i < tables[k]->count)
			return &tables[k]->at[i];
		i -= tables[k]->count;
	}
	return NULL;
}

/* Prints @help, its further lines under the first. */
static void print_help_text(FILE *to, const char *help)
{
	for (; *help; help++) {
		(void)fputc(*help, to);
		if (*help == '\n')
			(void)fprintf(to, "%*s", HELP_COLUMN + 2, "");
	}
	(void)fputc('\n', to);
}

static void print_usage(FILE *to)
{
	const struct command *command;

	(void)fputs("usage: bellmanctl [OPTION...] COMMAND [ARGUMENT...]\n\n", to);
	for (size_t i = 0; (command = command_at(i)); i++) {
		auto_(freep) char *line = xasprintf("%s%s%s", command->words,
			command->arguments ? " " : "",
			command->arguments ? command->arguments : "");

		(void)fprintf(to, "  %-*s", HELP_COLUMN, line);
		if (strlen(line) >= HELP_COLUMN)
			(void)fprintf(to, "\n  %*s", HELP_COLUMN, "");
		print_help_text(to, command->help);
	}
	(void)fputs("\n"
		    "  -s, --socket SOCKET     control socket (default: " DEFAULT_SOCKET ")\n"
		    "  -o, --output json|table\n"
		    "      --from DIR          with plan: the manifests as they are now\n"
		    "      --commands          the commands alone, one a line\n"
		    "  -h, --help\n"
		    "      --version\n"
		    "\n"
		    "Exit status: 0 good; 1 findings, or refused by the agent; 2 wrong usage;\n"
		    "3 no agent. NO_COLOR is honoured.\n",
		to);
}

static void print_commands(void)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)); i++)
		(void)puts(command->words);
}

static const struct command *find_exact(const char *words)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)); i++) {
		if (strcmp(command->words, words) == 0)
			return command;
	}
	return NULL;
}

static void suggest(const char *words)
{
	const char *names[COMMANDS_MAX];
	const struct command *command;
	const char *nearest;
	size_t count = 0;

	while (count < COMMANDS_MAX && (command = command_at(count)))
		names[count++] = command->words;
	nearest = decode_nearest(words, names, count);
	(void)fprintf(stderr, "bellmanctl: there is no command '%s'%s%s%s See --help.\n", words,
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : ".");
}

/* Whether some command of two words begins with @word. */
static bool is_group(const char *word)
{
	const struct command *command;
	size_t len = strlen(word);

	for (size_t i = 0; (command = command_at(i)); i++) {
		if (strncmp(command->words, word, len) == 0 && command->words[len] == ' ')
			return true;
	}
	return false;
}

/* The command that @words begin with, two words before one; @ret_used: how many are its own. */
static const struct command *find_command(char **words, int count, int *ret_used)
{
	char two[WORDS_MAX] = "";
	const struct command *command = NULL;

	if (count >= 2)
		(void)snprintf(two, sizeof(two), "%s %s", words[0], words[1]);
	if (count >= 2)
		command = find_exact(two);
	*ret_used = command ? 2 : 1;
	if (!command)
		command = find_exact(words[0]);
	if (command && *ret_used == 1 && command->max < count - 1 && is_group(words[0])) {
		suggest(two);
		return NULL;
	}
	if (!command)
		suggest(is_group(words[0]) && count >= 2 ? two : words[0]);
	return command;
}

static int run(const struct options *options, unsigned given, char **words, int count)
{
	int used;
	const struct command *command = find_command(words, count, &used);

	if (!command)
		return EXIT_USAGE;
	words += used;
	count -= used;
	if (count < command->min || count > command->max) {
		(void)fprintf(stderr, "usage: bellmanctl %s%s%s\n", command->words,
			command->arguments ? " " : "",
			command->arguments ? command->arguments : "");
		return EXIT_USAGE;
	}
	if (given & ~command->takes) {
		(void)fprintf(stderr, "bellmanctl: '%s' does not take that option. See --help.\n",
			command->words);
		return EXIT_USAGE;
	}
	if (command->run)
		return command->run(options, words, count);
	return command_ask(options, command->words, NULL, command->view);
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

/* Takes over one option. Return: -1: go on, else the exit status. */
static int take_option(int option, struct options *options, unsigned *given)
{
	switch (option) {
	case 's':
		options->socket = optarg;
		return -1;
	case 'o':
		return parse_output(optarg, options) ? -1 : EXIT_USAGE;
	case 'f':
		options->from = optarg;
		*given |= TAKES_FROM;
		return -1;
	case 'p':
		options->peer = optarg;
		*given |= TAKES_PEER;
		return -1;
	case 'm':
		options->message = optarg;
		*given |= TAKES_MESSAGE;
		return -1;
	case 'n':
		options->is_dry_run = true;
		*given |= TAKES_DRY_RUN;
		return -1;
	case 'l':
		print_commands();
		return EXIT_SUCCESS;
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

/* no-color.org: empty is as if it were not set. */
static bool wants_no_color(void)
{
	const char *value = getenv("NO_COLOR");

	return value && value[0] != '\0';
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "from", required_argument, NULL, 'f' },
		{ "peer", required_argument, NULL, 'p' },
		{ "message", required_argument, NULL, 'm' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "commands", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct options options = {
		.socket = DEFAULT_SOCKET,
		.color = isatty(STDOUT_FILENO) && !wants_no_color(),
	};
	unsigned given = 0;
	int option;

	while ((option = getopt_long(argc, argv, "s:o:h", longs, NULL)) != -1) {
		int status = take_option(option, &options, &given);

		if (status >= 0)
			return status;
	}
	if (optind == argc) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	return run(&options, given, argv + optind, argc - optind);
}
