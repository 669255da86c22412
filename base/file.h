/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files that are read and replaced as a whole: a crash or a power cut at any moment leaves the old one
 * or the new one. The new one is written beside it, as PATH.new, and forced to the disk; then the name
 * changes in one step, and the folder is forced to the disk too.
 */

#include "base/own.h"

#include <stddef.h>
#include <unistd.h>

/* For auto_(): closes the descriptor that @fd points to, if it is one. */
static inline void closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/**
 * file_read_fd() - up to @size octets of @fd
 * @ret_len: fewer than @size only at its end
 *
 * Return: 0 or -errno.
 */
must_check int file_read_fd(int fd, char *text, size_t size, size_t *ret_len);

/**
 * file_read() - all of a regular file
 * @max:      bytes; a longer file is not read
 * @ret_text: to be freed; a NUL is behind it
 * @ret_len:  without that NUL
 *
 * Return: 0; -ENOENT; -EFBIG; -EINVAL: no regular file; other -errno.
 */
must_check int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len);

/**
 * file_write_beside() - make @text the content of PATH.new, on the disk
 * @mode: of the new file, whatever the umask is
 *
 * Return: 0; -errno, then there is no PATH.new.
 */
must_check int file_write_beside(const char *path, unsigned mode, const char *text, size_t len);

/* Puts PATH.new in the place of @path, on the disk. -errno: which of the two it is is not known. */
must_check int file_put_in_place(const char *path);

/* Makes the folders that @path is in, as far as they are not there, with mode 0755. */
must_check int file_make_folders(const char *path);

/* So that a name that changed in the folder of @path outlives a power cut. */
must_check int file_sync_folder(const char *path);

/**
 * file_replace() - make @text the content of @path, on the disk, with mode 0640
 *
 * Return: 0; -errno, then the old file is untouched, or the new one is there and could only not be
 * forced to the disk.
 */
must_check int file_replace(const char *path, const char *text);
