/* SPDX-License-Identifier: Apache-2.0 */

/*
 * haproxy_render SERVICES NODES: time from the model to the text, to the difference of one drained
 * node, and to the disk; medians of ROUNDS, in milliseconds. For tests/bench/haproxy.sh.
 */

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/change.h"
#include "haproxy-gen/install.h"
#include "haproxy-gen/render.h"
#include "tests/unit/model_build.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUNDS = 9,
};

static void add_node(struct model *model, unsigned number, bool is_cordoned)
{
	auto_(freep) char *name = xasprintf("node-%03u", number);
	struct node *node = build_object(MODEL_NODE, "Node", NULL, name);

	node->unschedulable = is_cordoned;
	node->addresses.at = xcalloc(1, sizeof(node->addresses.at[0]));
	node->addresses.count = 1;
	node->addresses.at[0].type = xstrdup("InternalIP");
	node->addresses.at[0].address = xasprintf("10.0.%u.%u", number / 250, number % 250 + 1);
	(void)model_put(model, &node->object);
}

static void add_service(struct model *model, unsigned number)
{
	auto_(freep) char *name = xasprintf("service-%05u", number);
	struct service *service = build_object(MODEL_SERVICE, "Service", "default", name);

	service->type = SERVICE_LOAD_BALANCER;
	service->ports.at = xcalloc(1, sizeof(service->ports.at[0]));
	service->ports.count = 1;
	service->ports.at[0].port = (struct opt_int){ true, 80 };
	service->ports.at[0].node_port = (struct opt_int){ true, 30000 + number % 2768 };
	service->ingress.at = xcalloc(1, sizeof(service->ingress.at[0]));
	service->ingress.count = 1;
	service->ingress.at[0].ip = xasprintf("198.18.%u.%u", number / 250, number % 250 + 1);
	(void)model_put(model, &service->object);
}

static int by_value(const void *a, const void *b)
{
	const double *left = a;
	const double *right = b;

	return *left < *right ? -1 : *left > *right;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

static void make(const struct model *model, const struct gen_settings *settings,
	const struct slots *slots, struct strbuf *text)
{
	auto_(want_freep) struct want *want = want_new(
		&(struct want_input){ .model = model, .settings = settings, .slots = slots });

	strbuf_reset(text);
	render(&(struct render_input){ want, settings, { 2, 6, true }, NULL }, text);
}

/* Of this process: steadier than the time on the wall where others compute too. */
static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static double ms_since(uint64_t begin, uint64_t now)
{
	return (double)(now - begin) / 1e6;
}

int main(int argc, char **argv)
{
	unsigned services = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	unsigned nodes = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 3;
	auto_(model_freep) struct model *model = model_new();
	auto_(gen_settings_freep) struct gen_settings *settings = gen_settings_new();
	auto_(strbuf_finip) struct strbuf old = { 0 };
	auto_(strbuf_finip) struct strbuf text = { 0 };
	auto_(slots_finip) struct slots slots = { 0 };
	double make_ms[ROUNDS], change_ms[ROUNDS], write_ms[ROUNDS];
	size_t commands = 0;
	struct rusage usage;
	char file[] = "/tmp/haproxy_render.XXXXXX";
	int fd = mkstemp(file);

	/* As haproxy-gen run does. */
	(void)mallopt(M_TRIM_THRESHOLD, 128 << 20);
	(void)mallopt(M_MMAP_THRESHOLD, 16 << 20);
	for (unsigned i = 0; i < nodes; i++)
		add_node(model, i, false);
	for (unsigned i = 0; i < services; i++)
		add_service(model, i);
	make(model, settings, NULL, &old);
	slots_read(&slots, old.text, old.len);
	add_node(model, 1, true);
	for (size_t i = 0; i < ROUNDS; i++) {
		auto_(change_finip) struct change change = { 0 };
		uint64_t begin = cpu_now_ns();

		make(model, settings, &slots, &text);
		make_ms[i] = ms_since(begin, cpu_now_ns());
		begin = cpu_now_ns();
		change_find((struct change_text){ old.text, old.len },
			(struct change_text){ text.text, text.len }, &change);
		change_ms[i] = ms_since(begin, cpu_now_ns());
		commands = change.command_count;
		begin = clock_now_ns();
		if (file_write_beside(file, 0600, text.text, text.len) < 0 ||
			file_put_in_place(file) < 0)
			return 1;
		write_ms[i] = ms_since(begin, clock_now_ns());
	}
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf(
		"%u x %u: %zu bytes; render %.2f ms CPU, difference %.2f ms CPU (%zu command), write, "
		"fsync and rename %.2f ms; peak %ld MB\n",
		services, nodes, text.len, median(make_ms), median(change_ms), commands,
		median(write_ms), usage.ru_maxrss / 1024);
	(void)close(fd);
	(void)unlink(file);
	(void)unlink(xasprintf("%s.last", file));
	return 0;
}
