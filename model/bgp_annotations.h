/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a Service says of its own BGP route:
 *
 *   bellman.dev/bgp-communities: "65000:100, large:1:2:3, no-export, an-alias"
 *   bellman.dev/bgp-as-path-prepend: "3"     0 to 10
 *   bellman.dev/bgp-med: "50"                0 to 4294967295
 *
 * They go with the route to the Service's address alone. An aggregate is a route of others too and
 * keeps to what the BGPAdvertisement says. Pure.
 */

#include "model/community.h"
#include "model/model.h"

enum {
	BGP_ANNOTATION_COMMUNITIES_MAX = 63 /* as of a BGPAdvertisement */
};

struct bgp_annotations {
	struct community_value communities[BGP_ANNOTATION_COMMUNITIES_MAX];
	size_t community_count;
	bool has_prepend;
	uint8_t prepend;
	bool has_med;
	uint32_t med;
};

/**
 * bgp_annotations_read() - the annotations of @service
 * @ret_annotations: set only on success
 *
 * Return: NULL, or text for people, owned by the caller, that says what is wrong with which.
 */
char *bgp_annotations_read(const struct model *model, const struct service *service,
	struct bgp_annotations *ret_annotations);

/**
 * bgp_community_find() - the community that @text says: a number form, an alias of a Community of
 * @model, or a registered name
 *
 * Return: 0; -ENOENT: it is none of these.
 */
must_check int bgp_community_find(
	const struct model *model, const char *text, struct community_value *ret_value);
