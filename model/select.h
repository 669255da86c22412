/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Label selectors, and the small judgements about objects that several modules share. Pure.
 */

#include "base/ip.h"
#include "model/kinds.h"

/* metav1.LabelSelector semantics: all of it must match; empty matches all. */
bool selector_matches(const struct selector *selector, const struct labels *labels);

/* True if one of them matches, or if there is none. */
bool selectors_match(const struct selectors *selectors, const struct labels *labels);

/* A Service's spec.selector: every pair is there. Empty matches nothing (no selector: no pods). */
bool labels_select(const struct labels *wanted, const struct labels *labels);

/* Canonical text of @labels, "a=b,c=d"; caller frees. */
char *labels_text(const struct labels *labels);

/*
 * The annotation metallb.io/@name, else metallb.universe.tf/@name, else NULL. The new prefix wins
 * when present, even empty.
 */
const char *service_annotation(const struct service *service, const char *name);

/* The annotation bellman.dev/@name of any object, or NULL. */
const char *object_annotation(const struct object *object, const char *name);

/* No cluster address by intent: clusterIP "None". */
bool service_is_headless(const struct service *service);

/* Families of the Service's cluster addresses, or of ipFamilies if it has none. */
struct service_families {
	bool v4;
	bool v6;
	bool v6_first;
};
struct service_families service_families(const struct service *service);

bool condition_is_true(const struct conditions *conditions, const char *type);

/*
 * The Node may announce: not labelled node.kubernetes.io/exclude-from-external-load-balancers, not
 * NetworkUnavailable.
 */
bool node_is_excluded(const struct node *node);
bool node_is_network_unavailable(const struct node *node);

/* The first InternalIP of @family (0: any), else family 0. */
struct ip node_internal_ip(const struct node *node, uint8_t family);
