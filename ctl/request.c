/* SPDX-License-Identifier: Apache-2.0 */

#include "ctl/server.h"

const char *ctl_request_parse(const char *line, size_t len, json_t **ret_request,
	const char **ret_op, const json_t **ret_args)
{
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *args = json_object_get(request, "args");
	const char *op = json_string_value(json_object_get(request, "op"));
	const char *wrong = NULL;

	if (!request)
		wrong = "the request is not JSON";
	else if (!op)
		wrong = "the request has no \"op\"";
	else if (args && !json_is_object(args))
		wrong = "\"args\" is not an object";
	if (wrong) {
		json_decref(request);
		return wrong;
	}
	*ret_request = request;
	*ret_op = op;
	*ret_args = args;
	return NULL;
}
