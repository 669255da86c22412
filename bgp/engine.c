/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/engine.h"

#include "base/log.h"
#include "base/mem.h"
#include "bgp/session_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void close_listeners(struct bgp_engine *engine)
{
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		struct bgp_listener *listener = &engine->listeners[i];

		if (!listener->event)
			continue;
		event_free(listener->event);
		(void)close(listener->fd);
		*listener = (struct bgp_listener){ 0 };
	}
	engine->listen.count = 0;
}

/* The session whose peer has dialled from @peer. */
static struct bgp_session *find_dialler(
	struct bgp_engine *engine, const struct ip *peer, unsigned ifindex)
{
	struct bgp_session *session;

	TAILQ_FOREACH(session, &engine->sessions, entry) {
		struct bgp_transport t = bgp_session_transport(session);

		if (ip_equal(&t.remote, peer) && (t.ifindex == 0 || t.ifindex == ifindex))
			return session;
	}
	return NULL;
}

/* RFC 5082: the socket serves many peers, so the SYN's TTL is judged here, before any octet. */
static bool is_near_enough(const struct bgp_session *session, uint8_t ttl)
{
	uint8_t hops = session->conf.gtsm_hops;

	return hops == 0 || ttl > 255 - hops;
}

static void on_accept(evutil_socket_t fd, short what, void *user)
{
	struct bgp_listener *listener = user;
	struct bgp_engine *engine = listener->engine;
	struct bgp_accepted accepted;
	struct bgp_session *session;

	(void)what;
	while (bgp_transport_accept(fd, &accepted) == 0) {
		session = find_dialler(engine, &accepted.peer, accepted.ifindex);
		if (session && is_near_enough(session, accepted.ttl)) {
			engine->listen.accepted++;
			bgp_session_accept(session, &accepted);
			continue;
		}
		/* Who is not known is not answered: not even with a NOTIFICATION. */
		engine->listen.strangers++;
		log_limited(LOG_L_WARN, "connection refused: no peer has this address",
			kv_ip("from", &accepted.peer), kv_uint("ttl", accepted.ttl));
		(void)close(accepted.fd);
	}
}

static void set_listen_key(struct bgp_engine *engine, const struct bgp_peer_conf *conf, bool is_on)
{
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		const struct bgp_listener *listener = &engine->listeners[i];
		int r;

		if (!listener->event || listener->address.family != conf->address.family)
			continue;
		r = bgp_transport_listen_key(listener->fd, &conf->address, conf->password,
			is_on ? conf->password_len : 0);
		if (r < 0 && is_on)
			log_error("TCP-MD5 key not set for listening", kv_str("peer", conf->name),
				kv_errno(r));
	}
}

static void open_listeners(struct bgp_engine *engine)
{
	uint16_t port = engine->conf.listen_port ? engine->conf.listen_port : BGP_PORT;
	struct bgp_session *session;

	for (size_t i = 0; i < BGP_LISTEN_MAX && ip_is_set(&engine->conf.listen[i]); i++) {
		struct bgp_listener *listener = &engine->listeners[i];
		int r = bgp_transport_listen(&engine->conf.listen[i], port, &listener->fd);

		if (r < 0) {
			engine->listen.error = r;
			log_error("can not listen for peers",
				kv_ip("address", &engine->conf.listen[i]), kv_uint("port", port),
				kv_errno(r));
			continue;
		}
		listener->engine = engine;
		listener->address = engine->conf.listen[i];
		listener->event = event_new(
			engine->base, listener->fd, EV_READ | EV_PERSIST, on_accept, listener);
		if (!listener->event || event_add(listener->event, NULL) < 0)
			abort(); /* only memory can be missing */
		engine->listen.count++;
	}
	TAILQ_FOREACH(session, &engine->sessions, entry) {
		if (session->conf.password_len > 0)
			set_listen_key(engine, &session->conf, true);
	}
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
	open_listeners(engine);
	return engine;
}

struct bgp_engine *bgp_engine_free(struct bgp_engine *engine)
{
	struct bgp_session *session;

	if (!engine)
		return NULL;
	close_listeners(engine);
	while ((session = TAILQ_FIRST(&engine->sessions))) {
		TAILQ_REMOVE(&engine->sessions, session, entry);
		(void)bgp_session_free(session, 0);
	}
	bgp_lingers_fini(&engine->lingers);
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
		close_listeners(engine);
		open_listeners(engine);
	}
	if (!is_new_id)
		return;
	TAILQ_FOREACH(session, &engine->sessions, entry) {
		if (session->conf.router_id != 0)
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
		if (session->conf.password_len > 0)
			set_listen_key(engine, &session->conf, false);
		if (conf->password_len > 0)
			set_listen_key(engine, conf, true);
		session->is_wanted = true;
		bgp_session_set_conf(session, conf);
		return;
	}
	if (engine->session_count == BGP_PEERS_MAX) {
		log_error("too many peers", kv_str("peer", conf->name));
		return;
	}
	if (conf->password_len > 0)
		set_listen_key(engine, conf, true);
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
		if (session->conf.password_len > 0)
			set_listen_key(engine, &session->conf, false);
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
}

void bgp_engine_visit(struct bgp_engine *engine, bgp_session_fn *visit, void *user)
{
	struct bgp_session *session;

	TAILQ_FOREACH(session, &engine->sessions, entry)
		visit(user, session);
}

void bgp_engine_retry_now(struct bgp_engine *engine)
{
	struct bgp_session *session;

	TAILQ_FOREACH(session, &engine->sessions, entry) {
		if (session->next_try_ns != 0)
			bgp_session_start(session);
	}
}

void bgp_engine_stop(struct bgp_engine *engine, enum bgp_stop_way way, const char *text)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, text, false);
	struct bgp_session *session;

	engine->is_stopped = true;
	close_listeners(engine);
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
