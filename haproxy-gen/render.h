/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The text of haproxy.cfg, out of what is wanted. Pure and deterministic: the same input gives the
 * same bytes, and each listener's section depends on this listener and its nodes alone, so that two
 * texts can be compared section by section (haproxy-gen/change).
 *
 * The first line carries a digest of the rest: it tells a file that somebody has edited since.
 */

#include "base/strbuf.h"
#include "haproxy-gen/want.h"

#include <stdint.h>

/* The line behind which the VM's own text stands. */
#define RENDER_INCLUDE "# What follows is output.include of this machine."

struct haproxy_version {
	unsigned major;
	unsigned minor;
	bool has_prometheus; /* built with the exporter */
};

struct render_input {
	const struct want *want;
	const struct gen_settings *settings;
	struct haproxy_version version;
	const char *include; /* sections of the VM's own, to stand at the end; NULL: none */
};

/* Appends the whole file to @out, which must be empty. */
void render(const struct render_input *input, struct strbuf *out);

/* Appends the first line for the text @body. */
void render_head(struct strbuf *out, const char *body, size_t len);

/* Makes the first line of @text, which render_head() made, right for what stands behind it now. */
void render_renew_head(char *text, size_t len);

enum render_origin {
	RENDER_OURS,    /* as it was written */
	RENDER_EDITED,  /* written by us, and changed since */
	RENDER_FOREIGN, /* not written by us */
};

/* What the first line of @text says about the rest. */
enum render_origin render_origin(const char *text, size_t len);

/* True if @version is at least MAJOR.MINOR. */
static inline bool version_is_at_least(
	const struct haproxy_version *version, unsigned major, unsigned minor)
{
	return version->major > major || (version->major == major && version->minor >= minor);
}
