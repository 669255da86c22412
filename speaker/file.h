/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files that are replaced as a whole: a crash at any moment leaves the old one or the new one.
 */

#include "base/own.h"

/**
 * file_replace() - make @text the content of @path
 *
 * On return it is on the disk: written beside, fsync, rename, fsync of the folder. Mode 0640.
 *
 * Return: 0 or a negative errno; then the old file is untouched.
 */
must_check int file_replace(const char *path, const char *text);
