/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/wire_arp.h"

#include "arp/room.h"
#include "base/mem.h"

#include <string.h>

struct wire_arp_change {
	bool is_drop;
	struct ip ip;
	enum arp_mode mode;
	struct arp_address *address; /* to be put; then what is left of it, or was dropped; owned */
};

static void run_set_conf(struct wire_side *side, void *arg)
{
	arp_engine_set_conf(side->arp, arg);
}

void wire_arp_set_conf(struct wire *wire, const struct arp_engine_conf *conf)
{
	wire_post(wire, run_set_conf, xmemdup(conf, sizeof(*conf)), free);
}

struct link_list {
	size_t count;
	struct arp_link_conf at[];
};

static void run_set_links(struct wire_side *side, void *arg)
{
	const struct link_list *list = arg;

	arp_engine_set_links(side->arp, list->at, list->count);
}

void wire_arp_set_links(struct wire *wire, const struct arp_link_conf *links, size_t count)
{
	struct link_list *list = xcalloc(1, sizeof(*list) + count * sizeof(links[0]));

	list->count = count;
	if (count > 0)
		memcpy(list->at, links, count * sizeof(links[0]));
	wire_post(wire, run_set_links, list, free);
}

void wire_arp_put(struct wire_arp_changes *changes, const struct arp_address_conf *address)
{
	struct wire_arp_change *change = array_add(changes->at, changes->count, changes->capacity);

	change->ip = address->ip;
	change->mode = address->mode;
	change->address = arp_address_new(address);
}

void wire_arp_drop(struct wire_arp_changes *changes, const struct ip *ip)
{
	struct wire_arp_change *change = array_add(changes->at, changes->count, changes->capacity);

	change->is_drop = true;
	change->ip = *ip;
}

static void run_changes(struct wire_side *side, void *arg)
{
	const struct wire_arp_changes *changes = arg;

	for (size_t i = 0; i < changes->count; i++) {
		struct wire_arp_change *change = &changes->at[i];

		change->address = change->is_drop ?
			arp_engine_take_out(side->arp, &change->ip) :
			arp_engine_put_made(side->arp, change->address, change->mode);
	}
}

static void free_changes(void *arg)
{
	struct wire_arp_changes *changes = arg;

	for (size_t i = 0; i < changes->count; i++)
		arp_address_free(changes->at[i].address);
	free(changes->at);
	free(changes);
}

void wire_arp_send(struct wire *wire, struct wire_arp_changes *changes)
{
	if (changes->count == 0)
		return;
	wire_post(wire, run_changes, xmemdup(changes, sizeof(*changes)), free_changes);
	*changes = (struct wire_arp_changes){ 0 };
}

/* Main brings the room, so that the wire thread only copies. */
struct address_list {
	struct arp_address_view *at;
	size_t capacity;
	size_t count; /* also of those that found no room */
};

static void copy_address(void *user, const struct arp_address_view *view)
{
	struct address_list *list = user;

	if (list->count < list->capacity)
		list->at[list->count] = *view;
	list->count++;
}

static void run_visit_addresses(struct wire_side *side, void *arg)
{
	arp_engine_visit_addresses(side->arp, copy_address, arg);
}

void wire_arp_visit_addresses(struct wire *wire, arp_address_view_fn *visit, void *user)
{
	struct address_list list = { .capacity = 64 };

	for (;;) {
		list.at = xreallocarray(list.at, list.capacity, sizeof(list.at[0]));
		list.count = 0;
		wire_call(wire, run_visit_addresses, &list);
		if (list.count <= list.capacity)
			break;
		list.capacity = list.count + list.count / 8;
	}
	for (size_t i = 0; i < list.count; i++)
		visit(user, &list.at[i]);
	free(list.at);
}

struct link_view_list {
	struct arp_link_view at[ARP_LINKS_MAX];
	size_t count;
};

static void copy_link(void *user, const struct arp_link_view *view)
{
	struct link_view_list *list = user;

	list->at[list->count++] = *view;
}

static void run_visit_links(struct wire_side *side, void *arg)
{
	arp_engine_visit_links(side->arp, copy_link, arg);
}

void wire_arp_visit_links(struct wire *wire, arp_link_view_fn *visit, void *user)
{
	struct link_view_list list = { .count = 0 };

	wire_call(wire, run_visit_links, &list);
	for (size_t i = 0; i < list.count; i++)
		visit(user, &list.at[i]);
}
