/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One entry for each label of each selectable, in the order of key, value and namespace. A selector
 * is answered from the shortest run of one of its pairs; the nearest is looked for around the places
 * where its pairs would stand, NEAR_MAX entries to each side.
 */

#include "conf/lint_index.h"

#include "base/mem.h"
#include "conf/decode.h"
#include "model/select.h"

#include <string.h>

enum {
	NEAR_MAX = 200,
};

struct entry {
	const struct label *label;
	const struct selectable *selectable;
};

struct lint_index {
	struct selectable *selectables; /* owned, in the order of the model */
	size_t selectable_count;
	struct entry *entries; /* owned, sorted */
	size_t count;
};

static const struct labels no_labels;

static struct selectable selectable_of(const struct object *object)
{
	const struct workload *workload = (const void *)object;
	const struct pod *pod = (const void *)object;

	if (object->kind == MODEL_WORKLOAD)
		return (struct selectable){ object, &workload->template_labels,
			&workload->containers };
	if (object->kind == MODEL_POD)
		return (struct selectable){ object, &object->meta.labels, &pod->containers };
	return (struct selectable){ object, &no_labels, NULL };
}

static int compare_label(const struct label *a, const struct label *b)
{
	int order = strcmp(a->key, b->key);

	return order != 0 ? order : strcmp(a->value, b->value);
}

static int by_label(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	int order = compare_label(a->label, b->label);

	if (order == 0)
		order = strcmp(object_ns(a->selectable->object), object_ns(b->selectable->object));
	if (order == 0)
		order = (a->selectable > b->selectable) - (a->selectable < b->selectable);
	return order;
}

static void fill_entries(struct lint_index *index)
{
	size_t total = 0;

	for (size_t i = 0; i < index->selectable_count; i++)
		total += index->selectables[i].labels->count;
	index->entries = xnew_array(struct entry, total + 1);
	for (size_t i = 0; i < index->selectable_count; i++) {
		const struct labels *labels = index->selectables[i].labels;

		for (size_t k = 0; k < labels->count; k++)
			index->entries[index->count++] = (struct entry){ &labels->at[k],
				&index->selectables[i] };
	}
	if (index->count > 1)
		qsort(index->entries, index->count, sizeof(index->entries[0]), by_label);
}

struct lint_index *lint_index_new(const struct model *model)
{
	static const enum model_kind kinds[] = { MODEL_WORKLOAD, MODEL_POD };
	struct lint_index *index = xnew(struct lint_index);

	index->selectables = xnew_array(struct selectable,
		model_count(model, MODEL_WORKLOAD) + model_count(model, MODEL_POD) + 1);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		model_each(model, kinds[i], object)
			index->selectables[index->selectable_count++] = selectable_of(object);
	}
	fill_entries(index);
	return index;
}

struct lint_index *lint_index_free(struct lint_index *index)
{
	if (!index)
		return NULL;
	free(index->selectables);
	free(index->entries);
	free(index);
	return NULL;
}

/* Where an entry of @label in @ns stands, or would stand. */
static size_t place_of(const struct lint_index *index, const struct label *label, const char *ns)
{
	size_t low = 0;
	size_t high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct entry *entry = &index->entries[middle];
		int order = compare_label(entry->label, label);

		if (order == 0)
			order = strcmp(object_ns(entry->selectable->object), ns);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_entry_of(const struct entry *entry, const struct label *label, const char *ns)
{
	return compare_label(entry->label, label) == 0 &&
		strcmp(object_ns(entry->selectable->object), ns) == 0;
}

/* How many entries of @label in @ns stand from @at on. */
static size_t run_length(
	const struct lint_index *index, size_t at, const struct label *label, const char *ns)
{
	size_t end = at;

	while (end < index->count && is_entry_of(&index->entries[end], label, ns))
		end++;
	return end - at;
}

size_t lint_index_matches(const struct lint_index *index, const struct service *service,
	const struct selectable ***ret_matches)
{
	const char *ns = object_ns(&service->object);
	size_t best = 0;
	size_t best_len = SIZE_MAX;
	size_t count = 0;

	for (size_t i = 0; i < service->selector.count; i++) {
		size_t at = place_of(index, &service->selector.at[i], ns);
		size_t len = run_length(index, at, &service->selector.at[i], ns);

		if (len < best_len) {
			best = at;
			best_len = len;
		}
	}
	if (service->selector.count == 0)
		best_len = 0;
	*ret_matches = xnew_array(const struct selectable *, best_len + 1);
	for (size_t i = best; i < best + best_len; i++) {
		const struct selectable *selectable = index->entries[i].selectable;

		if (labels_select(&service->selector, selectable->labels))
			(*ret_matches)[count++] = selectable;
	}
	return count;
}

static unsigned likeness_of_value(const char *wanted, const char *value)
{
	if (strcmp(wanted, value) == 0)
		return 8;
	return decode_nearest(wanted, &value, 1) ? 4 : 1;
}

static unsigned likeness(const struct service *service, const struct selectable *selectable)
{
	bool same_ns = strcmp(object_ns(selectable->object), object_ns(&service->object)) == 0;
	unsigned score = 0;

	for (size_t i = 0; i < service->selector.count; i++) {
		const struct label *wanted = &service->selector.at[i];
		const char *value = labels_get(selectable->labels, wanted->key);

		if (value)
			score += likeness_of_value(wanted->value, value);
	}
	return score > 0 ? 2 * score + same_ns : 0;
}

const struct selectable *lint_index_nearest(
	const struct lint_index *index, const struct service *service)
{
	const struct selectable *nearest = NULL;
	unsigned best = 0;

	for (size_t i = 0; i < service->selector.count; i++) {
		const struct label *wanted = &service->selector.at[i];
		size_t at = place_of(index, wanted, object_ns(&service->object));
		size_t end = at + NEAR_MAX < index->count ? at + NEAR_MAX : index->count;

		for (size_t k = at > NEAR_MAX ? at - NEAR_MAX : 0; k < end; k++) {
			const struct entry *entry = &index->entries[k];
			unsigned score = likeness(service, entry->selectable);

			if (score > best ||
				(score == best && score > 0 && entry->selectable < nearest)) {
				best = score;
				nearest = entry->selectable;
			}
		}
	}
	return nearest;
}
