/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the long way (apply.c) and the short way (apply_quick.c) have in common: for these alone.
 */

#include "haproxy-gen/apply.h"
#include "haproxy-gen/held.h"
#include "haproxy-gen/quick.h"
#include "haproxy-gen/refused.h"

#include <sys/stat.h>

struct applier {
	const struct gen_settings *settings;
	struct state *state;
	struct haproxy_version version;
	int lock_fd;
	struct refused refused;
	struct quick quick;
	struct stat installed; /* the file, if quick is known */
	struct held held;      /* what it can not listen on */
};

/* One application under way. */
struct applying {
	struct applier *applier;
	const struct gen_settings *settings;
	const struct model *model;
	const struct ipam *ipam;
	unsigned mode;
	char *include; /* owned; NULL: none */
	struct {
		char *text; /* owned; NULL: there is none */
		size_t len;
		enum render_origin origin;
	} installed;
	bool is_running;
	bool is_ahead;    /* the file, of what runs, since some other time: FILE.last is that */
	bool is_replaced; /* the file, by the new one; perhaps, if that failed */
	struct runtime_info running;
	struct want *want;  /* owned */
	struct strbuf text; /* for want */
	bool is_exact;      /* it is installed, and runs */
	struct apply_result result;
	char *why; /* owned: what went wrong */
};

void applying_fini(struct applying *a);

/* True if there is a good certificate @name; @user: struct applying. For want_input. */
bool applying_has_certificate(void *user, const char *name);

/*
 * Puts @text in place of the file. Commands that HAProxy took are proof enough; everything else
 * @needs_check: HAProxy judges it first. -errno: a->why says what is wrong.
 */
must_check int applying_write(struct applying *a, const char *text, size_t len, bool needs_check);

/* Saves the state; that this failed is logged. */
void applying_save(struct applying *a);

/* Takes a->text, which is installed and runs: the short way can go on from it. */
void applying_remember(struct applying *a);

/* The file as it was remembered, and no more then; false: it was not, or somebody wrote it since. */
must_check bool applying_recall(struct applying *a);
