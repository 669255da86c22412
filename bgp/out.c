/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One peer of a group: what it has been told and what comes next.
 *
 * Work goes in batches. A batch is the end of the two lists of a family, all that changed since the
 * peer was told last, sorted by attributes; it is then turned into messages as the session asks for
 * them. A route that changes while it waits in a batch is skipped there and is in the next one, in
 * its latest state. A marker (End-of-RIB, EoRR) is true, and sent, once all is told that there was
 * when it became due, skipped routes in their later state; what came since does not hold it up. A
 * family that filled a buffer lets the other one begin the next.
 */

#include "base/mem.h"
#include "bgp/message.h"
#include "bgp/rib_private.h"

#include <string.h>

enum {
	BATCH_KEEP = 1024, /* a batch of up to so many routes keeps its memory */
	REFRESH_LEN = BGP_HEADER_LEN + 4,
};

struct bgp_out *bgp_out_new(struct bgp_rib *rib, void (*wake)(void *user), void *user)
{
	struct bgp_out *out = xnew(struct bgp_out);

	out->rib = rib;
	out->wake = wake;
	out->user = user;
	LIST_INSERT_HEAD(&rib->outs, out, link);
	return out;
}

struct bgp_out *bgp_out_free(struct bgp_out *out)
{
	if (!out)
		return NULL;

	bgp_out_down(out);
	LIST_REMOVE(out, link);
	free(out);
	return NULL;
}

static void batch_drop(struct out_family *family)
{
	family->batch_count = 0;
	family->batch_at = 0;
	family->batch_withdrawals = 0;
	if (family->batch_capacity <= BATCH_KEEP)
		return;
	free(family->batch);
	family->batch = NULL;
	family->batch_capacity = 0;
}

/* Forgets what the peer holds and what it waits for. */
static void family_reset(struct out_family *family)
{
	free(family->held);
	free(family->batch);
	*family = (struct out_family){ 0 };
}

static bool is_agreed(const struct bgp_out *out, enum bgp_family i)
{
	return out->is_up && (out->ex.families & BGP_FAMILY_BIT(i));
}

void bgp_out_up(struct bgp_out *out, const struct bgp_export *ex)
{
	bgp_out_down(out);
	out->is_up = true;
	out->ex = *ex;
	out->messages = 0;
	out->bytes = 0;
	for (size_t i = 0; i < BGP_FAMILY_COUNT_; i++)
		out->family[i].is_end_of_rib_due = true;
	out->wake(out->user);
}

void bgp_out_down(struct bgp_out *out)
{
	out->is_up = false;
	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++) {
		family_reset(&out->family[i]);
		bgp_rib_sweep(out->rib, i);
	}
}

void bgp_out_refresh(struct bgp_out *out, enum bgp_family family)
{
	if (!is_agreed(out, family))
		return;
	out->family[family].is_refresh_wanted = true;
	out->wake(out->user);
}

/* The whole table of a family again; what the peer holds stays known. */
static void tell_all(struct out_family *family)
{
	batch_drop(family);
	family->told = 0;
}

static void tell_all_families(struct bgp_out *out)
{
	for (size_t i = 0; i < BGP_FAMILY_COUNT_; i++)
		tell_all(&out->family[i]);
	out->wake(out->user);
}

void bgp_out_set_drain(struct bgp_out *out, bool is_drain)
{
	if (out->is_drain == is_drain)
		return;
	out->is_drain = is_drain;
	if (out->is_up)
		tell_all_families(out);
}

void bgp_out_set_export(struct bgp_out *out, const struct bgp_export *ex)
{
	if (!out->is_up)
		return;
	out->ex = *ex;
	tell_all_families(out);
}

static void hold(struct out_family *family, const struct bgp_route_table *table, uint32_t number)
{
	const size_t word = number / 64;

	if (word >= family->held_words) {
		size_t words = (table->capacity + 63U) / 64U;

		family->held = xreallocarray(family->held, words, sizeof(*family->held));
		memset(family->held + family->held_words, 0,
			(words - family->held_words) * sizeof(*family->held));
		family->held_words = words;
	}
	family->held_count += !out_holds(family, number);
	family->held[word] |= UINT64_C(1) << (number % 64);
}

/* The peer knows that the route is gone; the last who had to know lets it be forgotten. */
static void let_go(struct bgp_out *out, enum bgp_family i, uint32_t number)
{
	struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];

	family->held[number / 64] &= ~(UINT64_C(1) << (number % 64));
	family->held_count--;
	if (table->routes[number].attrs == 0 && !bgp_rib_is_held(out->rib, i, number))
		bgp_route_table_remove(table, number);
}

/* What the peer holds of its old group is, in the new one, a route or one to withdraw. */
static void family_move(struct bgp_out *out, enum bgp_family i, struct bgp_rib *to)
{
	const struct bgp_route_table *from = &out->rib->table[i];
	struct bgp_route_table *table = &to->table[i];
	struct out_family *family = &out->family[i];
	auto_(freep) uint64_t *held = take(family->held);
	const struct out_family old = { .held = held, .held_words = family->held_words };

	tell_all(family);
	family->is_marker_armed = false; /* the new group counts anew */
	family->held_words = 0;
	family->held_count = 0;
	for (uint32_t n = 0; n < from->used; n++) {
		uint32_t number;

		if (!out_holds(&old, n))
			continue;
		number = bgp_route_table_find(table, bgp_route_table_key(from, n));
		if (number == BGP_ROUTE_NONE) {
			number = bgp_route_table_add(table, bgp_route_table_key(from, n));
			bgp_route_table_change(table, number, 0);
		}
		hold(family, table, number);
	}
}

void bgp_out_move(struct bgp_out *out, struct bgp_rib *to)
{
	struct bgp_rib *from = out->rib;

	if (from == to)
		return;
	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++)
		family_move(out, i, to);
	LIST_REMOVE(out, link);
	LIST_INSERT_HEAD(&to->outs, out, link);
	out->rib = to;
	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++)
		bgp_rib_sweep(from, i);
	if (out->is_up)
		out->wake(out->user);
}

static bool batch_is_left(const struct out_family *family)
{
	return family->batch_at < family->batch_count;
}

bool bgp_out_is_pending(const struct bgp_out *out)
{
	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++) {
		const struct out_family *family = &out->family[i];

		if (!is_agreed(out, i))
			continue;
		if (batch_is_left(family) || family->told < out->rib->table[i].seq ||
			family->is_refresh_wanted || family->is_refreshing ||
			(family->is_end_of_rib_due && out->rib->is_loaded))
			return true;
	}
	return false;
}

/* Live routes from the last one back to the first that the peer knows: how many of each number. */
static uint32_t batch_count_live(struct bgp_out *out, enum bgp_family i, size_t *ret_count)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct bgp_attr_set *sets = out->rib->attrs.sets;
	uint32_t chain = 0;
	uint32_t n = table->live.last;

	for (; n != BGP_ROUTE_NONE && table->routes[n].seq > out->family[i].told;
		n = table->routes[n].prev) {
		struct bgp_attr_set *set = &sets[table->routes[n].attrs];

		if (set->batch++ == 0) {
			set->batch_chain = chain;
			chain = table->routes[n].attrs;
		}
		(*ret_count)++;
	}
	return chain;
}

static size_t batch_count_dead(const struct bgp_out *out, enum bgp_family i)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	uint32_t n = table->dead.last;
	size_t count = 0;

	for (; n != BGP_ROUTE_NONE && table->routes[n].seq > out->family[i].told;
		n = table->routes[n].prev)
		count++;
	return count;
}

/*
 * Withdrawals: routes that are dead, and live ones that can no longer be told, if the peer holds
 * them. The latter are rare; what is not told must not stay there with old attributes.
 */
static void batch_withdrawals(struct bgp_out *out, enum bgp_family i)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];
	uint32_t n = table->dead.last;

	for (; n != BGP_ROUTE_NONE && table->routes[n].seq > family->told;
		n = table->routes[n].prev) {
		if (out_holds(family, n))
			family->batch[family->batch_count++] = n;
	}
	for (n = table->live.last; n != BGP_ROUTE_NONE && table->routes[n].seq > family->told;
		n = table->routes[n].prev) {
		if (out_holds(family, n) &&
			!bgp_export_can(&out->ex, i,
				bgp_attr_table_get(&out->rib->attrs, table->routes[n].attrs)))
			family->batch[family->batch_count++] = n;
	}
	family->batch_withdrawals = family->batch_count;
}

/* Gives each number its part of the batch: set->batch is then where that part ends. */
static void batch_part(struct bgp_out *out, enum bgp_family i, uint32_t chain)
{
	struct out_family *family = &out->family[i];
	struct bgp_attr_set *sets = out->rib->attrs.sets;

	for (; chain; chain = sets[chain].batch_chain) {
		if (bgp_export_can(&out->ex, i, &sets[chain].attrs))
			family->batch_count += sets[chain].batch;
		else
			sets[chain].batch = 0;
		if (sets[chain].batch)
			sets[chain].batch = (uint32_t)family->batch_count;
	}
}

/* Collects all that changed since the peer was told, sorted. O(changes). */
static void batch_collect(struct bgp_out *out, enum bgp_family i)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct bgp_attr_set *sets = out->rib->attrs.sets;
	struct out_family *family = &out->family[i];
	size_t count = batch_count_dead(out, i);
	uint32_t chain = batch_count_live(out, i, &count);
	uint32_t n;

	batch_drop(family);
	if (count > family->batch_capacity) {
		family->batch = xreallocarray(family->batch, count, sizeof(*family->batch));
		family->batch_capacity = count;
	}
	batch_withdrawals(out, i);
	batch_part(out, i, chain);
	for (n = table->live.last; n != BGP_ROUTE_NONE && table->routes[n].seq > family->told;
		n = table->routes[n].prev) {
		struct bgp_attr_set *set = &sets[table->routes[n].attrs];

		if (set->batch)
			family->batch[--set->batch] = n;
	}
	while (chain) {
		sets[chain].batch = 0;
		chain = sets[chain].batch_chain;
	}
	family->batch_seq = table->seq;
	family->told = table->seq;
}

/* The next route of the batch that is still as it was when it was collected. */
static uint32_t batch_peek(struct out_family *family, const struct bgp_route_table *table)
{
	for (; batch_is_left(family); family->batch_at++) {
		uint32_t number = family->batch[family->batch_at];

		if (table->routes[number].seq <= family->batch_seq)
			return number;
		if (table->routes[number].seq > family->marker_seq &&
			table->routes[number].seq <= table->seq) /* else the number is free */
			family->marker_seq = table->routes[number].seq;
	}
	return BGP_ROUTE_NONE;
}

static void fill_withdrawals(struct bgp_out *out, enum bgp_family i, struct bgp_update_build *build)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];
	uint32_t n;

	while (family->batch_at < family->batch_withdrawals) {
		const uint8_t *key;

		n = batch_peek(family, table);
		if (n == BGP_ROUTE_NONE || family->batch_at >= family->batch_withdrawals)
			return;
		key = bgp_route_table_key(table, n);
		if (!bgp_update_add(build, key + 1, key[0]))
			return;
		family->batch_at++;
		family->withdrawn++;
		let_go(out, i, n);
	}
}

/* Routes with the attributes @attrs, as long as they come and fit. */
static void fill_routes(
	struct bgp_out *out, enum bgp_family i, uint32_t attrs, struct bgp_update_build *build)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];
	uint32_t n;

	while ((n = batch_peek(family, table)) != BGP_ROUTE_NONE &&
		table->routes[n].attrs == attrs) {
		const uint8_t *key = bgp_route_table_key(table, n);

		if (!bgp_update_add(build, key + 1, key[0]))
			return;
		family->batch_at++;
		family->announced++;
		hold(family, table, n);
	}
}

/* The next message of the batch; 0 octets if the rest of it is void. */
static size_t fill_message(struct bgp_out *out, enum bgp_family i, struct wire_writer w)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];
	struct bgp_update_build build;
	uint32_t n = batch_peek(family, table);

	if (n == BGP_ROUTE_NONE)
		return 0;
	if (family->batch_at < family->batch_withdrawals) {
		bgp_withdraw_begin(&build, w, &out->ex, i);
		fill_withdrawals(out, i, &build);
	} else {
		uint32_t attrs = table->routes[n].attrs;

		bgp_update_begin(&build, w, &out->ex, i,
			bgp_attr_table_get(&out->rib->attrs, attrs), out->is_drain);
		fill_routes(out, i, attrs, &build);
	}
	return bgp_update_end(&build);
}

static bool refresh_may_begin(const struct bgp_out *out, const struct out_family *family)
{
	if (!family->is_refresh_wanted || family->is_refreshing)
		return false;
	/* RFC 7313 section 4: no BoRR before the End-of-RIB of the start. */
	return !out->ex.has_enhanced_refresh || !family->is_end_of_rib_due;
}

static void refresh_begin(struct bgp_out *out, enum bgp_family i, struct wire_writer *w)
{
	struct out_family *family = &out->family[i];

	family->is_refresh_wanted = false;
	family->refreshes++;
	tell_all(family);
	if (out->ex.has_enhanced_refresh) {
		family->is_refreshing = true;
		bgp_refresh_build(w, i, BGP_REFRESH_BEGIN);
	}
}

/* Between two batches: what can be said of all that was told. */
static void put_markers(struct bgp_out *out, enum bgp_family i, struct wire_writer *w)
{
	struct out_family *family = &out->family[i];
	bool is_end_of_rib_due = family->is_end_of_rib_due && out->rib->is_loaded;

	if (!is_end_of_rib_due && !family->is_refreshing)
		return;
	if (!family->is_marker_armed)
		family->marker_seq = out->rib->table[i].seq;
	family->is_marker_armed = true;
	if (family->told < family->marker_seq)
		return;
	family->is_marker_armed = false;
	if (is_end_of_rib_due) {
		bgp_end_of_rib_build(w, i);
		family->is_end_of_rib_due = false;
		family->is_end_of_rib_sent = true;
		out->messages++;
	}
	if (family->is_refreshing) {
		bgp_refresh_build(w, i, BGP_REFRESH_END);
		family->is_refreshing = false;
	}
}

/* Messages of one family, until there is nothing to say; false if the room ended first. */
static bool fill_family(struct bgp_out *out, enum bgp_family i, struct wire_writer *w)
{
	struct out_family *family = &out->family[i];

	for (;;) {
		if (!batch_is_left(family) && wire_room(w) >= out->ex.message_max)
			put_markers(out, i, w);
		if (wire_room(w) < out->ex.message_max)
			return false;
		if (batch_is_left(family)) {
			size_t len = fill_message(out, i, wire_writer(w->at, wire_room(w)));

			w->at += len;
			out->messages += len > 0;
		} else if (refresh_may_begin(out, family)) {
			refresh_begin(out, i, w);
		} else if (family->told < out->rib->table[i].seq) {
			batch_collect(out, i);
		} else {
			break;
		}
	}
	batch_drop(family);
	return true;
}

size_t bgp_out_fill(struct bgp_out *out, uint8_t *buf, size_t cap)
{
	struct wire_writer w = wire_writer(buf, cap);

	for (unsigned k = 0; k < BGP_FAMILY_COUNT_; k++) {
		enum bgp_family i = (out->turn + k) % BGP_FAMILY_COUNT_;

		if (is_agreed(out, i) && !fill_family(out, i, &w)) {
			out->turn = (i + 1) % BGP_FAMILY_COUNT_;
			break;
		}
	}
	out->bytes += wire_written(&w);
	return wire_written(&w);
}

struct bgp_out_view bgp_out_view(const struct bgp_out *out)
{
	struct bgp_out_view view = {
		.is_up = out->is_up,
		.is_drain = out->is_drain,
		.messages = out->messages,
		.bytes = out->bytes,
	};

	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++) {
		const struct out_family *family = &out->family[i];
		const struct bgp_route_table *table = &out->rib->table[i];
		bool is_in_step = family->told == table->seq && !batch_is_left(family);

		view.family[i] = (struct bgp_out_family_view){
			.is_agreed = is_agreed(out, i),
			.is_held_back = is_agreed(out, i) && is_in_step &&
				table->live.count > family->held_count,
			.is_end_of_rib_sent = family->is_end_of_rib_sent,
			.is_refreshing = family->is_refreshing,
			.held = family->held_count,
			.announced = family->announced,
			.withdrawn = family->withdrawn,
			.refreshes = family->refreshes,
		};
	}
	return view;
}
