/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/speaker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "speaker/drain.h"
#include "speaker/privileges.h"
#include "speaker/state.h"

#include <errno.h>
#include <string.h>

enum {
	TELL_DELAY_MS = 100,
};

static void ask_turn(struct speaker *speaker)
{
	event_active(speaker->turn, 0, 0);
}

static void tell_assigned(void *user, const struct service *service, struct plan_assigned *ret)
{
	const struct speaker *speaker = user;
	const struct ipam_assignment *found = ipam_find(
		speaker->ipam, object_ns(&service->object), service->object.meta.name);

	*ret = (struct plan_assigned){ .outcome = "not_known" };
	if (!found)
		return;
	memcpy(ret->ips, found->ips, sizeof(ret->ips));
	memcpy(ret->pools, found->pools, sizeof(ret->pools));
	ret->count = found->count;
	ret->outcome = ipam_outcome_name(found->outcome);
	ret->detail = found->detail;
	ret->is_other_class = found->outcome == IPAM_OTHER_CLASS;
}

static struct plan_input plan_input(struct speaker *speaker)
{
	return (struct plan_input){
		.model = speaker->model,
		.self = speaker->settings->node,
		.links = speaker->links,
		.link_count = speaker->link_count,
		.ignore_exclude_label = speaker->settings->ignore_exclude_label,
		.assigned = tell_assigned,
		.bgp = speaker_bgp_input(speaker->bgp),
		.user = speaker,
	};
}

static void on_assignment(void *user, const struct ipam_change *change)
{
	struct speaker *speaker = user;

	saving_mark(speaker->saving);
	events_assignment(speaker, change);
}

static void on_plan(void *user, const struct service_plan *before, const struct service_plan *after)
{
	struct speaker *speaker = user;

	speaker->members_changed = true;
	if (speaker->membership)
		l2_plan(speaker, before, after);
	else
		wanted_change(speaker->wanted, before, after);
	speaker_bgp_plan(speaker->bgp, before, after);
	events_plan(speaker, before, after);
}

static enum ipam_mode mode_of(const struct settings *settings)
{
	switch (settings->allocator) {
	case SETTINGS_ALLOCATE_MANIFESTS:
		return IPAM_MANIFESTS;
	case SETTINGS_ALLOCATE_SELF:
		return IPAM_SELF;
	case SETTINGS_ALLOCATE_FOLLOW:
		return IPAM_FOLLOW;
	}
	return IPAM_MANIFESTS;
}

static void on_wanted(void *user, const struct ip *ip, const unsigned *ifindexes, size_t count)
{
	struct speaker *speaker = user;
	const struct arp_address_conf conf = {
		.ip = *ip,
		.mode = ARP_CLAIM,
		.ifindexes = ifindexes,
		.ifindex_count = count,
	};

	if (count > 0)
		wire_arp_put(&speaker->changes, &conf);
	else
		wire_arp_drop(&speaker->changes, ip);
}

/* Every Service, for when something outside the model changed that all plans rest on. */
static void all_services(const struct speaker *speaker, struct model_dirty *dirty)
{
	model_dirty_fini(dirty);
	dirty->at = xnew_array(struct service_key, model_count(speaker->model, MODEL_SERVICE));
	model_each(speaker->model, MODEL_SERVICE, object)
	{
		dirty->at[dirty->count++] = (struct service_key){
			.ns = xstrdup(object_ns(object)),
			.name = xstrdup(object->meta.name),
		};
	}
}

/* Adds the Services whose assignment changed without being dirty themselves. */
struct touched {
	struct speaker *speaker;
	struct model_dirty *dirty;
	size_t capacity;
};

static void on_touched(void *user, const struct ipam_change *change)
{
	struct touched *touched = user;

	on_assignment(touched->speaker, change);
	*array_add(touched->dirty->at, touched->dirty->count,
		touched->capacity) = (struct service_key){ .ns = xstrdup(change->ns),
		.name = xstrdup(change->name) };
}

static void assign(struct speaker *speaker, struct model_dirty *dirty)
{
	struct model_dirty more = { 0 };
	struct touched touched = { .speaker = speaker, .dirty = &more };

	ipam_update(speaker->ipam, speaker->model, dirty, on_touched, &touched);
	dirty->at = xreallocarray(dirty->at, dirty->count + more.count, sizeof(dirty->at[0]));
	if (more.count > 0)
		memcpy(dirty->at + dirty->count, more.at, more.count * sizeof(more.at[0]));
	dirty->count += more.count;
	free(more.at); /* its text has moved */
}

static void turn(struct speaker *speaker)
{
	struct plan_input input = plan_input(speaker);
	struct model_dirty dirty;

	model_take_dirty(speaker->model, &dirty);
	if (dirty.count > 0 || dirty.is_all)
		assign(speaker, &dirty);
	saving_turn(speaker->saving, speaker->settings, speaker->ipam);
	if (dirty.is_all || speaker->replan_all)
		glue_bgp_peers(speaker);
	if (speaker->replan_all)
		all_services(speaker, &dirty);
	speaker->replan_all = false;
	speaker->plans += dirty.count;
	plan_update(speaker->plan, &input, &dirty, on_plan, speaker);
	model_dirty_fini(&dirty);
	l2_turn(speaker);
	wanted_take(speaker->wanted, on_wanted, speaker);
	wire_arp_send(speaker->wire, &speaker->changes);
	speaker_bgp_flush(speaker->bgp);
}

static void on_turn(evutil_socket_t fd, short events, void *arg)
{
	struct speaker *speaker = arg;
	uint64_t begin = clock_now_ns();

	(void)fd;
	(void)events;
	turn(speaker);
	speaker->turns++;
	speaker->turn_ns = clock_now_ns() - begin;
}

/* To gather what is wrong with all manifests takes time that a change has not. */
static void on_tell(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	events_source(arg);
}

static void on_source(void *user)
{
	const struct timeval soon = { .tv_usec = TELL_DELAY_MS * 1000 };
	struct speaker *speaker = user;

	speaker->members_changed = true;
	if (!evtimer_pending(speaker->tell, NULL))
		(void)evtimer_add(speaker->tell, &soon);
	ask_turn(speaker);
}

static bool same_links(
	const struct plan_link *a, size_t a_count, const struct plan_link *b, size_t b_count)
{
	bool same = a_count == b_count;

	for (size_t i = 0; same && i < a_count; i++)
		same = a[i].ifindex == b[i].ifindex && a[i].can_arp == b[i].can_arp &&
			a[i].can_ndp == b[i].can_ndp && strcmp(a[i].name, b[i].name) == 0;
	return same;
}

static struct arp_link_conf link_conf(const struct speaker *speaker, const struct net_link *link)
{
	struct arp_link_conf conf = {
		.ifindex = link->ifindex,
		.mac = link->mac,
		.can_arp = net_link_judge(link, AF_INET, &speaker->include, &speaker->exclude) ==
			NET_SERVES,
		.can_ndp = net_link_judge(link, AF_INET6, &speaker->include, &speaker->exclude) ==
			NET_SERVES,
		.is_router = net_sysctl("ipv6", link->name, "forwarding") == 1,
	};

	memcpy(conf.name, link->name, sizeof(conf.name));
	if (speaker->settings->announce.ask_gateways)
		conf.gateway = link->gateway;
	return conf;
}

/* Which links serve, for the engine and for the plan. */
static void read_links(struct speaker *speaker)
{
	struct arp_link_conf confs[ARP_LINKS_MAX];
	struct plan_link before[ARP_LINKS_MAX];
	size_t before_count = speaker->link_count;
	size_t count = 0;

	memcpy(before, speaker->links, sizeof(before));
	for (size_t i = 0; i < net_monitor_count(speaker->net) && count < ARP_LINKS_MAX; i++) {
		const struct net_link *link = net_monitor_at(speaker->net, i);
		struct arp_link_conf conf = link_conf(speaker, link);

		if (!conf.can_arp && !conf.can_ndp)
			continue;
		confs[count] = conf;
		speaker->links[count] = (struct plan_link){
			.ifindex = link->ifindex,
			.can_arp = conf.can_arp,
			.can_ndp = conf.can_ndp,
		};
		memcpy(speaker->links[count].name, link->name, sizeof(link->name));
		count++;
	}
	speaker->link_count = count;
	wire_arp_set_links(speaker->wire, confs, count);
	if (same_links(before, before_count, speaker->links, count))
		return;
	speaker->replan_all = true;
}

static void on_net(void *user)
{
	struct speaker *speaker = user;

	speaker->members_changed = true;
	read_links(speaker);
	speaker_bgp_network_changed(speaker->bgp);
	ask_turn(speaker);
}

static void on_wire(void *user, const struct wire_event *event)
{
	switch (event->type) {
	case WIRE_EV_ARP:
		events_arp(user, &event->arp);
		break;
	case WIRE_EV_BFD:
		events_bfd(user, &event->bfd);
		break;
	case WIRE_EV_OWNERSHIP:
		l2_event(user, &event->ownership);
		break;
	case WIRE_EV_LEFT:
		l2_left(user);
		break;
	case WIRE_EV_STALL:
		events_stall(user, event->slept_ns);
		break;
	case WIRE_EV_LOG:
		break;
	}
}

static struct arp_engine_conf engine_conf(const struct settings *settings)
{
	struct arp_engine_conf conf = {
		.schedule.count = settings->announce.schedule_count,
		.schedule.refresh_seconds = settings->announce.refresh_seconds,
		.frames_per_second = settings->announce.frames_per_second,
		.answers_per_second = settings->announce.answers_per_second,
	};

	memcpy(conf.schedule.at_ms, settings->announce.schedule_ms, sizeof(conf.schedule.at_ms));
	return conf;
}

static int compile(struct net_patterns *patterns, const struct strings *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		int r = net_patterns_add(patterns, texts->at[i]);

		if (r < 0) {
			log_error("interface pattern is no regular expression",
				kv_str("pattern", texts->at[i]));
			return r;
		}
	}
	return 0;
}

static int open_ctl(struct speaker *speaker)
{
	const struct settings *settings = speaker->settings;
	const struct ctl_server_conf conf = {
		.path = settings->control.socket,
		.group = settings->control.group,
		.mode = settings->control.mode,
		.handle = views_handle,
		.user = speaker,
	};
	int r = ctl_server_open(speaker->base, &conf, &speaker->ctl);

	if (r < 0)
		log_error("control socket not opened", kv_str("path", conf.path),
			kv_str("group", conf.group), kv_errno(r));
	return r;
}

static int open_http(struct speaker *speaker)
{
	static const struct http_callbacks callbacks = {
		.metrics = speaker_metrics,
		.is_healthy = speaker_is_healthy,
		.is_ready = speaker_is_ready,
	};
	const char *listen = speaker->settings->metrics.listen;
	int r;

	if (listen[0] == '\0')
		return 0;
	r = http_server_open(speaker->base, listen, &callbacks, speaker, &speaker->http);
	if (r < 0)
		log_error("metrics not served", kv_str("listen", listen), kv_errno(r));
	return r;
}

static int open_source(struct speaker *speaker)
{
	const struct conf_directory_conf conf = {
		.path = speaker->settings->source.path,
		.on_change = on_source,
		.user = speaker,
	};
	int r = conf_directory_open(speaker->base, speaker->model, &conf, &speaker->source);

	if (r < 0)
		log_error("manifests not read", kv_str("path", conf.path), kv_errno(r));
	return r;
}

/* What this node gave before it stopped; only the one allocator remembers. */
static void restore(struct speaker *speaker)
{
	int r;

	if (mode_of(speaker->settings) != IPAM_SELF)
		return;
	r = saving_restore(speaker->saving, speaker->ipam);
	if (r < 0 && r != -ENOENT)
		log_error("assignments not restored: addresses may move",
			kv_str("file", saving_path(speaker->saving)), kv_errno(r));
	else if (r > 0)
		log_info("assignments restored", kv_uint("addresses", (uint64_t)r));
}

static int prepare(struct speaker *speaker)
{
	const struct settings *settings = speaker->settings;
	int r = privileges_prepare_dir(settings->state, settings->user);

	if (r < 0) {
		log_error("state directory not usable", kv_str("path", settings->state),
			kv_str("user", settings->user), kv_errno(r));
		return r;
	}
	speaker->saving = saving_new(speaker->base, settings->state);
	speaker->is_drained = drain_is_remembered(settings->state);
	speaker->model = model_new();
	speaker->ipam = ipam_new(mode_of(settings), settings->load_balancer_class);
	speaker->plan = plan_new();
	speaker->wanted = wanted_new();
	speaker->turn = event_new(speaker->base, -1, 0, on_turn, speaker);
	speaker->tell = evtimer_new(speaker->base, on_tell, speaker);
	r = compile(&speaker->include, &settings->interfaces.include);
	return r < 0 ? r : compile(&speaker->exclude, &settings->interfaces.exclude);
}

static int open_network(struct speaker *speaker)
{
	struct wire_conf conf = {
		.arp = engine_conf(speaker->settings),
		.realtime = speaker->settings->wire.realtime,
		.priority = speaker->settings->wire.priority,
		.stall_ns = l2_stall_ns(speaker),
	};
	int r;

	if (speaker->membership)
		conf.hooks = membership_hooks(speaker->membership);
	r = wire_open(speaker->base, &conf, on_wire, speaker, &speaker->wire);
	if (r < 0) {
		log_error("wire thread not started", kv_errno(r));
		return r;
	}
	r = privileges_finish();
	if (r < 0) {
		log_error("privileges not given up", kv_errno(r));
		return r;
	}
	r = net_monitor_open(speaker->base, on_net, speaker, &speaker->net);
	if (r < 0) {
		log_error("netlink not opened", kv_errno(r));
		return r;
	}
	read_links(speaker);
	return 0;
}

static int drop_privileges(struct speaker *speaker)
{
	int r;

	wire_raise_limits();
	r = privileges_drop(speaker->settings->user);

	if (r < 0)
		log_error("privileges not given up", kv_str("user", speaker->settings->user),
			kv_errno(r));
	return r;
}

int speaker_open(struct event_base *base, const char *path, struct settings *settings,
	struct speaker **ret_speaker)
{
	static int (*const steps[])(struct speaker * speaker) = {
		prepare,
		open_ctl,
		open_http,
		glue_bgp_open, /* while it may listen on a port below 1024 */
		l2_open,
		drop_privileges,
		open_network,
		open_source,
	};
	struct speaker *speaker = xnew(struct speaker);

	speaker->base = base;
	speaker->path = path;
	speaker->settings = settings;
	speaker->started_ns = clock_now_ns();
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		int r = steps[i](speaker);

		if (r < 0) {
			speaker_free(speaker);
			return r;
		}
	}
	restore(speaker);
	saving_mark(speaker->saving); /* what others follow may be old */
	events_source(speaker);
	on_turn(-1, 0, speaker);
	*ret_speaker = speaker;
	return 0;
}

struct speaker *speaker_free(struct speaker *speaker)
{
	if (!speaker)
		return NULL;
	if (speaker->plan && speaker->ipam)
		saving_finish(speaker->saving, speaker->settings, speaker->ipam);
	speaker_bgp_free(speaker->bgp);
	conf_directory_free(speaker->source);
	ctl_server_free(speaker->ctl);
	http_server_free(speaker->http);
	net_monitor_free(speaker->net);
	wire_free(speaker->wire);
	l2_close(speaker);
	wanted_free(speaker->wanted);
	plan_free(speaker->plan);
	ipam_free(speaker->ipam);
	model_free(speaker->model);
	net_patterns_fini(&speaker->include);
	net_patterns_fini(&speaker->exclude);
	if (speaker->turn)
		event_free(speaker->turn);
	if (speaker->tell)
		event_free(speaker->tell);
	saving_free(speaker->saving);
	settings_free(speaker->settings);
	free(speaker);
	return NULL;
}

int speaker_take_settings(struct speaker *speaker, struct settings *settings)
{
	struct net_patterns include = { 0 };
	struct net_patterns exclude = { 0 };
	struct arp_engine_conf conf;

	if (compile(&include, &settings->interfaces.include) < 0 ||
		compile(&exclude, &settings->interfaces.exclude) < 0) {
		net_patterns_fini(&include);
		net_patterns_fini(&exclude);
		settings_free(settings);
		return -EINVAL;
	}
	reload_keep_fixed(speaker->settings, settings);
	speaker_bgp_reload(speaker->bgp, settings);
	settings_free(speaker->settings);
	speaker->settings = settings;
	net_patterns_fini(&speaker->include);
	net_patterns_fini(&speaker->exclude);
	speaker->include = include;
	speaker->exclude = exclude;
	log_setup(settings->log.level, settings->log.format);
	conf = engine_conf(settings);
	wire_arp_set_conf(speaker->wire, &conf);
	l2_reload(speaker);
	speaker->replan_all = true;
	saving_mark(speaker->saving);
	read_links(speaker);
	conf_directory_rescan(speaker->source);
	ask_turn(speaker);
	return 0;
}
