/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/open.h"

#include "bgp/attrs.h"
#include "bgp/notification.h"

#include <errno.h>

enum {
	VERSION = 4,
	PARAMETER_CAPABILITIES = 2,
	EXTENDED_MARK = 255,   /* RFC 9072 section 2: in place of the length, and as first type */
	PARAMETERS_MAX = 1024, /* octets of ours; the largest offer is under 300 */
};

static int refuse(struct bgp_refusal *ret_why, uint8_t subcode)
{
	return bgp_refuse(ret_why, BGP_ERR_OPEN, subcode, NULL, 0);
}

static int parse_parameters(struct wire_reader params, bool is_extended,
	struct bgp_capabilities *caps, struct bgp_refusal *ret_why)
{
	while (wire_left(&params) > 0) {
		uint8_t type = wire_u8(&params);
		size_t len = is_extended ? wire_u16(&params) : wire_u8(&params);
		struct wire_reader value = wire_sub(&params, len);

		if (!wire_ok(&value))
			return refuse(ret_why, BGP_OPEN_MALFORMED);
		if (type != PARAMETER_CAPABILITIES)
			return refuse(ret_why, BGP_OPEN_BAD_PARAMETER);
		if (bgp_capabilities_parse(&value, caps) < 0)
			return refuse(ret_why, BGP_OPEN_MALFORMED);
	}
	return 0;
}

/* Cuts the optional parameters off @body, in either form. */
static struct wire_reader cut_parameters(struct wire_reader *body, bool *ret_is_extended)
{
	uint8_t len = wire_u8(body);

	/* The type decides; the length before it must not be 0 and means nothing else. */
	*ret_is_extended = len != 0 && wire_left(body) > 0 && body->at[0] == EXTENDED_MARK;
	if (!*ret_is_extended)
		return wire_sub(body, len);
	wire_skip(body, 1);
	return wire_sub(body, wire_u16(body));
}

int bgp_open_parse(struct wire_reader *body, struct bgp_open *ret_open, struct bgp_refusal *ret_why)
{
	static const uint8_t our_version[] = { 0, VERSION };
	struct bgp_open open = { .caps = bgp_capabilities_none() };
	struct wire_reader params;
	bool is_extended;
	uint8_t version;
	int r;

	version = wire_u8(body);
	open.as2 = wire_u16(body);
	open.hold_seconds = wire_u16(body);
	open.id = wire_u32(body);
	params = cut_parameters(body, &is_extended);

	if (version != VERSION && wire_ok(body))
		return bgp_refuse(ret_why, BGP_ERR_OPEN, BGP_OPEN_BAD_VERSION, our_version,
			sizeof(our_version));
	if (!wire_ok(body) || wire_left(body) > 0)
		return refuse(ret_why, BGP_OPEN_MALFORMED);
	if (open.hold_seconds != 0 && open.hold_seconds < BGP_HOLD_SECONDS_MIN)
		return refuse(ret_why, BGP_OPEN_BAD_HOLD_TIME);
	if (open.id == 0)
		return refuse(ret_why, BGP_OPEN_BAD_ID);
	r = parse_parameters(params, is_extended, &open.caps, ret_why);
	if (r < 0)
		return r;

	open.as = open.caps.has_as4 ? open.caps.as4 : open.as2;
	if (open.as == 0 || open.as2 == 0)
		return refuse(ret_why, BGP_OPEN_BAD_PEER_AS);
	/* Without capability 65 the peer claims to be AS_TRANS itself. */
	if (open.as2 == BGP_AS_TRANS && !open.caps.has_as4)
		return refuse(ret_why, BGP_OPEN_BAD_PEER_AS);

	*ret_open = open;
	return 0;
}

static bool is_expected_as(uint32_t as, const struct bgp_expect *expect)
{
	switch (expect->type) {
	case BGP_PEER_AS:
		return as == expect->peer_as;
	case BGP_PEER_INTERNAL:
		return as == expect->local_as;
	case BGP_PEER_EXTERNAL:
		return as != expect->local_as;
	}
	return false;
}

int bgp_open_judge(
	const struct bgp_open *open, const struct bgp_expect *expect, struct bgp_refusal *ret_why)
{
	bool is_internal = open->as == expect->local_as;

	if (!is_expected_as(open->as, expect))
		return refuse(ret_why, BGP_OPEN_BAD_PEER_AS);
	if (is_internal && open->id == expect->local_id)
		return refuse(ret_why, BGP_OPEN_BAD_ID);
	if (is_internal || expect->role == BGP_ROLE_NONE)
		return 0; /* roles are between ASes */
	if (open->caps.has_role_conflict || !bgp_roles_match(expect->role, open->caps.role))
		return refuse(ret_why, BGP_OPEN_ROLE_MISMATCH);
	if (expect->needs_role && open->caps.role == BGP_ROLE_NONE)
		return refuse(ret_why, BGP_OPEN_ROLE_MISMATCH);
	return 0;
}

/* What a peer sees of @caps if some are left out. */
static struct bgp_capabilities as_sent(const struct bgp_capabilities *caps, uint32_t leave_out)
{
	struct bgp_capabilities sent = *caps;
	struct bgp_capabilities none = bgp_capabilities_none();

#define LEFT_OUT(code) (leave_out & bgp_capability_bit(code))
	if (LEFT_OUT(BGP_CAP_MULTIPROTOCOL)) {
		sent.families &= none.families;
		sent.has_multiprotocol = false;
	}
	if (LEFT_OUT(BGP_CAP_ROUTE_REFRESH))
		sent.has_route_refresh = false;
	if (LEFT_OUT(BGP_CAP_EXTENDED_NEXT_HOP))
		sent.extended_next_hop = 0;
	if (LEFT_OUT(BGP_CAP_EXTENDED_MESSAGE))
		sent.has_extended_message = false;
	if (LEFT_OUT(BGP_CAP_ROLE))
		sent.role = BGP_ROLE_NONE;
	if (LEFT_OUT(BGP_CAP_GRACEFUL_RESTART))
		sent.has_graceful_restart = false;
	if (LEFT_OUT(BGP_CAP_AS4))
		sent.has_as4 = false;
	if (LEFT_OUT(BGP_CAP_ADD_PATH))
		sent.add_path_receive = sent.add_path_send = 0;
	if (LEFT_OUT(BGP_CAP_ENHANCED_REFRESH))
		sent.has_enhanced_refresh = false;
	if (LEFT_OUT(BGP_CAP_LONG_LIVED_GR))
		sent.has_llgr = false;
	if (LEFT_OUT(BGP_CAP_FQDN))
		sent.host[0] = '\0';
#undef LEFT_OUT
	return sent;
}

static void put_parameters(struct wire_writer *w, const uint8_t *caps, size_t len)
{
	if (len == 0) {
		wire_put_u8(w, 0);
	} else if (len + 2 <= EXTENDED_MARK - 1) {
		wire_put_u8(w, (uint8_t)(len + 2));
		wire_put_u8(w, PARAMETER_CAPABILITIES);
		wire_put_u8(w, (uint8_t)len);
	} else {
		wire_put_u8(w, EXTENDED_MARK);
		wire_put_u8(w, EXTENDED_MARK);
		wire_put_u16(w, (uint16_t)(len + 3));
		wire_put_u8(w, PARAMETER_CAPABILITIES);
		wire_put_u16(w, (uint16_t)len);
	}
	wire_put_bytes(w, caps, len);
}

struct bgp_capabilities bgp_open_build(
	struct wire_writer *w, const struct bgp_open *open, const struct bgp_open_limits *limits)
{
	uint32_t leave_out = limits->is_bare ? UINT32_MAX : limits->leave_out;
	struct bgp_capabilities sent = as_sent(&open->caps, leave_out);
	uint8_t caps[PARAMETERS_MAX];
	struct wire_writer caps_writer = wire_writer(caps, sizeof(caps));
	size_t begin = bgp_message_begin(w, BGP_MSG_OPEN);

	bgp_capabilities_build(&caps_writer, &open->caps, leave_out);
	wire_put_u8(w, VERSION);
	wire_put_u16(w, open->as > UINT16_MAX ? BGP_AS_TRANS : (uint16_t)open->as);
	wire_put_u16(w, open->hold_seconds);
	wire_put_u32(w, open->id);
	put_parameters(w, caps, wire_written(&caps_writer));
	bgp_message_end(w, begin);
	return sent;
}

bool bgp_open_retreat(struct bgp_open_limits *limits, uint32_t sent, uint8_t subcode,
	const uint8_t *data, size_t len)
{
	struct wire_reader listed = wire_reader(data, len);
	struct bgp_open_limits before = *limits;

	if (limits->is_bare || sent == 0)
		return false;
	if (subcode == BGP_OPEN_BAD_PARAMETER) {
		limits->is_bare = true;
		return true;
	}
	if (subcode != BGP_OPEN_BAD_CAPABILITY)
		return false;
	while (wire_left(&listed) > 0) {
		uint8_t code = wire_u8(&listed);

		wire_skip(&listed, wire_u8(&listed));
		limits->leave_out |= bgp_capability_bit(code) & sent;
	}
	return limits->leave_out != before.leave_out;
}
