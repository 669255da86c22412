/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/notification.h"
#include "bgp/received.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const uint8_t *data, size_t size, const struct bgp_update_context *context)
{
	struct bgp_received received = { 0 };
	struct bgp_update update;
	enum bgp_verdict verdict = bgp_update_parse(wire_reader(data, size), context, &update);

	if (verdict != update.verdict)
		abort();
	if (verdict >= BGP_UPDATE_WITHDRAW && update.why.code != BGP_ERR_UPDATE)
		abort(); /* a fault must be told */
	if (verdict != BGP_UPDATE_RESET)
		bgp_received_add(&received, &update);
	if (received.count > BGP_RECEIVED_MAX)
		abort();
	bgp_received_fini(&received);
}

/* The first octet chooses what the session agreed on, the rest is the body of an UPDATE. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bgp_update_context context = { .local_as = 65001 };

	if (size < 1)
		return 0;
	context.has_as4 = data[0] & 1;
	context.is_internal = data[0] & 2;
	context.extended_next_hop = data[0] >> 2 & 1;
	context.families = data[0] >> 3 & BGP_FAMILIES_ALL;
	context.add_path = data[0] >> 5 & BGP_FAMILIES_ALL;
	judge(data + 1, size - 1, &context);
	return 0;
}
