/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What HAProxy says, on its sockets and when it refuses a file: whatever it is, what is read of it
 * keeps its bounds.
 */

#include "base/mem.h"
#include "haproxy-gen/held.h"
#include "haproxy-gen/install.h"
#include "haproxy-gen/master.h"
#include "haproxy-gen/runtime.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each complaint is at most one address, which is not learned twice. */
static void learn(const char *text, size_t len)
{
	struct held held = { 0 };
	size_t count = held_learn(&held, text, 1);

	if (count != held.count || count > len / strlen("cannot bind socket [::1:1]") + 1)
		abort();
	for (size_t i = 0; i < held.count; i++) {
		const struct held_entry *entry = &held.at[i];

		if (entry->port == 0 || entry->error <= 0 ||
			(entry->ip.family != AF_INET && entry->ip.family != AF_INET6))
			abort();
		if (held_error(&held, &entry->ip, entry->port) != entry->error)
			abort();
	}
	if (held_learn(&held, text, 1) != 0)
		abort();
	held_fini(&held);
}

static void tell_alerts(const char *text)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	install_alerts(text, &out);
	if (out.len == 0 || strpbrk(strbuf_text(&out), "\n"))
		abort();
}

static void read_info(const char *text)
{
	struct runtime_info info;

	if (runtime_info_parse(text, &info) < 0)
		return;
	if (info.pid == 0 || strlen(info.version) >= sizeof(info.version) ||
		strchr(info.version, '\n'))
		abort();
}

static void read_procs(const char *text)
{
	struct master_procs procs;

	if (master_procs_parse(text, &procs) == 0 && procs.master == 0)
		abort();
}

/* What tells trouble is a line of the answer itself. */
static void find_trouble(const char *text, size_t len)
{
	struct change_text line;

	if (!runtime_find_trouble((struct change_text){ text, len }, &line))
		return;
	if (line.len == 0 || line.at < text || line.at + line.len > text + len ||
		memchr(line.at, '\n', line.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(freep) char *text = xstrndup((const char *)data, size);
	size_t len = strlen(text);

	learn(text, len);
	tell_alerts(text);
	read_info(text);
	read_procs(text);
	find_trouble(text, len);
	return 0;
}
