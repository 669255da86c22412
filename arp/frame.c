/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/frame.h"

#include "base/wire.h"

enum {
	ETHERTYPE_ARP_ = 0x0806,
	ETHERTYPE_IPV6_ = 0x86dd,
	ETHERTYPE_VLAN_ = 0x8100,
	VLAN_ID_MASK = 0x0fff,
	OP_REQUEST = 1,
	OP_REPLY = 2,
	NEXT_ICMPV6 = 58,
	HOP_LIMIT = 255,
	TYPE_NS = 135,
	TYPE_NA = 136,
	OPTION_SOURCE_LLA = 1,
	OPTION_TARGET_LLA = 2,
	OPTION_UNIT = 8,
	NEIGH_LEN_MIN = 24,
};

/* Ethernet, IPv4, address lengths 6 and 4 (RFC 826): compared as one word. */
static const uint64_t arp_head = UINT64_C(0x0001080006040000);

const struct mac mac_broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
const struct ip ip_all_nodes = { .family = AF_INET6, .bytes = { 0xff, 0x02, [15] = 1 } };

struct ip solicited_node_group(const struct ip *ip)
{
	struct ip group = { .family = AF_INET6, .bytes = { 0xff, 0x02, [11] = 1, [12] = 0xff } };

	memcpy(group.bytes + 13, ip->bytes + 13, 3);
	return group;
}

struct mac group_mac(const struct ip *group)
{
	struct mac mac = { { 0x33, 0x33 } };

	memcpy(mac.bytes + 2, group->bytes + 12, 4);
	return mac;
}

static struct ip read_ip(struct wire_reader *r, uint8_t family)
{
	uint8_t bytes[16];

	wire_copy(r, bytes, family == AF_INET ? 4 : 16);
	return ip_from_bytes(family, bytes);
}

static bool is_unspecified(const struct ip *ip)
{
	return ip_to_uint(ip) == 0;
}

static enum frame_verdict parse_arp(struct wire_reader *r, struct neigh_frame *frame)
{
	uint64_t head = wire_u64(r);
	uint16_t op = (uint16_t)head;

	wire_copy(r, frame->sender.bytes, 6);
	frame->source = read_ip(r, AF_INET);
	wire_copy(r, frame->target_mac.bytes, 6);
	frame->target = read_ip(r, AF_INET);

	if (!wire_ok(r) || (head & ~UINT64_C(0xffff)) != arp_head)
		return FRAME_MALFORMED;
	if (op != OP_REQUEST && op != OP_REPLY)
		return FRAME_OTHER;
	frame->kind = op == OP_REQUEST ? NEIGH_ARP_REQUEST : NEIGH_ARP_REPLY;
	frame->has_sender = true;
	return FRAME_GOOD;
}

/* One's complement sum of RFC 1071 over @len bytes. */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return sum;
}

/* The ICMPv6 checksum over the pseudo header of RFC 8200 section 8.1; 0 over a good message. */
static uint16_t checksum(
	const struct ip *source, const struct ip *destination, const uint8_t *message, size_t len)
{
	uint32_t sum = (uint32_t)len + NEXT_ICMPV6;

	sum = sum_bytes(sum, source->bytes, 16);
	sum = sum_bytes(sum, destination->bytes, 16);
	sum = sum_bytes(sum, message, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Finds the link-layer option; an option of length 0 makes the whole message invalid. */
static bool parse_options(struct wire_reader *r, uint8_t wanted, struct neigh_frame *frame)
{
	while (wire_left(r) > 0) {
		uint8_t type = wire_u8(r);
		uint8_t units = wire_u8(r);
		struct wire_reader option;

		if (!wire_ok(r) || units == 0)
			return false;
		option = wire_sub(r, (size_t)units * OPTION_UNIT - 2);
		if (!wire_ok(r))
			return false;
		if (type != wanted || units != 1)
			continue;
		wire_copy(&option, frame->sender.bytes, 6);
		frame->has_sender = true;
	}
	return true;
}

/* RFC 4861 section 7.1.1: from the unspecified address only to a solicited-node group, bare. */
static bool solicitation_is_valid(const struct neigh_frame *frame)
{
	struct ip group;

	if (!is_unspecified(&frame->source))
		return !ip_is_multicast(&frame->source);
	group = solicited_node_group(&frame->target);
	return ip_equal(&frame->ip_dst, &group) && !frame->has_sender;
}

/* RFC 4861 section 7.1.2: an answer to everybody is not an answer to somebody. */
static bool advertisement_is_valid(const struct neigh_frame *frame)
{
	return !ip_is_multicast(&frame->ip_dst) || !(frame->flags & NA_SOLICITED);
}

static enum frame_verdict parse_neighbour(struct wire_reader *r, struct neigh_frame *frame)
{
	const uint8_t *message = r->at;
	size_t len = wire_left(r);
	uint8_t type = wire_u8(r);
	uint8_t code = wire_u8(r);
	bool good;

	wire_skip(r, 2);
	frame->flags = wire_u8(r);
	wire_skip(r, 3);
	frame->target = read_ip(r, AF_INET6);
	if (type != TYPE_NS && type != TYPE_NA)
		return FRAME_OTHER;
	if (!wire_ok(r) || len < NEIGH_LEN_MIN || code != 0 || ip_is_multicast(&frame->target))
		return FRAME_MALFORMED;
	if (checksum(&frame->source, &frame->ip_dst, message, len) != 0)
		return FRAME_MALFORMED;

	frame->kind = type == TYPE_NS ? NEIGH_SOLICITATION : NEIGH_ADVERTISEMENT;
	good = parse_options(r, type == TYPE_NS ? OPTION_SOURCE_LLA : OPTION_TARGET_LLA, frame);
	if (type == TYPE_NS)
		good = good && solicitation_is_valid(frame);
	else
		good = good && advertisement_is_valid(frame);
	return good ? FRAME_GOOD : FRAME_MALFORMED;
}

static enum frame_verdict parse_ipv6(struct wire_reader *r, struct neigh_frame *frame)
{
	uint8_t version = (uint8_t)(wire_u32(r) >> 28);
	uint16_t len = wire_u16(r);
	uint8_t next = wire_u8(r);
	uint8_t hop_limit = wire_u8(r);
	struct wire_reader payload;

	frame->source = read_ip(r, AF_INET6);
	frame->ip_dst = read_ip(r, AF_INET6);
	payload = wire_sub(r, len);
	/* Also fragments: a neighbour message in one is to be dropped (RFC 6980). */
	if (next != NEXT_ICMPV6)
		return FRAME_OTHER;
	if (!wire_ok(r) || version != 6 || hop_limit != HOP_LIMIT)
		return FRAME_MALFORMED;
	return parse_neighbour(&payload, frame);
}

enum frame_verdict neigh_parse(const uint8_t *bytes, size_t len, struct neigh_frame *ret)
{
	struct wire_reader r = wire_reader(bytes, len);
	struct neigh_frame frame = { 0 };
	enum frame_verdict verdict;
	uint16_t type;

	wire_copy(&r, frame.eth_dst.bytes, 6);
	wire_copy(&r, frame.eth_src.bytes, 6);
	type = wire_u16(&r);
	if (type == ETHERTYPE_VLAN_) {
		if ((wire_u16(&r) & VLAN_ID_MASK) != 0)
			return FRAME_TAGGED;
		type = wire_u16(&r);
	}
	if (!wire_ok(&r))
		return FRAME_MALFORMED;

	if (type == ETHERTYPE_ARP_)
		verdict = parse_arp(&r, &frame);
	else if (type == ETHERTYPE_IPV6_)
		verdict = parse_ipv6(&r, &frame);
	else
		verdict = FRAME_OTHER;
	if (verdict == FRAME_GOOD)
		*ret = frame;
	return verdict;
}

static void build_arp(struct wire_writer *w, const struct neigh_frame *frame)
{
	uint16_t op = frame->kind == NEIGH_ARP_REQUEST ? OP_REQUEST : OP_REPLY;

	wire_put_u16(w, ETHERTYPE_ARP_);
	wire_put_u64(w, arp_head | op);
	wire_put_bytes(w, frame->sender.bytes, 6);
	wire_put_bytes(w, frame->source.bytes, 4);
	wire_put_bytes(w, frame->target_mac.bytes, 6);
	wire_put_bytes(w, frame->target.bytes, 4);
}

static void build_neighbour(struct wire_writer *w, const struct neigh_frame *frame)
{
	bool is_ns = frame->kind == NEIGH_SOLICITATION;
	uint16_t len = NEIGH_LEN_MIN + (frame->has_sender ? OPTION_UNIT : 0);
	size_t message;
	size_t sum;

	wire_put_u16(w, ETHERTYPE_IPV6_);
	wire_put_u32(w, UINT32_C(6) << 28);
	wire_put_u16(w, len);
	wire_put_u8(w, NEXT_ICMPV6);
	wire_put_u8(w, HOP_LIMIT);
	wire_put_bytes(w, frame->source.bytes, 16);
	wire_put_bytes(w, frame->ip_dst.bytes, 16);

	message = wire_mark(w);
	wire_put_u8(w, is_ns ? TYPE_NS : TYPE_NA);
	wire_put_u8(w, 0);
	sum = wire_mark(w);
	wire_put_u16(w, 0);
	wire_put_u32(w, (uint32_t)(is_ns ? 0 : frame->flags) << 24);
	wire_put_bytes(w, frame->target.bytes, 16);
	if (frame->has_sender) {
		wire_put_u8(w, is_ns ? OPTION_SOURCE_LLA : OPTION_TARGET_LLA);
		wire_put_u8(w, 1);
		wire_put_bytes(w, frame->sender.bytes, 6);
	}
	wire_patch_u16(w, sum, checksum(&frame->source, &frame->ip_dst, w->start + message, len));
}

size_t neigh_build(const struct neigh_frame *frame, uint8_t bytes[FRAME_MAX])
{
	struct wire_writer w = wire_writer(bytes, FRAME_MAX);

	wire_put_bytes(&w, frame->eth_dst.bytes, 6);
	wire_put_bytes(&w, frame->eth_src.bytes, 6);
	if (frame->kind == NEIGH_ARP_REQUEST || frame->kind == NEIGH_ARP_REPLY)
		build_arp(&w, frame);
	else
		build_neighbour(&w, frame);
	if (wire_written(&w) < FRAME_MIN)
		wire_put_fill(&w, 0, FRAME_MIN - wire_written(&w));
	return wire_written(&w);
}
