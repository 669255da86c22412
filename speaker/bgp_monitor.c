/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a BMP collector is told of our peers (RFC 7854, RFC 8671).
 *
 * What we announce to a peer is an Adj-RIB-Out that the collector reads as if it were that peer: it
 * is pulled, costs one bit a route, and is whole again after each new connection. What a peer
 * announces to us is passed on as it comes; since of that only a summary is kept, the peer is asked
 * for all of it again when a collector connects.
 */

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/bmp.h"
#include "speaker/bgp_state.h"
#include "speaker/collector.h"

#include <assert.h>
#include <string.h>

enum {
	/* Room for a BGP message of any length, and what stands around it. */
	MESSAGE_SIZE = BGP_MESSAGE_MAX_EXTENDED + BMP_ROUTE_OVERHEAD,
	UP_SIZE = 2 * BGP_MESSAGE_MAX + 256,
	SMALL_SIZE = 1024,
	UPDATE_LEN_MIN = 23,
};

static_assert(BGP_CONN_FILL_SIZE / UPDATE_LEN_MIN * (UPDATE_LEN_MIN + BMP_ROUTE_OVERHEAD) <=
		COLLECTOR_PULL_SIZE,
	"however short the messages are, what was filled fits when it is wrapped");

/* A peer of which the collector knows. */
struct bgp_mirror {
	struct bmp_peer peer;
	struct bgp_out *out; /* what the peer is told, for the collector */
};

struct bgp_monitor {
	struct speaker_bgp *bgp;
	char *address; /* owned; the setting */
	struct collector *collector;
	struct event *timer; /* of statistics */
	size_t turn;         /* who is pulled first */
	uint64_t messages;
	bool is_told;    /* that it can not be reached, since it last was */
	uint8_t *filled; /* owned; BGP_CONN_FILL_SIZE octets of UPDATEs */
};

void bgp_monitor_forget(struct peer_link *link)
{
	struct bgp_mirror *mirror = take(link->mirror);

	if (!mirror)
		return;
	bgp_out_free(mirror->out);
	free(mirror);
}

/* The peer as it is named now; its AS and identifier are known once its session is up. */
static struct bmp_peer name_peer(const struct bgp_mirror *mirror, bool is_sent)
{
	struct bmp_peer peer = mirror->peer;

	peer.is_sent = is_sent;
	peer.wall_ns = clock_wall_ns();
	return peer;
}

/* The collector may be gone afterwards, and every mirror with it. */
static void push(struct bgp_monitor *monitor, const struct wire_writer *w)
{
	if (!wire_writer_ok(w) || wire_written(w) == 0)
		return;
	monitor->messages++;
	collector_push(monitor->collector, w->start, wire_written(w));
}

static void wake(void *user)
{
	const struct bgp_monitor *monitor = user;

	collector_wake(monitor->collector);
}

static void begin_mirror(
	struct bgp_monitor *monitor, struct peer_link *link, const struct bgp_session_view *view)
{
	link->mirror = xnew(struct bgp_mirror);
	link->mirror->peer = (struct bmp_peer){
		.address = view->remote,
		.as = view->theirs.as,
		.id = view->theirs.id,
		.has_as2 = !view->agreed.as4,
	};
	link->mirror->out = bgp_out_new(link->group->rib, wake, monitor);
	bgp_out_set_drain(link->mirror->out, bgp_out_view(link->out).is_drain);
}

static void tell_up(struct bgp_monitor *monitor, struct peer_link *link,
	const struct bgp_session_view *view, const struct bgp_export *export)
{
	struct bmp_up up = {
		.local = view->local,
		.local_port = view->local_port,
		.remote_port = view->remote_port,
		.sent = { view->open_sent->bytes, view->open_sent->len },
		.received = { view->open_received->bytes, view->open_received->len },
	};
	uint8_t bytes[UP_SIZE];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct bmp_peer peer;

	begin_mirror(monitor, link, view);
	bgp_out_up(link->mirror->out, export);
	peer = name_peer(link->mirror, false);
	bmp_peer_up(&w, &peer, &up);
	push(monitor, &w);
}

void bgp_monitor_up(
	struct speaker_bgp *bgp, struct peer_link *link, const struct bgp_export *export)
{
	struct bgp_session_view view;

	if (!bgp->monitor || !collector_view(bgp->monitor->collector).is_up)
		return;
	view = bgp_session_view(link->session);
	bgp_monitor_forget(link);
	tell_up(bgp->monitor, link, &view, export);
}

void bgp_monitor_down(struct speaker_bgp *bgp, struct peer_link *link, const struct bgp_end *end)
{
	uint8_t bytes[SMALL_SIZE];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct bmp_peer peer;

	if (!link->mirror)
		return;
	peer = name_peer(link->mirror, false);
	bgp_monitor_forget(link);
	bmp_peer_down(&w, &peer, end);
	push(bgp->monitor, &w);
}

void bgp_monitor_update(
	struct speaker_bgp *bgp, const struct peer_link *link, const struct bgp_event *event)
{
	const struct bmp_message update = { event->message, event->message_len };
	uint8_t bytes[MESSAGE_SIZE];
	struct bmp_peer peer;

	if (!link->mirror)
		return;
	peer = name_peer(link->mirror, false);
	if (event->update->verdict != BGP_UPDATE_WITHDRAW) {
		struct wire_writer w = wire_writer(bytes, sizeof(bytes));

		bmp_route(&w, &peer, &update);
		push(bgp->monitor, &w);
		return;
	}
	for (unsigned which = 0; which < BMP_WITHDRAWN_COUNT; which++) {
		struct wire_writer w = wire_writer(bytes, sizeof(bytes));

		bmp_route_withdrawn(&w, &peer, event->update, which);
		push(bgp->monitor, &w);
	}
}

void bgp_monitor_export(struct peer_link *link, const struct bgp_export *export)
{
	if (link->mirror)
		bgp_out_set_export(link->mirror->out, export);
}

void bgp_monitor_move(struct peer_link *link)
{
	if (link->mirror)
		bgp_out_move(link->mirror->out, link->wanted->rib);
}

void bgp_monitor_drain(struct peer_link *link, bool is_drain)
{
	if (link->mirror)
		bgp_out_set_drain(link->mirror->out, is_drain);
}

/* Wraps @len octets of whole messages, one by one. */
static void wrap(struct bgp_monitor *monitor, struct wire_writer *w,
	const struct bgp_mirror *mirror, size_t len)
{
	struct bmp_peer peer = name_peer(mirror, true);
	size_t at = 0;

	while (at < len) {
		const uint8_t *bytes = monitor->filled + at;
		const struct bmp_message update = { bytes, bgp_message_len(bytes) };

		bmp_route(w, &peer, &update);
		monitor->messages++;
		at += update.len;
	}
}

static size_t pull(void *user, uint8_t *buf, size_t cap)
{
	struct bgp_monitor *monitor = user;
	const struct speaker_bgp *bgp = monitor->bgp;
	struct wire_writer w = wire_writer(buf, cap);

	for (size_t i = 0; i < bgp->link_count; i++) {
		const struct peer_link *link = bgp->links[monitor->turn++ % bgp->link_count];
		size_t len;

		if (!link->mirror)
			continue;
		len = bgp_out_fill(link->mirror->out, monitor->filled, BGP_CONN_FILL_SIZE);
		if (len == 0)
			continue;
		wrap(monitor, &w, link->mirror, len);
		break;
	}
	return wire_written(&w);
}

/* What the peer announced before the collector was there. */
static void ask_again(const struct peer_link *link, const struct bgp_session_view *view)
{
	if (view->received->count == 0)
		return;
	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++) {
		if (bgp_session_request_refresh(link->session, family) < 0)
			log_debug("a peer can not be asked for its routes again",
				kv_str("peer", link->name),
				kv_str("family", bgp_family_name(family)));
	}
}

static void on_up(void *user)
{
	struct bgp_monitor *monitor = user;
	const struct speaker_bgp *bgp = monitor->bgp;
	uint8_t bytes[SMALL_SIZE];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));

	monitor->is_told = false;
	log_info("BMP collector connected", kv_str("collector", monitor->address));
	bmp_initiation(&w, bgp->settings->node, "bellmand " BELLMAN_VERSION);
	push(monitor, &w);
	for (size_t i = 0; i < bgp->link_count; i++) {
		struct peer_link *link = bgp->links[i];
		struct bgp_session_view view;

		if (!link->session || !collector_view(monitor->collector).is_up)
			continue;
		view = bgp_session_view(link->session);
		tell_up(monitor, link, &view, &view.export);
		ask_again(link, &view);
	}
}

static void on_down(void *user)
{
	const struct bgp_monitor *monitor = user;
	const struct speaker_bgp *bgp = monitor->bgp;

	for (size_t i = 0; i < bgp->link_count; i++)
		bgp_monitor_forget(bgp->links[i]);
	log_warn("BMP collector lost", kv_str("collector", monitor->address),
		kv_errno(collector_view(monitor->collector).error));
}

static void on_failed(void *user, int error)
{
	struct bgp_monitor *monitor = user;

	if (!monitor->is_told)
		log_warn("BMP collector not reached: it is tried again",
			kv_str("collector", monitor->address), kv_errno(error));
	monitor->is_told = true;
}

static void count_received(const struct bgp_received *received, struct bmp_statistics *statistics)
{
	for (size_t i = 0; i < received->count; i++) {
		bool is_v4 = received->routes[i].prefix.ip.family == AF_INET;

		statistics->received[is_v4 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST]++;
	}
	statistics->loops = (uint32_t)received->counts.loops;
	statistics->treated_as_withdraw = (uint32_t)received->counts.treated_as_withdraw;
}

static void tell_statistics(struct bgp_monitor *monitor, const struct peer_link *link)
{
	struct bgp_session_view view = bgp_session_view(link->session);
	struct bgp_out_view out = bgp_out_view(link->out);
	struct bmp_statistics statistics = { 0 };
	struct bmp_peer peer = name_peer(link->mirror, false);
	uint8_t bytes[SMALL_SIZE];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));

	count_received(view.received, &statistics);
	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++)
		statistics.sent[family] = out.family[family].held;
	bmp_statistics(&w, &peer, &statistics);
	push(monitor, &w);
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct bgp_monitor *monitor = arg;
	const struct speaker_bgp *bgp = monitor->bgp;

	(void)fd;
	(void)events;
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (bgp->links[i]->mirror)
			tell_statistics(monitor, bgp->links[i]);
	}
}

void bgp_monitor_open(struct speaker_bgp *bgp)
{
	static const struct collector_callbacks callbacks = {
		.up = on_up, .pull = pull, .down = on_down, .failed = on_failed
	};
	const struct settings *settings = bgp->settings;
	const struct timeval period = { .tv_sec = settings->bmp.statistics_seconds };
	struct bgp_monitor *monitor;

	if (settings->bmp.collector[0] == '\0')
		return;
	monitor = xnew(struct bgp_monitor);
	monitor->bgp = bgp;
	monitor->address = xstrdup(settings->bmp.collector);
	monitor->filled = xcalloc(1, BGP_CONN_FILL_SIZE);
	if (collector_new(bgp->base, monitor->address, &callbacks, monitor, &monitor->collector) <
		0)
		abort(); /* the setting was checked */
	monitor->timer = event_new(bgp->base, -1, EV_PERSIST, on_timer, monitor);
	if (period.tv_sec > 0)
		(void)event_add(monitor->timer, &period);
	bgp->monitor = monitor;
}

void bgp_monitor_close(struct speaker_bgp *bgp)
{
	struct bgp_monitor *monitor = bgp->monitor;
	uint8_t bytes[SMALL_SIZE];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));

	if (!monitor)
		return;
	bmp_termination(&w, BMP_TERMINATION_ADMIN);
	push(monitor, &w);
	bgp->monitor = NULL;
	for (size_t i = 0; i < bgp->link_count; i++)
		bgp_monitor_forget(bgp->links[i]);
	collector_free(monitor->collector);
	event_free(monitor->timer);
	free(monitor->filled);
	free(monitor->address);
	free(monitor);
}

void bgp_monitor_reload(struct speaker_bgp *bgp, const struct settings *before)
{
	const struct settings *now = bgp->settings;

	if (strcmp(before->bmp.collector, now->bmp.collector) == 0 &&
		before->bmp.statistics_seconds == now->bmp.statistics_seconds)
		return;
	bgp_monitor_close(bgp);
	bgp_monitor_open(bgp);
}

bool speaker_bgp_monitor(const struct speaker_bgp *bgp, struct speaker_bgp_monitor_view *ret_view)
{
	const struct bgp_monitor *monitor = bgp->monitor;

	if (!monitor)
		return false;
	*ret_view = (struct speaker_bgp_monitor_view){
		.collector = monitor->address,
		.connection = collector_view(monitor->collector),
		.messages = monitor->messages,
	};
	return true;
}
