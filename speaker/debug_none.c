/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/debug.h"

bool debug_handle(struct speaker *speaker, const char *op, const json_t *args, json_t **ret_data,
	char **ret_error)
{
	(void)speaker;
	(void)op;
	(void)args;
	(void)ret_data;
	(void)ret_error;
	return false;
}
