/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/capability.h"

#include "base/mem.h"

#include <errno.h>

enum {
	GR_RESTARTING = 0x8000,
	GR_NOTIFICATION = 0x4000,
	GR_FORWARDING = 0x80, /* per family, in GR and LLGR */
	ADD_PATH_RECEIVE = 1,
	ADD_PATH_SEND = 2,
};

/* Reads the value of one capability; the caller asks wire_ok() and whether anything is left. */
typedef void read_fn(struct wire_reader *value, struct bgp_capabilities *caps);
typedef void write_fn(struct wire_writer *w, const struct bgp_capabilities *caps);
typedef bool has_fn(const struct bgp_capabilities *caps);

struct bgp_capabilities bgp_capabilities_none(void)
{
	return (struct bgp_capabilities){
		.families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST),
		.role = BGP_ROLE_NONE,
	};
}

/* The mask of the family, 0 if we do not speak it. */
static uint8_t read_family(struct wire_reader *value)
{
	uint16_t afi = wire_u16(value);
	uint8_t safi = wire_u8(value);
	enum bgp_family family;

	if (bgp_family_from_wire(afi, safi, &family) < 0)
		return 0;
	return (uint8_t)BGP_FAMILY_BIT(family);
}

static void write_family(struct wire_writer *w, enum bgp_family family)
{
	wire_put_u16(w, bgp_family_afi(family));
	wire_put_u8(w, BGP_SAFI_UNICAST);
}

static void read_multiprotocol(struct wire_reader *value, struct bgp_capabilities *caps)
{
	uint16_t afi = wire_u16(value);
	enum bgp_family family;
	uint8_t safi;

	wire_skip(value, 1);
	safi = wire_u8(value);
	if (!caps->has_multiprotocol)
		caps->families = 0;
	caps->has_multiprotocol = true;
	if (bgp_family_from_wire(afi, safi, &family) == 0)
		caps->families |= (uint8_t)BGP_FAMILY_BIT(family);
}

static void read_route_refresh(struct wire_reader *value, struct bgp_capabilities *caps)
{
	(void)value;
	caps->has_route_refresh = true;
}

static void read_extended_next_hop(struct wire_reader *value, struct bgp_capabilities *caps)
{
	while (wire_left(value) > 0) {
		uint16_t afi = wire_u16(value);
		uint16_t safi = wire_u16(value);
		uint16_t next_hop_afi = wire_u16(value);

		if (wire_ok(value) && afi == BGP_AFI_IPV4 && safi == BGP_SAFI_UNICAST &&
			next_hop_afi == BGP_AFI_IPV6)
			caps->extended_next_hop |= BGP_FAMILY_BIT(BGP_IPV4_UNICAST);
	}
}

static void read_extended_message(struct wire_reader *value, struct bgp_capabilities *caps)
{
	(void)value;
	caps->has_extended_message = true;
}

static void read_role(struct wire_reader *value, struct bgp_capabilities *caps)
{
	uint8_t role = wire_u8(value);

	if (!wire_ok(value))
		return;
	if (caps->role != BGP_ROLE_NONE && caps->role != role)
		caps->has_role_conflict = true;
	caps->role = role;
}

/* RFC 4724 section 3: of several the last one counts. */
static void read_graceful_restart(struct wire_reader *value, struct bgp_capabilities *caps)
{
	uint16_t head = wire_u16(value);

	caps->has_graceful_restart = true;
	caps->is_restarting = head & GR_RESTARTING;
	caps->has_gr_notification = head & GR_NOTIFICATION;
	caps->restart_seconds = head & BGP_RESTART_SECONDS_MAX;
	caps->gr_families = 0;
	caps->gr_forwarding = 0;
	while (wire_left(value) > 0) {
		uint8_t bit = read_family(value);
		uint8_t flags = wire_u8(value);

		caps->gr_families |= bit;
		if (flags & GR_FORWARDING)
			caps->gr_forwarding |= bit;
	}
}

static void read_as4(struct wire_reader *value, struct bgp_capabilities *caps)
{
	caps->has_as4 = true;
	caps->as4 = wire_u32(value);
}

static void read_add_path(struct wire_reader *value, struct bgp_capabilities *caps)
{
	while (wire_left(value) > 0) {
		uint8_t bit = read_family(value);
		uint8_t way = wire_u8(value);

		/* RFC 7911 section 4: another value means that this family is ignored. */
		if (way > (ADD_PATH_RECEIVE | ADD_PATH_SEND))
			continue;
		if (way & ADD_PATH_RECEIVE)
			caps->add_path_receive |= bit;
		if (way & ADD_PATH_SEND)
			caps->add_path_send |= bit;
	}
}

static void read_enhanced_refresh(struct wire_reader *value, struct bgp_capabilities *caps)
{
	(void)value;
	caps->has_enhanced_refresh = true;
}

static void read_llgr(struct wire_reader *value, struct bgp_capabilities *caps)
{
	caps->has_llgr = true;
	while (wire_left(value) > 0) {
		uint8_t bit = read_family(value);
		uint32_t flags_and_seconds = wire_u32(value);
		uint32_t seconds = flags_and_seconds & BGP_LLGR_SECONDS_MAX;

		caps->llgr_families |= bit;
		if (bit != 0 && seconds > caps->llgr_seconds)
			caps->llgr_seconds = seconds;
	}
}

/* Names go to terminals and logs: only what a host name may contain, and only so much of it. */
static void read_name(struct wire_reader name, char to[BGP_FQDN_SIZE])
{
	size_t len = 0;

	while (wire_left(&name) > 0 && len + 1 < BGP_FQDN_SIZE) {
		char c = (char)wire_u8(&name);

		to[len++] = c > ' ' && c <= '~' ? c : '?';
	}
	to[len] = '\0';
}

static void read_fqdn(struct wire_reader *value, struct bgp_capabilities *caps)
{
	struct wire_reader host = wire_sub(value, wire_u8(value));
	struct wire_reader domain = wire_sub(value, wire_u8(value));

	read_name(host, caps->host);
	read_name(domain, caps->domain);
}

static bool has_multiprotocol(const struct bgp_capabilities *caps)
{
	return caps->has_multiprotocol;
}

static bool has_route_refresh(const struct bgp_capabilities *caps)
{
	return caps->has_route_refresh;
}

static bool has_extended_next_hop(const struct bgp_capabilities *caps)
{
	return caps->extended_next_hop != 0;
}

static bool has_extended_message(const struct bgp_capabilities *caps)
{
	return caps->has_extended_message;
}

static bool has_role(const struct bgp_capabilities *caps)
{
	return caps->role != BGP_ROLE_NONE;
}

static bool has_graceful_restart(const struct bgp_capabilities *caps)
{
	return caps->has_graceful_restart;
}

static bool has_as4(const struct bgp_capabilities *caps)
{
	return caps->has_as4;
}

static bool has_add_path(const struct bgp_capabilities *caps)
{
	return (caps->add_path_receive | caps->add_path_send) != 0;
}

static bool has_enhanced_refresh(const struct bgp_capabilities *caps)
{
	return caps->has_enhanced_refresh;
}

static bool has_llgr(const struct bgp_capabilities *caps)
{
	return caps->has_llgr;
}

static bool has_fqdn(const struct bgp_capabilities *caps)
{
	return caps->host[0] != '\0';
}

static void write_nothing(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	(void)w;
	(void)caps;
}

static void write_extended_next_hop(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	(void)caps;
	wire_put_u16(w, BGP_AFI_IPV4);
	wire_put_u16(w, BGP_SAFI_UNICAST);
	wire_put_u16(w, BGP_AFI_IPV6);
}

static void write_role(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	wire_put_u8(w, caps->role);
}

static void write_graceful_restart(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	uint16_t head = caps->restart_seconds & BGP_RESTART_SECONDS_MAX;

	if (caps->is_restarting)
		head |= GR_RESTARTING;
	if (caps->has_gr_notification)
		head |= GR_NOTIFICATION;
	wire_put_u16(w, head);
	for (enum bgp_family f = 0; f < BGP_FAMILY_COUNT_; f++) {
		if (!(caps->gr_families & BGP_FAMILY_BIT(f)))
			continue;
		write_family(w, f);
		wire_put_u8(
			w, (uint8_t)(caps->gr_forwarding & BGP_FAMILY_BIT(f) ? GR_FORWARDING : 0));
	}
}

static void write_as4(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	wire_put_u32(w, caps->as4);
}

static void write_add_path(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	for (enum bgp_family f = 0; f < BGP_FAMILY_COUNT_; f++) {
		uint8_t way = 0;

		if (caps->add_path_receive & BGP_FAMILY_BIT(f))
			way |= ADD_PATH_RECEIVE;
		if (caps->add_path_send & BGP_FAMILY_BIT(f))
			way |= ADD_PATH_SEND;
		if (way == 0)
			continue;
		write_family(w, f);
		wire_put_u8(w, way);
	}
}

static void write_llgr(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	for (enum bgp_family f = 0; f < BGP_FAMILY_COUNT_; f++) {
		uint32_t flags = caps->gr_forwarding & BGP_FAMILY_BIT(f) ? GR_FORWARDING : 0;

		if (!(caps->llgr_families & BGP_FAMILY_BIT(f)))
			continue;
		write_family(w, f);
		wire_put_u32(w, flags << 24 | (caps->llgr_seconds & BGP_LLGR_SECONDS_MAX));
	}
}

static void write_fqdn(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	size_t host_len = strlen(caps->host);
	size_t domain_len = strlen(caps->domain);

	wire_put_u8(w, (uint8_t)host_len);
	wire_put_bytes(w, caps->host, host_len);
	wire_put_u8(w, (uint8_t)domain_len);
	wire_put_bytes(w, caps->domain, domain_len);
}

/* In the order in which they are sent; a capability's place is its bit in a mask. */
/* clang-format off */
static const struct kind {
	uint8_t code;
	const char *name;
	read_fn *read;
	has_fn *has;
	write_fn *write;
} kinds[] = {
	{ BGP_CAP_MULTIPROTOCOL, "multiprotocol", read_multiprotocol, has_multiprotocol, NULL },
	{ BGP_CAP_ROUTE_REFRESH, "route refresh", read_route_refresh, has_route_refresh, write_nothing },
	{ BGP_CAP_EXTENDED_NEXT_HOP, "extended next hop", read_extended_next_hop, has_extended_next_hop, write_extended_next_hop },
	{ BGP_CAP_EXTENDED_MESSAGE, "extended message", read_extended_message, has_extended_message, write_nothing },
	{ BGP_CAP_ROLE, "role", read_role, has_role, write_role },
	{ BGP_CAP_GRACEFUL_RESTART, "graceful restart", read_graceful_restart, has_graceful_restart, write_graceful_restart },
	{ BGP_CAP_AS4, "4-octet AS", read_as4, has_as4, write_as4 },
	{ BGP_CAP_ADD_PATH, "add-path", read_add_path, has_add_path, write_add_path },
	{ BGP_CAP_ENHANCED_REFRESH, "enhanced route refresh", read_enhanced_refresh, has_enhanced_refresh, write_nothing },
	{ BGP_CAP_LONG_LIVED_GR, "long-lived graceful restart", read_llgr, has_llgr, write_llgr },
	{ BGP_CAP_FQDN, "hostname", read_fqdn, has_fqdn, write_fqdn },
};
/* clang-format on */

static const struct kind *find_kind(uint8_t code)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (kinds[i].code == code)
			return &kinds[i];
	}
	return NULL;
}

uint32_t bgp_capability_bit(uint8_t code)
{
	const struct kind *kind = find_kind(code);

	return kind ? UINT32_C(1) << (kind - kinds) : 0;
}

const char *bgp_capability_name(uint8_t code)
{
	const struct kind *kind = find_kind(code);

	return kind ? kind->name : "unknown";
}

uint32_t bgp_capabilities_mask(const struct bgp_capabilities *caps)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (kinds[i].has(caps))
			mask |= UINT32_C(1) << i;
	}
	return mask;
}

/*
 * True if the session can not be without what @code says. A fault in another one costs no more than
 * that one: it is as if the peer had offered something that we do not know.
 */
static bool is_vital(uint8_t code)
{
	return code == BGP_CAP_MULTIPROTOCOL || code == BGP_CAP_AS4;
}

int bgp_capabilities_parse(struct wire_reader *value, struct bgp_capabilities *caps)
{
	while (wire_left(value) > 0) {
		uint8_t code = wire_u8(value);
		struct wire_reader one = wire_sub(value, wire_u8(value));
		const struct kind *kind = find_kind(code);
		struct bgp_capabilities with = *caps;

		if (!wire_ok(value) || !wire_ok(&one))
			return -EPROTO;
		if (kind)
			kind->read(&one, &with);
		if (kind && wire_ok(&one) && wire_left(&one) == 0)
			*caps = with;
		else if (is_vital(code))
			return -EPROTO;
		else
			caps->unknown++;
	}
	return 0;
}

static void write_one(
	struct wire_writer *w, const struct kind *kind, const struct bgp_capabilities *caps)
{
	size_t len_at;

	wire_put_u8(w, kind->code);
	len_at = wire_mark(w);
	wire_put_u8(w, 0);
	kind->write(w, caps);
	wire_patch_u8(w, len_at, (uint8_t)(wire_written(w) - len_at - 1));
}

/* One capability a family (RFC 4760 section 8). */
static void write_multiprotocol(struct wire_writer *w, const struct bgp_capabilities *caps)
{
	for (enum bgp_family f = 0; f < BGP_FAMILY_COUNT_; f++) {
		if (!(caps->families & BGP_FAMILY_BIT(f)))
			continue;
		wire_put_u8(w, BGP_CAP_MULTIPROTOCOL);
		wire_put_u8(w, 4);
		wire_put_u16(w, bgp_family_afi(f));
		wire_put_u8(w, 0);
		wire_put_u8(w, BGP_SAFI_UNICAST);
	}
}

void bgp_capabilities_build(
	struct wire_writer *w, const struct bgp_capabilities *caps, uint32_t leave_out)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if ((leave_out >> i & 1) || !kinds[i].has(caps))
			continue;
		if (kinds[i].code == BGP_CAP_MULTIPROTOCOL)
			write_multiprotocol(w, caps);
		else
			write_one(w, &kinds[i], caps);
	}
}

struct bgp_agreement bgp_agree(
	const struct bgp_capabilities *ours, const struct bgp_capabilities *theirs)
{
	bool both_refresh = ours->has_route_refresh && theirs->has_route_refresh;

	return (struct bgp_agreement){
		.families = ours->families & theirs->families,
		.as4 = ours->has_as4 && theirs->has_as4,
		.extended_next_hop = ours->extended_next_hop & theirs->extended_next_hop,
		.add_path = ours->add_path_send & theirs->add_path_receive,
		.route_refresh = both_refresh,
		.enhanced_refresh = both_refresh && ours->has_enhanced_refresh &&
			theirs->has_enhanced_refresh,
		/* RFC 8654 section 4: theirs allows us to send, ours allows them. */
		.extended_message = ours->has_extended_message && theirs->has_extended_message,
		.graceful_restart = ours->has_graceful_restart && theirs->has_graceful_restart,
		.gr_notification = ours->has_graceful_restart && theirs->has_graceful_restart &&
			ours->has_gr_notification && theirs->has_gr_notification,
	};
}

bool bgp_roles_match(uint8_t ours, uint8_t theirs)
{
	static const uint8_t partner[BGP_ROLE_COUNT_] = {
		[BGP_ROLE_PROVIDER] = BGP_ROLE_CUSTOMER,
		[BGP_ROLE_RS] = BGP_ROLE_RS_CLIENT,
		[BGP_ROLE_RS_CLIENT] = BGP_ROLE_RS,
		[BGP_ROLE_CUSTOMER] = BGP_ROLE_PROVIDER,
		[BGP_ROLE_PEER] = BGP_ROLE_PEER,
	};

	if (ours == BGP_ROLE_NONE || theirs == BGP_ROLE_NONE)
		return true;
	return ours < BGP_ROLE_COUNT_ && partner[ours] == theirs;
}
