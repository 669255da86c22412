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

/* Forgets what the peer holds and what it waits for. */
static void family_reset(struct out_family *family)
{
	free(family->held);
	free(family->batch.all.runs);
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
	out_batch_drop(&family->batch);
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

/* Room for a bit of each route that there is. */
static void held_room(struct out_family *family, const struct bgp_route_table *table)
{
	const size_t words = (table->capacity + 63U) / 64U;

	if (words <= family->held_words)
		return;
	family->held = xreallocarray(family->held, words, sizeof(*family->held));
	memset(family->held + family->held_words, 0,
		(words - family->held_words) * sizeof(*family->held));
	family->held_words = words;
}

static void hold(struct out_family *family, uint32_t first, uint32_t count)
{
	while (count > 0) {
		const uint32_t bit = first % 64;
		const uint32_t bits = count < 64 - bit ? count : 64 - bit;
		const uint64_t mask = UINT64_MAX >> (64 - bits) << bit;
		uint64_t *word = &family->held[first / 64];

		family->held_count += (size_t)__builtin_popcountll(mask & ~*word);
		*word |= mask;
		first += bits;
		count -= bits;
	}
}

/* The peer knows that the route is gone; the last who had to know lets it be forgotten. */
static void let_go(struct bgp_out *out, enum bgp_family i, uint32_t number)
{
	struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];

	family->held[number / 64] &= ~(UINT64_C(1) << (number % 64));
	family->held_count--;
	if (table->attrs[number] == 0 && !bgp_rib_is_held(out->rib, i, number))
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
		held_room(family, table);
		hold(family, number, 1);
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

bool bgp_out_is_pending(const struct bgp_out *out)
{
	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++) {
		const struct out_family *family = &out->family[i];

		if (!is_agreed(out, i))
			continue;
		if (out_batch_is_left(&family->batch) || family->told < out->rib->table[i].seq ||
			family->is_refresh_wanted || family->is_refreshing ||
			(family->is_end_of_rib_due && out->rib->is_loaded))
			return true;
	}
	return false;
}

static bool is_withdrawing(const struct out_family *family)
{
	return family->batch.at < family->batch.withdrawals;
}

static void fill_withdrawals(struct bgp_out *out, enum bgp_family i, struct bgp_update_build *build)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];

	while (is_withdrawing(family)) {
		uint32_t n = out_batch_peek(family, table);
		const uint8_t *key;

		if (n == BGP_ROUTE_NONE || !is_withdrawing(family))
			return;
		key = bgp_route_table_key(table, n);
		if (!bgp_update_add(build, key + 1, key[0]))
			return;
		out_batch_skip(&family->batch, 1);
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

	while ((n = out_batch_peek(family, table)) != BGP_ROUTE_NONE && table->attrs[n] == attrs) {
		size_t most = bgp_update_room(build) / table->key_len + 1;
		uint32_t count = bgp_update_add_keys(build, bgp_route_table_key(table, n),
			table->key_len, out_batch_run(family, table, most));

		if (count == 0)
			return;
		out_batch_skip(&family->batch, count);
		family->announced += count;
		hold(family, n, count);
	}
}

/* The next message of the batch; 0 octets if the rest of it is void. */
static size_t fill_message(struct bgp_out *out, enum bgp_family i, struct wire_writer w)
{
	const struct bgp_route_table *table = &out->rib->table[i];
	struct out_family *family = &out->family[i];
	struct bgp_update_build build;
	uint32_t n = out_batch_peek(family, table);

	if (n == BGP_ROUTE_NONE)
		return 0;
	if (is_withdrawing(family)) {
		bgp_withdraw_begin(&build, w, &out->ex, i);
		fill_withdrawals(out, i, &build);
	} else {
		uint32_t attrs = table->attrs[n];

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
		if (!out_batch_is_left(&family->batch) && wire_room(w) >= out->ex.message_max)
			put_markers(out, i, w);
		if (wire_room(w) < out->ex.message_max)
			return false;
		if (out_batch_is_left(&family->batch)) {
			size_t len = fill_message(out, i, wire_writer(w->at, wire_room(w)));

			w->at += len;
			out->messages += len > 0;
		} else if (refresh_may_begin(out, family)) {
			refresh_begin(out, i, w);
		} else if (family->told < out->rib->table[i].seq) {
			held_room(family, &out->rib->table[i]);
			out_batch_collect(out, i);
		} else {
			break;
		}
	}
	out_batch_drop(&family->batch);
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
		bool is_in_step = family->told == table->seq && !out_batch_is_left(&family->batch);

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
