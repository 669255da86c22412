/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layer 2: answers ARP and NDP for a set of addresses on a set of links, announces them, and watches
 * for others who claim them. It is told complete desired states and works out the difference; it
 * knows nothing of Services. No globals; everything runs on the event base it is given.
 */

#include "arp/schedule.h"
#include "base/ip.h"

#include <event2/event.h>
#include <net/if.h>

struct arp_engine;

struct arp_engine_conf {
	struct announce_schedule schedule;
	uint32_t frames_per_second;  /* all announcements together, but for first rounds */
	uint32_t answers_per_second; /* of one address */
};

/* A link to serve, as it is now. */
struct arp_link_conf {
	unsigned ifindex;
	char name[IF_NAMESIZE];
	struct mac mac;
	bool can_arp;
	bool can_ndp;
	bool is_router;    /* forwards IPv6: the R flag of what the kernel itself sends */
	struct ip gateway; /* asked for by announcements too, IPv4; family 0: none */
};

enum {
	ARP_LINKS_MAX = 64
};

/* An address to announce. */
struct arp_address_conf {
	struct ip ip;
	const unsigned *ifindexes; /* where; borrowed for the call */
	size_t ifindex_count;      /* 0: on every link */
};

enum arp_event_type {
	ARP_EV_ANNOUNCED,      /* nobody else has it: we answer from now on */
	ARP_EV_PROBE_CONFLICT, /* somebody else answers: not announced, asked for again later */
	ARP_EV_CONFLICT,       /* somebody else claims it while we announce it */
	ARP_EV_CONFLICT_OVER,
	ARP_EV_LINK_UP,
	ARP_EV_LINK_FAILED,
};

struct arp_event {
	enum arp_event_type type;
	struct ip ip;     /* of address events */
	struct mac mac;   /* the other one's */
	const char *link; /* name; borrowed for the call */
	int error;        /* negative errno of ARP_EV_LINK_FAILED */
};

typedef void arp_event_fn(void *user, const struct arp_event *event);

/* @conf is copied; @on_event is called from the event loop. */
struct arp_engine *arp_engine_new(struct event_base *base, const struct arp_engine_conf *conf,
	arp_event_fn *on_event, void *user);
struct arp_engine *arp_engine_free(struct arp_engine *engine);
DEFINE_FREEP(struct arp_engine, arp_engine);

void arp_engine_set_conf(struct arp_engine *engine, const struct arp_engine_conf *conf);

/* All links to serve; at most ARP_LINKS_MAX, the rest is not looked at. */
void arp_engine_set_links(
	struct arp_engine *engine, const struct arp_link_conf *links, size_t count);

/* All addresses to announce. One that is new is probed before its first use (RFC 5227). */
void arp_engine_set_addresses(
	struct arp_engine *engine, const struct arp_address_conf *addresses, size_t count);

enum arp_state {
	ARP_PROBING,
	ARP_ANNOUNCED,
	ARP_REFUSED, /* another host has it */
};

/* What one address did on one link. */
struct arp_counters {
	uint64_t requests;   /* received for it: ARP requests or NS */
	uint64_t answers;    /* sent */
	uint64_t limited;    /* not answered: answers_per_second */
	uint64_t gratuitous; /* frames of announcements */
	uint64_t conflicts;  /* foreign claims seen */
};

struct arp_address_view {
	struct ip ip;
	enum arp_state state;
	uint64_t since_ns; /* CLOCK_MONOTONIC */
	const char *link;
	struct arp_counters counters;
	bool is_contested;    /* a foreign claim in the last 30 s */
	struct mac contender; /* zero: there was none */
};

struct arp_link_view {
	const char *name;
	unsigned ifindex;
	struct mac mac;
	bool is_open;
	int error; /* negative errno, why it is not open */
	uint64_t frames;
	uint64_t malformed;
	uint64_t tagged;
	uint64_t drops;
};

typedef void arp_address_view_fn(void *user, const struct arp_address_view *view);
typedef void arp_link_view_fn(void *user, const struct arp_link_view *view);

/* Every address on every link it is for. */
void arp_engine_visit_addresses(
	const struct arp_engine *engine, arp_address_view_fn *visit, void *user);
void arp_engine_visit_links(const struct arp_engine *engine, arp_link_view_fn *visit, void *user);

/* "probing", "announced", "refused". */
const char *arp_state_name(enum arp_state state);
