/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bellmand: command line, signals, life and death of the agent. What the agent does is speaker.c.
 */

#include "base/log.h"
#include "base/mem.h"
#include "conf/settings.h"
#include "speaker/drain.h"
#include "speaker/privileges.h"
#include "speaker/speaker.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#define DEFAULT_FILE "/etc/bellman/bellmand.conf"

enum {
	EXIT_USAGE = 2
};

static const char usage[] =
	"usage: bellmand [-c FILE]\n"
	"       bellmand --check FILE\n"
	"       bellmand --help | --version\n"
	"\n"
	"Gives Services of type LoadBalancer addresses and answers for them on the network.\n"
	"Runs in the foreground and logs to standard error. SIGTERM stops it gracefully,\n"
	"SIGHUP reads the settings again.\n"
	"\n"
	"  -c, --config FILE   settings (default: " DEFAULT_FILE ")\n"
	"      --check FILE    say what is wrong with the settings in FILE, and end\n"
	"  -h, --help          this text\n"
	"      --version       the version\n"
	"\n"
	"Exit status: 0 stopped as asked, or settings good; 1 could not run, or settings bad;\n"
	"2 wrong usage. See bellmand(8), bellmand.conf(5).\n";

static void print_report(struct report *report)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	report_sort(report);
	report_print(report, true, &out);
	(void)fputs(strbuf_text(&out), stderr);
}

/* The settings in @path, or NULL and what is wrong on standard error. */
static struct settings *load(const char *path)
{
	struct settings *settings = NULL;
	struct report report = { 0 };
	int r = settings_load(path, &settings, &report);

	print_report(&report);
	report_fini(&report);
	return r < 0 ? NULL : settings;
}

static int check(const char *path)
{
	auto_(settings_freep) struct settings *settings = load(path);

	if (!settings)
		return EXIT_FAILURE;
	(void)printf("%s: good\n", path);
	return EXIT_SUCCESS;
}

struct daemon {
	struct event_base *base;
	struct speaker *speaker;
	bool is_stopping;
};

static void on_stopped(void *user)
{
	struct daemon *daemon = user;

	(void)event_base_loopbreak(daemon->base);
}

/* A second signal is for whoever does not want to wait. */
static void on_stop(evutil_socket_t signal_number, short events, void *arg)
{
	struct daemon *daemon = arg;

	(void)events;
	log_info("stopping", kv_str("signal", strsignal(signal_number)));
	(void)sd_notify(0, "STOPPING=1");
	if (daemon->is_stopping) {
		(void)event_base_loopbreak(daemon->base);
		return;
	}
	daemon->is_stopping = true;
	speaker_stop(daemon->speaker, on_stopped, daemon);
}

static void on_reload(evutil_socket_t signal_number, short events, void *arg)
{
	struct daemon *daemon = arg;
	auto_(report_finip) struct report report = { 0 };

	(void)signal_number;
	(void)events;
	(void)sd_notify(0, "RELOADING=1");
	(void)speaker_reload(daemon->speaker, &report); /* it says itself what is wrong */
	(void)sd_notify(0, "READY=1");
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	/* The default clock of libevent is up to 2 ms late. */
	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

static struct event *add_signal(
	struct daemon *daemon, int signal_number, void (*handler)(evutil_socket_t, short, void *))
{
	struct event *event = evsignal_new(daemon->base, signal_number, handler, daemon);

	if (!event || event_add(event, NULL) < 0)
		abort(); /* only memory can be missing here */
	return event;
}

static int serve(struct daemon *daemon)
{
	struct event *events[] = {
		add_signal(daemon, SIGTERM, on_stop),
		add_signal(daemon, SIGINT, on_stop),
		add_signal(daemon, SIGHUP, on_reload),
	};
	int r;

	log_info("running", kv_str("version", BELLMAN_VERSION));
	(void)sd_notify(0, "READY=1");
	r = event_base_dispatch(daemon->base);
	for (size_t i = 0; i < COUNT_OF(events); i++)
		event_free(events[i]);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const char *path)
{
	struct daemon daemon = { 0 };
	struct settings *settings = load(path);
	int status = EXIT_FAILURE;
	int r;

	if (!settings)
		return EXIT_FAILURE;
	log_setup(settings->log.level, settings->log.format);
	daemon.base = new_base();
	if (!daemon.base) {
		settings_free(settings);
		log_error("no event loop", kv_errno(-errno));
		return EXIT_FAILURE;
	}
	r = speaker_open(daemon.base, path, settings, &daemon.speaker);
	if (r == 0)
		status = serve(&daemon);
	speaker_free(daemon.speaker);
	event_base_free(daemon.base);
	libevent_global_shutdown();
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	const char *path = DEFAULT_FILE;
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			return check(optarg);
		case 'h':
			(void)fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			(void)puts("bellmand " BELLMAN_VERSION);
			return EXIT_SUCCESS;
		default:
			(void)fputs("Try 'bellmand --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr,
			"bellmand: '%s' is one word too many. Try 'bellmand --help'.\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	return run(path);
}
