/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What happened, told once: as a line of the log and as an event on the control socket.
 */

#include "base/clock.h"
#include "base/log.h"
#include "speaker/state.h"

#include <string.h>

void events_publish(struct speaker *speaker, const char *what, json_t *facts)
{
	char time[CLOCK_TEXT_SIZE];
	json_t *event = json_pack(
		"{s:s, s:s}", "time", clock_format(clock_wall_ns(), time), "event", what);

	(void)json_object_update(event, facts);
	json_decref(facts);
	speaker->events++;
	ctl_server_publish(speaker->ctl, event);
}

static json_t *service_facts(const char *ns, const char *name)
{
	return json_pack("{s:s, s:s}", "namespace", ns, "name", name);
}

static void set_ip(json_t *facts, const char *key, const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	(void)json_object_set_new(facts, key, json_string(ip_format(ip, text)));
}

static bool had(const struct ipam_change *change, const struct ip *ip)
{
	for (size_t i = 0; i < change->before_count; i++) {
		if (ip_equal(&change->before[i], ip))
			return true;
	}
	return false;
}

static bool has(const struct ipam_change *change, const struct ip *ip)
{
	for (size_t i = 0; change->now && i < change->now->count; i++) {
		if (ip_equal(&change->now->ips[i], ip))
			return true;
	}
	return false;
}

static void tell_address(struct speaker *speaker, const struct ipam_change *change,
	const char *what, const struct ip *ip)
{
	json_t *facts = service_facts(change->ns, change->name);

	set_ip(facts, "ip", ip);
	log_info(what, kv_str("namespace", change->ns), kv_str("name", change->name),
		kv_ip("ip", ip));
	events_publish(speaker, what, facts);
}

static void tell_outcome(struct speaker *speaker, const struct ipam_change *change)
{
	const struct ipam_assignment *now = change->now;
	json_t *facts = service_facts(change->ns, change->name);

	(void)json_object_set_new(facts, "reason", json_string(ipam_outcome_name(now->outcome)));
	(void)json_object_set_new(facts, "detail", json_string(now->detail ? now->detail : ""));
	log_warn("no address as asked for", kv_str("namespace", change->ns),
		kv_str("name", change->name), kv_str("reason", ipam_outcome_name(now->outcome)),
		kv_str("detail", now->detail));
	events_publish(speaker, "no address as asked for", facts);
}

void events_assignment(struct speaker *speaker, const struct ipam_change *change)
{
	for (size_t i = 0; i < change->before_count; i++) {
		if (!has(change, &change->before[i]))
			tell_address(speaker, change, "address taken away", &change->before[i]);
	}
	for (size_t i = 0; change->now && i < change->now->count; i++) {
		if (!had(change, &change->now->ips[i]))
			tell_address(speaker, change, "address assigned", &change->now->ips[i]);
	}
	if (change->now && change->now->outcome != IPAM_ASSIGNED &&
		change->now->outcome != IPAM_NOT_LOAD_BALANCER &&
		change->now->outcome != IPAM_OTHER_CLASS)
		tell_outcome(speaker, change);
}

static enum plan_reason reason_of(const struct service_plan *plan)
{
	return plan ? service_plan_reason(plan) : PLAN_NOT_LOAD_BALANCER;
}

static bool is_candidate(enum plan_reason reason)
{
	return reason == PLAN_PASSED || reason == PLAN_NOT_ELECTED;
}

void events_plan(struct speaker *speaker, const struct service_plan *before,
	const struct service_plan *after)
{
	const struct service_plan *any = after ? after : before;
	enum plan_reason was = reason_of(before);
	enum plan_reason now = reason_of(after);
	const char *what = now == PLAN_PASSED ? "service announced here" :
						"service not announced here";
	json_t *facts;

	/* Who of the candidates announces is not the plan's to say then. */
	if (was == now || (speaker->membership && is_candidate(was) && is_candidate(now)))
		return;
	if (speaker->membership)
		what = is_candidate(now) ? "service can be announced here" :
					   "service can not be announced here";
	facts = service_facts(any->ns, any->name);
	(void)json_object_set_new(facts, "reason", json_string(plan_reason_name(now)));
	log_info(what, kv_str("namespace", any->ns), kv_str("name", any->name),
		kv_str("reason", plan_reason_name(now)));
	events_publish(speaker, what, facts);
}

void events_arp(struct speaker *speaker, const struct arp_event *event)
{
	static const char *const texts[] = {
		[ARP_EV_ANNOUNCED] = "address announced",
		[ARP_EV_PROBE_CONFLICT] = "address not announced: another host has it",
		[ARP_EV_CONFLICT] = "another host claims an address of ours",
		[ARP_EV_CONFLICT_OVER] = "nobody else claims the address any more",
		[ARP_EV_RIVAL] = "another host asks for an address that we ask for",
		[ARP_EV_LINK_UP] = "link served",
		[ARP_EV_LINK_FAILED] = "link not served",
		[ARP_EV_SEND_FAILED] = "frames do not leave",
		[ARP_EV_JOIN_FAILED] = "multicast group not joined",
		[ARP_EV_COUNT_] = NULL,
	};
	const char *what = texts[event->type];
	char mac[MAC_TEXT_SIZE];
	json_t *facts;

	if (!what)
		return; /* a matter between the engine and who asked it */
	facts = json_object();
	if (event->type == ARP_EV_CONFLICT || event->type == ARP_EV_PROBE_CONFLICT)
		speaker->conflicts++;
	if (ip_is_set(&event->ip))
		set_ip(facts, "ip", &event->ip);
	if (!mac_is_zero(&event->mac))
		(void)json_object_set_new(facts, "mac", json_string(mac_format(&event->mac, mac)));
	if (event->link[0] != '\0')
		(void)json_object_set_new(facts, "link", json_string(event->link));
	if (event->error < 0)
		(void)json_object_set_new(facts, "error", json_string(strerror(-event->error)));

	if (event->error < 0)
		log_warn(what, kv_str("link", event->link), kv_errno(event->error));
	else if (!mac_is_zero(&event->mac))
		log_warn(what, kv_ip("ip", &event->ip), kv_str("link", event->link),
			kv_mac("mac", &event->mac));
	else
		log_info(what, kv_ip("ip", &event->ip), kv_str("link", event->link));
	events_publish(speaker, what, facts);
}

void events_bfd(struct speaker *speaker, const struct bfd_event *event)
{
	static const char *const texts[] = {
		[BFD_EV_STATE] = "BFD session changed",
		[BFD_EV_PEER_GONE] = "BFD peer is said not to listen",
		[BFD_EV_SOCKET] = "BFD packets do not leave",
		[BFD_EV_STALL] = "BFD slept",
	};
	const char *what = texts[event->type];
	char peer[IP_TEXT_SIZE];

	log_info(what, kv_ip("peer", &event->key.peer),
		kv_str("state", bfd_state_name(event->state)),
		kv_str("cause", bfd_cause_name(event->cause)),
		kv_str("diag", bfd_diag_name(event->diag)),
		kv_uint("silence_ms", event->silence_ns / NS_PER_MS));
	events_publish(speaker, what,
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "peer", ip_format(&event->key.peer, peer),
			"state", bfd_state_name(event->state), "was",
			bfd_state_name(event->old_state), "cause", bfd_cause_name(event->cause),
			"diag", bfd_diag_name(event->diag)));
	speaker_bgp_bfd(speaker->bgp, event);
}

void events_stall(struct speaker *speaker, uint64_t slept_ns)
{
	const char *what = "the wire thread slept: announced addresses are asked for anew";

	log_warn(what, kv_uint("slept_ms", slept_ns / NS_PER_MS));
	events_publish(
		speaker, what, json_pack("{s:I}", "slept_ms", (json_int_t)(slept_ns / NS_PER_MS)));
}

void events_source(struct speaker *speaker)
{
	const struct report *report = conf_directory_report(speaker->source);
	struct conf_directory_counts counts = conf_directory_counts(speaker->source);

	if (report->found[SEVERITY_ERROR] == 0) {
		log_info("manifests read", kv_uint("files", counts.files),
			kv_uint("objects", counts.objects),
			kv_uint("warnings", report->found[SEVERITY_WARNING]));
		return;
	}
	for (size_t i = 0; i < report->count; i++) {
		auto_(strbuf_finip) struct strbuf line = { 0 };

		if (report->at[i].severity != SEVERITY_ERROR)
			continue;
		diagnostic_print(&report->at[i], &line);
		log_limited(LOG_L_ERROR, "a manifest is not in force",
			kv_str("finding", strbuf_text(&line)));
	}
	events_publish(speaker, "manifests with errors",
		json_pack("{s:I}", "errors", (json_int_t)report->found[SEVERITY_ERROR]));
}

void events_bgp(struct speaker *speaker, const struct speaker_bgp_news *news)
{
	json_t *facts = json_pack("{s:s}", "peer", news->peer);

	if (news->detail[0] != '\0')
		(void)json_object_set_new(facts, "detail", json_string(news->detail));
	if (news->is_bad)
		log_limited(LOG_L_WARN, news->what, kv_str("peer", news->peer),
			kv_str("detail", news->detail));
	else
		log_info(news->what, kv_str("peer", news->peer));
	events_publish(speaker, news->what, facts);
}
