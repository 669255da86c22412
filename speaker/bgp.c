/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/bgp.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "model/select.h"
#include "speaker/bgp_convert.h"
#include "speaker/bgp_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct peer_link *peer_link_find(const struct speaker_bgp *bgp, const char *name)
{
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (strcmp(bgp->links[i]->name, name) == 0)
			return bgp->links[i];
	}
	return NULL;
}

const struct plan_bgp_peer *peer_link_peer(
	const struct speaker_bgp *bgp, const struct peer_link *link)
{
	return plan_bgp_peers_find(bgp->peers, link->name);
}

void bgp_tell(struct speaker_bgp *bgp, const char *what, const char *peer, const char *detail,
	bool is_bad)
{
	const struct speaker_bgp_news news = {
		.what = what, .peer = peer, .detail = detail, .is_bad = is_bad
	};

	bgp->callbacks.tell(bgp->user, &news);
}

static size_t fill(void *user, uint8_t *buf, size_t cap)
{
	return bgp_out_fill(user, buf, cap);
}

static void wake(void *user)
{
	const struct peer_link *link = user;

	if (link->session)
		bgp_session_wake(link->session);
}

static void on_up(struct speaker_bgp *bgp, struct peer_link *link, const struct bgp_event *event)
{
	struct bgp_session_view view = bgp_session_view(event->session);

	link->session = event->session;
	bgp_out_up(link->out, event->export);
	bgp_session_set_output(event->session, fill, link->out);
	bgp_watch_peer(bgp, link, &view.remote);
	bgp_monitor_up(bgp, link, event->export);
	bgp_tell(bgp, "BGP session up", link->name, "", false);
}

static void on_down(struct speaker_bgp *bgp, struct peer_link *link, const struct bgp_event *event)
{
	char text[BGP_END_TEXT_SIZE];

	link->session = NULL;
	bgp_out_down(link->out);
	bgp_monitor_down(bgp, link, event->end);
	bgp_tell(bgp, "BGP session down", link->name, bgp_end_format(event->end, text), true);
}

static void on_event(void *user, const struct bgp_event *event)
{
	struct speaker_bgp *bgp = user;
	struct peer_link *link = peer_link_find(bgp, bgp_session_conf(event->session)->name);
	struct bgp_session_view view;
	char text[BGP_END_TEXT_SIZE];

	if (!link)
		return;
	switch (event->type) {
	case BGP_EVENT_UP:
		on_up(bgp, link, event);
		break;
	case BGP_EVENT_DOWN:
		on_down(bgp, link, event);
		break;
	case BGP_EVENT_FAILED:
		bgp_tell(bgp, "BGP session not established", link->name,
			bgp_end_format(event->end, text), true);
		break;
	case BGP_EVENT_EXPORT:
		bgp_out_set_export(link->out, event->export);
		bgp_monitor_export(link, event->export);
		log_info("other next hops for a peer", kv_str("peer", link->name),
			kv_ip("ipv4", &event->export->next_hop_v4),
			kv_ip("ipv6", &event->export->next_hop_v6));
		break;
	case BGP_EVENT_FOUND:
		view = bgp_session_view(event->session);
		bgp_watch_peer(bgp, link, &view.remote);
		break;
	case BGP_EVENT_REFRESH:
		bgp_out_refresh(link->out, event->family);
		break;
	case BGP_EVENT_UPDATE:
		bgp_monitor_update(bgp, link, event);
		break;
	case BGP_EVENT_GONE:
		break;
	}
}

static void on_health(void *user)
{
	struct speaker_bgp *bgp = user;

	log_info("health of the node asked", kv_str("url", bgp->settings->bgp.health),
		kv_str("answer", health_text(bgp->health)));
	bgp->callbacks.replan(bgp->user);
}

static void remember(struct speaker_bgp *bgp, uint8_t families)
{
	struct bgp_memory now = { .router_id = bgp->conf.router_id, .families = families };
	int r;

	bgp_memory_boot_id(now.boot_id);
	(void)snprintf(now.node, sizeof(now.node), "%s", bgp->settings->node);
	if (now.router_id == bgp->memory.router_id && now.families == bgp->memory.families &&
		strcmp(now.boot_id, bgp->memory.boot_id) == 0 &&
		strcmp(now.node, bgp->memory.node) == 0)
		return;
	bgp->memory = now;
	r = bgp_memory_save(bgp->memory_path, &now);
	if (r < 0)
		log_error("state of BGP not saved: a restart will look like a new start",
			kv_str("file", bgp->memory_path), kv_errno(r));
}

/* Peers keep routes for us if we were here before; they may use them if the kernel is the same. */
static void recall(struct speaker_bgp *bgp)
{
	char boot_id[BGP_BOOT_ID_SIZE];
	int r = bgp_memory_load(bgp->memory_path, &bgp->memory);

	if (r < 0 && r != -ENOENT)
		log_warn("state of BGP not read", kv_str("file", bgp->memory_path), kv_errno(r));
	if (r == 0 && strcmp(bgp->memory.node, bgp->settings->node) != 0) {
		log_warn("state of BGP is of another node: not used",
			kv_str("node", bgp->memory.node));
		bgp->memory = (struct bgp_memory){ 0 };
	}
	bgp_memory_boot_id(boot_id);
	bgp->conf.is_restarting = bgp->memory.families != 0;
	if (boot_id[0] == '\0' || strcmp(boot_id, bgp->memory.boot_id) != 0)
		return;
	bgp->conf.forwarding = bgp->memory.families;
	if (bgp->conf.is_restarting)
		bgp->recalled_id = bgp->memory.router_id;
}

static void on_restart_over(evutil_socket_t fd, short events, void *arg)
{
	struct speaker_bgp *bgp = arg;

	(void)fd;
	(void)events;
	bgp->conf.is_restarting = false;
	bgp->conf.forwarding = 0;
	bgp_engine_set_conf(bgp->engine, &bgp->conf);
}

static void set_listen(struct speaker_bgp *bgp)
{
	const struct strings *listen = &bgp->settings->bgp.listen;

	for (size_t i = 0; i < listen->count && i < BGP_LISTEN_MAX; i++)
		(void)!ip_parse(listen->at[i], &bgp->conf.listen[i]); /* was checked */
	bgp->conf.listen_port = (uint16_t)bgp->settings->bgp.port;
}

static void open_health(struct speaker_bgp *bgp)
{
	const char *url = bgp->settings->bgp.health;
	int r;

	if (url[0] == '\0')
		return;
	r = health_open(bgp->base, url, on_health, bgp, &bgp->health);
	if (r < 0)
		log_error("health of the node can not be asked", kv_str("url", url), kv_errno(r));
}

struct speaker_bgp *speaker_bgp_new(struct event_base *base, const struct settings *settings,
	const struct speaker_bgp_callbacks *callbacks, void *user, bool is_drained)
{
	struct speaker_bgp *bgp = xnew(struct speaker_bgp);
	const struct timeval patience = { .tv_sec = settings->bgp.restart_seconds };

	bgp->base = base;
	bgp->settings = settings;
	bgp->callbacks = *callbacks;
	bgp->user = user;
	bgp->is_drained = is_drained;
	bgp->is_withdrawn = is_drained;
	bgp->memory_path = xasprintf("%s/bgp.json", settings->state);
	bgp->peers = plan_bgp_peers_new();
	bgp->routes = plan_bgp_routes_new();
	(void)gethostname(bgp->conf.hostname, sizeof(bgp->conf.hostname) - 1);
	recall(bgp);
	set_listen(bgp);
	bgp->engine = bgp_engine_new(base, &bgp->conf, on_event, bgp);
	bgp->restart_timer = evtimer_new(base, on_restart_over, bgp);
	if (bgp->conf.is_restarting)
		(void)evtimer_add(bgp->restart_timer, &patience);
	bgp_leave_open(bgp);
	bgp_discard_open(bgp);
	open_health(bgp);
	bgp_monitor_open(bgp);
	return bgp;
}

static void link_free(struct speaker_bgp *bgp, struct peer_link *link)
{
	bgp_watch_end(bgp, link);
	bgp_monitor_forget(link);
	bgp_out_free(link->out);
	free(link->name);
	free(link);
}

struct speaker_bgp *speaker_bgp_free(struct speaker_bgp *bgp)
{
	if (!bgp)
		return NULL;
	health_free(bgp->health);
	bgp_monitor_close(bgp);
	bgp_engine_free(bgp->engine);
	for (size_t i = 0; i < bgp->link_count; i++)
		link_free(bgp, bgp->links[i]);
	free(bgp->links);
	bgp_groups_fini(&bgp->groups);
	(void)net_discard_free(bgp->discard);
	bgp_leave_close(bgp);
	event_free(bgp->restart_timer);
	plan_bgp_routes_free(bgp->routes);
	plan_bgp_peers_free(bgp->peers);
	free(bgp->memory_path);
	explicit_bzero(bgp, sizeof(*bgp));
	free(bgp);
	return NULL;
}

struct plan_bgp_input speaker_bgp_input(const struct speaker_bgp *bgp)
{
	struct plan_bgp_input input = {
		.peers = bgp->peers,
		.weighs_endpoints = bgp->settings->bgp.weights,
	};

	if (bgp->is_withdrawn)
		input.withheld = PLAN_NODE_DRAINED;
	else if (bgp->health && !health_is_good(bgp->health))
		input.withheld = PLAN_NODE_UNHEALTHY;
	return input;
}

static uint32_t id_of(const struct ip *ip)
{
	return ip->family == AF_INET ? (uint32_t)ip_to_uint(ip) : 0;
}

static void choose_router_id(
	struct speaker_bgp *bgp, const struct model *model, uint32_t fallback_id)
{
	const struct node *node = (const struct node *)model_find(
		model, MODEL_NODE, NULL, bgp->settings->node);
	struct bgp_identity_facts facts = { .recalled = bgp->recalled_id, .fallback = fallback_id };
	struct ip ip = { 0 };

	if (node) {
		ip = node_internal_ip(node, AF_INET);
		facts.node = id_of(&ip);
	}
	if (bgp->settings->bgp.router_id[0] != '\0') {
		(void)!ip_parse(bgp->settings->bgp.router_id, &ip); /* was checked */
		facts.setting = id_of(&ip);
	}
	bgp->identity = bgp_identity_choose(bgp->identity, &facts);
	if (bgp->conf.router_id == bgp->identity.id)
		return;
	bgp->conf.router_id = bgp->identity.id;
	bgp_engine_set_conf(bgp->engine, &bgp->conf);
}

static void on_peer(void *user, const struct plan_bgp_peer *before, const struct plan_bgp_peer *now)
{
	struct speaker_bgp *bgp = user;

	bgp->peers_changed = true;
	if (now && now->reason != PLAN_PASSED && (!before || before->reason != now->reason))
		bgp_tell(bgp, "BGP peer can not be used", now->name,
			now->detail[0] != '\0' ? now->detail : plan_reason_text(now->reason), true);
	else if (now && now->detail[0] != '\0' &&
		(!before || strcmp(before->detail, now->detail) != 0))
		bgp_tell(bgp, "BGP peer not as written", now->name, now->detail, true);
}

/* All peers as the engine knows them. */
static void set_peers(struct speaker_bgp *bgp)
{
	size_t count = plan_bgp_peers_count(bgp->peers);
	struct bgp_peer_conf *confs = xnew_array(struct bgp_peer_conf, count + 1);
	uint8_t families = 0;

	for (size_t i = 0; i < count; i++) {
		confs[i] = bgp_convert_peer(plan_bgp_peers_at(bgp->peers, i),
			bgp->settings->bgp.restart_seconds, bgp->settings->bgp.long_lived_seconds);
		if (confs[i].has_graceful_restart)
			families |= confs[i].families;
	}
	bgp_engine_set_peers(bgp->engine, confs, count);
	explicit_bzero(confs, (count + 1) * sizeof(confs[0])); /* passwords */
	free(confs);
	if (count > 0)
		remember(bgp, families);
}

/* One link a peer; a new one tells its session of routes from the next flush on. */
static void make_links(struct speaker_bgp *bgp, const struct model *model)
{
	for (size_t i = 0; i < bgp->link_count; i++)
		bgp->links[i]->is_wanted = false;
	bgp_groups_begin(&bgp->groups);
	for (size_t i = 0; i < plan_bgp_peers_count(bgp->peers); i++) {
		const struct plan_bgp_peer *peer = plan_bgp_peers_at(bgp->peers, i);
		struct peer_link *link = peer_link_find(bgp, peer->name);

		if (peer->slot >= PLAN_BGP_PEERS_MAX)
			continue; /* a peer too many: it is held down and hears nothing */
		if (!link) {
			link = xnew(struct peer_link);
			link->name = xstrdup(peer->name);
			*array_add(bgp->links, bgp->link_count, bgp->link_capacity) = link;
		}
		link->is_wanted = true;
		link->slot = peer->slot;
		link->wanted = bgp_groups_join(
			&bgp->groups, model, peer, bgp->settings->bgp.weights);
	}
}

/* After the engine let go of their sessions. */
static void drop_links(struct speaker_bgp *bgp)
{
	size_t kept = 0;

	for (size_t i = 0; i < bgp->link_count; i++) {
		if (bgp->links[i]->is_wanted)
			bgp->links[kept++] = bgp->links[i];
		else
			link_free(bgp, bgp->links[i]);
	}
	bgp->link_count = kept;
}

static void place_link(struct speaker_bgp *bgp, struct peer_link *link)
{
	if (!link->out) {
		link->out = bgp_out_new(link->wanted->rib, wake, link);
		bgp_out_set_drain(link->out, bgp->is_drained);
	} else if (link->group != link->wanted) {
		bgp_out_move(link->out, link->wanted->rib);
		bgp_monitor_move(link);
	}
	link->group = link->wanted;
}

static void place_links(struct speaker_bgp *bgp)
{
	for (size_t i = 0; i < bgp->link_count; i++) {
		if (bgp->links[i]->is_wanted)
			place_link(bgp, bgp->links[i]);
	}
}

void speaker_bgp_peers(struct speaker_bgp *bgp, const struct model *model, uint32_t fallback_id)
{
	if (bgp->phase != BGP_RUNS)
		return;
	choose_router_id(bgp, model, fallback_id);
	(void)plan_bgp_peers_update(bgp->peers, model, bgp->settings->node, on_peer, bgp);
	make_links(bgp, model);
}

void speaker_bgp_set_wire(struct speaker_bgp *bgp, struct wire *wire)
{
	bgp->wire = wire;
}

void speaker_bgp_plan(struct speaker_bgp *bgp, const struct service_plan *before,
	const struct service_plan *after)
{
	plan_bgp_routes_change(bgp->routes, before, after);
}

static void reconfigure(struct speaker_bgp *bgp)
{
	if (!bgp->peers_changed)
		return;
	bgp->peers_changed = false;
	set_peers(bgp);
	drop_links(bgp);
	for (size_t i = 0; i < bgp->link_count; i++)
		bgp_watch_peer(bgp, bgp->links[i], NULL);
}

static void on_route(void *user, const struct ip_prefix *prefix,
	const struct plan_bgp_route *routes, size_t count)
{
	struct speaker_bgp *bgp = user;

	bgp_groups_route(&bgp->groups, prefix, routes, count);
	bgp_discard_set(bgp, prefix, count > 0);
}

static void flush_routes(struct speaker_bgp *bgp)
{
	size_t before = plan_bgp_routes_too_many(bgp->routes);
	size_t now;

	plan_bgp_routes_flush(bgp->routes, on_route, bgp);
	bgp_groups_fill(&bgp->groups, bgp->routes);
	now = plan_bgp_routes_too_many(bgp->routes);
	if (now > before)
		log_warn("routes with too many communities are not announced",
			kv_uint("routes", now), kv_uint("more", now - before));
}

void speaker_bgp_flush(struct speaker_bgp *bgp)
{
	bool is_known = !bgp->health || health_is_known(bgp->health);

	/* What changes while traffic is drawn away is told too, to the peers that there are. */
	if (bgp->phase != BGP_RUNS && bgp->phase != BGP_DRAINS)
		return;
	flush_routes(bgp);
	if (bgp->phase == BGP_RUNS) {
		place_links(bgp);
		reconfigure(bgp);
		bgp_groups_sweep(&bgp->groups);
	}
	/* Until it is known whether anything may be announced, nothing is the end of the routes. */
	bgp_groups_flush(&bgp->groups, is_known);
	if (is_known)
		bgp_discard_flush(bgp);
}

static bool same_strings(const struct strings *a, const struct strings *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->at[i], b->at[i]) == 0;
	return same;
}

void speaker_bgp_reload(struct speaker_bgp *bgp, const struct settings *settings)
{
	const struct settings *now = bgp->settings;

	if (!same_strings(&now->bgp.listen, &settings->bgp.listen) ||
		now->bgp.port != settings->bgp.port)
		log_warn("this setting needs a restart", kv_str("key", "bgp.listen"));
	if (now->bgp.discard_aggregates != settings->bgp.discard_aggregates)
		log_warn("this setting needs a restart", kv_str("key", "bgp.discard_aggregates"));
	if (strcmp(now->bgp.health, settings->bgp.health) != 0)
		log_warn("this setting needs a restart", kv_str("key", "bgp.health"));
	bgp->settings = settings;
	bgp->peers_changed = true;
	bgp_monitor_reload(bgp, now);
}

void speaker_bgp_network_changed(struct speaker_bgp *bgp)
{
	if (bgp->phase != BGP_RUNS)
		return;
	bgp_engine_network_changed(bgp->engine);
	bgp_watch_network(bgp);
}

bool speaker_bgp_refresh(struct speaker_bgp *bgp, const char *name)
{
	struct peer_link *link = peer_link_find(bgp, name);

	if (!link || !link->session)
		return false;
	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++)
		bgp_out_refresh(link->out, family);
	return true;
}
