/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One table says which keys there are, of what type, where they go and within which bounds. The file
 * is walked, not the table: so that what the table does not know is found.
 */

#include "conf/settings.h"

#include "base/mem.h"
#include "conf/decode.h"

#include <ctype.h>
#include <errno.h>
#include <libconfig.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	TEXT_MAX = 4096,
	FILE_MAX = 1 << 20,
	LIST_MAX = 256,
	NAME_MAX_LEN = 253, /* of a DNS subdomain, which a Node's name is */
	DEPTH_MAX = 16,
};

enum key_type {
	KEY_TEXT,
	KEY_PATH,
	KEY_NODE,
	KEY_LISTEN,
	KEY_BOOL,
	KEY_UINT,
	KEY_WORD,
	KEY_MODE,
	KEY_REGEXES,
	KEY_SCHEDULE,
};

struct key {
	const char *path;
	enum key_type type;
	size_t offset;
	long long min;
	long long max; /* of text: its length */
	const char *const *names;
};

/* clang-format off */
static const char *const source_names[] = { "directory", NULL };
static const char *const allocator_names[] = { "manifests", "self", "follow", NULL };
static const char *const level_names[] = { "error", "warn", "info", "debug", NULL };
static const char *const format_names[] = { "logfmt", "json", NULL };
static const char *const sections[] = { "source", "interfaces", "control", "metrics", "log", "announce" };

#define AT(member) offsetof(struct settings, member)

static const struct key keys[] = {
	{ "node",                        KEY_NODE,     AT(node), 1, NAME_MAX_LEN },
	{ "source.type",                 KEY_WORD,     AT(source.type), .names = source_names },
	{ "source.path",                 KEY_PATH,     AT(source.path), 1, TEXT_MAX },
	{ "state",                       KEY_PATH,     AT(state), 1, TEXT_MAX },
	{ "user",                        KEY_TEXT,     AT(user), 0, 32 },
	{ "interfaces.include",          KEY_REGEXES,  AT(interfaces.include) },
	{ "interfaces.exclude",          KEY_REGEXES,  AT(interfaces.exclude) },
	{ "control.socket",              KEY_PATH,     AT(control.socket), 1, sizeof(((struct sockaddr_un *)0)->sun_path) - 1 },
	{ "control.group",               KEY_TEXT,     AT(control.group), 0, 32 },
	{ "control.mode",                KEY_MODE,     AT(control.mode) },
	{ "metrics.listen",              KEY_LISTEN,   AT(metrics.listen), 0, TEXT_MAX },
	{ "log.level",                   KEY_WORD,     AT(log.level), .names = level_names },
	{ "log.format",                  KEY_WORD,     AT(log.format), .names = format_names },
	{ "load_balancer_class",         KEY_TEXT,     AT(load_balancer_class), 0, 316 },
	{ "ignore_exclude_label",        KEY_BOOL,     AT(ignore_exclude_label) },
	{ "allocator",                   KEY_WORD,     AT(allocator), .names = allocator_names },
	{ "announce.schedule_ms",        KEY_SCHEDULE, AT(announce), 0, 60000 },
	{ "announce.refresh_seconds",    KEY_UINT,     AT(announce.refresh_seconds), 0, 86400 },
	{ "announce.ask_gateways",       KEY_BOOL,     AT(announce.ask_gateways) },
	{ "announce.frames_per_second",  KEY_UINT,     AT(announce.frames_per_second), 1, 100000 },
	{ "announce.answers_per_second", KEY_UINT,     AT(announce.answers_per_second), 1, 100000 },
};

/* MetalLB's metallb-excludel2: links of containers and tunnels, which lead to no segment. */
static const char *const default_excludes[] = { "^docker.*", "^cbr.*", "^dummy.*", "^virbr.*",
	"^lxcbr.*", "^veth.*", "^lo$", "^cali.*", "^tunl.*", "flannel.*", "^kube-ipvs.*", "^cni.*",
	"^nodelocaldns.*", "^lxc.*" };
static const uint32_t default_schedule[] = { 0, 100, 1100, 2200, 5000 };
/* clang-format on */

struct loading {
	struct settings *settings;
	const char *file;
	struct report *report;
	bool is_bad;
};

static void strings_set(struct strings *strings, const char *const *values, size_t count)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->at[i]);
	free(strings->at);
	strings->at = count > 0 ? xnew_array(char *, count) : NULL;
	strings->count = count;
	for (size_t i = 0; i < count; i++)
		strings->at[i] = xstrdup(values[i]);
}

static char *host_name(void)
{
	char name[NAME_MAX_LEN + 1] = { 0 };

	if (gethostname(name, sizeof(name) - 1) < 0 || !name[0])
		return xstrdup("localhost");
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return xstrdup(name);
}

struct settings *settings_new(void)
{
	struct settings *s = xnew(struct settings);

	s->node = host_name();
	s->source.path = xstrdup("/etc/bellman/manifests");
	s->state = xstrdup("/var/lib/bellman");
	s->user = xstrdup("");
	strings_set(&s->interfaces.exclude, default_excludes, COUNT_OF(default_excludes));
	s->control.socket = xstrdup("/run/bellman/control.sock");
	s->control.group = xstrdup("");
	s->control.mode = 0660;
	s->metrics.listen = xstrdup("127.0.0.1:7472");
	s->log.level = LOG_L_INFO;
	s->load_balancer_class = xstrdup("");
	memcpy(s->announce.schedule_ms, default_schedule, sizeof(default_schedule));
	s->announce.schedule_count = COUNT_OF(default_schedule);
	s->announce.refresh_seconds = 60;
	s->announce.frames_per_second = 500;
	s->announce.answers_per_second = 10000;
	return s;
}

struct settings *settings_free(struct settings *settings)
{
	if (!settings)
		return NULL;

	free(settings->node);
	free(settings->source.path);
	free(settings->state);
	free(settings->user);
	strings_set(&settings->interfaces.include, NULL, 0);
	strings_set(&settings->interfaces.exclude, NULL, 0);
	free(settings->control.socket);
	free(settings->control.group);
	free(settings->metrics.listen);
	free(settings->load_balancer_class);
	free(settings);
	return NULL;
}

static void say(struct loading *l, const config_setting_t *setting, const char *path,
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
	struct loading *l, const struct key *key, const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);
	auto_(freep) char *advice = NULL;

	if (!text) {
		say(l, setting, key->path, "is not text", "write it in double quotes");
		return NULL;
	}
	if (key->max > 0 &&
		((long long)strlen(text) < key->min || (long long)strlen(text) > key->max)) {
		advice = xasprintf("write %lld to %lld bytes", key->min, key->max);
		say(l, setting, key->path, text[0] ? "is too long" : "is empty", advice);
		return NULL;
	}
	return text;
}

/* A Node's name is a DNS subdomain. */
static bool is_node_name(const char *text)
{
	size_t len = strlen(text);

	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len && len > 0 &&
		isalnum((unsigned char)text[0]) && isalnum((unsigned char)text[len - 1]);
}

static bool is_listen(const char *text)
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

static void set_text(
	struct loading *l, const struct key *key, const config_setting_t *setting, char **target)
{
	const char *text = text_of(l, key, setting);

	if (!text)
		return;
	if (key->type == KEY_PATH && text[0] != '/') {
		say(l, setting, key->path, "is not an absolute path", "begin it with /");
	} else if (key->type == KEY_NODE && !is_node_name(text)) {
		say(l, setting, key->path, "is no name of a Node",
			"write lower case letters, digits, dashes and dots");
	} else if (key->type == KEY_LISTEN && !is_listen(text)) {
		say(l, setting, key->path, "is no address and port",
			"write it as 127.0.0.1:7472 or [::1]:7472, or \"\" for none");
	} else {
		free(*target);
		*target = xstrdup(text);
	}
}

static void set_word(
	struct loading *l, const struct key *key, const config_setting_t *setting, void *target)
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
	say(l, setting, key->path, "is not known", strbuf_text(&advice));
}

static void set_mode(
	struct loading *l, const struct key *key, const config_setting_t *setting, unsigned *target)
{
	const char *text = text_of(l, key, setting);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return;
	if (len < 3 || len > 4 || strspn(text, "01234567") != len || (len == 4 && text[0] != '0'))
		say(l, setting, key->path, "is no file mode",
			"write three octal digits, as in \"0660\"");
	else
		*target = (unsigned)strtoul(text, NULL, 8);
}

static bool number_of(struct loading *l, const struct key *key, const config_setting_t *setting,
	long long *ret_value)
{
	int type = config_setting_type(setting);
	auto_(freep) char *advice = xasprintf(
		"write a number from %lld to %lld", key->min, key->max);
	long long value;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		say(l, setting, key->path, "is not a whole number", advice);
		return false;
	}
	value = type == CONFIG_TYPE_INT ? config_setting_get_int(setting) :
					  config_setting_get_int64(setting);
	if (value < key->min || value > key->max) {
		say(l, setting, key->path, "is out of range", advice);
		return false;
	}
	*ret_value = value;
	return true;
}

/* The number of items, or -1 and an error. */
static int list_of(
	struct loading *l, const struct key *key, const config_setting_t *setting, int max)
{
	int count = config_setting_length(setting);

	if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
		say(l, setting, key->path, "is not a list", "write it as [ first, second ]");
		return -1;
	}
	if (count > max) {
		say(l, setting, key->path, "has too many items", "write fewer");
		return -1;
	}
	return count;
}

static void set_regexes(struct loading *l, const struct key *key, const config_setting_t *setting,
	struct strings *target)
{
	int count = list_of(l, key, setting, LIST_MAX);
	const char *values[LIST_MAX];

	for (int i = 0; i < count; i++) {
		const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
		regex_t regex;

		values[i] = config_setting_get_string(item);
		/* Long patterns are what makes a regex compiler slow. */
		if (!values[i] || strlen(values[i]) > NAME_MAX_LEN ||
			regcomp(&regex, values[i], REG_EXTENDED | REG_NOSUB) != 0) {
			say(l, item, key->path, "has an item that is no regular expression",
				"write extended POSIX syntax in double quotes, as in \"^eth[0-9]+$\"");
			return;
		}
		regfree(&regex);
	}
	if (count >= 0)
		strings_set(target, values, (size_t)count);
}

static void set_schedule(struct loading *l, const struct key *key, const config_setting_t *setting)
{
	int count = list_of(l, key, setting, SETTINGS_SCHEDULE_MAX);
	uint32_t schedule[SETTINGS_SCHEDULE_MAX];

	for (int i = 0; i < count; i++) {
		long long value;

		if (!number_of(l, key, config_setting_get_elem(setting, (unsigned)i), &value))
			return;
		schedule[i] = (uint32_t)value;
		if (i > 0 && schedule[i] <= schedule[i - 1]) {
			say(l, setting, key->path, "does not ascend",
				"write the times after taking an address in ascending order");
			return;
		}
	}
	if (count == 0)
		say(l, setting, key->path, "is empty",
			"an address must be announced at least once");
	if (count <= 0)
		return;
	memcpy(l->settings->announce.schedule_ms, schedule, (size_t)count * sizeof(schedule[0]));
	l->settings->announce.schedule_count = (size_t)count;
}

static void set_key(struct loading *l, const struct key *key, const config_setting_t *setting)
{
	void *target = (char *)l->settings + key->offset;
	long long number;

	switch (key->type) {
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_NODE:
	case KEY_LISTEN:
		set_text(l, key, setting, target);
		break;
	case KEY_BOOL:
		if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
			*(bool *)target = config_setting_get_bool(setting);
		else
			say(l, setting, key->path, "is not a boolean", "write true or false");
		break;
	case KEY_UINT:
		if (number_of(l, key, setting, &number))
			*(uint32_t *)target = (uint32_t)number;
		break;
	case KEY_WORD:
		set_word(l, key, setting, target);
		break;
	case KEY_MODE:
		set_mode(l, key, setting, target);
		break;
	case KEY_REGEXES:
		set_regexes(l, key, setting, target);
		break;
	case KEY_SCHEDULE:
		set_schedule(l, key, setting);
		break;
	}
}

static const struct key *find_key(const char *path)
{
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		if (strcmp(keys[i].path, path) == 0)
			return &keys[i];
	}
	return NULL;
}

static bool is_section(const char *path)
{
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		if (strcmp(sections[i], path) == 0)
			return true;
	}
	return false;
}

static void unknown_key(struct loading *l, const config_setting_t *setting, const char *path)
{
	const char *names[COUNT_OF(keys) + COUNT_OF(sections)];
	auto_(freep) char *advice = NULL;
	const char *nearest;

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		names[i] = keys[i].path;
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		names[COUNT_OF(keys) + i] = sections[i];
	nearest = decode_nearest(path, names, COUNT_OF(names));
	if (nearest)
		advice = xasprintf("did you mean %s?", nearest);
	say(l, setting, path, "there is no such key", advice ? advice : "take it out");
}

static void walk_section(struct loading *l, const config_setting_t *section)
{
	const char *name = config_setting_name(section);

	for (int i = 0; i < config_setting_length(section); i++) {
		const config_setting_t *setting = config_setting_get_elem(section, (unsigned)i);
		auto_(freep) char *path = xasprintf("%s.%s", name, config_setting_name(setting));
		const struct key *key = find_key(path);

		if (key)
			set_key(l, key, setting);
		else
			unknown_key(l, setting, path);
	}
}

static void walk(struct loading *l, const config_setting_t *root)
{
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(setting);
		const struct key *key = find_key(name);

		if (key)
			set_key(l, key, setting);
		else if (!is_section(name))
			unknown_key(l, setting, name);
		else if (config_setting_is_group(setting))
			walk_section(l, setting);
		else
			say(l, setting, name, "is not a group",
				"write it as NAME = { KEY = VALUE; };");
	}
}

/* libconfig's parser is recursive and opens what @include names: both are asked for before. */
static const char *find_danger(const char *text, unsigned *ret_line)
{
	unsigned depth = 0;

	*ret_line = 1;
	for (const char *c = text; *c; c++) {
		*ret_line += *c == '\n';
		if (strchr("{[(", *c) && ++depth > DEPTH_MAX)
			return "is nested too deeply";
		if (strchr("}])", *c) && depth > 0)
			depth--;
		if (strncmp(c, "@include", strlen("@include")) == 0)
			return "@include is not allowed: the settings are one file";
	}
	return NULL;
}

static void refuse(struct loading *l, unsigned line, const char *text, const char *advice)
{
	const struct place place = { .file = l->file, .line = line };

	report_add(l->report, SEVERITY_ERROR, &place, text, advice);
	l->is_bad = true;
}

int settings_parse(
	const char *text, const char *file, struct settings **ret_settings, struct report *report)
{
	auto_(settings_freep) struct settings *settings = settings_new();
	struct loading l = { settings, file, report, false };
	config_t config;
	unsigned line;
	const char *danger = find_danger(text, &line);

	if (danger) {
		refuse(&l, line, danger, "take it out");
		return -EBADMSG;
	}
	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE)
		walk(&l, config_root_setting(&config));
	else
		refuse(&l, (unsigned)config_error_line(&config), config_error_text(&config),
			"write KEY = VALUE; with text in double quotes");
	config_destroy(&config);
	if (l.is_bad)
		return -EBADMSG;
	*ret_settings = take(settings);
	return 0;
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

int settings_load(const char *path, struct settings **ret_settings, struct report *report)
{
	auto_(freep) char *text = NULL;
	int r = read_text(path, &text);

	if (r < 0) {
		report_error(report, &(struct place){ .file = path }, NULL, "can not be read: %s",
			strerror(-r));
		return r;
	}
	return settings_parse(text, path, ret_settings, report);
}
