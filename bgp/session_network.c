/* SPDX-License-Identifier: Apache-2.0 */

/* What a session takes from the network around it: its next hops, and reasons to try again. */

#include "bgp/session_private.h"

#include <errno.h>

struct bgp_export bgp_session_export_of(
	const struct bgp_session *session, const struct bgp_link *link)
{
	const struct bgp_conn *conn = &link->conn;
	struct bgp_next_hops hops = bgp_transport_next_hops(&link->local.ip, link->local.ifindex);
	bool is_ibgp = conn->theirs.as == session->conf.local_as;
	bool is_one_hop = session->conf.gtsm_hops == 1 ||
		(!is_ibgp && bgp_peer_ttl(&session->conf) == 1);
	struct bgp_export ex = {
		.local_as = session->conf.local_as,
		.message_max = conn->agreed.extended_message ? BGP_MESSAGE_MAX_EXTENDED :
							       BGP_MESSAGE_MAX,
		.is_ibgp = is_ibgp,
		.has_as4 = conn->agreed.as4,
		.has_extended_nexthop = conn->agreed.extended_next_hop != 0,
		.has_enhanced_refresh = conn->agreed.enhanced_refresh,
		.adds_otc = !is_ibgp &&
			(conn->sent.role == BGP_ROLE_PROVIDER || conn->sent.role == BGP_ROLE_RS ||
				conn->sent.role == BGP_ROLE_PEER),
		.families = conn->agreed.families,
		.add_path = conn->agreed.add_path,
	};

	bgp_export_set_next_hops(&ex, &hops, &link->remote.ip, is_one_hop);
	return ex;
}

/* True if a try failed at this end of the network: what comes or goes here can mend that. */
static bool is_local_fault(const struct bgp_end *end)
{
	switch (-end->error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
	case ENODEV:
		return true;
	default:
		return false;
	}
}

void bgp_session_network_changed(struct bgp_session *session)
{
	const struct bgp_link *up = session->links[BGP_SLOT_UP];
	struct bgp_export ex;
	struct bgp_event event = { .export = &ex };

	if (session->next_try_ns != 0 && is_local_fault(&session->last_end))
		bgp_session_start(session);
	if (!up)
		return;
	ex = bgp_session_export_of(session, up);
	if (bgp_export_is_same(&ex, &session->export))
		return;
	session->export = ex;
	bgp_session_report(session, BGP_EVENT_EXPORT, &event);
}
