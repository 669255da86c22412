/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/capture_frame.h"

#include "base/wire.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_QINQ = 0x88a8,
	TAGS_MAX = 2,
	NEXT_ICMPV6 = 58,
	FRAGMENT_MASK = 0x3fff, /* more fragments, or an offset */
	IPV4_HEAD_MIN = 20,
	TCP_HEAD_MIN = 20,
	UDP_HEAD_LEN = 8,
	MAC_LEN = 6,
};

/* What stands behind the link layer. */
struct packet {
	uint16_t type;
	uint8_t macs[2 *
		MAC_LEN]; /* destination and source as far as the link has them, else zero */
	struct wire_reader body;
};

static void read_ethernet(struct wire_reader *r, struct packet *packet)
{
	wire_copy(r, packet->macs, sizeof(packet->macs));
	packet->type = wire_u16(r);
}

/* Packet type, ARPHRD type, address length, address, protocol. */
static void read_cooked(struct wire_reader *r, struct packet *packet)
{
	wire_skip(r, 6);
	wire_copy(r, packet->macs + MAC_LEN, MAC_LEN);
	wire_skip(r, 2);
	packet->type = wire_u16(r);
}

/* Protocol, reserved, interface, ARPHRD type, packet type, address length, address. */
static void read_cooked2(struct wire_reader *r, struct packet *packet)
{
	packet->type = wire_u16(r);
	wire_skip(r, 10);
	wire_copy(r, packet->macs + MAC_LEN, MAC_LEN);
	wire_skip(r, 2);
}

static bool read_packet(
	enum capture_link link, const uint8_t *bytes, size_t len, struct packet *ret_packet)
{
	struct packet packet = { 0 };
	struct wire_reader r = wire_reader(bytes, len);

	switch (link) {
	case CAPTURE_ETHERNET:
		read_ethernet(&r, &packet);
		break;
	case CAPTURE_COOKED:
		read_cooked(&r, &packet);
		break;
	case CAPTURE_COOKED2:
		read_cooked2(&r, &packet);
		break;
	case CAPTURE_RAW_IP:
		packet.type = len > 0 && bytes[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
		break;
	}
	for (int i = 0; i < TAGS_MAX && (packet.type == TYPE_VLAN || packet.type == TYPE_QINQ);
		i++) {
		wire_skip(&r, 2);
		packet.type = wire_u16(&r);
	}
	packet.body = r;
	*ret_packet = packet;
	return wire_ok(&r);
}

/* The head of an IPv4 packet; @body becomes its payload. Returns the protocol, 0: not for us. */
static uint8_t read_ipv4(struct wire_reader *body, struct ip *from, struct ip *to)
{
	struct wire_reader r = *body;
	uint8_t version = wire_u8(&r);
	size_t head_len = (version & 0x0f) * 4U;
	size_t total_len, fragment;
	uint8_t protocol, addresses[8];

	wire_skip(&r, 1);
	total_len = wire_u16(&r);
	wire_skip(&r, 2);
	fragment = wire_u16(&r);
	wire_skip(&r, 1);
	protocol = wire_u8(&r);
	wire_skip(&r, 2);
	wire_copy(&r, addresses, sizeof(addresses));

	/* A total length of 0 is a packet that its sender's card was to cut into segments. */
	if (total_len == 0)
		total_len = wire_left(body);
	if (!wire_ok(&r) || version >> 4 != 4 || head_len < IPV4_HEAD_MIN || total_len < head_len ||
		total_len > wire_left(body) || (fragment & FRAGMENT_MASK))
		return 0;
	*from = ip_from_bytes(AF_INET, addresses);
	*to = ip_from_bytes(AF_INET, addresses + 4);
	*body = wire_sub(body, total_len);
	wire_skip(body, head_len);
	return protocol;
}

/* The same for IPv6. */
static uint8_t read_ipv6(struct wire_reader *body, struct ip *from, struct ip *to)
{
	struct wire_reader r = *body;
	uint8_t version = wire_u8(&r);
	uint8_t next, addresses[32];
	size_t payload_len;

	wire_skip(&r, 3);
	payload_len = wire_u16(&r);
	next = wire_u8(&r);
	wire_skip(&r, 1);
	wire_copy(&r, addresses, sizeof(addresses));

	if (payload_len == 0)
		payload_len = wire_left(&r);
	if (!wire_ok(&r) || version >> 4 != 6 || payload_len > wire_left(&r))
		return 0;
	*from = ip_from_bytes(AF_INET6, addresses);
	*to = ip_from_bytes(AF_INET6, addresses + 16);
	*body = wire_sub(&r, payload_len);
	return next;
}

static uint8_t read_ip(struct packet *packet, struct ip *from, struct ip *to)
{
	if (packet->type == TYPE_IPV4)
		return read_ipv4(&packet->body, from, to);
	if (packet->type == TYPE_IPV6)
		return read_ipv6(&packet->body, from, to);
	return 0;
}

bool capture_to_neigh(
	enum capture_link link, const uint8_t *bytes, size_t len, struct capture_neigh *ret_neigh)
{
	struct wire_writer w = wire_writer(ret_neigh->bytes, sizeof(ret_neigh->bytes));
	struct packet packet;
	struct ip from, to;
	struct wire_reader whole;

	if (!read_packet(link, bytes, len, &packet))
		return false;
	whole = packet.body;
	if (packet.type != TYPE_ARP &&
		(packet.type != TYPE_IPV6 || read_ipv6(&packet.body, &from, &to) != NEXT_ICMPV6))
		return false;
	if (wire_left(&whole) > CAPTURE_NEIGH_MAX - sizeof(packet.macs) - 2)
		return false; /* nothing that neigh_parse() knows is so long */
	wire_put_bytes(&w, packet.macs, sizeof(packet.macs));
	wire_put_u16(&w, packet.type);
	wire_put_bytes(&w, whole.at, wire_left(&whole));
	ret_neigh->len = wire_written(&w);
	return true;
}

static bool read_tcp(struct wire_reader *r, struct capture_segment *segment)
{
	struct wire_reader head = *r;
	size_t head_len;

	segment->from_port = wire_u16(&head);
	segment->to_port = wire_u16(&head);
	segment->sequence = wire_u32(&head);
	wire_skip(&head, 4);
	head_len = (wire_u8(&head) >> 4) * 4U;
	segment->flags = wire_u8(&head) & (CAPTURE_FIN | CAPTURE_SYN | CAPTURE_RST);
	if (!wire_ok(&head) || head_len < TCP_HEAD_MIN)
		return false;
	wire_skip(r, head_len);
	return wire_ok(r);
}

static bool read_udp(struct wire_reader *r, struct capture_segment *segment)
{
	struct wire_reader head = *r;
	size_t len;

	segment->from_port = wire_u16(&head);
	segment->to_port = wire_u16(&head);
	len = wire_u16(&head);
	if (!wire_ok(&head) || len < UDP_HEAD_LEN)
		return false;
	*r = wire_sub(r, len);
	wire_skip(r, UDP_HEAD_LEN);
	return wire_ok(r);
}

bool capture_to_segment(enum capture_link link, const uint8_t *bytes, size_t len,
	struct capture_segment *ret_segment)
{
	struct capture_segment segment = { 0 };
	struct packet packet;

	if (!read_packet(link, bytes, len, &packet))
		return false;
	segment.protocol = read_ip(&packet, &segment.from, &segment.to);
	if (segment.protocol != CAPTURE_TCP && segment.protocol != CAPTURE_UDP)
		return false;
	if (!(segment.protocol == CAPTURE_TCP ? read_tcp : read_udp)(&packet.body, &segment))
		return false;
	segment.payload = packet.body.at;
	segment.len = wire_left(&packet.body);
	*ret_segment = segment;
	return true;
}
