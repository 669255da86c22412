/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What all objects of the model have in common: kind, names, labels, where they came from.
 */

#include "base/own.h"
#include "base/tree.h"
#include "model/schema.h"

/* Workload kinds are one kind here: what matters is their template's labels and ports. */
enum model_kind {
	MODEL_SERVICE,
	MODEL_ENDPOINT_SLICE,
	MODEL_ENDPOINTS,
	MODEL_POD,
	MODEL_NODE,
	MODEL_NAMESPACE,
	MODEL_SECRET,
	MODEL_WORKLOAD,
	MODEL_POOL,
	MODEL_L2_ADVERTISEMENT,
	MODEL_BGP_ADVERTISEMENT,
	MODEL_BGP_PEER,
	MODEL_BFD_PROFILE,
	MODEL_COMMUNITY,
	MODEL_KIND_COUNT_,
};

struct object_meta {
	char *ns; /* NULL: cluster-scoped */
	char *name;
	char *uid;
	char *resource_version;
	struct labels labels;
	struct labels annotations;
	int64_t created_seconds; /* creationTimestamp, since 1970; 0: not given */
	int64_t deleted_seconds; /* deletionTimestamp; 0: not being deleted */
};

/* The first member of every kind's struct (model/kinds.h). */
struct object {
	enum model_kind kind;
	const char *kind_name; /* static: "Deployment" for a workload of that kind */
	struct object_meta meta;
	char *file;            /* owned; where it was read, NULL: not from a file */
	unsigned line;         /* of its first line in file */
	RB_ENTRY(object) link; /* of the model that owns it */
};

/* What an object is told from others by. All text is borrowed. */
struct object_id {
	enum model_kind kind;
	const char *kind_name; /* tells a Deployment from a StatefulSet of its name */
	const char *ns;        /* "" for cluster-scoped; never NULL */
	const char *name;
};

/**
 * object_new() - an empty object of @kind, to be filled through model_kind_schema()
 *
 * Owned by the caller until model_put() takes it. @kind_name is what model_kind_find() returned.
 */
struct object *object_new(enum model_kind kind, const char *kind_name);

struct object *object_free(struct object *object);
DEFINE_FREEP(struct object, object);

/* True if the manifests of both say the same; where they were read does not count. */
bool object_equal(const struct object *a, const struct object *b);

/* The same whatever their metadata: two objects that say one thing under two names. */
bool object_spec_equal(const struct object *a, const struct object *b);

/*
 * The table of a kind in a version, to fill an object by: its fields lie at their offsets in the
 * kind's struct, metadata included. NULL for a kind that is not ours.
 */
const struct schema *model_kind_schema(const char *api_version, const char *kind_name);

/**
 * model_kind_find() - the kind called @kind_name in API group and version @api_version
 * @ret_kind_name: the static string for object_new()
 *
 * "v1" "Service", "apps/v1" "Deployment", "metallb.io/v1beta2" "BGPPeer", ...
 *
 * Return: 0; -ENOENT: not a kind of ours.
 */
must_check int model_kind_find(const char *api_version, const char *kind_name,
	enum model_kind *ret_kind, const char **ret_kind_name);

/* The names, at most @max, of our kinds whose API group and version begins with @group; their count. */
size_t model_kind_names(const char *group, const char **names, size_t max);

/* True for kinds that live in a namespace. */
bool model_kind_is_namespaced(enum model_kind kind);

/* The namespace, "" for cluster-scoped objects; never NULL. */
static inline const char *object_ns(const struct object *object)
{
	return object->meta.ns ? object->meta.ns : "";
}

static inline struct object_id object_id(const struct object *object)
{
	return (struct object_id){
		.kind = object->kind,
		.kind_name = object->kind_name,
		.ns = object_ns(object),
		.name = object->meta.name,
	};
}

/* Orders by kind, namespace, name, then kind name. Like memcmp(). */
int object_id_compare(const struct object_id *a, const struct object_id *b);
