/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/apply.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "haproxy-gen/apply_parts.h"
#include "haproxy-gen/certs.h"
#include "haproxy-gen/install.h"
#include "haproxy-gen/master.h"
#include "haproxy-gen/section.h"
#include "haproxy-gen/udp.h"
#include "haproxy-gen/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	WHY_MAX = 2000,
	REFUSED_S = 300,  /* until addresses that it could not have are tried again */
	BLAME_ROUNDS = 3, /* reloads, each without what the one before failed on */
};

void applying_fini(struct applying *a)
{
	free(a->include);
	free(a->installed.text);
	want_free(a->want);
	strbuf_fini(&a->text);
	apply_result_fini(&a->result);
	free(a->why);
}

static int fail(struct applying *a, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct applying *a, int r, const char *format, ...)
{
	char text[WHY_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(a->why);
	a->why = xstrdup(text);
	return r;
}

static bool is_deferred(const struct applying *a)
{
	return (a->mode & ~APPLY_VERIFY) == APPLY_DEFER;
}

bool applying_has_certificate(void *user, const char *name)
{
	const struct applying *a = user;

	return certs_is_good(a->settings->tls.folder, name);
}

static int bind_error(void *user, const struct ip *ip, uint16_t port)
{
	const struct applying *a = user;

	return held_error(&a->applier->held, ip, port);
}

/* Works it out anew; @slots NULL: as if nothing ran. */
static void make_text(struct applying *a, const struct slots *slots)
{
	a->want = want_free(a->want);
	a->want = want_new(&(struct want_input){
		.model = a->model,
		.settings = a->settings,
		.ipam = a->ipam,
		.slots = slots,
		.has_certificate = applying_has_certificate,
		.bind_error = bind_error,
		.user = a,
	});
	strbuf_reset(&a->text);
	render(&(struct render_input){ a->want, a->settings, a->applier->version, a->include },
		&a->text);
}

static int read_include(struct applying *a)
{
	const char *path = a->settings->output.include;
	size_t len;
	int r;

	if (!path[0])
		return 0;
	r = install_read(path, &a->include, &len);
	return r < 0 ? fail(a, r, "%s can not be read: %s", path, strerror(-r)) : 0;
}

static int read_installed(struct applying *a)
{
	const char *path = a->settings->output.file;
	int r;

	if (applying_recall(a))
		return 0;
	r = install_read(path, &a->installed.text, &a->installed.len);
	if (r < 0 && r != -ENOENT)
		return fail(a, r, "%s can not be read: %s", path, strerror(-r));
	a->installed.origin = r < 0 ? RENDER_FOREIGN :
				      render_origin(a->installed.text, a->installed.len);
	return 0;
}

static void find_running(struct applying *a)
{
	struct state *state = a->applier->state;
	const uint32_t pending_pid = state->pending_pid;
	struct master_procs procs;

	a->is_running = runtime_info(a->settings->haproxy.admin_socket, &a->running) == 0;
	if (!a->is_running && master_procs(a->settings->haproxy.master_socket, &procs) == 0) {
		/*
		 * It runs with a file that has no admin socket where we look for it, or the socket
		 * was taken away. If it is the one that we had read the file, it runs that.
		 */
		a->is_running = true;
		a->running = (struct runtime_info){ .pid = procs.worker };
		if (state->pid != procs.worker)
			state->pending_pid = procs.worker;
	}
	if (!a->is_running)
		return;
	if (state->pid != 0 && state->pid != a->running.pid)
		log_info("HAProxy was started or reloaded by somebody else",
			kv_uint("pid", a->running.pid));
	/* Whoever started it anew had it read the file. */
	if (state->pending_pid != a->running.pid)
		state->pending_pid = 0;
	a->is_ahead = pending_pid != 0 && pending_pid == a->running.pid;
	state->pid = a->running.pid;
}

void applying_save(struct applying *a)
{
	int r = state_save(a->applier->state);

	if (r < 0)
		log_limited(LOG_L_WARN, "state not saved", kv_str("file", a->applier->state->path),
			kv_errno(r));
}

int applying_write(struct applying *a, const char *text, size_t len, bool needs_check)
{
	const struct gen_settings *s = a->settings;
	auto_(strbuf_finip) struct strbuf output = { 0 };
	int r = file_write_beside(s->output.file, s->output.mode, text, len);

	if (r < 0)
		return fail(a, r, "%s.new can not be written: %s", s->output.file, strerror(-r));
	if (needs_check) {
		r = install_check(s->output.file, s->haproxy.binary, &output);
		if (r == -EBADMSG)
			return fail(a, r, "HAProxy refuses the new file, see %s.refused: %s",
				s->output.file, strbuf_text(&output));
		if (r < 0)
			return fail(a, r, "%s can not be run: %s", s->haproxy.binary, strerror(-r));
	}
	a->applier->state->was_written = true;
	a->is_replaced = true;
	r = file_put_in_place(s->output.file);
	if (r < 0)
		return fail(a, r, "%s can not be replaced: %s", s->output.file, strerror(-r));
	return 0;
}

static struct change_text installed_text(const struct applying *a)
{
	return (struct change_text){ a->installed.text, a->installed.len };
}

static struct change_text new_text(const struct applying *a)
{
	return (struct change_text){ a->text.text, a->text.len };
}

static bool is_installed(const struct applying *a)
{
	const struct change_text installed = installed_text(a);
	const struct change_text new = new_text(a);

	return a->installed.text && text_equal(&installed, &new);
}

/*
 * No HAProxy runs: the file is for the one that will. The one that ran may only be out of reach, and
 * has not read it then.
 */
static int write_only(struct applying *a)
{
	make_text(a, NULL);
	if (is_installed(a))
		return 0;
	a->applier->state->pending_pid = a->applier->state->pid;
	applying_save(a);
	a->result.did = APPLY_WRITTEN;
	return applying_write(a, a->text.text, a->text.len, true);
}

/* What HAProxy could not start with is not tried again all the time. */
static int fail_if_refused(struct applying *a)
{
	const char *why = refused_why(
		&a->applier->refused, a->result.reason, new_text(a), clock_now_ns());

	return why ? fail(a, -EREMOTEIO, "%s", why) : 0;
}

/* A reload is due, but not now. */
static int defer(struct applying *a)
{
	a->result.did = APPLY_RELOAD_NEEDED;
	return fail_if_refused(a);
}

static int go_back(struct applying *a, int why)
{
	const char *file = a->settings->output.file;
	int r = 0;

	if (a->installed.text)
		r = install_back(file);
	else if (unlink(file) < 0)
		r = -errno;
	if (r < 0)
		log_error("the last good file could not be put back", kv_str("file", file),
			kv_errno(r));
	a->applier->state->pending_pid = 0;
	a->is_ahead = false;
	a->is_replaced = false;
	return why;
}

/* What is beside the file and ahead of HAProxy is remembered before the file is replaced. */
static int write_and_reload_once(struct applying *a)
{
	const struct gen_settings *s = a->settings;
	struct state *state = a->applier->state;
	const uint32_t pending_pid = state->pending_pid;
	auto_(freep) char *why = NULL;
	uint32_t pid = 0;
	int r;

	make_text(a, NULL);
	r = fail_if_refused(a);
	if (r < 0)
		return r;
	/*
	 * What is ahead of HAProxy already is no good file to go back to. Where there is no other it is
	 * the one that runs, put back by somebody who was stopped before he noted that.
	 */
	if (!a->is_ahead || !install_has_last(s->output.file)) {
		r = install_keep(s->output.file);
		if (r < 0)
			return fail(a, r, "%s.last can not be written: %s", s->output.file,
				strerror(-r));
	}
	state->pending_pid = a->running.pid;
	applying_save(a);
	r = applying_write(a, a->text.text, a->text.len, true);
	if (r < 0) {
		/* The file that is there still may be ahead of HAProxy from another time. */
		if (!a->is_replaced)
			state->pending_pid = pending_pid;
		return r;
	}
	if ((a->mode & ~APPLY_VERIFY) == APPLY_NO_RELOAD) {
		a->result.did = APPLY_RELOAD_NEEDED;
		return 0;
	}
	r = master_reload(
		s->haproxy.master_socket, &a->applier->version, s->haproxy.reload_s, &pid, &why);
	if (r == -EREMOTEIO) {
		uint64_t until_ns = clock_now_ns() + REFUSED_S * NS_PER_S;

		r = go_back(a, fail(a, r, "%s", why));
		if (held_learn(&a->applier->held, why, until_ns) > 0)
			return -EAGAIN;
		refused_set(&a->applier->refused, a->result.reason, new_text(a), why, until_ns);
		return r;
	}
	if (r < 0)
		return fail(a, r, "%s: no reload: %s", s->haproxy.master_socket, strerror(-r));
	if (!runtime_wait(s->haproxy.admin_socket, pid))
		log_warn("HAProxy does not answer: all changes are reloads",
			kv_str("admin_socket", s->haproxy.admin_socket));
	state->pid = pid;
	state->pending_pid = 0;
	state->reloads++;
	lingering_fini(&state->lingering); /* the new worker has never heard of them */
	a->result.did = APPLY_RELOAD;
	a->is_exact = true;
	return 0;
}

/* Without what HAProxy says that it can not have, if that is what it failed on. */
static int write_and_reload(struct applying *a)
{
	int r = -EAGAIN;

	for (unsigned i = 0; i < BLAME_ROUNDS && r == -EAGAIN; i++)
		r = write_and_reload_once(a);
	return r == -EAGAIN ? -EREMOTEIO : r;
}

/*
 * Commands of a change to @new first, then the file. Return: 0, and @ret_reload if the change is not
 * done by that; a -errno: the file could not be written.
 */
static int give_commands(
	struct applying *a, const struct change *change, struct change_text new, bool *ret_reload)
{
	const struct change_text installed = installed_text(a);
	struct state *state = a->applier->state;
	auto_(freep) char *why = NULL;
	int r = runtime_apply(a->settings->haproxy.admin_socket, change, &state->lingering, &why);

	*ret_reload = change->reason_count > 0;
	if (r < 0) {
		if (!why)
			why = xasprintf("%s: %s", a->settings->haproxy.admin_socket, strerror(-r));
		log_warn("commands were not enough", kv_str("why", why));
		free(a->result.reason);
		a->result.reason = take(why);
		*ret_reload = true;
		return 0;
	}
	a->result.commands += change->command_count;
	state->commands += change->command_count;
	if (change->command_count > 0)
		a->result.did = APPLY_RUNTIME;
	if (change->partial)
		new = (struct change_text){ change->partial, change->partial_len };
	return text_equal(&new, &installed) ? 0 : applying_write(a, new.at, new.len, false);
}

/* Servers that do not run as the file says are made so, unless they are to be left alone. */
static int verify(struct applying *a)
{
	const struct gen_settings *s = a->settings;
	auto_(strbuf_finip) struct strbuf state = { 0 };
	auto_(strbuf_finip) struct strbuf running = { 0 };
	auto_(change_finip) struct change change = { 0 };
	bool needs_reload;
	size_t wrong;

	if (runtime_servers(s->haproxy.admin_socket, &state) < 0)
		return 0;
	wrong = verify_running(installed_text(a), strbuf_text(&state), &running);
	if (wrong == 0)
		return 0;
	log_limited(LOG_L_WARN, "servers of HAProxy are not as the file says",
		kv_uint("servers", wrong),
		kv_str("on_edit", s->output.on_edit == GEN_EDIT_LEAVE ? "leave" : "repair"));
	if (s->output.on_edit == GEN_EDIT_LEAVE)
		return 0;
	change_find((struct change_text){ running.text, running.len }, installed_text(a), &change);
	return give_commands(a, &change, installed_text(a), &needs_reload);
}

static size_t try_new_binds(struct applying *a)
{
	size_t count = held_try(
		&a->applier->held, a->want, installed_text(a), a->settings->frontends.transparent);

	if (count > 0)
		log_warn("listeners can not be had, and are left out: see status",
			kv_uint("listeners", count));
	return count;
}

static int change_running(struct applying *a)
{
	auto_(slots_finip) struct slots slots = { 0 };
	auto_(change_finip) struct change change = { 0 };
	bool needs_reload = true;
	int r;

	if (a->mode & APPLY_VERIFY) {
		r = verify(a);
		if (r < 0)
			return r;
	}
	slots_read(&slots, a->installed.text, a->installed.len);
	make_text(a, &slots);
	change_find(installed_text(a), new_text(a), &change);
	/* A reload with an address that can not be had would fail, and everything else with it. */
	if (change.reason_count > 0 && try_new_binds(a) > 0) {
		make_text(a, &slots);
		change_fini(&change);
		change_find(installed_text(a), new_text(a), &change);
	}
	a->is_exact = change.reason_count == 0;
	if (change.is_same)
		return 0;
	if (change.reason_count > 0)
		a->result.reason = take(change.reasons[0]);
	r = give_commands(a, &change, new_text(a), &needs_reload);
	if (r < 0 || !needs_reload)
		return r;
	a->is_exact = false;
	if (is_deferred(a))
		return defer(a);
	/* The file may have been written since it was read. */
	free(take(a->installed.text));
	r = read_installed(a);
	return r < 0 ? r : write_and_reload(a);
}

/* What ran was never ours, or is not known. */
static int replace(struct applying *a, const char *reason)
{
	free(a->result.reason);
	a->result.reason = xstrdup(reason);
	if (is_deferred(a)) {
		make_text(a, NULL);
		return defer(a);
	}
	return write_and_reload(a);
}

static int decide(struct applying *a)
{
	const struct gen_settings *s = a->settings;
	struct state *state = a->applier->state;
	bool is_edited = a->installed.text &&
		(a->installed.origin == RENDER_EDITED ||
			(a->installed.origin == RENDER_FOREIGN && state->was_written));

	if (is_edited && s->output.on_edit == GEN_EDIT_LEAVE)
		return fail(a, -EEXIST,
			"%s was edited since it was written; output.on_edit says to leave it",
			s->output.file);
	if (is_edited)
		log_warn("the file was edited: it is written anew", kv_str("file", s->output.file));
	if (!a->is_running)
		return write_only(a);
	if (!a->installed.text)
		return replace(a, "the file is not there");
	if (a->installed.origin == RENDER_FOREIGN)
		return replace(a, "the file was not written by haproxy-gen");
	if (a->installed.origin == RENDER_EDITED)
		return replace(a, "the file was edited");
	if (state->pending_pid != 0)
		return replace(a, "HAProxy has not read the file since it was last written");
	return change_running(a);
}

static int apply(struct applying *a)
{
	int r = read_installed(a);

	if (r == 0)
		r = read_include(a);
	if (r < 0)
		return r;
	find_running(a);
	held_refresh(&a->applier->held, clock_now_ns(), a->settings->frontends.transparent);
	if (a->is_running)
		runtime_sweep(a->settings->haproxy.admin_socket, &a->applier->state->lingering);
	r = decide(a);
	if (r == 0 && a->settings->output.udp[0])
		r = udp_write(a->settings->output.udp, a->want, &a->why);
	return r;
}

int applier_apply(struct applier *applier, const struct model *model, const struct ipam *ipam,
	unsigned mode, struct apply_result *ret_result)
{
	auto_(applying_fini) struct applying a = {
		.applier = applier,
		.settings = applier->settings,
		.model = model,
		.ipam = ipam,
		.mode = mode,
	};
	auto_(freep) char *did = NULL;
	int r;

	r = apply(&a);
	if (r == 0 && a.is_exact)
		applying_remember(&a);

	if (a.want)
		state_describe(applier->state, a.want);
	if (r == 0) {
		did = apply_result_text(&a.result);
		state_did(applier->state, a.result.did == APPLY_NOTHING ? NULL : did);
	}
	state_failed(applier->state, r < 0 ? xstrdup(a.why ? a.why : strerror(-r)) : NULL);
	applying_save(&a);
	if (r < 0)
		return r;
	*ret_result = a.result;
	a.result = (struct apply_result){ 0 };
	return 0;
}

int applier_open(const struct gen_settings *settings, struct applier **ret_applier, char **ret_why)
{
	auto_(applier_freep) struct applier *applier = xnew(struct applier);
	int r;

	applier->settings = settings;
	applier->lock_fd = -1;
	r = install_lock(settings->output.file, &applier->lock_fd);
	if (r < 0) {
		*ret_why = r == -EWOULDBLOCK ?
			xasprintf("another haproxy-gen writes %s", settings->output.file) :
			xasprintf("%s can not be written: %s.lock: %s", settings->output.file,
				settings->output.file, strerror(-r));
		return r;
	}
	r = install_version(settings->haproxy.binary, &applier->version);
	if (r < 0) {
		*ret_why = xasprintf("%s: %s", settings->haproxy.binary,
			r == -EPROTO ? "it is no HAProxy" : strerror(-r));
		return r;
	}
	applier->state = state_load(settings->state, settings->output.file);
	*ret_applier = take(applier);
	return 0;
}

struct applier *applier_free(struct applier *applier)
{
	if (!applier)
		return NULL;

	state_free(applier->state);
	refused_fini(&applier->refused);
	quick_fini(&applier->quick);
	held_fini(&applier->held);
	if (applier->lock_fd >= 0)
		(void)close(applier->lock_fd);
	free(applier);
	return NULL;
}

void applier_try_again(struct applier *applier)
{
	refused_fini(&applier->refused);
	held_doubt(&applier->held);
}

void apply_result_fini(struct apply_result *result)
{
	free(result->reason);
	*result = (struct apply_result){ 0 };
}

char *apply_result_text(const struct apply_result *result)
{
	switch (result->did) {
	case APPLY_NOTHING:
		return xstrdup("nothing");
	case APPLY_RUNTIME:
		return xasprintf("runtime %zu", result->commands);
	case APPLY_RELOAD:
		return xstrdup("reload");
	case APPLY_WRITTEN:
		return xstrdup("written");
	case APPLY_RELOAD_NEEDED:
		return xstrdup("reload needed");
	}
	return xstrdup("");
}

size_t applier_held(const struct applier *applier)
{
	return applier->held.count;
}

const struct state *applier_state(const struct applier *applier)
{
	return applier->state;
}
