/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/covers.h"

#include "model/select.h"

#include <string.h>

const struct pool *plan_find_pool(const struct model *model, const char *name)
{
	model_each(model, MODEL_POOL, object)
	{
		if (strcmp(object->meta.name, name) == 0)
			return (const struct pool *)object;
	}
	return NULL;
}

bool plan_covers_pool(const struct strings *names, const struct selectors *selectors,
	const char *name, const struct pool *pool)
{
	if (names->count == 0 && selectors->count == 0)
		return true;
	if (strings_contain(names, name))
		return true;
	return pool && selectors->count > 0 &&
		selectors_match(selectors, &pool->object.meta.labels);
}

bool plan_is_servable(const struct model_endpoint *endpoint)
{
	return endpoint->is_ready || endpoint->is_serving;
}

size_t plan_count_servable(const struct model_endpoints *endpoints, const char *node)
{
	size_t count = 0;

	for (size_t i = 0; i < endpoints->count; i++) {
		const struct model_endpoint *endpoint = &endpoints->at[i];

		if (node && (!endpoint->node || strcmp(endpoint->node, node) != 0))
			continue;
		count += plan_is_servable(endpoint);
	}
	return count;
}
