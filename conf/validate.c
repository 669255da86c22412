/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/validate.h"
#include <errno.h>

int validate_pool_range(const char *text, struct ip_range *ret_range)
{
	(void)text;
	(void)ret_range;
	return -EINVAL;
}
int validate_object(const struct object *object, const json_t *value,
	const struct decode_source *source, struct report *report)
{
	(void)object;
	(void)value;
	(void)source;
	(void)report;
	return 0;
}
bool validate_is_configuration(enum model_kind kind)
{
	return kind >= MODEL_POOL;
}
void validate_together(struct validate_candidate *candidates, size_t count, struct report *report)
{
	(void)candidates;
	(void)count;
	(void)report;
}
