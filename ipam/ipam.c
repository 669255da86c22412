/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/ipam.h"

#include "base/mem.h"
#include "ipam/choose.h"

#include <string.h>

enum {
	ROUNDS_MAX = 8, /* of serving those that wait, after one of them gave something up */
};

struct ipam {
	enum ipam_mode mode;
	char *class;
	bool has_run; /* pools were read once */
	struct ledger ledger;
	struct name_tree names;   /* every Service */
	struct order_tree orders; /* the same, in the order in which they are served */
	struct wait_tree waits;   /* those that did not get what they asked for */
	struct entry **touched;   /* by the update that runs; the array is owned */
	size_t touched_count;
	size_t touched_capacity;
};

static int name_compare(struct entry *a, struct entry *b)
{
	int order = strcmp(a->now.request->ns, b->now.request->ns);

	return order != 0 ? order : strcmp(a->now.request->name, b->now.request->name);
}

static int order_compare(struct entry *a, struct entry *b)
{
	bool a_claims = a->now.request->claim_count > 0;
	bool b_claims = b->now.request->claim_count > 0;

	if (a_claims != b_claims)
		return a_claims ? -1 : 1;
	return ipam_request_compare(a->now.request, b->now.request);
}

TREE_GENERATE(name_tree, entry, by_name, name_compare)
TREE_GENERATE(order_tree, entry, by_order, order_compare)
TREE_GENERATE(wait_tree, entry, by_wait, order_compare)

static const char *const outcome_names[IPAM_OUTCOME_COUNT_] = {
	[IPAM_ASSIGNED] = "assigned",
	[IPAM_KEPT_DESPITE_REQUEST] = "kept_despite_request",
	[IPAM_PARTLY_ASSIGNED] = "partly_assigned",
	[IPAM_NOT_LOAD_BALANCER] = "not_load_balancer",
	[IPAM_OTHER_CLASS] = "other_load_balancer_class",
	[IPAM_NO_POOLS] = "no_pools",
	[IPAM_NO_CLUSTER_IP] = "no_cluster_ip",
	[IPAM_NOT_ENOUGH_CLUSTER_IPS] = "not_enough_cluster_ips",
	[IPAM_BAD_REQUEST] = "bad_request",
	[IPAM_UNKNOWN_POOL] = "unknown_pool",
	[IPAM_POOL_NOT_ALLOWED] = "pool_not_allowed",
	[IPAM_NOT_IN_POOLS] = "not_in_pools",
	[IPAM_IN_USE] = "in_use",
	[IPAM_EXHAUSTED] = "exhausted",
	[IPAM_NOT_PUBLISHED] = "not_published",
};

const char *ipam_outcome_name(enum ipam_outcome outcome)
{
	return outcome_names[outcome];
}

struct ipam *ipam_new(enum ipam_mode mode, const char *class)
{
	struct ipam *ipam = xnew(struct ipam);

	ipam->mode = mode;
	ipam->class = xstrdup(class ? class : "");
	RB_INIT(&ipam->names);
	RB_INIT(&ipam->orders);
	RB_INIT(&ipam->waits);
	return ipam;
}

static void entry_free(struct entry *entry)
{
	ipam_request_free(entry->now.request);
	free(entry->now.detail);
	free(entry->detail_before);
	free(entry);
}

struct ipam *ipam_free(struct ipam *ipam)
{
	struct entry *entry;

	if (!ipam)
		return NULL;
	while ((entry = RB_ROOT(&ipam->names))) {
		RB_REMOVE(name_tree, &ipam->names, entry);
		entry_free(entry);
	}
	ledger_fini(&ipam->ledger);
	free(ipam->touched);
	free(ipam->class);
	free(ipam);
	return NULL;
}

static struct entry *find(const struct ipam *ipam, const char *ns, const char *name)
{
	struct ipam_request request = { .ns = (char *)ns, .name = (char *)name };
	struct entry wanted = { .now = { .request = &request } };

	return RB_FIND(name_tree, (struct name_tree *)&ipam->names, &wanted);
}

static struct entry *add(struct ipam *ipam, struct ipam_request *request)
{
	struct entry *entry = xnew(struct entry);

	entry->now.request = request;
	entry->now.outcome = IPAM_NOT_LOAD_BALANCER;
	RB_INSERT(name_tree, &ipam->names, entry);
	return entry;
}

void ipam_restore(struct ipam *ipam, const char *ns, const char *name, const struct ip *ip)
{
	struct entry *entry = find(ipam, ns, name);

	if (!entry) {
		struct ipam_request *request = xnew(struct ipam_request);

		request->ns = xstrdup(ns);
		request->name = xstrdup(name);
		entry = add(ipam, request);
		RB_INSERT(order_tree, &ipam->orders, entry);
	}
	if (entry->keep_count < COUNT_OF(entry->keep))
		entry->keep[entry->keep_count++] = *ip;
}

/* Notes how @entry was before this update, once. */
static void touch(struct ipam *ipam, struct entry *entry)
{
	if (entry->is_touched)
		return;
	entry->is_touched = true;
	entry->before_count = entry->now.count;
	memcpy(entry->before, entry->now.ips, sizeof(entry->before));
	entry->outcome_before = entry->now.outcome;
	free(entry->detail_before);
	entry->detail_before = entry->now.detail ? xstrdup(entry->now.detail) : NULL;
	*array_add(ipam->touched, ipam->touched_count, ipam->touched_capacity) = entry;
}

static void stop_waiting(struct ipam *ipam, struct entry *entry)
{
	if (entry->is_waiting)
		RB_REMOVE(wait_tree, &ipam->waits, entry);
	entry->is_waiting = false;
}

/* Takes everything from @entry, which will want it back. */
static void release(struct ipam *ipam, struct entry *entry)
{
	touch(ipam, entry);
	stop_waiting(ipam, entry);
	entry->is_holder = entry->now.count > 0;
	if (ipam->mode == IPAM_SELF && entry->is_holder) {
		memcpy(entry->keep, entry->now.ips, sizeof(entry->keep));
		entry->keep_count = entry->now.count;
	}
	(void)ledger_release(&ipam->ledger, entry);
}

/* Which outcomes end when another Service gives something up. */
static bool may_end(enum ipam_outcome outcome)
{
	return outcome == IPAM_EXHAUSTED || outcome == IPAM_IN_USE ||
		outcome == IPAM_PARTLY_ASSIGNED || outcome == IPAM_KEPT_DESPITE_REQUEST;
}

/* The request itself is at fault: what was held before is no title any more. */
static bool is_final(enum ipam_outcome outcome)
{
	return outcome == IPAM_BAD_REQUEST || outcome == IPAM_UNKNOWN_POOL ||
		outcome == IPAM_POOL_NOT_ALLOWED || outcome == IPAM_NOT_IN_POOLS;
}

/* A status may be honoured, once its address is free, although else there is nothing to give. */
static bool may_end_by_claim(enum ipam_outcome outcome)
{
	return is_final(outcome) || outcome == IPAM_NOT_PUBLISHED;
}

static void assign(struct ipam *ipam, const struct model *model, struct entry *entry)
{
	touch(ipam, entry);
	free(entry->now.detail);
	entry->now.detail = NULL;
	entry->now.outcome = ipam_choose(&ipam->ledger, model, entry, ipam->mode == IPAM_FOLLOW);
	if (entry->now.count > 0 || is_final(entry->now.outcome))
		entry->keep_count = 0;
	if (may_end(entry->now.outcome) ||
		(may_end_by_claim(entry->now.outcome) && entry->now.request->claim_count > 0)) {
		entry->is_waiting = true;
		RB_INSERT(wait_tree, &ipam->waits, entry);
	}
}

/* The best title that @entry has; IPAM_TITLE_COUNT_: none. */
static enum ipam_title title_of(const struct entry *entry)
{
	if (entry->is_holder && entry->keep_count > 0)
		return IPAM_TITLE_HELD;
	if (entry->now.request->claim_count > 0)
		return IPAM_TITLE_STATUS;
	return entry->keep_count > 0 ? IPAM_TITLE_RESTORED : IPAM_TITLE_COUNT_;
}

static int serve_compare(const void *a, const void *b)
{
	struct entry *left = *(struct entry *const *)a;
	struct entry *right = *(struct entry *const *)b;
	int order = (int)title_of(left) - (int)title_of(right);

	return order != 0 ? order : order_compare(left, right);
}

struct batch {
	struct entry **at;
	size_t count;
	size_t capacity;
};

/*
 * Puts aside what everybody has a title to: all with the best title before any with the next. Who had
 * no use for it (both families or nothing) does not keep it from the others a second time.
 */
static void reserve(struct ipam *ipam, const struct model *model, const struct batch *batch)
{
	for (unsigned title = 0; title < IPAM_TITLE_COUNT_; title++) {
		for (size_t i = 0; i < batch->count; i++) {
			if (!batch->at[i]->is_futile && title_of(batch->at[i]) < IPAM_TITLE_COUNT_)
				ipam_reserve(&ipam->ledger, model, batch->at[i], title);
		}
	}
}

static bool holds(const struct entry *entry, const struct ip *ip)
{
	return (entry->now.count > 0 && ip_equal(&entry->now.ips[0], ip)) ||
		(entry->now.count > 1 && ip_equal(&entry->now.ips[1], ip));
}

/*
 * Assigns all of @batch anew, in order; each was released before. Everybody's own is put aside first:
 * or who lacks one of two addresses would draw what another, who is served later, has. Return: true if something that was put aside is free after all.
 */
static bool serve(struct ipam *ipam, const struct model *model, struct batch *batch)
{
	bool is_freed = false;

	if (batch->count > 1)
		qsort(batch->at, batch->count, sizeof(struct entry *), serve_compare);
	if (ipam->mode != IPAM_FOLLOW)
		reserve(ipam, model, batch);
	for (size_t i = 0; i < batch->count; i++) {
		struct entry *entry = batch->at[i];
		struct ip own[2] = { entry->now.ips[0], entry->now.ips[1] };
		size_t count = entry->now.count;

		(void)ledger_release(&ipam->ledger, entry);
		assign(ipam, model, entry);
		for (size_t k = 0; k < count; k++)
			is_freed |= !holds(entry, &own[k]);
		entry->is_futile |= count > 0 && entry->now.count == 0;
	}
	return is_freed;
}

static bool serve_waiting(struct ipam *ipam, const struct model *model)
{
	struct batch batch = { 0 };
	struct entry *entry;
	bool is_freed;

	RB_FOREACH(entry, wait_tree, &ipam->waits)
		*array_add(batch.at, batch.count, batch.capacity) = entry;
	for (size_t i = 0; i < batch.count; i++)
		release(ipam, batch.at[i]);
	is_freed = serve(ipam, model, &batch);
	free(batch.at);
	return is_freed;
}

/* The Service is gone: reports it and forgets it. */
static void forget(struct ipam *ipam, struct entry *entry, ipam_change_fn *on_change, void *user)
{
	struct ipam_change change = {
		.ns = entry->now.request->ns,
		.name = entry->now.request->name,
		.before_count = entry->now.count,
	};

	memcpy(change.before, entry->now.ips, sizeof(change.before));
	release(ipam, entry);
	if (on_change)
		on_change(user, &change);
	RB_REMOVE(name_tree, &ipam->names, entry);
	RB_REMOVE(order_tree, &ipam->orders, entry);
	for (size_t i = 0; i < ipam->touched_count; i++) {
		if (ipam->touched[i] == entry)
			ipam->touched[i] = ipam->touched[--ipam->touched_count];
	}
	entry_free(entry);
}

/* Puts @request in the place of the old one. */
static void replace_request(struct ipam *ipam, struct entry *entry, struct ipam_request *request)
{
	RB_REMOVE(name_tree, &ipam->names, entry);
	RB_REMOVE(order_tree, &ipam->orders, entry);
	ipam_request_free(entry->now.request);
	entry->now.request = request;
	RB_INSERT(name_tree, &ipam->names, entry);
	RB_INSERT(order_tree, &ipam->orders, entry);
}

/* Everyone behind @first, in the order in which Services are served, is decided anew. */
static void release_from(struct ipam *ipam, struct entry *first, struct batch *batch)
{
	for (struct entry *at = first; at; at = RB_NEXT(order_tree, &ipam->orders, at)) {
		release(ipam, at);
		*array_add(batch->at, batch->count, batch->capacity) = at;
	}
}

struct update {
	struct ipam *ipam;
	const struct model *model;
	ipam_change_fn *on_change;
	void *user;
	struct batch changed; /* released, to be assigned again */
	struct entry *first;  /* IPAM_MANIFESTS: all from here on */
	bool is_freed;        /* somebody gave something up or is asking for less */
	bool has_claims;      /* what is put aside for a status may be another than before */
};

/* The earliest place in the order from which on everything must be decided anew. */
static void note_first(struct update *update, struct entry *entry)
{
	if (entry && (!update->first || order_compare(entry, update->first) < 0))
		update->first = entry;
}

/* What @entry has, or would have, is more than what its status says, or something else. */
static bool is_drawing(const struct entry *entry)
{
	const struct ipam_assignment *now = &entry->now;
	const struct ipam_request *request = now->request;
	size_t claimed = 0;

	for (size_t i = 0; i < now->count * request->claim_count; i++)
		claimed += ip_equal(&now->ips[i / request->claim_count],
			&request->claims[i % request->claim_count]);
	return now->outcome != IPAM_ASSIGNED ? may_end(now->outcome) || is_final(now->outcome) :
					       claimed < now->count;
}

/* A status counts before whatever is drawn, also by those who are served earlier. */
static void note_first_drawing(struct update *update)
{
	struct entry *entry;

	RB_FOREACH(entry, order_tree, &update->ipam->orders) {
		if (is_drawing(entry)) {
			note_first(update, entry);
			return;
		}
	}
}

static void remove_entry(struct update *update, struct entry *entry)
{
	struct entry *next = RB_NEXT(order_tree, &update->ipam->orders, entry);
	bool held = entry->now.count > 0;

	if (update->first == entry)
		update->first = next;
	if (held)
		note_first(update, next);
	update->is_freed |= held;
	update->has_claims |= entry->now.request->claim_count > 0;
	forget(update->ipam, entry, update->on_change, update->user);
}

static void change_entry(struct update *update, struct entry *entry, struct ipam_request *request)
{
	struct ipam *ipam = update->ipam;
	struct entry *next = RB_NEXT(order_tree, &ipam->orders, entry);

	update->is_freed |= entry->now.count > 0;
	update->has_claims |= entry->now.request->claim_count + request->claim_count > 0;
	if (update->first == entry)
		update->first = next;
	note_first(update, next);
	release(ipam, entry);
	replace_request(ipam, entry, request);
	note_first(update, entry);
	*array_add(update->changed.at, update->changed.count, update->changed.capacity) = entry;
}

static void add_entry(struct update *update, struct ipam_request *request)
{
	struct entry *entry = add(update->ipam, request);

	RB_INSERT(order_tree, &update->ipam->orders, entry);
	note_first(update, entry);
	update->has_claims |= request->claim_count > 0;
	*array_add(update->changed.at, update->changed.count, update->changed.capacity) = entry;
}

/* Finds out what became of one Service. */
static void inspect(struct update *update, const struct service_key *key)
{
	struct entry *entry = find(update->ipam, key->ns, key->name);
	const struct object *object = model_find(update->model, MODEL_SERVICE, key->ns, key->name);
	struct ipam_request *request;

	if (!object) {
		if (entry)
			remove_entry(update, entry);
		return;
	}
	request = ipam_request_new((const struct service *)object, update->ipam->class);
	if (!entry)
		add_entry(update, request);
	else if (!ipam_request_equal(entry->now.request, request))
		change_entry(update, entry, request);
	else
		ipam_request_free(request);
}

static void read_pools(struct update *update)
{
	struct ipam *ipam = update->ipam;
	struct entry *entry;

	update->changed.count = 0;
	RB_FOREACH(entry, order_tree, &ipam->orders) {
		release(ipam, entry);
		*array_add(update->changed.at, update->changed.count,
			update->changed.capacity) = entry;
	}
	ipam_pools_fini(&ipam->ledger.pools);
	ipam_pools_init(&ipam->ledger.pools, update->model);
	ipam->has_run = true;
}

static bool is_changed(const struct entry *entry)
{
	const struct ipam_assignment *now = &entry->now;

	return now->count != entry->before_count || now->outcome != entry->outcome_before ||
		strcmp(now->detail ? now->detail : "",
			entry->detail_before ? entry->detail_before : "") != 0 ||
		memcmp(now->ips, entry->before, now->count * sizeof(now->ips[0])) != 0;
}

static void report_changes(struct update *update)
{
	struct ipam *ipam = update->ipam;

	for (size_t i = 0; i < ipam->touched_count; i++) {
		struct entry *entry = ipam->touched[i];
		struct ipam_change change = {
			.ns = entry->now.request->ns,
			.name = entry->now.request->name,
			.before_count = entry->before_count,
			.now = &entry->now,
		};

		entry->is_touched = false;
		entry->is_futile = false;
		memcpy(change.before, entry->before, sizeof(change.before));
		if (update->on_change && is_changed(entry))
			update->on_change(update->user, &change);
	}
	ipam->touched_count = 0;
}

void ipam_update(struct ipam *ipam, const struct model *model, const struct model_dirty *dirty,
	ipam_change_fn *on_change, void *user)
{
	struct update update = {
		.ipam = ipam, .model = model, .on_change = on_change, .user = user
	};

	for (size_t i = 0; i < dirty->count; i++)
		inspect(&update, &dirty->at[i]);
	if (dirty->is_all || !ipam->has_run) {
		read_pools(&update);
	} else if (ipam->mode == IPAM_MANIFESTS) {
		if (update.has_claims)
			note_first_drawing(&update);
		update.changed.count = 0;
		release_from(ipam, update.first, &update.changed);
	}
	update.is_freed |= serve(ipam, model, &update.changed);
	for (unsigned i = 0; i < ROUNDS_MAX && update.is_freed && ipam->mode != IPAM_MANIFESTS; i++)
		update.is_freed = serve_waiting(ipam, model);
	report_changes(&update);
	free(update.changed.at);
}

const struct ipam_assignment *ipam_find(const struct ipam *ipam, const char *ns, const char *name)
{
	const struct entry *entry = find(ipam, ns, name);

	return entry ? &entry->now : NULL;
}

const struct ipam_assignment *ipam_first(const struct ipam *ipam)
{
	struct entry *entry = RB_MIN(name_tree, (struct name_tree *)&ipam->names);

	return entry ? &entry->now : NULL;
}

const struct ipam_assignment *ipam_next(
	const struct ipam *ipam, const struct ipam_assignment *assignment)
{
	struct entry *entry = find(ipam, assignment->request->ns, assignment->request->name);

	entry = entry ? RB_NEXT(name_tree, &ipam->names, entry) : NULL;
	return entry ? &entry->now : NULL;
}

size_t ipam_pool_count(const struct ipam *ipam)
{
	return ipam->ledger.pools.count;
}

struct ipam_pool_view ipam_pool_at(const struct ipam *ipam, size_t i)
{
	const struct ipam_pool *pool = &ipam->ledger.pools.at[i];

	return (struct ipam_pool_view){
		.name = pool->name,
		.total = { pool->total[0], pool->total[1] },
		.in_use = { pool->in_use[0], pool->in_use[1] },
	};
}
