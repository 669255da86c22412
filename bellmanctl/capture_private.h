/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the capture decoder share; nobody else includes this.
 */

#include "bellmanctl/capture.h"
#include "bellmanctl/capture_stream.h"
#include "bfd/fsm.h"

enum {
	BFD_KNOWN_MAX = 256,
};

/* What a BFD session said last. */
struct bfd_known {
	struct ip from;
	struct ip to;
	uint32_t discriminator;
	enum bfd_state state; /* BFD_STATE_COUNT_: nothing yet */
	uint8_t diag;
};

struct capture {
	capture_record_fn *record;
	void *user;
	int64_t time_us; /* of the frame in hand */
	struct stream_table streams;
	struct bfd_known bfd[BFD_KNOWN_MAX];
	size_t bfd_count;
	size_t bfd_next; /* to be forgotten next, once all are in use */
};

/* A record of the frame in hand; the caller adds to it and gives it to record_emit(). */
json_t *record_new(const struct capture *capture, const char *protocol, const char *from,
	const char *to, const char *event);

/* The same between two addresses. */
json_t *record_between(const struct capture *capture, const char *protocol, const struct ip *from,
	const struct ip *to, const char *event);

void record_set_text(json_t *record, const char *key, const char *text);
void record_set_int(json_t *record, const char *key, json_int_t value);
void record_set_ip(json_t *record, const char *key, const struct ip *ip);

/* Hands @record to the capture's owner and frees it. */
void record_emit(const struct capture *capture, json_t *record);

/* Makes the streams of @capture report to it. */
void capture_bgp_init(struct capture *capture);
