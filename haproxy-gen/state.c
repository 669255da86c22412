/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/state.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

char *state_path(const char *folder, const char *file, const char *suffix)
{
	char *path = xasprintf("%s/%s.%s", folder, file + strspn(file, "/"), suffix);

	for (char *c = path + strlen(folder) + 1; *c; c++) {
		if (*c == '/')
			*c = '-';
	}
	return path;
}

static char *text_of(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text ? xstrdup(text) : NULL;
}

static uint64_t number_of(const json_t *root, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(root, key));

	return value > 0 ? (uint64_t)value : 0;
}

static void read_lingering(struct state *state, const json_t *root)
{
	const json_t *all = json_object_get(root, "lingering");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *server = json_string_value(json_array_get(all, i));

		if (server)
			lingering_add(&state->lingering, server);
	}
}

struct state *state_load(const char *folder, const char *file)
{
	struct state *state = xnew(struct state);
	json_t *root;

	state->path = state_path(folder, file, "json");
	root = json_load_file(state->path, 0, NULL);
	state->was_written = json_is_true(json_object_get(root, "written"));
	state->pid = (uint32_t)number_of(root, "pid");
	state->pending_pid = (uint32_t)number_of(root, "pendingPid");
	state->did = text_of(root, "did");
	state->did_at = text_of(root, "didAt");
	state->checked_at = text_of(root, "checkedAt");
	state->error = text_of(root, "error");
	state->error_at = text_of(root, "errorAt");
	state->commands = number_of(root, "commands");
	state->reloads = number_of(root, "reloads");
	state->counts = json_incref(json_object_get(root, "counts"));
	state->refusals = json_incref(json_object_get(root, "refusals"));
	read_lingering(state, root);
	json_decref(root);
	return state;
}

struct state *state_free(struct state *state)
{
	if (!state)
		return NULL;

	free(state->path);
	free(state->did);
	free(state->did_at);
	free(state->checked_at);
	free(state->error);
	free(state->error_at);
	json_decref(state->counts);
	json_decref(state->refusals);
	lingering_fini(&state->lingering);
	free(state);
	return NULL;
}

static void set_text(json_t *root, const char *key, const char *text)
{
	if (text)
		json_object_set_new(root, key, json_string(text));
}

json_t *state_json(const struct state *state)
{
	json_t *root = json_object();
	json_t *lingering = json_array();

	for (size_t i = 0; i < state->lingering.count; i++)
		json_array_append_new(lingering, json_string(state->lingering.at[i]));
	json_object_set_new(root, "written", json_boolean(state->was_written));
	json_object_set_new(root, "pid", json_integer(state->pid));
	json_object_set_new(root, "pendingPid", json_integer(state->pending_pid));
	set_text(root, "did", state->did);
	set_text(root, "didAt", state->did_at);
	set_text(root, "checkedAt", state->checked_at);
	set_text(root, "error", state->error);
	set_text(root, "errorAt", state->error_at);
	json_object_set_new(root, "commands", json_integer((json_int_t)state->commands));
	json_object_set_new(root, "reloads", json_integer((json_int_t)state->reloads));
	json_object_set(root, "counts", state->counts ? state->counts : json_null());
	json_object_set(root, "refusals", state->refusals ? state->refusals : json_null());
	json_object_set_new(root, "lingering", lingering);
	return root;
}

int state_save(const struct state *state)
{
	json_t *root = state_json(state);
	auto_(freep) char *text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
	int r;

	json_decref(root);
	if (!text)
		return -ENOMEM;
	r = file_replace(state->path, text);
	if (r != -ENOENT)
		return r;
	r = file_make_folders(state->path);
	return r < 0 ? r : file_replace(state->path, text);
}

static void set_now(char **target)
{
	char text[CLOCK_TEXT_SIZE];

	free(*target);
	*target = xstrdup(clock_format(clock_wall_ns(), text));
}

void state_did(struct state *state, const char *did)
{
	set_now(&state->checked_at);
	if (!did)
		return;
	free(state->did);
	state->did = xstrdup(did);
	set_now(&state->did_at);
}

void state_failed(struct state *state, char *error)
{
	/* The time of an error that lasts is that of its beginning. */
	if (error && (!state->error || strcmp(state->error, error) != 0))
		set_now(&state->error_at);
	free(state->error);
	state->error = error;
}

void state_describe(struct state *state, const struct want *want)
{
	json_t *counts = json_object();
	size_t servers = 0, drained = 0;

	for (size_t i = 0; i < want->listen_count; i++)
		servers += want->listens[i].servers.count;
	for (size_t i = 0; i < want->node_count; i++)
		drained += want->nodes[i].is_leaving;
	json_object_set_new(counts, "services", json_integer((json_int_t)want->service_count));
	json_object_set_new(counts, "listeners", json_integer((json_int_t)want->listen_count));
	json_object_set_new(counts, "servers", json_integer((json_int_t)servers));
	json_object_set_new(counts, "nodes", json_integer((json_int_t)want->node_count));
	json_object_set_new(counts, "drainedNodes", json_integer((json_int_t)drained));
	json_object_set_new(counts, "udpPorts", json_integer((json_int_t)want->udp_count));
	json_object_set_new(counts, "notServed", json_integer((json_int_t)want->refusal_count));
	json_decref(state->counts);
	state->counts = counts;
	json_decref(state->refusals);
	state->refusals = refusals_json(want);
}

void state_add_servers(struct state *state, long more)
{
	json_t *servers = json_object_get(state->counts, "servers");

	if (servers)
		json_integer_set(servers, json_integer_value(servers) + more);
}

static bool is_about(const json_t *refusal, const struct service_key *service)
{
	const char *ns = json_string_value(json_object_get(refusal, "namespace"));
	const char *name = json_string_value(json_object_get(refusal, "name"));

	return ns && name && strcmp(ns, service->ns) == 0 && strcmp(name, service->name) == 0;
}

bool state_is_refused(const struct state *state, const struct model_dirty *services)
{
	const char *conflict = want_reason_name(WANT_CONFLICT);

	for (size_t i = 0; i < json_array_size(state->refusals); i++) {
		const json_t *refusal = json_array_get(state->refusals, i);
		const char *reason = json_string_value(json_object_get(refusal, "reason"));

		if (reason && strcmp(reason, conflict) == 0)
			return true;
		for (size_t k = 0; k < services->count; k++) {
			if (is_about(refusal, &services->at[k]))
				return true;
		}
	}
	return false;
}
