/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The short way of haproxy-gen/quick.h to HAProxy and to the disk: commands, then the file.
 */

#include "base/mem.h"
#include "haproxy-gen/apply_parts.h"

static bool is_untouched(const struct applier *applier)
{
	const struct stat *before = &applier->installed;
	struct stat now;

	return stat(applier->settings->output.file, &now) == 0 && now.st_ino == before->st_ino &&
		now.st_dev == before->st_dev && now.st_size == before->st_size &&
		now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

/* The file is quick.text now, unless somebody writes it too. */
static void note_file(struct applier *applier)
{
	if (stat(applier->settings->output.file, &applier->installed) < 0 ||
		(size_t)applier->installed.st_size != applier->quick.len)
		quick_fini(&applier->quick);
}

void applying_remember(struct applying *a)
{
	size_t len = a->text.len;

	quick_set(&a->applier->quick, strbuf_take(&a->text), len);
	note_file(a->applier);
}

bool applying_recall(struct applying *a)
{
	struct quick *quick = &a->applier->quick;

	if (quick->text && is_untouched(a->applier)) {
		a->installed.len = quick->len;
		a->installed.text = take(quick->text);
		a->installed.origin = RENDER_OURS;
	}
	quick_fini(quick);
	return a->installed.text;
}

/* Where nothing is in the way that only the long one sees. */
static bool can_be_quick(const struct applier *applier, const struct model_dirty *services)
{
	const struct state *state = applier->state;

	return applier->quick.text && services->count > 0 && !applier->settings->output.udp[0] &&
		state->pending_pid == 0 && !state->error && applier->held.count == 0 &&
		!state_is_refused(state, services) && is_untouched(applier);
}

static bool give_commands(struct applying *a, const struct change *change)
{
	struct state *state = a->applier->state;
	auto_(freep) char *why = NULL;

	if (runtime_apply(a->settings->haproxy.admin_socket, change, &state->lingering, &why) < 0)
		return false;
	a->result.did = APPLY_RUNTIME;
	a->result.commands = change->command_count;
	state->commands += change->command_count;
	return true;
}

/*
 * HAProxy comes first, and what takes time comes behind it. Whoever is stopped in between finds at the
 * next start that HAProxy does not run what the file says.
 */
static bool take_step(struct applying *a, const struct quick_step *step)
{
	struct applier *applier = a->applier;
	struct quick *quick = &applier->quick;
	auto_(freep) char *did = NULL;

	if (!give_commands(a, &step->change))
		return false;
	quick_take(quick, step);
	if (applying_write(a, quick->text, quick->len, false) < 0) {
		quick_fini(quick);
		return false;
	}
	note_file(applier);
	did = apply_result_text(&a->result);
	state_did(applier->state, did);
	state_add_servers(applier->state, step->servers);
	applying_save(a);
	return true;
}

bool applier_apply_quick(struct applier *applier, const struct model *model,
	const struct ipam *ipam, const struct model_dirty *services,
	struct apply_result *ret_result)
{
	auto_(applying_fini) struct applying a = { .applier = applier,
		.settings = applier->settings };
	auto_(quick_step_finip) struct quick_step step = { 0 };
	const struct render_input rendering = { .settings = applier->settings,
		.version = applier->version };
	const struct want_input input = {
		.model = model,
		.settings = applier->settings,
		.ipam = ipam,
		.has_certificate = applying_has_certificate,
		.user = &a,
	};

	if (!can_be_quick(applier, services) ||
		!quick_find(&applier->quick, &rendering, &input, services, &step))
		return false;
	if (step.count > 0 && !take_step(&a, &step))
		return false;
	*ret_result = a.result;
	a.result = (struct apply_result){ 0 };
	return true;
}
