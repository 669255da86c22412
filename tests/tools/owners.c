/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/tools/owners.h"

#include "arp/frame.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return ip_compare(
		&((const struct owners_address *)a)->ip, &((const struct owners_address *)b)->ip);
}

/* The address that @frame claims; NULL: it asks, or says something of another address. */
static struct owners_address *claimed(const struct owners *owners, const struct neigh_frame *frame)
{
	struct owners_address key = { 0 };

	switch (frame->kind) {
	case NEIGH_ARP_REQUEST: /* an announcement asks for its own address, RFC 5227 section 3 */
	case NEIGH_ARP_REPLY:
		key.ip = frame->source;
		break;
	case NEIGH_ADVERTISEMENT:
		key.ip = frame->target;
		break;
	case NEIGH_SOLICITATION:
		return NULL;
	}
	return bsearch(&key, owners->addresses, owners->count, sizeof(key), compare);
}

static bool is_announcement(const struct neigh_frame *frame)
{
	return (frame->eth_dst.bytes[0] & 1) != 0;
}

/* The run of claims of @mac; if there is no room, that of whoever was silent the longest. */
static struct owners_span *span_of(struct owners_address *address, const struct mac *mac)
{
	struct owners_span *oldest = address->spans;

	for (size_t i = 0; i < address->span_count; i++) {
		if (mac_equal(&address->spans[i].mac, mac))
			return &address->spans[i];
		if (address->spans[i].last_ns < oldest->last_ns)
			oldest = &address->spans[i];
	}
	if (address->span_count < OWNERS_MACS_MAX)
		oldest = &address->spans[address->span_count++];
	*oldest = (struct owners_span){ .mac = *mac };
	return oldest;
}

/* How long both held it: from the later first claim to the earlier last one. */
static void compare_spans(struct owners_address *address, const struct owners_span *span)
{
	for (size_t i = 0; i < address->span_count; i++) {
		const struct owners_span *other = &address->spans[i];
		uint64_t from = other->first_ns > span->first_ns ? other->first_ns : span->first_ns;
		uint64_t to = other->last_ns < span->last_ns ? other->last_ns : span->last_ns;

		if (other != span && to > from && to - from > address->two_ns)
			address->two_ns = to - from;
	}
}

static void claim(
	struct owners *owners, struct owners_address *address, const struct mac *mac, uint64_t now)
{
	struct owners_span *span = span_of(address, mac);

	if (span->last_ns == 0 || now - span->last_ns > owners->join_ns)
		span->first_ns = now;
	span->last_ns = now;
	compare_spans(address, span);
	if (address->claimed_ns > 0) {
		if (now - address->claimed_ns > address->silence_ns)
			address->silence_ns = now - address->claimed_ns;
		address->changes += !mac_equal(&address->owner, mac);
	}
	address->owner = *mac;
	address->claimed_ns = now;
}

/* Frames that waited are older than what was said meanwhile. */
static uint64_t forward(struct owners *owners, uint64_t now_ns)
{
	if (now_ns > owners->now_ns)
		owners->now_ns = now_ns;
	return owners->now_ns;
}

void owners_init(
	struct owners *owners, struct owners_address *addresses, size_t count, uint64_t join_ns)
{
	*owners = (struct owners){ .addresses = addresses, .count = count, .join_ns = join_ns };
	qsort(addresses, count, sizeof(*addresses), compare);
}

void owners_frame(struct owners *owners, const uint8_t *bytes, size_t len, uint64_t now_ns)
{
	struct neigh_frame frame;
	struct owners_address *address;

	if (neigh_parse(bytes, len, &frame) != FRAME_GOOD)
		return;
	address = claimed(owners, &frame);
	if (!address || !frame.has_sender)
		return;
	owners->claims++;
	owners->announcements += is_announcement(&frame);
	claim(owners, address, &frame.sender, forward(owners, now_ns));
}

bool owners_all_claimed(const struct owners *owners)
{
	for (size_t i = 0; i < owners->count; i++) {
		if (owners->addresses[i].claimed_ns == 0)
			return false;
	}
	return true;
}

void owners_forget(struct owners *owners, uint64_t now_ns)
{
	now_ns = forward(owners, now_ns);
	owners->claims = 0;
	owners->announcements = 0;
	for (size_t i = 0; i < owners->count; i++) {
		struct owners_address *address = &owners->addresses[i];

		for (size_t j = 0; j < address->span_count; j++)
			address->spans[j].first_ns = now_ns;
		if (address->claimed_ns > 0)
			address->claimed_ns = now_ns;
		address->silence_ns = 0;
		address->two_ns = 0;
		address->changes = 0;
	}
}

void owners_end(struct owners *owners, uint64_t now_ns)
{
	now_ns = forward(owners, now_ns);
	for (size_t i = 0; i < owners->count; i++) {
		struct owners_address *address = &owners->addresses[i];

		if (now_ns - address->claimed_ns > address->silence_ns)
			address->silence_ns = now_ns - address->claimed_ns;
	}
}

const char *owners_broken(const struct owners *owners, const struct owners_address *address,
	const struct owners_bounds *bounds)
{
	size_t holders = 0;

	for (size_t i = 0; i < address->span_count; i++)
		holders += bounds->now_ns - address->spans[i].last_ns <= owners->join_ns;
	if (address->claimed_ns == 0)
		return "nobody ever answered";
	if (address->two_ns > bounds->two_ns)
		return "two owners for too long";
	if (address->silence_ns > bounds->silence_ns)
		return "nobody for too long";
	if (holders > 1)
		return "two owners at the end";
	return NULL;
}
