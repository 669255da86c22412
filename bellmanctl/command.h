/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The commands of bellmanctl as tables, one a file; main.c lists the tables. Most commands are one
 * question to the agent whose answer is shown; the others do their work themselves.
 */

#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit status of the program. */
enum {
	EXIT_FINDINGS = 1, /* something is wrong with what was looked at, or the agent refused */
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
};

/* All text is borrowed from the command line. */
struct options {
	const char *socket;
	const char *from;    /* --from DIR; NULL: not given, as all below */
	const char *peer;    /* --peer NAME */
	const char *message; /* --message TEXT */
	bool is_dry_run;     /* --dry-run */
	bool is_json;
	bool color;
};

/* Bits of the options that a command takes besides the common ones. */
enum {
	TAKES_FROM = 1,
	TAKES_PEER = 2,
	TAKES_MESSAGE = 4,
	TAKES_DRY_RUN = 8,
};

/* Appends text for @data; @color: escapes are allowed. */
typedef void view_fn(const json_t *data, bool color, struct strbuf *out);

/* Return: the exit status. @arguments: as many as the command allows. */
typedef int command_fn(const struct options *options, char **arguments, int count);

struct command {
	const char *words;     /* "explain", "bgp routes": as typed, and the op of the request */
	const char *arguments; /* of the usage line, "NAMESPACE/NAME"; NULL: none */
	int min;               /* arguments */
	int max;
	unsigned takes;   /* TAKES_ */
	const char *help; /* lines after the first are indented by whoever prints */
	view_fn *view;    /* of the answer to a request without arguments; or */
	command_fn *run;
};

struct command_table {
	const struct command *at;
	size_t count;
};

extern const struct command_table commands_agent;
extern const struct command_table commands_bfd;
extern const struct command_table commands_l2;
extern const struct command_table commands_bgp;
extern const struct command_table commands_offline;
extern const struct command_table commands_capture;

/**
 * command_ask() - ask the agent, and show the answer or what went wrong
 * @args: of the request; given away; NULL: none
 */
int command_ask(const struct options *options, const char *op, json_t *args, view_fn *view);

/* Shows @data by @view, or as it is with -o json. */
void command_print(const struct options *options, const json_t *data, view_fn *view);

/* Says on standard error what to do about @error, a negative errno of ctl/client.h. */
int command_complain(const struct options *options, int error, const char *told);
