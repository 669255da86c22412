/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How the tables of the kinds are written, and the tables themselves: for model/kinds*.c alone.
 */

#include "base/mem.h"
#include "model/kinds.h"

/* clang-format off */
#define PLACE(json, owner, member, field_type) \
	.name = (json), .type = (field_type), .offset = offsetof(struct owner, member)
#define STRING(json, owner, member)   { PLACE(json, owner, member, FIELD_STRING) }
#define NEEDED(json, owner, member)   { PLACE(json, owner, member, FIELD_STRING), .is_required = true }
#define BOOL(json, owner, member)     { PLACE(json, owner, member, FIELD_BOOL) }
#define OPT_BOOL(json, owner, member) { PLACE(json, owner, member, FIELD_OPT_BOOL) }
#define STRINGS(json, owner, member)  { PLACE(json, owner, member, FIELD_STRINGS) }
#define MAP(json, owner, member)      { PLACE(json, owner, member, FIELD_MAP) }
#define TIME(json, owner, member)     { PLACE(json, owner, member, FIELD_TIME) }
#define DURATION(json, owner, member) { PLACE(json, owner, member, FIELD_DURATION) }
#define PORT(json, owner, member)     { PLACE(json, owner, member, FIELD_INT), .min = 1, .max = 65535 }
#define INT(json, owner, member, low, high) \
	{ PLACE(json, owner, member, FIELD_INT), .min = (low), .max = (high) }
#define ENUM(json, owner, member, values) \
	{ PLACE(json, owner, member, FIELD_ENUM), .names = (values) }
#define LIST(json, owner, member, schema) \
	{ PLACE(json, owner, member, FIELD_OBJECTS), .sub = &(schema) }
#define PART(json, owner, member, schema) \
	{ PLACE(json, owner, member, FIELD_OBJECT), .sub = &(schema) }
/* A part that has no struct of its own: its fields lie in the struct around it. */
#define INLINE(json, schema) { .name = (json), .type = FIELD_OBJECT, .sub = &(schema) }
#define IGNORED(json)        { .name = (json), .type = FIELD_IGNORED }
#define SCHEMA(variable, title, owner)                                              \
	const struct schema variable = { .name = (title),                    \
		.size = sizeof(struct owner), .fields = variable##_fields,          \
		.count = COUNT_OF(variable##_fields) }

enum { INT32_TOP = 2147483647 };
#define UINT32_TOP INT64_C(4294967295)
/* clang-format on */

/* kinds_core.c */
extern const struct schema schema_meta;
extern const struct schema schema_selector;
extern const struct schema schema_service;
extern const struct schema schema_endpoint_slice;
extern const struct schema schema_endpoints;
extern const struct schema schema_pod;
extern const struct schema schema_workload;
extern const struct schema schema_replication_controller;
extern const struct schema schema_cron_job;
extern const struct schema schema_node;
extern const struct schema schema_k8s_namespace;
extern const struct schema schema_secret;

/* kinds_metallb.c */
extern const struct schema schema_pool;
extern const struct schema schema_l2_advertisement;
extern const struct schema schema_bgp_advertisement;
extern const struct schema schema_bgp_peer_v1beta1;
extern const struct schema schema_bgp_peer_v1beta2;
extern const struct schema schema_bfd_profile;
extern const struct schema schema_community;
