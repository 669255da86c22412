/* SPDX-License-Identifier: Apache-2.0 */

#include "net/link.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>

const char *net_refusal_name(enum net_refusal refusal)
{
	static const char *const names[NET_REFUSAL_COUNT_] = {
		[NET_SERVES] = "serves",
		[NET_EXCLUDED] = "excluded",
		[NET_NOT_INCLUDED] = "not_included",
		[NET_LOOPBACK] = "loopback",
		[NET_NO_ETHERNET] = "no_ethernet",
		[NET_POINT_TO_POINT] = "point_to_point",
		[NET_NO_ARP] = "no_arp",
		[NET_ENSLAVED] = "enslaved",
		[NET_DOWN] = "down",
		[NET_NO_CARRIER] = "no_carrier",
		[NET_NO_BROADCAST] = "no_broadcast",
		[NET_NO_LINK_LOCAL] = "no_link_local",
	};

	return names[refusal];
}

int net_patterns_add(struct net_patterns *patterns, const char *text)
{
	regex_t compiled;

	if (regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB) != 0)
		return -EINVAL;
	patterns->at = xreallocarray(patterns->at, patterns->count + 1, sizeof(patterns->at[0]));
	patterns->at[patterns->count++] = compiled;
	return 0;
}

void net_patterns_fini(struct net_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		regfree(&patterns->at[i]);
	free(patterns->at);
	*patterns = (struct net_patterns){ 0 };
}

static bool matches(const struct net_patterns *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (regexec(&patterns->at[i], name, 0, NULL, 0) == 0)
			return true;
	}
	return false;
}

/* A VRF is a master too, but its members are the interfaces that packets come in on. */
static bool is_enslaved(const struct net_link *link)
{
	return link->master != 0 && strcmp(link->master_kind, "vrf") != 0;
}

enum net_refusal net_link_judge(const struct net_link *link, uint8_t family,
	const struct net_patterns *include, const struct net_patterns *exclude)
{
	if (matches(exclude, link->name))
		return NET_EXCLUDED;
	if (include->count > 0 && !matches(include, link->name))
		return NET_NOT_INCLUDED;
	if (link->flags & IFF_LOOPBACK)
		return NET_LOOPBACK;
	if (!link->has_mac)
		return NET_NO_ETHERNET;
	if (link->flags & IFF_POINTOPOINT)
		return NET_POINT_TO_POINT;
	if (link->flags & IFF_NOARP)
		return NET_NO_ARP;
	if (is_enslaved(link))
		return NET_ENSLAVED;
	if (!(link->flags & IFF_UP))
		return NET_DOWN;
	if (!link->has_carrier)
		return NET_NO_CARRIER;
	if (family == AF_INET && !(link->flags & IFF_BROADCAST))
		return NET_NO_BROADCAST;
	if (family == AF_INET6 && !ip_is_set(&link->link_local))
		return NET_NO_LINK_LOCAL;
	return NET_SERVES;
}
