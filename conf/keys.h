/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A settings file in libconfig syntax, by a table: which keys there are, of what type, where they go
 * and within which bounds. The file is walked, not the table: so that what the table does not know
 * is found. An unknown key, a wrong type or a value out of range is an error with file and line.
 * `@include` is refused: the settings are one file.
 */

#include "conf/report.h"
#include "model/schema.h"

#include <libconfig.h>

enum {
	KEYS_TEXT_MAX = 4096, /* bytes of a path or text, unless its row says less */
	KEYS_LIST_MAX = 256,  /* items */
};

enum key_type {
	KEY_TEXT,    /* char *, owned; min and max bound its length */
	KEY_PATH,    /* the same, absolute; "" if min is 0 */
	KEY_LISTEN,  /* char *: "127.0.0.1:7472", "[::1]:7472"; "" if min is 0 */
	KEY_BOOL,    /* bool */
	KEY_UINT,    /* uint32_t */
	KEY_WORD,    /* an enum: the position of the word in names */
	KEY_MODE,    /* unsigned: "0660" */
	KEY_STRINGS, /* struct strings, of at most KEYS_LIST_MAX items */
	KEY_OTHER,   /* whatever set makes of it */
};

struct keys_loading;

struct key {
	const char *path; /* "section.key", or "key" at the top */
	enum key_type type;
	size_t offset; /* in the struct of settings */
	long long min;
	long long max; /* of text: its length */
	const char *const *names;
	/* KEY_TEXT, KEY_STRINGS: is the text, or each item, good? If not: what is wrong, and advice. */
	bool (*is_good)(const char *text);
	const char *wrong;
	const char *advice;
	/* KEY_OTHER */
	void (*set)(struct keys_loading *l, const struct key *key, const config_setting_t *setting);
};

struct keys_table {
	const struct key *keys;
	size_t count;
	const char *const *sections;
	size_t section_count;
	/* What keys say of one another; NULL: nothing. Called when all are read. */
	void (*check)(struct keys_loading *l, const config_setting_t *root);
};

/* One file under way. */
struct keys_loading {
	const struct keys_table *table;
	void *settings;
	const char *file;
	struct report *report;
	bool is_bad;
};

/**
 * keys_load() - read the file at @path into @settings, which has all defaults
 * @report: gets every error, with file and line
 *
 * Return: 0; -EBADMSG: something in it is wrong, @report says what and @settings is half filled;
 * another -errno: it can not be read, which is in @report too.
 */
must_check int keys_load(
	const struct keys_table *table, const char *path, void *settings, struct report *report);

/* The same for @text, which ends with a NUL; @file is its name in messages. */
must_check int keys_parse(const struct keys_table *table, const char *text, const char *file,
	void *settings, struct report *report);

/* Frees the texts and lists in @settings, which can not be used afterwards. */
void keys_clear(const struct keys_table *table, void *settings);

/* For setters of KEY_OTHER: an error about @setting. */
void keys_say(struct keys_loading *l, const config_setting_t *setting, const char *path,
	const char *text, const char *advice);

/* The number in @setting, within the bounds of @key; false: an error was said. */
bool keys_number(struct keys_loading *l, const struct key *key, const config_setting_t *setting,
	long long *ret_value);

/* The number of items in the list @setting, at most @max; -1: an error was said. */
int keys_list(
	struct keys_loading *l, const struct key *key, const config_setting_t *setting, int max);

/* Makes @strings hold copies of @values; frees what it held. */
void keys_set_strings(struct strings *strings, const char *const *values, size_t count);

/* True for "ADDRESS:PORT", "[ADDRESS]:PORT" and "". */
bool keys_is_listen(const char *text);
