/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A TCP connection to a collector, to which things are told and which says nothing. It is dialled
 * again with patience when it ends. A collector that reads slowly costs a buffer of bounded size and
 * delays nobody: what there is without limit is pulled when the socket takes it, and a collector
 * that does not even take what must be pushed is hung up on, since it has missed something then.
 */

#include "base/own.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collector;

enum {
	COLLECTOR_PULL_SIZE = 256 << 10, /* octets that a pull may give at once */
	COLLECTOR_PUSH_MAX = 4 << 20,    /* octets that may wait */
};

struct collector_callbacks {
	/* Connected: nothing was said yet. */
	void (*up)(void *user);
	/* The next octets to be said, at most @cap of them; 0: nothing now. */
	size_t (*pull)(void *user, uint8_t *buf, size_t cap);
	/* The connection is no more; it will be tried again. */
	void (*down)(void *user);
	/* A try to connect came to nothing, -errno; there will be another. */
	void (*failed)(void *user, int error);
};

/**
 * collector_new() - begin to dial
 * @address:   "192.0.2.9:11019" or "[2001:db8::9]:11019": where it listens
 * @callbacks: copied; called from the event loop, `down` also from collector_push()
 *
 * Return: 0; -EINVAL: @address is none.
 */
must_check int collector_new(struct event_base *base, const char *address,
	const struct collector_callbacks *callbacks, void *user, struct collector **ret_collector);

/* Gives the socket what it takes at once of what waits, and closes it; tells nobody. */
struct collector *collector_free(struct collector *collector);
DEFINE_FREEP(struct collector, collector);

/*
 * Says @len octets, in order with all that was pulled before. Nothing happens while not connected.
 * Too much waits: the connection is dropped.
 */
void collector_push(struct collector *collector, const uint8_t *bytes, size_t len);

/* There is something to pull (again). */
void collector_wake(struct collector *collector);

struct collector_view {
	bool is_up;
	uint64_t since_ns;    /* up or down; CLOCK_MONOTONIC */
	uint64_t established; /* how often it came up */
	uint64_t overruns;    /* how often it was dropped since too much waited */
	uint64_t octets;      /* given to the kernel */
	size_t waiting;       /* octets */
	int error;            /* negative errno of the last end; 0: it closed, or there was none */
};

struct collector_view collector_view(const struct collector *collector);
