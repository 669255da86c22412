/* SPDX-License-Identifier: Apache-2.0 */

#include "base/log.h"
#include "speaker/bgp_state.h"

void bgp_discard_open(struct speaker_bgp *bgp)
{
	int r = net_discard_open(&bgp->discard);

	if (r < 0 && bgp->settings->bgp.discard_aggregates)
		log_error("no discard routes for aggregates", kv_errno(r));
	if (r < 0 || bgp->settings->bgp.discard_aggregates)
		return;
	net_discard_clear(bgp->discard);
	bgp->discard = net_discard_free(bgp->discard);
}

void bgp_discard_set(struct speaker_bgp *bgp, const struct ip_prefix *prefix, bool is_announced)
{
	char text[IP_PREFIX_TEXT_SIZE];
	int r;

	if (!bgp->discard || prefix->len == ip_bits(prefix->ip.family))
		return;
	r = is_announced ? net_discard_put(bgp->discard, prefix) :
			   net_discard_drop(bgp->discard, prefix);
	if (r < 0)
		log_warn(is_announced ? "discard route not made" : "discard route not taken away",
			kv_str("prefix", ip_prefix_format(prefix, text)), kv_errno(r));
}

void bgp_discard_flush(struct speaker_bgp *bgp)
{
	if (bgp->discard && !bgp->has_swept)
		net_discard_sweep(bgp->discard);
	bgp->has_swept = true;
}
