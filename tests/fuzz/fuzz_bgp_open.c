/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/open.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An OPEN that is good can be sent on, and says the same when it is read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader body = wire_reader(data, size);
	struct bgp_open_limits limits = { 0 };
	uint8_t bytes[BGP_MESSAGE_MAX];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct bgp_refusal why;
	struct bgp_open open;
	struct bgp_open back;

	if (bgp_open_parse(&body, &open, &why) < 0)
		return 0;
	if (open.hold_seconds == 1 || open.hold_seconds == 2 || open.id == 0 || open.as == 0)
		abort();
	(void)bgp_open_build(&w, &open, &limits);
	if (!wire_writer_ok(&w))
		abort();
	body = wire_reader(bytes + BGP_HEADER_LEN, wire_written(&w) - BGP_HEADER_LEN);
	if (bgp_open_parse(&body, &back, &why) < 0 || back.as != open.as || back.id != open.id ||
		bgp_capabilities_mask(&back.caps) != bgp_capabilities_mask(&open.caps))
		abort();
	return 0;
}
