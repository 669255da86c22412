/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/refused.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <string.h>

void refused_fini(struct refused *refused)
{
	free(refused->key);
	free(refused->why);
	*refused = (struct refused){ 0 };
}

/* What a start can fail on: why it is to be, and all addresses. Nodes and weights are not in it. */
static char *key_of(const char *reason, struct change_text text)
{
	struct change_text line;
	struct strbuf key = { 0 };

	strbuf_add(&key, reason ? reason : "");
	while (text_line(&text, &line)) {
		if (line.len > 6 && memcmp(line.at, "\tbind ", 6) == 0)
			strbuf_add_len(&key, line.at, line.len);
	}
	return strbuf_take(&key);
}

void refused_set(struct refused *refused, const char *reason, struct change_text text,
	const char *why, uint64_t until_ns)
{
	refused_fini(refused);
	refused->key = key_of(reason, text);
	refused->why = xstrdup(why);
	refused->until_ns = until_ns;
}

const char *refused_why(
	const struct refused *refused, const char *reason, struct change_text text, uint64_t now_ns)
{
	auto_(freep) char *key = NULL;

	if (!refused->key || now_ns >= refused->until_ns)
		return NULL;
	key = key_of(reason, text);
	return strcmp(refused->key, key) == 0 ? refused->why : NULL;
}
