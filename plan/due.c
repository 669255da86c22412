/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/due.h"

#include "base/mem.h"

void due_init(struct due *due, size_t capacity)
{
	*due = (struct due){
		.at_ns = xnew_array(uint64_t, capacity + 1),
		.heap = xnew_array(uint32_t, capacity + 1),
		.places = xnew_array(uint32_t, capacity + 1),
	};
	for (size_t i = 0; i <= capacity; i++)
		due->at_ns[i] = DUE_NEVER;
}

void due_fini(struct due *due)
{
	free(due->at_ns);
	free(due->heap);
	free(due->places);
	*due = (struct due){ 0 };
}

static void put(struct due *due, size_t place, uint32_t index)
{
	due->heap[place] = index;
	due->places[index] = (uint32_t)place;
}

static uint64_t at(const struct due *due, size_t place)
{
	return due->at_ns[due->heap[place]];
}

static void swap(struct due *due, size_t a, size_t b)
{
	uint32_t index = due->heap[a];

	put(due, a, due->heap[b]);
	put(due, b, index);
}

static void rise(struct due *due, size_t place)
{
	while (place > 0 && at(due, place) < at(due, (place - 1) / 2)) {
		swap(due, place, (place - 1) / 2);
		place = (place - 1) / 2;
	}
}

static void sink(struct due *due, size_t place)
{
	for (;;) {
		size_t least = place;

		for (size_t child = 2 * place + 1; child <= 2 * place + 2; child++) {
			if (child < due->count && at(due, child) < at(due, least))
				least = child;
		}
		if (least == place)
			return;
		swap(due, place, least);
		place = least;
	}
}

static void drop(struct due *due, size_t index)
{
	size_t place = due->places[index];

	due->at_ns[index] = DUE_NEVER;
	due->count--;
	if (place == due->count)
		return;
	put(due, place, due->heap[due->count]);
	rise(due, place);
	sink(due, place);
}

void due_set(struct due *due, size_t index, uint64_t at_ns)
{
	uint64_t before = due->at_ns[index];

	if (at_ns == before)
		return;
	if (at_ns == DUE_NEVER) {
		drop(due, index);
		return;
	}
	due->at_ns[index] = at_ns;
	if (before == DUE_NEVER)
		put(due, due->count++, (uint32_t)index);
	rise(due, due->places[index]);
	sink(due, due->places[index]);
}

uint64_t due_next_ns(const struct due *due)
{
	return due->count > 0 ? at(due, 0) : DUE_NEVER;
}

size_t due_next(const struct due *due)
{
	return due->heap[0];
}
