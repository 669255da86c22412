/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/keys.h"

#include "base/ip.h"
#include "base/mem.h"
#include "conf/decode.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	FILE_MAX = 1 << 20,
	DEPTH_MAX = 16,
};

void keys_set_strings(struct strings *strings, const char *const *values, size_t count)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->at[i]);
	free(strings->at);
	strings->at = count > 0 ? xnew_array(char *, count) : NULL;
	strings->count = count;
	for (size_t i = 0; i < count; i++)
		strings->at[i] = xstrdup(values[i]);
}

void keys_clear(const struct keys_table *table, void *settings)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct key *key = &table->keys[i];
		void *at = (char *)settings + key->offset;

		if (key->type == KEY_TEXT || key->type == KEY_PATH || key->type == KEY_LISTEN)
			free(*(char **)at);
		else if (key->type == KEY_STRINGS)
			keys_set_strings(at, NULL, 0);
	}
}

void keys_say(struct keys_loading *l, const config_setting_t *setting, const char *path,
	const char *text, const char *advice)
{
	const struct place place = {
		.file = l->file, .line = config_setting_source_line(setting), .field = path
	};

	report_add(l->report, SEVERITY_ERROR, &place, text, advice);
	l->is_bad = true;
}

/* The text of @setting, or NULL and an error. */
static const char *text_of(
	struct keys_loading *l, const struct key *key, const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);
	auto_(freep) char *advice = NULL;

	if (!text) {
		keys_say(l, setting, key->path, "is not text", "write it in double quotes");
		return NULL;
	}
	if (key->max > 0 &&
		((long long)strlen(text) < key->min || (long long)strlen(text) > key->max)) {
		advice = xasprintf("write %lld to %lld bytes", key->min, key->max);
		keys_say(l, setting, key->path, text[0] ? "is too long" : "is empty", advice);
		return NULL;
	}
	return text;
}

bool keys_is_listen(const char *text)
{
	const char *colon = strrchr(text, ':');
	auto_(freep) char *host = NULL;
	struct ip ip;
	char *end;
	unsigned long port;
	size_t len;

	if (!text[0])
		return true;
	if (!colon || !isdigit((unsigned char)colon[1]))
		return false;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port == 0 || port > 65535)
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
		host = xstrndup(text + 1, len - 2);
	else if (len > 0 && !memchr(text, ':', len))
		host = xstrndup(text, len);
	return host && ip_parse(host, &ip) == 0;
}

static void set_text(struct keys_loading *l, const struct key *key, const config_setting_t *setting,
	char **target)
{
	const char *text = text_of(l, key, setting);

	if (!text)
		return;
	if (key->type == KEY_PATH && text[0] && text[0] != '/') {
		keys_say(l, setting, key->path, "is not an absolute path", "begin it with /");
	} else if (key->is_good && !key->is_good(text)) {
		keys_say(l, setting, key->path, key->wrong, key->advice);
	} else if (key->type == KEY_LISTEN && !keys_is_listen(text)) {
		keys_say(l, setting, key->path, "is no address and port",
			"write it as 127.0.0.1:7472 or [::1]:7472, or \"\" for none");
	} else {
		free(*target);
		*target = xstrdup(text);
	}
}

static void set_word(struct keys_loading *l, const struct key *key, const config_setting_t *setting,
	void *target)
{
	const char *text = text_of(l, key, setting);
	auto_(strbuf_finip) struct strbuf advice = { 0 };

	if (!text)
		return;
	strbuf_add(&advice, "write one of");
	for (unsigned i = 0; key->names[i]; i++) {
		if (strcmp(key->names[i], text) == 0) {
			memcpy(target, &i, sizeof(i)); /* an enum, whichever it is */
			return;
		}
		strbuf_addf(&advice, " \"%s\"", key->names[i]);
	}
	keys_say(l, setting, key->path, "is not known", strbuf_text(&advice));
}

static void set_mode(struct keys_loading *l, const struct key *key, const config_setting_t *setting,
	unsigned *target)
{
	const char *text = text_of(l, key, setting);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return;
	if (len < 3 || len > 4 || strspn(text, "01234567") != len || (len == 4 && text[0] != '0'))
		keys_say(l, setting, key->path, "is no file mode",
			"write three octal digits, as in \"0660\"");
	else
		*target = (unsigned)strtoul(text, NULL, 8);
}

bool keys_number(struct keys_loading *l, const struct key *key, const config_setting_t *setting,
	long long *ret_value)
{
	int type = config_setting_type(setting);
	auto_(freep) char *advice = xasprintf(
		"write a number from %lld to %lld", key->min, key->max);
	long long value;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		keys_say(l, setting, key->path, "is not a whole number", advice);
		return false;
	}
	value = type == CONFIG_TYPE_INT ? config_setting_get_int(setting) :
					  config_setting_get_int64(setting);
	if (value < key->min || value > key->max) {
		keys_say(l, setting, key->path, "is out of range", advice);
		return false;
	}
	*ret_value = value;
	return true;
}

/* The number of items, or -1 and an error. */
int keys_list(
	struct keys_loading *l, const struct key *key, const config_setting_t *setting, int max)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
		keys_say(l, setting, key->path, "is not a list", "write it as [ first, second ]");
		return -1;
	}
	if (count > max) {
		keys_say(l, setting, key->path, "has too many items", "write fewer");
		return -1;
	}
	return count;
}

static void set_strings(struct keys_loading *l, const struct key *key,
	const config_setting_t *setting, void *target)
{
	int count = keys_list(l, key, setting, KEYS_LIST_MAX);
	const char *values[KEYS_LIST_MAX];

	for (int i = 0; i < count; i++) {
		const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);

		values[i] = config_setting_get_string(item);
		if (!values[i]) {
			keys_say(l, item, key->path, "has an item that is not text",
				"write each in double quotes");
			return;
		}
		if (key->is_good && !key->is_good(values[i])) {
			keys_say(l, item, key->path, key->wrong, key->advice);
			return;
		}
	}
	if (count >= 0)
		keys_set_strings(target, values, (size_t)count);
}

static void set_key(struct keys_loading *l, const struct key *key, const config_setting_t *setting)
{
	void *target = (char *)l->settings + key->offset;
	long long number;

	switch (key->type) {
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_LISTEN:
		set_text(l, key, setting, target);
		break;
	case KEY_BOOL:
		if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
			*(bool *)target = config_setting_get_bool(setting);
		else
			keys_say(l, setting, key->path, "is not a boolean", "write true or false");
		break;
	case KEY_UINT:
		if (keys_number(l, key, setting, &number))
			*(uint32_t *)target = (uint32_t)number;
		break;
	case KEY_WORD:
		set_word(l, key, setting, target);
		break;
	case KEY_MODE:
		set_mode(l, key, setting, target);
		break;
	case KEY_STRINGS:
		set_strings(l, key, setting, target);
		break;
	case KEY_OTHER:
		key->set(l, key, setting);
		break;
	}
}

static const struct key *find_key(const struct keys_table *table, const char *path)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->keys[i].path, path) == 0)
			return &table->keys[i];
	}
	return NULL;
}

static bool is_section(const struct keys_table *table, const char *path)
{
	for (size_t i = 0; i < table->section_count; i++) {
		if (strcmp(table->sections[i], path) == 0)
			return true;
	}
	return false;
}

static void unknown_key(struct keys_loading *l, const config_setting_t *setting, const char *path)
{
	const struct keys_table *table = l->table;
	size_t count = table->count + table->section_count;
	auto_(freep) const char **names = xnew_array(const char *, count);
	auto_(freep) char *advice = NULL;
	const char *nearest;

	for (size_t i = 0; i < table->count; i++)
		names[i] = table->keys[i].path;
	for (size_t i = 0; i < table->section_count; i++)
		names[table->count + i] = table->sections[i];
	nearest = decode_nearest(path, names, count);
	if (nearest)
		advice = xasprintf("did you mean %s?", nearest);
	keys_say(l, setting, path, "there is no such key", advice ? advice : "take it out");
}

static void walk_section(struct keys_loading *l, const config_setting_t *section)
{
	const char *name = config_setting_name(section);

	for (int i = 0; i < config_setting_length(section); i++) {
		const config_setting_t *setting = config_setting_get_elem(section, (unsigned)i);
		auto_(freep) char *path = xasprintf("%s.%s", name, config_setting_name(setting));
		const struct key *key = find_key(l->table, path);

		if (key)
			set_key(l, key, setting);
		else
			unknown_key(l, setting, path);
	}
}

static void walk(struct keys_loading *l, const config_setting_t *root)
{
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(setting);
		const struct key *key = find_key(l->table, name);

		if (key)
			set_key(l, key, setting);
		else if (!is_section(l->table, name))
			unknown_key(l, setting, name);
		else if (config_setting_is_group(setting))
			walk_section(l, setting);
		else
			keys_say(l, setting, name, "is not a group",
				"write it as NAME = { KEY = VALUE; };");
	}
}

/* Past the comment that begins at @c; @c if none does. */
static const char *skip_comment(const char *c)
{
	const char *end;

	if (*c == '#' || strncmp(c, "//", 2) == 0)
		return c + strcspn(c, "\n");
	if (strncmp(c, "/*", 2) != 0)
		return c;
	end = strstr(c + 2, "*/");
	return end ? end + 2 : c + strlen(c);
}

/* Past the text, of one line or several, whose opening quote is at @c; NULL: it does not end. */
static const char *skip_text(const char *c)
{
	for (c++; *c && *c != '"'; c++) {
		if (*c == '\\' && c[1])
			c++;
	}
	return *c ? c + 1 : NULL;
}

/*
 * Where @text has what libconfig is better not asked about, or NULL. Its parser is recursive, opens
 * what @include names, and loses what it holds of a text that does not end.
 */
static const char *find_danger(const char *text, const char **ret_what, const char **ret_advice)
{
	unsigned depth = 0;

	*ret_advice = "take it out";
	for (const char *c = text; *(c = skip_comment(c)); c++) {
		const char *end = *c == '"' ? skip_text(c) : c;

		if (!end) {
			*ret_what = "a text has no closing quote: this one, or one before";
			*ret_advice = "write a second double quote where it ends";
			return c;
		}
		if (strchr("{[(", *c) && ++depth > DEPTH_MAX) {
			*ret_what = "is nested too deeply";
			return c;
		}
		if (strchr("}])", *c) && depth > 0)
			depth--;
		if (strncmp(c, "@include", strlen("@include")) == 0) {
			*ret_what = "@include is not allowed: the settings are one file";
			return c;
		}
		c = end > c ? end - 1 : c;
	}
	return NULL;
}

static unsigned line_of(const char *text, const char *at)
{
	unsigned line = 1;

	for (const char *c = text; c < at; c++)
		line += *c == '\n';
	return line;
}

static void refuse(struct keys_loading *l, unsigned line, const char *text, const char *advice)
{
	const struct place place = { .file = l->file, .line = line };

	report_add(l->report, SEVERITY_ERROR, &place, text, advice);
	l->is_bad = true;
}

static int read_text(const char *path, char **ret_text)
{
	auto_(freep) char *text = NULL;
	FILE *file = fopen(path, "re");
	size_t len;
	int r;

	if (!file)
		return -errno;
	text = xcalloc(1, FILE_MAX + 1);
	errno = 0;
	len = fread(text, 1, FILE_MAX + 1, file);
	r = ferror(file) ? -errno : 0;
	(void)fclose(file);
	if (r < 0)
		return r;
	if (len > FILE_MAX || memchr(text, '\0', len))
		return -EFBIG;
	*ret_text = take(text);
	return 0;
}

int keys_parse(const struct keys_table *table, const char *text, const char *file, void *settings,
	struct report *report)
{
	struct keys_loading l = { table, settings, file, report, false };
	config_t config;
	const char *what = NULL;
	const char *advice = NULL;
	const char *danger = find_danger(text, &what, &advice);

	if (danger) {
		refuse(&l, line_of(text, danger), what, advice);
		return -EBADMSG;
	}
	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE) {
		walk(&l, config_root_setting(&config));
		if (table->check)
			table->check(&l, config_root_setting(&config));
	} else {
		refuse(&l, (unsigned)config_error_line(&config), config_error_text(&config),
			"write KEY = VALUE; with text in double quotes");
	}
	config_destroy(&config);
	return l.is_bad ? -EBADMSG : 0;
}

int keys_load(
	const struct keys_table *table, const char *path, void *settings, struct report *report)
{
	auto_(freep) char *text = NULL;
	int r = read_text(path, &text);

	if (r < 0) {
		report_error(report, &(struct place){ .file = path }, NULL, "can not be read: %s",
			strerror(-r));
		return r;
	}
	return keys_parse(table, text, path, settings, report);
}
