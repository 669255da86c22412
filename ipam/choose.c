/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/choose.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where one Service stands while its addresses are chosen. Index 0: IPv4, 1: IPv6. */
struct choice {
	struct ledger *ledger;
	const struct model *model;
	const struct service *service;
	struct entry *entry;
	const struct ipam_request *request;
	struct ip ips[2]; /* chosen; family 0: none yet */
	struct ipam_pool *pools[2];
};

static const char *const family_names[] = { "IPv4", "IPv6" };

/* Sets the text for people, once: the first thing that went wrong counts. */
__attribute__((format(printf, 2, 3))) static void explain(
	struct entry *entry, const char *format, ...)
{
	va_list args;

	if (entry->now.detail)
		return;
	va_start(args, format);
	if (vasprintf(&entry->now.detail, format, args) < 0)
		abort();
	va_end(args);
}

static bool is_complete(const struct choice *choice)
{
	return (!choice->request->wants[0] || ip_is_set(&choice->ips[0])) &&
		(!choice->request->wants[1] || ip_is_set(&choice->ips[1]));
}

static bool has_any(const struct choice *choice)
{
	return ip_is_set(&choice->ips[0]) || ip_is_set(&choice->ips[1]);
}

static void pick(struct choice *choice, struct ipam_pool *pool, const struct ip *ip)
{
	choice->ips[family_index(ip->family)] = *ip;
	choice->pools[family_index(ip->family)] = pool;
}

/* Writes the choice into the book; the Service's first family comes first. */
static void book(struct choice *choice)
{
	unsigned first = choice->request->v6_first ? 1 : 0;

	for (unsigned i = 0; i < 2; i++) {
		unsigned family = first ^ i;

		if (ip_is_set(&choice->ips[family]))
			ledger_take(choice->ledger, choice->entry, choice->pools[family],
				&choice->ips[family]);
	}
}

/* Keeps @ip if nothing speaks against it any more. Return: true if it is kept. */
static bool keep_one(struct choice *choice, const struct ip *ip)
{
	unsigned family = family_index(ip->family);
	struct ipam_pool *pool = ipam_pools_of(&choice->ledger->pools, ip);
	char text[IP_TEXT_SIZE];
	char *why;

	if (!choice->request->wants[family] || ip_is_set(&choice->ips[family]))
		return false;
	if (!pool || !ipam_pool_allows(pool, choice->model, choice->service)) {
		explain(choice->entry,
			"current IP for \"%s/%s\" not allowed by config, will attempt for new IP "
			"assignment: \"%s\" is %s",
			choice->request->ns, choice->request->name, ip_format(ip, text),
			pool ? "in a pool that is not for this service" : "in no pool");
		return false;
	}
	why = ledger_refusal(choice->ledger, choice->entry, pool, ip);
	if (why)
		explain(choice->entry,
			"current IP for \"%s/%s\" not allowed by config, will attempt for new IP "
			"assignment: %s",
			choice->request->ns, choice->request->name, why);
	else
		pick(choice, pool, ip);
	free(why);
	return !why;
}

static void keep_list(struct choice *choice, const struct ip *ips, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)keep_one(choice, &ips[i]);
}

static void keep_by_title(struct choice *choice, enum ipam_title title)
{
	const struct entry *entry = choice->entry;

	switch (title) {
	case IPAM_TITLE_HELD:
		keep_list(choice, entry->keep, entry->is_holder ? entry->keep_count : 0);
		break;
	case IPAM_TITLE_STATUS:
		keep_list(choice, choice->request->claims, choice->request->claim_count);
		break;
	case IPAM_TITLE_RESTORED:
		keep_list(choice, entry->keep, entry->keep_count);
		break;
	case IPAM_TITLE_COUNT_:
		break;
	}
}

static void keep_claims(struct choice *choice)
{
	for (unsigned title = 0; title < IPAM_TITLE_COUNT_; title++)
		keep_by_title(choice, title);
}

/* Pools in the order in which @choice's Service may draw from them without naming one. */
struct pool_list {
	struct ipam_pool **at; /* owned */
	size_t count;
	size_t capacity;
};

/* 1 is the highest priority, 0 and absence the lowest. */
static int64_t rank(const struct ipam_pool *pool)
{
	int64_t priority = pool->spec->priority.is_set ? pool->spec->priority.value : 0;

	if (!ipam_pool_is_pinned(pool))
		return INT64_MAX;
	return priority == 0 ? INT64_MAX - 1 : priority;
}

static int compare_rank(const void *a, const void *b)
{
	const struct ipam_pool *left = *(struct ipam_pool *const *)a;
	const struct ipam_pool *right = *(struct ipam_pool *const *)b;
	int64_t left_rank = rank(left);
	int64_t right_rank = rank(right);

	if (left_rank != right_rank)
		return left_rank < right_rank ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void list_pools(const struct choice *choice, struct pool_list *list)
{
	const struct ipam_pools *pools = &choice->ledger->pools;

	for (size_t i = 0; i < pools->count; i++) {
		struct ipam_pool *pool = &pools->at[i];

		if (pool->auto_assign && ipam_pool_allows(pool, choice->model, choice->service))
			*array_add(list->at, list->count, list->capacity) = pool;
	}
	if (list->count > 1)
		qsort(list->at, list->count, sizeof(list->at[0]), compare_rank);
}

/* What @pool has to give for @family: rather an address that carries our sharing key already. */
static bool offer(const struct choice *choice, const struct ipam_pool *pool, unsigned family,
	struct ip *ret_ip)
{
	return ledger_shared(choice->ledger, choice->entry, pool, family, ret_ip) ||
		free_set_lowest(pool->free[family], pool->avoid_buggy, ret_ip);
}

static bool wants_more(const struct choice *choice, unsigned family)
{
	return choice->request->wants[family] && !ip_is_set(&choice->ips[family]);
}

/* One pool for both families, where there is one, is what MetalLB gives. */
static bool draw_both(struct choice *choice, const struct pool_list *list)
{
	struct ip ips[2];

	if (!wants_more(choice, 0) || !wants_more(choice, 1))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!offer(choice, list->at[i], 0, &ips[0]) ||
			!offer(choice, list->at[i], 1, &ips[1]))
			continue;
		pick(choice, list->at[i], &ips[0]);
		pick(choice, list->at[i], &ips[1]);
		return true;
	}
	return false;
}

static void draw_shared(struct choice *choice, const struct pool_list *list, unsigned family)
{
	struct ip ip;

	for (size_t i = 0; i < list->count && wants_more(choice, family); i++) {
		if (ledger_shared(choice->ledger, choice->entry, list->at[i], family, &ip))
			pick(choice, list->at[i], &ip);
	}
}

static void draw_lowest(struct choice *choice, const struct pool_list *list, unsigned family)
{
	struct ip ip;

	for (size_t i = 0; i < list->count && wants_more(choice, family); i++) {
		if (free_set_lowest(list->at[i]->free[family], list->at[i]->avoid_buggy, &ip))
			pick(choice, list->at[i], &ip);
	}
}

static void draw(struct choice *choice, const struct pool_list *list)
{
	draw_shared(choice, list, 0);
	draw_shared(choice, list, 1);
	(void)draw_both(choice, list);
	draw_lowest(choice, list, 0);
	draw_lowest(choice, list, 1);
}

static enum ipam_outcome finish(struct choice *choice, enum ipam_outcome kept)
{
	const struct ipam_request *request = choice->request;
	bool complete = is_complete(choice);

	if (!complete && request->needs_dual) {
		explain(choice->entry, "no available IPs: both families are required");
		return IPAM_EXHAUSTED;
	}
	if (!has_any(choice)) {
		explain(choice->entry, "no available IPs");
		return IPAM_EXHAUSTED;
	}
	book(choice);
	if (kept == IPAM_ASSIGNED && complete) {
		free(choice->entry->now.detail);
		choice->entry->now.detail = NULL;
		return IPAM_ASSIGNED;
	}
	if (kept != IPAM_ASSIGNED)
		return kept;
	explain(choice->entry, "cannot assign additional IP in PreferDualStack: no available %s",
		family_names[ip_is_set(&choice->ips[0]) ? 1 : 0]);
	return IPAM_PARTLY_ASSIGNED;
}

/* A wish that can not be met keeps what works, and says so; with nothing to keep it is @outcome. */
static enum ipam_outcome keep_or(struct choice *choice, enum ipam_outcome outcome)
{
	if (!has_any(choice) || (choice->request->needs_dual && !is_complete(choice)))
		return outcome;
	return finish(choice, IPAM_KEPT_DESPITE_REQUEST);
}

/* Why @ip, asked for by name, is not to be had; IPAM_ASSIGNED if it is. */
static enum ipam_outcome judge_wish(struct choice *choice, const struct ip *ip)
{
	const struct ipam_request *request = choice->request;
	struct ipam_pool *pool = ipam_pools_of(&choice->ledger->pools, ip);
	char text[IP_TEXT_SIZE];
	char *why;

	ip_format(ip, text);
	if (!pool) {
		explain(choice->entry, "[\"%s\"] is not allowed in config", text);
		return IPAM_NOT_IN_POOLS;
	}
	if (request->pool && strcmp(request->pool, pool->name) != 0) {
		explain(choice->entry, "\"%s\" is in pool \"%s\", not in \"%s\" as asked for", text,
			pool->name, request->pool);
		return IPAM_BAD_REQUEST;
	}
	if (!ipam_pool_allows(pool, choice->model, choice->service)) {
		explain(choice->entry, "pool %s not compatible for ip assignment", pool->name);
		return IPAM_POOL_NOT_ALLOWED;
	}
	why = ledger_refusal(choice->ledger, choice->entry, pool, ip);
	if (why)
		explain(choice->entry, "can't assign \"%s\": %s", text, why);
	free(why);
	return why ? IPAM_IN_USE : IPAM_ASSIGNED;
}

static enum ipam_outcome choose_wished(struct choice *choice)
{
	const struct ipam_request *request = choice->request;

	for (size_t i = 0; i < request->ip_count; i++) {
		enum ipam_outcome outcome = judge_wish(choice, &request->ips[i]);

		if (outcome != IPAM_ASSIGNED)
			return keep_or(choice, outcome);
	}
	for (size_t i = 0; i < request->ip_count; i++)
		pick(choice, ipam_pools_of(&choice->ledger->pools, &request->ips[i]),
			&request->ips[i]);
	return finish(choice, IPAM_ASSIGNED);
}

/* Lets go of what lies in another pool than the one asked for. */
static void drop_strangers(struct choice *choice, const struct ipam_pool *pool)
{
	for (unsigned i = 0; i < 2; i++) {
		if (ip_is_set(&choice->ips[i]) && choice->pools[i] != pool)
			choice->ips[i] = (struct ip){ 0 };
	}
}

static enum ipam_outcome choose_in_pool(struct choice *choice)
{
	struct ipam_pool *pool = ipam_pools_find(&choice->ledger->pools, choice->request->pool);
	struct pool_list list = { .at = &pool, .count = 1 };
	struct choice before = *choice;

	if (!pool) {
		explain(choice->entry, "unknown pool \"%s\"", choice->request->pool);
		return keep_or(choice, IPAM_UNKNOWN_POOL);
	}
	if (!ipam_pool_allows(pool, choice->model, choice->service)) {
		explain(choice->entry, "pool %s not compatible for ip assignment", pool->name);
		return keep_or(choice, IPAM_POOL_NOT_ALLOWED);
	}
	drop_strangers(choice, pool);
	draw(choice, &list);
	if (is_complete(choice) || (!choice->request->needs_dual && has_any(choice)))
		return finish(choice, IPAM_ASSIGNED);
	*choice = before;
	explain(choice->entry, "no available IPs in pool \"%s\"", pool->name);
	return keep_or(choice, IPAM_EXHAUSTED);
}

static enum ipam_outcome choose_any(struct choice *choice)
{
	struct pool_list list = { 0 };

	list_pools(choice, &list);
	draw(choice, &list);
	free(list.at);
	return finish(choice, IPAM_ASSIGNED);
}

/* What stands before any pool is asked; IPAM_ASSIGNED if nothing does. */
static enum ipam_outcome gate(const struct choice *choice)
{
	const struct ipam_request *request = choice->request;

	if (!choice->service || !request->is_load_balancer)
		return IPAM_NOT_LOAD_BALANCER;
	if (!request->is_our_class)
		return IPAM_OTHER_CLASS;
	if (choice->ledger->pools.count == 0) {
		explain(choice->entry, "there is no IPAddressPool");
		return IPAM_NO_POOLS;
	}
	if (!request->has_families) {
		explain(choice->entry, "a headless service has no cluster address to forward to");
		return IPAM_NO_CLUSTER_IP;
	}
	if (request->needs_dual && (!request->wants[0] || !request->wants[1])) {
		explain(choice->entry,
			"Service requires dual stack but not enough clusterips: it has %s alone",
			family_names[request->wants[0] ? 0 : 1]);
		return IPAM_NOT_ENOUGH_CLUSTER_IPS;
	}
	return IPAM_ASSIGNED;
}

static enum ipam_outcome choose_claimed(struct choice *choice)
{
	if (has_any(choice))
		return finish(choice, IPAM_ASSIGNED);
	explain(choice->entry, "the allocator has not published an address yet");
	return IPAM_NOT_PUBLISHED;
}

static struct choice choice_of(
	struct ledger *ledger, const struct model *model, struct entry *entry)
{
	const struct ipam_request *request = entry->now.request;

	return (struct choice){
		.ledger = ledger,
		.model = model,
		.entry = entry,
		.request = request,
		.service = (const struct service *)model_find(
			model, MODEL_SERVICE, request->ns, request->name),
	};
}

void ipam_reserve(struct ledger *ledger, const struct model *model, struct entry *entry,
	enum ipam_title title)
{
	struct choice choice = choice_of(ledger, model, entry);
	struct ip own[2] = { entry->now.ips[0], entry->now.ips[1] };
	size_t count = entry->now.count;

	(void)ledger_release(ledger, entry);
	if (gate(&choice) == IPAM_ASSIGNED) {
		keep_list(&choice, own, count);
		keep_by_title(&choice, title);
	}
	book(&choice);
	free(entry->now.detail);
	entry->now.detail = NULL;
}

enum ipam_outcome ipam_choose(
	struct ledger *ledger, const struct model *model, struct entry *entry, bool only_claims)
{
	struct choice choice = choice_of(ledger, model, entry);
	const struct ipam_request *request = choice.request;
	enum ipam_outcome outcome = gate(&choice);

	if (outcome != IPAM_ASSIGNED)
		return outcome;
	keep_claims(&choice);
	if (only_claims)
		return choose_claimed(&choice);
	if (request->bad) {
		explain(entry, "invalid requested loadbalancer IPs: %s", request->bad);
		return keep_or(&choice, IPAM_BAD_REQUEST);
	}
	if (request->ip_count > 0)
		return choose_wished(&choice);
	if (request->pool)
		return choose_in_pool(&choice);
	return choose_any(&choice);
}
