/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/udp.h"

#include "base/file.h"
#include "base/mem.h"
#include "haproxy-gen/install.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TABLE "inet haproxy_gen"

static const char *family_word(uint8_t family)
{
	return family == WANT_V4 ? "ip" : "ip6";
}

static void add_set(struct strbuf *out, const struct ip *ips, size_t count)
{
	strbuf_add(out, "{ ");
	for (size_t i = 0; i < count; i++) {
		char text[IP_TEXT_SIZE];

		strbuf_addf(out, "%s%s", i > 0 ? ", " : "", ip_format(&ips[i], text));
	}
	strbuf_add(out, " }");
}

/* Nobody else gets through; without a range nobody does. */
static void add_ranges(struct strbuf *out, const struct want_udp *udp)
{
	if (udp->ranges.is_all || udp->ranges.count == 0)
		return;
	strbuf_addf(out, " %s saddr { ", family_word(udp->family));
	for (size_t i = 0; i < udp->ranges.count; i++) {
		char text[IP_PREFIX_TEXT_SIZE];

		strbuf_addf(
			out, "%s%s", i > 0 ? ", " : "", ip_prefix_format(&udp->ranges.at[i], text));
	}
	strbuf_add(out, " }");
}

static size_t count_serving(const struct want_udp *udp)
{
	size_t count = 0;

	for (size_t i = 0; i < udp->servers.count; i++)
		count += !udp->servers.at[i].is_disabled;
	return count;
}

static void add_choice(struct strbuf *out, const struct want_udp *udp, size_t total)
{
	const char *family = family_word(udp->family);
	size_t place = 0;

	if (udp->affinity_s > 0)
		strbuf_addf(
			out, " dnat %s to jhash %s saddr mod %zu map { ", family, family, total);
	else
		strbuf_addf(out, " dnat %s to numgen inc mod %zu map { ", family, total);
	for (size_t i = 0; i < udp->servers.count; i++) {
		const struct want_server *server = &udp->servers.at[i];
		char text[IP_TEXT_SIZE];

		if (server->is_disabled)
			continue;
		strbuf_addf(out, "%s%zu : %s", place > 0 ? ", " : "", place,
			ip_format(&server->node->ips[udp->family], text));
		place++;
	}
	strbuf_addf(out, " } : %u\n", udp->node_port);
}

static void add_rule(struct strbuf *out, const struct want_udp *udp)
{
	size_t total = count_serving(udp);

	if (total == 0 || (!udp->ranges.is_all && udp->ranges.count == 0))
		return;
	strbuf_addf(out, "\t\t# %s\n\t\t%s daddr ", udp->name, family_word(udp->family));
	add_set(out, udp->binds, udp->bind_count);
	strbuf_addf(out, " udp dport %u", udp->port);
	add_ranges(out, udp);
	add_choice(out, udp, total);
}

void udp_render(const struct want *want, struct strbuf *out)
{
	strbuf_add(out,
		"# Written by haproxy-gen, for nft -f: changes here are lost.\n"
		"table " TABLE "\ndelete table " TABLE "\ntable " TABLE " {\n"
		"\tchain nat_udp {\n"
		"\t\ttype nat hook prerouting priority dstnat; policy accept;\n");
	for (size_t i = 0; i < want->udp_count; i++)
		add_rule(out, &want->udp[i]);
	strbuf_add(out,
		"\t}\n\tchain masquerade_udp {\n"
		"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
		"\t\tmeta l4proto udp ct status dnat masquerade\n\t}\n}\n");
}

int udp_write(const char *path, const struct want *want, char **ret_why)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	auto_(freep) char *old = NULL;
	size_t len;
	int r;

	udp_render(want, &text);
	if (install_read(path, &old, &len) == 0 && len == text.len &&
		memcmp(old, text.text, len) == 0)
		return 0;
	r = file_write_beside(path, 0644, text.text, text.len);
	if (r == 0)
		r = file_put_in_place(path);
	if (r < 0)
		*ret_why = xasprintf("%s can not be written: %s", path, strerror(-r));
	return r;
}
