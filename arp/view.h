/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an engine of arp/ has done and seen, for people and metrics.
 */

#include "arp/engine.h"

enum arp_state {
	ARP_QUIET,
	ARP_PROBING,
	ARP_ANNOUNCED,
	ARP_REFUSED, /* another host has it */
};

/* What one address did on one link. */
struct arp_counters {
	uint64_t requests;   /* received for it: ARP requests or NS */
	uint64_t answers;    /* sent */
	uint64_t limited;    /* not answered: answers_per_second */
	uint64_t gratuitous; /* frames of announcements sent */
	uint64_t conflicts;  /* foreign claims seen */
};

struct arp_address_view {
	struct ip ip;
	enum arp_state state;
	uint64_t since_ns; /* CLOCK_MONOTONIC */
	char link[IF_NAMESIZE];
	struct arp_counters counters;
	bool is_contested;    /* a foreign claim in the last 30 s */
	struct mac contender; /* zero: there was none */
};

struct arp_link_view {
	char name[IF_NAMESIZE];
	unsigned ifindex;
	struct mac mac;
	bool is_open;
	int error; /* negative errno, why it is not open */
	uint64_t frames;
	uint64_t malformed;
	uint64_t tagged;
	uint64_t mismatched; /* claims for another MAC than the frame's sender: not believed */
	uint64_t drops;
	uint64_t unsent; /* frames that the kernel did not take */
};

typedef void arp_address_view_fn(void *user, const struct arp_address_view *view);
typedef void arp_link_view_fn(void *user, const struct arp_link_view *view);

/* Every address on every link it is for. */
void arp_engine_visit_addresses(
	const struct arp_engine *engine, arp_address_view_fn *visit, void *user);
void arp_engine_visit_links(const struct arp_engine *engine, arp_link_view_fn *visit, void *user);

/* "quiet", "probing", "announced", "refused". */
const char *arp_state_name(enum arp_state state);
