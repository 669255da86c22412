/* SPDX-License-Identifier: Apache-2.0 */

#include "ctl/server.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *request = NULL;
	const json_t *args = NULL;
	const char *op = NULL;
	const char *wrong = ctl_request_parse((const char *)data, size, &request, &op, &args);

	/* Either something is wrong and nothing is set, or there is an op. */
	if ((wrong && (request || op)) || (!wrong && !op))
		abort();
	json_decref(request);
	return 0;
}
