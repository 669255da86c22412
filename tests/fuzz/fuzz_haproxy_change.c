/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is read back: an installed file and what HAProxy answers. The input is cut at its first zero
 * byte; the two halves are the old and the new text, and each is taken for an answer too.
 */

#include "base/mem.h"
#include "haproxy-gen/change.h"
#include "haproxy-gen/master.h"
#include "haproxy-gen/slots.h"
#include "haproxy-gen/verify.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What runs after the commands alone is told where it is not all, and is a file like any other. */
static void judge(const struct change *change, struct change_text new)
{
	auto_(change_finip) struct change rest = { 0 };

	if ((change->partial != NULL) != (change->reason_count > 0))
		abort();
	if (change->partial)
		change_find(
			(struct change_text){ change->partial, change->partial_len }, new, &rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(freep) char *text = xstrndup((const char *)data, size);
	size_t cut = strlen(text);
	auto_(freep) char *second = xstrndup((const char *)data + (cut < size ? cut + 1 : size),
		cut < size ? size - cut - 1 : 0);
	const struct change_text old = { text, cut };
	const struct change_text new = { second, strlen(second) };
	auto_(change_finip) struct change change = { 0 };
	auto_(slots_finip) struct slots slots = { 0 };
	auto_(strbuf_finip) struct strbuf running = { 0 };
	struct master_procs procs;

	slots_read(&slots, text, cut);
	change_find(old, new, &change);
	judge(&change, new);
	(void)verify_running(old, second, &running);
	(void)(master_procs_parse(second, &procs) == 0);
	return 0;
}
