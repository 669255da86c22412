/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Everything the agent knows, as objects with indexes, and which Services a change may concern.
 *
 * A source puts and removes objects; nothing is decided here. What a reader borrows stays good
 * until the next model_put() or model_remove(). The model is the one owner of its objects.
 */

#include "base/ip.h"
#include "model/kinds.h"

struct model;

struct model *model_new(void);
struct model *model_free(struct model *model);
DEFINE_FREEP(struct model, model);

/**
 * model_put() - add @object, or replace the one of the same kind, namespace and name
 *
 * Takes @object. An object equal to what is there changes nothing.
 *
 * Return: true if the model changed.
 */
bool model_put(struct model *model, struct object *object);

/* Removes the object that @id names. Return: true if there was one. */
bool model_remove(struct model *model, const struct object_id *id);

/* A borrowed object, or NULL; of a workload any kind. @ns NULL or "": cluster-scoped. */
const struct object *model_find(
	const struct model *model, enum model_kind kind, const char *ns, const char *name);

/* Objects of @kind in the order of namespace, then name; NULL at the end. */
const struct object *model_first(const struct model *model, enum model_kind kind);
const struct object *model_next(const struct object *object);

#define model_each(model, kind, at) \
	for (const struct object *at = model_first(model, kind); at; at = model_next(at))

size_t model_count(const struct model *model, enum model_kind kind);

/* A Service that a change may concern. Owned text, since the Service may be gone. */
struct service_key {
	char *ns;
	char *name;
};

struct model_dirty {
	bool is_all; /* pools, advertisements, nodes, ...: every Service is concerned */
	struct service_key *at;
	size_t count; /* each Service once; also filled when is_all */
};

/* Moves what became dirty since the last call into @ret_dirty; free with model_dirty_fini(). */
void model_take_dirty(struct model *model, struct model_dirty *ret_dirty);
void model_dirty_fini(struct model_dirty *dirty);

/* One endpoint of a Service, whatever object told of it. All pointers are borrowed. */
struct model_endpoint {
	struct ip ip;
	const char *node; /* NULL: not on a node of the cluster */
	bool is_ready;    /* takes new connections */
	bool is_serving;  /* answers, maybe while terminating */
	bool is_terminating;
	const struct object *from; /* EndpointSlice, Endpoints or Pod */
};

struct model_endpoints {
	struct model_endpoint *at; /* owned */
	size_t count;
};

/**
 * model_endpoints() - the endpoints of @service
 *
 * From EndpointSlices if there is any for it, else from Endpoints of its name, else from Pods that
 * its selector matches, as the endpoint controller would do it. Sorted by address; an address that
 * several slices name appears once, with the best of their conditions. Free with
 * model_endpoints_fini().
 */
void model_endpoints(const struct model *model, const struct service *service,
	struct model_endpoints *ret_endpoints);
void model_endpoints_fini(struct model_endpoints *endpoints);

/**
 * model_endpoint_port() - the number of the Service port @port at @endpoint
 *
 * A named targetPort is looked up in the slice or in the Pod's containers.
 *
 * Return: 1 to 65535, or 0 if the endpoint does not have the port.
 */
uint16_t model_endpoint_port(
	const struct model_endpoint *endpoint, const struct service_port *port);
