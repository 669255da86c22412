/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DIR_MODE = 0750
};

static const unsigned kept[] = { CAP_NET_RAW, CAP_NET_ADMIN };

/* The entry of @user, or NULL and errno 0 if there is none. */
static const struct passwd *find_user(const char *user)
{
	errno = 0;
	return getpwnam(user);
}

static bool is_named(const char *user)
{
	return user && user[0] != '\0';
}

int privileges_prepare_dir(const char *path, const char *user)
{
	const struct passwd *entry;

	if (mkdir(path, DIR_MODE) < 0 && errno != EEXIST)
		return -errno;
	if (!is_named(user))
		return 0;
	entry = find_user(user);
	if (!entry)
		return -ENOENT;
	return chown(path, entry->pw_uid, entry->pw_gid) < 0 ? -errno : 0;
}

int privileges_drop(const char *user)
{
	const struct passwd *entry = is_named(user) ? find_user(user) : NULL;
	bool has[sizeof(kept) / sizeof(kept[0])];
	int r;

	if (is_named(user) && !entry)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]);

	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (has[i])
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	}
	if (entry && geteuid() != entry->pw_uid)
		r = capng_change_id((int)entry->pw_uid, (int)entry->pw_gid,
			CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	else
		r = capng_apply(geteuid() == 0 ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
	if (r < 0)
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
