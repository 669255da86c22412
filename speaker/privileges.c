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

/* The first two for good. */
static const unsigned kept[] = { CAP_NET_RAW, CAP_NET_ADMIN, CAP_SYS_NICE };

enum {
	KEPT_FOR_GOOD = 2,
	KEPT_COUNT = sizeof(kept) / sizeof(kept[0]),
};

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

/* Leaves to this thread the first @count of those kept that it has. */
static void select_kept(size_t count)
{
	bool has[KEPT_COUNT];

	for (size_t i = 0; i < count; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < count; i++) {
		if (has[i])
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	}
}

int privileges_drop(const char *user)
{
	const struct passwd *entry = is_named(user) ? find_user(user) : NULL;
	int r;

	if (is_named(user) && !entry)
		return -ENOENT;
	select_kept(KEPT_COUNT);
	if (entry && geteuid() != entry->pw_uid)
		r = capng_change_id((int)entry->pw_uid, (int)entry->pw_gid,
			CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	else
		r = capng_apply(geteuid() == 0 ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
	if (r < 0)
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int privileges_finish(void)
{
	/* What another thread knew of its capabilities does not count for this one. */
	(void)capng_get_caps_process();
	select_kept(KEPT_FOR_GOOD);
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}
