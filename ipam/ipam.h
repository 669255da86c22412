/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The allocator: which Service gets which address of which pool. Pure: the same model and the same
 * history give the same assignments on every node.
 *
 * IPAM_MANIFESTS: a function of the objects alone. What a status says comes first, then Services in
 * the order of creationTimestamp, namespace and name. Nodes that read the same manifests agree
 * without talking, whenever they start; the removal of an older Service can move a younger one.
 * IPAM_SELF: this node decides for all, and what it once gave stays given.
 * IPAM_FOLLOW: only what the status of the Services says.
 *
 * Rules as in MetalLB but for the differences listed in docs/migrate-from-metallb.md.
 */

#include "ipam/request.h"

enum ipam_mode {
	IPAM_MANIFESTS,
	IPAM_SELF,
	IPAM_FOLLOW,
};

/* Why a Service has no address, or what is to be said about the one it has. */
enum ipam_outcome {
	IPAM_ASSIGNED,
	IPAM_KEPT_DESPITE_REQUEST, /* has an address, but not the one asked for */
	IPAM_PARTLY_ASSIGNED,      /* PreferDualStack got one family */
	IPAM_NOT_LOAD_BALANCER,
	IPAM_OTHER_CLASS,
	IPAM_NO_POOLS,
	IPAM_NO_CLUSTER_IP,
	IPAM_NOT_ENOUGH_CLUSTER_IPS,
	IPAM_BAD_REQUEST,
	IPAM_UNKNOWN_POOL,
	IPAM_POOL_NOT_ALLOWED,
	IPAM_NOT_IN_POOLS,
	IPAM_IN_USE,
	IPAM_EXHAUSTED,
	IPAM_NOT_PUBLISHED, /* following, and nobody has published an address */
	IPAM_OUTCOME_COUNT_,
};

struct ipam_assignment {
	struct ipam_request *request; /* what was asked; names the Service */
	struct ip ips[2];             /* IPv4 before IPv6 unless the Service has IPv6 first */
	const char *pools[2];         /* name of the pool of each; borrowed from the pools */
	size_t count;
	enum ipam_outcome outcome;
	char *detail; /* owned; for people, in MetalLB's words where it has some; may be NULL */
};

/* What an update did to one Service. */
struct ipam_change {
	const char *ns;
	const char *name;
	struct ip before[2];
	size_t before_count;
	const struct ipam_assignment *now; /* NULL: the Service is gone */
};

struct ipam_pool_view {
	const char *name;
	uint64_t total[2];  /* IPv4, IPv6; saturated at INT64_MAX */
	uint64_t in_use[2]; /* distinct addresses */
};

struct ipam;

/* @class: the load balancer class that is ours; NULL or "": Services that name none. Copied. */
struct ipam *ipam_new(enum ipam_mode mode, const char *class);
struct ipam *ipam_free(struct ipam *ipam);
DEFINE_FREEP(struct ipam, ipam);

/**
 * ipam_restore() - an assignment from before a restart, to be honoured when the Service is seen
 *
 * Only before the first ipam_update(). Counts after what the Service's status says.
 */
void ipam_restore(struct ipam *ipam, const char *ns, const char *name, const struct ip *ip);

typedef void ipam_change_fn(void *user, const struct ipam_change *change);

/**
 * ipam_update() - bring the assignments in line with @model
 * @dirty:     what may have changed since the last update
 * @on_change: called for every Service whose addresses, outcome or detail changed; may be NULL
 */
void ipam_update(struct ipam *ipam, const struct model *model, const struct model_dirty *dirty,
	ipam_change_fn *on_change, void *user);

/* The assignment of a Service, or NULL if it is not known; borrowed until the next update. */
const struct ipam_assignment *ipam_find(const struct ipam *ipam, const char *ns, const char *name);

/* All assignments in the order of namespace and name; NULL at the end. */
const struct ipam_assignment *ipam_first(const struct ipam *ipam);
const struct ipam_assignment *ipam_next(
	const struct ipam *ipam, const struct ipam_assignment *assignment);

size_t ipam_pool_count(const struct ipam *ipam);
struct ipam_pool_view ipam_pool_at(const struct ipam *ipam, size_t i);

/* "assigned", "exhausted", ...: stable, for machines. */
const char *ipam_outcome_name(enum ipam_outcome outcome);
