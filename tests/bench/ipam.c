/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the allocator costs. COUNT Services get addresses one after the other, as an agent would give
 * them; then Services go and come at random. The same for the set of free addresses alone, from a
 * hundredth of COUNT upwards, so that the growth is seen. One line each:
 *
 *     POOL addresses=N allocate_per_s=N churn_per_s=N bytes_per_address=N
 *
 *     ipam [COUNT]      default: 100000
 */

#include "ipam/ipam.h"
#include "base/mem.h"
#include "ipam/free.h"
#include "ipam/pools.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>

enum {
	COUNT_DEFAULT = 100000,
	RANGES = 10000,
};

struct shape {
	const char *name;
	const char *prefix; /* NULL: many ranges of 64 addresses each */
	uint8_t family;
};

static const struct shape shapes[] = {
	{ "/8", "10.0.0.0/8", AF_INET },
	{ "/64", "2001:db8::/64", AF_INET6 },
	{ "10000-ranges", NULL, AF_INET },
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

static uint64_t per_second(size_t count, uint64_t begin_ns)
{
	return (uint64_t)((double)count * 1e9 / (double)(now_ns() - begin_ns));
}

static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* The text of entry @i of the pool; caller frees. */
static char *range_text(const struct shape *shape, unsigned i)
{
	if (shape->prefix)
		return xstrdup(shape->prefix);
	return xasprintf("10.%u.%u.0-10.%u.%u.63", i / 256, i % 256, i / 256, i % 256);
}

static size_t range_count(const struct shape *shape)
{
	return shape->prefix ? 1 : RANGES;
}

/* The lowest; every other one back, so that the set is in pieces; then random ones for the lowest. */
static void bench_free_set(const struct shape *shape, size_t count)
{
	auto_(free_set_freep) struct free_set *set = free_set_new();
	auto_(freep) struct ip *taken = xnew_array(struct ip, count);
	size_t before = heap_bytes();
	unsigned seed = 1;
	uint64_t begin;
	uint64_t allocate;

	for (unsigned i = 0; i < range_count(shape); i++) {
		auto_(freep) char *text = range_text(shape, i);
		struct ip_range range;

		if (pool_entry_parse(text, &range) < 0)
			abort();
		free_set_add_range(set, &range, i);
	}
	begin = now_ns();
	for (size_t i = 0; i < count; i++) {
		if (!free_set_lowest(set, false, &taken[i]) || !free_set_take(set, &taken[i]))
			abort();
	}
	allocate = per_second(count, begin);
	for (size_t i = 1; i < count; i += 2)
		free_set_give(set, &taken[i]);
	begin = now_ns();
	for (size_t i = 0; i < count; i++) {
		size_t k = (size_t)rand_r(&seed) % (count / 2) * 2;

		free_set_give(set, &taken[k]);
		if (!free_set_lowest(set, false, &taken[k]) || !free_set_take(set, &taken[k]))
			abort();
	}
	printf("free-set %s addresses=%zu allocate_per_s=%" PRIu64 " churn_per_s=%" PRIu64
	       " bytes_per_address=%.1f\n",
		shape->name, count, allocate, per_second(count, begin),
		(double)(heap_bytes() - before) / (double)count);
}

struct world {
	struct model *model;
	struct ipam *ipam;
};

static void settle(struct world *world)
{
	struct model_dirty dirty;

	model_take_dirty(world->model, &dirty);
	ipam_update(world->ipam, world->model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
}

static void add_string(struct strings *strings, char *text)
{
	strings->at = xreallocarray(strings->at, strings->count + 1, sizeof(strings->at[0]));
	strings->at[strings->count++] = text;
}

static void put_pool(struct world *world, const struct shape *shape)
{
	struct pool *pool = (struct pool *)object_new(MODEL_POOL, "IPAddressPool");

	pool->object.meta.ns = xstrdup("metallb-system");
	pool->object.meta.name = xstrdup("pool");
	for (unsigned i = 0; i < range_count(shape); i++)
		add_string(&pool->addresses, range_text(shape, i));
	(void)model_put(world->model, &pool->object);
	settle(world);
}

static void put_service(struct world *world, const struct shape *shape, size_t i)
{
	struct service *service = (struct service *)object_new(MODEL_SERVICE, "Service");

	service->object.meta.ns = xstrdup("default");
	service->object.meta.name = xasprintf("s%zu", i);
	service->type = SERVICE_LOAD_BALANCER;
	add_string(
		&service->cluster_ips, xstrdup(shape->family == AF_INET ? "10.96.0.1" : "fd00::1"));
	(void)model_put(world->model, &service->object);
}

static void remove_service(struct world *world, size_t i)
{
	auto_(freep) char *name = xasprintf("s%zu", i);

	(void)model_remove(
		world->model, &(struct object_id){ MODEL_SERVICE, "Service", "default", name });
}

static void bench_allocator(const struct shape *shape, size_t count)
{
	struct world world = { model_new(), ipam_new(IPAM_SELF, NULL) };
	size_t without;
	unsigned seed = 1;
	uint64_t begin;
	uint64_t allocate;
	size_t used;

	put_pool(&world, shape);
	begin = now_ns();
	for (size_t i = 0; i < count; i++) {
		put_service(&world, shape, i);
		settle(&world);
	}
	allocate = per_second(count, begin);
	used = heap_bytes();
	begin = now_ns();
	for (size_t i = 0; i < count; i++) {
		size_t k = (size_t)rand_r(&seed) % count;

		remove_service(&world, k);
		settle(&world);
		put_service(&world, shape, k);
		settle(&world);
	}
	allocate = allocate ? allocate : 1;
	printf("allocator %s addresses=%zu allocate_per_s=%" PRIu64 " churn_per_s=%" PRIu64,
		shape->name, count, allocate, per_second(count, begin));
	ipam_free(world.ipam);
	without = heap_bytes();
	printf(" bytes_per_address=%.1f\n", (double)(used - without) / (double)count);
	model_free(world.model);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : COUNT_DEFAULT;

	if (count < 100) {
		(void)fputs("usage: ipam [COUNT]      at least 100\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		for (size_t n = count / 100; n <= count; n *= 10)
			bench_free_set(&shapes[i], n);
	}
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		bench_allocator(&shapes[i], count);
	return 0;
}
