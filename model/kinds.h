/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kinds of the model as plain data, named as in the Kubernetes and metallb.io APIs. Nothing is
 * checked here beyond its type: conf/ validates, plan/ and ipam/ judge.
 */

#include "model/kinds_metallb.h"
#include "model/kinds_service.h"
#include "model/selector.h"

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
