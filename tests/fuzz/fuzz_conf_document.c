/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "conf/document.h"

#include <errno.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document_reader reader = document_reader((const char *)data, size);
	int r = 0;

	while (r != -ENOENT) {
		auto_(document_freep) struct document *document = NULL;
		struct document_problem problem;

		r = document_next(&reader, &document, &problem);
		if (r == 0)
			(void)document_line_at(
				document, document_root(document), "spec.ports[0].port");
	}
	return 0;
}
