/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a Service says of its own route:
 *
 *   bellman.dev/bgp-communities: "65000:100, large:1:2:3, no-export, an-alias"
 *   bellman.dev/bgp-as-path-prepend: "3"     0 to 10
 *   bellman.dev/bgp-med: "50"                0 to 4294967295
 *
 * They go with the route to the Service's address alone. An aggregate is a route of others too and
 * keeps to what the BGPAdvertisement says.
 */

#include "model/model.h"
#include "plan/bgp.h"

struct plan_bgp_wishes {
	struct plan_bgp_attrs attrs; /* owned */
	bool has_prepend;            /* attrs.prepend counts, even if it is 0 */
};

/**
 * plan_bgp_wishes_read() - the annotations of @service
 * @ret_wishes: to be freed with plan_bgp_attrs_fini(&ret_wishes->attrs); set only on success
 *
 * Return: NULL, or text for people, owned by the caller, that says what is wrong with which.
 */
char *plan_bgp_wishes_read(const struct model *model, const struct service *service,
	struct plan_bgp_wishes *ret_wishes);

/**
 * plan_bgp_add_named() - add the community that @text says: a number form, an alias of a Community
 * of @model, or a registered name
 *
 * Return: 0; -ENOENT: it is none of these.
 */
must_check int plan_bgp_add_named(
	const struct model *model, const char *text, struct plan_bgp_attrs *attrs);
