/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a capture says about addresses: who announces and withdraws them. Frames in, records out; no
 * file, no interface and no clock in here.
 *
 * A record is a JSON object: "time", "protocol" (arp, ndp, bgp, bfd), "from", "to", "event", and
 * what belongs to it. ARP and NDP: announcements, answers and probes, not ordinary questions. BGP:
 * every message but KEEPALIVE, from TCP streams put together again. BFD: a packet that says something
 * else than the one before it.
 */

#include "base/own.h"
#include "base/strbuf.h"
#include "bellmanctl/capture_frame.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* @record is borrowed for the call. */
typedef void capture_record_fn(void *user, json_t *record);

struct capture;

struct capture *capture_new(capture_record_fn *record, void *user);
struct capture *capture_free(struct capture *capture);
DEFINE_FREEP(struct capture, capture);

/**
 * capture_frame() - take in one frame
 * @time_us: when it was seen, microseconds since 1970
 * @link:    what it begins with
 *
 * Frames may be cut, faulty or of other protocols: those give no record.
 */
void capture_frame(struct capture *capture, int64_t time_us, enum capture_link link,
	const uint8_t *bytes, size_t len);

/* Appends @record as plain lines: one for each prefix, or one if there is none. */
void capture_format(const json_t *record, struct strbuf *out);
