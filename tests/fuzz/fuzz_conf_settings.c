/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "conf/settings.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(freep) char *text = xstrndup((const char *)data, size);
	auto_(report_finip) struct report report = { 0 };
	auto_(settings_freep) struct settings *settings = NULL;

	(void)!settings_parse(text, "f", &settings, &report);
	return 0;
}
