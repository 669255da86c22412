/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engine's state, shared by engine.c, which brings it in line with what is desired, and run.c,
 * which does what packets and time ask for. For bfd/ alone.
 *
 * A session is found by its discriminator, or by its peer; what is due next is the first of a tree,
 * for which one timer stands. Nothing here grows but by bfd_engine_put().
 */

#include "base/tree.h"
#include "bfd/engine.h"
#include "bfd/socket.h"

#include <uthash.h>

/* Sessions with one peer, for packets that do not name a discriminator. */
struct peer {
	UT_hash_handle hh;
	struct ip ip;
	struct entry *first;
};

struct entry {
	UT_hash_handle hh; /* by discriminator */
	RB_ENTRY(entry) due;
	struct bfd_engine *engine;
	struct bfd_session_conf conf;
	struct bfd_session session;
	struct peer *peer;
	struct entry *next;     /* of the same peer */
	uint32_t discriminator; /* the key of hh */
	uint64_t due_ns;
	enum bfd_state told_state; /* in the last event */
	bool is_admin_down;
	enum bfd_diag admin_diag;
	bool is_refused;   /* nobody listens at the peer, and we said so */
	int fd;            /* -1: not open */
	int error;         /* of sending; 0: none */
	uint64_t tried_ns; /* to open the socket */
	uint16_t source_port;
	struct event *on_error;
	uint64_t packets_in;
	uint64_t packets_out;
	uint64_t send_errors;
	uint64_t refusals;
	uint64_t drops[BFD_DROP_COUNT_];
};

/* A listening socket; open while sessions need it. */
struct listener {
	struct bfd_engine *engine;
	uint8_t family;
	bool is_multihop;
	size_t users;
	int fd;
	int error;
	struct event *readable;
	struct event *retry; /* while it can not be opened */
};

enum {
	LISTENERS = 4, /* two families, two ports */
};

RB_HEAD(agenda, entry);

struct bfd_engine {
	struct event_base *base;
	struct bfd_engine_conf conf;
	bfd_event_fn *on_event;
	void *user;
	struct entry *entries; /* by discriminator */
	struct peer *peers;
	struct agenda agenda; /* by due_ns */
	size_t count;
	bool is_ready;
	enum bfd_diag gate_diag;
	struct listener listeners[LISTENERS];
	struct bfd_batch *batch;
	int timer_fd;
	struct event *on_timer;
	uint64_t armed_ns;   /* BFD_NEVER: the timer stands; 0: to be set anew */
	uint64_t arrived_ns; /* of the batch in hand */
	uint32_t chance;
	uint64_t stalls;
	uint64_t drops[BFD_DROP_COUNT_];
};

/* engine.c */
/* Random, and of no session. */
uint32_t bfd_new_discriminator(const struct bfd_engine *engine);

/* run.c */
void bfd_report(struct entry *entry, enum bfd_event_type type, int error, uint64_t now_ns);
/* After anything that may have changed the session: sends, tells, and waits anew. */
void bfd_settle(struct entry *entry, uint64_t now_ns);
/* Sends what the session has to say now, and no more: it goes. */
void bfd_flush(struct entry *entry, uint64_t now_ns);
/* Out of the agenda. */
void bfd_unqueue(struct entry *entry);
void bfd_close_socket(struct entry *entry);
/* Lets the timer stand for what is due first. */
void bfd_arm(struct bfd_engine *engine);
/* For event_new(). */
void bfd_on_timer(evutil_socket_t fd, short events, void *engine);
void bfd_on_readable(evutil_socket_t fd, short events, void *listener);
