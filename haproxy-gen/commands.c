/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/commands.h"

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/addresses.h"
#include "haproxy-gen/apply.h"
#include "haproxy-gen/certs.h"
#include "haproxy-gen/change.h"
#include "haproxy-gen/install.h"
#include "haproxy-gen/refusals.h"
#include "haproxy-gen/render.h"
#include "haproxy-gen/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The oldest HAProxy that is served: what to write for when there is none to ask. */
static const struct haproxy_version oldest = { 2, 6, true };

static int complain(const char *what, int r)
{
	(void)fprintf(stderr, "haproxy-gen: %s: %s\n", what, strerror(-r));
	return EXIT_FAILURE;
}

static int load(const struct gen_settings *settings, struct source *source, struct report *report)
{
	int r = source_load(settings, source, report);

	if (r < 0)
		(void)complain(settings->source.path, r);
	return r;
}

static bool has_certificate(void *user, const char *name)
{
	const struct gen_settings *settings = user;

	return certs_is_good(settings->tls.folder, name);
}

static struct want *make_want(
	const struct gen_settings *settings, const struct source *source, const struct slots *slots)
{
	return want_new(&(struct want_input){
		.model = source->model,
		.settings = settings,
		.ipam = source->ipam,
		.slots = slots,
		.has_certificate = has_certificate,
		.user = (void *)(uintptr_t)settings,
	});
}

static int make_text(
	const struct gen_settings *settings, const struct want *want, struct strbuf *text)
{
	struct render_input input = { want, settings, oldest, NULL };
	auto_(freep) char *include = NULL;
	size_t len;
	int r;

	if (settings->output.include[0]) {
		r = install_read(settings->output.include, &include, &len);
		if (r < 0)
			return complain(settings->output.include, r);
		input.include = include;
	}
	if (install_version(settings->haproxy.binary, &input.version) < 0)
		input.version = oldest;
	render(&input, text);
	return 0;
}

static void tell_problems(const struct report *report, const struct want *want)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	report_print(report, true, &out);
	refusals_print(want, &out);
	(void)fputs(strbuf_text(&out), stderr);
}

int command_render(const struct gen_settings *settings, const char *path)
{
	auto_(source_finip) struct source source = { 0 };
	auto_(report_finip) struct report report = { 0 };
	auto_(want_freep) struct want *want = NULL;
	auto_(strbuf_finip) struct strbuf text = { 0 };
	int r;

	if (load(settings, &source, &report) < 0)
		return EXIT_FAILURE;
	want = make_want(settings, &source, NULL);
	if (make_text(settings, want, &text) != 0)
		return EXIT_FAILURE;
	report_sort(&report);
	tell_problems(&report, want);
	if (!path) {
		if (fwrite(text.text, 1, text.len, stdout) < text.len || fflush(stdout) != 0)
			return complain("standard output", -errno);
		return EXIT_SUCCESS;
	}
	r = file_write_beside(path, settings->output.mode, text.text, text.len);
	if (r == 0)
		r = file_put_in_place(path);
	return r < 0 ? complain(path, r) : EXIT_SUCCESS;
}

static void print_change(const struct change *change)
{
	for (size_t i = 0; i < change->command_count; i++)
		(void)printf("runtime: %s\n", change->commands[i].text);
	for (size_t i = 0; i < change->reason_count && i < CHANGE_REASONS_MAX; i++)
		(void)printf("reload: %s\n", change->reasons[i]);
	if (change->reason_count > CHANGE_REASONS_MAX)
		(void)printf("reload: and %zu more\n", change->reason_count - CHANGE_REASONS_MAX);
	if (change->is_same)
		(void)puts("nothing");
	else if (change->reason_count > 0)
		(void)puts("reload");
	else
		(void)printf("runtime %zu\n", change->command_count);
}

int command_diff(const struct gen_settings *settings)
{
	auto_(source_finip) struct source source = { 0 };
	auto_(report_finip) struct report report = { 0 };
	auto_(want_freep) struct want *want = NULL;
	auto_(strbuf_finip) struct strbuf text = { 0 };
	auto_(slots_finip) struct slots slots = { 0 };
	auto_(change_finip) struct change change = { 0 };
	auto_(freep) char *installed = NULL;
	size_t len = 0;
	int r;

	if (load(settings, &source, &report) < 0)
		return EXIT_FAILURE;
	r = install_read(settings->output.file, &installed, &len);
	if (r < 0 && r != -ENOENT)
		return complain(settings->output.file, r);
	if (r == 0)
		slots_read(&slots, installed, len);
	want = make_want(settings, &source, &slots);
	if (make_text(settings, want, &text) != 0)
		return EXIT_FAILURE;
	change_find((struct change_text){ installed ? installed : "", len },
		(struct change_text){ text.text, text.len }, &change);
	if (r == 0 && render_origin(installed, len) == RENDER_FOREIGN)
		change_add_reason(&change, xstrdup("the file was not written by haproxy-gen"));
	if (r == 0 && render_origin(installed, len) == RENDER_EDITED)
		change_add_reason(&change, xstrdup("the file was edited since it was written"));
	print_change(&change);
	return EXIT_SUCCESS;
}

static void tell_outcome(const struct gen_settings *settings, const struct state *state,
	const struct apply_result *result)
{
	size_t refusals = json_array_size(state->refusals);

	if (refusals > 0)
		(void)fprintf(stderr,
			"haproxy-gen: not served, or not as written: %zu, see haproxy-gen status\n",
			refusals);
	if (result->did == APPLY_WRITTEN)
		(void)fprintf(stderr,
			"haproxy-gen: no HAProxy answers; start it with %s -W -S %s -f %s\n",
			settings->haproxy.binary, settings->haproxy.master_socket,
			settings->output.file);
}

int command_apply(const struct gen_settings *settings, bool no_reload)
{
	auto_(source_finip) struct source source = { 0 };
	auto_(report_finip) struct report report = { 0 };
	auto_(applier_freep) struct applier *applier = NULL;
	auto_(apply_result_fini) struct apply_result result = { 0 };
	auto_(freep) char *text = NULL;
	auto_(freep) char *why = NULL;
	auto_(strbuf_finip) struct strbuf problems = { 0 };
	int r;

	if (load(settings, &source, &report) < 0)
		return EXIT_FAILURE;
	report_sort(&report);
	report_print(&report, true, &problems);
	(void)fputs(strbuf_text(&problems), stderr);
	r = applier_open(settings, &applier, &why);
	if (r < 0) {
		(void)fprintf(stderr, "haproxy-gen: %s\n", why);
		return EXIT_FAILURE;
	}
	r = addresses_keep(settings, source.ipam);
	if (r < 0)
		return complain("the addresses that are given can not be kept", r);
	r = applier_apply(applier, source.model, source.ipam,
		(no_reload ? APPLY_NO_RELOAD : APPLY_NOW) | APPLY_VERIFY, &result);
	if (r < 0) {
		(void)fprintf(stderr, "haproxy-gen: %s\n", applier_state(applier)->error);
		return EXIT_FAILURE;
	}
	r = addresses_publish(settings, source.ipam);
	if (r < 0)
		return complain(settings->publish, r);
	if (result.reason)
		(void)printf("reload: %s\n", result.reason);
	tell_outcome(settings, applier_state(applier), &result);
	text = apply_result_text(&result);
	(void)puts(text);
	return EXIT_SUCCESS;
}

static void print_refusals(const json_t *refusals)
{
	for (size_t i = 0; i < json_array_size(refusals); i++) {
		const json_t *one = json_array_get(refusals, i);
		const char *ns = json_string_value(json_object_get(one, "namespace"));
		const char *detail = json_string_value(json_object_get(one, "detail"));
		json_int_t port = json_integer_value(json_object_get(one, "port"));

		(void)printf("  %s %s%s%s", json_string_value(json_object_get(one, "kind")),
			ns ? ns : "", ns ? "/" : "",
			json_string_value(json_object_get(one, "name")));
		if (port > 0)
			(void)printf(" port %" JSON_INTEGER_FORMAT, port);
		(void)printf(": %s: %s", json_string_value(json_object_get(one, "reason")),
			json_string_value(json_object_get(one, "text")));
		(void)printf(detail ? " (%s)\n" : "%s\n", detail ? detail : "");
	}
}

static void print_status(const struct state *state, const struct runtime_info *running)
{
	const char *key;
	json_t *value;

	if (running)
		(void)printf("HAProxy      %s, pid %" PRIu32 ", up %" PRIu32 " s\n",
			running->version, running->pid, running->uptime_s);
	else
		(void)puts("HAProxy      does not answer on its admin socket");
	(void)printf("applied      %s\n", state->did ? state->did : "nothing yet");
	(void)printf("since        %s\n", state->did_at ? state->did_at : "-");
	(void)printf("in order at  %s\n", state->checked_at ? state->checked_at : "-");
	if (state->pending_pid != 0)
		(void)puts("reload       needed: the file is ahead of the HAProxy that runs");
	if (state->error)
		(void)printf("error        %s (since %s)\n", state->error,
			state->error_at ? state->error_at : "-");
	(void)printf("commands     %" PRIu64 "\nreloads      %" PRIu64 "\n", state->commands,
		state->reloads);
	json_object_foreach(state->counts, key, value)(void)
		printf("%-12s %" JSON_INTEGER_FORMAT "\n", key, json_integer_value(value));
	if (json_array_size(state->refusals) > 0)
		(void)puts("not served, or not as written:");
	print_refusals(state->refusals);
}

int command_status(const struct gen_settings *settings, bool as_json)
{
	auto_(state_freep) struct state *state = state_load(settings->state, settings->output.file);
	struct runtime_info running;
	bool is_running = runtime_info(settings->haproxy.admin_socket, &running) == 0;
	json_t *root;

	if (!as_json) {
		print_status(state, is_running ? &running : NULL);
		return state->error ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	root = state_json(state);
	if (is_running)
		json_object_set_new(root, "running",
			json_pack("{s:i, s:s, s:i}", "pid", (int)running.pid, "version",
				running.version, "uptimeSeconds", (int)running.uptime_s));
	(void)json_dumpf(root, stdout, JSON_INDENT(2));
	(void)puts("");
	json_decref(root);
	return state->error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static size_t count_refusals(const struct want *want, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < want->refusal_count; i++)
		count += refusal_severity(&want->refusals[i]) == severity;
	return count;
}

static bool lacks_addresses(const struct want *want)
{
	for (size_t i = 0; i < want->refusal_count; i++) {
		if (want->refusals[i].reason == WANT_NO_ADDRESS)
			return true;
	}
	return false;
}

/* What would be there, and what a newcomer stumbles over. */
static void print_summary(
	const struct gen_settings *settings, const struct source *source, const struct want *want)
{
	if (settings->allocator == GEN_ALLOCATE_FOLLOW && lacks_addresses(want))
		(void)puts("note: addresses come from the status of the Services; with allocator = "
			   "\"self\" they are given here, out of the IPAddressPools");
	if (model_first(source->model, MODEL_NODE) == NULL)
		(void)printf("note: there is no Node in %s, so nothing can be served\n",
			settings->source.path);
	(void)printf("listeners %zu, services %zu, nodes %zu\n", want->listen_count,
		want->service_count, want->node_count);
}

int command_check(const struct gen_settings *settings, bool as_json)
{
	auto_(source_finip) struct source source = { 0 };
	auto_(report_finip) struct report report = { 0 };
	auto_(want_freep) struct want *want = NULL;
	auto_(strbuf_finip) struct strbuf out = { 0 };
	bool is_bad;

	if (load(settings, &source, &report) < 0)
		return EXIT_FAILURE;
	want = make_want(settings, &source, NULL);
	is_bad = report_has_errors(&report) || count_refusals(want, SEVERITY_ERROR) > 0;
	if (as_json) {
		json_t *root = json_pack("{s:o, s:o}", "input", report_json(&report), "services",
			refusals_json(want));

		(void)json_dumpf(root, stdout, JSON_INDENT(2));
		(void)puts("");
		json_decref(root);
		return is_bad ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	report_sort(&report);
	report_print(&report, true, &out);
	refusals_print(want, &out);
	(void)fputs(strbuf_text(&out), stdout);
	print_summary(settings, &source, want);
	return is_bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
