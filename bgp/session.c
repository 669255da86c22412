/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/session_private.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>

enum {
	YOUNG_SECONDS = 5,        /* as long a dial of before may still be under way */
	BFD_SETTLE_MS = 1000,     /* for the peer's BGP to hear from its BFD what that was before */
	SILENT_OPEN_SECONDS = 10, /* for the OPEN of a connection that keeps another one waiting */
};

void bgp_session_report(
	struct bgp_session *session, enum bgp_event_type type, const struct bgp_event *more)
{
	struct bgp_event event = more ? *more : (struct bgp_event){ 0 };

	event.type = type;
	event.session = session;
	session->engine->on_event(session->engine->user, &event);
}

static enum bgp_state session_state(const struct bgp_session *session)
{
	enum bgp_state state = BGP_IDLE;

	for (size_t i = 0; i < BGP_SLOT_COUNT_; i++) {
		if (session->links[i] && session->links[i]->conn.state > state)
			state = session->links[i]->conn.state;
	}
	return state;
}

static void note_state(struct bgp_session *session)
{
	enum bgp_state state = session_state(session);

	if (state == session->told_state)
		return;
	session->told_state = state;
	session->since_ns = clock_now_ns();
}

static uint32_t router_id(const struct bgp_session *session)
{
	return session->conf.router_id ? session->conf.router_id : session->engine->conf.router_id;
}

const struct ip *bgp_session_peer(const struct bgp_session *session)
{
	return ip_is_set(&session->conf.address) ? &session->conf.address : &session->found;
}

const char *bgp_session_why_not(const struct bgp_session *session)
{
	if (session->is_stopped)
		return "the speaker stops";
	if (session->conf.held[0])
		return session->conf.held;
	if (session->is_shut)
		return "shut down by the user";
	if (router_id(session) == 0)
		return "no router id";
	if (!ip_is_set(bgp_session_peer(session)))
		return "no router was found on the interface yet";
	return NULL;
}

static bool may_run(const struct bgp_session *session)
{
	return bgp_session_why_not(session) == NULL;
}

bool bgp_session_waits_for_bfd(const struct bgp_session *session)
{
	return session->is_restarting && !session->is_path_known && session->conf.bfd_wait_ms > 0 &&
		!session->conf.is_passive;
}

struct bgp_transport bgp_session_transport(const struct bgp_session *session)
{
	const struct bgp_peer_conf *conf = &session->conf;
	struct bgp_transport t = {
		.remote = *bgp_session_peer(session),
		.source = conf->source,
		.port = conf->port ? conf->port : BGP_PORT,
		.password = conf->password,
		.password_len = conf->password_len,
		.ttl = bgp_peer_ttl(conf),
		.gtsm_hops = conf->gtsm_hops,
	};

	if (ip_is_link_local(&t.remote) && conf->interface[0])
		t.ifindex = if_nametoindex(conf->interface);
	/* A link-local address carries its interface in its scope, unless a VRF is asked for. */
	if (conf->vrf[0])
		(void)strcpy(t.device, conf->vrf);
	else if (conf->interface[0])
		(void)strcpy(t.device, conf->interface);
	return t;
}

static struct bgp_conn_conf conn_conf(const struct bgp_session *session)
{
	const struct bgp_engine_conf *engine = &session->engine->conf;
	const struct bgp_peer_conf *conf = &session->conf;
	uint8_t forwarding = session->is_restarting ? engine->forwarding :
		session->was_up                     ? BGP_FAMILIES_ALL :
						      0;

	return (struct bgp_conn_conf){
		.offer = bgp_peer_offer(conf, engine->router_id, engine->hostname,
			session->is_restarting, forwarding),
		.limits = { .is_bare = session->limits.is_bare,
			.leave_out = session->limits.leave_out | conf->leave_out },
		.expect = { .type = conf->type,
			.peer_as = conf->peer_as,
			.local_as = conf->local_as,
			.local_id = router_id(session),
			.role = conf->role,
			.needs_role = conf->needs_role },
		.keepalive_seconds = conf->keepalive_seconds,
		.send_hold_seconds = conf->send_hold_seconds,
		.seed = arc4random(),
	};
}

static void on_update(
	void *user, const uint8_t *message, size_t len, const struct bgp_update *update)
{
	struct bgp_session *session = user;
	const struct bgp_event event = { .message = message, .message_len = len, .update = update };

	bgp_session_report(session, BGP_EVENT_UPDATE, &event);
}

static struct bgp_link *new_link(struct bgp_session *session, bool is_dialled)
{
	struct bgp_link *link = bgp_link_new(session, is_dialled);
	struct bgp_conn_conf conf = conn_conf(session);

	bgp_conn_init(&link->conn, &conf, &session->received, &session->in, &session->out);
	link->conn.on_update = on_update;
	link->conn.update_user = session;
	return link;
}

static bool is_anything_under_way(const struct bgp_session *session)
{
	for (size_t i = 0; i < BGP_SLOT_COUNT_; i++) {
		if (session->links[i])
			return true;
	}
	return false;
}

static void stop_retry(struct bgp_session *session)
{
	session->next_try_ns = 0;
	(void)event_del(session->retry_timer);
}

static void try_in(struct bgp_session *session, uint64_t wait_ns)
{
	struct timeval wait = {
		.tv_sec = (time_t)(wait_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(wait_ns % NS_PER_S / NS_PER_US),
	};

	session->next_try_ns = clock_now_ns() + wait_ns;
	if (event_add(session->retry_timer, &wait) < 0)
		abort(); /* only memory can be missing */
}

void bgp_session_start(struct bgp_session *session)
{
	struct bgp_link *link;

	if (bgp_session_waits_for_bfd(session) && may_run(session)) {
		if (session->next_try_ns == 0)
			try_in(session, session->conf.bfd_wait_ms * NS_PER_MS);
		return;
	}
	stop_retry(session);
	if (!may_run(session) || is_anything_under_way(session))
		return;
	link = session->links[BGP_SLOT_DIALLED] = new_link(session, true);
	bgp_conn_event(&link->conn, session->conf.is_passive ? BGP_EV_START_PASSIVE : BGP_EV_START,
		clock_now_ns());
	note_state(session);
	bgp_link_settle(link);
}

static void on_retry(evutil_socket_t fd, short what, void *user)
{
	struct bgp_session *session = user;

	(void)fd;
	(void)what;
	session->is_path_known = true;
	bgp_session_start(session);
}

void bgp_session_bfd_up(struct bgp_session *session)
{
	uint64_t soon_ns = BFD_SETTLE_MS * NS_PER_MS;

	if (!bgp_session_waits_for_bfd(session) || session->next_try_ns == 0)
		session->is_path_known = true;
	else if (session->next_try_ns > clock_now_ns() + soon_ns)
		try_in(session, soon_ns);
}

/* True if the peer refused something of our OPEN that the next one will be without. */
static bool retreat(struct bgp_session *session, const struct bgp_link *link)
{
	const struct bgp_end *end = &link->conn.end;
	const struct bgp_notification *n = &end->notification;

	if (end->by != BGP_BY_PEER || n->code != BGP_ERR_OPEN || end->was_established)
		return false;
	if (!bgp_open_retreat(&session->limits, bgp_capabilities_mask(&link->conn.sent), n->subcode,
		    n->data, n->data_len < sizeof(n->data) ? n->data_len : sizeof(n->data)))
		return false;
	log_warn("peer refuses what we offer: less next time", kv_str("peer", session->conf.name),
		kv_str("why", bgp_suberror_name(n->code, n->subcode)));
	return true;
}

/* How patient to be next time. */
static uint64_t wait_after(
	struct bgp_session *session, const struct bgp_link *link, bool is_different)
{
	const struct bgp_end *end = &link->conn.end;
	const struct bgp_notification *n = &end->notification;
	struct bgp_retry_cause cause = {
		.was_established = end->was_established,
		.lived_ns = end->at_ns - link->conn.up_ns,
		.is_refused = n->code != 0,
		.is_at_once = is_different || end->by == BGP_BY_USER || bgp_retry_is_harmless(n),
		.is_too_much = end->by == BGP_BY_PEER && n->code == BGP_ERR_CEASE &&
			(n->subcode == BGP_CEASE_MAX_PREFIXES ||
				n->subcode == BGP_CEASE_OUT_OF_RESOURCES),
	};

	return bgp_retry_wait(&session->retry, &cause, session->conf.connect_seconds, arc4random());
}

static void tell_end(struct bgp_session *session, const struct bgp_end *end)
{
	struct bgp_event event = { .end = end };

	if (!end->was_established && bgp_end_equal(end, &session->told_end))
		return;
	session->told_end = *end;
	bgp_session_report(
		session, end->was_established ? BGP_EVENT_DOWN : BGP_EVENT_FAILED, &event);
}

/* A link is over: remembers why, frees it, sees to the next try. */
static void bury(struct bgp_session *session, enum bgp_slot slot)
{
	struct bgp_link *link = take(session->links[slot]);
	struct bgp_end end = link->conn.end;
	bool is_collision = end.notification.code == BGP_ERR_CEASE &&
		end.notification.subcode == BGP_CEASE_COLLISION && !end.was_established;
	bool may_linger = end.by != BGP_BY_NETWORK;
	bool is_different = retreat(session, link);
	uint64_t wait_ns;

	if (slot == BGP_SLOT_UP) {
		session->fill = NULL;
		bgp_received_clear(&session->received);
	}
	if (!end.was_established && end.error == -ETIMEDOUT && session->conf.password_len > 0)
		end.what = "no answer; perhaps the peer has no TCP-MD5 key, or another one";
	bgp_link_close(link, may_linger);
	if (!is_anything_under_way(session)) {
		wait_ns = wait_after(session, link, is_different);
		if (may_run(session))
			try_in(session, wait_ns);
	}
	(void)bgp_link_free(link);
	note_state(session);
	if (is_collision && is_anything_under_way(session))
		return; /* the session lives on by its other connection */
	session->last_end = end;
	tell_end(session, &end);
}

/* Ends the connection in @slot by our own will, if there is one. */
static void stop_link(struct bgp_session *session, enum bgp_slot slot, enum bgp_fsm_event event,
	enum bgp_ended_by by, const struct bgp_refusal *why)
{
	struct bgp_link *link = session->links[slot];

	if (!link)
		return;
	bgp_conn_stop(&link->conn, event, by, why, clock_now_ns());
	bury(session, slot);
}

/* Closes without a word: the peer has forgotten this connection already. */
static void drop_link(struct bgp_session *session, enum bgp_slot slot, const char *what)
{
	struct bgp_link *link = session->links[slot];

	bgp_conn_tcp_down(&link->conn, 0, clock_now_ns());
	link->conn.end.what = what;
	bury(session, slot);
}

void bgp_session_stop(
	struct bgp_session *session, enum bgp_ended_by by, const struct bgp_refusal *why)
{
	stop_retry(session);
	for (enum bgp_slot slot = 0; slot < BGP_SLOT_COUNT_; slot++)
		stop_link(
			session, slot, by == BGP_BY_BFD ? BGP_EV_AUTO_STOP : BGP_EV_STOP, by, why);
}

static enum bgp_slot slot_of(const struct bgp_session *session, const struct bgp_link *link)
{
	for (enum bgp_slot slot = 0; slot < BGP_SLOT_COUNT_; slot++) {
		if (session->links[slot] == link)
			return slot;
	}
	return BGP_SLOT_COUNT_;
}

/* True if the connection that we dialled is the one that stays (RFC 4271 6.8, RFC 6286 2.3). */
static bool dialled_stays(const struct bgp_session *session, const struct bgp_open *theirs)
{
	uint32_t ours = router_id(session);

	if (ours != theirs->id)
		return ours > theirs->id;
	return session->conf.local_as > theirs->as;
}

/*
 * RFC 4724 section 5: with graceful restart a peer that dials has lost its old connection. But its
 * dial may have been under way when the other connection came up: that is a collision, and the peer
 * settles it as one, too.
 */
static bool has_come_back(const struct bgp_link *up, const struct bgp_link *link)
{
	if (!up->conn.agreed.graceful_restart)
		return false;
	return link->conn.theirs.caps.is_restarting ||
		clock_now_ns() - up->conn.up_ns >= YOUNG_SECONDS * NS_PER_S;
}

/* The peer's OPEN came on @link while another connection exists. */
static void settle_collision(struct bgp_session *session, struct bgp_link *link)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_COLLISION, NULL, false);
	struct bgp_link *up = session->links[BGP_SLOT_UP];
	enum bgp_slot slot = slot_of(session, link);
	enum bgp_slot other = slot == BGP_SLOT_DIALLED ? BGP_SLOT_ACCEPTED : BGP_SLOT_DIALLED;
	bool stays;

	if (up && has_come_back(up, link)) {
		drop_link(session, BGP_SLOT_UP, "the peer came back on a new connection");
	} else if (up) {
		bgp_conn_probe(&up->conn, clock_now_ns());
		bgp_link_wake(up);
		stop_link(session, slot, BGP_EV_COLLISION, BGP_BY_US, &why);
		return;
	}
	if (!session->links[other] || session->links[other]->conn.state < BGP_OPEN_SENT)
		return;
	stays = dialled_stays(session, &link->conn.theirs) == link->is_dialled;
	if (stays)
		stop_link(session, other, BGP_EV_COLLISION, BGP_BY_US, &why);
	else if (session->links[other]->conn.state == BGP_OPEN_CONFIRM)
		stop_link(session, slot, BGP_EV_COLLISION, BGP_BY_US, &why);
	/* Else the other one has not even said OPEN: it may never do so. */
}

static void on_up(struct bgp_session *session, struct bgp_link *link)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_COLLISION, NULL, false);
	struct bgp_event event = { .export = &session->export };

	session->export = bgp_session_export_of(session, link);
	session->links[slot_of(session, link)] = NULL;
	session->links[BGP_SLOT_UP] = link;
	stop_retry(session);
	stop_link(session, BGP_SLOT_DIALLED, BGP_EV_COLLISION, BGP_BY_US, &why);
	stop_link(session, BGP_SLOT_ACCEPTED, BGP_EV_COLLISION, BGP_BY_US, &why);
	session->established_count++;
	session->was_up = true;
	session->is_pending_change = false;
	session->is_restarting = false;
	session->told_end = (struct bgp_end){ 0 };
	note_state(session);
	bgp_session_report(session, BGP_EVENT_UP, &event);
}

static void on_refresh(struct bgp_session *session, struct bgp_link *link)
{
	uint8_t families = link->conn.refresh_families;

	link->conn.refresh_families = 0;
	for (enum bgp_family f = 0; f < BGP_FAMILY_COUNT_; f++) {
		struct bgp_event event = { .family = f };

		if ((families & BGP_FAMILY_BIT(f)) && session->links[BGP_SLOT_UP] == link)
			bgp_session_report(session, BGP_EVENT_REFRESH, &event);
	}
}

void bgp_session_on_link(struct bgp_session *session, struct bgp_link *link)
{
	unsigned todo = link->conn.todo;
	enum bgp_slot slot = slot_of(session, link);

	link->conn.todo = 0;
	note_state(session);
	/* RFC 4271 goes to Active from OpenSent when TCP breaks; the wait is ours either way. */
	if (todo & BGP_CONN_CLOSE) {
		bury(session, slot);
		return;
	}
	if (todo & BGP_CONN_DIAL) {
		struct bgp_transport t = bgp_session_transport(session);

		bgp_link_dial(link, &t);
		return;
	}
	if (todo & BGP_CONN_OPENED)
		settle_collision(session, link);
	if ((todo & BGP_CONN_UP) && slot_of(session, link) != BGP_SLOT_COUNT_)
		on_up(session, link);
	if ((todo & BGP_CONN_REFRESH) && slot_of(session, link) == BGP_SLOT_UP)
		on_refresh(session, link);
}

void bgp_session_accept(struct bgp_session *session, const struct bgp_accepted *accepted)
{
	struct bgp_transport t = bgp_session_transport(session);
	struct bgp_link *old = session->links[BGP_SLOT_ACCEPTED];
	struct bgp_link *dialled = session->links[BGP_SLOT_DIALLED];
	struct bgp_link *link;

	if (old && old->conn.state == BGP_OPEN_SENT) {
		drop_link(session, BGP_SLOT_ACCEPTED, "the peer dialled once more");
		old = NULL;
	}
	if (old || !may_run(session) || bgp_transport_adopt(accepted->fd, &t) < 0) {
		bgp_linger_add(&session->engine->lingers, session->engine->base, session,
			accepted->fd, NULL, 0);
		return;
	}
	if (dialled)
		bgp_conn_hurry(&dialled->conn, SILENT_OPEN_SECONDS, clock_now_ns());
	link = session->links[BGP_SLOT_ACCEPTED] = new_link(session, false);
	bgp_link_adopt(link, accepted->fd);
	note_state(session);
}

void bgp_session_leave(struct bgp_session *session)
{
	const struct bgp_link *up = session->links[BGP_SLOT_UP];

	/* With the N bit a Cease keeps routes, too, and is the clearer word. */
	if (up && up->conn.agreed.graceful_restart && !up->conn.agreed.gr_notification)
		drop_link(session, BGP_SLOT_UP, "the speaker restarts");
}

static bool on_found(void *user, const struct ip *router)
{
	struct bgp_session *session = user;
	struct bgp_refusal why = bgp_cease(BGP_CEASE_CONF_CHANGE, NULL, false);

	if (session->links[BGP_SLOT_UP])
		return false; /* it lives, whether it advertises or not */
	session->found = *router;
	session->retry = (struct bgp_retry){ 0 };
	bgp_session_stop(session, BGP_BY_USER, &why);
	bgp_listen_sync_keys(session->engine);
	bgp_session_report(session, BGP_EVENT_FOUND, NULL);
	bgp_session_start(session);
	return true;
}

/* An unnumbered peer is looked for as long as it is configured. */
static void look_for_peer(struct bgp_session *session)
{
	session->finder = bgp_finder_free(session->finder);
	session->found = (struct ip){ 0 };
	if (!ip_is_set(&session->conf.address) && session->conf.interface[0])
		session->finder = bgp_finder_new(
			session->engine->base, session->conf.interface, on_found, session);
}

struct bgp_session *bgp_session_new(struct bgp_engine *engine, const struct bgp_peer_conf *conf)
{
	struct bgp_session *session = xnew(struct bgp_session);

	session->engine = engine;
	session->conf = *conf;
	session->is_shut = conf->is_shut;
	(void)strcpy(session->shutdown_text, conf->shutdown_text);
	session->is_restarting = engine->conf.is_restarting && conf->has_graceful_restart;
	session->since_ns = clock_now_ns();
	session->retry_timer = evtimer_new(engine->base, on_retry, session);
	if (!session->retry_timer)
		abort();
	look_for_peer(session);
	return session;
}

struct bgp_refusal bgp_session_cease(
	const struct bgp_session *session, uint8_t subcode, const char *text)
{
	const struct bgp_link *up = session->links[BGP_SLOT_UP];

	return bgp_cease(subcode, text, up && up->conn.agreed.gr_notification);
}

struct bgp_session *bgp_session_free(struct bgp_session *session, uint8_t subcode)
{
	struct bgp_refusal why;

	if (!session)
		return NULL;
	session->is_stopped = true;
	if (subcode != 0) {
		why = bgp_session_cease(session, subcode, NULL);
		bgp_session_stop(session, BGP_BY_USER, &why);
		bgp_session_report(session, BGP_EVENT_GONE, NULL);
	}
	for (size_t i = 0; i < BGP_SLOT_COUNT_; i++)
		(void)bgp_link_free(session->links[i]);
	event_free(session->retry_timer);
	(void)bgp_finder_free(session->finder);
	bgp_received_fini(&session->received);
	explicit_bzero(&session->conf.password, sizeof(session->conf.password));
	free(session);
	return NULL;
}

void bgp_session_set_conf(struct bgp_session *session, const struct bgp_peer_conf *conf)
{
	enum bgp_peer_change change = bgp_peer_compare(&session->conf, conf);
	bool was_passive = session->conf.is_passive;
	bool is_elsewhere = !ip_equal(&session->conf.address, &conf->address) ||
		strcmp(session->conf.interface, conf->interface) != 0;
	struct bgp_refusal why = bgp_session_cease(
		session, BGP_CEASE_ADMIN_SHUTDOWN, conf->shutdown_text);

	if (change == BGP_CHANGE_NONE)
		return;
	if (change == BGP_CHANGE_RESTART && !conf->held[0] && !conf->is_shut)
		why = bgp_peer_is_left(&session->conf, conf) ?
			bgp_session_cease(session, BGP_CEASE_CONF_CHANGE, NULL) :
			bgp_cease(BGP_CEASE_CONF_CHANGE, NULL, false);
	if (session->conf.is_shut != conf->is_shut)
		session->is_shut = conf->is_shut;
	if (change == BGP_CHANGE_NEXT_SESSION && session->links[BGP_SLOT_UP])
		session->is_pending_change = true;
	if (change == BGP_CHANGE_RESTART) {
		session->limits = (struct bgp_open_limits){ 0 };
		session->retry = (struct bgp_retry){ 0 };
		bgp_session_stop(session, BGP_BY_USER, &why);
		stop_retry(session);
	}
	session->conf = *conf;
	if (is_elsewhere)
		look_for_peer(session);
	if (change == BGP_CHANGE_RESTART)
		bgp_session_start(session);
	else if (was_passive != conf->is_passive && !session->links[BGP_SLOT_UP] &&
		session->links[BGP_SLOT_DIALLED]) {
		stop_link(session, BGP_SLOT_DIALLED, BGP_EV_STOP, BGP_BY_USER, &why);
		bgp_session_start(session);
	}
}
