/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/saving.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipam/saved.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	SAVE_DELAY_MS = 200,
	SAVE_AGAIN_MS = 1000, /* after an error */
};

/* One text for up to two files. What it points to is its thread's until it is joined. */
struct write_job {
	char *text;
	char *path;
	char *publish; /* "": nowhere */
	int saved;     /* results: 0 or a negative errno */
	int published;
	int over_fd; /* eventfd: readable when it is over */
};

struct saving {
	char *path;
	bool is_changed; /* since the last text was made */
	int error;
	char *publish; /* as the last turn wanted it */
	const struct ipam *ipam;
	struct event *later;
	struct event *over;
	int over_fd;
	pthread_t thread;
	struct write_job *job; /* not NULL: the thread runs */
};

static struct write_job *job_new(const struct saving *saving)
{
	struct write_job *job = xnew(struct write_job);

	job->text = ipam_saved_text(saving->ipam);
	job->path = xstrdup(saving->path);
	job->publish = xstrdup(saving->publish);
	job->over_fd = saving->over_fd;
	return job;
}

static void job_free(struct write_job *job)
{
	free(job->text);
	free(job->path);
	free(job->publish);
	free(job);
}

static void job_run(struct write_job *job)
{
	job->saved = file_replace(job->path, job->text);
	if (job->saved == 0 && job->publish[0])
		job->published = file_replace(job->publish, job->text);
}

static void *job_thread(void *arg)
{
	const uint64_t one = 1;
	struct write_job *job = arg;

	job_run(job);
	(void)!write(job->over_fd, &one, sizeof(one));
	return NULL;
}

static void again(struct saving *saving, unsigned ms)
{
	const struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (event_add(saving->later, &wait) < 0)
		abort(); /* only memory can be missing */
}

/* An error is told once while it stays the same. */
static void take_result(struct saving *saving, const struct write_job *job)
{
	int r = job->saved < 0 ? job->saved : job->published;

	if (r < 0 && saving->error != r)
		log_error(job->saved < 0 ? "assignments not saved" : "assignments not published",
			kv_str("file", job->saved < 0 ? job->path : job->publish), kv_errno(r));
	saving->error = r;
	saving->is_changed |= r < 0;
}

static void join_thread(struct saving *saving)
{
	uint64_t count;

	if (!saving->job)
		return;
	(void)pthread_join(saving->thread, NULL);
	(void)!read(saving->over_fd, &count, sizeof(count));
	take_result(saving, saving->job);
	job_free(saving->job);
	saving->job = NULL;
}

static void on_over(evutil_socket_t fd, short events, void *arg)
{
	struct saving *saving = arg;

	(void)fd;
	(void)events;
	join_thread(saving);
	if (saving->is_changed)
		again(saving, saving->error < 0 ? SAVE_AGAIN_MS : SAVE_DELAY_MS);
}

static void save_here(struct saving *saving)
{
	struct write_job *job = job_new(saving);

	saving->is_changed = false;
	job_run(job);
	take_result(saving, job);
	job_free(job);
}

/* Signals are main's. */
static int start_thread(struct saving *saving)
{
	sigset_t all;
	sigset_t before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&saving->thread, NULL, job_thread, saving->job);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

static void on_later(evutil_socket_t fd, short events, void *arg)
{
	struct saving *saving = arg;

	(void)fd;
	(void)events;
	if (saving->job || !saving->is_changed)
		return; /* on_over() sees to it */
	saving->is_changed = false;
	saving->job = job_new(saving);
	if (start_thread(saving) == 0)
		return;
	job_free(saving->job);
	saving->job = NULL;
	save_here(saving);
}

struct saving *saving_new(struct event_base *base, const char *state)
{
	struct saving *saving = xnew(struct saving);

	saving->path = xasprintf("%s/assignments.json", state);
	saving->publish = xstrdup("");
	saving->over_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	saving->later = evtimer_new(base, on_later, saving);
	saving->over = event_new(base, saving->over_fd, EV_READ | EV_PERSIST, on_over, saving);
	if (saving->over_fd < 0 || !saving->later || !saving->over ||
		event_add(saving->over, NULL) < 0)
		abort(); /* at the start of the process only memory can be missing */
	return saving;
}

struct saving *saving_free(struct saving *saving)
{
	if (!saving)
		return NULL;
	join_thread(saving);
	event_free(saving->later);
	event_free(saving->over);
	(void)close(saving->over_fd);
	free(saving->path);
	free(saving->publish);
	free(saving);
	return NULL;
}

void saving_mark(struct saving *saving)
{
	saving->is_changed = true;
}

static void take_wishes(
	struct saving *saving, const struct settings *settings, const struct ipam *ipam)
{
	saving->ipam = ipam;
	if (strcmp(saving->publish, settings->publish) == 0)
		return;
	free(saving->publish);
	saving->publish = xstrdup(settings->publish);
}

void saving_turn(struct saving *saving, const struct settings *settings, const struct ipam *ipam)
{
	take_wishes(saving, settings, ipam);
	if (!saving->is_changed)
		return;
	if (settings->allocator == SETTINGS_ALLOCATE_SELF)
		save_here(saving);
	else if (!saving->job && !evtimer_pending(saving->later, NULL))
		again(saving, SAVE_DELAY_MS);
}

void saving_finish(struct saving *saving, const struct settings *settings, const struct ipam *ipam)
{
	join_thread(saving);
	take_wishes(saving, settings, ipam);
	if (saving->is_changed)
		save_here(saving);
}

int saving_restore(const struct saving *saving, struct ipam *ipam)
{
	auto_(freep) char *text = NULL;
	size_t len;
	int r = file_read(saving->path, IPAM_SAVED_MAX, &text, &len);

	return r < 0 ? r : ipam_restore_saved(ipam, text, len);
}

const char *saving_path(const struct saving *saving)
{
	return saving->path;
}

int saving_error(const struct saving *saving)
{
	return saving->error;
}
