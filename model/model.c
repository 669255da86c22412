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

struct entry {
	RB_ENTRY(entry) link;
	struct object *object; /* owned */
};

struct dirty_entry {
	RB_ENTRY(dirty_entry) link;
	struct service_key key; /* owned text */
};

RB_HEAD(entry_tree, entry);
RB_HEAD(dirty_tree, dirty_entry);

struct model {
	struct entry_tree entries;
	struct model_index index;
	struct dirty_tree dirty;
	size_t dirty_count;
	bool all_dirty;
	size_t counts[MODEL_KIND_COUNT_];
};

static int entry_compare(struct entry *a, struct entry *b)
{
	struct object_id id_a = object_id(a->object);
	struct object_id id_b = object_id(b->object);

	return object_id_compare(&id_a, &id_b);
}

static int dirty_compare(struct dirty_entry *a, struct dirty_entry *b)
{
	int order = strcmp(a->key.ns, b->key.ns);

	return order != 0 ? order : strcmp(a->key.name, b->key.name);
}

TREE_GENERATE(entry_tree, entry, link, entry_compare)
TREE_GENERATE(dirty_tree, dirty_entry, link, dirty_compare)

struct model *model_new(void)
{
	struct model *model = xnew(struct model);

	RB_INIT(&model->entries);
	RB_INIT(&model->dirty);
	model_index_init(&model->index);
	return model;
}

static void entry_free(struct entry *entry)
{
	object_free(entry->object);
	free(entry);
}

struct model *model_free(struct model *model)
{
	struct dirty_entry *dirty;
	struct entry *entry;

	if (!model)
		return NULL;

	while ((entry = RB_ROOT(&model->entries))) {
		RB_REMOVE(entry_tree, &model->entries, entry);
		entry_free(entry);
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

static struct entry *find_entry(const struct model *model, const struct object_id *id)
{
	struct entry *at = RB_ROOT(&model->entries);

	while (at) {
		struct object_id found = object_id(at->object);
		int order = object_id_compare(id, &found);

		if (order == 0)
			return at;
		at = order < 0 ? RB_LEFT(at, link) : RB_RIGHT(at, link);
	}
	return NULL;
}

/* The first entry whose identity is not below @id. */
static struct entry *first_from(const struct model *model, const struct object_id *id)
{
	struct entry *at = RB_ROOT(&model->entries);
	struct entry *best = NULL;

	while (at) {
		struct object_id found = object_id(at->object);

		if (object_id_compare(id, &found) <= 0) {
			best = at;
			at = RB_LEFT(at, link);
		} else {
			at = RB_RIGHT(at, link);
		}
	}
	return best;
}

static void replace(struct model *model, struct entry *entry, struct object *object)
{
	mark(model, entry->object);
	model_index_remove(&model->index, entry->object);
	object_free(entry->object);
	entry->object = object;
}

static void insert(struct model *model, struct object *object)
{
	struct entry *entry = xnew(struct entry);

	entry->object = object;
	RB_INSERT(entry_tree, &model->entries, entry);
	model->counts[object->kind]++;
}

bool model_put(struct model *model, struct object *object)
{
	struct object_id id = object_id(object);
	struct entry *entry = find_entry(model, &id);

	if (entry && object_equal(entry->object, object)) {
		/* The line it stands in may have moved. */
		free(entry->object->file);
		entry->object->file = take(object->file);
		entry->object->line = object->line;
		object_free(object);
		return false;
	}
	if (entry)
		replace(model, entry, object);
	else
		insert(model, object);
	model_index_add(&model->index, object);
	mark(model, object);
	return true;
}

bool model_remove(struct model *model, const struct object_id *id)
{
	struct entry *entry = find_entry(model, id);

	if (!entry)
		return false;
	mark(model, entry->object);
	model_index_remove(&model->index, entry->object);
	RB_REMOVE(entry_tree, &model->entries, entry);
	model->counts[entry->object->kind]--;
	entry_free(entry);
	return true;
}

const struct object *model_find(
	const struct model *model, enum model_kind kind, const char *ns, const char *name)
{
	struct object_id id = { kind, "", ns ? ns : "", name };
	struct entry *entry = first_from(model, &id);

	if (!entry || entry->object->kind != kind || strcmp(object_ns(entry->object), id.ns) != 0 ||
		strcmp(entry->object->meta.name, name) != 0)
		return NULL;
	return entry->object;
}

const struct object *model_first(const struct model *model, enum model_kind kind)
{
	struct object_id id = { kind, "", "", "" };
	struct entry *entry = first_from(model, &id);

	return entry && entry->object->kind == kind ? entry->object : NULL;
}

const struct object *model_next(const struct model *model, const struct object *object)
{
	struct object_id id = object_id(object);
	struct entry *entry = find_entry(model, &id);

	entry = entry ? RB_NEXT(entry_tree, &model->entries, entry) : NULL;
	return entry && entry->object->kind == object->kind ? entry->object : NULL;
}

size_t model_count(const struct model *model, enum model_kind kind)
{
	return model->counts[kind];
}

const struct model_index *model_index(const struct model *model)
{
	return &model->index;
}

bool model_is_dirty(const struct model *model)
{
	return model->all_dirty || model->dirty_count > 0;
}

void model_take_dirty(struct model *model, struct model_dirty *ret_dirty)
{
	struct dirty_entry *entry;

	*ret_dirty = (struct model_dirty){ .is_all = model->all_dirty };
	if (model->all_dirty) {
		model_each(model, MODEL_SERVICE, object)
			mark_service(model, object_ns(object), object->meta.name);
	}
	ret_dirty->at = xnew_array(struct service_key, model->dirty_count);
	while ((entry = RB_MIN(dirty_tree, &model->dirty))) {
		RB_REMOVE(dirty_tree, &model->dirty, entry);
		ret_dirty->at[ret_dirty->count++] = entry->key;
		free(entry);
	}
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
