/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BGP under MetalLB's names: those of its native mode, with `peer` as address and port, and those of
 * its FRR mode, with `vrf`. What MetalLB lacks is under bellman_bgp_. Peers that are gone have no
 * series.
 */

#include "base/clock.h"
#include "base/metrics.h"
#include "speaker/bgp.h"
#include "speaker/state.h"

#include <stdio.h>

enum {
	PEER_TEXT_SIZE = IP_TEXT_SIZE + 16
};

typedef uint64_t value_fn(const struct speaker_bgp_peer_view *view);

static bool is_established(const struct speaker_bgp_peer_view *view)
{
	return view->session && view->session->state == BGP_ESTABLISHED;
}

static uint64_t held(const struct speaker_bgp_peer_view *view)
{
	uint64_t count = 0;

	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++)
		count += view->out.family[family].held;
	return count;
}

static uint64_t pending(const struct speaker_bgp_peer_view *view)
{
	uint64_t holds = held(view);

	return is_established(view) && view->wished > holds ? view->wished - holds : 0;
}

static uint64_t is_up(const struct speaker_bgp_peer_view *view)
{
	return is_established(view);
}

static uint64_t sent(const struct speaker_bgp_peer_view *view, enum bgp_message_type type)
{
	return view->session ? view->session->out.messages[type] : 0;
}

static uint64_t received(const struct speaker_bgp_peer_view *view, enum bgp_message_type type)
{
	return view->session ? view->session->in.messages[type] : 0;
}

static uint64_t opens_sent(const struct speaker_bgp_peer_view *view)
{
	return sent(view, BGP_MSG_OPEN);
}

static uint64_t opens_received(const struct speaker_bgp_peer_view *view)
{
	return received(view, BGP_MSG_OPEN);
}

static uint64_t notifications_sent(const struct speaker_bgp_peer_view *view)
{
	return sent(view, BGP_MSG_NOTIFICATION);
}

static uint64_t updates_sent(const struct speaker_bgp_peer_view *view)
{
	return sent(view, BGP_MSG_UPDATE);
}

static uint64_t updates_received(const struct speaker_bgp_peer_view *view)
{
	return received(view, BGP_MSG_UPDATE);
}

static uint64_t keepalives_sent(const struct speaker_bgp_peer_view *view)
{
	return sent(view, BGP_MSG_KEEPALIVE);
}

static uint64_t keepalives_received(const struct speaker_bgp_peer_view *view)
{
	return received(view, BGP_MSG_KEEPALIVE);
}

static uint64_t refreshes_sent(const struct speaker_bgp_peer_view *view)
{
	return sent(view, BGP_MSG_ROUTE_REFRESH);
}

static uint64_t total_sent(const struct speaker_bgp_peer_view *view)
{
	uint64_t total = 0;

	for (enum bgp_message_type type = 0; type < BGP_MSG_TYPE_COUNT_; type++)
		total += sent(view, type);
	return total;
}

static uint64_t total_received(const struct speaker_bgp_peer_view *view)
{
	uint64_t total = 0;

	for (enum bgp_message_type type = 0; type < BGP_MSG_TYPE_COUNT_; type++)
		total += received(view, type);
	return total;
}

static uint64_t established(const struct speaker_bgp_peer_view *view)
{
	return view->session ? view->session->established_count : 0;
}

static uint64_t unsent(const struct speaker_bgp_peer_view *view)
{
	return view->session ? view->session->unsent : 0;
}

static uint64_t end_code(const struct speaker_bgp_peer_view *view)
{
	return view->session ? view->session->last_end.notification.code : 0;
}

static uint64_t is_bfd_up(const struct speaker_bgp_peer_view *view)
{
	return view->bfd && view->bfd->session->state == BFD_UP;
}

static uint64_t bfd_in(const struct speaker_bgp_peer_view *view)
{
	return view->bfd ? view->bfd->packets_in : 0;
}

static uint64_t bfd_out(const struct speaker_bgp_peer_view *view)
{
	return view->bfd ? view->bfd->packets_out : 0;
}

static uint64_t bfd_flaps(const struct speaker_bgp_peer_view *view)
{
	return view->bfd ? view->bfd->session->flaps : 0;
}

/* Whoever left Up had come up, and who is Up came up once more. */
static uint64_t bfd_ups(const struct speaker_bgp_peer_view *view)
{
	return bfd_flaps(view) + is_bfd_up(view);
}

struct metric {
	const char *name;
	const char *type;
	const char *help;
	value_fn *value;
	bool is_bfd; /* only of peers with BFD */
};

static const struct metric all[] = {
	{ "metallb_bgp_session_up", "gauge", "1 while the session is Established.", is_up, false },
	{ "metallb_bgp_announced_prefixes_total", "gauge", "Prefixes the peer holds of us.", held,
		false },
	{ "metallb_bgp_pending_prefixes_total", "gauge", "Prefixes the peer does not hold yet.",
		pending, false },
	{ "metallb_bgp_updates_total", "counter", "UPDATE messages sent.", updates_sent, false },
	{ "metallb_bgp_updates_total_received", "counter", "UPDATE messages received.",
		updates_received, false },
	{ "metallb_bgp_opens_sent", "counter", "OPEN messages sent.", opens_sent, false },
	{ "metallb_bgp_opens_received", "counter", "OPEN messages received.", opens_received,
		false },
	{ "metallb_bgp_notifications_sent", "counter", "NOTIFICATION messages sent.",
		notifications_sent, false },
	{ "metallb_bgp_keepalives_sent", "counter", "KEEPALIVE messages sent.", keepalives_sent,
		false },
	{ "metallb_bgp_keepalives_received", "counter", "KEEPALIVE messages received.",
		keepalives_received, false },
	{ "metallb_bgp_route_refresh_sent", "counter", "ROUTE-REFRESH messages sent.",
		refreshes_sent, false },
	{ "metallb_bgp_total_sent", "counter", "Messages sent.", total_sent, false },
	{ "metallb_bgp_total_received", "counter", "Messages received.", total_received, false },
	{ "bellman_bgp_established_total", "counter", "Times the session came up.", established,
		false },
	{ "bellman_bgp_unsent_octets", "gauge", "Octets that wait for the peer.", unsent, false },
	{ "bellman_bgp_last_end_code", "gauge", "NOTIFICATION code that ended the last session.",
		end_code, false },
	{ "metallb_bfd_session_up", "gauge", "1 while the BFD session is Up.", is_bfd_up, true },
	{ "metallb_bfd_control_packet_input", "counter", "BFD packets received.", bfd_in, true },
	{ "metallb_bfd_control_packet_output", "counter", "BFD packets sent.", bfd_out, true },
	{ "metallb_bfd_session_up_events", "counter", "Times the BFD session came Up.", bfd_ups,
		true },
	{ "metallb_bfd_session_down_events", "counter", "Times the BFD session left Up.", bfd_flaps,
		true },
};

struct writer {
	struct strbuf *out;
	const struct metric *metric;
};

static void write_peer(void *user, const struct speaker_bgp_peer_view *view)
{
	const struct writer *writer = user;
	const struct plan_bgp_peer *peer = view->peer;
	char address[IP_TEXT_SIZE];
	char text[PEER_TEXT_SIZE];
	const struct metric_label labels[] = { { "peer", text }, { "vrf", peer->vrf } };

	if (writer->metric->is_bfd && !view->is_bfd_wanted)
		return;
	if (!ip_is_set(&peer->address))
		(void)snprintf(text, sizeof(text), "%s:%u", peer->interface, peer->port);
	else
		(void)snprintf(text, sizeof(text),
			peer->address.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			ip_format(&peer->address, address), peer->port);
	metrics_sample(writer->out, writer->metric->name, labels, 2, writer->metric->value(view));
}

static void write_monitor(const struct speaker *speaker, struct strbuf *out)
{
	struct speaker_bgp_monitor_view view;

	if (!speaker_bgp_monitor(speaker->bgp, &view))
		return;
	metrics_family(out, "bellman_bmp_up", "gauge", "1 if the BMP collector is connected.");
	metrics_sample(out, "bellman_bmp_up", NULL, 0, view.connection.is_up);
	metrics_family(out, "bellman_bmp_messages_total", "counter", "Messages to the collector.");
	metrics_sample(out, "bellman_bmp_messages_total", NULL, 0, view.messages);
	metrics_family(out, "bellman_bmp_overruns_total", "counter",
		"Connections with the collector that ended since it read too slowly.");
	metrics_sample(out, "bellman_bmp_overruns_total", NULL, 0, view.connection.overruns);
}

void metrics_bgp(const struct speaker *speaker, struct strbuf *out)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct writer writer = { out, &all[i] };

		metrics_family(out, all[i].name, all[i].type, all[i].help);
		speaker_bgp_visit(speaker->bgp, write_peer, &writer);
	}
	metrics_family(out, "bellman_bgp_prefixes", "gauge", "Prefixes that shall be announced.");
	metrics_sample(
		out, "bellman_bgp_prefixes", NULL, 0, speaker_bgp_view(speaker->bgp).prefixes);
	write_monitor(speaker, out);
	metrics_family(out, "bellman_drained", "gauge", "1 if the node is taken out of service.");
	metrics_sample(out, "bellman_drained", NULL, 0, speaker->is_drained);
}
