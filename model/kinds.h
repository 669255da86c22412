/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kinds of the model as plain data, named as in the Kubernetes and metallb.io APIs. Nothing is
 * checked here beyond its type: conf/ validates, plan/ and ipam/ judge.
 */

#include "model/object.h"

/* metav1.LabelSelector; empty matches everything. */
enum selector_op {
	SELECTOR_NONE, /* absent */
	SELECTOR_IN,
	SELECTOR_NOT_IN,
	SELECTOR_EXISTS,
	SELECTOR_DOES_NOT_EXIST,
};

struct selector_expression {
	char *key;
	uint8_t op; /* enum selector_op */
	struct strings values;
};

struct selector {
	struct labels match_labels;
	struct {
		struct selector_expression *at;
		size_t count;
	} expressions;
};

struct selectors {
	struct selector *at;
	size_t count;
};

enum service_type {
	SERVICE_CLUSTER_IP,
	SERVICE_NODE_PORT,
	SERVICE_LOAD_BALANCER,
	SERVICE_EXTERNAL_NAME,
};

enum ip_protocol {
	PROTOCOL_TCP,
	PROTOCOL_UDP,
	PROTOCOL_SCTP,
};

enum ip_family_policy {
	FAMILY_POLICY_NONE, /* absent: single stack */
	FAMILY_POLICY_SINGLE_STACK,
	FAMILY_POLICY_PREFER_DUAL_STACK,
	FAMILY_POLICY_REQUIRE_DUAL_STACK,
};

enum traffic_policy {
	TRAFFIC_CLUSTER,
	TRAFFIC_LOCAL,
};

struct service_port {
	char *name;
	uint8_t protocol; /* enum ip_protocol */
	struct opt_int port;
	struct int_or_string target_port;
	struct opt_int node_port;
	char *app_protocol;
};

struct service_ingress {
	char *ip;
	char *hostname;
};

struct service {
	struct object object;
	uint8_t type; /* enum service_type */
	char *cluster_ip;
	struct strings cluster_ips; /* "None": headless */
	char *load_balancer_ip;
	char *load_balancer_class;       /* NULL: none */
	uint8_t external_traffic_policy; /* enum traffic_policy */
	uint8_t internal_traffic_policy;
	uint8_t ip_family_policy;   /* enum ip_family_policy */
	struct strings ip_families; /* "IPv4", "IPv6" */
	struct labels selector;
	bool publish_not_ready;
	char *external_name;
	struct strings external_ips;
	struct strings source_ranges;
	struct opt_bool allocate_node_ports;
	struct opt_int health_check_node_port;
	uint8_t session_affinity; /* 0: None, 1: ClientIP */
	struct opt_int session_timeout_seconds;
	struct {
		struct service_port *at;
		size_t count;
	} ports;
	struct {
		struct service_ingress *at;
		size_t count;
	} ingress; /* status.loadBalancer.ingress */
};

struct endpoint_port {
	char *name;
	uint8_t protocol; /* enum ip_protocol */
	struct opt_int port;
	char *app_protocol;
};

struct endpoint_ports {
	struct endpoint_port *at;
	size_t count;
};

struct slice_endpoint {
	struct strings addresses;
	struct opt_bool ready;       /* nil: ready */
	struct opt_bool serving;     /* nil: as ready */
	struct opt_bool terminating; /* nil: no */
	char *node_name;
	char *hostname;
	char *zone;
	char *target_kind; /* targetRef.kind */
	char *target_name;
};

struct endpoint_slice {
	struct object object; /* label kubernetes.io/service-name names the Service */
	char *address_type;   /* "IPv4", "IPv6", "FQDN" */
	struct {
		struct slice_endpoint *at;
		size_t count;
	} endpoints;
	struct endpoint_ports ports;
};

struct endpoint_address {
	char *ip;
	char *node_name;
};

struct endpoint_addresses {
	struct endpoint_address *at;
	size_t count;
};

struct endpoint_subset {
	struct endpoint_addresses addresses;
	struct endpoint_addresses not_ready;
	struct endpoint_ports ports;
};

/* The older form, named as its Service. */
struct endpoints {
	struct object object;
	struct {
		struct endpoint_subset *at;
		size_t count;
	} subsets;
};

struct container_port {
	char *name;
	uint8_t protocol; /* enum ip_protocol */
	struct opt_int port;
};

struct container {
	char *name;
	struct {
		struct container_port *at;
		size_t count;
	} ports;
};

struct containers {
	struct container *at;
	size_t count;
};

struct condition {
	char *type;
	char *status; /* "True", "False", "Unknown" */
};

struct conditions {
	struct condition *at;
	size_t count;
};

struct pod_ip {
	char *ip;
};

struct pod {
	struct object object;
	char *node_name;
	struct containers containers;
	char *phase;
	char *pod_ip;
	struct {
		struct pod_ip *at;
		size_t count;
	} pod_ips;
	struct conditions conditions;
};

struct workload {
	struct object object;
	struct labels template_labels;
	struct containers containers;
	struct selector selector;
	struct opt_int replicas;
};

struct node_address {
	char *type; /* "InternalIP", ... */
	char *address;
};

struct taint {
	char *key;
	char *value;
	char *effect;
};

struct node {
	struct object object;
	bool unschedulable;
	struct {
		struct taint *at;
		size_t count;
	} taints;
	struct {
		struct node_address *at;
		size_t count;
	} addresses;
	struct conditions conditions;
};

struct k8s_namespace {
	struct object object;
};

struct secret {
	struct object object;
	char *type;
	struct labels data; /* base64 already undone */
	struct labels string_data;
};

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
