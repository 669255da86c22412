/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The two queues between the main thread and the wire thread: jobs one way, events the other. Each
 * has an eventfd that is readable while something waits. A lock is held for a few instructions only,
 * and lends the priority of who waits for it. Events are bounded: what does not fit is counted. What
 * happens with every frame and every log line leaves room for what changes the state of something.
 */

#include "speaker/wire.h"

#include <bsd/sys/queue.h>
#include <pthread.h>

enum {
	WIRE_EVENTS_MAX = 16384,
	/* ARP and log lines: one for each of 10,000 addresses that are announced at once. */
	WIRE_EVENTS_NOISE_MAX = WIRE_EVENTS_MAX / 4 * 3,
};

struct wire_job {
	STAILQ_ENTRY(wire_job) entry;
	wire_job_fn *run;
	wire_done_fn *done;
	void *arg;
	bool is_waited_for; /* lies on the stack of the caller, who waits for is_over */
	bool is_over;
};

STAILQ_HEAD(wire_job_list, wire_job);

struct wire_jobs {
	pthread_mutex_t lock;
	pthread_cond_t over;
	struct wire_job_list waiting;
	struct wire_job_list finished; /* for main to call done() and free */
	int wake_fd;                   /* eventfd for the wire thread */
};

struct wire_events {
	pthread_mutex_t lock;
	struct wire_event_node *nodes; /* owned; WIRE_EVENTS_MAX */
	size_t used;                   /* nodes that were ever used */
	size_t count;                  /* that wait */
	STAILQ_HEAD(, wire_event_node) waiting;
	SLIST_HEAD(, wire_event_node) spare;
	uint64_t lost;
	int wake_fd; /* eventfd for the main thread */
};

must_check int wire_jobs_init(struct wire_jobs *jobs);
void wire_jobs_fini(struct wire_jobs *jobs);

/* Main: hands @job over. */
void wire_jobs_put(struct wire_jobs *jobs, struct wire_job *job);
/* Main: the same, and waits until it has run. */
void wire_jobs_put_and_wait(struct wire_jobs *jobs, struct wire_job *job);
/* Wire: the next job, or NULL. */
struct wire_job *wire_jobs_take(struct wire_jobs *jobs);
/* Wire: @job has run. */
void wire_jobs_finish(struct wire_jobs *jobs, struct wire_job *job);
/* Wire: has @done called in main. */
void wire_jobs_leave(struct wire_jobs *jobs, wire_done_fn *done, void *arg);
/* Main: calls done() of all that have run, and frees them. */
void wire_jobs_reap(struct wire_jobs *jobs);

must_check int wire_events_init(struct wire_events *events);
void wire_events_fini(struct wire_events *events);

/* Wire: copies @event. Takes no memory. */
void wire_events_put(struct wire_events *events, const struct wire_event *event);
/* Main: the next event; false: there is none. */
bool wire_events_take(struct wire_events *events, struct wire_event *ret_event);
uint64_t wire_events_lost(struct wire_events *events);

/* Sets and clears the readable state of an eventfd. */
void wire_ring(int wake_fd);
void wire_unring(int wake_fd);
