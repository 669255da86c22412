/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The short way of haproxy-gen/quick.h to HAProxy and to the disk: commands, then the file.
 */

#include "base/mem.h"
#include "haproxy-gen/apply_parts.h"

void applying_remember(struct applying *a)
{
	struct applier *applier = a->applier;
	size_t len = a->text.len;

	if (stat(a->settings->output.file, &applier->installed) == 0 &&
		(size_t)applier->installed.st_size == len)
		quick_set(&applier->quick, strbuf_take(&a->text), len);
}

static bool is_untouched(const struct applier *applier)
{
	const struct stat *before = &applier->installed;
	struct stat now;

	return stat(applier->settings->output.file, &now) == 0 && now.st_ino == before->st_ino &&
		now.st_dev == before->st_dev && now.st_size == before->st_size &&
		now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

/* Where nothing is in the way that only the long one sees. */
static bool can_be_quick(const struct applier *applier, const struct model_dirty *services)
{
	const struct state *state = applier->state;

	return applier->quick.text && services->count > 0 && !applier->settings->output.udp[0] &&
		state->pending_pid == 0 && !state->error && applier->held.count == 0 &&
		!state_is_refused(state, services) && is_untouched(applier);
}

static bool take_step(struct applying *a, struct quick_step *step)
{
	struct state *state = a->applier->state;
	auto_(freep) char *did = NULL;
	auto_(freep) char *why = NULL;

	if (runtime_apply(
		    a->settings->haproxy.admin_socket, &step->change, &state->lingering, &why) < 0)
		return false;
	a->result.did = APPLY_RUNTIME;
	a->result.commands = step->change.command_count;
	state->commands += a->result.commands;
	if (applying_write(a, step->text.text, step->text.len, false) < 0)
		return false;
	a->text = step->text;
	step->text = (struct strbuf){ 0 };
	applying_remember(a);
	did = apply_result_text(&a->result);
	state_did(state, did);
	state_add_servers(state, step->servers);
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
	if (step.text.len > 0 && !take_step(&a, &step))
		return false;
	*ret_result = a.result;
	a.result = (struct apply_result){ 0 };
	return true;
}
