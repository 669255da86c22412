/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small decoder of UPDATE streams for tests, made apart from the code under test: it keeps the
 * table a peer would have, and fails the test where a message is not as it must be.
 */

#include "base/mem.h"
#include "cmocka_all.h"

#include <stdbool.h>
#include <string.h>

enum {
	PEER_ROUTES_MAX = 4096,
	PEER_ATTRS_MAX = 4096,
};

struct peer_route {
	uint8_t family; /* AFI: 1 or 2 */
	uint8_t bits;
	uint8_t address[16];
	uint16_t attrs_len; /* all attributes but MP_REACH's prefixes, as received */
	uint8_t *attrs;     /* owned */
};

struct peer_table {
	size_t message_max;
	bool add_path[3]; /* by AFI */
	struct peer_route routes[PEER_ROUTES_MAX];
	size_t count;
	size_t updates;
	size_t withdrawals_unknown; /* of prefixes that the peer did not hold */
	size_t announced, withdrawn;
	unsigned end_of_rib[3], begin_refresh[3], end_refresh[3];
	/* Of the last message. */
	uint8_t attrs[PEER_ATTRS_MAX];
	size_t attrs_len;
};

static inline uint16_t peer_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void peer_table_clear(struct peer_table *peer)
{
	for (size_t i = 0; i < peer->count; i++)
		free(peer->routes[i].attrs);
	peer->count = 0;
}

static inline struct peer_route *peer_find(
	struct peer_table *peer, uint8_t afi, uint8_t bits, const uint8_t address[16])
{
	for (size_t i = 0; i < peer->count; i++) {
		struct peer_route *route = &peer->routes[i];

		if (route->family == afi && route->bits == bits &&
			memcmp(route->address, address, 16) == 0)
			return route;
	}
	return NULL;
}

static inline void peer_announce(
	struct peer_table *peer, uint8_t afi, uint8_t bits, const uint8_t address[16])
{
	struct peer_route *route = peer_find(peer, afi, bits, address);

	if (!route) {
		assert_true(peer->count < PEER_ROUTES_MAX);
		route = &peer->routes[peer->count++];
		*route = (struct peer_route){ .family = afi, .bits = bits };
		memcpy(route->address, address, 16);
	}
	free(route->attrs);
	route->attrs = xmemdup(peer->attrs, peer->attrs_len ? peer->attrs_len : 1);
	route->attrs_len = (uint16_t)peer->attrs_len;
	peer->announced++;
}

static inline void peer_withdraw(
	struct peer_table *peer, uint8_t afi, uint8_t bits, const uint8_t address[16])
{
	struct peer_route *route = peer_find(peer, afi, bits, address);

	peer->withdrawn++;
	if (!route) {
		peer->withdrawals_unknown++;
		return;
	}
	free(route->attrs);
	*route = peer->routes[--peer->count];
}

/* Prefixes from @at to @end, each to be announced or withdrawn. */
static inline void peer_prefixes(struct peer_table *peer, uint8_t afi, const uint8_t *at,
	const uint8_t *end, bool is_withdraw)
{
	while (at < end) {
		uint8_t address[16] = { 0 };
		uint8_t bits;

		if (peer->add_path[afi]) {
			assert_true(end - at > 4);
			at += 4;
		}
		bits = *at++;
		assert_true(bits <= (afi == 1 ? 32 : 128));
		assert_true(end - at >= (bits + 7) / 8);
		memcpy(address, at, (size_t)((bits + 7) / 8));
		at += (bits + 7) / 8;
		if (is_withdraw)
			peer_withdraw(peer, afi, bits, address);
		else
			peer_announce(peer, afi, bits, address);
	}
}

/* The one MP attribute of a message, and whether there is nothing else to say. */
struct peer_mp {
	uint8_t type;
	uint8_t afi;
	const uint8_t *prefixes;
	const uint8_t *end;
};

/* Walks the attributes: keeps those that are not MP, requires the MP one to be the first. */
static inline struct peer_mp peer_attrs(
	struct peer_table *peer, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *first = at;
	struct peer_mp mp = { 0 };
	int type_before = 0;

	peer->attrs_len = 0;
	while (at < end) {
		const uint8_t *head = at;
		size_t len;

		assert_true(end - at >= 3);
		len = (at[0] & 0x10) ? peer_u16(at + 2) : at[2];
		assert_int_equal((at[0] & 0x10) != 0, len > 255); /* long form only when needed */
		at += (at[0] & 0x10) ? 4 : 3;
		assert_true((size_t)(end - at) >= len);
		if (head[1] == 14 || head[1] == 15) {
			assert_ptr_equal(head, first);
			mp.type = head[1];
			mp.afi = at[1];
			mp.prefixes = head[1] == 14 ? at + 4 + at[3] + 1 : at + 3;
			mp.end = at + len;
			if (head[1] == 14) { /* the next hop belongs to the attributes */
				memcpy(peer->attrs, at + 3, 1U + at[3]);
				peer->attrs_len = 1U + at[3];
			}
		} else {
			assert_true(head[1] > type_before);
			type_before = head[1];
			assert_true(peer->attrs_len + len + 4 <= PEER_ATTRS_MAX);
			memcpy(peer->attrs + peer->attrs_len, head, (size_t)(at - head) + len);
			peer->attrs_len += (size_t)(at - head) + len;
		}
		at += len;
	}
	return mp;
}

static inline void peer_update(struct peer_table *peer, const uint8_t *body, const uint8_t *end)
{
	const uint8_t *withdrawn = body + 2;
	const uint8_t *attrs = withdrawn + peer_u16(body) + 2;
	const uint8_t *nlri = attrs + peer_u16(attrs - 2);
	struct peer_mp mp;

	assert_true(nlri <= end);
	if (end - body == 4) { /* nothing at all: End-of-RIB of IPv4 */
		peer->end_of_rib[1]++;
		return;
	}
	peer->updates++;
	mp = peer_attrs(peer, attrs, nlri);
	/* Either routes or withdrawals, of one family. */
	assert_int_equal((attrs - 2 > withdrawn) + (end > nlri) + (mp.type != 0), 1);
	if (mp.type == 15 && mp.prefixes == mp.end) {
		peer->end_of_rib[mp.afi]++;
		peer->updates--;
		return;
	}
	peer_prefixes(peer, 1, withdrawn, attrs - 2, true);
	peer_prefixes(peer, 1, nlri, end, false);
	if (mp.type)
		peer_prefixes(peer, mp.afi, mp.prefixes, mp.end, mp.type == 15);
}

/* Takes whole messages. */
static inline void peer_receive(struct peer_table *peer, const uint8_t *at, size_t len)
{
	const uint8_t *end = at + len;

	while (at < end) {
		size_t message_len;

		assert_true(end - at >= 19);
		for (int i = 0; i < 16; i++)
			assert_int_equal(at[i], 0xff);
		message_len = peer_u16(at + 16);
		assert_true(message_len <= peer->message_max);
		assert_true((size_t)(end - at) >= message_len);
		if (at[18] == 5) { /* ROUTE-REFRESH: AFI, subtype, SAFI */
			assert_int_equal(message_len, 23);
			if (at[21] == 1)
				peer->begin_refresh[at[20]]++;
			else if (at[21] == 2)
				peer->end_refresh[at[20]]++;
			else
				fail();
		} else {
			assert_int_equal(at[18], 2);
			peer_update(peer, at + 19, at + message_len);
		}
		at += message_len;
	}
}
