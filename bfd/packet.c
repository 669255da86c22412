/* SPDX-License-Identifier: Apache-2.0 */

#include "bfd/packet.h"

#include "base/wire.h"

enum {
	VERSION = 1,

	/* The second byte: state in the two high bits, then these. */
	FLAG_POLL = 0x20,
	FLAG_FINAL = 0x10,
	FLAG_INDEPENDENT = 0x08,
	FLAG_AUTH = 0x04,
	FLAG_DEMAND = 0x02,
	FLAG_MULTIPOINT = 0x01,

	AUTH_HEADER = 2,
	AUTH_MIN = 4, /* type, length, key ID and at least one byte more, in every type there is */
};

/* The authentication section is what lies between the fixed part and the Length field's end. */
static bool read_auth(struct wire_reader *body, struct bfd_auth_section *section)
{
	section->type = wire_u8(body);
	section->len = wire_u8(body);
	section->key_id = wire_u8(body);
	return wire_ok(body) && section->len >= AUTH_MIN &&
		section->len <= wire_left(body) + AUTH_HEADER + 1;
}

static enum bfd_drop judge(const struct bfd_packet *packet, uint8_t version, uint8_t flags)
{
	if (version != VERSION)
		return BFD_DROP_VERSION;
	if (packet->multiplier == 0)
		return BFD_DROP_MULTIPLIER;
	if (flags & FLAG_MULTIPOINT)
		return BFD_DROP_MULTIPOINT;
	if (packet->my_discriminator == 0)
		return BFD_DROP_MY_DISCRIMINATOR;
	if (packet->your_discriminator == 0 &&
		(packet->state == BFD_INIT || packet->state == BFD_UP))
		return BFD_DROP_YOUR_DISCRIMINATOR;
	return BFD_GOOD;
}

enum bfd_drop bfd_packet_parse(const uint8_t *bytes, size_t len, struct bfd_packet *ret_packet)
{
	struct wire_reader whole = wire_reader(bytes, len);
	struct wire_reader body;
	struct bfd_packet packet = { 0 };
	uint8_t first;
	uint8_t flags;
	enum bfd_drop drop;

	first = wire_u8(&whole);
	flags = wire_u8(&whole);
	packet.multiplier = wire_u8(&whole);
	packet.len = wire_u8(&whole);
	if (!wire_ok(&whole) || packet.len < BFD_PACKET_MIN)
		return BFD_DROP_LENGTH;
	body = wire_sub(&whole, packet.len - 4);
	packet.my_discriminator = wire_u32(&body);
	packet.your_discriminator = wire_u32(&body);
	packet.desired_tx_us = wire_u32(&body);
	packet.required_rx_us = wire_u32(&body);
	packet.required_echo_rx_us = wire_u32(&body);
	if (!wire_ok(&body))
		return BFD_DROP_LENGTH;

	packet.diag = first & 0x1f;
	packet.state = flags >> 6;
	packet.is_poll = flags & FLAG_POLL;
	packet.is_final = flags & FLAG_FINAL;
	packet.is_independent = flags & FLAG_INDEPENDENT;
	packet.is_demand = flags & FLAG_DEMAND;
	drop = judge(&packet, first >> 5, flags);
	if (drop != BFD_GOOD)
		return drop;
	if (flags & FLAG_AUTH && !read_auth(&body, &packet.auth))
		return BFD_DROP_LENGTH;
	*ret_packet = packet;
	return BFD_GOOD;
}

static uint8_t flags_of(const struct bfd_packet *packet)
{
	unsigned flags = (unsigned)packet->state << 6;

	flags |= packet->is_poll ? FLAG_POLL : 0;
	flags |= packet->is_final ? FLAG_FINAL : 0;
	flags |= packet->is_independent ? FLAG_INDEPENDENT : 0;
	flags |= packet->is_demand ? FLAG_DEMAND : 0;
	return (uint8_t)flags;
}

size_t bfd_packet_build(const struct bfd_packet *packet, uint8_t bytes[BFD_PACKET_MAX])
{
	struct wire_writer w = wire_writer(bytes, BFD_PACKET_MAX);

	wire_put_u8(&w, (uint8_t)(VERSION << 5 | (packet->diag & 0x1f)));
	wire_put_u8(&w, flags_of(packet));
	wire_put_u8(&w, packet->multiplier);
	wire_put_u8(&w, BFD_PACKET_MIN);
	wire_put_u32(&w, packet->my_discriminator);
	wire_put_u32(&w, packet->your_discriminator);
	wire_put_u32(&w, packet->desired_tx_us);
	wire_put_u32(&w, packet->required_rx_us);
	wire_put_u32(&w, packet->required_echo_rx_us);
	return wire_written(&w);
}

const char *bfd_drop_name(enum bfd_drop drop)
{
	static const char *const names[BFD_DROP_COUNT_] = {
		[BFD_GOOD] = "good",
		[BFD_DROP_LENGTH] = "length",
		[BFD_DROP_VERSION] = "version",
		[BFD_DROP_MULTIPLIER] = "multiplier",
		[BFD_DROP_MULTIPOINT] = "multipoint",
		[BFD_DROP_MY_DISCRIMINATOR] = "my_discriminator",
		[BFD_DROP_YOUR_DISCRIMINATOR] = "your_discriminator",
		[BFD_DROP_TTL] = "ttl",
		[BFD_DROP_NO_SESSION] = "no_session",
		[BFD_DROP_SOURCE] = "source",
		[BFD_DROP_AUTH_TYPE] = "auth_type",
		[BFD_DROP_AUTH_KEY] = "auth_key",
		[BFD_DROP_AUTH_DIGEST] = "auth_digest",
		[BFD_DROP_AUTH_SEQUENCE] = "auth_sequence",
		[BFD_DROP_ADMIN_DOWN] = "admin_down",
	};

	return names[drop];
}
