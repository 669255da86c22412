/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * BGP communities as people write them: "65000:100" (RFC 1997), "large:1:2:3" (RFC 8092), the
 * registered names ("no-export"). Pure.
 */

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct community_value {
	bool is_large;
	uint32_t standard; /* the high 16 bits are the AS number; host byte order */
	uint32_t large[3]; /* global administrator, local data 1 and 2 */
};

/**
 * community_parse() - read a number form
 *
 * Return: 0, or -EINVAL and @ret_value untouched.
 */
must_check int community_parse(const char *text, struct community_value *ret_value);

/**
 * community_by_name() - a community of IANA's registry by its name, lower case, with hyphens
 *
 * Return: 0, or -ENOENT and @ret_value untouched. RFC 1997, 3765, 7999, 8326, 9494.
 */
must_check int community_by_name(const char *name, struct community_value *ret_value);
