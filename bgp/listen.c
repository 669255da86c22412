/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where peers dial us. A listening socket serves all of them, so what belongs to one peer is looked
 * after here: who it is, how far away, and its TCP-MD5 key.
 *
 * The kernel knows keys by address, not by session, and says nothing of a connection that needed
 * none. So keys are brought in line with all sessions at once, and a session that has a password is
 * given connections only while its very key is set.
 */

#include "base/log.h"
#include "base/mem.h"
#include "bgp/session_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	ACCEPTS_MAX = 16,  /* in one turn of the loop */
	QUEUE_MAX = 256,   /* what the kernel can have waiting; more than its backlog */
	PAUSE_SECONDS = 1, /* when it can not give connections, as for want of descriptors */
};

/* The key of an address, as the kernel has it. */
struct bgp_listen_key {
	struct ip peer;
	uint8_t password[BGP_PASSWORD_MAX];
	uint8_t len;
	bool is_wanted;
};

static void free_keys(struct bgp_listener *listener)
{
	if (listener->keys)
		explicit_bzero(listener->keys, listener->key_capacity * sizeof(*listener->keys));
	free(listener->keys);
}

void bgp_listen_close(struct bgp_engine *engine)
{
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		struct bgp_listener *listener = &engine->listeners[i];

		if (!listener->event)
			continue;
		event_free(listener->event);
		event_free(listener->again);
		(void)close(listener->fd);
		free_keys(listener);
		*listener = (struct bgp_listener){ 0 };
	}
	engine->listen.count = 0;
}

/* True if what is accepted for @session has its signature, or needs none. */
static bool is_key_in_force(const struct bgp_session *session)
{
	return session->conf.password_len == 0 || session->has_listen_key;
}

/* The session whose peer has dialled from @peer: of several the one that can use it. */
static struct bgp_session *find_dialler(
	struct bgp_engine *engine, const struct ip *peer, unsigned ifindex)
{
	struct bgp_session *session;
	struct bgp_session *found = NULL;

	TAILQ_FOREACH(session, &engine->sessions, entry) {
		struct bgp_transport t = bgp_session_transport(session);

		if (!bgp_transport_is_from(&t, peer, ifindex))
			continue;
		if (session->has_listen_key && !bgp_session_why_not(session))
			return session;
		if (!found || bgp_session_why_not(found))
			found = session;
	}
	return found;
}

/* RFC 5082: the socket serves many peers, so the SYN's TTL is judged here, before any octet. */
static bool is_near_enough(const struct bgp_session *session, uint8_t ttl)
{
	uint8_t hops = session->conf.gtsm_hops;

	return hops == 0 || ttl > 255 - hops;
}

/* Who is not known is not answered: not even with a NOTIFICATION. */
static void refuse(struct bgp_engine *engine, const struct bgp_accepted *accepted, const char *why)
{
	engine->listen.strangers++;
	log_limited(LOG_L_WARN, "connection refused", kv_ip("from", &accepted->peer),
		kv_uint("ttl", accepted->ttl), kv_str("why", why));
	(void)close(accepted->fd);
}

/* At most @max connections. Return: 0, or what accept() said in the end. */
static int accept_some(struct bgp_listener *listener, unsigned max)
{
	struct bgp_engine *engine = listener->engine;
	struct bgp_accepted accepted;
	struct bgp_session *session;
	int r;

	for (unsigned i = 0; i < max; i++) {
		r = bgp_transport_accept(listener->fd, &accepted);
		if (r == -ECONNABORTED || r == -EINTR)
			continue;
		if (r < 0)
			return r;
		session = find_dialler(engine, &accepted.peer, accepted.ifindex);
		if (!session) {
			refuse(engine, &accepted, "no peer has this address");
		} else if (!is_near_enough(session, accepted.ttl)) {
			refuse(engine, &accepted, "it is too far away");
		} else if (!is_key_in_force(session)) {
			refuse(engine, &accepted, "nothing proves that it is signed");
		} else {
			engine->listen.accepted++;
			bgp_session_accept(session, &accepted);
		}
	}
	return 0;
}

static void on_accept(evutil_socket_t fd, short what, void *user)
{
	static const struct timeval pause = { .tv_sec = PAUSE_SECONDS };
	struct bgp_listener *listener = user;
	int r = accept_some(listener, ACCEPTS_MAX);

	(void)fd;
	(void)what;
	if (r == 0 || r == -EAGAIN)
		return;
	/* It stays ready for as long as nothing can be taken from it. */
	log_limited(LOG_L_ERROR, "can not accept connections", kv_ip("at", &listener->address),
		kv_errno(r));
	(void)event_del(listener->event);
	if (event_add(listener->again, &pause) < 0)
		abort(); /* only memory can be missing */
}

static void on_again(evutil_socket_t fd, short what, void *user)
{
	struct bgp_listener *listener = user;

	(void)fd;
	(void)what;
	if (event_add(listener->event, NULL) < 0)
		abort();
}

static struct bgp_listen_key *find_key(struct bgp_listener *listener, const struct ip *peer)
{
	for (size_t i = 0; i < listener->key_count; i++) {
		if (ip_equal(&listener->keys[i].peer, peer))
			return &listener->keys[i];
	}
	return NULL;
}

static bool is_key_of(const struct bgp_listen_key *key, const struct bgp_peer_conf *conf)
{
	return key->len == conf->password_len &&
		memcmp(key->password, conf->password, key->len) == 0;
}

/* True if @listener then has the key of @session, whose peer has the address @peer. */
static bool want_key(
	struct bgp_listener *listener, struct bgp_session *session, const struct ip *peer)
{
	const struct bgp_peer_conf *conf = &session->conf;
	struct bgp_listen_key *key = find_key(listener, peer);
	int r;

	if (key && is_key_of(key, conf)) {
		key->is_wanted = true;
		return true;
	}
	/* What waits to be accepted was not held to this key. */
	session->has_listen_key = false;
	if (key && key->is_wanted) {
		log_error("two peers of one address have different passwords: only one can dial us",
			kv_str("peer", conf->name), kv_ip("address", peer));
		return false;
	}
	r = bgp_transport_listen_key(listener->fd, peer, conf->password, conf->password_len);
	if (r < 0) {
		log_error("TCP-MD5 key not set: the peer can not dial us",
			kv_str("peer", conf->name), kv_errno(r));
		return false;
	}
	if (!key)
		key = array_add(listener->keys, listener->key_count, listener->key_capacity);
	key->peer = *peer;
	memcpy(key->password, conf->password, sizeof(key->password));
	key->len = conf->password_len;
	key->is_wanted = true;
	return true;
}

static void drop_unwanted_keys(struct bgp_listener *listener)
{
	size_t kept = 0;

	for (size_t i = 0; i < listener->key_count; i++) {
		struct bgp_listen_key *key = &listener->keys[i];

		if (key->is_wanted)
			listener->keys[kept++] = *key;
		else
			(void)!bgp_transport_listen_key(listener->fd, &key->peer, NULL, 0);
	}
	listener->key_count = kept;
}

/* The address whose key @session needs, or NULL if it needs none. */
static const struct ip *needs_key(const struct bgp_session *session)
{
	const struct ip *peer = bgp_session_peer(session);

	return session->conf.password_len > 0 && !session->conf.held[0] && ip_is_set(peer) ? peer :
											     NULL;
}

static void sync_listener(struct bgp_listener *listener)
{
	struct bgp_session *session;

	for (size_t i = 0; i < listener->key_count; i++)
		listener->keys[i].is_wanted = false;
	TAILQ_FOREACH(session, &listener->engine->sessions, entry) {
		const struct ip *peer = needs_key(session);

		if (peer && peer->family == listener->address.family &&
			!want_key(listener, session, peer))
			session->is_key_missing = true;
	}
	drop_unwanted_keys(listener);
}

void bgp_listen_sync_keys(struct bgp_engine *engine)
{
	struct bgp_session *session;

	TAILQ_FOREACH(session, &engine->sessions, entry) {
		session->is_key_missing = !needs_key(session);
		if (session->is_key_missing)
			session->has_listen_key = false;
	}
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		if (engine->listeners[i].event)
			sync_listener(&engine->listeners[i]);
	}
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		if (engine->listeners[i].event)
			(void)!accept_some(&engine->listeners[i], QUEUE_MAX);
	}
	TAILQ_FOREACH(session, &engine->sessions, entry)
		session->has_listen_key = !session->is_key_missing;
}

static int open_one(struct bgp_engine *engine, struct bgp_listener *listener, const struct ip *at)
{
	uint16_t port = engine->conf.listen_port ? engine->conf.listen_port : BGP_PORT;
	int r = bgp_transport_bind(at, port, &listener->fd);

	if (r < 0)
		return r;
	listener->engine = engine;
	listener->address = *at;
	listener->event = event_new(
		engine->base, listener->fd, EV_READ | EV_PERSIST, on_accept, listener);
	listener->again = evtimer_new(engine->base, on_again, listener);
	if (!listener->event || !listener->again)
		abort();
	return 0;
}

/* Keys were set before: nobody could come without one. */
static void start_one(struct bgp_engine *engine, struct bgp_listener *listener)
{
	int r = bgp_transport_listen(listener->fd);

	if (r < 0) {
		engine->listen.error = r;
		log_error("can not listen for peers", kv_ip("address", &listener->address),
			kv_errno(r));
		return;
	}
	if (event_add(listener->event, NULL) < 0)
		abort();
	engine->listen.count++;
}

void bgp_listen_open(struct bgp_engine *engine)
{
	for (size_t i = 0; i < BGP_LISTEN_MAX && ip_is_set(&engine->conf.listen[i]); i++) {
		const struct ip *at = &engine->conf.listen[i];
		int r = open_one(engine, &engine->listeners[i], at);

		if (r < 0) {
			engine->listen.error = r;
			log_error("can not listen for peers", kv_ip("address", at), kv_errno(r));
		}
	}
	bgp_listen_sync_keys(engine);
	for (size_t i = 0; i < BGP_LISTEN_MAX; i++) {
		if (engine->listeners[i].event)
			start_one(engine, &engine->listeners[i]);
	}
}
