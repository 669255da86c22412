/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Metrics under MetalLB's names where it has one, so that dashboards go on working; ours under
 * bellman_. And what /healthz and /readyz mean.
 */

#include "base/metrics.h"

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/l2_owners.h"
#include "speaker/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	TURN_SLOW_MS = 5000 /* a turn that took longer than this is an illness */
};

static void write_pool(
	const struct ipam *ipam, struct strbuf *out, const char *name, bool in_use, int family)
{
	for (size_t i = 0; i < ipam_pool_count(ipam); i++) {
		struct ipam_pool_view pool = ipam_pool_at(ipam, i);
		const uint64_t *values = in_use ? pool.in_use : pool.total;
		const struct metric_label labels[] = { { "pool", pool.name } };
		uint64_t both = values[0] > INT64_MAX - values[1] ? INT64_MAX :
								    values[0] + values[1];

		metrics_sample(out, name, labels, 1, family < 0 ? both : values[family]);
	}
}

static void write_pools(const struct speaker *speaker, struct strbuf *out)
{
	static const struct {
		const char *name;
		const char *help;
		bool in_use;
		int family;
	} families[] = {
		{ "metallb_allocator_addresses_total", "Addresses of the pool.", false, -1 },
		{ "metallb_allocator_ipv4_addresses_total", "IPv4 addresses of the pool.", false,
			0 },
		{ "metallb_allocator_ipv6_addresses_total", "IPv6 addresses of the pool.", false,
			1 },
		{ "metallb_allocator_addresses_in_use_total", "Addresses in use.", true, -1 },
		{ "metallb_allocator_ipv4_addresses_in_use_total", "IPv4 addresses in use.", true,
			0 },
		{ "metallb_allocator_ipv6_addresses_in_use_total", "IPv6 addresses in use.", true,
			1 },
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		metrics_family(out, families[i].name, "gauge", families[i].help);
		write_pool(speaker->ipam, out, families[i].name, families[i].in_use,
			families[i].family);
	}
}

/* Adds @assignment to the counts of its pools, each once; names of pools are one text each. */
static void count_service(
	const struct ipam *ipam, const struct ipam_assignment *assignment, uint64_t *counts)
{
	for (size_t i = 0; assignment->count > 0 && i < ipam_pool_count(ipam); i++) {
		const char *name = ipam_pool_at(ipam, i).name;

		counts[i] += assignment->pools[0] == name ||
			(assignment->count > 1 && assignment->pools[1] == name);
	}
}

static void write_allocated(const struct ipam *ipam, struct strbuf *out)
{
	const char *name = "metallb_allocator_services_allocated_total";
	auto_(freep) uint64_t *counts = xcalloc(ipam_pool_count(ipam), sizeof(counts[0]));

	for (const struct ipam_assignment *at = ipam_first(ipam); at; at = ipam_next(ipam, at))
		count_service(ipam, at, counts);
	metrics_family(out, name, "gauge", "Services with an address of the pool.");
	for (size_t i = 0; i < ipam_pool_count(ipam); i++) {
		const struct metric_label labels[] = { { "pool", ipam_pool_at(ipam, i).name } };

		metrics_sample(out, name, labels, 1, counts[i]);
	}
}

static void write_address(const struct speaker *speaker, const char *service, const char *protocol,
	const struct plan_address *address, struct strbuf *out)
{
	char ip[IP_TEXT_SIZE];
	const struct metric_label labels[] = {
		{ "service", service },
		{ "protocol", protocol },
		{ "node", speaker->settings->node },
		{ "ip", ip_format(&address->ip, ip) },
	};

	metrics_sample(out, "metallb_speaker_announced", labels, 4, 1);
}

static void write_announced(const struct speaker *speaker, struct strbuf *out)
{
	struct l2_owners owners = l2_owners_take(speaker);

	metrics_family(
		out, "metallb_speaker_announced", "gauge", "Addresses that this node announces.");
	for (const struct service_plan *at = plan_first(speaker->plan); at;
		at = plan_next(speaker->plan, at)) {
		char service[512];

		(void)snprintf(service, sizeof(service), "%s/%s", at->ns, at->name);
		for (size_t i = 0; i < at->address_count; i++) {
			const struct plan_address *address = &at->addresses[i];

			if (l2_owners_reason(&owners, address) == PLAN_PASSED)
				write_address(speaker, service, "layer2", address, out);
			if (address->bgp_reason == PLAN_PASSED)
				write_address(speaker, service, "bgp", address, out);
		}
	}
	l2_owners_fini(&owners);
}

/* One counter of the addresses, written as a family of its own. */
struct counter_writer {
	struct strbuf *out;
	const char *name;
	size_t offset; /* in struct arp_counters */
};

static void write_counter(void *user, const struct arp_address_view *view)
{
	const struct counter_writer *writer = user;
	char ip[IP_TEXT_SIZE];
	const struct metric_label labels[] = {
		{ "ip", ip_format(&view->ip, ip) },
		{ "link", view->link },
	};
	uint64_t value;

	memcpy(&value, (const char *)&view->counters + writer->offset, sizeof(value));
	metrics_sample(writer->out, writer->name, labels, 2, value);
}

static void write_counters(const struct speaker *speaker, struct strbuf *out)
{
	static const struct {
		const char *name;
		const char *help;
		size_t offset;
	} counters[] = {
		{ "metallb_layer2_requests_received", "Questions for the address.",
			offsetof(struct arp_counters, requests) },
		{ "metallb_layer2_responses_sent", "Answers sent.",
			offsetof(struct arp_counters, answers) },
		{ "metallb_layer2_gratuitous_sent", "Frames of announcements sent.",
			offsetof(struct arp_counters, gratuitous) },
		{ "bellman_layer2_conflicts", "Foreign claims heard.",
			offsetof(struct arp_counters, conflicts) },
		{ "bellman_layer2_responses_limited", "Questions not answered: too many.",
			offsetof(struct arp_counters, limited) },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		struct counter_writer writer = { out, counters[i].name, counters[i].offset };

		metrics_family(out, counters[i].name, "counter", counters[i].help);
		wire_arp_visit_addresses(speaker->wire, write_counter, &writer);
	}
}

static void write_one(
	struct strbuf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	metrics_family(out, name, type, help);
	metrics_sample(out, name, NULL, 0, value);
}

static void write_wire(const struct speaker *speaker, struct strbuf *out)
{
	struct wire_view view;

	wire_view(speaker->wire, &view);
	write_one(out, "bellman_wire_realtime", "gauge",
		"1 if the wire thread has real-time priority.", view.is_realtime);
	write_one(out, "bellman_wire_stalls_total", "counter",
		"Times the wire thread slept so long that it had to ask the wire anew.",
		view.stalls);
	write_one(out, "bellman_wire_events_lost_total", "counter",
		"Events that the main thread was too slow for.", view.events_lost);
	metrics_family(out, "bellman_wire_longest_sleep_seconds", "gauge",
		"The longest time that the wire thread wanted to run and did not.");
	metrics_sample_real(out, "bellman_wire_longest_sleep_seconds", NULL, 0,
		(double)view.longest_sleep_ns / (double)NS_PER_S);
}

void speaker_metrics(void *user, struct strbuf *out)
{
	struct speaker *speaker = user;
	const struct report *report = conf_directory_report(speaker->source);
	struct conf_directory_counts counts = conf_directory_counts(speaker->source);

	write_pools(speaker, out);
	write_allocated(speaker->ipam, out);
	write_announced(speaker, out);
	write_counters(speaker, out);
	write_wire(speaker, out);
	l2_metrics(speaker, out);
	metrics_bgp(speaker, out);
	write_one(out, "metallb_k8s_client_updates_total", "counter",
		"Readings of a manifest file.", counts.files_read);
	write_one(out, "metallb_k8s_client_update_errors_total", "counter",
		"Readings of a manifest file that found an error.", counts.files_failed);
	write_one(out, "metallb_k8s_client_config_loaded_bool", "gauge",
		"1 once a configuration is in force.", counts.objects > 0);
	write_one(out, "metallb_k8s_client_config_stale_bool", "gauge",
		"1 if a part of the configuration is not in force.",
		report->found[SEVERITY_ERROR] > 0);
	write_one(out, "bellman_services", "gauge", "Services of type LoadBalancer.",
		plan_count(speaker->plan));
	write_one(out, "bellman_conflicts_total", "counter", "Addresses found with another host.",
		speaker->conflicts);
	write_one(out, "bellman_turns_total", "counter", "Turns of the planning job.",
		speaker->turns);
	write_one(out, "bellman_plans_total", "counter", "Services planned.", speaker->plans);
	write_one(out, "bellman_assignments_unsaved", "gauge",
		"1 if assignments could not be written.", saving_error(speaker->saving) < 0);
	metrics_family(out, "bellman_turn_seconds", "gauge", "Duration of the last turn.");
	metrics_sample_real(
		out, "bellman_turn_seconds", NULL, 0, (double)speaker->turn_ns / (double)NS_PER_S);
}

bool speaker_is_healthy(void *user, struct strbuf *why)
{
	const struct speaker *speaker = user;

	if (saving_error(speaker->saving) < 0) {
		strbuf_addf(
			why, "assignments not saved: %s", strerror(-saving_error(speaker->saving)));
		return false;
	}
	if (speaker->turn_ns > TURN_SLOW_MS * NS_PER_MS) {
		strbuf_addf(why, "the last turn took %" PRIu64 " ms", speaker->turn_ns / NS_PER_MS);
		return false;
	}
	return true;
}

bool speaker_is_ready(void *user, struct strbuf *why)
{
	const struct speaker *speaker = user;

	if (conf_directory_counts(speaker->source).files == 0) {
		strbuf_addf(why, "no manifests in %s", speaker->settings->source.path);
		return false;
	}
	if (speaker->link_count == 0) {
		strbuf_add(why, "no interface can serve: see `bellmanctl links`");
		return false;
	}
	return speaker_is_healthy(user, why);
}
