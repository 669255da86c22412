/* SPDX-License-Identifier: Apache-2.0 */

#include "model/community.h"

#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	DIGITS_MAX = 10 /* of UINT32_MAX */
};

/* A decimal number up to @max that ends at @end; NULL, or what stands behind it. */
static const char *read_number(const char *text, uint64_t max, char end, uint32_t *ret_number)
{
	uint64_t value = 0;
	const char *c = text;

	for (; isdigit((unsigned char)*c) && c - text <= DIGITS_MAX; c++)
		value = value * 10 + (uint64_t)(*c - '0');
	if (c == text || value > max || *c != end)
		return NULL;
	*ret_number = (uint32_t)value;
	return end ? c + 1 : c;
}

static int parse_large(const char *text, struct community_value *ret_value)
{
	struct community_value value = { .is_large = true };
	const char *c = read_number(text, UINT32_MAX, ':', &value.large[0]);

	c = c ? read_number(c, UINT32_MAX, ':', &value.large[1]) : NULL;
	c = c ? read_number(c, UINT32_MAX, '\0', &value.large[2]) : NULL;
	if (!c)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int community_parse(const char *text, struct community_value *ret_value)
{
	static const char large[] = "large:";
	uint32_t high;
	uint32_t low;
	const char *c;

	if (strncmp(text, large, strlen(large)) == 0)
		return parse_large(text + strlen(large), ret_value);
	c = read_number(text, UINT16_MAX, ':', &high);
	c = c ? read_number(c, UINT16_MAX, '\0', &low) : NULL;
	if (!c)
		return -EINVAL;
	*ret_value = (struct community_value){ .standard = high << 16 | low };
	return 0;
}

int community_by_name(const char *name, struct community_value *ret_value)
{
	static const struct {
		const char *name;
		uint32_t value;
	} known[] = {
		{ "graceful-shutdown", 0xffff0000 },
		{ "accept-own", 0xffff0001 },
		{ "llgr-stale", 0xffff0006 },
		{ "no-llgr", 0xffff0007 },
		{ "blackhole", 0xffff029a },
		{ "no-export", 0xffffff01 },
		{ "no-advertise", 0xffffff02 },
		{ "no-export-subconfed", 0xffffff03 },
		{ "no-peer", 0xffffff04 },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (strcmp(known[i].name, name) == 0) {
			*ret_value = (struct community_value){ .standard = known[i].value };
			return 0;
		}
	}
	return -ENOENT;
}
