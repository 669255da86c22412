/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What belongs to a Service, and which Services a Pod concerns, without walking all objects. For
 * model/ alone.
 */

#include "model/model.h"
#include "model/multimap.h"

struct model_index {
	struct multimap *slices;   /* "ns/service": its EndpointSlices */
	struct multimap *pods;     /* "ns/key=value": the Pods with this label */
	struct multimap *services; /* "ns/key=value": Services whose selector begins with it */
};

void model_index_init(struct model_index *index);
void model_index_fini(struct model_index *index);

/* Borrows @object until it is removed. */
void model_index_add(struct model_index *index, const struct object *object);
void model_index_remove(struct model_index *index, const struct object *object);

/* The EndpointSlices of a Service. */
struct multimap_list model_index_slices(
	const struct model_index *index, const char *ns, const char *service);

/* Pods that may match @service's selector: those with the first label of it. */
struct multimap_list model_index_pods(
	const struct model_index *index, const struct service *service);

/* Calls @visit for every Service whose selector matches @pod. */
void model_index_selecting(const struct model_index *index, const struct object *pod,
	void (*visit)(void *user, const struct object *service), void *user);

/* The Service that @slice belongs to (label kubernetes.io/service-name), or NULL. */
const char *slice_service_name(const struct object *slice);

/* The indexes of @model, borrowed. */
const struct model_index *model_index(const struct model *model);
