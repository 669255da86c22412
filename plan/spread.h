/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bounded load: of all addresses no node is the first choice for more than a quarter above the
 * average. Pure and without history, so every node works out the same; an address stays with its
 * first candidate unless that has its share already, so few differ from the plain order.
 */

#include "plan/ownership.h"

/**
 * spread_orders() - bring a candidate of each address to its front
 * @candidates: what the addresses' candidates point into, writable
 * @addresses:  in any order that is the same everywhere
 *
 * Return: of how many addresses the first choice changed.
 */
size_t spread_orders(uint16_t *candidates, const struct ownership_address *addresses, size_t count,
	size_t member_count);
