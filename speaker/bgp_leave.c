/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Drawing traffic away before it would be lost: drain, which leaves the sessions, and the end.
 *
 *	drain:  GRACEFUL_SHUTDOWN --bgp.drain_seconds--> withdraw
 *	stop:   GRACEFUL_SHUTDOWN --bgp.drain_seconds--> Cease --until it arrived--> over
 *
 * A peer that agreed to graceful restart is left out of the end, unless we leave for good: it goes
 * on forwarding until we are back, and BFD says nothing to it before. To others BFD says AdminDown
 * first, so that it does not look like a death. What changes meanwhile is told as ever.
 */

#include "base/clock.h"
#include "base/log.h"
#include "speaker/bgp_state.h"

#include <unistd.h>

enum {
	QUIET_POLL_MS = 20,
	QUIET_MAX_MS = 1500,
};

static void arm_ms(struct event *timer, uint32_t ms)
{
	const struct timeval later = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	(void)evtimer_add(timer, &later);
}

static void arm_drain(struct speaker_bgp *bgp, struct event *timer)
{
	const struct timeval later = { .tv_sec = bgp->settings->bgp.drain_seconds };

	(void)evtimer_add(timer, &later);
}

static void on_drained(evutil_socket_t fd, short events, void *arg)
{
	struct speaker_bgp *bgp = arg;

	(void)fd;
	(void)events;
	bgp->is_withdrawn = true;
	bgp->callbacks.replan(bgp->user);
}

static void set_drain(struct peer_link *link, bool is_drained)
{
	bgp_out_set_drain(link->out, is_drained);
	bgp_monitor_drain(link, is_drained);
}

void speaker_bgp_drain(struct speaker_bgp *bgp, bool is_drained)
{
	if (bgp->phase != BGP_RUNS || bgp->is_drained == is_drained)
		return;
	bgp->is_drained = is_drained;
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (bgp->links[i]->out)
			set_drain(bgp->links[i], is_drained);
	}
	if (is_drained) {
		arm_drain(bgp, bgp->drain_timer);
		return;
	}
	(void)evtimer_del(bgp->drain_timer);
	bgp->is_withdrawn = false;
	bgp->callbacks.replan(bgp->user);
}

static bool leaves_for_good(const struct speaker_bgp *bgp)
{
	return bgp->is_drained || bgp->settings->bgp.on_stop == SETTINGS_STOP_LEAVE;
}

/* The peer keeps our routes while we are away: it was agreed, not only asked for. */
static bool keeps_routes(const struct speaker_bgp *bgp, const struct peer_link *link)
{
	return link->session && !leaves_for_good(bgp) &&
		bgp_session_view(link->session).agreed.graceful_restart;
}

/*
 * BFD says AdminDown before BGP ends, but not to who keeps routes: FRR takes it for a failure, ends
 * the session itself with a Cease, and then the routes are gone.
 */
static void leave_bfd(struct speaker_bgp *bgp)
{
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (!keeps_routes(bgp, bgp->links[i]))
			bgp_watch_leave(bgp, bgp->links[i]);
	}
}

/* A peer that keeps the route of an aggregate goes on sending what nobody has. */
static void leave_discard(struct speaker_bgp *bgp)
{
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (keeps_routes(bgp, bgp->links[i]))
			return;
	}
	if (bgp->discard)
		net_discard_clear(bgp->discard);
	/* What is planned until we are over makes none anew. */
	bgp->discard = net_discard_free(bgp->discard);
}

static void end_sessions(struct speaker_bgp *bgp)
{
	bool is_for_good = leaves_for_good(bgp);

	bgp->phase = BGP_ENDS;
	bgp->stop_ns = clock_now_ns();
	leave_bfd(bgp);
	leave_discard(bgp);
	bgp_engine_stop(bgp->engine, is_for_good ? BGP_STOP_FOR_GOOD : BGP_STOP_FOR_RESTART,
		is_for_good ? "the node is taken out" : "the agent stops");
	/* Nobody keeps routes for us any more: the next start is a first one. */
	if (is_for_good)
		(void)unlink(bgp->memory_path);
	arm_ms(bgp->stop_timer, QUIET_POLL_MS);
}

static void on_stop(evutil_socket_t fd, short events, void *arg)
{
	struct speaker_bgp *bgp = arg;

	(void)fd;
	(void)events;
	if (bgp->phase == BGP_DRAINS) {
		end_sessions(bgp);
		return;
	}
	if (!bgp_engine_is_quiet(bgp->engine) &&
		clock_now_ns() - bgp->stop_ns < QUIET_MAX_MS * NS_PER_MS) {
		arm_ms(bgp->stop_timer, QUIET_POLL_MS);
		return;
	}
	bgp->phase = BGP_OVER;
	bgp_monitor_close(bgp);
	bgp->on_stopped(bgp->stop_user);
}

/* How many peers are told to look elsewhere: those that hold routes of ours and will lose them. */
static size_t draw_away(struct speaker_bgp *bgp)
{
	size_t told = 0;

	for (size_t i = 0; i < bgp->link_count; i++) {
		struct peer_link *link = bgp->links[i];
		struct bgp_out_view view;

		if (!link->session || keeps_routes(bgp, link))
			continue;
		view = bgp_out_view(link->out);
		if (view.family[BGP_IPV4_UNICAST].held + view.family[BGP_IPV6_UNICAST].held == 0)
			continue;
		set_drain(link, true);
		told++;
	}
	return told;
}

void speaker_bgp_stop(struct speaker_bgp *bgp, void (*on_done)(void *user), void *user)
{
	if (bgp->phase != BGP_RUNS)
		return;
	bgp->on_stopped = on_done;
	bgp->stop_user = user;
	bgp->phase = BGP_DRAINS;
	(void)evtimer_del(bgp->drain_timer);
	if (draw_away(bgp) > 0 && !bgp->is_withdrawn)
		arm_drain(bgp, bgp->stop_timer);
	else
		arm_ms(bgp->stop_timer, 0);
}

void bgp_leave_open(struct speaker_bgp *bgp)
{
	bgp->drain_timer = evtimer_new(bgp->base, on_drained, bgp);
	bgp->stop_timer = evtimer_new(bgp->base, on_stop, bgp);
}

void bgp_leave_close(struct speaker_bgp *bgp)
{
	event_free(bgp->drain_timer);
	event_free(bgp->stop_timer);
}
