/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/bgp_identity.h"

#include <stdbool.h>

static bool is_kept(enum bgp_identity_source source, const struct bgp_identity_facts *facts)
{
	switch (source) {
	case BGP_IDENTITY_RECALLED:
	case BGP_IDENTITY_NODE:
		return true;
	case BGP_IDENTITY_FALLBACK:
		return facts->node == 0;
	case BGP_IDENTITY_NONE:
	case BGP_IDENTITY_SETTING:
		return false;
	}
	return false;
}

struct bgp_identity bgp_identity_choose(
	struct bgp_identity now, const struct bgp_identity_facts *facts)
{
	if (facts->setting != 0)
		return (struct bgp_identity){ facts->setting, BGP_IDENTITY_SETTING };
	if (is_kept(now.source, facts))
		return now;
	if (facts->node != 0)
		return (struct bgp_identity){ facts->node, BGP_IDENTITY_NODE };
	if (facts->recalled != 0)
		return (struct bgp_identity){ facts->recalled, BGP_IDENTITY_RECALLED };
	return (struct bgp_identity){ facts->fallback, BGP_IDENTITY_FALLBACK };
}
