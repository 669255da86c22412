/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Assignments that one node publishes and others read: documents with the status of a Service and no
 * spec, in any file and in any order beside the documents that define the Services.
 */

#include "base/mem.h"
#include "conf/decode.h"
#include "conf/manifest.h"
#include "conf/tree_parts.h"

bool slot_is_status(const struct slot *slot)
{
	return slot->id.kind_name == manifest_status_kind;
}

static void ingress_replace(struct service *service, const struct service *status)
{
	for (size_t i = 0; i < service->ingress.count; i++) {
		free(service->ingress.at[i].ip);
		free(service->ingress.at[i].hostname);
	}
	free(service->ingress.at);
	service->ingress.count = status->ingress.count;
	service->ingress.at = xcalloc(status->ingress.count, sizeof(service->ingress.at[0]));
	for (size_t i = 0; i < status->ingress.count; i++) {
		const struct service_ingress *from = &status->ingress.at[i];

		service->ingress.at[i].ip = from->ip ? xstrdup(from->ip) : NULL;
		service->ingress.at[i].hostname = from->hostname ? xstrdup(from->hostname) : NULL;
	}
}

/* The other slot of the Service: of its status for its definition, and the other way round. */
static struct slot *counterpart(
	struct tree *tree, const char *kind_name, const struct object_id *id)
{
	return slot_find(tree, &(struct object_id){ MODEL_SERVICE, kind_name, id->ns, id->name });
}

void status_apply(struct tree *tree, struct service *service)
{
	const struct object_id id = object_id(&service->object);
	const struct slot *slot = counterpart(tree, manifest_status_kind, &id);

	if (slot && slot->candidate)
		ingress_replace(service, (const struct service *)slot->candidate);
}

void status_put(struct tree *tree, struct slot *slot, struct object *status)
{
	const struct slot *defined = counterpart(tree, "Service", &slot->id);
	bool is_same = slot->candidate && object_equal(slot->candidate, status);
	struct object *service;

	object_free(slot->candidate);
	slot->candidate = status;
	if (is_same || !defined || !defined->is_in_model)
		return;
	service = decode_clone(model_find(tree->model, MODEL_SERVICE, slot->id.ns, slot->id.name));
	ingress_replace((struct service *)service, (const struct service *)status);
	if (model_put(tree->model, service))
		tree->has_changed = true;
}

void status_drop(struct tree *tree, struct slot *slot)
{
	struct slot *defined = counterpart(tree, "Service", &slot->id);

	slot->candidate = object_free(slot->candidate);
	if (defined && defined->winner && !tree->is_closing)
		slot_find_winner(tree, defined);
}
