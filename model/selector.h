/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Label selectors as plain data; model/select.h answers what they match.
 */

#include "model/object.h"

/* metav1.LabelSelector; empty matches everything. */
enum selector_op {
	SELECTOR_NONE, /* absent */
	SELECTOR_IN,
	SELECTOR_NOT_IN,
	SELECTOR_EXISTS,
	SELECTOR_DOES_NOT_EXIST,
};

struct selector_expression {
	char *key;
	uint8_t op; /* enum selector_op */
	struct strings values;
};

struct selector {
	struct labels match_labels;
	struct {
		struct selector_expression *at;
		size_t count;
	} expressions;
};

struct selectors {
	struct selector *at;
	size_t count;
};
