/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/community.h"

#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	DIGITS_MAX = 10,
	HEX_DIGITS = 16,
	AS_TRANS = 23456,
};

/* Type 0x40 (two-octet AS, non-transitive), subtype 0x04. */
#define LINK_BANDWIDTH_TYPE UINT64_C(0x4004)

static const struct {
	const char *name;
	uint32_t value;
} well_known[] = {
	{ "no-export", BGP_NO_EXPORT },
	{ "no-advertise", BGP_NO_ADVERTISE },
	{ "no-export-subconfed", BGP_NO_EXPORT_SUBCONFED },
	{ "local-as", BGP_NO_EXPORT_SUBCONFED }, /* the name FRR and Cisco give it */
	{ "no-peer", BGP_NO_PEER },
	{ "blackhole", BGP_BLACKHOLE },
	{ "graceful-shutdown", BGP_GRACEFUL_SHUTDOWN },
	{ "accept-own", BGP_ACCEPT_OWN },
	{ "llgr-stale", BGP_LLGR_STALE },
	{ "no-llgr", BGP_NO_LLGR },
};

/* True if @text is @name, in any case and with '_' for '-'. */
static bool is_name(const char *text, const char *name)
{
	for (; *text && *name; text++, name++) {
		char c = *text == '_' ? '-' : (char)tolower((unsigned char)*text);

		if (c != *name)
			return false;
	}
	return *text == *name;
}

/* Reads a decimal up to @max that ends at @end and moves @at behind that; false if there is none. */
static bool read_number(const char **at, uint64_t max, char end, uint32_t *ret_value)
{
	uint64_t value = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9' && c - *at < DIGITS_MAX; c++)
		value = value * 10 + (uint64_t)(*c - '0');
	if (c == *at || value > max || *c != end)
		return false;
	*at = end ? c + 1 : c;
	*ret_value = (uint32_t)value;
	return true;
}

/* Moves @at behind @word; false if it does not start with it. */
static bool read_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static int parse_standard(const char *text, struct bgp_community *ret_community)
{
	uint32_t high, low;

	for (size_t i = 0; i < COUNT_OF(well_known); i++) {
		if (!is_name(text, well_known[i].name))
			continue;
		*ret_community = (struct bgp_community){ .kind = BGP_COMMUNITY_STANDARD,
			.standard = well_known[i].value };
		return 0;
	}
	if (!read_number(&text, UINT16_MAX, ':', &high) ||
		!read_number(&text, UINT16_MAX, '\0', &low))
		return -EINVAL;
	*ret_community = (struct bgp_community){ .kind = BGP_COMMUNITY_STANDARD,
		.standard = high << 16 | low };
	return 0;
}

static int parse_large(const char *text, struct bgp_community *ret_community)
{
	struct bgp_large large;

	if (!read_number(&text, UINT32_MAX, ':', &large.global) ||
		!read_number(&text, UINT32_MAX, ':', &large.local1) ||
		!read_number(&text, UINT32_MAX, '\0', &large.local2))
		return -EINVAL;
	*ret_community = (struct bgp_community){ .kind = BGP_COMMUNITY_LARGE, .large = large };
	return 0;
}

static int parse_link_bandwidth(const char *text, struct bgp_community *ret_community)
{
	uint32_t as, bytes;

	if (!read_number(&text, UINT16_MAX, ':', &as) ||
		!read_number(&text, UINT32_MAX, '\0', &bytes))
		return -EINVAL;
	*ret_community = (struct bgp_community){ .kind = BGP_COMMUNITY_EXTENDED,
		.extended = bgp_link_bandwidth(as, (float)bytes) };
	return 0;
}

static int parse_hex(const char *text, struct bgp_community *ret_community)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t value = 0;

	if (strlen(text) != HEX_DIGITS)
		return -EINVAL;
	for (; *text; text++) {
		const char *digit = strchr(digits, tolower((unsigned char)*text));

		if (!digit)
			return -EINVAL;
		value = value << 4 | (uint64_t)(digit - digits);
	}
	*ret_community = (struct bgp_community){ .kind = BGP_COMMUNITY_EXTENDED,
		.extended = value };
	return 0;
}

int bgp_community_parse(const char *text, struct bgp_community *ret_community)
{
	if (read_word(&text, "large:"))
		return parse_large(text, ret_community);
	if (read_word(&text, "link-bandwidth:"))
		return parse_link_bandwidth(text, ret_community);
	if (read_word(&text, "ext:0x"))
		return parse_hex(text, ret_community);
	return parse_standard(text, ret_community);
}

static const char *format_standard(uint32_t value, char text[BGP_COMMUNITY_TEXT_SIZE])
{
	for (size_t i = 0; i < COUNT_OF(well_known); i++) {
		if (well_known[i].value == value)
			return strcpy(text, well_known[i].name);
	}
	(void)snprintf(text, BGP_COMMUNITY_TEXT_SIZE, "%" PRIu32 ":%" PRIu32, value >> 16,
		value & UINT16_MAX);
	return text;
}

/* A rate is written as a number only if reading it back gives the same octets. */
static const char *format_extended(uint64_t value, char text[BGP_COMMUNITY_TEXT_SIZE])
{
	uint32_t bits = (uint32_t)value;
	uint32_t as = value >> 32 & UINT16_MAX;
	float rate;

	memcpy(&rate, &bits, sizeof(rate));
	if (value >> 48 == LINK_BANDWIDTH_TYPE && rate >= 0 && rate <= 4e9F &&
		bgp_link_bandwidth(as, (float)(uint32_t)rate) == value)
		(void)snprintf(text, BGP_COMMUNITY_TEXT_SIZE, "link-bandwidth:%" PRIu32 ":%" PRIu32,
			as, (uint32_t)rate);
	else
		(void)snprintf(text, BGP_COMMUNITY_TEXT_SIZE, "ext:0x%016" PRIx64, value);
	return text;
}

const char *bgp_community_format(
	const struct bgp_community *community, char text[BGP_COMMUNITY_TEXT_SIZE])
{
	const struct bgp_large *large = &community->large;

	switch (community->kind) {
	case BGP_COMMUNITY_STANDARD:
		return format_standard(community->standard, text);
	case BGP_COMMUNITY_EXTENDED:
		return format_extended(community->extended, text);
	case BGP_COMMUNITY_LARGE:
		break;
	}
	(void)snprintf(text, BGP_COMMUNITY_TEXT_SIZE, "large:%" PRIu32 ":%" PRIu32 ":%" PRIu32,
		large->global, large->local1, large->local2);
	return text;
}

static int compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int bgp_large_compare(const struct bgp_large *a, const struct bgp_large *b)
{
	int order = compare_u32(a->global, b->global);

	if (order == 0)
		order = compare_u32(a->local1, b->local1);
	return order != 0 ? order : compare_u32(a->local2, b->local2);
}

uint64_t bgp_link_bandwidth(uint32_t as, float bytes_per_second)
{
	uint32_t bits;

	memcpy(&bits, &bytes_per_second, sizeof(bits));
	if (as > UINT16_MAX)
		as = AS_TRANS;
	return LINK_BANDWIDTH_TYPE << 48 | (uint64_t)as << 32 | bits;
}
