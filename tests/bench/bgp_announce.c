/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The announcer of the BGP benches: the engine and the Adj-RIB-Out with nothing around them.
 *
 *     bgp_announce ADDRESS PEER-AS LOCAL-AS ROUTES
 *
 * Announces ROUTES hosts from 10.0.0.0 on. On standard input, one line an order: "add N" and "del N"
 * for one host more or less, as a change of the model would come; each is answered by "changed NS",
 * nanoseconds of CLOCK_MONOTONIC right before the change. Ends with its input.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/engine.h"
#include "bgp/rib.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct announcer {
	struct event_base *base;
	struct bgp_engine *engine;
	struct bgp_session *session; /* while it is up */
	struct bgp_rib *rib;
	struct bgp_out *out;
};

static void wake(void *user)
{
	const struct announcer *announcer = user;

	if (announcer->session)
		bgp_session_wake(announcer->session);
}

static size_t fill(void *user, uint8_t *buf, size_t cap)
{
	const struct announcer *announcer = user;

	return bgp_out_fill(announcer->out, buf, cap);
}

static void on_event(void *user, const struct bgp_event *event)
{
	struct announcer *announcer = user;

	switch (event->type) {
	case BGP_EVENT_UP:
		announcer->session = event->session;
		bgp_session_set_output(event->session, fill, announcer);
		bgp_out_up(announcer->out, event->export);
		break;
	case BGP_EVENT_DOWN:
	case BGP_EVENT_GONE:
		announcer->session = NULL;
		bgp_out_down(announcer->out);
		break;
	case BGP_EVENT_UPDATE:
		break;
	case BGP_EVENT_EXPORT:
		bgp_out_set_export(announcer->out, event->export);
		break;
	case BGP_EVENT_FOUND:
		break;
	case BGP_EVENT_REFRESH:
		bgp_out_refresh(announcer->out, event->family);
		break;
	case BGP_EVENT_FAILED:
		break;
	}
}

static struct ip_prefix host(uint32_t n)
{
	const uint8_t bytes[] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	return (struct ip_prefix){ .ip = ip_from_bytes(AF_INET, bytes), .len = 32 };
}

static void put(const struct announcer *announcer, uint32_t n)
{
	const struct ip_prefix prefix = host(n);
	const struct bgp_attrs attrs = { 0 };

	(void)bgp_rib_put(announcer->rib, &prefix, &attrs);
}

static void drop(const struct announcer *announcer, uint32_t n)
{
	const struct ip_prefix prefix = host(n);

	(void)bgp_rib_drop(announcer->rib, &prefix);
}

static void on_input(evutil_socket_t fd, short what, void *user)
{
	struct announcer *announcer = user;
	char line[256];
	ssize_t len = read(fd, line, sizeof(line) - 1);
	uint64_t changed_ns;

	(void)what;
	if (len <= 0) {
		(void)event_base_loopbreak(announcer->base);
		return;
	}
	line[len] = '\0';
	changed_ns = clock_now_ns();
	for (char *at = line, *order; (order = strsep(&at, "\n")) && *order;) {
		uint32_t n = (uint32_t)strtoul(order + strcspn(order, " "), NULL, 10);

		if (strncmp(order, "add ", 4) == 0)
			put(announcer, n);
		else if (strncmp(order, "del ", 4) == 0)
			drop(announcer, n);
	}
	bgp_rib_flush(announcer->rib);
	(void)printf("changed %" PRIu64 "\n", changed_ns);
	(void)fflush(stdout);
}

static int set_peer(const struct announcer *announcer, char **argv)
{
	struct bgp_peer_conf peer = {
		.name = "sink",
		.peer_as = (uint32_t)strtoul(argv[2], NULL, 10),
		.local_as = (uint32_t)strtoul(argv[3], NULL, 10),
		.hold_seconds = 180,
		.families = BGP_FAMILY_BIT(BGP_IPV4_UNICAST),
		.role = BGP_ROLE_NONE,
	};
	int r = ip_parse(argv[1], &peer.address);

	if (r == 0)
		bgp_engine_set_peers(announcer->engine, &peer, 1);
	return r;
}

int main(int argc, char **argv)
{
	const struct bgp_engine_conf conf = { .router_id = UINT32_C(0xc0000201) };
	struct announcer announcer = { 0 };
	struct event_config *config = event_config_new();
	struct event *input;
	int status;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: %s ADDRESS PEER-AS LOCAL-AS ROUTES\n", argv[0]);
		return 2;
	}
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	announcer.base = event_base_new_with_config(config);
	event_config_free(config);
	announcer.rib = bgp_rib_new();
	announcer.out = bgp_out_new(announcer.rib, wake, &announcer);
	for (uint32_t n = 0; n < strtoul(argv[4], NULL, 10); n++)
		put(&announcer, n);
	bgp_rib_set_loaded(announcer.rib);
	announcer.engine = bgp_engine_new(announcer.base, &conf, on_event, &announcer);
	input = event_new(announcer.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &announcer);
	(void)event_add(input, NULL);
	status = set_peer(&announcer, argv) == 0 ? event_base_dispatch(announcer.base) : 2;

	event_free(input);
	announcer.engine = bgp_engine_free(announcer.engine);
	announcer.out = bgp_out_free(announcer.out);
	announcer.rib = bgp_rib_free(announcer.rib);
	event_base_free(announcer.base);
	return status < 0 ? 1 : status;
}
