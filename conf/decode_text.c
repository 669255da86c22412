/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Forms of text that the fields of Kubernetes have: durations, time stamps, base64, and the guess at
 * what was meant by a word that is not known.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "conf/decode.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	WORD_MAX = 64, /* of longer words no neighbour is looked for */
	BASE64_MAX = 1 << 20,
};

struct duration_unit {
	const char *name;
	int64_t ns;
};

static const struct duration_unit *find_unit(const char *text, size_t len)
{
	static const struct duration_unit units[] = {
		{ "ns", 1 },
		{ "us", (int64_t)NS_PER_US },
		{ "\xc2\xb5s", (int64_t)NS_PER_US },
		{ "\xce\xbcs", (int64_t)NS_PER_US },
		{ "ms", (int64_t)NS_PER_MS },
		{ "s", (int64_t)NS_PER_S },
		{ "m", 60 * (int64_t)NS_PER_S },
		{ "h", 3600 * (int64_t)NS_PER_S },
	};

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, text, len) == 0)
			return &units[i];
	}
	return NULL;
}

/* One "1.5h" at @text; moves it on. */
static int duration_part(const char **text, int64_t *sum)
{
	const char *c = *text;
	size_t whole_len = strspn(c, "0123456789");
	size_t fraction_len = 0;
	const struct duration_unit *unit;
	int64_t whole = 0;
	double fraction = 0;
	double scale = 0.1;
	size_t unit_len;

	if (whole_len > 18)
		return -EINVAL;
	for (size_t i = 0; i < whole_len; i++)
		whole = whole * 10 + (c[i] - '0');
	c += whole_len;
	if (*c == '.') {
		c++;
		fraction_len = strspn(c, "0123456789");
		for (size_t i = 0; i < fraction_len; i++, scale /= 10)
			fraction += (c[i] - '0') * scale;
		c += fraction_len;
	}
	unit_len = strcspn(c, ".0123456789");
	unit = find_unit(c, unit_len);
	if (!unit || whole_len + fraction_len == 0)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit->ns, &whole) ||
		__builtin_add_overflow(whole, (int64_t)(fraction * (double)unit->ns), &whole) ||
		__builtin_add_overflow(*sum, whole, sum))
		return -EINVAL;
	*text = c + unit_len;
	return 0;
}

int decode_duration(const char *text, int64_t *ret_ns)
{
	bool is_negative = *text == '-';
	int64_t sum = 0;

	text += is_negative || *text == '+';
	if (strcmp(text, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	if (!*text)
		return -EINVAL;
	while (*text) {
		if (duration_part(&text, &sum) < 0)
			return -EINVAL;
	}
	*ret_ns = is_negative ? -sum : sum;
	return 0;
}

/* "Z", "+02:00" or "-02:00" at the end of the text, to seconds east of UTC. */
static int zone_offset(const char *text, int64_t *ret_seconds)
{
	unsigned hours;
	unsigned minutes;
	int len = 0;

	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
		*ret_seconds = 0;
		return 0;
	}
	if ((*text != '+' && *text != '-') ||
		sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &len) != 2 || len != 5 || text[6] ||
		hours > 23 || minutes > 59)
		return -EINVAL;
	*ret_seconds = (*text == '-' ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
	return 0;
}

static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++) {
		if (*form == '0' ? !isdigit((unsigned char)*text) : *text != *form)
			return false;
	}
	return true;
}

static int two(const char *text)
{
	return (text[0] - '0') * 10 + (text[1] - '0');
}

int decode_time(const char *text, int64_t *ret_seconds)
{
	struct tm tm = { 0 };
	struct tm check;
	time_t seconds;
	int64_t offset;

	if (!has_form(text, "0000-00-00T00:00:00"))
		return -EINVAL;
	tm.tm_year = two(text) * 100 + two(text + 2) - 1900;
	tm.tm_mon = two(text + 5) - 1;
	tm.tm_mday = two(text + 8);
	tm.tm_hour = two(text + 11);
	tm.tm_min = two(text + 14);
	tm.tm_sec = two(text + 17);
	check = tm;
	seconds = timegm(&check);
	/* timegm() carries the 31st of February over to March. */
	if (check.tm_mon != tm.tm_mon || check.tm_mday != tm.tm_mday ||
		check.tm_hour != tm.tm_hour || check.tm_min != tm.tm_min)
		return -EINVAL;
	text += 19;
	if (*text == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return -EINVAL;
		text += 1 + digits;
	}
	if (zone_offset(text, &offset) < 0)
		return -EINVAL;
	*ret_seconds = (int64_t)seconds - offset;
	return 0;
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

char *decode_base64(const char *text)
{
	size_t len = strlen(text);
	auto_(freep) char *bytes = NULL;
	uint32_t bits = 0;
	size_t digits = 0;
	size_t pads = 0;
	size_t n = 0;

	if (len > BASE64_MAX)
		return NULL;
	bytes = xcalloc(1, len + 1);
	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(text[i]);

		if (text[i] == '\n' || text[i] == '\r')
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		if (digit < 0 || pads > 0)
			return NULL;
		bits = bits << 6 | (uint32_t)digit;
		if (++digits % 4 != 1)
			bytes[n++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	if ((digits + pads) % 4 != 0 || digits % 4 == 1 || pads > 2)
		return NULL;
	return take(bytes);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Insertions, deletions and changes from one to the other, letters of any case alike. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b_len; j++) {
			bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
			size_t next = smallest(row[j + 1] + 1, row[j] + 1, diagonal + !same);

			diagonal = row[j + 1];
			row[j + 1] = next;
		}
	}
	return row[b_len];
}

const char *decode_nearest(const char *text, const char *const *names, size_t count)
{
	size_t len = strlen(text);
	size_t best = len / 3 + 1; /* a word with every third letter wrong is another word */
	const char *found = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t d = strlen(names[i]) <= WORD_MAX ? distance(text, names[i]) : best + 1;

		if (d < best || (d == best && !found)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
