/* SPDX-License-Identifier: Apache-2.0 */

/*
 * New settings while the agent runs: good ones are put in force as a whole, bad ones change nothing
 * and are told.
 */

#include "base/log.h"
#include "speaker/state.h"

static void log_findings(struct report *report)
{
	report_sort(report);
	for (size_t i = 0; i < report->count; i++) {
		auto_(strbuf_finip) struct strbuf line = { 0 };

		diagnostic_print(&report->at[i], &line);
		log_error("a setting is wrong", kv_str("finding", strbuf_text(&line)));
	}
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
