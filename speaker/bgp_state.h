/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state of BGP in the agent, for speaker/bgp*.c alone.
 */

#include "net/discard.h"
#include "speaker/bgp.h"
#include "speaker/bgp_groups.h"
#include "speaker/bgp_identity.h"
#include "speaker/bgp_memory.h"
#include "speaker/health.h"

/* One peer. */
struct peer_link {
	char *name;    /* owned */
	unsigned slot; /* of the plan */
	struct bgp_out *out;
	struct bgp_mirror *mirror;   /* owned; NULL: a collector does not know of the peer */
	struct bgp_group *group;     /* where out is */
	struct bgp_group *wanted;    /* where it belongs, from the next flush on */
	struct bgp_session *session; /* while it is Established */
	bool is_wanted;              /* false: the peer is gone */
	bool has_bfd;                /* bfd_key is a session */
	bool is_near;                /* with has_bfd: in a subnet of our links */
	struct bfd_key bfd_key;
	uint64_t bfd_up_ns; /* when it came Up last; CLOCK_MONOTONIC */
};

enum bgp_stop_phase {
	BGP_RUNS,
	BGP_DRAINS, /* GRACEFUL_SHUTDOWN was said; waiting */
	BGP_ENDS,   /* sessions were ended; what was said is under way */
	BGP_OVER,
};

struct speaker_bgp {
	struct event_base *base;
	const struct settings *settings; /* borrowed */
	struct speaker_bgp_callbacks callbacks;
	void *user;
	struct bgp_engine *engine;
	struct wire *wire;           /* borrowed; has the BFD sessions */
	struct health *health;       /* NULL: not asked */
	struct net_discard *discard; /* NULL: not asked for */
	struct bgp_monitor *monitor; /* NULL: no collector is configured */
	struct bgp_engine_conf conf;
	struct bgp_memory memory; /* as it is on the disk */
	struct bgp_identity identity;
	uint32_t recalled_id; /* that peers which wait for us know us by; 0: none */
	char *memory_path;    /* owned */
	struct plan_bgp_peers *peers;
	struct plan_bgp_routes *routes;
	struct bgp_groups groups;
	struct peer_link **links; /* owned */
	size_t link_count;
	size_t link_capacity;
	struct event *drain_timer;
	struct event *stop_timer;
	struct event *restart_timer; /* peers that wait for us have given up */
	bool peers_changed;
	bool has_swept; /* the discard routes of a run before */
	bool is_drained;
	bool is_withdrawn;
	enum bgp_stop_phase phase;
	uint64_t stop_ns; /* when the phase began */
	void (*on_stopped)(void *user);
	void *stop_user;
};

struct peer_link *peer_link_find(const struct speaker_bgp *bgp, const char *name);

/* The plan's view of @link, or NULL if it is gone. */
const struct plan_bgp_peer *peer_link_peer(
	const struct speaker_bgp *bgp, const struct peer_link *link);

void bgp_tell(struct speaker_bgp *bgp, const char *what, const char *peer, const char *detail,
	bool is_bad);

/* bgp_watch.c: BFD beside the sessions (RFC 5882). */
/* Makes, changes or ends the BFD session of @link. @met: of an unnumbered peer that is up. */
void bgp_watch_peer(struct speaker_bgp *bgp, struct peer_link *link, const struct ip *met);
/* Addresses of links changed. */
void bgp_watch_network(struct speaker_bgp *bgp);
void bgp_watch_end(struct speaker_bgp *bgp, struct peer_link *link);
/* AdminDown: what follows is meant. */
void bgp_watch_leave(struct speaker_bgp *bgp, const struct peer_link *link);

/* bgp_discard.c: routes for what is behind an aggregate and nobody has. */
/* Gets ready if the settings ask for it; else drops those of a run before. */
void bgp_discard_open(struct speaker_bgp *bgp);
/* @prefix is announced, or not. */
void bgp_discard_set(struct speaker_bgp *bgp, const struct ip_prefix *prefix, bool is_announced);
/* All that is announced was set. */
void bgp_discard_flush(struct speaker_bgp *bgp);
/* bgp_monitor.c: what a collector is told; each does nothing where there is none. */
void bgp_monitor_open(struct speaker_bgp *bgp);
/* Tells it that we go. Before the links and groups are freed. */
void bgp_monitor_close(struct speaker_bgp *bgp);
/* After the settings changed, which were @before. */
void bgp_monitor_reload(struct speaker_bgp *bgp, const struct settings *before);
/* The session of @link is up. */
void bgp_monitor_up(
	struct speaker_bgp *bgp, struct peer_link *link, const struct bgp_export *export);
void bgp_monitor_down(struct speaker_bgp *bgp, struct peer_link *link, const struct bgp_end *end);
/* BGP_EVENT_UPDATE */
void bgp_monitor_update(
	struct speaker_bgp *bgp, const struct peer_link *link, const struct bgp_event *event);
/* The same as is done to link->out. */
void bgp_monitor_export(struct peer_link *link, const struct bgp_export *export);
void bgp_monitor_move(struct peer_link *link);
void bgp_monitor_drain(struct peer_link *link, bool is_drain);
/* The link ends. */
void bgp_monitor_forget(struct peer_link *link);

/* bgp_leave.c: drain and stop. */
void bgp_leave_open(struct speaker_bgp *bgp);
void bgp_leave_close(struct speaker_bgp *bgp);
