/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TCP streams of BGP put together again, each direction for itself, and cut into messages.
 *
 * All is bounded: STREAM_FLOWS_MAX directions (the one longest silent goes first), and of each one
 * message and STREAM_LATE_MAX octets that came too early. What is lost is skipped: the next message
 * is then looked for by its marker.
 */

#include "bellmanctl/capture_frame.h"

#include <bsd/sys/queue.h>

enum {
	STREAM_FLOWS_MAX = 64,
	STREAM_LATE_MAX = 256 * 1024,
	STREAM_BUFFER_MAX = 65535, /* the longest message */
};

struct stream_late; /* a segment that came too early */
SLIST_HEAD(stream_late_list, stream_late);

/* One direction of one connection. */
struct stream_flow {
	TAILQ_ENTRY(stream_flow) link;
	struct ip from;
	struct ip to;
	uint16_t from_port;
	uint16_t to_port;

	bool has_sequence;
	bool is_synced;               /* the buffer starts with a message */
	bool is_new;                  /* its connection began in this capture */
	uint32_t sequence;            /* of the next octet */
	struct stream_late_list late; /* by sequence */
	size_t late_octets;
	uint8_t *buffer; /* owned, STREAM_BUFFER_MAX octets */
	size_t buffered;

	/* What the sender's OPEN said; for who reads the messages. */
	bool has_open;
	bool has_as4;
	uint8_t add_path_send;
	uint8_t add_path_receive;
	uint32_t as;
};

TAILQ_HEAD(stream_flow_list, stream_flow);

enum stream_end {
	STREAM_FINISHED, /* FIN */
	STREAM_RESET,    /* RST */
};

struct stream_events {
	/* A whole message, its header checked. */
	void (*message)(void *user, struct stream_flow *flow, const uint8_t *bytes, size_t len);
	/* Octets are missing in the capture, or no BGP. */
	void (*gap)(void *user, struct stream_flow *flow);
	void (*end)(void *user, struct stream_flow *flow, enum stream_end how);
	void *user;
};

/* Zero-initialise, then stream_table_init(). */
struct stream_table {
	struct stream_flow_list flows; /* the one silent for longest is first */
	size_t count;
	struct stream_events events;
};

void stream_table_init(struct stream_table *table, const struct stream_events *events);
void stream_table_fini(struct stream_table *table);

/* Takes in a TCP segment. */
void stream_table_add(struct stream_table *table, const struct capture_segment *segment);

/* The other direction of @flow, or NULL. */
struct stream_flow *stream_table_reverse(
	struct stream_table *table, const struct stream_flow *flow);
