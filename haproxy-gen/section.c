/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/section.h"

#include "base/mem.h"
#include "haproxy-gen/render.h"

#include <string.h>

#define SERVER "\tserver "
#define ACL    "\tacl allowed src -u "
#define TRACK  "nodes/"

enum {
	NEAR = 8, /* places after the expected one that are looked at */
};

bool text_equal(const struct change_text *a, const struct change_text *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

bool text_is(const struct change_text *text, const char *word)
{
	return strlen(word) == text->len && memcmp(text->at, word, text->len) == 0;
}

bool text_line(struct change_text *text, struct change_text *ret_line)
{
	const char *newline;

	if (text->len == 0)
		return false;
	newline = memchr(text->at, '\n', text->len);
	ret_line->at = text->at;
	ret_line->len = newline ? (size_t)(newline - text->at) : text->len;
	text->at += ret_line->len + (newline ? 1 : 0);
	text->len -= ret_line->len + (newline ? 1 : 0);
	return true;
}

struct change_text text_word(struct change_text *text)
{
	struct change_text word;

	while (text->len > 0 && *text->at == ' ') {
		text->at++;
		text->len--;
	}
	word = (struct change_text){ text->at, 0 };
	while (text->len > 0 && *text->at != ' ') {
		text->at++;
		text->len--;
		word.len++;
	}
	return word;
}

static bool begins(const struct change_text *text, const char *with)
{
	size_t len = strlen(with);

	return text->len >= len && memcmp(text->at, with, len) == 0;
}

void sections_read(struct sections *sections, struct change_text text)
{
	struct section *section = NULL;
	struct change_text line;

	while (text_line(&text, &line)) {
		bool is_first = line.len > 0 && line.at[0] != '\t' && line.at[0] != ' ' &&
			line.at[0] != '#';

		if (text_is(&line, RENDER_INCLUDE)) {
			/* How the VM's own text is laid out is not known: it is one piece. */
			section = array_add(sections->at, sections->count, sections->capacity);
			section->key = line;
			section->text = (struct change_text){ line.at,
				(size_t)(text.at + text.len - line.at) };
			return;
		}
		if (is_first) {
			section = array_add(sections->at, sections->count, sections->capacity);
			section->key = line;
			section->text.at = line.at;
		}
		if (section && (line.len == 0 || line.at[0] != '#'))
			section->text.len = (size_t)(text.at - section->text.at);
		else
			section = NULL;
	}
}

void sections_fini(struct sections *sections)
{
	free(sections->at);
	free(sections->table);
	*sections = (struct sections){ 0 };
}

static uint32_t hash_text(const struct change_text *text)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < text->len; i++)
		hash = (hash ^ (unsigned char)text->at[i]) * UINT32_C(16777619);
	return hash ^ hash >> 15;
}

static uint32_t *find_place(const struct sections *sections, const struct change_text *key)
{
	size_t i = hash_text(key);

	for (;; i++) {
		uint32_t *place = &sections->table[i & (sections->table_size - 1)];

		if (*place == 0 || text_equal(&sections->at[*place - 1].key, key))
			return place;
	}
}

void sections_index(struct sections *sections)
{
	if (sections->table)
		return;
	for (sections->table_size = 64; sections->table_size < 2 * sections->count;)
		sections->table_size *= 2;
	sections->table = xnew_array(uint32_t, sections->table_size);
	for (size_t i = 0; i < sections->count; i++)
		*find_place(sections, &sections->at[i].key) = (uint32_t)i + 1;
}

const struct section *sections_find(
	struct sections *sections, const struct change_text *key, size_t *hint)
{
	uint32_t place;

	/* A table costs more than all the rest, and is not needed where few come or go. */
	for (size_t i = *hint; i < sections->count && i < *hint + NEAR; i++) {
		if (text_equal(&sections->at[i].key, key)) {
			*hint = i + 1;
			return &sections->at[i];
		}
	}
	sections_index(sections);
	place = *find_place(sections, key);
	if (place == 0)
		return NULL;
	*hint = place;
	return &sections->at[place - 1];
}

static unsigned number_of(struct change_text word)
{
	unsigned number = 0;

	for (size_t i = 0; i < word.len && word.at[i] >= '0' && word.at[i] <= '9'; i++)
		number = number * 10 + (unsigned)(word.at[i] - '0');
	return number;
}

static void mix(uint64_t *digest, const struct change_text *word)
{
	for (size_t i = 0; i < word->len; i++)
		*digest = (*digest ^ (unsigned char)word->at[i]) * UINT64_C(1099511628211);
	*digest = (*digest ^ ' ') * UINT64_C(1099511628211);
}

/* "ADDRESS:PORT": the last colon parts them. */
static void cut_address(struct server_line *server, struct change_text word)
{
	size_t colon = word.len;

	while (colon > 0 && word.at[colon - 1] != ':')
		colon--;
	server->port = (struct change_text){ word.at + colon, word.len - colon };
	server->address = (struct change_text){ word.at, colon > 0 ? colon - 1 : 0 };
	if (server->address.len >= 2 && server->address.at[0] == '[') {
		server->address.at++;
		server->address.len -= 2;
	}
}

static void read_option(
	struct server_line *server, struct change_text word, struct change_text *rest)
{
	if (text_is(&word, "weight")) {
		server->weight = number_of(text_word(rest));
	} else if (text_is(&word, "port")) {
		server->check_port = number_of(text_word(rest));
	} else if (text_is(&word, "track")) {
		server->track = text_word(rest);
		mix(&server->rest, &server->track);
		if (begins(&server->track, TRACK)) {
			server->track.at += strlen(TRACK);
			server->track.len -= strlen(TRACK);
		}
	} else {
		server->is_checked |= text_is(&word, "check");
		mix(&server->rest, &word);
	}
}

static void read_server(struct section_lines *lines, struct change_text line)
{
	struct server_line *server = array_add(
		lines->servers, lines->server_count, lines->server_capacity);
	struct change_text word;

	line.at += strlen(SERVER);
	line.len -= strlen(SERVER);
	server->name = text_word(&line);
	cut_address(server, text_word(&line));
	server->weight = 1;
	server->options.at = line.at;
	while ((word = text_word(&line)).len > 0 && !text_is(&word, "#")) {
		if (text_is(&word, "disabled")) {
			server->is_disabled = true;
			break; /* render() writes it last */
		}
		read_option(server, word, &line);
		server->options.len = (size_t)(line.at - server->options.at);
	}
}

void section_lines_read(struct section_lines *lines, const struct section *section)
{
	struct change_text text = section->text;
	struct change_text line;

	while (text_line(&text, &line)) {
		if (begins(&line, SERVER)) {
			read_server(lines, line);
		} else if (begins(&line, ACL)) {
			struct acl_line *acl = array_add(
				lines->acls, lines->acl_count, lines->acl_capacity);

			line.at += strlen(ACL);
			line.len -= strlen(ACL);
			acl->id = text_word(&line);
			acl->ranges = line;
		} else if (line.len > 0) {
			*array_add(lines->fixed, lines->fixed_count, lines->fixed_capacity) = line;
		}
	}
}

void section_lines_fini(struct section_lines *lines)
{
	free(lines->servers);
	free(lines->acls);
	free(lines->fixed);
	*lines = (struct section_lines){ 0 };
}
