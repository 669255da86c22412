/* SPDX-License-Identifier: Apache-2.0 */

#include "base/clock.h"
#include "bgp/conn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bgp_conn_conf conf = {
	.offer = { .as = 65001,
		.hold_seconds = 90,
		.id = 0x0a000001,
		.caps = { .families = BGP_FAMILIES_ALL,
			.has_multiprotocol = true,
			.has_as4 = true,
			.as4 = 65001,
			.has_route_refresh = true,
			.has_enhanced_refresh = true,
			.has_extended_message = true,
			.role = BGP_ROLE_NONE } },
	.expect = { .type = BGP_PEER_EXTERNAL, .local_as = 65001, .role = BGP_ROLE_NONE },
	.seed = 1,
};

/* Everything we say consists of whole messages with right lengths. */
static void check_output(struct bgp_conn *conn, uint64_t now)
{
	size_t len;
	const uint8_t *at = bgp_conn_unsent(conn, &len);
	size_t left = len;

	while (left > 0) {
		struct bgp_header header;
		struct bgp_refusal why;

		if (left < BGP_HEADER_LEN ||
			bgp_header_parse(at, BGP_MESSAGE_MAX, &header, &why) < 0 ||
			header.len > left)
			abort();
		at += header.len;
		left -= header.len;
	}
	bgp_conn_sent(conn, len, now);
}

/* What a peer sends after TCP is up; the first octet says how it is cut into pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bgp_received received = { 0 };
	struct bgp_message_counts in = { 0 };
	struct bgp_message_counts out = { 0 };
	uint64_t now = NS_PER_S;
	struct bgp_conn conn;
	size_t piece;

	if (size < 1)
		return 0;
	piece = (size_t)data[0] + 1;
	bgp_conn_init(&conn, &conf, &received, &in, &out);
	bgp_conn_event(&conn, BGP_EV_START, now);
	bgp_conn_event(&conn, BGP_EV_TCP_UP, now);
	for (size_t at = 1; at < size && conn.state != BGP_IDLE; at += piece) {
		size_t n = piece < size - at ? piece : size - at;
		size_t room;
		uint8_t *to = bgp_conn_room(&conn, &room);

		if (n > room)
			abort(); /* a whole message is never left lying */
		memcpy(to, data + at, n);
		bgp_conn_got(&conn, n, now);
		while (bgp_conn_process(&conn, now))
			check_output(&conn, now);
		now += NS_PER_S;
		bgp_conn_tick(&conn, now);
		check_output(&conn, now);
	}
	if (conn.state == BGP_IDLE && !(conn.todo & BGP_CONN_CLOSE))
		abort();
	bgp_conn_fini(&conn);
	bgp_received_fini(&received);
	return 0;
}
