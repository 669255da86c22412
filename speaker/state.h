/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent's state, for speaker/ alone: speaker.c changes it, views.c and metrics.c tell of it.
 */

#include "conf/directory.h"
#include "ctl/server.h"
#include "ipam/ipam.h"
#include "net/monitor.h"
#include "plan/plan.h"
#include "speaker/bgp.h"
#include "speaker/http.h"
#include "speaker/l2.h"
#include "speaker/saving.h"
#include "speaker/speaker.h"
#include "speaker/wanted.h"
#include "speaker/wire_arp.h"
#include "speaker/wire_bfd.h"

struct speaker {
	struct event_base *base;
	const char *path; /* borrowed; of the file of the settings */
	struct settings *settings;
	struct model *model;
	struct conf_directory *source;
	struct ipam *ipam;
	struct plan *plan;
	struct wanted *wanted; /* what the plan wants of the wire */
	struct net_monitor *net;
	struct net_patterns include;
	struct net_patterns exclude;
	struct wire *wire;
	struct wire_arp_changes changes; /* of this turn, for the wire thread */
	struct l2 *l2;                   /* NULL: no failover, as the two below */
	struct membership *membership;   /* of l2, borrowed */
	bool members_changed;            /* or addresses, or their candidates */
	struct speaker_bgp *bgp;
	void (*on_stopped)(void *user); /* of speaker_stop() */
	void *stop_user;
	bool is_drained;
	struct ctl_server *ctl;
	struct http_server *http;
	struct event *turn; /* the one job that brings everything in line */
	struct event *tell; /* of the source's findings */
	struct saving *saving;
	bool replan_all;                       /* links changed */
	struct plan_link links[ARP_LINKS_MAX]; /* as the plan saw them last */
	size_t link_count;
	uint64_t started_ns;
	uint64_t turn_ns; /* how long the last turn took */
	uint64_t turns;
	uint64_t plans; /* of Services, all together */
	uint64_t conflicts;
	uint64_t events;
};

/* events.c: logs and publishes what happened. */

/* Takes @facts. */
void events_publish(struct speaker *speaker, const char *what, json_t *facts);
void events_assignment(struct speaker *speaker, const struct ipam_change *change);
void events_plan(struct speaker *speaker, const struct service_plan *before,
	const struct service_plan *after);
void events_arp(struct speaker *speaker, const struct arp_event *event);
void events_bfd(struct speaker *speaker, const struct bfd_event *event);
void events_stall(struct speaker *speaker, uint64_t slept_ns);
void events_source(struct speaker *speaker);
void events_bgp(struct speaker *speaker, const struct speaker_bgp_news *news);

/*
 * Puts @settings, taken, in force, for reload.c. -EINVAL: one of their regular expressions is none;
 * the old settings stay.
 */
must_check int speaker_take_settings(struct speaker *speaker, struct settings *settings);

/* reload.c: what takes a restart stays in @wanted as it is in @now, and a line in the log says so. */
void reload_keep_fixed(struct settings *now, struct settings *wanted);

/* views.c: ctl_handle_fn; @user is the speaker. */
void views_handle(
	void *user, const char *op, const json_t *args, json_t **ret_data, char **ret_error);

/* warnings.c: texts for people about the kernel's part in the addresses of a Service. */
json_t *warnings_of(const struct speaker *speaker, const struct service_plan *plan);

/* views_wire.c */
json_t *view_wire(const struct speaker *speaker);

/* views_bfd.c: all sessions, or that with the "peer" of @args. */
void view_bfd(
	const struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error);

/* bgp_glue.c; the first returns 0, as a step of the start. */
int glue_bgp_open(struct speaker *speaker);
void glue_bgp_peers(struct speaker *speaker);

/* views_bgp.c. False: @op is none of these. */
bool views_bgp_handle(struct speaker *speaker, const char *op, const json_t *args,
	json_t **ret_data, char **ret_error);
/* How the sessions are that @plan is announced over; @ret_detail is the caller's. */
enum plan_reason views_bgp_sessions(
	const struct speaker *speaker, const struct service_plan *plan, char **ret_detail);

/* metrics_bgp.c: a part of speaker_metrics(). */
void metrics_bgp(const struct speaker *speaker, struct strbuf *out);

/* metrics.c: for http_callbacks; @user is the speaker. */
void speaker_metrics(void *user, struct strbuf *out);
bool speaker_is_healthy(void *user, struct strbuf *why);
bool speaker_is_ready(void *user, struct strbuf *why);
