/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/addresses.h"

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/state.h"
#include "ipam/saved.h"

#include <errno.h>
#include <string.h>

static char *path_of(const struct gen_settings *settings)
{
	return state_path(settings->state, settings->output.file, "addresses.json");
}

int addresses_restore(const struct gen_settings *settings, struct ipam *ipam)
{
	auto_(freep) char *path = path_of(settings);
	auto_(freep) char *text = NULL;
	size_t len;
	int r;

	if (settings->allocator != GEN_ALLOCATE_SELF)
		return 0;
	r = file_read(path, IPAM_SAVED_MAX, &text, &len);
	if (r == 0)
		r = ipam_restore_saved(ipam, text, len);
	return r < 0 && r != -ENOENT ? r : 0;
}

/* A change that means nothing is not written: others watch the file. */
static int write_if_new(const char *path, const struct ipam *ipam)
{
	auto_(freep) char *new = ipam_saved_text(ipam);
	auto_(freep) char *old = NULL;
	size_t len;

	if (file_read(path, IPAM_SAVED_MAX, &old, &len) == 0 && len == strlen(new) &&
		memcmp(old, new, len) == 0)
		return 0;
	return file_replace(path, new);
}

int addresses_keep(const struct gen_settings *settings, const struct ipam *ipam)
{
	auto_(freep) char *path = path_of(settings);
	int r;

	if (!ipam || settings->allocator != GEN_ALLOCATE_SELF)
		return 0;
	r = file_make_folders(path);
	return r < 0 ? r : write_if_new(path, ipam);
}

int addresses_publish(const struct gen_settings *settings, const struct ipam *ipam)
{
	if (!ipam || !settings->publish[0])
		return 0;
	return write_if_new(settings->publish, ipam);
}
