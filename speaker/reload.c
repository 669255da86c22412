/* SPDX-License-Identifier: Apache-2.0 */

/*
 * New settings while the agent runs: good ones are put in force as a whole, bad ones change nothing
 * and are told.
 */

#include "base/log.h"
#include "base/mem.h"
#include "speaker/state.h"

#include <string.h>

static void log_findings(struct report *report)
{
	report_sort(report);
	for (size_t i = 0; i < report->count; i++) {
		auto_(strbuf_finip) struct strbuf line = { 0 };

		diagnostic_print(&report->at[i], &line);
		log_error("a setting is wrong", kv_str("finding", strbuf_text(&line)));
	}
}

/* Takes over the text of @key, or says that it takes a restart. */
static void keep_text(const char *key, char **now, char **wanted)
{
	if (strcmp(*now, *wanted) == 0)
		return;
	log_warn("this setting needs a restart", kv_str("key", key), kv_str("now", *now),
		kv_str("wanted", *wanted));
	free(*wanted);
	*wanted = xstrdup(*now);
}

void reload_keep_fixed(struct settings *now, struct settings *wanted)
{
	keep_text("node", &now->node, &wanted->node);
	keep_text("source.path", &now->source.path, &wanted->source.path);
	keep_text("state", &now->state, &wanted->state);
	keep_text("user", &now->user, &wanted->user);
	keep_text("control.socket", &now->control.socket, &wanted->control.socket);
	keep_text("control.group", &now->control.group, &wanted->control.group);
	keep_text("metrics.listen", &now->metrics.listen, &wanted->metrics.listen);
	keep_text("load_balancer_class", &now->load_balancer_class, &wanted->load_balancer_class);
	/* Another file is read at once; none where there was one, or one at last, is not. */
	if (!now->liveness.key_file[0] != !wanted->liveness.key_file[0])
		keep_text("liveness.key_file", &now->liveness.key_file, &wanted->liveness.key_file);
	if (now->liveness.port != wanted->liveness.port)
		log_warn("this setting needs a restart", kv_str("key", "liveness.port"));
	wanted->liveness.port = now->liveness.port;
	if (now->allocator != wanted->allocator)
		log_warn("this setting needs a restart", kv_str("key", "allocator"));
	if (now->wire.realtime != wanted->wire.realtime ||
		now->wire.priority != wanted->wire.priority)
		log_warn("this setting needs a restart", kv_str("key", "wire"));
	wanted->wire = now->wire;
	wanted->allocator = now->allocator;
	wanted->control.mode = now->control.mode;
}

int speaker_reload(struct speaker *speaker, struct report *report)
{
	struct settings *settings = NULL;
	int r = settings_load(speaker->path, &settings, report);

	log_findings(report);
	if (r == 0)
		r = speaker_take_settings(speaker, settings);
	if (r < 0)
		log_error("settings not reloaded: the old ones stay in force",
			kv_str("file", speaker->path), kv_errno(r));
	else
		log_info("settings reloaded", kv_str("file", speaker->path));
	return r;
}
