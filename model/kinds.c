/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which kinds there are, and what objects of any kind can do.
 */

#include "model/table.h"

#include <errno.h>
#include <string.h>

struct kind {
	const char *api_version;
	const char *name;
	enum model_kind kind;
	const struct schema *schema;
};

/* clang-format off */
static const struct kind kinds[] = {
	{ "v1", "Service", MODEL_SERVICE, &schema_service },
	{ "discovery.k8s.io/v1", "EndpointSlice", MODEL_ENDPOINT_SLICE, &schema_endpoint_slice },
	{ "discovery.k8s.io/v1beta1", "EndpointSlice", MODEL_ENDPOINT_SLICE, &schema_endpoint_slice },
	{ "v1", "Endpoints", MODEL_ENDPOINTS, &schema_endpoints },
	{ "v1", "Pod", MODEL_POD, &schema_pod },
	{ "v1", "Node", MODEL_NODE, &schema_node },
	{ "v1", "Namespace", MODEL_NAMESPACE, &schema_k8s_namespace },
	{ "v1", "Secret", MODEL_SECRET, &schema_secret },
	{ "apps/v1", "Deployment", MODEL_WORKLOAD, &schema_workload },
	{ "apps/v1", "ReplicaSet", MODEL_WORKLOAD, &schema_workload },
	{ "apps/v1", "StatefulSet", MODEL_WORKLOAD, &schema_workload },
	{ "apps/v1", "DaemonSet", MODEL_WORKLOAD, &schema_workload },
	{ "v1", "ReplicationController", MODEL_WORKLOAD, &schema_replication_controller },
	{ "batch/v1", "Job", MODEL_WORKLOAD, &schema_workload },
	{ "batch/v1", "CronJob", MODEL_WORKLOAD, &schema_cron_job },
	{ "metallb.io/v1beta1", "IPAddressPool", MODEL_POOL, &schema_pool },
	{ "metallb.io/v1beta1", "L2Advertisement", MODEL_L2_ADVERTISEMENT, &schema_l2_advertisement },
	{ "metallb.io/v1beta1", "BGPAdvertisement", MODEL_BGP_ADVERTISEMENT, &schema_bgp_advertisement },
	{ "metallb.io/v1beta2", "BGPPeer", MODEL_BGP_PEER, &schema_bgp_peer_v1beta2 },
	{ "metallb.io/v1beta1", "BGPPeer", MODEL_BGP_PEER, &schema_bgp_peer_v1beta1 },
	{ "metallb.io/v1beta1", "BFDProfile", MODEL_BFD_PROFILE, &schema_bfd_profile },
	{ "metallb.io/v1beta1", "Community", MODEL_COMMUNITY, &schema_community },
};
/* clang-format on */

const struct schema *model_kind_schema(const char *api_version, const char *kind_name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (strcmp(kinds[i].name, kind_name) == 0 &&
			strcmp(kinds[i].api_version, api_version) == 0)
			return kinds[i].schema;
	}
	return NULL;
}

int model_kind_find(const char *api_version, const char *kind_name, enum model_kind *ret_kind,
	const char **ret_kind_name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (strcmp(kinds[i].name, kind_name) == 0 &&
			strcmp(kinds[i].api_version, api_version) == 0) {
			*ret_kind = kinds[i].kind;
			*ret_kind_name = kinds[i].name;
			return 0;
		}
	}
	return -ENOENT;
}

size_t model_kind_names(const char *group, const char **names, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(kinds) && count < max; i++) {
		if (strncmp(kinds[i].api_version, group, strlen(group)) == 0)
			names[count++] = kinds[i].name;
	}
	return count;
}

bool model_kind_is_namespaced(enum model_kind kind)
{
	return kind != MODEL_NODE && kind != MODEL_NAMESPACE;
}

/*
 * The table that frees and compares a kind: of several versions the one that names most fields.
 */
static const struct schema *full_schema(enum model_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (kinds[i].kind == kind)
			return kinds[i].schema;
	}
	abort(); /* every kind is in the table: the unit test walks them */
}

struct object *object_new(enum model_kind kind, const char *kind_name)
{
	struct object *object = xcalloc(1, full_schema(kind)->size);

	object->kind = kind;
	object->kind_name = kind_name;
	return object;
}

struct object *object_free(struct object *object)
{
	if (!object)
		return NULL;

	schema_clear(full_schema(object->kind), object);
	free(object->file);
	free(object);
	return NULL;
}

bool object_equal(const struct object *a, const struct object *b)
{
	return a->kind == b->kind && schema_equal(full_schema(a->kind), a, b);
}

bool object_spec_equal(const struct object *a, const struct object *b)
{
	const struct schema *schema = full_schema(a->kind);
	bool equal = a->kind == b->kind;

	for (size_t i = 0; equal && i < schema->count; i++) {
		struct schema one = *schema;

		one.fields = &schema->fields[i];
		one.count = 1;
		equal = strcmp(one.fields->name, "metadata") == 0 || schema_equal(&one, a, b);
	}
	return equal;
}

int object_id_compare(const struct object_id *a, const struct object_id *b)
{
	int order = (int)a->kind - (int)b->kind;

	if (order == 0)
		order = strcmp(a->ns, b->ns);
	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0)
		order = strcmp(a->kind_name, b->kind_name);
	return order;
}
