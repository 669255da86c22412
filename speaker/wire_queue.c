/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/wire_queue.h"

#include "base/mem.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wire_event_node {
	union {
		STAILQ_ENTRY(wire_event_node) waiting;
		SLIST_ENTRY(wire_event_node) spare;
	};
	struct wire_event event;
};

void wire_ring(int wake_fd)
{
	const uint64_t one = 1;

	/* Can fail only when it is readable already. */
	(void)!write(wake_fd, &one, sizeof(one));
}

void wire_unring(int wake_fd)
{
	uint64_t count;

	(void)!read(wake_fd, &count, sizeof(count));
}

/* A waiting wire thread must not wait for whatever runs instead of main. */
static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	(void)pthread_mutex_init(lock, &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
}

static void lock(pthread_mutex_t *mutex)
{
	if (pthread_mutex_lock(mutex) != 0)
		abort(); /* only a lock that is none can fail */
}

static void unlock(pthread_mutex_t *mutex)
{
	if (pthread_mutex_unlock(mutex) != 0)
		abort();
}

int wire_jobs_init(struct wire_jobs *jobs)
{
	init_lock(&jobs->lock);
	(void)pthread_cond_init(&jobs->over, NULL);
	STAILQ_INIT(&jobs->waiting);
	STAILQ_INIT(&jobs->finished);
	jobs->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return jobs->wake_fd < 0 ? -errno : 0;
}

static void finish_all(struct wire_job_list *list)
{
	struct wire_job *job;

	while ((job = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, entry);
		if (job->done)
			job->done(job->arg);
		free(job);
	}
}

void wire_jobs_fini(struct wire_jobs *jobs)
{
	finish_all(&jobs->waiting);
	finish_all(&jobs->finished);
	(void)pthread_cond_destroy(&jobs->over);
	(void)pthread_mutex_destroy(&jobs->lock);
	if (jobs->wake_fd >= 0)
		(void)close(jobs->wake_fd);
}

void wire_jobs_put(struct wire_jobs *jobs, struct wire_job *job)
{
	lock(&jobs->lock);
	STAILQ_INSERT_TAIL(&jobs->waiting, job, entry);
	unlock(&jobs->lock);
	wire_ring(jobs->wake_fd);
}

void wire_jobs_put_and_wait(struct wire_jobs *jobs, struct wire_job *job)
{
	job->is_waited_for = true;
	wire_jobs_put(jobs, job);
	lock(&jobs->lock);
	while (!job->is_over)
		(void)pthread_cond_wait(&jobs->over, &jobs->lock);
	unlock(&jobs->lock);
}

struct wire_job *wire_jobs_take(struct wire_jobs *jobs)
{
	struct wire_job *job;

	lock(&jobs->lock);
	job = STAILQ_FIRST(&jobs->waiting);
	if (job)
		STAILQ_REMOVE_HEAD(&jobs->waiting, entry);
	unlock(&jobs->lock);
	return job;
}

void wire_jobs_finish(struct wire_jobs *jobs, struct wire_job *job)
{
	lock(&jobs->lock);
	/* One that is waited for is gone as soon as its caller knows. */
	if (job->is_waited_for) {
		job->is_over = true;
		(void)pthread_cond_signal(&jobs->over);
	} else {
		STAILQ_INSERT_TAIL(&jobs->finished, job, entry);
	}
	unlock(&jobs->lock);
}

void wire_jobs_leave(struct wire_jobs *jobs, wire_done_fn *done, void *arg)
{
	struct wire_job *job = xnew(struct wire_job);

	job->done = done;
	job->arg = arg;
	wire_jobs_finish(jobs, job);
}

void wire_jobs_reap(struct wire_jobs *jobs)
{
	struct wire_job_list finished = STAILQ_HEAD_INITIALIZER(finished);

	lock(&jobs->lock);
	STAILQ_CONCAT(&finished, &jobs->finished);
	unlock(&jobs->lock);
	finish_all(&finished);
}

int wire_events_init(struct wire_events *events)
{
	init_lock(&events->lock);
	STAILQ_INIT(&events->waiting);
	SLIST_INIT(&events->spare);
	/* Pages that were never needed stay untouched: the last node used is the first used again. */
	events->nodes = xnew_array(struct wire_event_node, WIRE_EVENTS_MAX);
	events->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return events->wake_fd < 0 ? -errno : 0;
}

void wire_events_fini(struct wire_events *events)
{
	(void)pthread_mutex_destroy(&events->lock);
	free(events->nodes);
	if (events->wake_fd >= 0)
		(void)close(events->wake_fd);
}

static struct wire_event_node *spare_node(struct wire_events *events)
{
	struct wire_event_node *node = SLIST_FIRST(&events->spare);

	if (node)
		SLIST_REMOVE_HEAD(&events->spare, spare);
	else if (events->used < WIRE_EVENTS_MAX)
		node = &events->nodes[events->used++];
	return node;
}

static bool has_room(const struct wire_events *events, enum wire_event_type type)
{
	bool is_noise = type == WIRE_EV_ARP || type == WIRE_EV_LOG;

	return !is_noise || events->count < WIRE_EVENTS_NOISE_MAX;
}

void wire_events_put(struct wire_events *events, const struct wire_event *event)
{
	struct wire_event_node *node;
	bool was_empty;

	lock(&events->lock);
	was_empty = STAILQ_EMPTY(&events->waiting);
	node = has_room(events, event->type) ? spare_node(events) : NULL;
	if (node) {
		events->count++;
		node->event = *event;
		STAILQ_INSERT_TAIL(&events->waiting, node, waiting);
	} else {
		events->lost++;
	}
	unlock(&events->lock);
	if (was_empty)
		wire_ring(events->wake_fd);
}

bool wire_events_take(struct wire_events *events, struct wire_event *ret_event)
{
	struct wire_event_node *node;

	lock(&events->lock);
	node = STAILQ_FIRST(&events->waiting);
	if (node) {
		STAILQ_REMOVE_HEAD(&events->waiting, waiting);
		events->count--;
		*ret_event = node->event;
		SLIST_INSERT_HEAD(&events->spare, node, spare);
	}
	unlock(&events->lock);
	return node;
}

uint64_t wire_events_lost(struct wire_events *events)
{
	uint64_t lost;

	lock(&events->lock);
	lost = events->lost;
	unlock(&events->lock);
	return lost;
}
