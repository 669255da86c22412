/* SPDX-License-Identifier: Apache-2.0 */

#include "model/index.h"

#include "base/mem.h"
#include "model/select.h"

void model_index_init(struct model_index *index)
{
	index->slices = multimap_new();
	index->pods = multimap_new();
	index->services = multimap_new();
}

void model_index_fini(struct model_index *index)
{
	index->slices = multimap_free(index->slices);
	index->pods = multimap_free(index->pods);
	index->services = multimap_free(index->services);
}

const char *slice_service_name(const struct object *slice)
{
	return labels_get(&slice->meta.labels, "kubernetes.io/service-name");
}

static char *label_key(const char *ns, const struct label *label)
{
	return xasprintf("%s/%s=%s", ns, label->key, label->value);
}

typedef void change_fn(struct multimap *map, const char *key, const struct object *object);

static void change_slice(struct model_index *index, const struct object *object, change_fn *change)
{
	const char *service = slice_service_name(object);
	auto_(freep) char *key = NULL;

	if (!service)
		return;
	key = xasprintf("%s/%s", object_ns(object), service);
	change(index->slices, key, object);
}

static void change_pod(struct model_index *index, const struct object *object, change_fn *change)
{
	for (size_t i = 0; i < object->meta.labels.count; i++) {
		auto_(freep) char *key = label_key(object_ns(object), &object->meta.labels.at[i]);

		change(index->pods, key, object);
	}
}

static void change_service(
	struct model_index *index, const struct object *object, change_fn *change)
{
	const struct service *service = (const struct service *)object;
	auto_(freep) char *key = NULL;

	if (service->selector.count == 0)
		return;
	key = label_key(object_ns(object), &service->selector.at[0]);
	change(index->services, key, object);
}

static void change_any(struct model_index *index, const struct object *object, change_fn *change)
{
	if (object->kind == MODEL_ENDPOINT_SLICE)
		change_slice(index, object, change);
	else if (object->kind == MODEL_POD)
		change_pod(index, object, change);
	else if (object->kind == MODEL_SERVICE)
		change_service(index, object, change);
}

void model_index_add(struct model_index *index, const struct object *object)
{
	change_any(index, object, multimap_add);
}

void model_index_remove(struct model_index *index, const struct object *object)
{
	change_any(index, object, multimap_remove);
}

struct multimap_list model_index_slices(
	const struct model_index *index, const char *ns, const char *service)
{
	auto_(freep) char *key = xasprintf("%s/%s", ns, service);

	return multimap_get(index->slices, key);
}

struct multimap_list model_index_pods(
	const struct model_index *index, const struct service *service)
{
	auto_(freep) char *key = NULL;

	if (service->selector.count == 0)
		return (struct multimap_list){ 0 };
	key = label_key(object_ns(&service->object), &service->selector.at[0]);
	return multimap_get(index->pods, key);
}

void model_index_selecting(const struct model_index *index, const struct object *pod,
	void (*visit)(void *user, const struct object *service), void *user)
{
	for (size_t i = 0; i < pod->meta.labels.count; i++) {
		auto_(freep) char *key = label_key(object_ns(pod), &pod->meta.labels.at[i]);
		struct multimap_list found = multimap_get(index->services, key);

		for (size_t k = 0; k < found.count; k++) {
			const struct service *service = (const struct service *)found.at[k];

			if (labels_select(&service->selector, &pod->meta.labels))
				visit(user, found.at[k]);
		}
	}
}
