/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Address pools, read once out of the model: what lies in them, what is free, who may draw from
 * them. Pure.
 */

#include "ipam/free.h"
#include "model/model.h"

struct ipam_pool {
	char *name;
	struct free_set *free[2]; /* IPv4, IPv6; owned */
	uint64_t total[2];        /* saturated at INT64_MAX */
	uint64_t in_use[2];       /* distinct addresses */
	bool has_family[2];
	bool auto_assign;
	bool avoid_buggy;
	const struct pool *spec; /* borrowed from the model: read anew when any pool changes */
};

struct ipam_pools {
	struct ipam_pool *at; /* by name; owned */
	size_t count;
	struct ipam_span *spans; /* every entry of every pool, by address; owned */
	size_t span_count;
};

static inline unsigned family_index(uint8_t family)
{
	return family == AF_INET6;
}

/* Reads all pools of @model. Entries that are no addresses, or overlap, are passed over. */
void ipam_pools_init(struct ipam_pools *pools, const struct model *model);
void ipam_pools_fini(struct ipam_pools *pools);

struct ipam_pool *ipam_pools_find(const struct ipam_pools *pools, const char *name);

/* The pool that @ip lies in, or NULL. */
struct ipam_pool *ipam_pools_of(const struct ipam_pools *pools, const struct ip *ip);

/* May @service draw from @pool at all: metallb.io serviceAllocation. */
bool ipam_pool_allows(
	const struct ipam_pool *pool, const struct model *model, const struct service *service);

/* The pool is for certain Services only. */
static inline bool ipam_pool_is_pinned(const struct ipam_pool *pool)
{
	return pool->spec->has_service_allocation;
}

/**
 * pool_entry_parse() - one entry of spec.addresses: "192.0.2.0/24" or "192.0.2.1-192.0.2.9"
 *
 * Return: 0, or -EINVAL.
 */
must_check int pool_entry_parse(const char *text, struct ip_range *ret_range);
