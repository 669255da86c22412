/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/update_build.h"

#include "bgp/message.h"

#include <assert.h>
#include <string.h>

enum {
	FLAG_OPTIONAL = 0x80,
	FLAG_TRANSITIVE = 0x40,
	FLAG_LONG = 0x10,
};

enum {
	ATTR_ORIGIN = 1,
	ATTR_AS_PATH = 2,
	ATTR_NEXT_HOP = 3,
	ATTR_MED = 4,
	ATTR_LOCAL_PREF = 5,
	ATTR_COMMUNITIES = 8,
	ATTR_MP_REACH = 14,
	ATTR_MP_UNREACH = 15,
	ATTR_EXTENDED = 16,
	ATTR_AS4_PATH = 17,
	ATTR_LARGE = 32,
	ATTR_OTC = 35,
};

enum {
	AS_SEQUENCE = 2,
	SHORT_LEN_MAX = 255,
	LOCAL_PREF_DRAIN = 0,
	LOCAL_PREF_DEFAULT = 100,
	PATH_ID = 1, /* we send one path a prefix: any constant does (RFC 7911 section 3) */
	PATH_ID_LEN = 4,
	LONG_HEAD_LEN = 4, /* flags, type and two octets of length */
	WHOLE_PATH_MAX = 1 + BGP_PREPEND_MAX + BGP_PATH_MAX,
};

static_assert(WHOLE_PATH_MAX <= 255, "a path fits in one segment");

/* The next hop of a route, as it goes to one peer. */
struct next_hop {
	const struct ip *ip;         /* NULL: there is no legal one */
	const struct ip *link_local; /* NULL: none beside it */
	bool is_mp;                  /* in MP_REACH_NLRI, else in NEXT_HOP */
};

static struct next_hop choose_next_hop(
	const struct bgp_export *ex, enum bgp_family family, const struct bgp_attrs *attrs)
{
	const bool is_own = !ip_is_set(&attrs->next_hop);
	const bool may_be_v6 = family == BGP_IPV6_UNICAST || ex->has_extended_nexthop;
	const struct ip *v4 = is_own ? &ex->next_hop_v4 : &attrs->next_hop;
	const struct ip *v6 = is_own ? &ex->next_hop_v6 : &attrs->next_hop;

	if (family == BGP_IPV4_UNICAST && v4->family == AF_INET)
		return (struct next_hop){ .ip = v4 };
	if (!may_be_v6 || v6->family != AF_INET6)
		return (struct next_hop){ 0 };
	return (struct next_hop){
		.ip = v6,
		.link_local = is_own && ip_is_set(&ex->next_hop_ll) ? &ex->next_hop_ll : NULL,
		.is_mp = true,
	};
}

bool bgp_export_can(
	const struct bgp_export *ex, enum bgp_family family, const struct bgp_attrs *attrs)
{
	return (ex->families & BGP_FAMILY_BIT(family)) && choose_next_hop(ex, family, attrs).ip;
}

/* Flags, type and length of an attribute whose value of @len octets follows. */
static void put_head(struct wire_writer *w, uint8_t flags, uint8_t type, size_t len)
{
	wire_put_u8(w, len > SHORT_LEN_MAX ? flags | FLAG_LONG : flags);
	wire_put_u8(w, type);
	if (len > SHORT_LEN_MAX)
		wire_put_u16(w, (uint16_t)len);
	else
		wire_put_u8(w, (uint8_t)len);
}

static void put_u32_attr(struct wire_writer *w, uint8_t flags, uint8_t type, uint32_t value)
{
	put_head(w, flags, type, sizeof(value));
	wire_put_u32(w, value);
}

/* The whole AS_PATH as the peer shall see it; returns how many there are. */
static size_t whole_path(
	const struct bgp_export *ex, const struct bgp_attrs *attrs, uint32_t path[WHOLE_PATH_MAX])
{
	size_t count = 0;

	if (!ex->is_ibgp) {
		for (size_t i = 0; i <= attrs->prepend && i <= BGP_PREPEND_MAX; i++)
			path[count++] = ex->local_as;
	}
	for (size_t i = 0; i < attrs->as_path_count; i++)
		path[count++] = attrs->as_path[i];
	return count;
}

/* One segment, or none for an empty path. */
static void put_path(struct wire_writer *w, uint8_t flags, uint8_t type, const uint32_t path[],
	size_t count, size_t as_len)
{
	put_head(w, flags, type, count > 0 ? 2 + count * as_len : 0);
	if (count == 0)
		return;
	wire_put_u8(w, AS_SEQUENCE);
	wire_put_u8(w, (uint8_t)count);
	for (size_t i = 0; i < count; i++) {
		if (as_len == sizeof(uint32_t))
			wire_put_u32(w, path[i]);
		else
			wire_put_u16(w, (uint16_t)(path[i] > UINT16_MAX ? BGP_AS_TRANS : path[i]));
	}
}

static bool has_long_as(const uint32_t path[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (path[i] > UINT16_MAX)
			return true;
	}
	return false;
}

/* Sorted, with GRACEFUL_SHUTDOWN among them if @is_drain. */
static void put_communities(struct wire_writer *w, const struct bgp_attrs *attrs, bool is_drain)
{
	bool is_due = is_drain && !bgp_attrs_has_community(attrs, BGP_GRACEFUL_SHUTDOWN);
	size_t count = (size_t)attrs->community_count + is_due;

	if (count == 0)
		return;
	put_head(w, FLAG_OPTIONAL | FLAG_TRANSITIVE, ATTR_COMMUNITIES, count * sizeof(uint32_t));
	for (size_t i = 0; i < attrs->community_count; i++) {
		if (is_due && attrs->communities[i] > BGP_GRACEFUL_SHUTDOWN) {
			wire_put_u32(w, BGP_GRACEFUL_SHUTDOWN);
			is_due = false;
		}
		wire_put_u32(w, attrs->communities[i]);
	}
	if (is_due)
		wire_put_u32(w, BGP_GRACEFUL_SHUTDOWN);
}

static void put_extended(struct wire_writer *w, const struct bgp_attrs *attrs)
{
	if (attrs->extended_count == 0)
		return;
	put_head(w, FLAG_OPTIONAL | FLAG_TRANSITIVE, ATTR_EXTENDED,
		attrs->extended_count * sizeof(*attrs->extended));
	for (size_t i = 0; i < attrs->extended_count; i++)
		wire_put_u64(w, attrs->extended[i]);
}

static void put_large(struct wire_writer *w, const struct bgp_attrs *attrs)
{
	if (attrs->large_count == 0)
		return;
	put_head(w, FLAG_OPTIONAL | FLAG_TRANSITIVE, ATTR_LARGE,
		attrs->large_count * sizeof(*attrs->large));
	for (size_t i = 0; i < attrs->large_count; i++) {
		wire_put_u32(w, attrs->large[i].global);
		wire_put_u32(w, attrs->large[i].local1);
		wire_put_u32(w, attrs->large[i].local2);
	}
}

static void put_local_pref(struct wire_writer *w, const struct bgp_export *ex,
	const struct bgp_attrs *attrs, bool is_drain)
{
	uint32_t unless_drained = attrs->has_local_pref ? attrs->local_pref : LOCAL_PREF_DEFAULT;

	if (ex->is_ibgp)
		put_u32_attr(w, FLAG_TRANSITIVE, ATTR_LOCAL_PREF,
			is_drain ? LOCAL_PREF_DRAIN : unless_drained);
}

/* Every attribute but MP_REACH_NLRI, in the order of their types. */
static void put_attrs(struct wire_writer *w, const struct bgp_export *ex,
	const struct next_hop *next_hop, const struct bgp_attrs *attrs, bool is_drain)
{
	const uint8_t flags = FLAG_OPTIONAL | FLAG_TRANSITIVE;
	uint32_t path[WHOLE_PATH_MAX];
	size_t count = whole_path(ex, attrs, path);

	put_head(w, FLAG_TRANSITIVE, ATTR_ORIGIN, 1);
	wire_put_u8(w, (uint8_t)attrs->origin);
	put_path(w, FLAG_TRANSITIVE, ATTR_AS_PATH, path, count,
		ex->has_as4 ? sizeof(uint32_t) : sizeof(uint16_t));
	if (!next_hop->is_mp) {
		put_head(w, FLAG_TRANSITIVE, ATTR_NEXT_HOP, ip_len(next_hop->ip));
		wire_put_bytes(w, next_hop->ip->bytes, ip_len(next_hop->ip));
	}
	if (attrs->has_med)
		put_u32_attr(w, FLAG_OPTIONAL, ATTR_MED, attrs->med);
	put_local_pref(w, ex, attrs, is_drain);
	put_communities(w, attrs, is_drain);
	put_extended(w, attrs);
	if (!ex->has_as4 && has_long_as(path, count))
		put_path(w, flags, ATTR_AS4_PATH, path, count, sizeof(uint32_t));
	put_large(w, attrs);
	if (ex->adds_otc && !ex->is_ibgp)
		put_u32_attr(w, flags, ATTR_OTC, ex->local_as);
}

/* The start of both: header, and the mark of the first length field. */
static void begin(struct bgp_update_build *build, struct wire_writer w, const struct bgp_export *ex,
	enum bgp_family family, bool is_withdraw)
{
	build->w = w;
	build->mp_mark = 0;
	build->attrs_len = 0;
	build->is_withdraw = is_withdraw;
	build->has_path_id = ex->add_path & BGP_FAMILY_BIT(family);
	build->begin = bgp_message_begin(&build->w, BGP_MSG_UPDATE);
	build->limit = build->begin + ex->message_max;
	build->lengths = wire_mark(&build->w);
	wire_put_u16(&build->w, 0); /* withdrawn routes, their length */
}

/* The head of MP_REACH_NLRI or MP_UNREACH_NLRI, with a length of two octets for now. */
static void begin_mp(struct bgp_update_build *build, uint8_t type, enum bgp_family family)
{
	wire_put_u16(&build->w, 0); /* path attributes, their length */
	build->mp_mark = wire_mark(&build->w);
	wire_put_u8(&build->w, FLAG_OPTIONAL | FLAG_LONG);
	wire_put_u8(&build->w, type);
	wire_put_u16(&build->w, 0);
	wire_put_u16(&build->w, bgp_family_afi(family));
	wire_put_u8(&build->w, BGP_SAFI_UNICAST);
}

static void put_mp_next_hop(struct wire_writer *w, const struct next_hop *next_hop)
{
	const size_t len = ip_len(next_hop->ip);

	wire_put_u8(w, (uint8_t)(next_hop->link_local ? 2 * len : len));
	wire_put_bytes(w, next_hop->ip->bytes, len);
	if (next_hop->link_local)
		wire_put_bytes(w, next_hop->link_local->bytes, len);
	wire_put_u8(w, 0); /* reserved */
}

void bgp_update_begin(struct bgp_update_build *build, struct wire_writer w,
	const struct bgp_export *ex, enum bgp_family family, const struct bgp_attrs *attrs,
	bool is_drain)
{
	struct next_hop next_hop = choose_next_hop(ex, family, attrs);
	struct wire_writer attrs_w = wire_writer(build->attrs, sizeof(build->attrs));
	uint16_t len;

	assert(next_hop.ip);
	put_attrs(&attrs_w, ex, &next_hop, attrs, is_drain);
	assert(wire_writer_ok(&attrs_w));
	len = (uint16_t)wire_written(&attrs_w);

	begin(build, w, ex, family, false);
	if (next_hop.is_mp) {
		begin_mp(build, ATTR_MP_REACH, family);
		put_mp_next_hop(&build->w, &next_hop);
		build->attrs_len = len;
		build->limit -= len;
	} else {
		wire_put_u16(&build->w, len);
		wire_put_bytes(&build->w, build->attrs, len);
	}
	build->nlri_begin = wire_mark(&build->w);
}

void bgp_withdraw_begin(struct bgp_update_build *build, struct wire_writer w,
	const struct bgp_export *ex, enum bgp_family family)
{
	begin(build, w, ex, family, true);
	if (family == BGP_IPV6_UNICAST)
		begin_mp(build, ATTR_MP_UNREACH, family);
	else
		build->limit -= sizeof(uint16_t); /* the length of no attributes follows */
	build->nlri_begin = wire_mark(&build->w);
}

bool bgp_update_add(struct bgp_update_build *build, const uint8_t *address, uint8_t bits)
{
	const size_t octets = (bits + 7U) / 8U;
	const size_t need = 1 + octets + (build->has_path_id ? PATH_ID_LEN : 0);

	if (wire_written(&build->w) + need > build->limit)
		return false;
	if (build->has_path_id)
		wire_put_u32(&build->w, PATH_ID);
	wire_put_u8(&build->w, bits);
	wire_put_bytes(&build->w, address, octets);
	return true;
}

size_t bgp_update_room(const struct bgp_update_build *build)
{
	const size_t written = wire_written(&build->w);

	return written < build->limit ? build->limit - written : 0;
}

/* Host routes, which most are: their keys are what stands on the wire. */
static uint32_t add_hosts(
	struct bgp_update_build *build, const uint8_t *keys, size_t key_len, uint32_t count)
{
	const size_t fit = bgp_update_room(build) / key_len;
	const uint8_t bits = (uint8_t)(8 * (key_len - 1));
	uint32_t hosts = 0;

	while (hosts < count && hosts < fit && keys[hosts * key_len] == bits)
		hosts++;
	wire_put_bytes(&build->w, keys, hosts * key_len);
	return hosts;
}

uint32_t bgp_update_add_keys(
	struct bgp_update_build *build, const uint8_t *keys, size_t key_len, uint32_t count)
{
	uint32_t at = build->has_path_id ? 0 : add_hosts(build, keys, key_len, count);

	for (; at < count; at++) {
		const uint8_t *key = keys + at * key_len;

		if (!bgp_update_add(build, key + 1, key[0]))
			break;
	}
	return at;
}

/* Writes the length of MP_REACH or MP_UNREACH; a short one loses an octet of its head. */
static void end_mp(struct bgp_update_build *build)
{
	struct wire_writer *w = &build->w;
	const size_t value = build->mp_mark + LONG_HEAD_LEN;
	const size_t len = wire_written(w) - value;

	if (len > SHORT_LEN_MAX) {
		wire_patch_u16(w, build->mp_mark + 2, (uint16_t)len);
		return;
	}
	wire_patch_u8(w, build->mp_mark, FLAG_OPTIONAL);
	wire_patch_u8(w, build->mp_mark + 2, (uint8_t)len);
	memmove(w->start + value - 1, w->start + value, len);
	w->at--;
}

size_t bgp_update_end(struct bgp_update_build *build)
{
	struct wire_writer *w = &build->w;
	const size_t attrs = build->lengths + sizeof(uint16_t);

	if (wire_written(w) == build->nlri_begin)
		return 0;
	if (build->mp_mark) {
		end_mp(build);
		wire_put_bytes(w, build->attrs, build->attrs_len);
		wire_patch_u16(w, attrs, (uint16_t)(wire_written(w) - attrs - sizeof(uint16_t)));
	} else if (build->is_withdraw) {
		wire_patch_u16(w, build->lengths, (uint16_t)(wire_written(w) - attrs));
		wire_put_u16(w, 0);
	}
	bgp_message_end(w, build->begin);
	assert(wire_writer_ok(w));
	return wire_written(w) - build->begin;
}

void bgp_end_of_rib_build(struct wire_writer *w, enum bgp_family family)
{
	const size_t begin = bgp_message_begin(w, BGP_MSG_UPDATE);

	wire_put_u16(w, 0);
	if (family == BGP_IPV4_UNICAST) {
		wire_put_u16(w, 0);
	} else {
		wire_put_u16(w, 6);
		put_head(w, FLAG_OPTIONAL, ATTR_MP_UNREACH, 3);
		wire_put_u16(w, bgp_family_afi(family));
		wire_put_u8(w, BGP_SAFI_UNICAST);
	}
	bgp_message_end(w, begin);
}
