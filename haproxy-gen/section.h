/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * haproxy.cfg as render() writes it, taken apart again: sections, and the lines of one that can be
 * changed while HAProxy runs. Pure; pieces are borrowed from the text.
 */

#include "haproxy-gen/change.h"

#include <stdint.h>

struct section {
	struct change_text key;  /* its first line: "listen default.web.80" */
	struct change_text text; /* all of it, the first line included */
};

/* Zero-initialise; free with sections_fini(). */
struct sections {
	struct section *at;
	size_t count;
	size_t capacity;
	uint32_t *table; /* place + 1 by the hash of the key; made when it is first needed */
	size_t table_size;
};

/* Cuts @text: what begins in the first column begins a section; comments there belong to none. */
void sections_read(struct sections *sections, struct change_text text);
void sections_fini(struct sections *sections);

/* Makes the table that sections_find() needs now, and not when it is first needed. */
void sections_index(struct sections *sections);

/* The section of that first line, or NULL. @hint: where it probably is; moved behind it. */
const struct section *sections_find(
	struct sections *sections, const struct change_text *key, size_t *hint);

/* One server, as far as the admin socket can change it. */
struct server_line {
	struct change_text name;
	struct change_text address; /* without the port */
	struct change_text port;
	struct change_text track;   /* of `track nodes/`; len 0: none */
	struct change_text options; /* all behind the port, without `disabled` and the comment */
	unsigned weight;
	unsigned check_port; /* 0: none */
	uint64_t rest;       /* a digest of the options that can not be changed */
	bool is_checked;
	bool is_disabled;
};

/* A list of source ranges: `acl allowed src -u ID PREFIX...` */
struct acl_line {
	struct change_text id;
	struct change_text ranges;
};

struct section_lines {
	struct server_line *servers;
	size_t server_count;
	size_t server_capacity;
	struct acl_line *acls;
	size_t acl_count;
	size_t acl_capacity;
	struct change_text *fixed; /* all other lines */
	size_t fixed_count;
	size_t fixed_capacity;
};

void section_lines_read(struct section_lines *lines, const struct section *section);
void section_lines_fini(struct section_lines *lines);

/* Cuts the next word off @text; len 0: there is none. */
struct change_text text_word(struct change_text *text);

/* Cuts the next line off @text, without its newline; false: there is none. */
bool text_line(struct change_text *text, struct change_text *ret_line);

bool text_equal(const struct change_text *a, const struct change_text *b);
bool text_is(const struct change_text *text, const char *word);
