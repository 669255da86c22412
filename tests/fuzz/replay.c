/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stands for libFuzzer where it is not linked: runs a fuzz target over every file of its corpus,
 * and over every prefix of each, since cut input is what a parser meets first.
 */

#include "base/mem.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	INPUT_MAX = 1 << 20,
	PREFIXES_MAX = 512, /* of a longer file; a packet is cut at every length */
};

static int replay(const char *path)
{
	auto_(freep) uint8_t *data = xcalloc(1, INPUT_MAX);
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(data, 1, INPUT_MAX, file);
	(void)fclose(file);

	for (size_t len = 0; len <= size; len += 1 + size / PREFIXES_MAX) {
		/* A heap copy of the exact length lets the address sanitizer see one byte too far. */
		auto_(freep) uint8_t *exact = xmemdup(data, len);

		(void)LLVMFuzzerTestOneInput(exact, len);
	}
	(void)LLVMFuzzerTestOneInput(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	unsigned count = 0;

	if (!folder) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER (must exist)\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(folder))) {
		auto_(freep) char *path = xasprintf("%s/%s", argv[1], entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (replay(path) < 0)
			return 1;
		count++;
	}
	(void)closedir(folder);
	(void)printf("%u files\n", count);
	return count > 0 ? 0 : 1; /* an empty corpus tests nothing */
}
