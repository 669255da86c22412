/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A BGP speaker of one peer around the engine, for scenarios: it announces so many host routes and
 * writes a line for each event.
 *
 *     bgp_peer as=65001 peer_as=65000 address=192.0.2.1 id=192.0.2.2 routes=10
 *
 * SIGUSR1 resets the session, SIGUSR2 asks for a refresh, SIGTERM ends it with "bye".
 */

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/engine.h"
#include "bgp/rib.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct tool {
	struct event_base *base;
	struct bgp_engine *engine;
	struct bgp_engine_conf engine_conf;
	struct bgp_peer_conf conf;
	struct bgp_rib *rib;
	struct bgp_out *out;
	struct bgp_attrs attrs;
	uint64_t routes, routes6;
	size_t told_received;
	bool is_stopping;
};

static void say(const char *what, const char *more)
{
	(void)printf("%s%s%s\n", what, more[0] ? " " : "", more);
	(void)fflush(stdout);
}

static size_t fill(void *user, uint8_t *buf, size_t cap)
{
	struct tool *tool = user;

	return bgp_out_fill(tool->out, buf, cap);
}

static void wake(void *user)
{
	struct tool *tool = user;
	struct bgp_session *session = bgp_engine_find(tool->engine, tool->conf.name);

	if (session)
		bgp_session_wake(session);
}

static void say_up(const struct tool *tool, const struct bgp_event *event)
{
	struct bgp_session_view view = bgp_session_view(event->session);
	char text[400];
	char v4[IP_TEXT_SIZE];
	char v6[IP_TEXT_SIZE];
	char remote[IP_TEXT_SIZE];

	(void)tool;
	(void)snprintf(text, sizeof(text),
		"as=%u ibgp=%d as4=%d families=%u exthop=%d gr=%d refresh=%d extmsg=%d hold=%u "
		"dialled=%d host=%s remote=%s nh4=%s nh6=%s",
		view.theirs.as, event->export->is_ibgp, event->export->has_as4,
		event->export->families, event->export->has_extended_nexthop,
		view.agreed.graceful_restart, view.agreed.route_refresh,
		view.agreed.extended_message, view.hold_seconds, view.is_dialled,
		view.theirs.caps.host, ip_format(&view.remote, remote),
		ip_format(&event->export->next_hop_v4, v4),
		ip_format(&event->export->next_hop_v6, v6));
	say("up", text);
}

static void on_event(void *user, const struct bgp_event *event)
{
	struct tool *tool = user;
	char text[BGP_END_TEXT_SIZE];

	switch (event->type) {
	case BGP_EVENT_UP:
		say_up(tool, event);
		bgp_out_up(tool->out, event->export);
		bgp_session_set_output(event->session, fill, tool);
		break;
	case BGP_EVENT_DOWN:
		bgp_out_down(tool->out);
		say("down", bgp_end_format(event->end, text));
		break;
	case BGP_EVENT_FAILED:
		say("failed", bgp_end_format(event->end, text));
		break;
	case BGP_EVENT_EXPORT:
		bgp_out_set_export(tool->out, event->export);
		break;
	case BGP_EVENT_FOUND:
		break;
	case BGP_EVENT_REFRESH:
		say("refresh", bgp_family_name(event->family));
		bgp_out_refresh(tool->out, event->family);
		bgp_session_wake(event->session);
		break;
	case BGP_EVENT_UPDATE:
		break;
	case BGP_EVENT_GONE:
		say("gone", "");
		break;
	}
}

/* Tells what changes without an event; and when all is said at the end, leaves the loop. */
static void on_tick(evutil_socket_t fd, short what, void *user)
{
	struct tool *tool = user;
	struct bgp_session *session = bgp_engine_find(tool->engine, tool->conf.name);
	struct bgp_session_view view = bgp_session_view(session);
	char text[32];

	(void)fd;
	(void)what;
	if (view.received->count != tool->told_received) {
		tool->told_received = view.received->count;
		(void)snprintf(text, sizeof(text), "%zu", view.received->count);
		say("received", text);
	}
	if (tool->is_stopping && bgp_engine_is_quiet(tool->engine))
		(void)event_base_loopbreak(tool->base);
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
	struct tool *tool = user;
	struct bgp_session *session = bgp_engine_find(tool->engine, tool->conf.name);

	(void)what;
	if (number == SIGUSR1)
		bgp_session_reset(session, "again");
	else if (number == SIGUSR2 && bgp_session_request_refresh(session, BGP_IPV4_UNICAST) < 0)
		say("no refresh", "");
	else if (number == SIGTERM) {
		tool->is_stopping = true;
		bgp_engine_stop(tool->engine, BGP_STOP_FOR_GOOD, "bye");
	}
}

static void add_routes(struct tool *tool)
{
	struct ip ip;

	if (ip_parse("198.18.0.0", &ip) < 0)
		abort();
	for (uint64_t i = 0; i < tool->routes; i++) {
		struct ip each = ip_from_uint(AF_INET, ip_to_uint(&ip) + i);
		struct ip_prefix prefix = ip_prefix_of(&each, 32);

		(void)bgp_rib_put(tool->rib, &prefix, &tool->attrs);
	}
	if (ip_parse("2001:db8:f::", &ip) < 0)
		abort();
	for (uint64_t i = 0; i < tool->routes6; i++) {
		struct ip each = ip_from_uint(AF_INET6, ip_to_uint(&ip) + i);
		struct ip_prefix prefix = ip_prefix_of(&each, 128);

		(void)bgp_rib_put(tool->rib, &prefix, &tool->attrs);
	}
	bgp_rib_set_loaded(tool->rib);
	bgp_rib_flush(tool->rib);
}

static bool set_peer_as(struct bgp_peer_conf *conf, const char *value)
{
	conf->type = strcmp(value, "internal") == 0 ? BGP_PEER_INTERNAL :
		strcmp(value, "external") == 0      ? BGP_PEER_EXTERNAL :
						      BGP_PEER_AS;
	conf->peer_as = (uint32_t)strtoul(value, NULL, 10);
	return true;
}

static bool set_id(struct tool *tool, const char *value)
{
	struct ip ip;

	if (ip_parse(value, &ip) < 0)
		return false;
	tool->engine_conf.router_id = (uint32_t)ip_to_uint(&ip);
	return true;
}

static bool set_community(struct tool *tool, const char *value)
{
	struct bgp_community community;

	return bgp_community_parse(value, &community) == 0 &&
		bgp_attrs_add(&tool->attrs, &community) == 0;
}

static bool set_text(char *to, size_t size, const char *value)
{
	return (size_t)snprintf(to, size, "%s", value) < size;
}

static bool set_password(struct bgp_peer_conf *conf, const char *value)
{
	conf->password_len = (uint8_t)strnlen(value, sizeof(conf->password));
	memcpy(conf->password, value, conf->password_len);
	return true;
}

/* Numbers and switches of the peer; false: no such key. */
static bool set_number(struct tool *tool, const char *key, unsigned long n)
{
	struct bgp_peer_conf *conf = &tool->conf;

	if (strcmp(key, "as") == 0)
		conf->local_as = (uint32_t)n;
	else if (strcmp(key, "hold") == 0)
		conf->hold_seconds = (uint16_t)n;
	else if (strcmp(key, "port") == 0)
		conf->port = (uint16_t)n;
	else if (strcmp(key, "ttl") == 0)
		conf->ttl = (uint8_t)n;
	else if (strcmp(key, "gtsm") == 0)
		conf->gtsm_hops = (uint8_t)n;
	else if (strcmp(key, "passive") == 0)
		conf->is_passive = n;
	else if (strcmp(key, "families") == 0)
		conf->families = (uint8_t)n;
	else if (strcmp(key, "exthop") == 0)
		conf->has_extended_next_hop = n;
	else if (strcmp(key, "gr") == 0)
		conf->has_graceful_restart = n;
	else if (strcmp(key, "role") == 0)
		conf->role = (uint8_t)n;
	else if (strcmp(key, "retry") == 0)
		conf->connect_seconds = (uint16_t)n;
	else if (strcmp(key, "local_pref") == 0) {
		tool->attrs.has_local_pref = true;
		tool->attrs.local_pref = (uint32_t)n;
	} else if (strcmp(key, "routes") == 0)
		tool->routes = n;
	else if (strcmp(key, "routes6") == 0)
		tool->routes6 = n;
	else
		return false;
	return true;
}

static bool set(struct tool *tool, const char *key, const char *value)
{
	struct bgp_peer_conf *conf = &tool->conf;

	if (strcmp(key, "peer_as") == 0)
		return set_peer_as(conf, value);
	if (strcmp(key, "address") == 0)
		return ip_parse(value, &conf->address) == 0;
	if (strcmp(key, "source") == 0)
		return ip_parse(value, &conf->source) == 0;
	if (strcmp(key, "listen") == 0)
		return ip_parse(value, &tool->engine_conf.listen[0]) == 0;
	if (strcmp(key, "interface") == 0)
		return set_text(conf->interface, sizeof(conf->interface), value);
	if (strcmp(key, "id") == 0)
		return set_id(tool, value);
	if (strcmp(key, "password") == 0)
		return set_password(conf, value);
	if (strcmp(key, "community") == 0)
		return set_community(tool, value);
	return set_number(tool, key, strtoul(value, NULL, 10));
}

static void defaults(struct tool *tool)
{
	struct bgp_peer_conf *conf = &tool->conf;

	memset(conf, 0, sizeof(*conf));
	(void)strcpy(conf->name, "peer");
	(void)strcpy(tool->engine_conf.hostname, "bellman-test");
	conf->hold_seconds = 90;
	conf->families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	conf->role = BGP_ROLE_NONE;
	conf->restart_seconds = 30;
	conf->connect_seconds = 2;
}

static void watch(struct tool *tool, struct event **events)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGTERM };
	static const struct timeval often = { .tv_usec = 50000 };
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(signals); i++)
		events[n++] = evsignal_new(tool->base, signals[i], on_signal, tool);
	events[n++] = event_new(tool->base, -1, EV_PERSIST, on_tick, tool);
	for (size_t i = 0; i < n; i++) {
		if (!events[i] || event_add(events[i], i + 1 == n ? &often : NULL) < 0)
			abort();
	}
}

int main(int argc, char **argv)
{
	struct tool tool = { .base = event_base_new() };
	struct event *events[4];

	defaults(&tool);
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value)
			*value++ = '\0';
		if (!value || !set(&tool, argv[i], value)) {
			(void)fprintf(stderr, "bad argument: %s\n", argv[i]);
			return 2;
		}
	}
	tool.rib = bgp_rib_new();
	tool.out = bgp_out_new(tool.rib, wake, &tool);
	tool.engine = bgp_engine_new(tool.base, &tool.engine_conf, on_event, &tool);
	add_routes(&tool);
	watch(&tool, events);
	bgp_engine_set_peers(tool.engine, &tool.conf, 1);
	(void)event_base_dispatch(tool.base);

	for (size_t i = 0; i < COUNT_OF(events); i++)
		event_free(events[i]);
	(void)bgp_engine_free(tool.engine);
	(void)bgp_out_free(tool.out);
	(void)bgp_rib_free(tool.rib);
	bgp_attrs_fini(&tool.attrs);
	event_base_free(tool.base);
	return 0;
}
