/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses and ports that HAProxy can not have, since somebody else has them or the machine does
 * not. A new HAProxy does not start with one of these, and no other change would get in either: they
 * are left out, each with its reason, until they can be had.
 *
 * They are found by trying, before a reload, what HAProxy would try; so this must run in HAProxy's
 * network namespace. What can not be tried (a low port without the right to it) is learned from what
 * HAProxy says when it fails.
 */

#include "base/ip.h"
#include "haproxy-gen/change.h"
#include "haproxy-gen/want.h"

struct held_entry {
	struct ip ip;
	uint16_t port;
	int error;         /* errno, positive */
	uint64_t until_ns; /* it is believed without a proof until then */
	bool is_asked;     /* somebody wants it, since the last held_refresh() */
};

/* Zero-initialise. */
struct held {
	struct held_entry *at;
	size_t count;
	size_t capacity;
};

void held_fini(struct held *held);

/* Why @ip and @port can not be had: a positive errno; 0: nothing is known against it. */
int held_error(struct held *held, const struct ip *ip, uint16_t port);

/**
 * held_try() - try each listener of @want that @installed does not have
 * @installed:      the file that HAProxy runs, whose listeners it has
 * @is_transparent: HAProxy may have addresses that the machine does not have
 *
 * Return: how many more are held now.
 */
size_t held_try(struct held *held, const struct want *want, struct change_text installed,
	bool is_transparent);

/**
 * held_learn() - take what HAProxy complains of: "cannot bind socket (REASON) ... [ADDRESS:PORT]"
 * @until_ns: how long it is believed
 *
 * Return: how many more are held now.
 */
size_t held_learn(struct held *held, const char *complaint, uint64_t until_ns);

/* Nothing is believed any more without a proof. */
void held_doubt(struct held *held);

/* Drops what nobody asked for since the last time, and what can be had by now. */
void held_refresh(struct held *held, uint64_t now_ns, bool is_transparent);
