/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BGP: aggregates that draw traffic for addresses nobody has, sessions that leave a dead Node in the
 * routers' tables, and annotations that can not be read.
 */

#include "base/mem.h"
#include "conf/lint.h"
#include "conf/rules.h"
#include "conf/validate.h"
#include "model/bgp_annotations.h"
#include "model/select.h"

static bool has(const char *text)
{
	return text && text[0] != '\0';
}

/* Of the prefixes that the advertisement makes of @pool. */
struct aggregates {
	bool v4;
	bool v6;
};

static struct aggregates aggregates_of(const struct bgp_advertisement *ad, const struct pool *pool)
{
	struct aggregates found = { false, false };
	struct ip_range range;

	for (size_t i = 0; i < pool->addresses.count; i++) {
		if (validate_pool_range(pool->addresses.at[i], &range) < 0)
			continue;
		if (range.first.family == AF_INET)
			found.v4 |= ad->aggregation_length.is_set &&
				ad->aggregation_length.value < 32;
		else
			found.v6 |= ad->aggregation_length_v6.is_set &&
				ad->aggregation_length_v6.value < 128;
	}
	return found;
}

static void warn_aggregate(struct checking *c, const char *field, const struct opt_int *length,
	const struct pool *pool)
{
	check_warning(c, field,
		"set bgp.discard_aggregates in bellmand.conf, or announce single addresses",
		"an aggregate of /%lld draws traffic for addresses of pool %s that no Service has",
		(long long)length->value, pool->object.meta.name);
}

static void lint_advertisement(
	const struct model *model, struct report *report, const struct bgp_advertisement *ad)
{
	struct checking c = { .object = &ad->object, .report = report };

	model_each(model, MODEL_POOL, object)
	{
		const struct pool *pool = (const void *)object;
		struct aggregates found = aggregates_of(ad, pool);
		bool takes_all = ad->pools.count == 0 && ad->pool_selectors.count == 0;

		if (!takes_all && !strings_contain(&ad->pools, object->meta.name) &&
			(ad->pool_selectors.count == 0 ||
				!selectors_match(&ad->pool_selectors, &object->meta.labels)))
			continue;
		if (found.v4)
			warn_aggregate(&c, "spec.aggregationLength", &ad->aggregation_length, pool);
		if (found.v6)
			warn_aggregate(
				&c, "spec.aggregationLengthV6", &ad->aggregation_length_v6, pool);
	}
}

/* RFC 5882 section 4.3: what keeps routes over a restart keeps them over a death too. */
static void lint_peer(struct report *report, const struct bgp_peer_spec *peer)
{
	struct checking c = { .object = &peer->object, .report = report };

	if (peer->graceful_restart && !has(peer->bfd_profile))
		check_warning(&c, "spec.enableGracefulRestart",
			"add a bfdProfile, and let the router take the routes away when BFD is "
			"down",
			"without BFD a Node that dies keeps drawing traffic for the hold time and "
			"the restart time");
	if (peer->hold_ns.is_set && peer->hold_ns.value == 0 && !has(peer->bfd_profile))
		check_warning(&c, "spec.holdTime", "write 3s or more, or add a bfdProfile",
			"with a hold time of 0 and no BFD a peer that died is not noticed");
}

static void lint_annotations(
	const struct model *model, struct report *report, const struct service *service)
{
	struct checking c = { .object = &service->object, .report = report };
	struct bgp_annotations annotations;
	auto_(freep) char *why = bgp_annotations_read(model, service, &annotations);

	if (why)
		check_warning(&c, "metadata.annotations",
			"correct it: until then the Service is not announced by BGP",
			"bellman.dev/%s", why);
}

void lint_bgp(const struct model *model, struct report *report)
{
	model_each(model, MODEL_BGP_ADVERTISEMENT, object)
		lint_advertisement(model, report, (const void *)object);
	model_each(model, MODEL_BGP_PEER, object) lint_peer(report, (const void *)object);
	model_each(model, MODEL_SERVICE, object)
		lint_annotations(model, report, (const void *)object);
}
