/* SPDX-License-Identifier: Apache-2.0 */

#include "base/clock.h"
#include "net/carrier.h"
#include "tests/unit/cmocka_all.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_change(void *user, const struct net_link_news *news)
{
	*(struct net_link_news *)user = *news;
}

static void set_up_or_down(const char *name, short flags)
{
	struct ifreq request = { .ifr_flags = flags };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)strcpy(request.ifr_name, name);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	(void)close(fd);
}

/* Runs the loop until @told is as wanted, at most 20 s. */
static void run_until(struct event_base *base, const struct net_link_news *told, bool has_carrier)
{
	uint64_t end_ns = clock_now_ns() + 20 * NS_PER_S;
	const struct timeval tick = { .tv_usec = 5000 };

	while ((told->ifindex == 0 || told->has_carrier != has_carrier) &&
		clock_now_ns() < end_ns) {
		(void)event_base_loopexit(base, &tick);
		(void)event_base_loop(base, EVLOOP_ONCE);
	}
	assert_int_equal(told->ifindex, if_nametoindex("lo"));
	assert_int_equal(told->has_carrier, has_carrier);
}

/* In a network namespace of its own, whose loopback is down at first. */
static void a_carrier_that_comes_and_goes_is_told(void **state)
{
	struct event_base *base = event_base_new();
	struct net_carrier *carrier = NULL;
	struct net_link_news told = { 0 };

	(void)state;
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		skip(); /* neither root nor user namespaces */
	assert_int_equal(net_carrier_open(base, on_change, &told, &carrier), 0);
	set_up_or_down("lo", IFF_UP);
	run_until(base, &told, true);
	set_up_or_down("lo", 0);
	run_until(base, &told, false);
	net_carrier_free(carrier);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_carrier_that_comes_and_goes_is_told),
	};

	return cmocka_run_group_tests_name("net_carrier", tests, NULL, NULL);
}
