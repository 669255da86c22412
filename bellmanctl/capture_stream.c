/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/capture_stream.h"

#include "base/mem.h"
#include "bgp/message.h"

#include <string.h>

struct stream_late {
	SLIST_ENTRY(stream_late) link;
	uint32_t sequence;
	size_t len;
	uint8_t bytes[];
};

enum {
	MARKER_LEN = 16,
};

void stream_table_init(struct stream_table *table, const struct stream_events *events)
{
	TAILQ_INIT(&table->flows);
	table->count = 0;
	table->events = *events;
}

static void late_pop(struct stream_flow *flow)
{
	struct stream_late *first = SLIST_FIRST(&flow->late);

	flow->late_octets -= first->len;
	SLIST_REMOVE_HEAD(&flow->late, link);
	free(first);
}

static void late_clear(struct stream_flow *flow)
{
	while (!SLIST_EMPTY(&flow->late))
		late_pop(flow);
}

static void flow_free(struct stream_table *table, struct stream_flow *flow)
{
	TAILQ_REMOVE(&table->flows, flow, link);
	table->count--;
	late_clear(flow);
	free(flow->buffer);
	free(flow);
}

void stream_table_fini(struct stream_table *table)
{
	while (!TAILQ_EMPTY(&table->flows))
		flow_free(table, TAILQ_FIRST(&table->flows));
}

static struct stream_flow *find(struct stream_table *table, const struct ip *from,
	uint16_t from_port, const struct ip *to, uint16_t to_port)
{
	struct stream_flow *flow;

	TAILQ_FOREACH(flow, &table->flows, link) {
		if (flow->from_port == from_port && flow->to_port == to_port &&
			ip_equal(&flow->from, from) && ip_equal(&flow->to, to))
			return flow;
	}
	return NULL;
}

struct stream_flow *stream_table_reverse(struct stream_table *table, const struct stream_flow *flow)
{
	return find(table, &flow->to, flow->to_port, &flow->from, flow->from_port);
}

static struct stream_flow *flow_of(
	struct stream_table *table, const struct capture_segment *segment)
{
	struct stream_flow *flow = find(
		table, &segment->from, segment->from_port, &segment->to, segment->to_port);

	if (flow) {
		TAILQ_REMOVE(&table->flows, flow, link);
		TAILQ_INSERT_TAIL(&table->flows, flow, link);
		return flow;
	}
	if (table->count == STREAM_FLOWS_MAX)
		flow_free(table, TAILQ_FIRST(&table->flows));
	flow = xnew(struct stream_flow);
	flow->from = segment->from;
	flow->to = segment->to;
	flow->from_port = segment->from_port;
	flow->to_port = segment->to_port;
	flow->buffer = xcalloc(1, STREAM_BUFFER_MAX);
	SLIST_INIT(&flow->late);
	TAILQ_INSERT_TAIL(&table->flows, flow, link);
	table->count++;
	return flow;
}

/* True if the buffer starts with the header of a message, or with what can become one. */
static bool is_header(const struct stream_flow *flow, size_t at)
{
	const size_t left = flow->buffered - at;
	struct bgp_header header;
	struct bgp_refusal why;

	for (size_t i = 0; i < MARKER_LEN && i < left; i++) {
		if (flow->buffer[at + i] != 0xff)
			return false;
	}
	return left < BGP_HEADER_LEN ||
		bgp_header_parse(flow->buffer + at, BGP_MESSAGE_MAX_EXTENDED, &header, &why) == 0;
}

static void buffer_skip(struct stream_flow *flow, size_t len)
{
	flow->buffered -= len;
	memmove(flow->buffer, flow->buffer + len, flow->buffered);
}

/* Drops what stands before the next header. */
static void resync(struct stream_flow *flow)
{
	size_t at = 0;

	while (at < flow->buffered && !is_header(flow, at))
		at++;
	buffer_skip(flow, at);
	flow->is_synced = flow->buffered >= BGP_HEADER_LEN;
}

/* Hands out the whole messages of the buffer. */
static void take_messages(struct stream_table *table, struct stream_flow *flow)
{
	while (flow->buffered >= BGP_HEADER_LEN) {
		struct bgp_refusal why;
		struct bgp_header header;

		if (!flow->is_synced)
			resync(flow);
		if (!flow->is_synced)
			return;
		if (bgp_header_parse(flow->buffer, BGP_MESSAGE_MAX_EXTENDED, &header, &why) < 0) {
			flow->is_synced = false;
			table->events.gap(table->events.user, flow);
			continue;
		}
		if (flow->buffered < header.len)
			return;
		table->events.message(table->events.user, flow, flow->buffer, header.len);
		buffer_skip(flow, header.len);
	}
}

/* Octets that are the next of the stream. */
static void take_octets(
	struct stream_table *table, struct stream_flow *flow, const uint8_t *bytes, size_t len)
{
	flow->sequence += (uint32_t)len;
	while (len > 0) {
		size_t part = STREAM_BUFFER_MAX - flow->buffered;

		if (part > len)
			part = len;
		memcpy(flow->buffer + flow->buffered, bytes, part);
		flow->buffered += part;
		bytes += part;
		len -= part;
		take_messages(table, flow);
	}
}

/* How far @sequence is ahead of what is due; negative: it was there already. */
static int32_t ahead(const struct stream_flow *flow, uint32_t sequence)
{
	return (int32_t)(sequence - flow->sequence);
}

static void take_segment(struct stream_table *table, struct stream_flow *flow, uint32_t sequence,
	const uint8_t *bytes, size_t len)
{
	size_t old = (size_t) - (int64_t)ahead(flow, sequence);

	if (old < len)
		take_octets(table, flow, bytes + old, len - old);
}

/* Segments that waited and are due now. */
static void take_late(struct stream_table *table, struct stream_flow *flow)
{
	struct stream_late *first;

	while ((first = SLIST_FIRST(&flow->late)) && ahead(flow, first->sequence) <= 0) {
		take_segment(table, flow, first->sequence, first->bytes, first->len);
		late_pop(flow);
	}
}

static void keep_late(struct stream_flow *flow, const struct capture_segment *segment)
{
	struct stream_late *late = xcalloc(1, sizeof(*late) + segment->len);
	struct stream_late *after = NULL;
	struct stream_late *other;

	late->sequence = segment->sequence;
	late->len = segment->len;
	memcpy(late->bytes, segment->payload, segment->len);
	flow->late_octets += late->len;
	SLIST_FOREACH(other, &flow->late, link)
	{
		if (ahead(flow, other->sequence) > ahead(flow, late->sequence))
			break;
		after = other;
	}
	if (after)
		SLIST_INSERT_AFTER(after, late, link);
	else
		SLIST_INSERT_HEAD(&flow->late, late, link);
}

/* The missing octets will not come any more: goes on behind them. */
static void give_up_gap(struct stream_table *table, struct stream_flow *flow)
{
	flow->buffered = 0;
	flow->is_synced = false;
	table->events.gap(table->events.user, flow);
	if (!SLIST_EMPTY(&flow->late))
		flow->sequence = SLIST_FIRST(&flow->late)->sequence;
	take_late(table, flow);
}

static void begin(struct stream_flow *flow, const struct capture_segment *segment)
{
	late_clear(flow);
	flow->buffered = 0;
	flow->has_sequence = true;
	flow->is_new = segment->flags & CAPTURE_SYN;
	flow->is_synced = flow->is_new;
	flow->sequence = segment->sequence + flow->is_new;
	if (flow->is_new)
		flow->has_open = false;
}

void stream_table_add(struct stream_table *table, const struct capture_segment *segment)
{
	struct stream_flow *flow = flow_of(table, segment);

	if (!flow->has_sequence || (segment->flags & CAPTURE_SYN))
		begin(flow, segment);
	if (segment->len > 0 && !(segment->flags & CAPTURE_SYN)) {
		if (ahead(flow, segment->sequence) <= 0)
			take_segment(
				table, flow, segment->sequence, segment->payload, segment->len);
		else if (segment->len <= STREAM_LATE_MAX)
			keep_late(flow, segment);
		take_late(table, flow);
		while (flow->late_octets > STREAM_LATE_MAX)
			give_up_gap(table, flow);
	}
	if (!(segment->flags & (CAPTURE_FIN | CAPTURE_RST)))
		return;
	if (!SLIST_EMPTY(&flow->late))
		give_up_gap(table, flow);
	table->events.end(table->events.user, flow,
		(segment->flags & CAPTURE_RST) ? STREAM_RESET : STREAM_FINISHED);
	flow_free(table, flow);
}
