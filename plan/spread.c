/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/spread.h"

#include "base/mem.h"

#include <string.h>

/* Of the nodes that are candidates at all: the others can carry nothing. */
static size_t share_of(const struct ownership_address *addresses, size_t count, size_t member_count)
{
	auto_(freep) bool *takes_part = xnew_array(bool, member_count + 1);
	size_t nodes = 0;
	size_t owned = 0;

	for (size_t i = 0; i < count; i++) {
		owned += addresses[i].count > 0;
		for (size_t k = 0; k < addresses[i].count; k++)
			takes_part[addresses[i].candidates[k]] = true;
	}
	for (size_t i = 0; i < member_count; i++)
		nodes += takes_part[i];
	return nodes > 0 ? (owned * 5 + nodes * 4 - 1) / (nodes * 4) : 0;
}

size_t spread_orders(uint16_t *candidates, const struct ownership_address *addresses, size_t count,
	size_t member_count)
{
	auto_(freep) size_t *loads = xnew_array(size_t, member_count + 1);
	size_t share = share_of(addresses, count, member_count);
	size_t changed = 0;

	for (size_t i = 0; i < count; i++) {
		uint16_t *order = candidates + (addresses[i].candidates - candidates);
		size_t rank = 0;
		uint16_t first;

		if (addresses[i].count == 0)
			continue;
		while (rank < addresses[i].count && loads[order[rank]] >= share)
			rank++;
		/* All that could are full: others were candidates of too few. */
		if (rank == addresses[i].count)
			rank = 0;
		first = order[rank];
		memmove(order + 1, order, rank * sizeof(order[0]));
		order[0] = first;
		loads[first]++;
		changed += rank > 0;
	}
	return changed;
}
