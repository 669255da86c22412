/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is wanted, brought to the disk and into the HAProxy that runs.
 *
 * The installed file is the memory of what runs: the difference of it and the new text says what is
 * to be done. It is rewritten after every command, so that a HAProxy that starts anew loses nothing.
 * Where that can not be known (the file was edited, HAProxy refused a command) the answer is a reload.
 */

#include "haproxy-gen/state.h"

enum apply_did {
	APPLY_NOTHING,
	APPLY_RUNTIME,       /* commands */
	APPLY_RELOAD,        /* reloaded, maybe after commands */
	APPLY_WRITTEN,       /* no HAProxy runs */
	APPLY_RELOAD_NEEDED, /* written or given by command what could be; the rest waits */
};

struct apply_result {
	enum apply_did did;
	size_t commands;
	char *reason; /* why a reload is or was needed: the first reason, owned; may be NULL */
};

enum apply_mode {
	APPLY_NOW,           /* reload if that is needed */
	APPLY_NO_RELOAD,     /* write all of it, and leave the reload to others */
	APPLY_DEFER,         /* do what can be done by commands; the file stays what runs */
	APPLY_VERIFY = 0x10, /* to be added: ask HAProxy whether it runs what the file says */
};

struct applier;

/**
 * applier_open() - become the one writer of the output file
 * @settings: borrowed until applier_free()
 * @ret_why:  set on failure: what is wrong, for people, owned by the caller
 *
 * Return: 0; -EWOULDBLOCK: another one writes it; other -errno.
 */
must_check int applier_open(
	const struct gen_settings *settings, struct applier **ret_applier, char **ret_why);
struct applier *applier_free(struct applier *applier);
DEFINE_FREEP(struct applier, applier);

/**
 * applier_apply() - make @model so
 * @ipam: who gives addresses; NULL: the status of the Services
 * @mode: of enum apply_mode
 *
 * Return: 0 and @ret_result, whose text is freed with apply_result_fini(); -errno: it could not be
 * done, applier_state()->error says why. What ran before still runs.
 */
must_check int applier_apply(struct applier *applier, const struct model *model,
	const struct ipam *ipam, unsigned mode, struct apply_result *ret_result);

/**
 * applier_apply_quick() - make it so where only servers of a few Services may have changed
 * @services: all that changed since the last application, of either kind
 *
 * Commands are given before anything is written, and only @services are looked at.
 *
 * Return: true and @ret_result, as above; false: applier_apply() must be called, which does what
 * is left to do.
 */
must_check bool applier_apply_quick(struct applier *applier, const struct model *model,
	const struct ipam *ipam, const struct model_dirty *services,
	struct apply_result *ret_result);

/* What HAProxy could not start with is worth another try: somebody says so. */
void applier_try_again(struct applier *applier);

void apply_result_fini(struct apply_result *result);

/* "nothing", "runtime 3", "reload", "written" or "reload needed"; caller frees. */
char *apply_result_text(const struct apply_result *result);

/* How many addresses and ports HAProxy can not have for now. */
size_t applier_held(const struct applier *applier);

/* Borrowed. */
const struct state *applier_state(const struct applier *applier);
