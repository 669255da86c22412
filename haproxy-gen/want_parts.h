/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The parts that want_new() is made of: for haproxy-gen/want*.c alone.
 */

#include "haproxy-gen/want.h"

/* Fills want->nodes and want->slots, and refuses nodes that can not be used. */
void want_nodes(struct want *want, const struct want_input *input);

/* The servers of all Services with externalTrafficPolicy Cluster. */
void want_cluster_servers(struct want *want, struct want_servers ret[WANT_FAMILIES]);

/* Of @all the @subset that the Service with this name has; 0: all. */
struct want_servers want_subset_servers(
	struct want *want, uint32_t subset, const char *service, const struct want_servers *all);

/* The nodes with ready endpoints of @service, weighed by how many these are. */
void want_local_servers(struct want *want, const struct model *model, const struct service *service,
	struct want_servers ret[WANT_FAMILIES]);

/*
 * What annotations, affinity and the traffic policy say; false: the Service can not be served, which
 * was refused.
 */
must_check bool want_options(struct want *want, const struct want_input *input,
	const struct service *service, struct want_options *ret_options);

/* True if both are the same to render(); of two equal texts it may not be known. */
bool want_options_equal(const struct want_options *a, const struct want_options *b);

/* The ids given so far: a set by open addressing, 0 is a free place. Zero-initialise. */
struct acl_ids {
	uint32_t *at;
	size_t size;
	size_t count;
};

void acl_ids_fini(struct acl_ids *ids);

/* The source ranges of @service for its listener @name of family @f. */
struct want_ranges want_ranges_of(struct want *want, struct acl_ids *ids,
	const struct service *service, unsigned f, const char *name);

/* Refuses each range that can not be read. */
void want_bad_ranges(struct want *want, const struct service *service);

/* Who has an address and port: the oldest that asked for it. */
struct claims;

struct claims *claims_new(size_t expected);
struct claims *claims_free(struct claims *claims);
DEFINE_FREEP(struct claims, claims);

/*
 * Asks for it; the older of two keeps it. @service NULL: something of the VM's own, always first.
 * Return: the number of this address and port.
 */
uint32_t claims_add(struct claims *claims, const struct ip *ip, uint16_t port, bool is_udp,
	const struct service *service);

/* Asks for what the VM itself listens on. */
void claims_add_own(struct claims *claims, const struct gen_settings *settings);

/* Who has the address and port of that number: NULL if it is something of the VM's own. */
const struct service *claims_owner(const struct claims *claims, uint32_t number);

/* Adds a refusal of @object, with a formatted detail; @format NULL: none. */
void want_refuse(struct want *want, const struct object *object, uint16_t port,
	enum want_reason reason, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for something that is served nevertheless. */
void want_remark(struct want *want, const struct object *object, uint16_t port,
	enum want_reason reason, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* FNV-1a: stable over runs, machines and versions, since ids in files are made of it. */
uint32_t want_hash(const char *text);
