/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the rules of the single kinds share: for conf/validate*.c and conf/lint.c alone.
 */

#include "base/ip.h"
#include "conf/decode.h"
#include "model/kinds.h"

/* One object under check. */
struct checking {
	const struct object *object;
	const json_t *value; /* NULL: lines are not known */
	const struct decode_source *source;
	struct report *report;
	bool is_bad;
};

/* A finding about @field, "spec.ports[0].name"; an error makes the object bad. */
void check_error(struct checking *c, const char *field, const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void check_warning(struct checking *c, const char *field, const char *advice, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Operators of a selector against their values, and what is in it twice. */
void check_selector(struct checking *c, const struct selector *selector, const char *field);

/* The same for a list, in which no two may be equal. */
void check_selectors(struct checking *c, const struct selectors *selectors, const char *field);

/* Keys and values of labels, or of a selector's pairs, as Kubernetes has them. */
void check_labels(struct checking *c, const struct labels *labels, const char *field);

/* No text may be in a list twice. */
void check_unique(struct checking *c, const struct strings *strings, const char *field);

/* Text that is the same for selectors that mean the same. Caller frees. */
char *selector_text(const struct selector *selector);

/* The same for a list of them, whatever their order. */
char *selectors_text(const struct selectors *selectors);

/* The rules of one kind each. */
void check_service(struct checking *c, const struct service *service);
void check_endpoint_slice(struct checking *c, const struct endpoint_slice *slice);
void check_endpoints(struct checking *c, const struct endpoints *endpoints);
void check_pool(struct checking *c, const struct pool *pool);
void check_l2_advertisement(struct checking *c, const struct l2_advertisement *advertisement);
void check_bgp_advertisement(struct checking *c, const struct bgp_advertisement *advertisement);
void check_bgp_peer(struct checking *c, const struct bgp_peer_spec *peer);
void check_bfd_profile(struct checking *c, const struct bfd_profile *profile);
void check_community(struct checking *c, const struct community *community);

struct model;

/* The part of conf_lint() that is about BGP. */
void lint_bgp(const struct model *model, struct report *report);

/* "65000:100" or "large:1:2:3". */
bool is_community_value(const char *text);
