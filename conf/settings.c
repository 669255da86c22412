/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of bellmand, their bounds and their defaults. conf/keys.c reads the file. */

#include "conf/settings.h"

#include "base/ip.h"
#include "base/mem.h"
#include "conf/keys.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	NAME_MAX_LEN = 253, /* of a DNS subdomain, which a Node's name is */
};

/* A Node's name is a DNS subdomain. */
static bool is_node_name(const char *text)
{
	size_t len = strlen(text);

	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len && len > 0 &&
		isalnum((unsigned char)text[0]) && isalnum((unsigned char)text[len - 1]);
}

/* Long patterns are what makes a regex compiler slow. */
static bool is_regex(const char *text)
{
	regex_t regex;

	if (strlen(text) > NAME_MAX_LEN || regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	regfree(&regex);
	return true;
}

static bool is_address(const char *text)
{
	struct ip ip;

	return ip_parse(text, &ip) == 0;
}

static bool is_router_id(const char *text)
{
	static const struct ip none = { .family = AF_INET };
	struct ip ip;

	return text[0] == '\0' ||
		(ip_parse(text, &ip) == 0 && ip.family == AF_INET && !ip_equal(&ip, &none));
}

/* Plain HTTP alone: it is the node's own kube-proxy that is asked. */
static bool is_health_url(const char *text)
{
	static const char scheme[] = "http://";

	return text[0] == '\0' ||
		(strncmp(text, scheme, strlen(scheme)) == 0 && text[strlen(scheme)] != '\0');
}

static void set_schedule(
	struct keys_loading *l, const struct key *key, const config_setting_t *setting)
{
	int count = keys_list(l, key, setting, SETTINGS_SCHEDULE_MAX);
	uint32_t schedule[SETTINGS_SCHEDULE_MAX];
	struct settings *settings = l->settings;

	for (int i = 0; i < count; i++) {
		long long value;

		if (!keys_number(l, key, config_setting_get_elem(setting, (unsigned)i), &value))
			return;
		schedule[i] = (uint32_t)value;
		if (i > 0 && schedule[i] <= schedule[i - 1]) {
			keys_say(l, setting, key->path, "does not ascend",
				"write the times after taking an address in ascending order");
			return;
		}
	}
	if (count == 0)
		keys_say(l, setting, key->path, "is empty",
			"an address must be announced at least once");
	if (count <= 0)
		return;
	memcpy(settings->announce.schedule_ms, schedule, (size_t)count * sizeof(schedule[0]));
	settings->announce.schedule_count = (size_t)count;
}

static void check_together(struct keys_loading *l, const config_setting_t *root)
{
	const config_setting_t *publish = config_setting_get_member(root, "publish");
	const struct settings *settings = l->settings;

	if (settings->bgp.listen.count > SETTINGS_BGP_LISTEN_MAX)
		keys_say(l, config_setting_get_member(root, "bgp"), "bgp.listen",
			"has too many items", "list 8 at most, or \"0.0.0.0\" and \"::\"");
	if (publish && settings->publish[0] && settings->allocator != SETTINGS_ALLOCATE_SELF)
		keys_say(l, publish, "publish", "is of no use: this node does not allocate",
			"take it out, or write allocator = \"self\"");
}

/* clang-format off */
static const char *const source_names[] = { "directory", NULL };
static const char *const allocator_names[] = { "manifests", "self", "follow", NULL };
static const char *const level_names[] = { "error", "warn", "info", "debug", NULL };
static const char *const format_names[] = { "logfmt", "json", NULL };
static const char *const sections[] = { "source", "interfaces", "control", "metrics", "log", "announce", "wire",
	"liveness", "ownership", "bgp", "bmp" };

static const char *const isolated_names[] = { "announce", "withdraw", NULL };
static const char *const on_stop_names[] = { "restart", "leave", NULL };

#define AT(member) offsetof(struct settings, member)
#define NODE_NAME .is_good = is_node_name, .wrong = "is no name of a Node", \
	.advice = "write lower case letters, digits, dashes and dots"
#define REGEXES .is_good = is_regex, .wrong = "has an item that is no regular expression", \
	.advice = "write extended POSIX syntax in double quotes, as in \"^eth[0-9]+$\""
#define ADDRESSES .is_good = is_address, .wrong = "has an item that is no address", \
	.advice = "write addresses of this node, or \"0.0.0.0\" and \"::\""
#define ROUTER_ID .is_good = is_router_id, .wrong = "is no router identifier", \
	.advice = "write it as an IPv4 address, as in \"10.0.0.1\""
#define HEALTH_URL .is_good = is_health_url, .wrong = "is no URL that can be asked", \
	.advice = "write it as in \"http://127.0.0.1:10256/healthz\""

static const struct key keys[] = {
	{ "node",                        KEY_TEXT,     AT(node), 1, NAME_MAX_LEN, NODE_NAME },
	{ "source.type",                 KEY_WORD,     AT(source.type), .names = source_names },
	{ "source.path",                 KEY_PATH,     AT(source.path), 1, KEYS_TEXT_MAX },
	{ "state",                       KEY_PATH,     AT(state), 1, KEYS_TEXT_MAX },
	{ "user",                        KEY_TEXT,     AT(user), 0, 32 },
	{ "interfaces.include",          KEY_STRINGS,  AT(interfaces.include), REGEXES },
	{ "interfaces.exclude",          KEY_STRINGS,  AT(interfaces.exclude), REGEXES },
	{ "control.socket",              KEY_PATH,     AT(control.socket), 1, sizeof(((struct sockaddr_un *)0)->sun_path) - 1 },
	{ "control.group",               KEY_TEXT,     AT(control.group), 0, 32 },
	{ "control.mode",                KEY_MODE,     AT(control.mode) },
	{ "metrics.listen",              KEY_LISTEN,   AT(metrics.listen), 0, KEYS_TEXT_MAX },
	{ "log.level",                   KEY_WORD,     AT(log.level), .names = level_names },
	{ "log.format",                  KEY_WORD,     AT(log.format), .names = format_names },
	{ "load_balancer_class",         KEY_TEXT,     AT(load_balancer_class), 0, 316 },
	{ "ignore_exclude_label",        KEY_BOOL,     AT(ignore_exclude_label) },
	{ "allocator",                   KEY_WORD,     AT(allocator), .names = allocator_names },
	{ "publish",                     KEY_PATH,     AT(publish), 0, KEYS_TEXT_MAX },
	{ "announce.schedule_ms",        KEY_OTHER,    AT(announce), 0, 60000, .set = set_schedule },
	{ "announce.refresh_seconds",    KEY_UINT,     AT(announce.refresh_seconds), 0, 86400 },
	{ "announce.ask_gateways",       KEY_BOOL,     AT(announce.ask_gateways) },
	{ "announce.frames_per_second",  KEY_UINT,     AT(announce.frames_per_second), 1, 100000 },
	{ "announce.answers_per_second", KEY_UINT,     AT(announce.answers_per_second), 1, 1000000 },
	{ "wire.realtime",               KEY_BOOL,     AT(wire.realtime) },
	{ "wire.priority",               KEY_UINT,     AT(wire.priority), 1, 99 },
	{ "liveness.interval_ms",        KEY_UINT,     AT(liveness.interval_ms), 10, 10000 },
	{ "liveness.multiplier",         KEY_UINT,     AT(liveness.multiplier), 2, 50 },
	{ "liveness.port",               KEY_UINT,     AT(liveness.port), 1, 65535 },
	{ "liveness.key_file",           KEY_PATH,     AT(liveness.key_file), 0, KEYS_TEXT_MAX },
	{ "ownership.preempt",           KEY_BOOL,     AT(ownership.preempt) },
	{ "ownership.hold_down_seconds", KEY_UINT,     AT(ownership.hold_down_seconds), 0, 3600 },
	{ "ownership.spread",            KEY_BOOL,     AT(ownership.spread) },
	{ "ownership.isolated",          KEY_WORD,     AT(ownership.isolated), .names = isolated_names },
	{ "bgp.listen",                  KEY_STRINGS,  AT(bgp.listen), ADDRESSES },
	{ "bgp.port",                    KEY_UINT,     AT(bgp.port), 1, 65535 },
	{ "bgp.router_id",               KEY_TEXT,     AT(bgp.router_id), 0, 15, ROUTER_ID },
	{ "bgp.restart_seconds",         KEY_UINT,     AT(bgp.restart_seconds), 1, 4095 },
	{ "bgp.long_lived_seconds",      KEY_UINT,     AT(bgp.long_lived_seconds), 0, 16777215 },
	{ "bgp.drain_seconds",           KEY_UINT,     AT(bgp.drain_seconds), 0, 3600 },
	{ "bgp.on_stop",                 KEY_WORD,     AT(bgp.on_stop), .names = on_stop_names },
	{ "bgp.weights",                 KEY_BOOL,     AT(bgp.weights) },
	{ "bgp.discard_aggregates",      KEY_BOOL,     AT(bgp.discard_aggregates) },
	{ "bgp.health",                  KEY_TEXT,     AT(bgp.health), 0, 1024, HEALTH_URL },
	{ "bmp.collector",               KEY_LISTEN,   AT(bmp.collector), 0, KEYS_TEXT_MAX },
	{ "bmp.statistics_seconds",      KEY_UINT,     AT(bmp.statistics_seconds), 0, 86400 },
};

static const struct keys_table table = { keys, COUNT_OF(keys), sections, COUNT_OF(sections),
	check_together };

/* MetalLB's metallb-excludel2: links of containers and tunnels, which lead to no segment. */
static const char *const default_excludes[] = { "^docker.*", "^cbr.*", "^dummy.*", "^virbr.*",
	"^lxcbr.*", "^veth.*", "^lo$", "^cali.*", "^tunl.*", "flannel.*", "^kube-ipvs.*", "^cni.*",
	"^nodelocaldns.*", "^lxc.*" };
static const uint32_t default_schedule[] = { 0, 100, 1100, 2200, 5000 };
/* clang-format on */

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
	keys_set_strings(&s->interfaces.exclude, default_excludes, COUNT_OF(default_excludes));
	s->control.socket = xstrdup("/run/bellman/control.sock");
	s->control.group = xstrdup("");
	s->control.mode = 0660;
	s->metrics.listen = xstrdup("127.0.0.1:7472");
	s->log.level = LOG_L_INFO;
	s->load_balancer_class = xstrdup("");
	s->publish = xstrdup("");
	memcpy(s->announce.schedule_ms, default_schedule, sizeof(default_schedule));
	s->announce.schedule_count = COUNT_OF(default_schedule);
	s->announce.refresh_seconds = 60;
	s->announce.frames_per_second = 500;
	s->announce.answers_per_second = 10000;
	s->wire.realtime = true;
	s->wire.priority = 10;
	s->liveness.interval_ms = 100;
	s->liveness.multiplier = 3;
	s->liveness.port = 7473;
	s->liveness.key_file = xstrdup("");
	s->ownership.hold_down_seconds = 5;
	s->bgp.port = 179;
	s->bgp.router_id = xstrdup("");
	s->bgp.restart_seconds = 30;
	s->bgp.drain_seconds = 2;
	s->bgp.health = xstrdup("");
	s->bmp.collector = xstrdup("");
	s->bmp.statistics_seconds = 60;
	return s;
}

struct settings *settings_free(struct settings *settings)
{
	if (!settings)
		return NULL;

	keys_clear(&table, settings);
	free(settings);
	return NULL;
}

int settings_parse(
	const char *text, const char *file, struct settings **ret_settings, struct report *report)
{
	auto_(settings_freep) struct settings *settings = settings_new();
	int r = keys_parse(&table, text, file, settings, report);

	if (r < 0)
		return r;
	*ret_settings = take(settings);
	return 0;
}

int settings_load(const char *path, struct settings **ret_settings, struct report *report)
{
	auto_(settings_freep) struct settings *settings = settings_new();
	int r = keys_load(&table, path, settings, report);

	if (r < 0)
		return r;
	*ret_settings = take(settings);
	return 0;
}
