/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/received.h"

#include "base/mem.h"

#include <string.h>

void bgp_received_fini(struct bgp_received *received)
{
	free(received->routes);
	*received = (struct bgp_received){ 0 };
}

void bgp_received_clear(struct bgp_received *received)
{
	free(received->routes);
	received->routes = NULL;
	received->count = 0;
}

/* Where @prefix is, or would be; @ret_found says which. */
static size_t place(
	const struct bgp_received *received, const struct ip_prefix *prefix, bool *ret_found)
{
	size_t low = 0;
	size_t high = received->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ip_prefix_compare(&received->routes[middle].prefix, prefix);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

const struct bgp_received_route *bgp_received_find(
	const struct bgp_received *received, const struct ip_prefix *prefix)
{
	bool found;
	size_t at = place(received, prefix, &found);

	return found ? &received->routes[at] : NULL;
}

static void put(struct bgp_received *received, const struct bgp_received_route *route)
{
	bool found;
	size_t at = place(received, &route->prefix, &found);

	if (!found) {
		if (received->count == BGP_RECEIVED_MAX) {
			received->counts.not_kept++;
			return;
		}
		if (!received->routes)
			received->routes = xnew_array(struct bgp_received_route, BGP_RECEIVED_MAX);
		memmove(&received->routes[at + 1], &received->routes[at],
			(received->count - at) * sizeof(*route));
		received->count++;
	}
	received->routes[at] = *route;
}

static void drop(struct bgp_received *received, const struct ip_prefix *prefix)
{
	bool found;
	size_t at = place(received, prefix, &found);

	if (!found)
		return;
	received->count--;
	memmove(&received->routes[at], &received->routes[at + 1],
		(received->count - at) * sizeof(*received->routes));
}

static uint64_t drop_all(struct bgp_received *received, struct bgp_prefixes prefixes)
{
	struct ip_prefix prefix;
	uint64_t count = 0;

	while (bgp_prefixes_next(&prefixes, &prefix, NULL)) {
		drop(received, &prefix);
		count++;
	}
	return count;
}

static uint64_t put_all(struct bgp_received *received, struct bgp_prefixes prefixes,
	const struct bgp_update *update, const struct ip *next_hop)
{
	struct bgp_received_route route = {
		.next_hop = *next_hop,
		.first_as = update->first_as,
		.origin_as = update->origin_as,
		.path_len = update->path_len,
		.has_loop = update->has_loop,
	};
	uint64_t count = 0;

	while (bgp_prefixes_next(&prefixes, &route.prefix, NULL)) {
		put(received, &route);
		count++;
	}
	return count;
}

void bgp_received_add(struct bgp_received *received, const struct bgp_update *update)
{
	struct bgp_received_counts *counts = &received->counts;

	counts->updates++;
	counts->discarded_attrs += update->discarded;
	counts->foreign_families += update->foreign_families;
	if (update->verdict == BGP_UPDATE_WITHDRAW)
		counts->faulty_updates++;
	if (update->has_loop)
		counts->loops++;
	if (update->is_end_of_rib)
		counts->end_of_rib[update->end_of_rib]++;
	for (size_t i = 0; i < COUNT_OF(update->withdrawn); i++)
		counts->withdrawn += drop_all(received, update->withdrawn[i]);
	if (update->verdict == BGP_UPDATE_WITHDRAW) {
		for (size_t i = 0; i < COUNT_OF(update->announced); i++)
			counts->treated_as_withdraw += drop_all(received, update->announced[i]);
		return;
	}
	counts->announced += put_all(received, update->announced[0], update, &update->next_hop);
	counts->announced += put_all(received, update->announced[1], update, &update->mp_next_hop);
}
