/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The decisions: for each Service every gate with its reason, who announces its addresses and over
 * which interfaces. Pure: the same input gives the same plan on every node.
 */

#include "model/model.h"
#include "plan/bgp_peers.h"
#include "plan/elect.h"
#include "plan/reason.h"

#include <net/if.h>

/* What the allocator says of a Service. All pointers are borrowed for the call. */
struct plan_assigned {
	struct ip ips[2];
	const char *pools[2];
	size_t count;
	const char *outcome; /* its name, for gates */
	const char *detail;  /* may be NULL */
	bool is_other_class;
};

/* A link of the node that plans. */
struct plan_link {
	char name[IF_NAMESIZE];
	unsigned ifindex;
	bool can_arp;
	bool can_ndp;
};

/* What BGP is to do on the node that plans. */
struct plan_bgp_input {
	const struct plan_bgp_peers *peers; /* NULL: no BGP */
	enum plan_reason withheld;          /* why nothing is announced; PLAN_PASSED: it is */
	bool weighs_endpoints;              /* link bandwidth by endpoints of the node */
};

struct plan_input {
	const struct model *model;
	const char *self;
	const struct plan_link *links; /* of self */
	size_t link_count;
	bool assumes_links; /* without an agent: whatever an advertisement asks for is there */
	bool ignore_exclude_label;
	void (*assigned)(void *user, const struct service *service, struct plan_assigned *ret);
	bool (*is_alive)(void *user, const char *node); /* NULL: all are */
	struct plan_bgp_input bgp;
	void *user;
};

enum {
	PLAN_GATES_MAX = 8
};

/* In the order of the gates; the last one is the one that stopped it, if one did. */
struct plan_gate {
	enum plan_reason reason; /* PLAN_PASSED, or why not */
	const char *name;        /* of the gate: "type", "address", ...; static */
	char *detail;            /* owned; for people, may be NULL */
};

/* One address of a Service: at layer 2, where one Node announces it, and by BGP, where all may. */
struct plan_address {
	struct ip ip;
	char *pool;
	enum plan_reason bgp_reason; /* PLAN_PASSED: self announces it by BGP */
	enum plan_reason reason;     /* PLAN_PASSED: self announces it at layer 2 */
	char *owner;                 /* Node that is to announce it; NULL: none can */
	char **heirs;                /* the candidates in order, the owner first; owned */
	size_t heir_count;
	unsigned *ifindexes; /* where self announces it, or would as an heir; owned, sorted */
	size_t ifindex_count;
};

struct service_plan {
	char *ns;
	char *name;
	struct plan_gate gates[PLAN_GATES_MAX];
	size_t gate_count;
	struct plan_address addresses[2];
	size_t address_count;
	struct plan_bgp_paths bgp; /* of all addresses */
};

/* PLAN_PASSED if self announces any address of it, in any way, else why not. */
enum plan_reason service_plan_reason(const struct service_plan *plan);

/* Decides about one Service. The caller owns the result. */
struct service_plan *service_plan_new(
	const struct plan_input *input, const struct service *service);
struct service_plan *service_plan_free(struct service_plan *plan);
DEFINE_FREEP(struct service_plan, service_plan);

bool service_plan_equal(const struct service_plan *a, const struct service_plan *b);

/* The plans of all Services of type LoadBalancer, and of others nothing. */
struct plan;

struct plan *plan_new(void);
struct plan *plan_free(struct plan *plan);
DEFINE_FREEP(struct plan, plan);

/* @before or @after is NULL if the Service came or went. Both are borrowed for the call. */
typedef void plan_change_fn(
	void *user, const struct service_plan *before, const struct service_plan *after);

/* Decides anew about the Services of @dirty; @on_change may be NULL. */
void plan_update(struct plan *plan, const struct plan_input *input, const struct model_dirty *dirty,
	plan_change_fn *on_change, void *user);

const struct service_plan *plan_find(const struct plan *plan, const char *ns, const char *name);

/* In the order of namespace and name; NULL at the end. */
const struct service_plan *plan_first(const struct plan *plan);
const struct service_plan *plan_next(const struct plan *plan, const struct service_plan *service);

size_t plan_count(const struct plan *plan);
