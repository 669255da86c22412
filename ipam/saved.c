/* SPDX-License-Identifier: Apache-2.0 */

#include "ipam/saved.h"

#include "base/mem.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void put_text(FILE *file, const char *text)
{
	(void)fputc('"', file);
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20)
			(void)fprintf(file, "\\u%04x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			(void)fprintf(file, "\\%c", *text);
		else
			(void)fputc(*text, file);
	}
	(void)fputc('"', file);
}

static void put_member(FILE *file, const char *key, const char *text)
{
	(void)fprintf(file, "\"%s\": ", key);
	put_text(file, text);
}

static void put_service(FILE *file, const struct ipam_assignment *assignment)
{
	char text[IP_TEXT_SIZE];

	(void)fputs("{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {", file);
	put_member(file, "namespace", assignment->request->ns);
	(void)fputs(", ", file);
	put_member(file, "name", assignment->request->name);
	(void)fputs(", \"annotations\": {", file);
	put_member(file, "metallb.io/ip-allocated-from-pool", assignment->pools[0]);
	(void)fputs("}}, \"status\": {\"loadBalancer\": {\"ingress\": [", file);
	for (size_t i = 0; i < assignment->count; i++) {
		(void)fputs(i > 0 ? ", {" : "{", file);
		put_member(file, "ip", ip_format(&assignment->ips[i], text));
		(void)fputc('}', file);
	}
	(void)fputs("]}}}", file);
}

/* One line a Service: a tree of JSON for 10,000 of them would be what the agent needs most. */
static void put_list(FILE *file, const struct ipam *ipam)
{
	const char *separator = "\n ";

	(void)fputs("{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [", file);
	for (const struct ipam_assignment *at = ipam_first(ipam); at; at = ipam_next(ipam, at)) {
		if (at->count == 0)
			continue;
		(void)fputs(separator, file);
		put_service(file, at);
		separator = ",\n ";
	}
	(void)fputs("\n]}\n", file);
}

char *ipam_saved_text(const struct ipam *ipam)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		abort(); /* only memory can be missing */
	put_list(file, ipam);
	if (fclose(file) != 0 || !text)
		abort();
	return text;
}

/* The addresses of one item; the number of them, or -EBADMSG. */
static int restore_item(struct ipam *ipam, const json_t *item)
{
	const json_t *status = json_object_get(item, "status");
	const json_t *metadata = json_object_get(item, "metadata");
	const json_t *ingress = json_object_get(json_object_get(status, "loadBalancer"), "ingress");
	const char *name = json_string_value(json_object_get(metadata, "name"));
	const char *ns = json_string_value(json_object_get(metadata, "namespace"));
	const json_t *entry;
	size_t i;

	if (!name || !ns || !json_is_array(ingress))
		return -EBADMSG;
	json_array_foreach(ingress, i, entry)
	{
		const char *text = json_string_value(json_object_get(entry, "ip"));
		struct ip ip;

		if (!text || ip_parse(text, &ip) < 0)
			return -EBADMSG;
		ipam_restore(ipam, ns, name, &ip);
	}
	return (int)json_array_size(ingress);
}

int ipam_restore_saved(struct ipam *ipam, const char *text, size_t len)
{
	json_t *list = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *items = json_object_get(list, "items");
	const json_t *item;
	int count = 0;
	size_t i;

	if (!json_is_array(items))
		count = -EBADMSG;
	json_array_foreach(items, i, item)
	{
		int r = count < 0 ? count : restore_item(ipam, item);

		count = r < 0 ? r : count + r;
	}
	json_decref(list);
	return count;
}
