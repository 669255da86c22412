/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The gates of one address of a Service for BGP, and what it adds to which prefixes if all are
 * passed: for plan/service.c alone. Rules: MetalLB's BGP controller. Pure.
 */

#include "plan/plan.h"

/* True if BGP is a way at all: peers are known and there is a BGPAdvertisement. */
bool plan_bgp_is_used(const struct plan_input *input);

/**
 * plan_bgp_judge() - decide about @ip, which @service has from @pool
 * @endpoints:  of the Service
 * @paths:      what it adds is put in here
 * @ret_detail: for people, owned by the caller; always set
 *
 * Return: PLAN_PASSED, or what stands against it.
 */
enum plan_reason plan_bgp_judge(const struct plan_input *input, const struct service *service,
	const struct model_endpoints *endpoints, const struct ip *ip, const char *pool,
	struct plan_bgp_paths *paths, char **ret_detail);
