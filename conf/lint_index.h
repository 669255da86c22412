/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Services can select, templates of workloads and Pods, by their labels: for conf/lint.c, so
 * that 10,000 Services beside 10,000 workloads are no matter of 100,000,000 comparisons. Pure.
 */

#include "model/model.h"

/* A workload's template, or a Pod. All borrowed from the model. */
struct selectable {
	const struct object *object;
	const struct labels *labels;
	const struct containers *containers;
};

struct lint_index;

/* @model is borrowed until lint_index_free(), and must not change until then. */
struct lint_index *lint_index_new(const struct model *model);
struct lint_index *lint_index_free(struct lint_index *index);
DEFINE_FREEP(struct lint_index, lint_index);

/**
 * lint_index_matches() - what @service selects
 *
 * Return: how many; *@ret_matches is an array of borrowed pointers that the caller frees.
 */
size_t lint_index_matches(const struct lint_index *index, const struct service *service,
	const struct selectable ***ret_matches);

/*
 * What @service, which selects nothing, is most like: the one that shares most labels, of its own
 * namespace before others, whose values differ by a typing error before others. NULL: nothing is.
 */
const struct selectable *lint_index_nearest(
	const struct lint_index *index, const struct service *service);
