/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/bgp_memory.h"

#include "base/file.h"
#include "base/mem.h"
#include "bgp/family.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_MAX = 4096 /* bytes; ours has about 100 */
};

void bgp_memory_boot_id(char ret_id[BGP_BOOT_ID_SIZE])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	ret_id[0] = '\0';
	if (!file)
		return;
	if (!fgets(ret_id, BGP_BOOT_ID_SIZE, file))
		ret_id[0] = '\0';
	(void)fclose(file);
}

static int read_text(const char *path, char text[FILE_MAX])
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return -errno;
	len = fread(text, 1, FILE_MAX - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return 0;
}

int bgp_memory_load(const char *path, struct bgp_memory *ret_memory)
{
	struct bgp_memory memory = { 0 };
	char text[FILE_MAX];
	const char *boot_id;
	const char *node;
	json_int_t router_id;
	int families;
	json_t *root;
	int r = read_text(path, text);

	if (r < 0)
		return r;
	root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	r = json_unpack(root, "{s:s, s:s, s:I, s:i}", "boot_id", &boot_id, "node", &node,
		"router_id", &router_id, "families", &families);
	if (r < 0 || strlen(boot_id) >= sizeof(memory.boot_id) ||
		strlen(node) >= sizeof(memory.node) || router_id < 0 || router_id > UINT32_MAX ||
		families < 0 || families > (int)BGP_FAMILIES_ALL) {
		json_decref(root);
		return -EBADMSG;
	}
	memcpy(memory.boot_id, boot_id, strlen(boot_id) + 1);
	memcpy(memory.node, node, strlen(node) + 1);
	memory.router_id = (uint32_t)router_id;
	memory.families = (uint8_t)families;
	json_decref(root);
	*ret_memory = memory;
	return 0;
}

int bgp_memory_save(const char *path, const struct bgp_memory *memory)
{
	json_t *root = json_pack("{s:s, s:s, s:I, s:i}", "boot_id", memory->boot_id, "node",
		memory->node, "router_id", (json_int_t)memory->router_id, "families",
		(int)memory->families);
	auto_(freep) char *text = json_dumps(root, JSON_COMPACT);

	json_decref(root);
	return text ? file_replace(path, text) : -ENOMEM;
}
