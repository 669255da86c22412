/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The rules of the fields: MetalLB's, and those of the Kubernetes API for the kinds that a directory
 * brings without an API server in front of it. Pure.
 *
 * A bad object is inert by itself. Of two that exclude each other the later one is inert: by
 * creationTimestamp (an object without one is later than one with), then namespace and name.
 */

#include "base/ip.h"
#include "conf/decode.h"
#include "model/kinds.h"

/**
 * validate_object() - what can be said of @object alone
 * @value:  what it was decoded from, for lines; NULL: not known
 * @source: where it is from
 *
 * Return: 0, maybe with warnings; -EINVAL: it is bad, errors are in @report.
 */
must_check int validate_object(const struct object *object, const json_t *value,
	const struct decode_source *source, struct report *report);

/* The same for an object that is nothing but the status of a Service. */
must_check int validate_status(const struct object *object, const json_t *value,
	const struct decode_source *source, struct report *report);

/* True for the kinds that validate_together() looks at: metallb.io's. */
bool validate_is_configuration(enum model_kind kind);

struct validate_candidate {
	const struct object *object; /* has passed validate_object() */
	bool is_inert;               /* set by validate_together() */
};

/**
 * validate_together() - what can be said of the objects of configuration kinds beside each other
 * @candidates: in any order; the result does not depend on it. is_inert is set in those that lose
 *              against another; the others stand as if these were not there
 * @report:     gets an error for each inert one, and warnings for references to what is not there
 */
void validate_together(struct validate_candidate *candidates, size_t count, struct report *report);

/* What a pool's entry, CIDR or "first-last", covers. -EINVAL: neither, or backwards. */
must_check int validate_pool_range(const char *text, struct ip_range *ret_range);
