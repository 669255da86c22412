/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/assignments.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MAX = 256 << 20, /* bytes: far above 100,000 Services */
	FILE_MODE = 0640,
};

static json_t *ingress_of(const struct ipam_assignment *assignment)
{
	json_t *ingress = json_array();
	char text[IP_TEXT_SIZE];

	for (size_t i = 0; i < assignment->count; i++)
		(void)json_array_append_new(
			ingress, json_pack("{s:s}", "ip", ip_format(&assignment->ips[i], text)));
	return ingress;
}

static json_t *list_of(const struct ipam *ipam)
{
	json_t *items = json_array();

	for (const struct ipam_assignment *at = ipam_first(ipam); at; at = ipam_next(ipam, at)) {
		if (at->count == 0)
			continue;
		(void)json_array_append_new(items,
			json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:{s:{s:o}}}", "apiVersion",
				"v1", "kind", "Service", "metadata", "namespace", at->request->ns,
				"name", at->request->name, "annotations",
				"metallb.io/ip-allocated-from-pool", at->pools[0], "status",
				"loadBalancer", "ingress", ingress_of(at)));
	}
	return json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "List", "items", items);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, text, len);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			len -= (size_t)written;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* The rename itself is on the disk only when the folder is. */
static int sync_folder(const char *path)
{
	auto_(freep) char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

int assignments_save(const char *path, const struct ipam *ipam)
{
	auto_(freep) char *beside = xasprintf("%s.new", path);
	auto_(freep) char *text = NULL;
	json_t *list = list_of(ipam);
	int r;

	text = json_dumps(list, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(list);
	if (!text)
		return -ENOMEM;
	r = write_file(beside, text);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(beside);
		return r;
	}
	return sync_folder(path);
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

int assignments_load(const char *path, struct ipam *ipam)
{
	struct stat stat_;
	json_t *list;
	const json_t *items;
	const json_t *item;
	int count = 0;
	size_t i;

	if (stat(path, &stat_) < 0)
		return -errno;
	if (stat_.st_size > FILE_MAX)
		return -EFBIG;
	list = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	items = json_object_get(list, "items");
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
