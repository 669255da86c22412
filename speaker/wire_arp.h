/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ARP/NDP engine of the wire thread as main sees it: the functions of arp/engine.h, carried over.
 * Changes of addresses are gathered and go over as one job.
 */

#include "arp/view.h"
#include "speaker/wire.h"

void wire_arp_set_conf(struct wire *wire, const struct arp_engine_conf *conf);
void wire_arp_set_links(struct wire *wire, const struct arp_link_conf *links, size_t count);

/* Changes on their way to the wire thread. Zero-initialise. */
struct wire_arp_changes {
	struct wire_arp_change *at; /* owned */
	size_t count;
	size_t capacity;
};

/* @address is copied. */
void wire_arp_put(struct wire_arp_changes *changes, const struct arp_address_conf *address);
void wire_arp_drop(struct wire_arp_changes *changes, const struct ip *ip);

/* Sends what was gathered, if anything was, and empties @changes. */
void wire_arp_send(struct wire *wire, struct wire_arp_changes *changes);

/* As arp_engine_visit_addresses() and _links(): the wire thread makes a copy, @visit runs in main. */
void wire_arp_visit_addresses(struct wire *wire, arp_address_view_fn *visit, void *user);
void wire_arp_visit_links(struct wire *wire, arp_link_view_fn *visit, void *user);
