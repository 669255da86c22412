/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/render.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEAD   "# Written by haproxy-gen, which writes it anew: changes here are lost. "
#define DIGEST "Digest "

enum {
	DIGEST_LEN = 16,
	HEAD_LEN = sizeof(HEAD DIGEST "\n") - 1 + DIGEST_LEN,
	LANES = 4,
	NUMBER_MAX = 12,
};

/* Prepared once for each node and family: what stands on both sides of the node port. */
struct pieces {
	char *front; /* "\tserver NAME ADDRESS:" */
	char *track; /* " track nodes/SLOT" */
	size_t front_len;
	size_t track_len;
};

struct rendering {
	const struct render_input *input;
	struct strbuf *out;
	struct pieces *pieces[WANT_FAMILIES]; /* by the node's place in want->nodes */
	/* Most listeners say the same as the one before. */
	const struct want_options *options; /* the last ones */
	struct strbuf options_text;         /* their lines */
	struct strbuf server_text;          /* what each server has for them */
};

static const char *const balance_texts[] = {
	[WANT_ROUNDROBIN] = "roundrobin",
	[WANT_LEASTCONN] = "leastconn",
	[WANT_RANDOM] = "random",
	[WANT_FIRST] = "first",
	[WANT_SOURCE] = "source",
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

/*
 * A digest against editors, not against attackers: eight bytes at a time in four lanes, none of which
 * waits for another.
 */
static uint64_t digest(const char *text, size_t len)
{
	static const uint64_t seeds[LANES] = { UINT64_C(0x9e3779b97f4a7c15),
		UINT64_C(0xbf58476d1ce4e5b9), UINT64_C(0x94d049bb133111eb),
		UINT64_C(0xc2b2ae3d27d4eb4f) };
	uint64_t lanes[LANES];
	uint64_t hash = len;

	memcpy(lanes, seeds, sizeof(lanes));
	for (; len >= sizeof(lanes); text += sizeof(lanes), len -= sizeof(lanes)) {
		uint64_t words[LANES];

		memcpy(words, text, sizeof(words));
		for (size_t i = 0; i < LANES; i++)
			lanes[i] = mix(lanes[i], words[i]);
	}
	for (size_t i = 0; i < LANES; i++)
		hash = mix(hash, lanes[i]);
	for (size_t i = 0; i < len; i++)
		hash = mix(hash, (unsigned char)text[i]);
	return hash;
}

void render_head(struct strbuf *out, const char *body, size_t len)
{
	strbuf_addf(out, HEAD DIGEST "%016" PRIx64 "\n", digest(body, len));
}

void render_renew_head(char *text, size_t len)
{
	auto_(strbuf_finip) struct strbuf head = { 0 };

	render_head(&head, text + HEAD_LEN, len - HEAD_LEN);
	memcpy(text, head.text, HEAD_LEN);
}

enum render_origin render_origin(const char *text, size_t len)
{
	static const char front[] = HEAD DIGEST;
	char wanted[DIGEST_LEN + 1];

	if (len < HEAD_LEN || memcmp(text, front, sizeof(front) - 1) != 0)
		return RENDER_FOREIGN;
	(void)snprintf(
		wanted, sizeof(wanted), "%016" PRIx64, digest(text + HEAD_LEN, len - HEAD_LEN));
	if (memcmp(text + sizeof(front) - 1, wanted, DIGEST_LEN) != 0)
		return RENDER_EDITED;
	return RENDER_OURS;
}

static void add_number(struct strbuf *out, uint32_t number)
{
	char text[NUMBER_MAX];
	char *at = text + sizeof(text);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	strbuf_add_len(out, at, (size_t)(text + sizeof(text) - at));
}

/* "192.0.2.1:80" or "[2001:db8::1]:80" */
static void add_endpoint(struct strbuf *out, const struct ip *ip, uint32_t port)
{
	char text[IP_TEXT_SIZE];

	if (ip->family == AF_INET6)
		strbuf_add_char(out, '[');
	strbuf_add(out, ip_format(ip, text));
	strbuf_add(out, ip->family == AF_INET6 ? "]:" : ":");
	add_number(out, port);
}

static void add_line(struct strbuf *out, const char *word, const char *value)
{
	if (!value[0])
		return;
	strbuf_add_char(out, '\t');
	strbuf_add(out, word);
	strbuf_add_char(out, ' ');
	strbuf_add(out, value);
	strbuf_add_char(out, '\n');
}

static void add_global(struct strbuf *out, const struct render_input *input)
{
	const struct gen_settings *s = input->settings;

	strbuf_add(out, "global\n");
	add_line(out, "log", s->haproxy.log[0] ? s->haproxy.log : "");
	add_line(out, "chroot", s->haproxy.chroot);
	add_line(out, "user", s->haproxy.user);
	add_line(out, "group", s->haproxy.group);
	strbuf_addf(out, "\tstats socket %s mode 600 level admin\n", s->haproxy.admin_socket);
	/* A change of ten thousand servers is read by a slow client in more than the default 10 s. */
	strbuf_add(out, "\tstats timeout 60s\n");
	if (input->want->has_affinity)
		add_line(out, "localpeer", s->affinity.local);
	if (s->haproxy.maxconn > 0)
		strbuf_addf(out, "\tmaxconn %" PRIu32 "\n", s->haproxy.maxconn);
	if (s->haproxy.hard_stop_s > 0)
		strbuf_addf(out, "\thard-stop-after %" PRIu32 "s\n", s->haproxy.hard_stop_s);
	add_line(out, "crt-base", s->tls.folder);
	strbuf_add(out, "\n");
}

static void add_defaults(struct strbuf *out, const struct render_input *input)
{
	const struct gen_settings *s = input->settings;

	strbuf_add(out, "defaults\n\tmode tcp\n");
	if (s->haproxy.log[0])
		strbuf_add(out, "\tlog global\n\toption tcplog\n\toption dontlognull\n");
	strbuf_addf(out, "\ttimeout connect %" PRIu32 "ms\n", s->timeouts.connect_ms);
	strbuf_addf(out, "\ttimeout client %" PRIu32 "s\n", s->timeouts.client_s);
	strbuf_addf(out, "\ttimeout server %" PRIu32 "s\n", s->timeouts.server_s);
	/* A client that vanished while the other side said good-bye must not hold a slot for long. */
	strbuf_add(out,
		"\ttimeout client-fin 30s\n\ttimeout server-fin 30s\n"
		"\ttimeout http-request 10s\n\ttimeout http-keep-alive 60s\n"
		"\toption tcpka\n");
	strbuf_addf(out, "\tretries %" PRIu32 "\n\toption redispatch 1\n\n", s->timeouts.retries);
}

/*
 * A table lives through a reload only if a peer hands it over, be it this HAProxy itself. By TCP: a
 * worker that has given up root or is in a chroot does not reach a Unix socket; and an abstract one
 * can not be paused, so that a reload that fails would end the old worker too.
 */
static void add_peers(struct strbuf *out, const struct render_input *input)
{
	const struct gen_settings *s = input->settings;

	if (!input->want->has_affinity)
		return;
	strbuf_add(out, "peers lb\n");
	if (s->affinity.members.count == 0)
		strbuf_addf(out, "\tpeer %s %s\n", s->affinity.local, s->affinity.listen);
	for (size_t i = 0; i < s->affinity.members.count; i++)
		strbuf_addf(out, "\tpeer %s\n", s->affinity.members.at[i]);
	strbuf_add(out, "\n");
}

static void add_stats(struct strbuf *out, const struct render_input *input)
{
	const struct gen_settings *s = input->settings;

	if (s->stats.listen[0])
		strbuf_addf(out,
			"frontend stats\n\tmode http\n\tbind %s\n\tstats enable\n\tstats uri /\n"
			"\tstats refresh 10s\n\n",
			s->stats.listen);
	if (s->prometheus.listen[0] && input->version.has_prometheus)
		strbuf_addf(out,
			"frontend prometheus\n\tmode http\n\tbind %s\n"
			"\thttp-request use-service prometheus-exporter if { path /metrics }\n"
			"\thttp-request return status 404\n\n",
			s->prometheus.listen);
}

/* What a check of the node's own has behind `check`. */
static void add_check_pace(struct strbuf *out, const struct gen_settings *s, uint32_t interval_ms)
{
	strbuf_addf(out, " check inter %" PRIu32 "ms fall %" PRIu32 " rise %" PRIu32, interval_ms,
		s->nodes.fall, s->nodes.rise);
}

static void add_nodes(struct strbuf *out, const struct render_input *input)
{
	const struct gen_settings *s = input->settings;
	const struct want *want = input->want;

	strbuf_add(out, "backend nodes\n");
	if (s->nodes.check == GEN_CHECK_HTTP)
		strbuf_addf(out, "\toption httpchk GET %s\n\thttp-check expect status 200\n",
			s->nodes.check_path);
	for (size_t i = 0; i < want->slot_count; i++) {
		const struct want_slot *slot = &want->slots[i];
		const struct want_node *node = slot->node;

		strbuf_addf(out, "\tserver %s ", slot->name);
		if (node)
			add_endpoint(out,
				&node->ips[ip_is_set(&node->ips[WANT_V4]) ? WANT_V4 : WANT_V6],
				s->nodes.check_port);
		else
			strbuf_add(out, "0.0.0.0:0");
		if (s->nodes.check != GEN_CHECK_NONE)
			add_check_pace(out, s, s->nodes.interval_ms);
		if (!node || node->is_drained)
			strbuf_add(out, " disabled");
		strbuf_addf(out, " # %s\n", node ? node->name : "");
	}
	strbuf_add(out, "\n");
}

static void add_binds(struct strbuf *out, const struct want_listen *listen, bool is_transparent)
{
	for (size_t i = 0; i < listen->bind_count; i++) {
		strbuf_add(out, "\tbind ");
		add_endpoint(out, &listen->binds[i], listen->port);
		if (listen->family == WANT_V6)
			strbuf_add(out, " v6only");
		if (is_transparent)
			strbuf_add(out, " transparent");
		if (listen->options->certificate)
			strbuf_addf(out, " ssl crt %s", listen->options->certificate);
		strbuf_add_char(out, '\n');
	}
}

static void add_ranges(struct strbuf *out, const struct want_listen *listen)
{
	const struct want_ranges *ranges = &listen->ranges;

	if (ranges->is_all)
		return;
	/* A list may not be empty: no client has the address that stands for none. */
	if (ranges->count == 0)
		strbuf_addf(out, "\tacl allowed src -u %" PRIu32 " %s\n", ranges->acl_ids[0],
			listen->family == WANT_V4 ? "0.0.0.0/32" : "::/128");
	for (size_t i = 0; i < ranges->count; i++) {
		char text[IP_PREFIX_TEXT_SIZE];

		if (i % WANT_RANGES_A_LINE == 0)
			strbuf_addf(out, "%s\tacl allowed src -u %" PRIu32, i > 0 ? "\n" : "",
				ranges->acl_ids[i / WANT_RANGES_A_LINE]);
		strbuf_add_char(out, ' ');
		strbuf_add(out, ip_prefix_format(&ranges->at[i], text));
	}
	strbuf_add(out, ranges->count > 0 ? "\n" : "");
	strbuf_add(out, "\ttcp-request connection reject unless allowed\n");
}

static void add_timeout(struct strbuf *out, const char *side, uint32_t ms)
{
	if (ms > 0)
		strbuf_addf(out, "\ttimeout %s %" PRIu32 "ms\n", side, ms);
}

static void add_options(
	struct strbuf *out, const struct render_input *input, const struct want_options *o)
{
	if (o->is_http)
		strbuf_add(out, "\tmode http\n\toption forwardfor\n");
	if (o->is_http && input->settings->haproxy.log[0])
		strbuf_add(out, "\toption httplog\n");
	add_line(out, "balance", balance_texts[o->balance]);
	if (o->balance == WANT_SOURCE)
		strbuf_add(out, "\thash-type consistent\n");
	if (o->maxconn > 0)
		strbuf_addf(out, "\tmaxconn %" PRIu32 "\n", o->maxconn);
	add_timeout(out, "client", o->client_ms);
	add_timeout(out, "server", o->server_ms);
	add_timeout(out, "connect", o->connect_ms);
	if (o->check == WANT_CHECK_PORT || o->check == WANT_CHECK_SELF)
		strbuf_addf(out, "\toption httpchk GET %s\n", o->check_path);
	if (o->check == WANT_CHECK_PORT)
		strbuf_add(out, "\thttp-check expect status 200\n");
	if (o->affinity_s > 0)
		strbuf_addf(out,
			"\tstick-table type ipv6 size %" PRIu32 " expire %" PRIu32 "s peers lb\n"
			"\tstick on src\n",
			input->settings->affinity.table_size, o->affinity_s);
}

/* What all servers of a listener have behind their weight and what they track. */
static void add_server_options(
	struct strbuf *out, const struct render_input *input, const struct want_options *o)
{
	if (o->check != WANT_CHECK_NODE && o->check != WANT_CHECK_NONE) {
		add_check_pace(out, input->settings, o->interval_ms);
		if (o->check_port > 0)
			strbuf_addf(out, " port %u", o->check_port);
	}
	if (o->proxy_protocol > 0)
		strbuf_add(out, o->proxy_protocol == 1 ? " send-proxy" : " send-proxy-v2");
	if (o->proxy_protocol > 0 && o->check == WANT_CHECK_SELF)
		strbuf_add(out, " check-send-proxy");
}

static void prepare_options(struct rendering *r, const struct want_options *options)
{
	if (r->options == options)
		return;
	r->options = options;
	strbuf_reset(&r->options_text);
	add_options(&r->options_text, r->input, options);
	strbuf_reset(&r->server_text);
	add_server_options(&r->server_text, r->input, options);
}

static void add_server(
	struct rendering *r, const struct want_listen *listen, const struct want_server *server)
{
	const struct want_options *o = listen->options;
	size_t i = (size_t)(server->node - r->input->want->nodes);
	const struct pieces *pieces = &r->pieces[listen->family][i];
	struct strbuf *out = r->out;
	bool tracks = o->check == WANT_CHECK_NODE;

	strbuf_add_len(out, pieces->front, pieces->front_len);
	add_number(out, listen->node_port);
	if (server->weight != 1)
		strbuf_addf(out, " weight %u", server->weight);
	if (tracks)
		strbuf_add_len(out, pieces->track, pieces->track_len);
	if (r->server_text.len > 0)
		strbuf_add_len(out, r->server_text.text, r->server_text.len);
	if (o->balance == WANT_SOURCE)
		strbuf_addf(out, " id %" PRIu32, server->node->id);
	/* What tracks a drained node is drained with it, and comes back with it. */
	if (server->is_disabled && !(tracks && server->node->is_drained))
		strbuf_add(out, " disabled");
	strbuf_add_char(out, '\n');
}

static void add_listen(struct rendering *r, const struct want_listen *listen)
{
	prepare_options(r, listen->options);
	strbuf_add(r->out, "listen ");
	strbuf_add(r->out, listen->name);
	strbuf_add_char(r->out, '\n');
	add_binds(r->out, listen, r->input->settings->frontends.transparent);
	strbuf_add_len(r->out, strbuf_text(&r->options_text), r->options_text.len);
	add_ranges(r->out, listen);
	for (size_t i = 0; i < listen->servers.count; i++)
		add_server(r, listen, &listen->servers.at[i]);
	strbuf_add_char(r->out, '\n');
}

static void prepare(struct rendering *r)
{
	const struct want *want = r->input->want;

	for (unsigned f = 0; f < WANT_FAMILIES; f++) {
		r->pieces[f] = xnew_array(struct pieces, want->node_count + 1);
		for (size_t i = 0; i < want->node_count; i++) {
			const struct want_node *node = &want->nodes[i];
			struct pieces *pieces = &r->pieces[f][i];
			char text[IP_TEXT_SIZE];

			pieces->front = xasprintf(
				f == WANT_V4 ? "\tserver %s %s:" : "\tserver %s [%s]:", node->name,
				ip_format(&node->ips[f], text));
			pieces->track = xasprintf(" track nodes/%s", node->slot);
			pieces->front_len = strlen(pieces->front);
			pieces->track_len = strlen(pieces->track);
		}
	}
}

static void clean_up(struct rendering *r)
{
	for (unsigned f = 0; f < WANT_FAMILIES; f++) {
		for (size_t i = 0; i < r->input->want->node_count; i++) {
			free(r->pieces[f][i].front);
			free(r->pieces[f][i].track);
		}
		free(r->pieces[f]);
	}
	strbuf_fini(&r->options_text);
	strbuf_fini(&r->server_text);
}

static void add_include(struct strbuf *out, const char *text)
{
	size_t len = strlen(text);

	strbuf_add(out, RENDER_INCLUDE "\n");
	strbuf_add_len(out, text, len);
	if (len > 0 && text[len - 1] != '\n')
		strbuf_add_char(out, '\n');
}

void render(const struct render_input *input, struct strbuf *out)
{
	struct rendering r = { .input = input, .out = out };

	render_head(out, "", 0); /* the digest is known last */
	add_global(out, input);
	add_defaults(out, input);
	add_peers(out, input);
	add_stats(out, input);
	add_nodes(out, input);
	prepare(&r);
	for (size_t i = 0; i < input->want->listen_count; i++)
		add_listen(&r, &input->want->listens[i]);
	clean_up(&r);
	if (input->include)
		add_include(out, input->include);
	render_renew_head(out->text, out->len);
}
