/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a Service asks of the allocator, read once out of its spec, annotations and status. Pure.
 */

#include "model/model.h"

struct ipam_port {
	uint8_t protocol;
	uint16_t port;
};

struct ipam_request {
	char *ns; /* this and all other text: owned */
	char *name;
	int64_t created_seconds;
	bool is_load_balancer;
	bool is_our_class;
	bool has_families; /* of cluster addresses; else headless, or not yet known */
	bool wants[2];     /* IPv4, IPv6 */
	bool v6_first;
	bool prefers_dual; /* PreferDualStack: one family will do */
	bool needs_dual;   /* RequireDualStack */
	char *pool;        /* asked for by annotation; NULL: any */
	struct ip ips[2];  /* asked for */
	size_t ip_count;
	char *bad;           /* what is wrong with what was asked for; NULL: nothing */
	struct ip claims[2]; /* what status.loadBalancer.ingress says */
	size_t claim_count;
	char *key;     /* sharing key, NULL: none */
	char *backend; /* what sharers must have in common: "" or the selector */
	struct ipam_port *ports;
	size_t port_count;
};

/* Reads @service; @class is the load balancer class that is ours, NULL or "": Services without. */
struct ipam_request *ipam_request_new(const struct service *service, const char *class);
struct ipam_request *ipam_request_free(struct ipam_request *request);
DEFINE_FREEP(struct ipam_request, ipam_request);

/* True if both ask for the same. */
bool ipam_request_equal(const struct ipam_request *a, const struct ipam_request *b);

/* The order in which Services are served: age, then namespace and name. Like memcmp(). */
int ipam_request_compare(const struct ipam_request *a, const struct ipam_request *b);

/* NULL if @a and @b may hold one address, else why not: text to be freed. */
char *ipam_sharing_conflict(
	const struct ipam_request *holder, const struct ipam_request *asker, const struct ip *ip);
