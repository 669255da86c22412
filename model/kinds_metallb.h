/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kinds of metallb.io as plain data, named as in its API. Included by model/kinds.h.
 */

#include "model/selector.h"

struct pool {
	struct object object;
	struct strings addresses;    /* CIDR or first-last, as written */
	struct opt_bool auto_assign; /* nil: true */
	bool avoid_buggy_ips;
	bool has_service_allocation;
	struct opt_int priority;
	struct strings namespaces;
	struct selectors namespace_selectors;
	struct selectors service_selectors;
};

struct preferred_node {
	struct opt_int weight;
	struct selector preference;
};

struct l2_advertisement {
	struct object object;
	struct strings pools;
	struct selectors pool_selectors;
	struct selectors node_selectors;
	struct selectors service_selectors;
	struct strings interfaces;
	struct {
		struct preferred_node *at;
		size_t count;
	} preferred;
};

struct bgp_advertisement {
	struct object object;
	struct opt_int aggregation_length;
	struct opt_int aggregation_length_v6;
	struct opt_int local_pref;
	struct opt_int as_path_prepend;
	struct strings communities;
	struct strings pools;
	struct selectors pool_selectors;
	struct selectors node_selectors;
	struct selectors service_selectors;
	struct strings peers;
};

struct bgp_peer_spec {
	struct object object;
	struct opt_int my_asn;
	struct opt_int peer_asn;
	char *dynamic_asn;
	struct opt_int local_asn;
	char *peer_address;
	char *interface;
	char *source_address;
	struct opt_int peer_port;
	struct opt_int hold_ns;
	struct opt_int keepalive_ns;
	struct opt_int connect_ns;
	char *router_id;
	struct selectors node_selectors;
	char *password;
	char *password_secret_name;
	char *password_secret_ns;
	char *bfd_profile;
	bool graceful_restart;
	bool ebgp_multihop;
	char *vrf;
	bool disable_mp;
	bool dual_stack_address_family;
};

struct bfd_profile {
	struct object object;
	struct opt_int receive_ms;
	struct opt_int transmit_ms;
	struct opt_int detect_multiplier;
	struct opt_int echo_ms;
	bool echo_mode;
	bool passive_mode;
	struct opt_int minimum_ttl;
};

struct community_alias {
	char *name;
	char *value;
};

struct community {
	struct object object;
	struct {
		struct community_alias *at;
		size_t count;
	} communities;
};
