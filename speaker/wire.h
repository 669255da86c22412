/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The wire thread: what must never wait for the main thread. It has an event loop of its own and in
 * it the engines of ARP/NDP and of BFD; where allowed it runs under SCHED_FIFO and in locked memory. The main thread
 * hands it jobs and gets events back; neither ever waits for the other, but for wire_call().
 *
 * Whoever wants to live there too (liveness, ownership) brings hooks. In its steady state nothing
 * there may take memory, block, or write a file; log lines are carried over to main, which writes
 * them.
 */

#include "arp/engine.h"
#include "base/log.h"
#include "bfd/engine.h"
#include "plan/ownership.h"

#include <event2/event.h>

struct wire;

/* What lives in the wire thread; to be touched there alone: in jobs and in hooks. */
struct wire_side {
	struct wire *wire;
	struct event_base *base;
	struct arp_engine *arp;
	struct bfd_engine *bfd;
};

enum {
	WIRE_LOG_FACTS_MAX = 4,
	WIRE_LOG_TEXT_SIZE = 40,
	WIRE_NAME_SIZE = 64,
};

/* A log line on its way to main. */
struct wire_log {
	enum log_level level;
	const char *where;
	const char *msg;
	size_t count;
	struct wire_log_fact {
		struct log_kv kv;
		union {
			struct ip ip;
			struct mac mac;
			char text[WIRE_LOG_TEXT_SIZE]; /* cut to fit */
		};
	} facts[WIRE_LOG_FACTS_MAX];
};

/* Of an address, or of another node; what of it is set depends on the event. */
struct wire_ownership {
	enum ownership_event event;
	enum ownership_why why;
	struct ip ip;
	struct mac mac;
	unsigned value;
	char member[WIRE_NAME_SIZE]; /* cut to fit; "": none */
};

enum wire_event_type {
	WIRE_EV_ARP,
	WIRE_EV_BFD,
	WIRE_EV_OWNERSHIP,
	WIRE_EV_LEFT, /* nothing is answered for any more, as was asked */
	WIRE_EV_LOG,  /* written by wire.c itself: users do not see it */
	WIRE_EV_STALL, /* the thread did not run for stall_ns: what it announced was asked for anew */
};

struct wire_event {
	enum wire_event_type type;
	union {
		struct arp_event arp;
		struct bfd_event bfd;
		struct wire_ownership ownership;
		struct wire_log log;
		uint64_t slept_ns;
	};
};

/*
 * All called in the wire thread; any may be NULL. What was heard and what a probe found
 * (ARP_EV_HEARD, ARP_EV_PROBE_ANSWERED, _SILENT, _BLIND) is for hooks alone, taken or not.
 */
struct wire_hooks {
	void (*start)(void *user, struct wire_side *side); /* before the loop runs */
	void (*stop)(void *user);                          /* before the engines go */
	/* True: taken, main is not told. */
	bool (*on_arp)(void *user, const struct arp_event *event);
	/* The same, but from inside the engine, which must not be called from here. */
	bool (*on_bfd)(void *user, const struct bfd_event *event);
	/* As netlink tells it to this thread, whether it changed or not. */
	void (*on_carrier)(void *user, unsigned ifindex, bool has_carrier);
	/* After frames that waited were thrown away. Without it the engine doubts what it has. */
	void (*on_stall)(void *user, uint64_t slept_ns);
	void *user;
};

struct wire_conf {
	struct arp_engine_conf arp;
	bool realtime;
	unsigned priority; /* of SCHED_FIFO, 1 to 99 */
	uint64_t stall_ns; /* a sleep as long as this makes what waited stale */
	struct wire_hooks hooks;
};

/* In the main thread, from its loop; @event is borrowed for the call. */
typedef void wire_event_fn(void *user, const struct wire_event *event);

/*
 * Lets locked memory be had after privileges are given up, where that is allowed, and as many open
 * files as may be.
 */
void wire_raise_limits(void);

/**
 * wire_open() - start the thread
 * @base: of the main thread, borrowed until wire_free()
 * @conf: copied
 *
 * Capabilities must have been given up before by privileges_drop(): the thread inherits those of its
 * creator, and calls privileges_finish() when it has its priority. That it got none is a warning in
 * the log, not an error.
 *
 * Return: 0, or a negative errno.
 */
must_check int wire_open(struct event_base *base, const struct wire_conf *conf,
	wire_event_fn *on_event, void *user, struct wire **ret_wire);

/* Runs the jobs that wait, stops the thread, and hands out no more events. */
struct wire *wire_free(struct wire *wire);
DEFINE_FREEP(struct wire, wire);

/* Another stall_ns than at the start. */
void wire_set_stall(struct wire *wire, uint64_t stall_ns);

typedef void wire_job_fn(struct wire_side *side, void *arg);
typedef void wire_done_fn(void *arg);

/* Main: has @run called in the wire thread, in the order of posting, and then @done (may be NULL) in
 * main, which can free @arg. */
void wire_post(struct wire *wire, wire_job_fn *run, void *arg, wire_done_fn *done);

/* Main: has @run called in the wire thread and waits for it: to ask, not to make it work. */
void wire_call(struct wire *wire, wire_job_fn *run, void *arg);

/* Wire: tells main, which gets it through its wire_event_fn. Takes no memory; copied. */
void wire_emit(struct wire_side *side, const struct wire_event *event);

/* How the thread is. */
struct wire_view {
	bool is_realtime;
	int realtime_error; /* negative errno: why it is not; 0: not asked for */
	bool is_locked;
	int lock_error;
	uint64_t jobs;
	uint64_t events_lost;
	uint64_t stalls;
	uint64_t longest_sleep_ns; /* beyond what was meant */
};

void wire_view(struct wire *wire, struct wire_view *ret_view);
