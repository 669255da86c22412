/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layer 2: answers ARP and NDP for a set of addresses on a set of links, announces them, and watches
 * for others who claim them. It knows nothing of Services. No globals; everything runs on the event
 * base it is given, in that base's thread. In its steady state it takes no memory and logs nothing:
 * what happens is an event.
 */

#include "arp/schedule.h"
#include "base/ip.h"

#include <event2/event.h>
#include <net/if.h>

struct arp_engine;
struct arp_link;

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

/* What to do about an address. */
enum arp_mode {
	ARP_CLAIM, /* ask whether a host has it (RFC 5227), then announce; else ask again later */
	ARP_ANNOUNCE, /* announce at once, without asking; whether to defend is the user's matter */
	ARP_STANDBY,  /* say nothing, but report who has it */
};

struct arp_address_conf {
	struct ip ip;
	enum arp_mode mode;
	const unsigned *ifindexes; /* where; borrowed for the call */
	size_t ifindex_count;      /* 0: on every link */
};

enum arp_event_type {
	ARP_EV_ANNOUNCED,      /* we answer on this link from now on */
	ARP_EV_PROBE_CONFLICT, /* another host has it: not announced on this link, asked for again */
	ARP_EV_CONFLICT,       /* another host claims it while we announce it by ARP_CLAIM */
	ARP_EV_CONFLICT_OVER,
	ARP_EV_HEARD, /* another host claims it, in whatever mode; a few a second at most */
	ARP_EV_RIVAL, /* another host asks for it at the same time as we do */
	ARP_EV_PROBE_ANSWERED, /* results of arp_engine_probe(): somebody has it */
	ARP_EV_PROBE_SILENT,   /* nobody answered on any of its links */
	ARP_EV_PROBE_BLIND,    /* no link to ask on is open */
	ARP_EV_UNASKED,        /* arp_engine_ask(): it left by no link */
	ARP_EV_LINK_UP,
	ARP_EV_LINK_FAILED,
	ARP_EV_SEND_FAILED, /* frames do not leave by this link; told once in a while */
	ARP_EV_JOIN_FAILED, /* the solicited-node group of the address: NS may not arrive */
	ARP_EV_COUNT_,
};

struct arp_event {
	enum arp_event_type type;
	struct ip ip;           /* of address events */
	struct mac mac;         /* the other one's; zero: none */
	bool is_announcement;   /* of ARP_EV_HEARD: to all, unasked, as kernels do not do it */
	char link[IF_NAMESIZE]; /* "": none */
	int error;              /* negative errno of the last three */
};

typedef void arp_event_fn(void *user, const struct arp_event *event);

/* @conf is copied; @on_event is called from the event loop alone, and may call the engine. */
struct arp_engine *arp_engine_new(struct event_base *base, const struct arp_engine_conf *conf,
	arp_event_fn *on_event, void *user);
struct arp_engine *arp_engine_free(struct arp_engine *engine);
DEFINE_FREEP(struct arp_engine, arp_engine);

void arp_engine_set_conf(struct arp_engine *engine, const struct arp_engine_conf *conf);

/* All links to serve; at most ARP_LINKS_MAX, the rest is not looked at. */
void arp_engine_set_links(
	struct arp_engine *engine, const struct arp_link_conf *links, size_t count);

/* Adds an address, or changes what is to be done about it. Costs the same however many there are. */
void arp_engine_put(struct arp_engine *engine, const struct arp_address_conf *address);
void arp_engine_drop(struct arp_engine *engine, const struct ip *ip);

/* What follows concerns addresses that were put, and does nothing for others. */

/* ARP_ANNOUNCE takes it at once, ARP_STANDBY goes quiet at once. */
void arp_engine_set_mode(struct arp_engine *engine, const struct ip *ip, enum arp_mode mode);

/**
 * arp_engine_probe() - ask the wire who has an address in ARP_STANDBY
 *
 * PROBE_COUNT probes PROBE_GAP_MS apart on each of its links (RFC 5227 section 2.1.1, RFC 4862
 * section 5.4.2), and then exactly one of the three ARP_EV_PROBE_ results.
 */
void arp_engine_probe(struct arp_engine *engine, const struct ip *ip);

/*
 * Sends a single probe for an address in ARP_STANDBY; an answer is an ARP_EV_HEARD, another host that
 * asks too an ARP_EV_RIVAL, and if it could not be sent at all that is an ARP_EV_UNASKED.
 */
void arp_engine_ask(struct arp_engine *engine, const struct ip *ip);

/* Announces once more, from the beginning of the schedule, where it is announced. */
void arp_engine_announce(struct arp_engine *engine, const struct ip *ip);

/* The same for all that is announced on the link @ifindex: its neighbours have to learn it anew. */
void arp_engine_announce_link(struct arp_engine *engine, unsigned ifindex);

/* The link @ifindex may work again: if it failed it is opened now, and not at the next try. */
void arp_engine_retry_link(struct arp_engine *engine, unsigned ifindex);

/*
 * Who opens and closes links in a thread that may wait for the kernel; without one the engine does.
 * open: calls arp_link_open() and then, in the engine's thread, arp_engine_give_link(). close: calls
 * arp_link_free(). Both are called in the engine's thread.
 */
struct arp_porter {
	void (*open)(void *user, const char *name, unsigned ifindex);
	void (*close)(void *user, struct arp_link *link);
	void *user;
};

/* @porter is copied. */
void arp_engine_set_porter(struct arp_engine *engine, const struct arp_porter *porter);

/* What the porter's open came to: @link, which the engine owns now, or NULL and a negative errno. */
void arp_engine_give_link(struct arp_engine *engine, const char *name, unsigned ifindex,
	struct arp_link *link, int error);

/*
 * Asked before each frame is judged. True: this process may have slept while it waited, so it is
 * thrown away; whoever noticed the sleep only later has all of them flushed.
 */
typedef bool arp_stale_fn(void *user);
void arp_engine_set_stale(struct arp_engine *engine, arp_stale_fn *is_stale, void *user);

/* Frames that came while this process did not run are old questions: throws them away. */
void arp_engine_flush(struct arp_engine *engine);

/* What is announced is asked for again before it is answered for again; mode stays. */
void arp_engine_doubt(struct arp_engine *engine);
