/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/bmp.h"

#include "base/clock.h"
#include "bgp/message.h"

#include <string.h>

enum {
	VERSION = 3,
};

/* RFC 7854 section 4.1 */
enum message_type {
	MSG_ROUTE_MONITORING = 0,
	MSG_STATISTICS = 1,
	MSG_PEER_DOWN = 2,
	MSG_PEER_UP = 3,
	MSG_INITIATION = 4,
	MSG_TERMINATION = 5,
};

enum {
	PEER_GLOBAL = 0,
	FLAG_IPV6 = 0x80,
	FLAG_POST_POLICY = 0x40,
	FLAG_AS2 = 0x20,
	FLAG_SENT = 0x10, /* RFC 8671 section 4 */
};

enum {
	INFO_SYS_DESCR = 1,
	INFO_SYS_NAME = 2,
	TERMINATION_REASON = 1,
};

/* RFC 7854 section 4.9 */
enum down_reason {
	DOWN_LOCAL_NOTIFICATION = 1,
	DOWN_LOCAL_EVENT = 2,
	DOWN_REMOTE_NOTIFICATION = 3,
	DOWN_REMOTE = 4,
};

enum {
	FSM_MANUAL_STOP = 2, /* RFC 4271 section 8.1.2 */
};

/* RFC 7854 section 4.8, RFC 8671 section 6.2 */
enum statistic {
	STAT_AS_PATH_LOOPS = 4,
	STAT_IN_ROUTES = 7,
	STAT_IN_ROUTES_OF_FAMILY = 9,
	STAT_TREATED_AS_WITHDRAW_PREFIXES = 12,
	STAT_OUT_ROUTES = 15,
	STAT_OUT_ROUTES_OF_FAMILY = 17,
};

enum {
	ATTR_FLAGS_LONG = 0x90, /* optional, two octets of length */
	FAMILY_LEN = 3,         /* AFI and SAFI */
};

static void put_u32_at(struct wire_writer *w, size_t mark, uint32_t value)
{
	wire_patch_u16(w, mark, (uint16_t)(value >> 16));
	wire_patch_u16(w, mark + 2, (uint16_t)value);
}

/* The common header; message_end() fills in the length. Returns where the message begins. */
static size_t message_begin(struct wire_writer *w, enum message_type type)
{
	size_t begin = wire_mark(w);

	wire_put_u8(w, VERSION);
	wire_put_u32(w, 0);
	wire_put_u8(w, (uint8_t)type);
	return begin;
}

static void message_end(struct wire_writer *w, size_t begin)
{
	put_u32_at(w, begin + 1, (uint32_t)(wire_written(w) - begin));
}

static void put_text(struct wire_writer *w, uint16_t type, const char *text)
{
	size_t len = strnlen(text, BMP_TEXT_MAX);

	wire_put_u16(w, type);
	wire_put_u16(w, (uint16_t)len);
	wire_put_bytes(w, text, len);
}

/* 16 octets; IPv4 stands in the last four. */
static void put_address(struct wire_writer *w, const struct ip *ip)
{
	size_t len = ip->family == AF_INET6 ? 16 : 4;

	wire_put_fill(w, 0, 16 - len);
	wire_put_bytes(w, ip->bytes, len);
}

static void put_peer(struct wire_writer *w, const struct bmp_peer *peer, bool is_about_routes)
{
	uint8_t flags = 0;

	if (peer->address.family == AF_INET6)
		flags |= FLAG_IPV6;
	if (is_about_routes && peer->has_as2)
		flags |= FLAG_AS2;
	if (is_about_routes && peer->is_sent)
		flags |= FLAG_SENT | FLAG_POST_POLICY;
	wire_put_u8(w, PEER_GLOBAL);
	wire_put_u8(w, flags);
	wire_put_u64(w, 0); /* distinguisher: there is one instance */
	put_address(w, &peer->address);
	wire_put_u32(w, peer->as);
	wire_put_u32(w, peer->id);
	wire_put_u32(w, (uint32_t)(peer->wall_ns / NS_PER_S));
	wire_put_u32(w, (uint32_t)(peer->wall_ns % NS_PER_S / NS_PER_US));
}

void bmp_initiation(struct wire_writer *w, const char *system, const char *description)
{
	size_t begin = message_begin(w, MSG_INITIATION);

	put_text(w, INFO_SYS_NAME, system);
	put_text(w, INFO_SYS_DESCR, description);
	message_end(w, begin);
}

void bmp_termination(struct wire_writer *w, enum bmp_termination_reason reason)
{
	size_t begin = message_begin(w, MSG_TERMINATION);

	wire_put_u16(w, TERMINATION_REASON);
	wire_put_u16(w, sizeof(uint16_t));
	wire_put_u16(w, (uint16_t)reason);
	message_end(w, begin);
}

void bmp_peer_up(struct wire_writer *w, const struct bmp_peer *peer, const struct bmp_up *up)
{
	size_t begin = message_begin(w, MSG_PEER_UP);

	put_peer(w, peer, false);
	put_address(w, &up->local);
	wire_put_u16(w, up->local_port);
	wire_put_u16(w, up->remote_port);
	wire_put_bytes(w, up->sent.bytes, up->sent.len);
	wire_put_bytes(w, up->received.bytes, up->received.len);
	message_end(w, begin);
}

/* What was said, as far as it was kept: the text of an administrator, or the data. */
static struct bgp_refusal as_refusal(const struct bgp_notification *n)
{
	struct bgp_refusal inner = { .code = n->code, .subcode = n->subcode };
	struct bgp_refusal outer = { .code = BGP_ERR_CEASE, .subcode = BGP_CEASE_HARD_RESET };
	size_t len = n->data_len < sizeof(n->data) ? n->data_len : sizeof(n->data);

	if (n->text[0] != '\0') {
		len = strlen(n->text);
		inner.data[0] = (uint8_t)len;
		memcpy(inner.data + 1, n->text, len);
		len++;
	} else {
		memcpy(inner.data, n->data, len);
	}
	inner.data_len = (uint16_t)len;
	if (!n->is_hard || (n->code == outer.code && n->subcode == outer.subcode))
		return inner;
	outer.data[0] = inner.code;
	outer.data[1] = inner.subcode;
	memcpy(outer.data + 2, inner.data, len);
	outer.data_len = (uint16_t)(len + 2);
	return outer;
}

static enum down_reason reason_of(const struct bgp_end *end)
{
	bool has_notification = end->notification.code != 0;

	if (end->by == BGP_BY_PEER && has_notification)
		return DOWN_REMOTE_NOTIFICATION;
	if (end->by == BGP_BY_PEER || end->by == BGP_BY_NETWORK)
		return DOWN_REMOTE;
	return has_notification ? DOWN_LOCAL_NOTIFICATION : DOWN_LOCAL_EVENT;
}

void bmp_peer_down(struct wire_writer *w, const struct bmp_peer *peer, const struct bgp_end *end)
{
	size_t begin = message_begin(w, MSG_PEER_DOWN);
	enum down_reason reason = reason_of(end);
	struct bgp_refusal why;

	put_peer(w, peer, false);
	wire_put_u8(w, (uint8_t)reason);
	switch (reason) {
	case DOWN_LOCAL_NOTIFICATION:
	case DOWN_REMOTE_NOTIFICATION:
		why = as_refusal(&end->notification);
		bgp_notification_build(w, &why);
		break;
	case DOWN_LOCAL_EVENT:
		wire_put_u16(w, FSM_MANUAL_STOP);
		break;
	case DOWN_REMOTE:
		break;
	}
	message_end(w, begin);
}

void bmp_route(struct wire_writer *w, const struct bmp_peer *peer, const struct bmp_message *update)
{
	size_t begin = message_begin(w, MSG_ROUTE_MONITORING);

	put_peer(w, peer, true);
	wire_put_bytes(w, update->bytes, update->len);
	message_end(w, begin);
}

/* An UPDATE that withdraws @prefixes; IPv4 by the old field, whichever way they were announced. */
static void put_withdrawal(struct wire_writer *w, const struct bgp_prefixes *prefixes)
{
	size_t begin = bgp_message_begin(w, BGP_MSG_UPDATE);
	size_t len = wire_left(&prefixes->nlri);

	if (prefixes->family == BGP_IPV4_UNICAST) {
		wire_put_u16(w, (uint16_t)len);
		wire_put_bytes(w, prefixes->nlri.at, len);
		wire_put_u16(w, 0);
	} else {
		wire_put_u16(w, 0);
		wire_put_u16(w, (uint16_t)(4 + FAMILY_LEN + len));
		wire_put_u8(w, ATTR_FLAGS_LONG);
		wire_put_u8(w, BGP_ATTR_MP_UNREACH);
		wire_put_u16(w, (uint16_t)(FAMILY_LEN + len));
		wire_put_u16(w, bgp_family_afi(prefixes->family));
		wire_put_u8(w, BGP_SAFI_UNICAST);
		wire_put_bytes(w, prefixes->nlri.at, len);
	}
	bgp_message_end(w, begin);
}

void bmp_route_withdrawn(struct wire_writer *w, const struct bmp_peer *peer,
	const struct bgp_update *update, unsigned which)
{
	const struct bgp_prefixes *prefixes = which < 2 ? &update->withdrawn[which] :
							  &update->announced[which - 2];
	size_t begin;

	if (wire_left(&prefixes->nlri) == 0)
		return;
	begin = message_begin(w, MSG_ROUTE_MONITORING);
	put_peer(w, peer, true);
	put_withdrawal(w, prefixes);
	message_end(w, begin);
}

static void put_count(struct wire_writer *w, enum statistic type, uint32_t value)
{
	wire_put_u16(w, (uint16_t)type);
	wire_put_u16(w, sizeof(value));
	wire_put_u32(w, value);
}

static void put_gauge(struct wire_writer *w, enum statistic type, uint64_t value)
{
	wire_put_u16(w, (uint16_t)type);
	wire_put_u16(w, sizeof(value));
	wire_put_u64(w, value);
}

static void put_family_gauge(
	struct wire_writer *w, enum statistic type, enum bgp_family family, uint64_t value)
{
	wire_put_u16(w, (uint16_t)type);
	wire_put_u16(w, FAMILY_LEN + sizeof(value));
	wire_put_u16(w, bgp_family_afi(family));
	wire_put_u8(w, BGP_SAFI_UNICAST);
	wire_put_u64(w, value);
}

void bmp_statistics(
	struct wire_writer *w, const struct bmp_peer *peer, const struct bmp_statistics *statistics)
{
	const uint64_t *in = statistics->received;
	const uint64_t *out = statistics->sent;
	size_t begin = message_begin(w, MSG_STATISTICS);

	put_peer(w, peer, false);
	wire_put_u32(w, 4 + 2 * BGP_FAMILY_COUNT_);
	put_count(w, STAT_AS_PATH_LOOPS, statistics->loops);
	put_count(w, STAT_TREATED_AS_WITHDRAW_PREFIXES, statistics->treated_as_withdraw);
	put_gauge(w, STAT_IN_ROUTES, in[BGP_IPV4_UNICAST] + in[BGP_IPV6_UNICAST]);
	put_gauge(w, STAT_OUT_ROUTES, out[BGP_IPV4_UNICAST] + out[BGP_IPV6_UNICAST]);
	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++) {
		put_family_gauge(w, STAT_IN_ROUTES_OF_FAMILY, family, in[family]);
		put_family_gauge(w, STAT_OUT_ROUTES_OF_FAMILY, family, out[family]);
	}
	message_end(w, begin);
}
