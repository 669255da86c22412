/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/wire.h"

#include "arp/link.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/carrier.h"
#include "speaker/privileges.h"
#include "speaker/wire_queue.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum {
	STACK_BYTES = 1 << 20,
	STACK_TOUCHED = 128 << 10,
	JOBS_A_TURN = 64, /* then other events have their turn */
	EVENTS_A_TURN = 4096,
	PRIORITIES = 2, /* of events: the pulse before all else */
	PULSES_A_STALL = 4,
};

struct wire {
	struct wire_conf conf;
	struct wire_jobs jobs;
	struct wire_events events;
	pthread_t thread;
	bool is_running;

	/* Main's. */
	struct event *inbox;
	wire_event_fn *on_event;
	void *user;

	/* The wire thread's. */
	struct wire_side side;
	struct event *mailbox;
	struct event *pulse;
	struct net_carrier *carrier;
	uint64_t pulse_ns; /* when it was seen last */
	struct wire_view view;
};

void wire_emit(struct wire_side *side, const struct wire_event *event)
{
	wire_events_put(&side->wire->events, event);
}

static struct wire_log_fact copy_fact(const struct log_kv *kv)
{
	struct wire_log_fact fact = { .kv = *kv };

	switch (kv->type) {
	case KV_STR:
		(void)snprintf(fact.text, sizeof(fact.text), "%s", kv->str ? kv->str : "");
		break;
	case KV_IP:
		fact.ip = *kv->ip;
		break;
	case KV_MAC:
		fact.mac = *kv->mac;
		break;
	case KV_UINT:
	case KV_ERRNO:
		break;
	}
	return fact;
}

/* log_sink_fn of the wire thread. */
static void carry_log(void *user, enum log_level level, const char *where, const char *msg,
	size_t n, const struct log_kv kv[])
{
	struct wire *wire = user;
	struct wire_event event = {
		.type = WIRE_EV_LOG,
		.log = { .level = level, .where = where, .msg = msg },
	};

	for (size_t i = 0; i < n && i < WIRE_LOG_FACTS_MAX; i++)
		event.log.facts[event.log.count++] = copy_fact(&kv[i]);
	wire_emit(&wire->side, &event);
}

static void write_log(const struct wire_log *log)
{
	struct log_kv kv[WIRE_LOG_FACTS_MAX];

	for (size_t i = 0; i < log->count; i++) {
		const struct wire_log_fact *fact = &log->facts[i];

		kv[i] = fact->kv;
		if (fact->kv.type == KV_STR)
			kv[i].str = fact->text;
		else if (fact->kv.type == KV_IP)
			kv[i].ip = &fact->ip;
		else if (fact->kv.type == KV_MAC)
			kv[i].mac = &fact->mac;
	}
	log_event(log->level, log->where, log->msg, log->count, kv);
}

/* What is only good for deciding who should have an address, and comes with every frame. */
static bool is_for_hooks_alone(enum arp_event_type type)
{
	return type == ARP_EV_HEARD || type == ARP_EV_PROBE_ANSWERED ||
		type == ARP_EV_PROBE_SILENT || type == ARP_EV_PROBE_BLIND;
}

static void on_arp(void *user, const struct arp_event *arp)
{
	struct wire *wire = user;
	const struct wire_hooks *hooks = &wire->conf.hooks;
	const struct wire_event event = { .type = WIRE_EV_ARP, .arp = *arp };

	if (hooks->on_arp && hooks->on_arp(hooks->user, arp))
		return;
	if (is_for_hooks_alone(arp->type))
		return;
	wire_emit(&wire->side, &event);
}

static void on_bfd(void *user, const struct bfd_event *bfd)
{
	struct wire *wire = user;
	const struct wire_hooks *hooks = &wire->conf.hooks;
	const struct wire_event event = { .type = WIRE_EV_BFD, .bfd = *bfd };

	if (hooks->on_bfd && hooks->on_bfd(hooks->user, bfd))
		return;
	wire_emit(&wire->side, &event);
}

static void free_link(void *arg)
{
	arp_link_free(arg);
}

static void close_in_main(void *user, struct arp_link *link)
{
	struct wire *wire = user;

	wire_jobs_leave(&wire->jobs, free_link, link);
	wire_ring(wire->events.wake_fd);
}

struct opening {
	struct wire *wire;
	char name[IF_NAMESIZE];
	unsigned ifindex;
	struct arp_link *link;
	int error;
};

static void give_link(struct wire_side *side, void *arg)
{
	struct opening *opening = arg;

	arp_engine_give_link(
		side->arp, opening->name, opening->ifindex, opening->link, opening->error);
}

/* In main. */
static void open_link(void *arg)
{
	struct opening *opening = arg;

	if (!opening->wire->is_running) {
		free(opening);
		return;
	}
	opening->error = arp_link_open(opening->name, opening->ifindex, &opening->link);
	wire_post(opening->wire, give_link, opening, free);
}

static void open_in_main(void *user, const char *name, unsigned ifindex)
{
	struct wire *wire = user;
	struct opening *opening = xnew(struct opening);

	opening->wire = wire;
	opening->ifindex = ifindex;
	(void)snprintf(opening->name, sizeof(opening->name), "%s", name);
	wire_jobs_leave(&wire->jobs, open_link, opening);
	wire_ring(wire->events.wake_fd);
}

static void on_link(void *user, const struct net_link_news *news)
{
	struct wire *wire = user;
	const struct wire_hooks *hooks = &wire->conf.hooks;

	if (news->has_carrier)
		arp_engine_retry_link(wire->side.arp, news->ifindex);
	if (news->must_announce)
		arp_engine_announce_link(wire->side.arp, news->ifindex);
	if (hooks->on_carrier)
		hooks->on_carrier(hooks->user, news->ifindex, news->has_carrier);
}

static void on_mailbox(evutil_socket_t fd, short events, void *arg)
{
	struct wire *wire = arg;
	struct wire_job *job = NULL;

	(void)events;
	wire_unring(fd);
	for (int i = 0; i < JOBS_A_TURN && (job = wire_jobs_take(&wire->jobs)); i++) {
		wire->view.jobs++;
		job->run(&wire->side, job->arg);
		wire_jobs_finish(&wire->jobs, job);
	}
	if (job)
		wire_ring(fd);
	wire_ring(wire->events.wake_fd); /* something is finished */
}

/*
 * We slept: stopped, starved, or the whole machine was. Questions that waited are old, and another
 * may have taken our addresses meanwhile.
 */
static void after_stall(struct wire *wire, uint64_t slept_ns)
{
	const struct wire_hooks *hooks = &wire->conf.hooks;
	const struct wire_event event = { .type = WIRE_EV_STALL, .slept_ns = slept_ns };

	wire->view.stalls++;
	arp_engine_flush(wire->side.arp);
	bfd_engine_resume(wire->side.bfd);
	if (hooks->on_stall)
		hooks->on_stall(hooks->user, slept_ns);
	else
		arp_engine_doubt(wire->side.arp);
	wire_emit(&wire->side, &event);
}

/*
 * How long since the last pulse: at least as long as the thread slept. That is longer than it slept by
 * up to a pulse, so that no sleep of stall_ns goes unnoticed.
 */
static bool has_slept(const struct wire *wire, uint64_t now_ns)
{
	return now_ns - wire->pulse_ns >= wire->conf.stall_ns;
}

/* For frames that are read in the same turn of the loop in which it slept, before the pulse. */
static bool is_stale(void *user)
{
	return has_slept(user, clock_now_ns());
}

/* Runs before any frame is read, since its priority is the higher. */
static void on_pulse(evutil_socket_t fd, short events, void *arg)
{
	struct wire *wire = arg;
	uint64_t now_ns = clock_now_ns();
	uint64_t meant_ns = wire->conf.stall_ns / PULSES_A_STALL;
	uint64_t passed_ns = now_ns - wire->pulse_ns;
	uint64_t slept_ns = passed_ns > meant_ns ? passed_ns - meant_ns : 0;

	(void)fd;
	(void)events;
	if (slept_ns > wire->view.longest_sleep_ns)
		wire->view.longest_sleep_ns = slept_ns;
	if (has_slept(wire, now_ns))
		after_stall(wire, slept_ns);
	/* Not sooner: what it threw away had to look old. */
	wire->pulse_ns = now_ns;
}

static void touch_stack(void)
{
	volatile char bytes[STACK_TOUCHED];

	for (size_t i = 0; i < sizeof(bytes); i += 1024)
		bytes[i] = 0;
}

static void become_realtime(struct wire *wire)
{
	const struct sched_param param = { .sched_priority = (int)wire->conf.priority };
	int r;

	if (!wire->conf.realtime)
		return;
	r = -pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	wire->view.is_realtime = r == 0;
	wire->view.realtime_error = r;
	if (r < 0)
		log_warn("wire thread has no real-time priority: answers come late under load",
			kv_uint("priority", wire->conf.priority), kv_errno(r),
			kv_str("advice", "allow LimitRTPRIO or CAP_SYS_NICE"));
	else
		log_info("wire thread has real-time priority",
			kv_uint("priority", wire->conf.priority));
}

/* Only pages that are used: locking what is never touched would cost memory for nothing. */
static void lock_memory(struct wire *wire)
{
	/* With a limit every later allocation of main could fail. */
	if (!privileges_can_lock())
		wire->view.lock_error = -EPERM;
	else if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		wire->view.lock_error = -errno;
	wire->view.is_locked = wire->view.lock_error == 0;
	if (!wire->view.is_locked && wire->conf.realtime)
		log_info("memory is not locked: answers come late when it is paged out",
			kv_errno(wire->view.lock_error),
			kv_str("advice", "allow LimitMEMLOCK=infinity or CAP_IPC_LOCK"));
}

static void *thread_main(void *arg)
{
	struct wire *wire = arg;

	log_set_sink(carry_log, wire);
	touch_stack();
	lock_memory(wire);
	become_realtime(wire);
	if (privileges_finish() < 0)
		log_error(
			"wire thread keeps a capability too many", kv_str("which", "CAP_SYS_NICE"));
	if (wire->conf.hooks.start)
		wire->conf.hooks.start(wire->conf.hooks.user, &wire->side);
	wire->pulse_ns = clock_now_ns();
	(void)event_base_loop(wire->side.base, EVLOOP_NO_EXIT_ON_EMPTY);
	if (wire->conf.hooks.stop)
		wire->conf.hooks.stop(wire->conf.hooks.user);
	return NULL;
}

static int start_pulse(struct wire *wire)
{
	uint64_t pulse_us = wire->conf.stall_ns / PULSES_A_STALL / NS_PER_US;
	const struct timeval pulse = {
		.tv_sec = (time_t)(pulse_us / 1000000),
		.tv_usec = (suseconds_t)(pulse_us % 1000000),
	};

	return event_add(wire->pulse, &pulse) < 0 ? -ENOMEM : 0;
}

static int open_thread_side(struct wire *wire)
{
	/* Main may wait for the kernel. */
	const struct arp_porter porter = {
		.open = open_in_main,
		.close = close_in_main,
		.user = wire,
	};
	/* The pulse of this file sees stalls for all. */
	const struct bfd_engine_conf bfd_conf = { 0 };
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (!config)
		return -ENOMEM;
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (!base)
		return -ENOMEM;
	wire->side.base = base;
	(void)event_base_priority_init(base, PRIORITIES);
	wire->side.arp = arp_engine_new(base, &wire->conf.arp, on_arp, wire);
	wire->side.bfd = bfd_engine_new(base, &bfd_conf, on_bfd, wire);
	arp_engine_set_stale(wire->side.arp, is_stale, wire);
	arp_engine_set_porter(wire->side.arp, &porter);
	wire->mailbox = event_new(base, wire->jobs.wake_fd, EV_READ | EV_PERSIST, on_mailbox, wire);
	wire->pulse = event_new(base, -1, EV_PERSIST, on_pulse, wire);
	if (!wire->mailbox || !wire->pulse || event_priority_set(wire->pulse, 0) < 0 ||
		event_add(wire->mailbox, NULL) < 0 || start_pulse(wire) < 0)
		return -ENOMEM;
	return net_carrier_open(base, on_link, wire, &wire->carrier);
}

/* Signals are main's. */
static int start_thread(struct wire *wire)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	r = -pthread_create(&wire->thread, &attributes, thread_main, wire);
	(void)pthread_attr_destroy(&attributes);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r < 0)
		return r;
	wire->is_running = true;
	(void)pthread_setname_np(wire->thread, "wire");
	return 0;
}

static void on_inbox(evutil_socket_t fd, short events, void *arg)
{
	struct wire *wire = arg;
	struct wire_event event;

	(void)events;
	wire_unring(fd);
	wire_jobs_reap(&wire->jobs);
	for (int i = 0; i < EVENTS_A_TURN; i++) {
		if (!wire_events_take(&wire->events, &event))
			return;
		if (event.type == WIRE_EV_LOG)
			write_log(&event.log);
		else
			wire->on_event(wire->user, &event);
	}
	wire_ring(fd);
}

static void do_nothing(struct wire_side *side, void *arg)
{
	(void)side;
	(void)arg;
}

int wire_open(struct event_base *base, const struct wire_conf *conf, wire_event_fn *on_event,
	void *user, struct wire **ret_wire)
{
	auto_(wire_freep) struct wire *wire = xnew(struct wire);
	int r;

	wire->conf = *conf;
	wire->on_event = on_event;
	wire->user = user;
	wire->side.wire = wire;
	wire->events.wake_fd = -1;
	r = wire_jobs_init(&wire->jobs);
	if (r == 0)
		r = wire_events_init(&wire->events);
	if (r == 0)
		r = open_thread_side(wire);
	if (r < 0)
		return r;
	wire->inbox = event_new(base, wire->events.wake_fd, EV_READ | EV_PERSIST, on_inbox, wire);
	if (!wire->inbox || event_add(wire->inbox, NULL) < 0)
		return -ENOMEM;
	r = start_thread(wire);
	if (r < 0)
		return r;
	wire_call(wire, do_nothing, NULL); /* it is there */
	*ret_wire = take(wire);
	return 0;
}

static void stop_loop(struct wire_side *side, void *arg)
{
	(void)arg;
	(void)event_base_loopbreak(side->base);
}

struct wire *wire_free(struct wire *wire)
{
	struct wire_event event;

	if (!wire)
		return NULL;
	if (wire->is_running) {
		wire_call(wire, stop_loop, NULL);
		(void)pthread_join(wire->thread, NULL);
		wire->is_running = false;
	}
	if (wire->inbox)
		event_free(wire->inbox);
	bfd_engine_free(wire->side.bfd);
	arp_engine_free(wire->side.arp);
	net_carrier_free(wire->carrier);
	if (wire->mailbox)
		event_free(wire->mailbox);
	if (wire->pulse)
		event_free(wire->pulse);
	if (wire->side.base)
		event_base_free(wire->side.base);
	while (wire->events.nodes && wire_events_take(&wire->events, &event)) {
		if (event.type == WIRE_EV_LOG)
			write_log(&event.log); /* the last words count */
	}
	wire_events_fini(&wire->events);
	wire_jobs_fini(&wire->jobs);
	free(wire);
	return NULL;
}

void wire_post(struct wire *wire, wire_job_fn *run, void *arg, wire_done_fn *done)
{
	struct wire_job *job = xnew(struct wire_job);

	job->run = run;
	job->done = done;
	job->arg = arg;
	wire_jobs_put(&wire->jobs, job);
}

void wire_call(struct wire *wire, wire_job_fn *run, void *arg)
{
	struct wire_job job = { .run = run, .arg = arg };

	wire_jobs_put_and_wait(&wire->jobs, &job);
}

static void set_stall(struct wire_side *side, void *arg)
{
	struct wire *wire = side->wire;
	uint64_t now_ns = clock_now_ns();

	/* That pulses were rare so far is no sleep by the new measure. */
	if (!has_slept(wire, now_ns))
		wire->pulse_ns = now_ns;
	wire->conf.stall_ns = *(const uint64_t *)arg;
	if (start_pulse(wire) < 0)
		abort(); /* only memory can be missing */
}

void wire_set_stall(struct wire *wire, uint64_t stall_ns)
{
	wire_post(wire, set_stall, xmemdup(&stall_ns, sizeof(stall_ns)), free);
}

static void copy_view(struct wire_side *side, void *arg)
{
	*(struct wire_view *)arg = side->wire->view;
}

void wire_view(struct wire *wire, struct wire_view *ret_view)
{
	wire_call(wire, copy_view, ret_view);
	ret_view->events_lost = wire_events_lost(&wire->events);
}

void wire_raise_limits(void)
{
	const struct rlimit limit = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
	struct rlimit files;

	/* Refused without the privilege; what that means is said when the thread starts. */
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	/* The usual 1,024 are fewer than the sessions there can be, and have a socket each. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}
