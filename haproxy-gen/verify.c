/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/verify.h"

#include "base/mem.h"
#include "haproxy-gen/section.h"

#include <string.h>

/* Columns of `show servers state`, from its heading. */
enum {
	COLUMN_PROXY = 1,
	COLUMN_SERVER = 3,
	COLUMN_ADDRESS = 4,
	COLUMN_ADMIN = 6,
	COLUMN_WEIGHT = 7,
	COLUMN_PORT = 18,
	COLUMN_CHECK_PORT = 21,
	COLUMN_COUNT = 22,
};

enum {
	ADMIN_MAINTENANCE = 0x01, /* of its own, not that of what it tracks */
	ADMIN_DRAIN = 0x08,
};

struct running {
	struct change_text proxy;
	struct change_text name;
	struct change_text address;
	struct change_text port;
	unsigned admin;
	unsigned weight;
	unsigned check_port;
	bool is_known; /* the file has it */
};

struct all_running {
	struct running *at;
	size_t count;
	size_t capacity;
};

struct verifying {
	struct all_running running;
	size_t next; /* where the servers of the next section probably begin */
	size_t wrong;
	struct strbuf *out;
};

static unsigned number_of(const struct change_text *text)
{
	unsigned number = 0;

	for (size_t i = 0; i < text->len && text->at[i] >= '0' && text->at[i] <= '9'; i++)
		number = number * 10 + (unsigned)(text->at[i] - '0');
	return number;
}

static void read_line(struct all_running *all, struct change_text line)
{
	struct change_text columns[COLUMN_COUNT];

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		columns[i] = text_word(&line);
		if (columns[i].len == 0)
			return;
	}
	*array_add(all->at, all->count, all->capacity) = (struct running){
		.proxy = columns[COLUMN_PROXY],
		.name = columns[COLUMN_SERVER],
		.address = columns[COLUMN_ADDRESS],
		.port = columns[COLUMN_PORT],
		.admin = number_of(&columns[COLUMN_ADMIN]),
		.weight = number_of(&columns[COLUMN_WEIGHT]),
		.check_port = number_of(&columns[COLUMN_CHECK_PORT]),
	};
}

static void read_state(struct all_running *all, const char *state)
{
	struct change_text text = { state, strlen(state) };
	struct change_text line;

	while (text_line(&text, &line)) {
		/* The first line is the version of the format, the second a comment. */
		if (line.len > 0 && line.at[0] != '#')
			read_line(all, line);
	}
}

/* The servers of @proxy stand together. Return: their number, and where they begin. */
static size_t find_proxy(struct verifying *v, const struct change_text *proxy, size_t *ret_first)
{
	const struct all_running *all = &v->running;
	size_t count = 0, first = 0;

	for (size_t i = 0; i < all->count; i++) {
		first = (v->next + i) % all->count;
		if (text_equal(&all->at[first].proxy, proxy))
			break;
	}
	while (first + count < all->count && text_equal(&all->at[first + count].proxy, proxy))
		count++;
	*ret_first = first;
	if (count > 0)
		v->next = first + count;
	return count;
}

static bool is_maintained(const struct running *running)
{
	return running->admin & (ADMIN_MAINTENANCE | ADMIN_DRAIN);
}

static bool is_as_said(const struct running *running, const struct server_line *server)
{
	/* A free slot has no address that matters. */
	bool is_there = text_is(&server->address, "0.0.0.0") ||
		(text_equal(&running->address, &server->address) &&
			text_equal(&running->port, &server->port));

	return is_there && running->weight == server->weight &&
		(server->check_port == 0 || running->check_port == server->check_port) &&
		is_maintained(running) == server->is_disabled;
}

static void add_server(
	struct verifying *v, const struct running *running, const struct server_line *server)
{
	bool is_v6 = memchr(running->address.at, ':', running->address.len);

	strbuf_addf(v->out, "\tserver %.*s %s%.*s%s:%.*s", (int)running->name.len, running->name.at,
		is_v6 ? "[" : "", (int)running->address.len, running->address.at, is_v6 ? "]" : "",
		(int)running->port.len, running->port.at);
	if (server)
		strbuf_add_len(v->out, server->options.at, server->options.len);
	strbuf_addf(v->out, " weight %u", running->weight);
	if (server && server->check_port > 0)
		strbuf_addf(v->out, " port %u", running->check_port);
	strbuf_add(v->out, is_maintained(running) ? " disabled\n" : "\n");
}

static struct running *find_server(
	struct running *at, size_t count, const struct change_text *name, size_t *hint)
{
	for (size_t i = 0; i < count; i++) {
		size_t place = (*hint + i) % count;

		if (text_equal(&at[place].name, name)) {
			*hint = place + 1;
			return &at[place];
		}
	}
	return NULL;
}

/* A section of the file again, its servers as they run. */
static void add_section(
	struct verifying *v, const struct section *section, struct running *at, size_t count)
{
	struct section_lines lines = { 0 };
	struct change_text text = section->text;
	struct change_text line;
	size_t hint = 0, i = 0;

	section_lines_read(&lines, section);
	while (text_line(&text, &line)) {
		/* They were read in this order. */
		const struct server_line *server = i < lines.server_count ? &lines.servers[i] :
									    NULL;
		struct running *running;

		if (!server || server->name.at < line.at || server->name.at >= line.at + line.len) {
			strbuf_add_len(v->out, line.at, line.len);
			strbuf_add_char(v->out, '\n');
			continue;
		}
		i++;
		running = find_server(at, count, &server->name, &hint);
		if (running)
			running->is_known = true;
		v->wrong += !running || !is_as_said(running, server);
		if (running && is_as_said(running, server)) {
			strbuf_add_len(v->out, line.at, line.len);
			strbuf_add_char(v->out, '\n');
		} else if (running) {
			add_server(v, running, server);
		}
	}
	for (size_t k = 0; k < count; k++) {
		if (at[k].is_known || is_maintained(&at[k]))
			continue;
		v->wrong++;
		add_server(v, &at[k], NULL);
	}
	section_lines_fini(&lines);
}

size_t verify_running(struct change_text file, const char *state, struct strbuf *ret)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	struct verifying v = { .out = &out };
	struct sections sections = { 0 };

	read_state(&v.running, state);
	sections_read(&sections, file);
	for (size_t i = 0; i < sections.count; i++) {
		const struct section *section = &sections.at[i];
		struct change_text key = section->key;
		struct change_text proxy;
		size_t first, count = 0;

		(void)text_word(&key);
		proxy = text_word(&key);
		if (proxy.len > 0 && section->key.at[0] != '#')
			count = find_proxy(&v, &proxy, &first);
		if (count > 0)
			add_section(&v, section, v.running.at + first, count);
		else
			strbuf_add_len(&out, section->text.at, section->text.len);
	}
	if (v.wrong > 0)
		strbuf_add_len(ret, out.text, out.len);
	sections_fini(&sections);
	free(v.running.at);
	return v.wrong;
}
