/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/capability.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No family that we do not speak gets in, and nobody agrees to what he did not offer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader value = wire_reader(data, size);
	struct bgp_capabilities caps = bgp_capabilities_none();
	struct bgp_agreement agreed;

	if (bgp_capabilities_parse(&value, &caps) < 0)
		return 0;
	agreed = bgp_agree(&caps, &caps);
	if ((caps.families & ~BGP_FAMILIES_ALL) != 0 || agreed.families != caps.families ||
		(agreed.add_path & ~caps.add_path_send) != 0)
		abort();
	return 0;
}
