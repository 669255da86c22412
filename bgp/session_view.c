/* SPDX-License-Identifier: Apache-2.0 */

/* What a session looks like from outside. */

#include "bgp/session_private.h"

/* The link that says most of the peer: the Established one, else the one that is farthest. */
static const struct bgp_link *best_link(const struct bgp_session *session)
{
	const struct bgp_link *best = NULL;

	for (size_t i = 0; i < BGP_SLOT_COUNT_; i++) {
		const struct bgp_link *link = session->links[i];

		if (link && (!best || link->conn.state > best->conn.state))
			best = link;
	}
	return best;
}

static void add_link(struct bgp_session_view *view, const struct bgp_link *link)
{
	const struct bgp_conn *conn = &link->conn;

	view->state = conn->state;
	view->local = link->local.ip;
	view->local_port = link->local.port;
	if (ip_is_set(&link->remote.ip)) {
		view->remote = link->remote.ip;
		view->remote_port = link->remote.port;
	}
	view->is_dialled = link->is_dialled;
	view->has_open = conn->has_open;
	view->theirs = conn->theirs;
	view->ours = conn->conf.offer;
	view->ours.caps = conn->sent;
	view->agreed = conn->agreed;
	view->open_sent = &conn->open_sent;
	view->open_received = &conn->open_received;
	view->hold_seconds = conn->hold_seconds;
	view->keepalive_seconds = conn->keepalive_seconds;
	view->hold_at_ns = conn->hold_at_ns;
	view->last_read_ns = conn->last_read_ns;
	view->last_write_ns = conn->last_write_ns;
	(void)bgp_conn_unsent(conn, &view->unsent);
}

struct bgp_session_view bgp_session_view(const struct bgp_session *session)
{
	const struct bgp_peer_conf *conf = &session->conf;
	const struct bgp_link *link = best_link(session);
	const char *why_not = bgp_session_why_not(session);
	struct bgp_session_view view = {
		.state = BGP_IDLE,
		.since_ns = session->since_ns,
		.established_count = session->established_count,
		.is_shut = session->is_shut,
		.held = why_not ? why_not : "",
		.is_pending_change = session->is_pending_change,
		.waits_for_bfd = !why_not && !link && bgp_session_waits_for_bfd(session),
		.last_end = session->last_end,
		.next_try_ns = session->next_try_ns,
		.failures = session->retry.failures,
		.remote = ip_is_set(&conf->address) ? conf->address : session->found,
		.remote_port = conf->port ? conf->port : BGP_PORT,
		.has_md5 = conf->password_len > 0,
		.in = session->in,
		.out = session->out,
		.refresh_in = session->in.messages[BGP_MSG_ROUTE_REFRESH],
		.refresh_out = session->out.messages[BGP_MSG_ROUTE_REFRESH],
		.received = &session->received,
		.export = session->export,
	};

	if (link)
		add_link(&view, link);
	view.is_internal = view.has_open ? view.theirs.as == conf->local_as :
					   bgp_peer_is_internal(conf, 0);
	return view;
}
