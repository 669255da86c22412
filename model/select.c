/* SPDX-License-Identifier: Apache-2.0 */

#include "model/select.h"

#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

#define EXCLUDE_LABEL "node.kubernetes.io/exclude-from-external-load-balancers"

static bool expression_matches(
	const struct selector_expression *expression, const struct labels *labels)
{
	const char *value = labels_get(labels, expression->key ? expression->key : "");

	switch ((enum selector_op)expression->op) {
	case SELECTOR_IN:
		return value && strings_contain(&expression->values, value);
	case SELECTOR_NOT_IN:
		return !value || !strings_contain(&expression->values, value);
	case SELECTOR_EXISTS:
		return value;
	case SELECTOR_DOES_NOT_EXIST:
		return !value;
	case SELECTOR_NONE:
		return false; /* refused before it gets here: never select by accident */
	}
	return false;
}

static bool has_all(const struct labels *wanted, const struct labels *labels)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *value = labels_get(labels, wanted->at[i].key);

		if (!value || strcmp(value, wanted->at[i].value) != 0)
			return false;
	}
	return true;
}

bool selector_matches(const struct selector *selector, const struct labels *labels)
{
	if (!has_all(&selector->match_labels, labels))
		return false;
	for (size_t i = 0; i < selector->expressions.count; i++) {
		if (!expression_matches(&selector->expressions.at[i], labels))
			return false;
	}
	return true;
}

bool selectors_match(const struct selectors *selectors, const struct labels *labels)
{
	for (size_t i = 0; i < selectors->count; i++) {
		if (selector_matches(&selectors->at[i], labels))
			return true;
	}
	return selectors->count == 0;
}

bool labels_select(const struct labels *wanted, const struct labels *labels)
{
	return wanted->count > 0 && has_all(wanted, labels);
}

char *labels_text(const struct labels *labels)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };

	for (size_t i = 0; i < labels->count; i++)
		strbuf_addf(
			&text, "%s%s=%s", i > 0 ? "," : "", labels->at[i].key, labels->at[i].value);
	return strbuf_take(&text);
}

static const char *prefixed(const struct object *object, const char *prefix, const char *name)
{
	char key[320]; /* a valid key has at most 253 + 1 + 63 characters */

	(void)snprintf(key, sizeof(key), "%s/%s", prefix, name);
	return labels_get(&object->meta.annotations, key);
}

const char *service_annotation(const struct service *service, const char *name)
{
	const char *value = prefixed(&service->object, "metallb.io", name);

	return value ? value : prefixed(&service->object, "metallb.universe.tf", name);
}

const char *object_annotation(const struct object *object, const char *name)
{
	return prefixed(object, "bellman.dev", name);
}

bool service_is_headless(const struct service *service)
{
	const char *first = service->cluster_ips.count > 0 ? service->cluster_ips.at[0] :
							     service->cluster_ip;

	return first && strcmp(first, "None") == 0;
}

static void add_family(struct service_families *families, const char *text)
{
	bool is_first = !families->v4 && !families->v6;
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		return;
	if (ip.family == AF_INET6)
		families->v6 = true;
	else
		families->v4 = true;
	families->v6_first |= is_first && ip.family == AF_INET6;
}

static void families_by_name(const struct strings *names, struct service_families *families)
{
	for (size_t i = 0; i < names->count; i++) {
		bool is_v6 = strcmp(names->at[i], "IPv6") == 0;

		families->v6_first |= i == 0 && is_v6;
		families->v6 |= is_v6;
		families->v4 |= !is_v6;
	}
}

struct service_families service_families(const struct service *service)
{
	struct service_families families = { 0 };

	for (size_t i = 0; i < service->cluster_ips.count; i++)
		add_family(&families, service->cluster_ips.at[i]);
	if (service->cluster_ips.count == 0 && service->cluster_ip)
		add_family(&families, service->cluster_ip);
	if (!families.v4 && !families.v6)
		families_by_name(&service->ip_families, &families);
	return families;
}

bool condition_is_true(const struct conditions *conditions, const char *type)
{
	for (size_t i = 0; i < conditions->count; i++) {
		const struct condition *condition = &conditions->at[i];

		if (condition->type && strcmp(condition->type, type) == 0)
			return condition->status && strcmp(condition->status, "True") == 0;
	}
	return false;
}

bool node_is_excluded(const struct node *node)
{
	return labels_get(&node->object.meta.labels, EXCLUDE_LABEL);
}

bool node_is_network_unavailable(const struct node *node)
{
	return condition_is_true(&node->conditions, "NetworkUnavailable");
}

struct ip node_internal_ip(const struct node *node, uint8_t family)
{
	for (size_t i = 0; i < node->addresses.count; i++) {
		const struct node_address *address = &node->addresses.at[i];
		struct ip ip;

		if (!address->type || strcmp(address->type, "InternalIP") != 0)
			continue;
		if (!address->address || ip_parse(address->address, &ip) < 0)
			continue;
		if (family == 0 || ip.family == family)
			return ip;
	}
	return (struct ip){ 0 };
}
