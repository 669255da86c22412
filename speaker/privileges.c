/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DIR_MODE = 0750
};

static const unsigned for_good[] = { CAP_NET_RAW, CAP_NET_ADMIN };

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

static bool is_lock_unlimited(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

static void keep(unsigned capability)
{
	(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capability);
}

bool privileges_can_lock(void)
{
	return is_lock_unlimited() || capng_have_capability(CAPNG_EFFECTIVE, CAP_IPC_LOCK);
}

/* Leaves to this thread what it needs, of what it has. */
static void select_kept(bool is_for_good)
{
	bool has_nice = capng_have_capability(CAPNG_PERMITTED, CAP_SYS_NICE);
	bool has_lock = capng_have_capability(CAPNG_PERMITTED, CAP_IPC_LOCK);
	bool has[sizeof(for_good) / sizeof(for_good[0])];

	for (size_t i = 0; i < sizeof(has); i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, for_good[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof(has); i++) {
		if (has[i])
			keep(for_good[i]);
	}
	if (has_nice && !is_for_good)
		keep(CAP_SYS_NICE);
	/* Memory that is had later is locked too: without it malloc() could fail. */
	if (has_lock && !is_lock_unlimited())
		keep(CAP_IPC_LOCK);
}

int privileges_drop(const char *user)
{
	const struct passwd *entry = is_named(user) ? find_user(user) : NULL;
	int r;

	if (is_named(user) && !entry)
		return -ENOENT;
	select_kept(false);
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
	select_kept(true);
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}
