/* SPDX-License-Identifier: Apache-2.0 */

#include "base/clock.h"
#include "base/wire.h"
#include "bfd/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bfd_auth_conf auths[] = {
	{ .type = BFD_AUTH_NONE },
	{ .type = BFD_AUTH_SIMPLE, .key_count = 1, .keys = { { 1, 1, "k" } } },
	{ .type = BFD_AUTH_METICULOUS_SHA1, .key_count = 1, .keys = { { 1, 1, "k" } } },
};

/* What holds of every session, whatever came. */
static void check(struct bfd_session *session, uint64_t now_ns)
{
	struct bfd_packet packet;
	unsigned sent = 0;

	while (bfd_session_next_packet(session, now_ns, (uint32_t)now_ns, &packet)) {
		/* An answer and what is due; more would be a storm. */
		if (++sent > 2 || (packet.is_poll && packet.is_final) || packet.multiplier == 0)
			abort();
		if (session->state != BFD_UP && packet.desired_tx_us < BFD_SLOW_US)
			abort();
	}
	/* Else the caller would never sleep. */
	if (bfd_session_deadline(session) <= now_ns)
		abort();
}

static void receive(struct bfd_session *session, struct wire_reader *input, uint64_t now_ns)
{
	struct wire_reader bytes = wire_sub(input, wire_u8(input));
	size_t len = wire_left(&bytes);
	const uint8_t *at = wire_bytes(&bytes, len);
	struct bfd_packet packet;

	if (at && bfd_packet_parse(at, len, &packet) == BFD_GOOD)
		(void)bfd_session_receive(session, at, &packet, now_ns);
}

static void step(struct bfd_session *session, struct wire_reader *input, uint64_t now_ns)
{
	struct bfd_timing timing = session->conf;

	switch (wire_u8(input) % 6) {
	case 0:
	case 1:
		receive(session, input, now_ns);
		break;
	case 2:
		break; /* time alone */
	case 3:
		timing.tx_us = BFD_INTERVAL_MIN_US + wire_u16(input) * 100U;
		timing.rx_us = BFD_INTERVAL_MIN_US + wire_u16(input) * 100U;
		timing.multiplier = 1 + wire_u8(input) % 10;
		timing.patience = wire_u8(input) % 10;
		timing.is_passive = wire_u8(input) & 1;
		bfd_session_set_timing(session, &timing, now_ns);
		break;
	case 4:
		bfd_session_set_admin(session, wire_u8(input) & 1, BFD_DIAG_ADMIN_DOWN, now_ns);
		break;
	case 5:
		bfd_session_set_auth(session, &auths[wire_u8(input) % 3]);
		break;
	}
	bfd_session_expire(session, now_ns);
	check(session, now_ns);
}

/* A session lives through calls, times and packets that the input chooses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bfd_timing timing = { .tx_us = 100000, .rx_us = 100000, .multiplier = 3 };
	struct wire_reader input = wire_reader(data, size);
	struct bfd_session session;
	uint64_t now_ns = NS_PER_S;

	bfd_session_init(&session, &timing, &auths[wire_u8(&input) % 3], 0x01020304, 0, now_ns);
	check(&session, now_ns);
	while (wire_left(&input) > 0) {
		now_ns += wire_u16(&input) * 100 * NS_PER_US;
		step(&session, &input, now_ns);
	}
	return 0;
}
