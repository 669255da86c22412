/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The batch of a peer and family: the end of the two lists of changes, all that is not told yet, as
 * runs of routes sorted by attributes. Routes that were put one after the other have neighbouring
 * numbers, so that a whole table is often a handful of runs.
 */

#include "base/mem.h"
#include "bgp/rib_private.h"

enum {
	RUNS_KEEP = 512, /* a batch of up to so many runs keeps its memory */
	RUNS_MIN = 16,
};

static void runs_add(struct out_runs *runs, uint32_t first, uint32_t count)
{
	if (runs->count == runs->capacity) {
		runs->capacity = runs->capacity ? 2 * runs->capacity : RUNS_MIN;
		runs->runs = xreallocarray(runs->runs, runs->capacity, sizeof(*runs->runs));
	}
	runs->runs[runs->count++] = (struct out_run){ first, count };
}

void out_batch_drop(struct out_batch *batch)
{
	batch->all.count = 0;
	batch->at = 0;
	batch->withdrawals = 0;
	if (batch->all.capacity <= RUNS_KEEP)
		return;
	free(batch->all.runs);
	batch->all = (struct out_runs){ 0 };
}

/*
 * The live route before @n, from BGP_ROUTE_NONE on, that the peer has not been told of as it is now;
 * BGP_ROUTE_NONE after the first. Of a whole table in the order of numbers, as they lie in memory: a
 * walk along the list would wait for each one.
 */
static uint32_t untold_before(const struct bgp_route_table *table, uint64_t told, uint32_t n)
{
	if (told == 0) {
		n = n == BGP_ROUTE_NONE ? table->used : n;
		while (n > 0 && table->attrs[n - 1] == 0)
			n--;
		return n > 0 ? n - 1 : BGP_ROUTE_NONE;
	}
	n = n == BGP_ROUTE_NONE ? table->live.last : table->routes[n].prev;
	return n != BGP_ROUTE_NONE && table->seqs[n] > told ? n : BGP_ROUTE_NONE;
}

/*
 * Live routes that the peer shall be told of, as runs, the last one first. Return: the chain of their
 * attributes; set->batch is then how many runs have them.
 */
static uint32_t collect_live(struct bgp_out *out, enum bgp_family i, struct out_runs *runs)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct bgp_attr_set *sets = out->rib->attrs.sets;
	const uint64_t told = out->family[i].told;
	uint32_t n = untold_before(table, told, BGP_ROUTE_NONE);
	uint32_t chain = 0;

	while (n != BGP_ROUTE_NONE) {
		const uint32_t attrs = table->attrs[n];
		const uint32_t last = n;
		uint32_t first;

		do {
			first = n;
			n = untold_before(table, told, n);
		} while (n != BGP_ROUTE_NONE && n + 1 == first && table->attrs[n] == attrs);
		runs_add(runs, first, last - first + 1);
		if (sets[attrs].batch++ == 0) {
			sets[attrs].batch_chain = chain;
			chain = attrs;
		}
	}
	return chain;
}

/* Attributes that can not be told to the peer get a part of no runs. */
static void refuse_parts(struct bgp_out *out, enum bgp_family i, uint32_t chain)
{
	struct bgp_attr_set *sets = out->rib->attrs.sets;

	for (; chain; chain = sets[chain].batch_chain) {
		if (!bgp_export_can(&out->ex, i, &sets[chain].attrs))
			sets[chain].batch = 0;
	}
}

/*
 * Withdrawals: routes that are dead, and live ones that can no longer be told, if the peer holds
 * them. The latter are rare; what is not told must not stay there with old attributes.
 */
static void add_withdrawals(struct bgp_out *out, enum bgp_family i, const struct out_runs *live)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	const struct bgp_attr_set *sets = out->rib->attrs.sets;
	struct out_family *family = &out->family[i];

	for (uint32_t n = table->dead.last; n != BGP_ROUTE_NONE && table->seqs[n] > family->told;
		n = table->routes[n].prev) {
		if (out_holds(family, n))
			runs_add(&family->batch.all, n, 1);
	}
	for (size_t k = 0; k < live->count; k++) {
		const struct out_run *run = &live->runs[k];

		if (sets[table->attrs[run->first]].batch > 0)
			continue;
		for (uint32_t n = run->first; n < run->first + run->count; n++) {
			if (out_holds(family, n))
				runs_add(&family->batch.all, n, 1);
		}
	}
	family->batch.withdrawals = family->batch.all.count;
}

/* Gives each value its part of the batch: set->batch is then where that part ends. */
static void make_parts(struct bgp_out *out, enum bgp_family i, uint32_t chain)
{
	struct out_runs *all = &out->family[i].batch.all;
	struct bgp_attr_set *sets = out->rib->attrs.sets;
	size_t end = all->count;

	for (; chain; chain = sets[chain].batch_chain) {
		end += sets[chain].batch;
		if (sets[chain].batch)
			sets[chain].batch = (uint32_t)end;
	}
	all->count = end;
	if (end <= all->capacity)
		return;
	all->runs = xreallocarray(all->runs, end, sizeof(*all->runs));
	all->capacity = end;
}

void out_batch_collect(struct bgp_out *out, enum bgp_family i)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct bgp_attr_set *sets = out->rib->attrs.sets;
	struct out_family *family = &out->family[i];
	struct out_runs live = { 0 };
	uint32_t chain = collect_live(out, i, &live);

	out_batch_drop(&family->batch);
	refuse_parts(out, i, chain);
	add_withdrawals(out, i, &live);
	make_parts(out, i, chain);
	for (size_t k = 0; k < live.count; k++) {
		struct bgp_attr_set *set = &sets[table->attrs[live.runs[k].first]];

		if (set->batch)
			family->batch.all.runs[--set->batch] = live.runs[k];
	}
	for (; chain; chain = sets[chain].batch_chain)
		sets[chain].batch = 0;
	free(live.runs);
	family->batch.seq = table->seq;
	family->told = table->seq;
}

void out_batch_skip(struct out_batch *batch, uint32_t count)
{
	struct out_run *run = &batch->all.runs[batch->at];

	run->first += count;
	run->count -= count;
	if (run->count == 0)
		batch->at++;
}

uint32_t out_batch_peek(struct out_family *family, const struct bgp_route_table *table)
{
	struct out_batch *batch = &family->batch;

	while (out_batch_is_left(batch)) {
		uint32_t number = batch->all.runs[batch->at].first;

		if (table->seqs[number] <= batch->seq)
			return number;
		if (table->seqs[number] > family->marker_seq &&
			table->seqs[number] <= table->seq) /* else the number is free */
			family->marker_seq = table->seqs[number];
		out_batch_skip(batch, 1);
	}
	return BGP_ROUTE_NONE;
}

uint32_t out_batch_run(
	const struct out_family *family, const struct bgp_route_table *table, size_t most)
{
	const struct out_run *run = &family->batch.all.runs[family->batch.at];
	const uint32_t end = run->count < most ? run->count : (uint32_t)most;
	uint32_t count = 0;

	while (count < end && table->seqs[run->first + count] <= family->batch.seq)
		count++;
	return count;
}
