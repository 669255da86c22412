/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where Services, Nodes and endpoints come from: the watched directory (conf/directory), and the
 * allocator on top of it where this program gives the addresses itself.
 */

#include "conf/directory.h"
#include "haproxy-gen/settings.h"
#include "ipam/ipam.h"

struct source {
	struct model *model;
	struct ipam *ipam;                /* NULL: the status of the Services counts */
	struct conf_directory *directory; /* NULL: read once */
	bool has_new_addresses;           /* since they were kept (addresses_keep()) */
};

void source_fini(struct source *source);

/* For auto_(). */
static inline void source_finip(struct source *source)
{
	source_fini(source);
}

/**
 * source_load() - read everything once
 * @report: gets what is wrong in it
 *
 * Return: 0, whatever @report says; -errno: it can not be read at all.
 */
must_check int source_load(
	const struct gen_settings *settings, struct source *source, struct report *report);

/* Reads everything and goes on watching; @on_change is called when something changed. */
must_check int source_watch(struct event_base *base, const struct gen_settings *settings,
	void (*on_change)(void *user), void *user, struct source *source);

/*
 * Brings the addresses in line with what was read. @ret_dirty: the Services that this may concern, to
 * be freed with model_dirty_fini().
 */
void source_settle(struct source *source, struct model_dirty *ret_dirty);
