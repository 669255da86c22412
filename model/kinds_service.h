/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Services and what tells of their endpoints, as plain data. Included by model/kinds.h.
 */

#include "model/object.h"

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
