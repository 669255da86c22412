/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "haproxy-gen/addresses.h"
#include "haproxy-gen/apply.h"
#include "haproxy-gen/source.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	RETRY_MS = 5000, /* after a failure */
	KEEP_BYTES = 128 << 20,
	HEAP_BYTES = 16 << 20,
	LINGER_MS = 1000, /* servers that wait for their last connection */
};

struct runner {
	const struct gen_settings *settings;
	struct event_base *base;
	struct applier *applier;
	struct source source;
	struct event *turn;
	struct event *reload; /* the delay before one */
	struct event *again;  /* verify, retry, or sweep */
	struct event *signals[3];
	uint64_t reload_since_ns; /* the first change that waits for it; 0: none */
	bool has_failed;
	bool is_published; /* the addresses, in settings->publish */
};

static void arm(struct event *timer, uint64_t ms)
{
	const struct timeval time = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	(void)evtimer_add(timer, &time);
}

/* Each change puts it off again, up to the limit. */
static void delay_reload(struct runner *runner)
{
	uint64_t now = clock_now_ns();
	uint64_t quiet_ms = runner->settings->reload.quiet_ms;
	uint64_t waited_ms, left_ms;

	if (runner->reload_since_ns == 0)
		runner->reload_since_ns = now;
	waited_ms = (now - runner->reload_since_ns) / NS_PER_MS;
	left_ms = runner->settings->reload.max_delay_ms > waited_ms ?
		runner->settings->reload.max_delay_ms - waited_ms :
		0;
	arm(runner->reload, quiet_ms < left_ms ? quiet_ms : left_ms);
}

static void arm_again(struct runner *runner)
{
	const struct state *state = applier_state(runner->applier);
	uint64_t ms = runner->settings->reload.verify_s * UINT64_C(1000);

	if (runner->has_failed && (ms == 0 || ms > RETRY_MS))
		ms = RETRY_MS;
	if (applier_held(runner->applier) > 0 && (ms == 0 || ms > RETRY_MS))
		ms = RETRY_MS;
	if (state->lingering.count > 0 && (ms == 0 || ms > LINGER_MS))
		ms = LINGER_MS;
	if (ms > 0)
		arm(runner->again, ms);
}

static void tell_failure(struct runner *runner)
{
	const char *error = applier_state(runner->applier)->error;

	/* Once each: it is tried again and again. */
	if (!runner->has_failed)
		log_error("not applied", kv_str("error", error));
	runner->has_failed = true;
	(void)sd_notifyf(0, "STATUS=not applied: %s", error ? error : "");
}

static void tell_success(struct runner *runner, const struct apply_result *result)
{
	auto_(freep) char *did = apply_result_text(result);

	if (runner->has_failed)
		log_info("applied again", kv_str("file", runner->settings->output.file));
	runner->has_failed = false;
	if (result->did != APPLY_NOTHING)
		log_info("applied", kv_str("did", did), kv_uint("commands", result->commands),
			kv_str("reason", result->reason ? result->reason : ""));
	(void)sd_notifyf(0, "STATUS=applied: %s", did);
}

/* A tree that is not there is not an order to serve nobody. */
static bool source_is_there(struct runner *runner)
{
	const char *path = runner->settings->source.path;

	if (access(path, R_OK) == 0)
		return true;
	log_limited(LOG_L_ERROR, "the source is not there: what runs stays", kv_str("path", path));
	return false;
}

/* What nobody would remember is not served. */
static bool keep_addresses(struct runner *runner)
{
	int r;

	if (!runner->source.has_new_addresses)
		return true;
	r = addresses_keep(runner->settings, runner->source.ipam);
	if (r < 0) {
		log_limited(LOG_L_ERROR, "assignments not saved: what runs stays",
			kv_str("state", runner->settings->state), kv_errno(r));
		return false;
	}
	runner->source.has_new_addresses = false;
	runner->is_published = false;
	return true;
}

static void publish(struct runner *runner)
{
	int r;

	if (runner->is_published)
		return;
	r = addresses_publish(runner->settings, runner->source.ipam);
	runner->is_published = r == 0;
	if (r < 0)
		log_limited(LOG_L_ERROR, "assignments not published",
			kv_str("file", runner->settings->publish), kv_errno(r));
}

static void apply_now(struct runner *runner, unsigned mode)
{
	auto_(apply_result_fini) struct apply_result result = { 0 };
	auto_(model_dirty_fini) struct model_dirty dirty = { 0 };
	bool is_reload = (mode & ~APPLY_VERIFY) == APPLY_NOW;
	/* A turn before was given up: what it found is not in what this one finds. */
	bool is_behind = runner->source.has_new_addresses;
	int r;

	if (!source_is_there(runner)) {
		arm(runner->again, RETRY_MS);
		return;
	}
	source_settle(&runner->source, &dirty);
	if (!keep_addresses(runner)) {
		arm(runner->again, RETRY_MS);
		return;
	}
	r = mode == APPLY_DEFER && !is_behind &&
			applier_apply_quick(runner->applier, runner->source.model,
				runner->source.ipam, &dirty, &result) ?
		0 :
		applier_apply(
			runner->applier, runner->source.model, runner->source.ipam, mode, &result);
	if (r < 0)
		tell_failure(runner);
	else
		tell_success(runner, &result);
	if (r == 0 && !is_reload && result.did == APPLY_RELOAD_NEEDED)
		delay_reload(runner);
	else if (r == 0)
		publish(runner);
	if (is_reload || result.did != APPLY_RELOAD_NEEDED) {
		runner->reload_since_ns = 0;
		(void)evtimer_del(runner->reload);
	}
	arm_again(runner);
}

static void on_turn(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	apply_now(arg, APPLY_DEFER);
}

static void on_again(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	apply_now(arg, APPLY_DEFER | APPLY_VERIFY);
}

static void on_reload(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	apply_now(arg, APPLY_NOW);
}

static void on_source(void *user)
{
	struct runner *runner = user;

	event_active(runner->turn, 0, 0);
}

static void on_stop(evutil_socket_t signal_number, short events, void *arg)
{
	struct runner *runner = arg;

	(void)events;
	log_info("stopping", kv_str("signal", strsignal(signal_number)));
	(void)sd_notify(0, "STOPPING=1");
	(void)event_base_loopbreak(runner->base);
}

/* SIGHUP: look at everything again. */
static void on_look(evutil_socket_t signal_number, short events, void *arg)
{
	struct runner *runner = arg;

	(void)signal_number;
	(void)events;
	conf_directory_rescan(runner->source.directory);
	applier_try_again(runner->applier);
	apply_now(runner, APPLY_DEFER | APPLY_VERIFY);
}

static struct event *must(struct event *event)
{
	if (!event)
		abort(); /* only memory can be missing here */
	return event;
}

static void make_events(struct runner *runner)
{
	runner->turn = must(event_new(runner->base, -1, 0, on_turn, runner));
	runner->reload = must(evtimer_new(runner->base, on_reload, runner));
	runner->again = must(evtimer_new(runner->base, on_again, runner));
	runner->signals[0] = must(evsignal_new(runner->base, SIGTERM, on_stop, runner));
	runner->signals[1] = must(evsignal_new(runner->base, SIGINT, on_stop, runner));
	runner->signals[2] = must(evsignal_new(runner->base, SIGHUP, on_look, runner));
	for (size_t i = 0; i < COUNT_OF(runner->signals); i++)
		(void)event_add(runner->signals[i], NULL);
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

static void runner_fini(struct runner *runner)
{
	source_fini(&runner->source);
	applier_free(runner->applier);
	free_event(runner->turn);
	free_event(runner->reload);
	free_event(runner->again);
	for (size_t i = 0; i < COUNT_OF(runner->signals); i++)
		free_event(runner->signals[i]);
	if (runner->base)
		event_base_free(runner->base);
	libevent_global_shutdown();
}

/*
 * Each turn needs as much memory as the one before. To give it back and to ask for it again took a
 * third of the time of a turn with 10,000 Services.
 */
static void keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_BYTES);
}

int run_until_stopped(const struct gen_settings *settings)
{
	auto_(runner_fini) struct runner runner = { .settings = settings };
	auto_(freep) char *why = NULL;
	int r = applier_open(settings, &runner.applier, &why);

	if (r < 0) {
		log_error("can not start", kv_str("error", why));
		return EXIT_FAILURE;
	}
	runner.base = event_base_new();
	if (!runner.base)
		return EXIT_FAILURE;
	keep_memory();
	make_events(&runner);
	r = source_watch(runner.base, settings, on_source, &runner, &runner.source);
	if (r < 0) {
		log_error("the source can not be watched", kv_str("path", settings->source.path),
			kv_errno(r));
		return EXIT_FAILURE;
	}
	log_info("running", kv_str("version", BELLMAN_VERSION));
	/* Whoever ran before may have been stopped between a command and the file. */
	apply_now(&runner, APPLY_NOW | APPLY_VERIFY);
	(void)sd_notify(0, "READY=1");
	return event_base_dispatch(runner.base) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
