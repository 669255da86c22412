/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files of unit tests: whole texts, wanted outputs, and folders that go with the test.
 */

#include "base/strbuf.h"
#include "tests/unit/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static inline void read_whole(const char *path, struct strbuf *out)
{
	FILE *file = fopen(path, "re");
	char buffer[4096];
	size_t len;

	assert_non_null(file);
	while ((len = fread(buffer, 1, sizeof(buffer), file)) > 0)
		strbuf_add_len(out, buffer, len);
	(void)fclose(file);
}

static inline void file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* @found is what stands in @path; with GOLDEN_UPDATE in the environment it is written there first. */
static inline void assert_golden(const char *path, const char *found)
{
	auto_(strbuf_finip) struct strbuf wanted = { 0 };

	if (getenv("GOLDEN_UPDATE"))
		file_write(path, found);
	read_whole(path, &wanted);
	assert_string_equal(found, strbuf_text(&wanted));
}

static inline int folder_remove_entry(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* The folder and all below it. */
static inline void folder_remove(const char *path)
{
	(void)nftw(path, folder_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
