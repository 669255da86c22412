/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The store: one balanced tree of all objects in the order of kind, namespace, name, so that the
 * objects of a kind are a walk; beside it the indexes of model/index.h and the set of dirty
 * Services.
 */

#include "model/model.h"

#include "base/mem.h"
#include "base/tree.h"
#include "model/index.h"
#include "model/select.h"

#include <string.h>

struct dirty_entry {
	RB_ENTRY(dirty_entry) link;
	struct service_key key; /* owned text */
};

RB_HEAD(object_tree, object); /* which it owns */
RB_HEAD(dirty_tree, dirty_entry);

struct model {
	struct object_tree objects;
	struct model_index index;
	struct dirty_tree dirty;
	size_t dirty_count;
	bool all_dirty;
	size_t counts[MODEL_KIND_COUNT_];
};

static int object_compare(struct object *a, struct object *b)
{
	struct object_id id_a = object_id(a);
	struct object_id id_b = object_id(b);

	return object_id_compare(&id_a, &id_b);
}

static int key_compare(const struct service_key *key, const char *ns, const char *name)
{
	int order = strcmp(key->ns, ns);

	return order != 0 ? order : strcmp(key->name, name);
}

static int dirty_compare(struct dirty_entry *a, struct dirty_entry *b)
{
	return key_compare(&a->key, b->key.ns, b->key.name);
}

TREE_GENERATE(object_tree, object, link, object_compare)
TREE_GENERATE(dirty_tree, dirty_entry, link, dirty_compare)

struct model *model_new(void)
{
	struct model *model = xnew(struct model);

	RB_INIT(&model->objects);
	RB_INIT(&model->dirty);
	model_index_init(&model->index);
	return model;
}

struct model *model_free(struct model *model)
{
	struct dirty_entry *dirty;
	struct object *object;

	if (!model)
		return NULL;

	while ((object = RB_ROOT(&model->objects))) {
		RB_REMOVE(object_tree, &model->objects, object);
		object_free(object);
	}
	while ((dirty = RB_ROOT(&model->dirty))) {
		RB_REMOVE(dirty_tree, &model->dirty, dirty);
		free(dirty->key.ns);
		free(dirty->key.name);
		free(dirty);
	}
	model_index_fini(&model->index);
	free(model);
	return NULL;
}

static void mark_service(struct model *model, const char *ns, const char *name)
{
	struct dirty_entry *entry = xnew(struct dirty_entry);

	entry->key = (struct service_key){ .ns = xstrdup(ns), .name = xstrdup(name) };
	if (RB_INSERT(dirty_tree, &model->dirty, entry)) {
		free(entry->key.ns);
		free(entry->key.name);
		free(entry);
		return;
	}
	model->dirty_count++;
}

static void mark_selecting(void *user, const struct object *service)
{
	mark_service(user, object_ns(service), service->meta.name);
}

static void mark(struct model *model, const struct object *object)
{
	const char *name;

	switch (object->kind) {
	case MODEL_SERVICE:
	case MODEL_ENDPOINTS:
		mark_service(model, object_ns(object), object->meta.name);
		break;
	case MODEL_ENDPOINT_SLICE:
		name = slice_service_name(object);
		if (name)
			mark_service(model, object_ns(object), name);
		break;
	case MODEL_POD:
		model_index_selecting(&model->index, object, mark_selecting, model);
		break;
	case MODEL_NODE:
	case MODEL_NAMESPACE:
	case MODEL_POOL:
	case MODEL_L2_ADVERTISEMENT:
	case MODEL_BGP_ADVERTISEMENT:
	case MODEL_BGP_PEER:
	case MODEL_BFD_PROFILE:
	case MODEL_COMMUNITY:
	case MODEL_SECRET:
		model->all_dirty = true;
		break;
	case MODEL_WORKLOAD:
		break; /* for lint alone: the agent decides nothing by it */
	case MODEL_KIND_COUNT_:
		break;
	}
}

static struct object *find_object(const struct model *model, const struct object_id *id)
{
	struct object *at = RB_ROOT(&model->objects);

	while (at) {
		struct object_id found = object_id(at);
		int order = object_id_compare(id, &found);

		if (order == 0)
			return at;
		at = order < 0 ? RB_LEFT(at, link) : RB_RIGHT(at, link);
	}
	return NULL;
}

/* The first object whose identity is not below @id. */
static struct object *first_from(const struct model *model, const struct object_id *id)
{
	struct object *at = RB_ROOT(&model->objects);
	struct object *best = NULL;

	while (at) {
		struct object_id found = object_id(at);

		if (object_id_compare(id, &found) <= 0) {
			best = at;
			at = RB_LEFT(at, link);
		} else {
			at = RB_RIGHT(at, link);
		}
	}
	return best;
}

/* Takes @object out of the model; it is the caller's then. */
static void take_out(struct model *model, struct object *object)
{
	mark(model, object);
	model_index_remove(&model->index, object);
	RB_REMOVE(object_tree, &model->objects, object);
	model->counts[object->kind]--;
}

bool model_put(struct model *model, struct object *object)
{
	struct object_id id = object_id(object);
	struct object *old = find_object(model, &id);

	if (old && object_equal(old, object)) {
		/* The line it stands in may have moved. */
		free(old->file);
		old->file = take(object->file);
		old->line = object->line;
		object_free(object);
		return false;
	}
	if (old) {
		take_out(model, old);
		object_free(old);
	}
	RB_INSERT(object_tree, &model->objects, object);
	model->counts[object->kind]++;
	model_index_add(&model->index, object);
	mark(model, object);
	return true;
}

bool model_remove(struct model *model, const struct object_id *id)
{
	struct object *object = find_object(model, id);

	if (!object)
		return false;
	take_out(model, object);
	object_free(object);
	return true;
}

const struct object *model_find(
	const struct model *model, enum model_kind kind, const char *ns, const char *name)
{
	struct object_id id = { kind, "", ns ? ns : "", name };
	struct object *object = first_from(model, &id);

	if (!object || object->kind != kind || strcmp(object_ns(object), id.ns) != 0 ||
		strcmp(object->meta.name, name) != 0)
		return NULL;
	return object;
}

const struct object *model_first(const struct model *model, enum model_kind kind)
{
	struct object_id id = { kind, "", "", "" };
	const struct object *object = first_from(model, &id);

	return object && object->kind == kind ? object : NULL;
}

const struct object *model_next(const struct object *object)
{
	/* libbsd's walk takes no pointer to const; it changes nothing. */
	const struct object *next = object_tree_RB_NEXT((struct object *)(uintptr_t)object);

	return next && next->kind == object->kind ? next : NULL;
}

size_t model_count(const struct model *model, enum model_kind kind)
{
	return model->counts[kind];
}

const struct model_index *model_index(const struct model *model)
{
	return &model->index;
}

/* Moves the first of what is dirty to the end of @dirty. */
static void take_first_dirty(struct model *model, struct model_dirty *dirty)
{
	struct dirty_entry *entry = RB_MIN(dirty_tree, &model->dirty);

	RB_REMOVE(dirty_tree, &model->dirty, entry);
	dirty->at[dirty->count++] = entry->key;
	free(entry);
}

/* All Services that are there, and in between those that are dirty since they are gone. */
static void take_all(struct model *model, struct model_dirty *dirty)
{
	model_each(model, MODEL_SERVICE, object)
	{
		const char *ns = object_ns(object);
		const char *name = object->meta.name;
		const struct dirty_entry *entry;
		int order = 1;

		while ((entry = RB_MIN(dirty_tree, &model->dirty)) &&
			(order = key_compare(&entry->key, ns, name)) <= 0) {
			take_first_dirty(model, dirty);
			if (order == 0)
				break;
		}
		if (order != 0)
			dirty->at[dirty->count++] = (struct service_key){ xstrdup(ns),
				xstrdup(name) };
	}
}

void model_take_dirty(struct model *model, struct model_dirty *ret_dirty)
{
	size_t most = model->dirty_count + (model->all_dirty ? model->counts[MODEL_SERVICE] : 0);

	*ret_dirty = (struct model_dirty){ .is_all = model->all_dirty };
	ret_dirty->at = xnew_array(struct service_key, most);
	if (model->all_dirty)
		take_all(model, ret_dirty);
	while (RB_ROOT(&model->dirty))
		take_first_dirty(model, ret_dirty);
	model->dirty_count = 0;
	model->all_dirty = false;
}

void model_dirty_fini(struct model_dirty *dirty)
{
	for (size_t i = 0; i < dirty->count; i++) {
		free(dirty->at[i].ns);
		free(dirty->at[i].name);
	}
	free(dirty->at);
	*dirty = (struct model_dirty){ 0 };
}
