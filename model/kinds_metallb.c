/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The tables of metallb.io, v1beta1 and v1beta2.
 */

#include "model/table.h"

/* clang-format off */
static const struct field service_allocation_fields[] = {
	INT("priority", pool, priority, -INT32_TOP - 1LL, INT32_TOP),
	STRINGS("namespaces", pool, namespaces),
	LIST("namespaceSelectors", pool, namespace_selectors, schema_selector),
	LIST("serviceSelectors", pool, service_selectors, schema_selector),
};
static SCHEMA(service_allocation, "serviceAllocation", pool);

static const struct field pool_spec_fields[] = {
	{ PLACE("addresses", pool, addresses, FIELD_STRINGS), .is_required = true },
	OPT_BOOL("autoAssign", pool, auto_assign),
	BOOL("avoidBuggyIPs", pool, avoid_buggy_ips),
	{ .name = "serviceAllocation", .type = FIELD_OBJECT, .sub = &service_allocation,
		.presence_offset = offsetof(struct pool, has_service_allocation), .tells_presence = true },
};
static SCHEMA(pool_spec, "spec", pool);

static const struct field schema_pool_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	{ .name = "spec", .type = FIELD_OBJECT, .sub = &pool_spec, .is_required = true },
	IGNORED("status"),
};
SCHEMA(schema_pool, "IPAddressPool", pool);

static const struct field preferred_node_fields[] = {
	{ PLACE("weight", preferred_node, weight, FIELD_INT), .min = 1, .max = 100, .is_required = true },
	{ PLACE("preference", preferred_node, preference, FIELD_OBJECT), .sub = &schema_selector, .is_required = true },
};
static SCHEMA(preferred_node, "preferredNodeSelectors", preferred_node);

static const struct field l2_advertisement_spec_fields[] = {
	STRINGS("ipAddressPools", l2_advertisement, pools),
	LIST("ipAddressPoolSelectors", l2_advertisement, pool_selectors, schema_selector),
	LIST("nodeSelectors", l2_advertisement, node_selectors, schema_selector),
	LIST("serviceSelectors", l2_advertisement, service_selectors, schema_selector),
	STRINGS("interfaces", l2_advertisement, interfaces),
	LIST("preferredNodeSelectors", l2_advertisement, preferred, preferred_node),
};
static SCHEMA(l2_advertisement_spec, "spec", l2_advertisement);

static const struct field schema_l2_advertisement_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", l2_advertisement_spec),
	IGNORED("status"),
};
SCHEMA(schema_l2_advertisement, "L2Advertisement", l2_advertisement);

static const struct field bgp_advertisement_spec_fields[] = {
	INT("aggregationLength", bgp_advertisement, aggregation_length, 1, INT32_TOP),
	INT("aggregationLengthV6", bgp_advertisement, aggregation_length_v6, 0, INT32_TOP),
	INT("localPref", bgp_advertisement, local_pref, 0, UINT32_TOP),
	INT("asPathPrepend", bgp_advertisement, as_path_prepend, 1, 10),
	STRINGS("communities", bgp_advertisement, communities),
	STRINGS("ipAddressPools", bgp_advertisement, pools),
	LIST("ipAddressPoolSelectors", bgp_advertisement, pool_selectors, schema_selector),
	LIST("nodeSelectors", bgp_advertisement, node_selectors, schema_selector),
	LIST("serviceSelectors", bgp_advertisement, service_selectors, schema_selector),
	STRINGS("peers", bgp_advertisement, peers),
};
static SCHEMA(bgp_advertisement_spec, "spec", bgp_advertisement);

static const struct field schema_bgp_advertisement_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", bgp_advertisement_spec),
	IGNORED("status"),
};
SCHEMA(schema_bgp_advertisement, "BGPAdvertisement", bgp_advertisement);

static const struct field password_secret_fields[] = {
	STRING("name", bgp_peer_spec, password_secret_name),
	STRING("namespace", bgp_peer_spec, password_secret_ns),
};
static SCHEMA(password_secret, "passwordSecret", bgp_peer_spec);

static const struct field bgp_peer_v1beta2_spec_fields[] = {
	{ PLACE("myASN", bgp_peer_spec, my_asn, FIELD_INT), .max = UINT32_TOP, .is_required = true },
	INT("peerASN", bgp_peer_spec, peer_asn, 0, UINT32_TOP),
	STRING("peerAddress", bgp_peer_spec, peer_address),
	STRING("sourceAddress", bgp_peer_spec, source_address),
	DURATION("holdTime", bgp_peer_spec, hold_ns),
	DURATION("keepaliveTime", bgp_peer_spec, keepalive_ns),
	STRING("routerID", bgp_peer_spec, router_id),
	STRING("password", bgp_peer_spec, password),
	STRING("bfdProfile", bgp_peer_spec, bfd_profile),
	BOOL("ebgpMultiHop", bgp_peer_spec, ebgp_multihop),
	STRING("dynamicASN", bgp_peer_spec, dynamic_asn),
	INT("localASN", bgp_peer_spec, local_asn, 1, UINT32_TOP),
	STRING("interface", bgp_peer_spec, interface),
	PORT("peerPort", bgp_peer_spec, peer_port),
	DURATION("connectTime", bgp_peer_spec, connect_ns),
	LIST("nodeSelectors", bgp_peer_spec, node_selectors, schema_selector),
	INLINE("passwordSecret", password_secret),
	BOOL("enableGracefulRestart", bgp_peer_spec, graceful_restart),
	STRING("vrf", bgp_peer_spec, vrf),
	BOOL("disableMP", bgp_peer_spec, disable_mp),
	BOOL("dualStackAddressFamily", bgp_peer_spec, dual_stack_address_family),
};
static SCHEMA(bgp_peer_v1beta2_spec, "spec", bgp_peer_spec);

static const struct field schema_bgp_peer_v1beta2_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", bgp_peer_v1beta2_spec),
	IGNORED("status"),
};
SCHEMA(schema_bgp_peer_v1beta2, "BGPPeer", bgp_peer_spec);

static const struct field bgp_peer_v1beta1_spec_fields[] = {
	{ PLACE("myASN", bgp_peer_spec, my_asn, FIELD_INT), .max = UINT32_TOP, .is_required = true },
	INT("peerASN", bgp_peer_spec, peer_asn, 0, UINT32_TOP),
	STRING("peerAddress", bgp_peer_spec, peer_address),
	STRING("sourceAddress", bgp_peer_spec, source_address),
	DURATION("holdTime", bgp_peer_spec, hold_ns),
	DURATION("keepaliveTime", bgp_peer_spec, keepalive_ns),
	STRING("routerID", bgp_peer_spec, router_id),
	STRING("password", bgp_peer_spec, password),
	STRING("bfdProfile", bgp_peer_spec, bfd_profile),
	BOOL("ebgpMultiHop", bgp_peer_spec, ebgp_multihop),
	INT("peerPort", bgp_peer_spec, peer_port, 0, 65535),
	LIST("nodeSelectors", bgp_peer_spec, node_selectors, schema_selector),
};
static SCHEMA(bgp_peer_v1beta1_spec, "spec", bgp_peer_spec);

static const struct field schema_bgp_peer_v1beta1_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", bgp_peer_v1beta1_spec),
	IGNORED("status"),
};
SCHEMA(schema_bgp_peer_v1beta1, "BGPPeer", bgp_peer_spec);

static const struct field bfd_profile_spec_fields[] = {
	INT("receiveInterval", bfd_profile, receive_ms, 10, 60000),
	INT("transmitInterval", bfd_profile, transmit_ms, 10, 60000),
	INT("detectMultiplier", bfd_profile, detect_multiplier, 2, 255),
	INT("echoInterval", bfd_profile, echo_ms, 10, 60000),
	BOOL("echoMode", bfd_profile, echo_mode),
	BOOL("passiveMode", bfd_profile, passive_mode),
	INT("minimumTtl", bfd_profile, minimum_ttl, 1, 254),
};
static SCHEMA(bfd_profile_spec, "spec", bfd_profile);

static const struct field schema_bfd_profile_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", bfd_profile_spec),
	IGNORED("status"),
};
SCHEMA(schema_bfd_profile, "BFDProfile", bfd_profile);

static const struct field community_alias_fields[] = {
	NEEDED("name", community_alias, name),
	NEEDED("value", community_alias, value),
};
static SCHEMA(community_alias, "communities", community_alias);

static const struct field community_spec_fields[] = {
	LIST("communities", community, communities, community_alias),
};
static SCHEMA(community_spec, "spec", community);

static const struct field schema_community_fields[] = {
	IGNORED("apiVersion"), IGNORED("kind"),
	INLINE("metadata", schema_meta),
	INLINE("spec", community_spec),
	IGNORED("status"),
};
SCHEMA(schema_community, "Community", community);
/* clang-format on */
