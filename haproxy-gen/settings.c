/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of haproxy-gen, their bounds and their defaults. conf/keys.c reads the file. */

#include "haproxy-gen/settings.h"

#include "base/mem.h"
#include "conf/keys.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

enum {
	SOCKET_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 16, /* HAProxy adds a suffix */
	NAME_MAX_LEN = 63,
};

/* What is written into haproxy.cfg as one word must be one. */
static bool is_word(const char *text)
{
	return strspn(text, NAME_CHARS "/:@%+,=~[]") == strlen(text);
}

static bool is_words(const char *text)
{
	return strspn(text, NAME_CHARS "/:@%+,=~[] ") == strlen(text);
}

static bool is_name(const char *text)
{
	return text[0] && strlen(text) <= NAME_MAX_LEN && strspn(text, NAME_CHARS) == strlen(text);
}

static bool is_name_or_none(const char *text)
{
	return !text[0] || is_name(text);
}

static bool is_check_path(const char *text)
{
	return text[0] == '/' && strspn(text, NAME_CHARS "/~%?=&") == strlen(text);
}

static bool is_prefix(const char *text)
{
	struct ip_prefix prefix;
	struct ip ip;

	return ip_prefix_parse(text, &prefix) == 0 || ip_parse(text, &ip) == 0;
}

static bool is_address(const char *text)
{
	struct ip ip;

	return ip_parse(text, &ip) == 0;
}

bool gen_member_parse(const char *text, char **ret_name, const char **ret_listen)
{
	size_t len = strcspn(text, " ");
	auto_(freep) char *name = xstrndup(text, len);

	if (!is_name(name) || text[len] != ' ' || !text[len + 1] || !keys_is_listen(text + len + 1))
		return false;
	*ret_name = take(name);
	*ret_listen = text + len + 1;
	return true;
}

static bool is_member(const char *text)
{
	auto_(freep) char *name = NULL;
	const char *listen;

	return gen_member_parse(text, &name, &listen);
}

/* HAProxy needs to find itself among the peers. */
static bool is_among_members(const struct gen_settings *settings)
{
	const struct strings *members = &settings->affinity.members;

	for (size_t i = 0; i < members->count; i++) {
		auto_(freep) char *name = NULL;
		const char *listen;

		if (gen_member_parse(members->at[i], &name, &listen) &&
			strcmp(name, settings->affinity.local) == 0)
			return true;
	}
	return members->count == 0;
}

static void check_together(struct keys_loading *l, const config_setting_t *root)
{
	const struct gen_settings *settings = l->settings;

	if (!is_among_members(settings))
		keys_say(l, config_setting_get_member(root, "affinity"), "affinity.local",
			"is no name of affinity.members",
			"write the name that this machine has there");
	if (settings->publish[0] && settings->allocator == GEN_ALLOCATE_FOLLOW)
		keys_say(l, config_setting_get_member(root, "publish"), "publish",
			"is of no use: others give the addresses",
			"take it out, or write allocator = \"self\"");
}

/* clang-format off */
static const char *const source_names[] = { "directory", NULL };
static const char *const on_edit_names[] = { "repair", "leave", NULL };
static const char *const check_names[] = { "http", "tcp", "none", NULL };
static const char *const allocator_names[] = { "follow", "manifests", "self", NULL };
static const char *const level_names[] = { "error", "warn", "info", "debug", NULL };
static const char *const format_names[] = { "logfmt", "json", NULL };
static const char *const sections[] = { "source", "output", "haproxy", "nodes", "frontends", "timeouts",
	"affinity", "tls", "stats", "prometheus", "reload", "log" };

#define AT(member) offsetof(struct gen_settings, member)
#define WORD .is_good = is_word, .wrong = "has a character that haproxy.cfg can not have there", \
	.advice = "write letters, digits and /._-:@"
#define WORDS .is_good = is_words, .wrong = "has a character that haproxy.cfg can not have there", \
	.advice = "write it as \"/dev/log local0\""
#define NAME .is_good = is_name_or_none, .wrong = "is no name", \
	.advice = "write letters, digits, dots, dashes and underscores"
#define ADDRESSES .is_good = is_address, .wrong = "has an item that is no IP address", \
	.advice = "write it as 192.0.2.1 or 2001:db8::1"
#define PREFIXES .is_good = is_prefix, .wrong = "has an item that is no address or prefix", \
	.advice = "write it as 192.0.2.0/24"
#define MEMBERS .is_good = is_member, .wrong = "has an item that is no peer", \
	.advice = "write it as \"NAME ADDRESS:PORT\""
#define CHECK_PATH .is_good = is_check_path, .wrong = "is no path of a URL", \
	.advice = "write it as /healthz"

static const struct key keys[] = {
	{ "source.type",                      KEY_WORD,    AT(source.type), .names = source_names },
	{ "source.path",                      KEY_PATH,    AT(source.path), 1, KEYS_TEXT_MAX },
	{ "output.file",                      KEY_PATH,    AT(output.file), 1, 1024, WORD },
	{ "output.mode",                      KEY_MODE,    AT(output.mode) },
	{ "output.include",                   KEY_PATH,    AT(output.include), 0, KEYS_TEXT_MAX },
	{ "output.udp",                       KEY_PATH,    AT(output.udp), 0, KEYS_TEXT_MAX },
	{ "output.on_edit",                   KEY_WORD,    AT(output.on_edit), .names = on_edit_names },
	{ "state",                            KEY_PATH,    AT(state), 1, 1024 },
	{ "haproxy.binary",                   KEY_PATH,    AT(haproxy.binary), 1, KEYS_TEXT_MAX },
	{ "haproxy.admin_socket",             KEY_PATH,    AT(haproxy.admin_socket), 1, SOCKET_MAX, WORD },
	{ "haproxy.master_socket",            KEY_PATH,    AT(haproxy.master_socket), 1, SOCKET_MAX },
	{ "haproxy.user",                     KEY_TEXT,    AT(haproxy.user), 0, 32, NAME },
	{ "haproxy.group",                    KEY_TEXT,    AT(haproxy.group), 0, 32, NAME },
	{ "haproxy.chroot",                   KEY_PATH,    AT(haproxy.chroot), 0, 1024, WORD },
	{ "haproxy.log",                      KEY_TEXT,    AT(haproxy.log), 0, 256, WORDS },
	{ "haproxy.maxconn",                  KEY_UINT,    AT(haproxy.maxconn), 0, 10000000 },
	{ "haproxy.hard_stop_after_seconds",  KEY_UINT,    AT(haproxy.hard_stop_s), 0, 2000000 },
	{ "haproxy.reload_seconds",           KEY_UINT,    AT(haproxy.reload_s), 1, 600 },
	{ "nodes.drain",                      KEY_BOOL,    AT(nodes.drain) },
	{ "nodes.check",                      KEY_WORD,    AT(nodes.check), .names = check_names },
	{ "nodes.check_path",                 KEY_TEXT,    AT(nodes.check_path), 1, 256, CHECK_PATH },
	{ "nodes.check_port",                 KEY_UINT,    AT(nodes.check_port), 1, 65535 },
	{ "nodes.check_interval_ms",          KEY_UINT,    AT(nodes.interval_ms), 50, 3600000 },
	{ "nodes.local_check_interval_ms",    KEY_UINT,    AT(nodes.local_ms), 50, 3600000 },
	{ "nodes.check_fall",                 KEY_UINT,    AT(nodes.fall), 1, 100 },
	{ "nodes.check_rise",                 KEY_UINT,    AT(nodes.rise), 1, 100 },
	{ "nodes.spare",                      KEY_UINT,    AT(nodes.spare), 0, 1000 },
	{ "nodes.subset",                     KEY_UINT,    AT(nodes.subset), 0, 10000 },
	{ "frontends.transparent",            KEY_BOOL,    AT(frontends.transparent) },
	{ "frontends.addresses",              KEY_STRINGS, AT(frontends.addresses), PREFIXES },
	{ "frontends.node_port_addresses",    KEY_STRINGS, AT(frontends.node_port_addresses), ADDRESSES },
	{ "timeouts.connect_ms",              KEY_UINT,    AT(timeouts.connect_ms), 1, 3600000 },
	{ "timeouts.client_seconds",          KEY_UINT,    AT(timeouts.client_s), 1, 2000000 },
	{ "timeouts.server_seconds",          KEY_UINT,    AT(timeouts.server_s), 1, 2000000 },
	{ "timeouts.retries",                 KEY_UINT,    AT(timeouts.retries), 0, 100 },
	{ "affinity.table_size",              KEY_UINT,    AT(affinity.table_size), 1, 100000000 },
	{ "affinity.local",                   KEY_TEXT,    AT(affinity.local), 1, NAME_MAX_LEN, NAME },
	{ "affinity.listen",                  KEY_LISTEN,  AT(affinity.listen), 1, 64 },
	{ "affinity.members",                 KEY_STRINGS, AT(affinity.members), MEMBERS },
	{ "tls.folder",                       KEY_PATH,    AT(tls.folder), 0, 1024, WORD },
	{ "stats.listen",                     KEY_LISTEN,  AT(stats.listen), 0, 64 },
	{ "prometheus.listen",                KEY_LISTEN,  AT(prometheus.listen), 0, 64 },
	{ "reload.quiet_ms",                  KEY_UINT,    AT(reload.quiet_ms), 0, 3600000 },
	{ "reload.max_delay_ms",              KEY_UINT,    AT(reload.max_delay_ms), 0, 3600000 },
	{ "reload.verify_seconds",            KEY_UINT,    AT(reload.verify_s), 0, 86400 },
	{ "log.level",                        KEY_WORD,    AT(log.level), .names = level_names },
	{ "log.format",                       KEY_WORD,    AT(log.format), .names = format_names },
	{ "load_balancer_class",              KEY_TEXT,    AT(load_balancer_class), 0, 316 },
	{ "allocator",                        KEY_WORD,    AT(allocator), .names = allocator_names },
	{ "publish",                          KEY_PATH,    AT(publish), 0, KEYS_TEXT_MAX },
};
/* clang-format on */

static const struct keys_table table = {
	.keys = keys,
	.count = COUNT_OF(keys),
	.sections = sections,
	.section_count = COUNT_OF(sections),
	.check = check_together,
};

static void set_texts(struct gen_settings *s)
{
	s->source.path = xstrdup("/etc/bellman/manifests");
	s->output.file = xstrdup("/etc/haproxy/haproxy.cfg");
	s->output.include = xstrdup("");
	s->output.udp = xstrdup("");
	s->state = xstrdup("/var/lib/haproxy-gen");
	s->haproxy.binary = xstrdup("/usr/sbin/haproxy");
	s->haproxy.admin_socket = xstrdup("/run/haproxy/admin.sock");
	s->haproxy.master_socket = xstrdup("/run/haproxy-master.sock");
	s->haproxy.user = xstrdup("haproxy");
	s->haproxy.group = xstrdup("haproxy");
	s->haproxy.chroot = xstrdup("");
	s->haproxy.log = xstrdup("");
	s->nodes.check_path = xstrdup("/healthz");
	s->affinity.local = xstrdup("local");
	s->affinity.listen = xstrdup("127.0.0.1:10024");
	s->tls.folder = xstrdup("");
	s->stats.listen = xstrdup("");
	s->prometheus.listen = xstrdup("");
	s->load_balancer_class = xstrdup("");
	s->publish = xstrdup("");
}

struct gen_settings *gen_settings_new(void)
{
	struct gen_settings *s = xnew(struct gen_settings);

	set_texts(s);
	s->output.mode = 0644;
	s->haproxy.reload_s = 60;
	s->nodes.drain = true;
	s->nodes.check_port = 10256;
	s->nodes.interval_ms = 2000;
	s->nodes.local_ms = 5000;
	s->nodes.fall = 2;
	s->nodes.rise = 2;
	s->nodes.spare = 8;
	s->frontends.transparent = true;
	s->timeouts.connect_ms = 500;
	s->timeouts.client_s = 3600;
	s->timeouts.server_s = 3600;
	s->timeouts.retries = 3;
	s->affinity.table_size = 100000;
	s->reload.quiet_ms = 250;
	s->reload.max_delay_ms = 3000;
	s->reload.verify_s = 30;
	s->log.level = LOG_L_INFO;
	return s;
}

struct gen_settings *gen_settings_free(struct gen_settings *settings)
{
	if (!settings)
		return NULL;

	keys_clear(&table, settings);
	free(settings);
	return NULL;
}

int gen_settings_parse(const char *text, const char *file, struct gen_settings **ret_settings,
	struct report *report)
{
	auto_(gen_settings_freep) struct gen_settings *settings = gen_settings_new();
	int r = keys_parse(&table, text, file, settings, report);

	if (r < 0)
		return r;
	*ret_settings = take(settings);
	return 0;
}

int gen_settings_load(const char *path, struct gen_settings **ret_settings, struct report *report)
{
	auto_(gen_settings_freep) struct gen_settings *settings = gen_settings_new();
	int r = keys_load(&table, path, settings, report);

	if (r < 0)
		return r;
	*ret_settings = take(settings);
	return 0;
}
