/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/source.h"

#include "base/log.h"
#include "haproxy-gen/addresses.h"

/* Only where this program gives the addresses is there something to remember. */
static void open_both(const struct gen_settings *settings, struct source *source)
{
	int r;

	*source = (struct source){ .model = model_new() };
	switch (settings->allocator) {
	case GEN_ALLOCATE_FOLLOW:
		return;
	case GEN_ALLOCATE_MANIFESTS:
		source->ipam = ipam_new(IPAM_MANIFESTS, settings->load_balancer_class);
		break;
	case GEN_ALLOCATE_SELF:
		source->ipam = ipam_new(IPAM_SELF, settings->load_balancer_class);
		break;
	}
	r = addresses_restore(settings, source->ipam);
	if (r < 0)
		log_error("assignments not restored: addresses may move",
			kv_str("state", settings->state), kv_errno(r));
}

void source_fini(struct source *source)
{
	conf_directory_free(source->directory);
	ipam_free(source->ipam);
	model_free(source->model);
	*source = (struct source){ 0 };
}

static void on_address(void *user, const struct ipam_change *change)
{
	struct source *source = user;

	(void)change;
	source->has_new_addresses = true;
}

void source_settle(struct source *source, struct model_dirty *ret_dirty)
{
	model_take_dirty(source->model, ret_dirty);
	if (source->ipam)
		ipam_update(source->ipam, source->model, ret_dirty, on_address, source);
}

static void settle_first(struct source *source)
{
	struct model_dirty dirty;

	source_settle(source, &dirty);
	model_dirty_fini(&dirty);
}

int source_load(const struct gen_settings *settings, struct source *source, struct report *report)
{
	int r;

	open_both(settings, source);
	r = conf_directory_load(source->model, settings->source.path, report);
	if (r < 0)
		return r;
	settle_first(source);
	return 0;
}

int source_watch(struct event_base *base, const struct gen_settings *settings,
	void (*on_change)(void *user), void *user, struct source *source)
{
	const struct conf_directory_conf conf = {
		.path = settings->source.path,
		.on_change = on_change,
		.user = user,
	};
	int r;

	open_both(settings, source);
	r = conf_directory_open(base, source->model, &conf, &source->directory);
	if (r == 0)
		settle_first(source);
	return r;
}
