/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Questions that advertisements of both kinds ask: for plan/ alone. Pure.
 */

#include "model/model.h"

/* The IPAddressPool called @name, of any namespace, or NULL. */
const struct pool *plan_find_pool(const struct model *model, const char *name);

/* True if an advertisement with these names and selectors takes the pool @name; @pool may be NULL. */
bool plan_covers_pool(const struct strings *names, const struct selectors *selectors,
	const char *name, const struct pool *pool);

/* Takes new connections, or answers old ones while it terminates. */
bool plan_is_servable(const struct model_endpoint *endpoint);

/* How many of @endpoints can serve; on @node alone unless it is NULL. */
size_t plan_count_servable(const struct model_endpoints *endpoints, const char *node);
