/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bgp/community.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is written and read back to the same text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(freep) char *text = xstrndup((const char *)data, size);
	char once[BGP_COMMUNITY_TEXT_SIZE];
	char twice[BGP_COMMUNITY_TEXT_SIZE];
	struct bgp_community community;

	if (bgp_community_parse(text, &community) < 0)
		return 0;
	(void)bgp_community_format(&community, once);
	if (bgp_community_parse(once, &community) < 0 ||
		strcmp(bgp_community_format(&community, twice), once) != 0)
		abort();
	return 0;
}
