/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The free addresses of a pool as disjoint intervals in a balanced tree, in the order in which the
 * pool's entries were written and ascending inside each. Taking the lowest free address, taking a
 * given one and giving one back cost O(log n) in the number of intervals, whatever the size of the
 * pool. Pure.
 */

#include "base/ip.h"

struct free_set;

struct free_set *free_set_new(void);
struct free_set *free_set_free(struct free_set *set);
DEFINE_FREEP(struct free_set, free_set);

/* Adds the addresses of @range as entry number @order; ranges must not overlap. */
void free_set_add_range(struct free_set *set, const struct ip_range *range, unsigned order);

/**
 * free_set_lowest() - the address that would be given next, without taking it
 * @avoid_buggy: pass over IPv4 addresses that end in .0 or .255
 *
 * Return: true and @ret_ip, or false if none is free.
 */
bool free_set_lowest(const struct free_set *set, bool avoid_buggy, struct ip *ret_ip);

/* Takes @ip. Return: false if it is not free. */
bool free_set_take(struct free_set *set, const struct ip *ip);

/* Gives back @ip, which free_set_take() took. */
void free_set_give(struct free_set *set, const struct ip *ip);

/* True for IPv4 addresses that end in .0 or .255 (avoidBuggyIPs). */
bool ip_is_buggy(const struct ip *ip);
