/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/change.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "haproxy-gen/render.h"
#include "haproxy-gen/section.h"

#include <stdint.h>
#include <string.h>

#define FREE_ADDRESS "0.0.0.0"

/* `backend nodes`, which other servers track. */
struct tracked {
	struct section_lines old; /* as it runs */
	struct section_lines new;
	const struct server_line **drained; /* that got a new tracker meanwhile */
	size_t drained_count;
	size_t drained_capacity;
};

/* A pair of sections of one name, while it is compared. */
struct comparing {
	struct change *change;
	const struct section *section; /* the new one */
	struct tracked *nodes;
	struct change_text proxy; /* its name: "default.web.80" */
	struct section_lines old;
	struct section_lines new;
	struct change found; /* commands and reasons, given to change if all is well */
};

static void add_command(
	struct change *change, enum change_expect expect, char *text, char *otherwise)
{
	*array_add(change->commands, change->command_count,
		change->command_capacity) = (struct change_command){ expect, text, otherwise };
}

void change_add_reason(struct change *change, char *text)
{
	if (change->reason_count < CHANGE_REASONS_MAX)
		change->reasons[change->reason_count] = text;
	else
		free(text);
	change->reason_count++;
}

static const struct server_line *find_server(
	const struct section_lines *lines, const struct change_text *name, size_t *hint)
{
	for (size_t i = 0; i < lines->server_count; i++) {
		size_t at = (*hint + i) % lines->server_count;

		if (text_equal(&lines->servers[at].name, name)) {
			*hint = at + 1;
			return &lines->servers[at];
		}
	}
	return NULL;
}

/* A command about @server of this proxy: "set server PROXY/SERVER REST". */
#define SERVER_TEXT(c, verb, server, format, ...)                               \
	xasprintf(verb " %.*s/%.*s" format, (int)(c)->proxy.len, (c)->proxy.at, \
		(int)(server)->name.len, (server)->name.at, ##__VA_ARGS__)

static void set_state(struct comparing *c, const struct server_line *server)
{
	add_command(&c->found, CHANGE_SILENT,
		SERVER_TEXT(c, "set server", server, " state %s",
			server->is_disabled ? "maint" : "ready"),
		NULL);
}

static char *address_text(struct comparing *c, const struct server_line *server)
{
	return SERVER_TEXT(c, "set server", server, " addr %.*s port %.*s",
		(int)server->address.len, server->address.at, (int)server->port.len,
		server->port.at);
}

/*
 * A server of this name may still be there, since it could not be deleted while it had connections:
 * then it is made what it is to be.
 */
static void add_server(struct comparing *c, const struct server_line *server)
{
	auto_(strbuf_finip) struct strbuf otherwise = { 0 };
	auto_(freep) char *address = address_text(c, server);
	bool is_v6 = memchr(server->address.at, ':', server->address.len);

	strbuf_add(&otherwise, address);
	if (server->check_port > 0)
		strbuf_addf(&otherwise, ";set server %.*s/%.*s check-port %u", (int)c->proxy.len,
			c->proxy.at, (int)server->name.len, server->name.at, server->check_port);
	strbuf_addf(&otherwise, ";set server %.*s/%.*s weight %u", (int)c->proxy.len, c->proxy.at,
		(int)server->name.len, server->name.at, server->weight);
	add_command(&c->found, CHANGE_ADD,
		SERVER_TEXT(c, "add server", server, " %s%.*s%s:%.*s%.*s", is_v6 ? "[" : "",
			(int)server->address.len, server->address.at, is_v6 ? "]" : "",
			(int)server->port.len, server->port.at, (int)server->options.len,
			server->options.at),
		strbuf_take(&otherwise));
	if (server->is_checked)
		add_command(&c->found, CHANGE_SILENT, SERVER_TEXT(c, "enable health", server, ""),
			NULL);
	if (!server->is_disabled)
		set_state(c, server);
}

/* Remembers a drained server that a new one tracks. */
static void note_drained(struct comparing *c, const struct server_line *server)
{
	struct tracked *nodes = c->nodes;
	size_t hint = 0;
	const struct server_line *slot = find_server(&nodes->new, &server->track, &hint);

	if (!slot || !slot->is_disabled)
		return;
	for (size_t i = 0; i < nodes->drained_count; i++) {
		if (nodes->drained[i] == slot)
			return;
	}
	*array_add(nodes->drained, nodes->drained_count, nodes->drained_capacity) = slot;
}

static void change_server(
	struct comparing *c, const struct server_line *old, const struct server_line *new)
{
	bool is_free = text_is(&new->address, FREE_ADDRESS);

	if (old->rest != new->rest)
		change_add_reason(&c->found, SERVER_TEXT(c, "options of server", new, " changed"));
	if (!is_free &&
		!(text_equal(&old->address, &new->address) && text_equal(&old->port, &new->port)))
		add_command(&c->found, CHANGE_TELLS, address_text(c, new), NULL);
	if (old->check_port != new->check_port)
		add_command(&c->found, CHANGE_TELLS,
			SERVER_TEXT(c, "set server", new, " check-port %u", new->check_port), NULL);
	if (old->weight != new->weight)
		add_command(&c->found, CHANGE_SILENT,
			SERVER_TEXT(c, "set server", new, " weight %u", new->weight), NULL);
	if (old->is_disabled != new->is_disabled)
		set_state(c, new);
}

static bool is_tracked(const struct comparing *c)
{
	return text_is(&c->section->key, "backend nodes");
}

static void compare_new_servers(struct comparing *c)
{
	size_t hint = 0;

	for (size_t i = 0; i < c->new.server_count; i++) {
		const struct server_line *new = &c->new.servers[i];
		const struct server_line *old = find_server(&c->old, &new->name, &hint);
		size_t any = 0;

		if (old)
			change_server(c, old, new);
		else if (is_tracked(c))
			change_add_reason(&c->found,
				xasprintf("no spare server is left for node %.*s",
					(int)new->name.len, new->name.at));
		else if (new->track.len > 0 && !find_server(&c->nodes->old, &new->track, &any))
			change_add_reason(&c->found,
				SERVER_TEXT(c, "what it would track does not run:", new, ""));
		else
			add_server(c, new);
		if (!old && new->track.len > 0)
			note_drained(c, new);
	}
}

static void compare_old_servers(struct comparing *c)
{
	size_t hint = 0;

	for (size_t i = 0; i < c->old.server_count; i++) {
		const struct server_line *old = &c->old.servers[i];

		if (find_server(&c->new, &old->name, &hint))
			continue;
		if (is_tracked(c)) {
			change_add_reason(&c->found, SERVER_TEXT(c, "no longer there:", old, ""));
			continue;
		}
		if (!old->is_disabled)
			add_command(&c->found, CHANGE_SILENT,
				SERVER_TEXT(c, "set server", old, " state maint"), NULL);
		add_command(&c->found, CHANGE_DELETE, SERVER_TEXT(c, "del server", old, ""), NULL);
	}
}

static bool has_range(const struct section_lines *lines, const struct change_text *wanted)
{
	for (size_t i = 0; i < lines->acl_count; i++) {
		struct change_text ranges = lines->acls[i].ranges;
		struct change_text range;

		while ((range = text_word(&ranges)).len > 0) {
			if (text_equal(&range, wanted))
				return true;
		}
	}
	return false;
}

/*
 * New ranges go into the first list. In which one an old range is in the running process depends on
 * its history, so it is deleted from all that there may be; therefore lists may become more here,
 * but never fewer.
 */
static void compare_ranges(struct comparing *c)
{
	const struct section_lines *old = &c->old;
	const struct section_lines *new = &c->new;
	struct change_text ranges, range;

	for (size_t i = 0; i < old->acl_count; i++) {
		if (i < new->acl_count && text_equal(&old->acls[i].id, &new->acls[i].id))
			continue;
		change_add_reason(&c->found,
			xasprintf("%.*s: fewer lists of source ranges", (int)c->proxy.len,
				c->proxy.at));
		return;
	}
	for (size_t i = 0; i < new->acl_count && old->acl_count > 0; i++) {
		ranges = new->acls[i].ranges;
		while ((range = text_word(&ranges)).len > 0) {
			if (!has_range(old, &range))
				add_command(&c->found, CHANGE_SILENT,
					xasprintf("add acl #%.*s %.*s", (int)old->acls[0].id.len,
						old->acls[0].id.at, (int)range.len, range.at),
					NULL);
		}
	}
	for (size_t i = 0; i < old->acl_count; i++) {
		ranges = old->acls[i].ranges;
		while ((range = text_word(&ranges)).len > 0) {
			for (size_t k = 0; k < old->acl_count && !has_range(new, &range); k++)
				add_command(&c->found, CHANGE_MAY_MISS,
					xasprintf("del acl #%.*s %.*s", (int)old->acls[k].id.len,
						old->acls[k].id.at, (int)range.len, range.at),
					NULL);
		}
	}
}

static void compare_fixed(struct comparing *c)
{
	size_t most = c->old.fixed_count > c->new.fixed_count ? c->old.fixed_count :
								c->new.fixed_count;

	for (size_t i = 0; i < most; i++) {
		const struct change_text *old = i < c->old.fixed_count ? &c->old.fixed[i] : NULL;
		const struct change_text *new = i < c->new.fixed_count ? &c->new.fixed[i] : NULL;

		if (old && new &&text_equal(old, new))
			continue;
		if (!new)
			new = old;
		/* The tab is not shown. */
		change_add_reason(&c->found,
			xasprintf("%.*s: changed: %.*s", (int)c->section->key.len,
				c->section->key.at, (int)new->len - 1, new->at + 1));
		return;
	}
}

static void move_commands(struct change *to, struct change *from)
{
	for (size_t i = 0; i < from->command_count; i++)
		add_command(to, from->commands[i].expect, take(from->commands[i].text),
			take(from->commands[i].otherwise));
	from->command_count = 0;
}

static void move_reasons(struct change *to, struct change *from)
{
	size_t told = from->reason_count < CHANGE_REASONS_MAX ? from->reason_count :
								CHANGE_REASONS_MAX;

	for (size_t i = 0; i < told; i++)
		change_add_reason(to, take(from->reasons[i]));
	to->reason_count += from->reason_count - told;
	from->reason_count = 0;
}

/* Return: true if commands are enough. */
static bool compare(struct change *change, const struct section *old, const struct section *new,
	struct tracked *nodes)
{
	struct comparing c = { .change = change, .section = new, .nodes = nodes };
	bool is_runtime;

	c.proxy = new->key;
	(void)text_word(&c.proxy);
	c.proxy = text_word(&c.proxy);
	section_lines_read(&c.old, old);
	section_lines_read(&c.new, new);
	compare_fixed(&c);
	if (c.found.reason_count == 0) {
		compare_new_servers(&c);
		compare_old_servers(&c);
		compare_ranges(&c);
	}
	is_runtime = c.found.reason_count == 0;
	if (is_runtime)
		move_commands(change, &c.found);
	else
		move_reasons(change, &c.found);
	change_fini(&c.found);
	section_lines_fini(&c.old);
	section_lines_fini(&c.new);
	return is_runtime;
}

/* The sections that run after the commands alone, in their order. */
struct kept {
	const struct section **at;
	size_t count;
	size_t capacity;
};

static void keep(struct kept *kept, const struct section *section)
{
	*array_add(kept->at, kept->count, kept->capacity) = section;
}

/* Sections that are gone still run until the reload: they stay where they were. */
static void keep_gone(struct change *change, struct sections *old, struct sections *new,
	size_t *next, size_t until, struct kept *kept)
{
	size_t hint = 0;

	for (; *next < until; (*next)++) {
		const struct section *section = &old->at[*next];

		if (sections_find(new, &section->key, &hint))
			continue;
		change_add_reason(
			change, xasprintf("%.*s: gone", (int)section->key.len, section->key.at));
		keep(kept, section);
	}
}

static void walk(struct change *change, struct sections *old, struct sections *new,
	struct tracked *nodes, struct kept *kept)
{
	size_t hint = 0, next = 0;

	for (size_t i = 0; i < new->count; i++) {
		const struct section *section = &new->at[i];
		const struct section *before = sections_find(old, &section->key, &hint);

		if (!before) {
			change_add_reason(change,
				xasprintf("%.*s: new", (int)section->key.len, section->key.at));
			continue;
		}
		if ((size_t)(before - old->at) >= next) {
			keep_gone(change, old, new, &next, (size_t)(before - old->at), kept);
			next++;
		}
		if (text_equal(&before->text, &section->text) ||
			compare(change, before, section, nodes))
			keep(kept, section);
		else
			keep(kept, before);
	}
	keep_gone(change, old, new, &next, old->count, kept);
}

static void make_partial(struct change *change, const struct kept *kept)
{
	auto_(strbuf_finip) struct strbuf body = { 0 };
	struct strbuf partial = { 0 };

	for (size_t i = 0; i < kept->count; i++)
		strbuf_add_len(&body, kept->at[i]->text.at, kept->at[i]->text.len);
	render_head(&partial, strbuf_text(&body), body.len);
	strbuf_add_len(&partial, strbuf_text(&body), body.len);
	change->partial_len = partial.len;
	change->partial = strbuf_take(&partial);
}

static void read_nodes(struct sections *sections, struct section_lines *ret_lines)
{
	const struct change_text key = { "backend nodes", strlen("backend nodes") };
	size_t hint = 0;
	const struct section *section = sections_find(sections, &key, &hint);

	if (section)
		section_lines_read(ret_lines, section);
}

/*
 * A server that is added while what it tracks is in maintenance does not inherit that, and would not
 * come back with it: it is spread once more.
 */
static void spread_drained(struct change *change, const struct tracked *nodes)
{
	for (size_t i = 0; i < nodes->drained_count; i++) {
		const struct change_text *name = &nodes->drained[i]->name;

		add_command(change, CHANGE_SILENT,
			xasprintf("set server nodes/%.*s state ready", (int)name->len, name->at),
			NULL);
		add_command(change, CHANGE_SILENT,
			xasprintf("set server nodes/%.*s state maint", (int)name->len, name->at),
			NULL);
	}
}

static void tracked_fini(struct tracked *nodes)
{
	section_lines_fini(&nodes->old);
	section_lines_fini(&nodes->new);
	free(nodes->drained);
}

void change_find(struct change_text old, struct change_text new, struct change *ret)
{
	struct change change = { .is_same = text_equal(&old, &new) };
	struct sections before = { 0 }, after = { 0 };
	auto_(tracked_fini) struct tracked nodes = { 0 };
	struct kept kept = { 0 };

	if (!change.is_same) {
		sections_read(&before, old);
		sections_read(&after, new);
		read_nodes(&before, &nodes.old);
		read_nodes(&after, &nodes.new);
		walk(&change, &before, &after, &nodes, &kept);
		spread_drained(&change, &nodes);
		if (change.reason_count > 0)
			make_partial(&change, &kept);
	}
	free(kept.at);
	sections_fini(&before);
	sections_fini(&after);
	*ret = change;
}

void change_fini(struct change *change)
{
	for (size_t i = 0; i < change->command_count; i++) {
		free(change->commands[i].text);
		free(change->commands[i].otherwise);
	}
	free(change->commands);
	for (size_t i = 0; i < change->reason_count && i < CHANGE_REASONS_MAX; i++)
		free(change->reasons[i]);
	free(change->partial);
	*change = (struct change){ 0 };
}
