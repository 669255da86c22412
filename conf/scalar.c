/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/scalar.h"

#include "base/mem.h"
#include "conf/decode.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum {
	NUMBER_TEXT_MAX = 64
};

/* Doubles hold every integer up to here. */
#define EXACT_MAX 9007199254740992.0

#define TAG_PREFIX "tag:yaml.org,2002:"

static bool is_word(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

	return is_word(text, words);
}

/* YAML 1.1: more words than people expect, hence country codes that turn into false. */
static json_t *boolean(const char *text)
{
	static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE",
		"on", "On", "ON", NULL };
	static const char *const no[] = { "n", "N", "no", "No", "NO", "false", "False", "FALSE",
		"off", "Off", "OFF", NULL };

	if (is_word(text, yes))
		return json_true();
	return is_word(text, no) ? json_false() : NULL;
}

static int base_of(const char **digits)
{
	const char *d = *digits;
	int base = 10;

	if (d[0] != '0' || !d[1])
		return 10;
	if (d[1] == 'x' || d[1] == 'X')
		base = 16;
	else if (d[1] == 'o' || d[1] == 'O')
		base = 8;
	else if (d[1] == 'b' || d[1] == 'B')
		base = 2;
	*digits += base == 10 ? 1 : 2;
	return base == 10 ? 8 : base; /* 0644 */
}

static json_t *integer(const char *text)
{
	bool is_negative = text[0] == '-';
	const char *digits = text + (is_negative || text[0] == '+');
	int base = base_of(&digits);
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)digits[0]))
		return NULL;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (*end || (errno != 0 && errno != ERANGE) ||
		(base == 16 && strchr("xX", digits[1]) && digits[1]))
		return NULL;
	if (errno == ERANGE)
		return NULL; /* maybe a float */
	if (value > (unsigned long long)INT64_MAX)
		return is_negative ? NULL : json_real((double)value);
	return json_integer(is_negative ? -(json_int_t)value : (json_int_t)value);
}

static const char *skip_digits(const char *c)
{
	while (isdigit((unsigned char)*c))
		c++;
	return c;
}

/* [-+]? (.D+ | D+(.D*)?) ([eE][-+]?D+)? */
static bool is_float(const char *text)
{
	const char *c = text + (*text == '-' || *text == '+');
	const char *start = c;
	const char *exponent;

	c = skip_digits(c);
	if (*c == '.') {
		bool has_whole = c > start;
		const char *fraction = ++c;

		c = skip_digits(c);
		if (!has_whole && c == fraction)
			return false;
	} else if (c == start) {
		return false;
	}
	if (*c != 'e' && *c != 'E')
		return !*c;
	c++;
	c += *c == '-' || *c == '+';
	exponent = c;
	c = skip_digits(c);
	return c > exponent && !*c;
}

static json_t *real(const char *text)
{
	double value = strtod(text, NULL);

	if (!isfinite(value))
		return NULL;
	/* Go writes 80.0 as 80, so a port may be given so. */
	if (floor(value) == value && fabs(value) <= EXACT_MAX)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *number(const char *text, size_t len)
{
	char plain[NUMBER_TEXT_MAX];
	json_t *value;
	size_t n = 0;

	if (len >= sizeof(plain))
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '_')
			plain[n++] = text[i];
	}
	plain[n] = '\0';
	value = integer(plain);
	if (value)
		return value;
	return is_float(plain) ? real(plain) : NULL;
}

static bool is_infinite(const char *text)
{
	const char *c = text + (*text == '-' || *text == '+');

	return strcasecmp(c, ".inf") == 0 || strcasecmp(text, ".nan") == 0;
}

static json_t *string(const char *text, size_t len)
{
	return memchr(text, '\0', len) ? NULL : json_stringn(text, len);
}

static json_t *plain(const char *text, size_t len)
{
	json_t *value = NULL;

	/* Most scalars are words: the first byte tells. */
	if (isdigit((unsigned char)text[0]) || strchr("+-.", text[0]))
		value = len > 0 ? number(text, len) : NULL;
	if (value)
		return value;
	if (memchr(text, '\0', len) || is_infinite(text))
		return NULL;
	if (is_null(text))
		return json_null();
	if (strchr("yYnNtTfFoO", text[0]))
		value = boolean(text);
	return value ? value : string(text, len);
}

static json_t *binary(const char *text)
{
	auto_(freep) char *bytes = decode_base64(text);

	return bytes ? json_string(bytes) : NULL;
}

static json_t *tagged(const char *text, size_t len, const char *tag)
{
	static const struct {
		const char *name;
		json_type type;
	} types[] = {
		{ "int", JSON_INTEGER },
		{ "float", JSON_REAL },
		{ "null", JSON_NULL },
	};
	json_t *value;

	if (strcmp(tag, "str") == 0 || strcmp(tag, "timestamp") == 0)
		return string(text, len);
	if (strcmp(tag, "binary") == 0)
		return binary(text);
	value = plain(text, len);
	if (value && strcmp(tag, "bool") == 0 && json_is_boolean(value))
		return value;
	if (value && strcmp(tag, "float") == 0 && json_is_integer(value))
		return value;
	for (size_t i = 0; value && i < COUNT_OF(types); i++) {
		if (strcmp(tag, types[i].name) == 0 && json_typeof(value) == types[i].type)
			return value;
	}
	json_decref(value);
	return NULL;
}

json_t *scalar_resolve(const char *text, size_t len, bool is_plain, const char *tag)
{
	if (tag && strncmp(tag, TAG_PREFIX, strlen(TAG_PREFIX)) == 0)
		return tagged(text, len, tag + strlen(TAG_PREFIX));
	if (is_plain && !tag)
		return plain(text, len);
	return string(text, len);
}

char *scalar_key(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "true" : "false");
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return xasprintf("%.17g", json_real_value(value));
	return NULL;
}
