/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The BFD engine as a program, for scenarios and benches: sessions as arguments, orders on standard
 * input, one line on standard output for every event and for every session that is asked for.
 *
 *     bfd_peer peer=192.0.2.2,local=192.0.2.1,tx=50,rx=50,mult=3 ...
 *
 *     put SESSION    new, or other parameters
 *     drop SESSION
 *     admin down|up  all sessions
 *     ready on|off
 *     view           of all sessions, then "end"
 *     quit
 *
 * SESSION: peer=IP and any of local=IP, if=NAME, multihop, ttl=N, tx=MS, rx=MS, mult=N, patience=N,
 * passive, gated, auth=TYPE:ID:KEY (twice: two keys).
 */

#include "base/clock.h"
#include "base/mem.h"
#include "bfd/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LINE_MAX_ = 512
};

struct program {
	struct event_base *base;
	struct bfd_engine *engine;
	char line[LINE_MAX_];
	size_t len;
};

static int fail(const char *what, const char *text)
{
	(void)fprintf(stderr, "bfd_peer: %s: %s\n", what, text);
	return -EINVAL;
}

static int read_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (end == text || *end || number > max)
		return fail("not a number in range", text);
	*ret_number = number;
	return 0;
}

static int read_auth(char *text, struct bfd_auth_conf *auth)
{
	static const enum bfd_auth_type types[] = { BFD_AUTH_SIMPLE, BFD_AUTH_KEYED_MD5,
		BFD_AUTH_METICULOUS_MD5, BFD_AUTH_KEYED_SHA1, BFD_AUTH_METICULOUS_SHA1,
		BFD_AUTH_HMAC_SHA256 };
	const char *type = strsep(&text, ":");
	const char *id = strsep(&text, ":");
	struct bfd_secret *secret = &auth->keys[auth->key_count];
	unsigned long number;

	if (!id || !text || strlen(text) > BFD_KEY_MAX || auth->key_count == BFD_KEYS_MAX)
		return fail("not TYPE:ID:KEY", type);
	if (read_number(id, UINT8_MAX, &number) < 0)
		return -EINVAL;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (strcmp(bfd_auth_type_name(types[i]), type) == 0)
			auth->type = types[i];
	}
	secret->id = (uint8_t)number;
	secret->len = (uint8_t)strlen(text);
	memcpy(secret->bytes, text, secret->len);
	auth->key_count++;
	return 0;
}

static int read_flag(const char *name, struct bfd_session_conf *conf)
{
	if (strcmp(name, "multihop") == 0)
		conf->key.is_multihop = true;
	else if (strcmp(name, "passive") == 0)
		conf->timing.is_passive = true;
	else if (strcmp(name, "gated") == 0)
		conf->is_gated = true;
	else
		return fail("no such word", name);
	return 0;
}

static int read_figure(const char *name, const char *value, struct bfd_session_conf *conf)
{
	unsigned long number;

	if (read_number(value, 3600000, &number) < 0)
		return -EINVAL;
	if (strcmp(name, "ttl") == 0)
		conf->min_ttl = (uint8_t)number;
	else if (strcmp(name, "tx") == 0)
		conf->timing.tx_us = (uint32_t)number * 1000;
	else if (strcmp(name, "rx") == 0)
		conf->timing.rx_us = (uint32_t)number * 1000;
	else if (strcmp(name, "mult") == 0)
		conf->timing.multiplier = (uint8_t)number;
	else if (strcmp(name, "patience") == 0)
		conf->timing.patience = (uint8_t)number;
	else
		return fail("no such word", name);
	return 0;
}

static int read_word(char *word, struct bfd_session_conf *conf)
{
	const char *name = strsep(&word, "=");

	if (!word)
		return read_flag(name, conf);
	if (strcmp(name, "peer") == 0)
		return ip_parse(word, &conf->key.peer);
	if (strcmp(name, "local") == 0)
		return ip_parse(word, &conf->key.local);
	if (strcmp(name, "auth") == 0)
		return read_auth(word, &conf->auth);
	if (strcmp(name, "if") != 0)
		return read_figure(name, word, conf);
	conf->key.ifindex = if_nametoindex(word);
	return conf->key.ifindex > 0 ? 0 : fail("no such interface", word);
}

/* Changes @text. */
static int read_session(char *text, struct bfd_session_conf *ret_conf)
{
	struct bfd_session_conf conf = {
		.timing = { .tx_us = 100000, .rx_us = 100000, .multiplier = 3 },
	};
	char *word;

	while ((word = strsep(&text, ","))) {
		if (read_word(word, &conf) < 0)
			return fail("not understood", word);
	}
	*ret_conf = conf;
	return 0;
}

static const char *event_name(enum bfd_event_type type)
{
	static const char *const names[] = {
		[BFD_EV_STATE] = "state",
		[BFD_EV_PEER_GONE] = "peer-gone",
		[BFD_EV_SOCKET] = "socket",
		[BFD_EV_STALL] = "stall",
	};

	return names[type];
}

static void on_event(void *user, const struct bfd_event *event)
{
	char peer[IP_TEXT_SIZE];

	(void)user;
	(void)printf("%s peer=%s old=%s state=%s cause=%s diag=%u remote_state=%s remote_diag=%u "
		     "silence_us=%" PRIu64 " detect_us=%" PRIu64 " stall_us=%" PRIu64 " error=%d\n",
		event_name(event->type), ip_format(&event->key.peer, peer),
		bfd_state_name(event->old_state), bfd_state_name(event->state),
		bfd_cause_name(event->cause), event->diag, bfd_state_name(event->remote_state),
		event->remote_diag, event->silence_ns / NS_PER_US, event->detect_ns / NS_PER_US,
		event->stall_ns / NS_PER_US, event->error);
}

static void print_view(void *user, const struct bfd_session_view *view)
{
	const struct bfd_session *session = view->session;
	const struct bfd_arrivals *arrivals = &session->arrivals;
	char peer[IP_TEXT_SIZE];

	(void)user;
	(void)printf("view peer=%s state=%s local=%u remote=%u diag=%u remote_diag=%u tx_us=%u "
		     "rx_us=%u remote_tx_us=%u remote_rx_us=%u detect_us=%" PRIu64
		     " poll=%d flaps=%u in=%" PRIu64 " out=%" PRIu64 " gap_us=%" PRIu64 "/%" PRIu64
		     "/%" PRIu64 " error=%d drops=",
		ip_format(&view->key.peer, peer), bfd_state_name(session->state),
		session->discriminator, session->remote_discriminator, session->diag,
		session->remote_diag, session->tx_us, session->rx_us, session->remote_tx_us,
		session->remote_rx_us, session->detect_ns / NS_PER_US, session->is_polling,
		session->flaps, view->packets_in, view->packets_out, arrivals->min_ns / NS_PER_US,
		arrivals->count > 0 ? arrivals->sum_ns / arrivals->count / NS_PER_US : 0,
		arrivals->max_ns / NS_PER_US, view->error);
	for (unsigned i = 0; i < BFD_DROP_COUNT_; i++) {
		if (view->drops[i] > 0)
			(void)printf("%s:%" PRIu64 ",", bfd_drop_name(i), view->drops[i]);
	}
	(void)printf("\n");
}

static void change(struct program *program, char *text, bool is_put)
{
	struct bfd_session_conf conf;
	int r = read_session(text, &conf);

	if (r == 0 && is_put)
		r = bfd_engine_put(program->engine, &conf);
	else if (r == 0)
		r = bfd_engine_drop(program->engine, &conf.key) ? 0 : -ENOENT;
	if (r < 0)
		(void)printf("refused error=%d\n", r);
}

static void obey(struct program *program, char *line)
{
	const char *order = strsep(&line, " ");

	if (strcmp(order, "view") == 0) {
		bfd_engine_visit(program->engine, print_view, NULL);
		(void)printf("end\n");
	} else if (strcmp(order, "quit") == 0) {
		(void)event_base_loopbreak(program->base);
	} else if (line && strcmp(order, "admin") == 0) {
		bfd_engine_set_admin_all(
			program->engine, strcmp(line, "down") == 0, BFD_DIAG_ADMIN_DOWN);
	} else if (line && strcmp(order, "ready") == 0) {
		bfd_engine_set_ready(program->engine, strcmp(line, "on") == 0, BFD_DIAG_ADMIN_DOWN);
	} else if (line && (strcmp(order, "put") == 0 || strcmp(order, "drop") == 0)) {
		change(program, line, order[0] == 'p');
	} else {
		(void)fail("no such order", order);
	}
}

static void on_input(evutil_socket_t fd, short events, void *arg)
{
	struct program *program = arg;
	ssize_t got = read(fd, program->line + program->len, LINE_MAX_ - 1 - program->len);
	char *rest = program->line;
	char *end;

	(void)events;
	if (got <= 0) {
		(void)event_base_loopbreak(program->base);
		return;
	}
	program->len += (size_t)got;
	program->line[program->len] = '\0';
	while ((end = strchr(rest, '\n'))) {
		*end = '\0';
		obey(program, rest);
		rest = end + 1;
	}
	program->len = strlen(rest);
	memmove(program->line, rest, program->len);
	if (program->len == LINE_MAX_ - 1)
		program->len = 0; /* no order is that long */
}

static void on_signal(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)event_base_loopbreak(arg);
}

int main(int argc, char **argv)
{
	const struct bfd_engine_conf conf = { .stall_ns = 100 * NS_PER_MS };
	struct program program = { .base = event_base_new() };
	struct event *input;
	struct event *stop;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	program.engine = bfd_engine_new(program.base, &conf, on_event, NULL);
	input = event_new(program.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &program);
	stop = evsignal_new(program.base, SIGTERM, on_signal, program.base);
	if (!input || !stop || event_add(input, NULL) < 0 || event_add(stop, NULL) < 0)
		return 1;
	for (int i = 1; i < argc; i++)
		change(&program, argv[i], true);
	(void)event_base_dispatch(program.base);
	(void)bfd_engine_free(program.engine);
	event_free(input);
	event_free(stop);
	event_base_free(program.base);
	return 0;
}
