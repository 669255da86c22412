/* SPDX-License-Identifier: Apache-2.0 */

/* Which listeners HAProxy can not have: by trying, and by what it says. */

#include "base/mem.h"
#include "haproxy-gen/held.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct complaint_row {
	const char *name;
	const char *complaint;
	const char *ip;
	uint16_t port;
	int error; /* 0: nothing is learned */
};

static const struct complaint_row rows[] = {
	{ "the_words_of_2_6_are_read",
		"[ALERT] (7) : Starting proxy d.web.80: cannot bind socket (Address already in "
		"use) [198.51.100.30:80] [ALERT] (7) : [haproxy.main()] Some protocols failed",
		"198.51.100.30", 80, EADDRINUSE },
	{ "the_words_of_2_8_are_read",
		"[ALERT] (7) : Binding [/etc/haproxy/haproxy.cfg:34] for proxy d.web.80: cannot "
		"bind socket (Cannot assign requested address) for [198.51.100.30:80]",
		"198.51.100.30", 80, EADDRNOTAVAIL },
	{ "ipv6_is_read", "cannot bind socket (Address already in use) for [2001:db8::1:443]",
		"2001:db8::1", 443, EADDRINUSE },
	{ "another_error_names_nobody", "[ALERT] (7) : config : parsing [/etc/haproxy.cfg:3]",
		"192.0.2.1", 80, 0 },
	{ "a_unix_socket_is_no_address",
		"cannot bind socket (Address already in use) [/run/x.sock]", "192.0.2.1", 80, 0 },
	{ "a_port_of_zero_is_none", "cannot bind socket (?) [192.0.2.1:0]", "192.0.2.1", 0, 0 },
	{ "a_port_too_large_is_none", "cannot bind socket (?) [192.0.2.1:65616]", "192.0.2.1", 80,
		0 },
	{ "a_text_cut_off_is_none", "cannot bind socket (?) [192.0.2.1:80", "192.0.2.1", 80, 0 },
};

static void complaint_is_read(void **state)
{
	const struct complaint_row *row = *state;
	struct held held = { 0 };
	struct ip ip;

	assert_int_equal(ip_parse(row->ip, &ip), 0);
	assert_int_equal(held_learn(&held, row->complaint, 1), row->error ? 1 : 0);
	assert_int_equal(held_error(&held, &ip, row->port), row->error);
	held_fini(&held);
}

static void two_complaints_are_two_and_the_same_again_is_none(void **state)
{
	static const char text[] = "cannot bind socket (x) [192.0.2.1:80] cannot bind socket (x) "
				   "for [192.0.2.2:81] cannot bind socket (x) [192.0.2.1:80]";
	struct held held = { 0 };

	(void)state;
	assert_int_equal(held_learn(&held, text, 1), 2);
	assert_int_equal(held_learn(&held, text, 1), 0);
	held_fini(&held);
}

static void what_nobody_asks_for_is_forgotten(void **state)
{
	struct held held = { 0 };
	struct ip ip;

	(void)state;
	assert_int_equal(ip_parse("192.0.2.1", &ip), 0);
	assert_int_equal(held_learn(&held, "cannot bind socket (x) [192.0.2.1:80]", 100), 1);
	held_refresh(&held, 1, false);
	assert_int_not_equal(held_error(&held, &ip, 80), 0);
	held_refresh(&held, 2, false);
	assert_int_equal(held.count, 1);
	held_refresh(&held, 3, false);
	assert_int_equal(held.count, 0);
	held_fini(&held);
}

static void what_was_only_said_is_forgotten_in_doubt(void **state)
{
	struct held held = { 0 };
	struct ip ip;

	(void)state;
	assert_int_equal(ip_parse("127.0.0.1", &ip), 0);
	assert_int_equal(held_learn(&held, "cannot bind socket (x) [127.0.0.1:50081]", 100), 1);
	held_refresh(&held, 1, false);
	assert_int_not_equal(held_error(&held, &ip, 50081), 0);
	held_doubt(&held);
	held_refresh(&held, 2, false);
	assert_int_equal(held_error(&held, &ip, 50081), 0);
	held_fini(&held);
}

/* A listener of somebody else on 127.0.0.1; its port is the kernel's choice. */
static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void what_another_process_has_is_held_until_it_is_free(void **state)
{
	struct held held = { 0 };
	uint16_t port = 0;
	int fd = listen_somewhere(&port);
	struct ip ip;
	struct want_listen listen = { .family = WANT_V4, .binds = &ip, .bind_count = 1 };
	const struct want want = { .listens = &listen, .listen_count = 1 };

	(void)state;
	assert_int_equal(ip_parse("127.0.0.1", &ip), 0);
	listen.port = port;
	assert_int_equal(held_try(&held, &want, (struct change_text){ "", 0 }, false), 1);
	assert_int_equal(held_error(&held, &ip, port), EADDRINUSE);
	held_refresh(&held, 1, false);
	assert_int_equal(held_error(&held, &ip, port), EADDRINUSE);
	(void)close(fd);
	held_refresh(&held, 2, false);
	assert_int_equal(held_error(&held, &ip, port), 0);
	held_fini(&held);
}

static void what_haproxy_has_itself_is_not_tried(void **state)
{
	struct held held = { 0 };
	uint16_t port = 0;
	int fd = listen_somewhere(&port);
	struct ip ip;
	struct want_listen listen = { .family = WANT_V4, .binds = &ip, .bind_count = 1 };
	const struct want want = { .listens = &listen, .listen_count = 1 };
	char text[128];
	int len = snprintf(text, sizeof(text),
		"listen z\n\tbind 192.0.2.9:1\n\tbind 127.0.0.1:%u ssl crt x\n", port);

	(void)state;
	assert_int_equal(ip_parse("127.0.0.1", &ip), 0);
	listen.port = port;
	assert_int_equal(
		held_try(&held, &want, (struct change_text){ text, (size_t)len }, false), 0);
	(void)close(fd);
	held_fini(&held);
}

/* Then every address is as good as there. */
static bool is_nonlocal_allowed(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_nonlocal_bind", "re");
	bool is_allowed = file && fgetc(file) == '1';

	if (file)
		(void)fclose(file);
	return is_allowed;
}

static void an_address_that_is_not_there_is_held_unless_transparent(void **state)
{
	struct held held = { 0 };
	struct ip ip;
	struct want_listen listen = {
		.family = WANT_V4, .port = 50080, .binds = &ip, .bind_count = 1
	};
	const struct want want = { .listens = &listen, .listen_count = 1 };

	(void)state;
	if (is_nonlocal_allowed())
		skip();
	assert_int_equal(ip_parse("192.0.2.77", &ip), 0);
	assert_int_equal(held_try(&held, &want, (struct change_text){ "", 0 }, true), 0);
	assert_int_equal(held_try(&held, &want, (struct change_text){ "", 0 }, false), 1);
	assert_int_equal(held_error(&held, &ip, 50080), EADDRNOTAVAIL);
	held_fini(&held);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(rows) + 6];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, complaint_is_read, NULL, NULL,
			(void *)(uintptr_t)&rows[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		two_complaints_are_two_and_the_same_again_is_none);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		what_was_only_said_is_forgotten_in_doubt);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_nobody_asks_for_is_forgotten);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		what_another_process_has_is_held_until_it_is_free);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_haproxy_has_itself_is_not_tried);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(
		an_address_that_is_not_there_is_held_unless_transparent);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
