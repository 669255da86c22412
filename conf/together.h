/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The inside of validate_together(): for conf/validate_together.c and conf/together_bgp.c alone.
 */

#include "conf/rules.h"
#include "conf/validate.h"

/* An accepted range of a pool. */
struct taken {
	struct ip_range range;
	const struct pool *pool;
};

struct together {
	struct validate_candidate **order; /* all, oldest first */
	size_t count;
	struct report *report;
	struct taken *taken; /* sorted by first address; no two overlap */
	size_t taken_count;
	size_t taken_capacity;
};

struct checking together_check(struct together *t, const struct object *object);

/* The accepted object of @kind called @name, among those before @end in the order. */
const struct object *together_find(
	const struct together *t, enum model_kind kind, const char *name, size_t end);

/* An accepted Community, before @end in the order, that has the alias @name. */
const struct object *together_find_alias(const struct together *t, const char *name, size_t end);

/* An accepted object of the kind of the one at @i, before it, that says the same. */
const struct object *together_find_equal(const struct together *t, size_t i);

/* Warns of each of @names, in @field, that is no object of @kind. */
void together_warn_unknown(struct together *t, struct checking *c, enum model_kind kind,
	const struct strings *names, const char *field);

/* The peer, or the advertisement, at @i in the order beside those before it. */
void together_check_peer(struct together *t, struct checking *c, size_t i);
void together_check_bgp(struct together *t, struct checking *c, size_t i);
