/* SPDX-License-Identifier: Apache-2.0 */

#include "arp/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is good must be good again when it is written back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct neigh_frame frame;
	struct neigh_frame back;
	uint8_t bytes[FRAME_MAX];
	size_t len;

	if (neigh_parse(data, size, &frame) != FRAME_GOOD)
		return 0;
	len = neigh_build(&frame, bytes);
	if (neigh_parse(bytes, len, &back) != FRAME_GOOD || back.kind != frame.kind ||
		!ip_equal(&back.target, &frame.target))
		abort();
	return 0;
}
