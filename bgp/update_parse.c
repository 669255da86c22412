/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/update_parse.h"

#include "base/mem.h"
#include "bgp/attrs.h"
#include "bgp/notification.h"

#include <netinet/in.h>

enum {
	FLAG_OPTIONAL = 0x80,
	FLAG_TRANSITIVE = 0x40,
	FLAG_LONG = 0x10,
	FLAGS_JUDGED = FLAG_OPTIONAL | FLAG_TRANSITIVE, /* RFC 7606 section 3 c; not Partial */
	WELL_KNOWN = FLAG_TRANSITIVE,
	OPTIONAL = FLAG_OPTIONAL,
	OPT_TRANSITIVE = FLAG_OPTIONAL | FLAG_TRANSITIVE,
	ORIGIN_MAX = 2,
};

struct parser {
	const struct bgp_update_context *context;
	struct bgp_update *update;
	const uint8_t *attr; /* the attribute at hand, whole */
	size_t attr_len;
	bool seen[256];
	struct wire_reader as_path, as4_path;
	uint32_t as4_aggregator_as;
	struct ip as4_aggregator;
};

/* Reads a value; false: it is malformed. May also call fault() itself. */
typedef bool read_fn(struct parser *p, struct wire_reader value);

struct kind {
	uint8_t type;
	uint8_t flags;
	uint8_t subcode;              /* of a NOTIFICATION that would tell of it */
	enum bgp_verdict malformed;   /* from an internal peer */
	enum bgp_verdict malformed_x; /* from an external one */
	bool is_internal_only;        /* from an external peer: discarded, good or not */
	read_fn *read;                /* NULL: any value will do */
};

/* Notes a fault; the first of the strongest ones stays. */
static void fault(
	struct parser *p, enum bgp_verdict verdict, uint8_t subcode, const void *data, size_t len)
{
	if (verdict == BGP_UPDATE_DISCARD)
		p->update->discarded++;
	if (verdict <= p->update->verdict)
		return;
	p->update->verdict = verdict;
	(void)bgp_refuse(&p->update->why, BGP_ERR_UPDATE, subcode, data, len);
}

static void fault_attr(struct parser *p, enum bgp_verdict verdict, uint8_t subcode)
{
	fault(p, verdict, subcode, p->attr, p->attr_len);
}

/* Takes one prefix off @nlri; false: it has no place in the family, or runs over. */
static bool take_prefix(struct wire_reader *nlri, enum bgp_family family, bool has_path_id,
	struct ip_prefix *ret_prefix, uint32_t *ret_path_id)
{
	uint32_t path_id = has_path_id ? wire_u32(nlri) : 0;
	uint8_t bits = wire_u8(nlri);
	uint8_t bytes[16] = { 0 };
	struct ip ip;

	if (!wire_ok(nlri) || bits > bgp_family_bits(family))
		return false;
	wire_copy(nlri, bytes, (bits + 7u) / 8);
	if (!wire_ok(nlri))
		return false;
	ip = ip_from_bytes(family == BGP_IPV4_UNICAST ? AF_INET : AF_INET6, bytes);
	*ret_prefix = ip_prefix_of(&ip, bits);
	if (ret_path_id)
		*ret_path_id = path_id;
	return true;
}

bool bgp_prefixes_next(
	struct bgp_prefixes *prefixes, struct ip_prefix *ret_prefix, uint32_t *ret_path_id)
{
	return wire_left(&prefixes->nlri) > 0 &&
		take_prefix(&prefixes->nlri, prefixes->family, prefixes->has_path_id, ret_prefix,
			ret_path_id);
}

/* RFC 7606 section 5.3: without a sound list nothing can even be withdrawn. */
static void take_list(
	struct parser *p, struct wire_reader nlri, enum bgp_family family, struct bgp_prefixes *to)
{
	bool has_path_id = p->context->add_path & BGP_FAMILY_BIT(family);
	struct wire_reader walk = nlri;
	struct ip_prefix prefix;

	while (wire_left(&walk) > 0) {
		if (!take_prefix(&walk, family, has_path_id, &prefix, NULL)) {
			fault(p, BGP_UPDATE_RESET, BGP_UPDATE_BAD_NETWORK, NULL, 0);
			return;
		}
	}
	*to = (struct bgp_prefixes){ .nlri = nlri, .family = family, .has_path_id = has_path_id };
}

static bool read_origin(struct parser *p, struct wire_reader value)
{
	uint8_t origin = wire_u8(&value);

	if (!wire_ok(&value) || wire_left(&value) > 0 || origin > ORIGIN_MAX)
		return false;
	p->update->origin = origin;
	return true;
}

/*
 * Whether the peer's own AS comes first (RFC 4271 section 6.3: may be checked) is left open: a route
 * server's does not, nor one of 4 octets on an old session.
 */
static bool read_as_path(struct parser *p, struct wire_reader value)
{
	if (!bgp_as_path_is_sound(value, p->context->has_as4 ? 4 : 2, p->context->is_internal))
		return false;
	p->as_path = value;
	return true;
}

static bool read_next_hop(struct parser *p, struct wire_reader value)
{
	uint8_t bytes[4];
	struct ip ip;

	wire_copy(&value, bytes, sizeof(bytes));
	if (!wire_ok(&value) || wire_left(&value) > 0)
		return false;
	ip = ip_from_bytes(AF_INET, bytes);
	if (bytes[0] == 0 || ip_is_multicast(&ip))
		return false;
	p->update->next_hop = ip;
	return true;
}

static bool read_med(struct parser *p, struct wire_reader value)
{
	uint32_t med = wire_u32(&value);

	if (!wire_ok(&value) || wire_left(&value) > 0)
		return false;
	p->update->med = med;
	return true;
}

static bool read_local_pref(struct parser *p, struct wire_reader value)
{
	uint32_t local_pref = wire_u32(&value);

	if (!wire_ok(&value) || wire_left(&value) > 0)
		return false;
	p->update->local_pref = local_pref;
	return true;
}

static bool read_empty(struct parser *p, struct wire_reader value)
{
	(void)p;
	return wire_left(&value) == 0;
}

static struct ip take_ip4(struct wire_reader *r)
{
	uint8_t bytes[4];

	wire_copy(r, bytes, sizeof(bytes));
	return ip_from_bytes(AF_INET, bytes);
}

static bool read_aggregator(struct parser *p, struct wire_reader value)
{
	if (wire_left(&value) != (p->context->has_as4 ? 8 : 6))
		return false;
	p->update->aggregator_as = p->context->has_as4 ? wire_u32(&value) : wire_u16(&value);
	p->update->aggregator = take_ip4(&value);
	return true;
}

static bool read_u32(struct parser *p, struct wire_reader value)
{
	(void)p;
	return wire_left(&value) == 4;
}

static bool is_list_of(struct wire_reader value, size_t octets)
{
	return wire_left(&value) > 0 && wire_left(&value) % octets == 0;
}

static bool read_cluster_list(struct parser *p, struct wire_reader value)
{
	(void)p;
	return is_list_of(value, 4);
}

static bool read_communities(struct parser *p, struct wire_reader value)
{
	if (!is_list_of(value, 4))
		return false;
	p->update->communities = value;
	return true;
}

static bool read_extended(struct parser *p, struct wire_reader value)
{
	if (!is_list_of(value, 8))
		return false;
	p->update->extended = value;
	return true;
}

static bool read_large(struct parser *p, struct wire_reader value)
{
	if (!is_list_of(value, 12))
		return false;
	p->update->large = value;
	p->update->has_large = true;
	return true;
}

/* RFC 6793 section 6: from a peer that speaks 4 octets it has no place at all. */
static bool read_as4_path(struct parser *p, struct wire_reader value)
{
	if (p->context->has_as4 || wire_left(&value) == 0 || !bgp_as_path_is_sound(value, 4, true))
		return false;
	p->as4_path = value;
	return true;
}

static bool read_as4_aggregator(struct parser *p, struct wire_reader value)
{
	if (p->context->has_as4 || wire_left(&value) != 8)
		return false;
	p->as4_aggregator_as = wire_u32(&value);
	p->as4_aggregator = take_ip4(&value);
	return true;
}

/* The next hop's forms: RFC 4760, RFC 2545 section 3, RFC 8950 section 3. */
static bool take_mp_next_hop(struct parser *p, enum bgp_family family, struct wire_reader hop)
{
	size_t len = wire_left(&hop);
	uint8_t bytes[16];

	if (family == BGP_IPV4_UNICAST && len == 4) {
		wire_copy(&hop, bytes, 4);
		p->update->mp_next_hop = ip_from_bytes(AF_INET, bytes);
		return true;
	}
	if (family == BGP_IPV4_UNICAST && !(p->context->extended_next_hop & BGP_FAMILY_BIT(family)))
		return false;
	if (len != 16 && len != 32)
		return false;
	wire_copy(&hop, bytes, 16);
	p->update->mp_next_hop = ip_from_bytes(AF_INET6, bytes);
	if (len == 32) {
		wire_copy(&hop, bytes, 16);
		p->update->mp_next_hop_ll = ip_from_bytes(AF_INET6, bytes);
	}
	return true;
}

static bool take_family(struct parser *p, struct wire_reader *value, enum bgp_family *ret_family)
{
	uint16_t afi = wire_u16(value);
	uint8_t safi = wire_u8(value);

	if (wire_ok(value) && bgp_family_from_wire(afi, safi, ret_family) == 0 &&
		(p->context->families & BGP_FAMILY_BIT(*ret_family)))
		return true;
	if (wire_ok(value))
		p->update->foreign_families++;
	return false;
}

static bool read_mp_reach(struct parser *p, struct wire_reader value)
{
	enum bgp_family family;
	struct wire_reader hop;

	if (!take_family(p, &value, &family))
		return wire_ok(&value);
	hop = wire_sub(&value, wire_u8(&value));
	wire_skip(&value, 1); /* reserved; once a count of SNPAs, to be ignored */
	if (!wire_ok(&value) || !take_mp_next_hop(p, family, hop))
		return false;
	take_list(p, value, family, &p->update->announced[1]);
	return true;
}

static bool read_mp_unreach(struct parser *p, struct wire_reader value)
{
	enum bgp_family family;

	if (!take_family(p, &value, &family))
		return wire_ok(&value);
	take_list(p, value, family, &p->update->withdrawn[1]);
	p->update->end_of_rib = family; /* if there is nothing else */
	return true;
}

/* RFC 7606 section 7, and the RFC of each attribute that is younger. */
/* clang-format off */
static const struct kind kinds[] = {
	/*                          flags           subcode                  internal             external             */
	{ BGP_ATTR_ORIGIN,           WELL_KNOWN,     BGP_UPDATE_BAD_ORIGIN,   BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_origin },
	{ BGP_ATTR_AS_PATH,          WELL_KNOWN,     BGP_UPDATE_BAD_AS_PATH,  BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_as_path },
	{ BGP_ATTR_NEXT_HOP,         WELL_KNOWN,     BGP_UPDATE_BAD_NEXT_HOP, BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_next_hop },
	{ BGP_ATTR_MED,              OPTIONAL,       BGP_UPDATE_BAD_LENGTH,   BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_med },
	{ BGP_ATTR_LOCAL_PREF,       WELL_KNOWN,     BGP_UPDATE_BAD_LENGTH,   BGP_UPDATE_WITHDRAW, BGP_UPDATE_DISCARD,  true,  read_local_pref },
	{ BGP_ATTR_ATOMIC_AGGREGATE, WELL_KNOWN,     BGP_UPDATE_BAD_LENGTH,   BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, read_empty },
	{ BGP_ATTR_AGGREGATOR,       OPT_TRANSITIVE, BGP_UPDATE_BAD_LENGTH,   BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, read_aggregator },
	{ BGP_ATTR_COMMUNITIES,      OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_communities },
	{ BGP_ATTR_ORIGINATOR_ID,    OPTIONAL,       BGP_UPDATE_BAD_LENGTH,   BGP_UPDATE_WITHDRAW, BGP_UPDATE_DISCARD,  true,  read_u32 },
	{ BGP_ATTR_CLUSTER_LIST,     OPTIONAL,       BGP_UPDATE_BAD_LENGTH,   BGP_UPDATE_WITHDRAW, BGP_UPDATE_DISCARD,  true,  read_cluster_list },
	{ BGP_ATTR_MP_REACH,         OPTIONAL,       BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_RESET,    BGP_UPDATE_RESET,    false, read_mp_reach },
	{ BGP_ATTR_MP_UNREACH,       OPTIONAL,       BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_RESET,    BGP_UPDATE_RESET,    false, read_mp_unreach },
	{ BGP_ATTR_EXTENDED,         OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_extended },
	{ BGP_ATTR_AS4_PATH,         OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, read_as4_path },
	{ BGP_ATTR_AS4_AGGREGATOR,   OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, read_as4_aggregator },
	{ BGP_ATTR_TUNNEL,           OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, NULL },
	{ BGP_ATTR_AIGP,             OPTIONAL,       BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, NULL },
	{ BGP_ATTR_LARGE,            OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_large },
	{ BGP_ATTR_OTC,              OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_WITHDRAW, BGP_UPDATE_WITHDRAW, false, read_u32 },
	{ BGP_ATTR_PREFIX_SID,       OPT_TRANSITIVE, BGP_UPDATE_BAD_OPTIONAL, BGP_UPDATE_DISCARD,  BGP_UPDATE_DISCARD,  false, NULL },
};
/* clang-format on */

static const struct kind *find_kind(uint8_t type)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (kinds[i].type == type)
			return &kinds[i];
	}
	return NULL;
}

static void judge_attr(struct parser *p, uint8_t flags, uint8_t type, struct wire_reader value)
{
	const struct kind *kind = find_kind(type);
	bool is_mp = type == BGP_ATTR_MP_REACH || type == BGP_ATTR_MP_UNREACH;
	enum bgp_verdict malformed;

	if (p->seen[type]) { /* RFC 7606 section 3 g: the first one counts */
		if (is_mp)
			fault(p, BGP_UPDATE_RESET, BGP_UPDATE_MALFORMED_LIST, NULL, 0);
		return;
	}
	p->seen[type] = true;
	if (!kind) {
		if (!(flags & FLAG_OPTIONAL)) /* RFC 4271 section 6.3 */
			fault_attr(p, BGP_UPDATE_RESET, BGP_UPDATE_UNKNOWN_WELL_KNOWN);
		return;
	}
	if (kind->is_internal_only && !p->context->is_internal) {
		p->update->discarded++;
		return;
	}
	if ((flags & FLAGS_JUDGED) != kind->flags) {
		fault_attr(p, BGP_UPDATE_WITHDRAW, BGP_UPDATE_BAD_FLAGS);
		if (!is_mp)
			return; /* what it withdraws or announces must still be known */
	}
	malformed = p->context->is_internal ? kind->malformed : kind->malformed_x;
	if (kind->read && !kind->read(p, value))
		fault_attr(p, malformed, kind->subcode);
	else if (type < 32)
		p->update->present |= UINT32_C(1) << type;
}

/*
 * RFC 7606 section 4: an attribute that runs over leaves the rest unread. The NLRI field is still
 * known; an MP_REACH_NLRI that may be in the rest is not.
 */
static void cut_list(struct parser *p, bool has_nlri)
{
	uint8_t by_mp = p->context->families & (uint8_t)~BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	bool may_hide_mp = !has_nlri && !p->seen[BGP_ATTR_MP_REACH] &&
		(by_mp != 0 || p->context->extended_next_hop != 0);

	fault(p, may_hide_mp ? BGP_UPDATE_RESET : BGP_UPDATE_WITHDRAW, BGP_UPDATE_MALFORMED_LIST,
		NULL, 0);
}

static void parse_attrs(struct parser *p, struct wire_reader attrs, bool has_nlri)
{
	while (wire_left(&attrs) > 0) {
		const uint8_t *begin = attrs.at;
		uint8_t flags = wire_u8(&attrs);
		uint8_t type = wire_u8(&attrs);
		size_t len = flags & FLAG_LONG ? wire_u16(&attrs) : wire_u8(&attrs);
		struct wire_reader value = wire_sub(&attrs, len);

		if (!wire_ok(&attrs)) {
			cut_list(p, has_nlri);
			return;
		}
		p->attr = begin;
		p->attr_len = (size_t)(attrs.at - begin);
		judge_attr(p, flags, type, value);
	}
}

/* RFC 7606 section 3 d. */
static void need(struct parser *p, uint8_t type)
{
	if (!p->seen[type])
		fault(p, BGP_UPDATE_WITHDRAW, BGP_UPDATE_MISSING_WELL_KNOWN, &type, 1);
}

static void check_mandatory(struct parser *p)
{
	bool has_old = wire_left(&p->update->announced[0].nlri) > 0;
	bool has_mp = wire_left(&p->update->announced[1].nlri) > 0;

	if (has_old || has_mp) {
		need(p, BGP_ATTR_ORIGIN);
		need(p, BGP_ATTR_AS_PATH);
	}
	if (has_old)
		need(p, BGP_ATTR_NEXT_HOP);
}

static bool has_attr(const struct parser *p, unsigned type)
{
	return p->update->present >> type & 1;
}

/*
 * RFC 6793 section 4.2.3: an aggregator with a short number says that the one who aggregated knew
 * nothing of long ones, and so neither counts what he passed on.
 */
static void settle_as4(struct parser *p)
{
	struct bgp_update *update = p->update;
	bool has_both = has_attr(p, BGP_ATTR_AGGREGATOR) && has_attr(p, BGP_ATTR_AS4_AGGREGATOR);
	bool is_void = has_both && update->aggregator_as != BGP_AS_TRANS;

	if (has_both && !is_void) {
		update->aggregator_as = p->as4_aggregator_as;
		update->aggregator = p->as4_aggregator;
	}
	update->as_path = bgp_as_path(p->as_path, p->context->has_as4 ? 4 : 2);
	if (has_attr(p, BGP_ATTR_AS_PATH) && has_attr(p, BGP_ATTR_AS4_PATH) && !is_void)
		update->as_path = bgp_as_path_merge(p->as_path, p->as4_path);
}

static void learn_path(struct bgp_update *update, uint32_t local_as)
{
	struct bgp_as_path path = update->as_path;
	struct bgp_as_segment segment;

	while (bgp_as_path_next(&path, &segment)) {
		while (wire_left(&segment.numbers) > 0) {
			uint32_t as = bgp_as_take(&segment);

			if (update->path_len++ == 0)
				update->first_as = as;
			update->origin_as = as;
			if (as == local_as)
				update->has_loop = true;
		}
	}
}

/* RFC 4724 section 2. */
static bool is_end_of_rib(const struct bgp_update *update, size_t body_len, size_t attrs_len)
{
	enum {
		EMPTY_BODY = 4,
		EMPTY_UNREACH = 6,
		EMPTY_UNREACH_LONG = 7,
	};

	if (body_len == EMPTY_BODY)
		return true;
	return body_len == EMPTY_BODY + attrs_len &&
		(attrs_len == EMPTY_UNREACH || attrs_len == EMPTY_UNREACH_LONG) &&
		(update->present & UINT32_C(1) << BGP_ATTR_MP_UNREACH) &&
		update->foreign_families == 0;
}

enum bgp_verdict bgp_update_parse(struct wire_reader body, const struct bgp_update_context *context,
	struct bgp_update *ret_update)
{
	struct parser p = { .context = context, .update = ret_update };
	size_t body_len = wire_left(&body);
	struct wire_reader withdrawn;
	struct wire_reader attrs;

	*ret_update = (struct bgp_update){ .verdict = BGP_UPDATE_GOOD };
	withdrawn = wire_sub(&body, wire_u16(&body));
	attrs = wire_sub(&body, wire_u16(&body));
	if (!wire_ok(&body)) {
		fault(&p, BGP_UPDATE_RESET, BGP_UPDATE_MALFORMED_LIST, NULL, 0);
		return ret_update->verdict;
	}
	take_list(&p, withdrawn, BGP_IPV4_UNICAST, &ret_update->withdrawn[0]);
	take_list(&p, body, BGP_IPV4_UNICAST, &ret_update->announced[0]);
	parse_attrs(&p, attrs, wire_left(&body) > 0);
	check_mandatory(&p);
	settle_as4(&p);
	learn_path(ret_update, context->local_as);
	if (ret_update->verdict == BGP_UPDATE_GOOD && ret_update->discarded > 0)
		ret_update->verdict = BGP_UPDATE_DISCARD;
	ret_update->is_end_of_rib = ret_update->verdict == BGP_UPDATE_GOOD &&
		is_end_of_rib(ret_update, body_len, wire_left(&attrs));
	return ret_update->verdict;
}
