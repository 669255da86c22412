/* SPDX-License-Identifier: Apache-2.0 */

/* What the owner of the engine and its user do with a session. */

#include "base/clock.h"
#include "bgp/session_private.h"

#include <errno.h>

const struct bgp_peer_conf *bgp_session_conf(const struct bgp_session *session)
{
	return &session->conf;
}

void bgp_session_set_output(struct bgp_session *session, bgp_fill_fn *fill, void *user)
{
	session->fill = fill;
	session->fill_user = user;
	bgp_session_wake(session);
}

void bgp_session_wake(struct bgp_session *session)
{
	if (session->links[BGP_SLOT_UP] && session->fill)
		bgp_link_wake(session->links[BGP_SLOT_UP]);
}

void bgp_session_shut(struct bgp_session *session, const char *text)
{
	struct bgp_refusal why = bgp_session_cease(session, BGP_CEASE_ADMIN_SHUTDOWN, text);

	session->is_shut = true;
	bgp_session_stop(session, BGP_BY_USER, &why);
}

void bgp_session_enable(struct bgp_session *session)
{
	session->is_shut = false;
	session->retry = (struct bgp_retry){ 0 };
	bgp_session_start(session);
}

void bgp_session_reset(struct bgp_session *session, const char *text)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_RESET, text, false);

	session->retry = (struct bgp_retry){ 0 };
	session->limits = (struct bgp_open_limits){ 0 };
	bgp_session_stop(session, BGP_BY_USER, &why);
	bgp_session_start(session);
}

int bgp_session_request_refresh(struct bgp_session *session, enum bgp_family family)
{
	struct bgp_link *up = session->links[BGP_SLOT_UP];

	if (!up)
		return -ENOTCONN;
	if (!up->conn.agreed.route_refresh || !(up->conn.agreed.families & BGP_FAMILY_BIT(family)))
		return -EOPNOTSUPP;
	bgp_conn_request_refresh(&up->conn, family, clock_now_ns());
	bgp_link_settle(up);
	return 0;
}

void bgp_session_bfd_down(struct bgp_session *session)
{
	struct bgp_refusal why = bgp_session_cease(session, BGP_CEASE_BFD_DOWN, NULL);

	if (!session->links[BGP_SLOT_UP])
		return;
	bgp_session_stop(session, BGP_BY_BFD, &why);
}
