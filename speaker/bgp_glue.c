/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where BGP meets the rest of the agent: what it asks for, what it is told.
 */

#include "speaker/state.h"

#include <net/if.h>

static void replan(void *user)
{
	struct speaker *speaker = user;

	speaker->replan_all = true;
	event_active(speaker->turn, 0, 0);
}

static void tell(void *user, const struct speaker_bgp_news *news)
{
	events_bgp(user, news);
}

static bool is_on_link(void *user, const struct ip *ip)
{
	const struct speaker *speaker = user;

	for (size_t i = 0; i < net_monitor_count(speaker->net); i++) {
		const struct net_link *link = net_monitor_at(speaker->net, i);

		if (link->flags & IFF_LOOPBACK)
			continue;
		for (size_t k = 0; k < link->address_count; k++) {
			struct ip_prefix subnet = ip_prefix_of(
				&link->addresses[k].ip, link->addresses[k].len);

			if (ip_prefix_contains(&subnet, ip))
				return true;
		}
	}
	return false;
}

int glue_bgp_open(struct speaker *speaker)
{
	static const struct speaker_bgp_callbacks callbacks = {
		.replan = replan, .tell = tell, .is_on_link = is_on_link
	};

	speaker->bgp = speaker_bgp_new(
		speaker->base, speaker->settings, &callbacks, speaker, speaker->is_drained);
	return 0;
}

static uint32_t id_of(const struct ip *ip)
{
	return (uint32_t)ip_to_uint(ip);
}

/* FNV-1a: any number will do that is the node's own and stays the same. */
static uint32_t hash_name(const char *name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
	return hash != 0 ? hash : 1;
}

/* The identifier of a node whose InternalIP is not known: an address of a link, or a number. */
static uint32_t fallback_id(const struct speaker *speaker)
{
	for (size_t i = 0; i < net_monitor_count(speaker->net); i++) {
		const struct net_link *link = net_monitor_at(speaker->net, i);

		if (net_link_judge(link, AF_INET, &speaker->include, &speaker->exclude) !=
			NET_SERVES)
			continue;
		for (size_t k = 0; k < link->address_count; k++) {
			if (link->addresses[k].ip.family == AF_INET)
				return id_of(&link->addresses[k].ip);
		}
	}
	return hash_name(speaker->settings->node);
}

void glue_bgp_peers(struct speaker *speaker)
{
	speaker_bgp_set_wire(speaker->bgp, speaker->wire);
	speaker_bgp_peers(speaker->bgp, speaker->model, fallback_id(speaker));
}
