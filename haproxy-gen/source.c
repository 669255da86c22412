/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/source.h"

static void open_both(const struct gen_settings *settings, struct source *source)
{
	*source = (struct source){ .model = model_new() };
	if (settings->allocator == GEN_ALLOCATE_MANIFESTS)
		source->ipam = ipam_new(IPAM_MANIFESTS, settings->load_balancer_class);
}

void source_fini(struct source *source)
{
	conf_directory_free(source->directory);
	ipam_free(source->ipam);
	model_free(source->model);
	*source = (struct source){ 0 };
}

void source_settle(struct source *source, struct model_dirty *ret_dirty)
{
	model_take_dirty(source->model, ret_dirty);
	if (source->ipam)
		ipam_update(source->ipam, source->model, ret_dirty, NULL, NULL);
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
