/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/engine.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/session_private.h"

#include <string.h>

enum {
	NETWORK_GAP_MS = 999, /* between two looks at what changed in the network */
};

static void on_network(evutil_socket_t fd, short what, void *user)
{
	struct bgp_engine *engine = user;
	struct bgp_session *session;

	(void)fd;
	(void)what;
	engine->network_ns = clock_now_ns();
	TAILQ_FOREACH(session, &engine->sessions, entry)
		bgp_session_network_changed(session);
}

struct bgp_engine *bgp_engine_new(struct event_base *base, const struct bgp_engine_conf *conf,
	bgp_event_fn *on_event, void *user)
{
	struct bgp_engine *engine = xnew(struct bgp_engine);

	engine->base = base;
	engine->conf = *conf;
	engine->on_event = on_event;
	engine->user = user;
	TAILQ_INIT(&engine->sessions);
	TAILQ_INIT(&engine->lingers);
	engine->network_timer = evtimer_new(base, on_network, engine);
	if (!engine->network_timer)
		abort(); /* only memory can be missing */
	bgp_listen_open(engine);
	return engine;
}

struct bgp_engine *bgp_engine_free(struct bgp_engine *engine)
{
	struct bgp_session *session;

	if (!engine)
		return NULL;
	bgp_listen_close(engine);
	while ((session = TAILQ_FIRST(&engine->sessions))) {
		TAILQ_REMOVE(&engine->sessions, session, entry);
		(void)bgp_session_free(session, 0);
	}
	bgp_lingers_fini(&engine->lingers);
	event_free(engine->network_timer);
	free(engine);
	return NULL;
}

static bool is_same_listening(const struct bgp_engine_conf *a, const struct bgp_engine_conf *b)
{
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		if (!ip_equal(&a->listen[i], &b->listen[i]))
			return false;
	}
	return a->listen_port == b->listen_port;
}

void bgp_engine_set_conf(struct bgp_engine *engine, const struct bgp_engine_conf *conf)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_CONF_CHANGE, NULL, false);
	bool is_new_id = engine->conf.router_id != conf->router_id;
	bool is_same = is_same_listening(&engine->conf, conf);
	struct bgp_session *session;

	engine->conf = *conf;
	if (!is_same) {
		bgp_listen_close(engine);
		bgp_listen_open(engine);
	}
	TAILQ_FOREACH(session, &engine->sessions, entry) {
		session->is_restarting = session->is_restarting && conf->is_restarting;
		if (!is_new_id || session->conf.router_id != 0)
			continue;
		bgp_session_stop(session, BGP_BY_USER, &why);
		bgp_session_start(session);
	}
}

struct bgp_session *bgp_engine_find(struct bgp_engine *engine, const char *name)
{
	struct bgp_session *session;

	TAILQ_FOREACH(session, &engine->sessions, entry) {
		if (strcmp(session->conf.name, name) == 0)
			return session;
	}
	return NULL;
}

static void insert_by_name(struct bgp_engine *engine, struct bgp_session *session)
{
	struct bgp_session *at;

	engine->session_count++;
	TAILQ_FOREACH(at, &engine->sessions, entry) {
		if (strcmp(at->conf.name, session->conf.name) > 0) {
			TAILQ_INSERT_BEFORE(at, session, entry);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&engine->sessions, session, entry);
}

static void put_peer(struct bgp_engine *engine, const struct bgp_peer_conf *conf)
{
	struct bgp_session *session = bgp_engine_find(engine, conf->name);

	if (session) {
		session->is_wanted = true;
		bgp_session_set_conf(session, conf);
		return;
	}
	if (engine->session_count == BGP_PEERS_MAX) {
		log_error("too many peers", kv_str("peer", conf->name));
		return;
	}
	session = bgp_session_new(engine, conf);
	session->is_wanted = true;
	session->is_stopped = engine->is_stopped;
	insert_by_name(engine, session);
	bgp_session_start(session);
}

static void drop_unwanted(struct bgp_engine *engine)
{
	struct bgp_session *next;

	for (struct bgp_session *session = TAILQ_FIRST(&engine->sessions); session;
		session = next) {
		next = TAILQ_NEXT(session, entry);
		if (session->is_wanted)
			continue;
		TAILQ_REMOVE(&engine->sessions, session, entry);
		engine->session_count--;
		(void)bgp_session_free(session, BGP_CEASE_DECONFIGURED);
	}
}

void bgp_engine_set_peers(
	struct bgp_engine *engine, const struct bgp_peer_conf *peers, size_t count)
{
	struct bgp_session *session;

	TAILQ_FOREACH(session, &engine->sessions, entry)
		session->is_wanted = false;
	for (size_t i = 0; i < count; i++) {
		session = bgp_engine_find(engine, peers[i].name);
		if (session)
			session->is_wanted = true;
	}
	/* Who goes makes room, and frees his address, before who comes. */
	drop_unwanted(engine);
	for (size_t i = 0; i < count; i++)
		put_peer(engine, &peers[i]);
	bgp_listen_sync_keys(engine);
}

void bgp_engine_network_changed(struct bgp_engine *engine)
{
	uint64_t next_ns = engine->network_ns + NETWORK_GAP_MS * NS_PER_MS;
	uint64_t now_ns = clock_now_ns();
	struct timeval wait = { 0 };

	if (engine->is_stopped || event_pending(engine->network_timer, EV_TIMEOUT, NULL))
		return;
	if (engine->network_ns != 0 && next_ns > now_ns)
		wait.tv_usec = (suseconds_t)((next_ns - now_ns) / NS_PER_US);
	if (event_add(engine->network_timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

void bgp_engine_stop(struct bgp_engine *engine, enum bgp_stop_way way, const char *text)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, text, false);
	struct bgp_session *session;

	engine->is_stopped = true;
	bgp_listen_close(engine);
	TAILQ_FOREACH(session, &engine->sessions, entry) {
		session->is_stopped = true;
		if (way == BGP_STOP_FOR_RESTART) {
			bgp_session_leave(session);
			bgp_session_stop(session, BGP_BY_USER, &why);
		} else {
			bgp_session_shut(session, text);
		}
	}
}

bool bgp_engine_is_quiet(const struct bgp_engine *engine)
{
	return TAILQ_EMPTY(&engine->lingers);
}

struct bgp_listen_view bgp_engine_listen_view(const struct bgp_engine *engine)
{
	return engine->listen;
}
