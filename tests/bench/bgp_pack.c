/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What packing costs: the Adj-RIB-Out beside a program that only packs and does nothing else (the
 * floor). Prints a line for each size and way: microseconds until the first and the last octet of
 * the full table stand in a buffer, messages, octets, heap octets a route as the RIB counts them and
 * as malloc does.
 *
 *     bgp_pack [ROUTES...]      default: 1000 10000 100000
 *
 * Every number is the best of five rounds: on a busy machine the others measure the neighbours.
 */

#include "base/mem.h"
#include "bgp/message.h"
#include "bgp/rib.h"
#include "tests/bench/bgp_floor.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	ROUNDS = 5,
	BUF_SIZE = 65536,
};

struct result {
	uint64_t put_ns;    /* routes into the RIB */
	uint64_t fill_ns;   /* all of it into messages */
	uint64_t change_ns; /* one route more, into its message */
	uint64_t messages;
	uint64_t bytes;
	size_t memory;
	size_t allocated;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

/* Octets of heap in use. */
static size_t heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static struct ip_prefix host(uint32_t n)
{
	const uint8_t bytes[] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	return (struct ip_prefix){ .ip = ip_from_bytes(AF_INET, bytes), .len = 32 };
}

static struct bgp_export plain_export(void)
{
	return (struct bgp_export){
		.local_as = 65001,
		.message_max = BGP_MESSAGE_MAX,
		.has_as4 = true,
		.families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST),
		.next_hop_v4 = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } },
	};
}

static struct result run_floor(uint32_t routes, uint8_t *buf)
{
	auto_(freep) uint32_t *addresses = xnew_array(uint32_t, routes);
	const size_t size = routes * sizeof(*addresses);
	struct result result = { .memory = size, .allocated = size };
	uint64_t start;
	uint32_t n = 0;

	for (uint32_t i = 0; i < routes; i++)
		addresses[i] = UINT32_C(0x0a000000) | i;
	start = now_ns();
	while (n < routes) {
		result.bytes += floor_pack(addresses, routes, &n, buf);
		result.messages++;
	}
	result.fill_ns = now_ns() - start;
	result.messages++; /* End-of-RIB */
	result.bytes += FLOOR_END_OF_RIB_LEN;
	return result;
}

static void no_wake(void *user)
{
	(void)user;
}

static struct result run_rib(uint32_t routes, uint8_t *buf)
{
	const size_t before = heap();
	auto_(bgp_rib_freep) struct bgp_rib *rib = bgp_rib_new();
	auto_(bgp_out_freep) struct bgp_out *out = bgp_out_new(rib, no_wake, NULL);
	const struct bgp_export ex = plain_export();
	const struct bgp_attrs attrs = { 0 };
	const struct ip_prefix one_more = host(routes);
	struct result result = { 0 };
	uint64_t start = now_ns();

	for (uint32_t n = 0; n < routes; n++) {
		const struct ip_prefix prefix = host(n);

		(void)bgp_rib_put(rib, &prefix, &attrs);
	}
	result.put_ns = now_ns() - start;
	bgp_rib_set_loaded(rib);

	start = now_ns();
	bgp_out_up(out, &ex);
	while (bgp_out_fill(out, buf, BUF_SIZE) > 0) {
	}
	result.fill_ns = now_ns() - start;
	result.messages = bgp_out_view(out).messages;
	result.bytes = bgp_out_view(out).bytes;
	result.memory = bgp_rib_memory(rib);
	result.allocated = heap() - before;

	start = now_ns();
	(void)bgp_rib_put(rib, &one_more, &attrs);
	bgp_rib_flush(rib);
	(void)bgp_out_fill(out, buf, BUF_SIZE);
	result.change_ns = now_ns() - start;
	return result;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void report(const char *way, uint32_t routes, uint8_t *buf,
	struct result (*run)(uint32_t routes, uint8_t *buf))
{
	struct result best = run(routes, buf);

	for (int i = 1; i < ROUNDS; i++) {
		struct result result = run(routes, buf);

		best.put_ns = least(best.put_ns, result.put_ns);
		best.fill_ns = least(best.fill_ns, result.fill_ns);
		best.change_ns = least(best.change_ns, result.change_ns);
	}
	(void)printf("%-6s %7" PRIu32 " routes: put %6.3f ms, packed %6.3f ms, one more %5.1f us, "
		     "%3" PRIu64 " messages, %6" PRIu64
		     " octets, %5.1f octets of heap a route (%.1f by malloc)\n",
		way, routes, (double)best.put_ns / 1e6, (double)best.fill_ns / 1e6,
		(double)best.change_ns / 1e3, best.messages, best.bytes,
		(double)best.memory / routes, (double)best.allocated / routes);
}

int main(int argc, char **argv)
{
	static const char *const sizes[] = { "1000", "10000", "100000" };
	auto_(freep) uint8_t *buf = xcalloc(1, BUF_SIZE);

	for (size_t i = 0; i < (argc > 1 ? (size_t)argc - 1 : COUNT_OF(sizes)); i++) {
		unsigned long routes = strtoul(argc > 1 ? argv[i + 1] : sizes[i], NULL, 10);

		if (routes == 0 || routes > 1000000) {
			(void)fprintf(stderr, "usage: %s [ROUTES...] (1 to 1000000)\n", argv[0]);
			return 2;
		}
		report("floor", (uint32_t)routes, buf, run_floor);
		report("rib", (uint32_t)routes, buf, run_rib);
	}
	return 0;
}
