/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/drain.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "speaker/bgp.h"
#include "speaker/l2.h"
#include "speaker/state.h"

#include <errno.h>
#include <unistd.h>

static char *path_in(const char *state)
{
	return xasprintf("%s/drained", state);
}

bool drain_is_remembered(const char *state)
{
	auto_(freep) char *path = path_in(state);

	return access(path, F_OK) == 0;
}

static void remember(const struct speaker *speaker, bool is_drained)
{
	auto_(freep) char *path = path_in(speaker->settings->state);
	int r = 0;

	if (is_drained)
		r = file_replace(path, "by command\n");
	else if (unlink(path) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		log_error("drain not remembered: a restart will forget it", kv_str("file", path),
			kv_errno(r));
}

void speaker_drain(struct speaker *speaker, bool is_drained)
{
	if (speaker->is_drained == is_drained)
		return;
	speaker->is_drained = is_drained;
	remember(speaker, is_drained);
	log_info(is_drained ? "node drained" : "node taken back",
		kv_str("node", speaker->settings->node));
	l2_drain(speaker);
	speaker_bgp_drain(speaker->bgp, is_drained);
}

/* Routers look elsewhere first; then the segment. */
static void on_bgp_stopped(void *user)
{
	struct speaker *speaker = user;

	l2_stop(speaker, speaker->on_stopped, speaker->stop_user);
}

void speaker_stop(struct speaker *speaker, void (*on_done)(void *user), void *user)
{
	speaker->on_stopped = on_done;
	speaker->stop_user = user;
	speaker_bgp_stop(speaker->bgp, on_bgp_stopped, speaker);
}
