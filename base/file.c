/* SPDX-License-Identifier: Apache-2.0 */

#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MODE = 0640
};

int file_read_fd(int fd, char *text, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, text + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, text, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		len -= (size_t)written;
	}
	return 0;
}

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	/* A pipe without a writer would have us wait. */
	auto_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_(freep) char *text = NULL;
	struct stat status;
	size_t len = 0;
	int r;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if ((uintmax_t)status.st_size > max)
		return -EFBIG;
	text = xcalloc(1, (size_t)status.st_size + 1);
	r = file_read_fd(fd, text, (size_t)status.st_size, &len);
	if (r < 0)
		return r;
	*ret_text = take(text);
	*ret_len = len;
	return 0;
}

int file_write_beside(const char *path, unsigned mode, const char *text, size_t len)
{
	auto_(freep) char *beside = xasprintf("%s.new", path);
	auto_(closep) int fd = -1;
	int r;

	/* What is there was left by somebody who was killed, or is a trap. */
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, mode) < 0 ? -errno : write_all(fd, text, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(beside);
	return r;
}

int file_make_folders(const char *path)
{
	auto_(freep) char *copy = xstrdup(path);

	for (char *c = strchr(copy + 1, '/'); c; c = strchr(c + 1, '/')) {
		*c = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*c = '/';
	}
	return 0;
}

int file_sync_folder(const char *path)
{
	auto_(freep) char *copy = xstrdup(path);
	auto_(closep) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_put_in_place(const char *path)
{
	auto_(freep) char *beside = xasprintf("%s.new", path);

	if (rename(beside, path) < 0)
		return -errno;
	return file_sync_folder(path);
}

int file_replace(const char *path, const char *text)
{
	auto_(freep) char *beside = xasprintf("%s.new", path);
	int r = file_write_beside(path, FILE_MODE, text, strlen(text));

	if (r < 0)
		return r;
	r = file_put_in_place(path);
	if (r < 0)
		(void)unlink(beside);
	return r;
}
