/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libbsd's balanced trees, with functions private to one file. RB_GENERATE_STATIC() of libbsd wants
 * an `__unused` that Linux headers use as a name.
 */

#include <bsd/sys/tree.h>

#define TREE_GENERATE(name, type, link, compare) \
	RB_GENERATE_INTERNAL(name, type, link, compare, static __attribute__((unused)))
