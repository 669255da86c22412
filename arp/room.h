/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses with the memory they take, made and freed by a thread that may wait for it, while the
 * engine runs in one that may not.
 */

#include "arp/engine.h"

struct arp_address;

/* An address with room for its links; @conf is copied, its mode is not looked at. */
struct arp_address *arp_address_new(const struct arp_address_conf *conf);
/* One that no engine has. */
struct arp_address *arp_address_free(struct arp_address *address);

/* As arp_engine_put(). @address is taken. Return: what is not needed, the caller's; or NULL. */
struct arp_address *arp_engine_put_made(
	struct arp_engine *engine, struct arp_address *address, enum arp_mode mode);

/* As arp_engine_drop(). Return: what there was, the caller's; or NULL. */
struct arp_address *arp_engine_take_out(struct arp_engine *engine, const struct ip *ip);
