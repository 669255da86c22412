/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whatever the texts of a Service, its slice and a Node are: haproxy.cfg has the lines that are
 * generated, and no other. The input is cut into texts at zero bytes; they go right into the
 * objects, past all validation.
 */

#include "base/mem.h"
#include "haproxy-gen/refusals.h"
#include "haproxy-gen/render.h"
#include "tests/unit/model_build.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct texts {
	const char *at;
	size_t left;
};

static char *next(struct texts *texts, const char *otherwise)
{
	size_t len = strnlen(texts->at, texts->left);
	char *text = len > 0 ? xstrndup(texts->at, len) : xstrdup(otherwise);

	texts->at += len;
	texts->left -= len;
	if (texts->left > 0) {
		texts->at++;
		texts->left--;
	}
	return text;
}

static void rename_object(struct object *object, struct texts *texts, const char *ns)
{
	free(object->meta.name);
	object->meta.name = next(texts, "x");
	if (ns) {
		free(object->meta.ns);
		object->meta.ns = next(texts, ns);
	}
}

static void annotate(struct service *service, struct texts *texts)
{
	auto_(freep) char *key = next(texts, "mode");
	auto_(freep) char *full = xasprintf("bellman.dev/%s", key);
	auto_(freep) char *value = next(texts, "http");

	build_label(&service->object.meta.annotations, full, value);
}

static void add_service(struct model *model, struct texts *texts)
{
	struct service *service = build_object(MODEL_SERVICE, "Service", "default", "web");

	rename_object(&service->object, texts, "default");
	service->type = SERVICE_LOAD_BALANCER;
	service->load_balancer_class = NULL;
	service->ports.at = xnew_array(struct service_port, 1);
	service->ports.count = 1;
	service->ports.at[0].name = next(texts, "http");
	service->ports.at[0].port = (struct opt_int){ true, 80 };
	service->ports.at[0].node_port = (struct opt_int){ true, 30080 };
	service->ingress.at = xcalloc(1, sizeof(service->ingress.at[0]));
	service->ingress.count = 1;
	service->ingress.at[0].ip = next(texts, "198.51.100.1");
	service->source_ranges.at = xnew_array(char *, 1);
	service->source_ranges.count = 1;
	service->source_ranges.at[0] = next(texts, "10.0.0.0/8");
	annotate(service, texts);
	annotate(service, texts);
	(void)model_put(model, &service->object);
}

static void add_node(struct model *model, struct texts *texts)
{
	struct node *node = build_object(MODEL_NODE, "Node", NULL, "node-a");

	rename_object(&node->object, texts, NULL);
	node->addresses.at = xnew_array(struct node_address, 1);
	node->addresses.count = 1;
	node->addresses.at[0].type = xstrdup("InternalIP");
	node->addresses.at[0].address = next(texts, "192.0.2.11");
	(void)model_put(model, &node->object);
}

/* Words that a line of ours may begin with, and whether text of the cluster may follow. */
static const char *const firsts[] = { "global", "defaults", "backend nodes", "listen ",
	"# Written by ", "\tuser haproxy", "\tgroup haproxy",
	"\tstats socket /run/haproxy/admin.sock mode 600 level admin", "\tstats timeout 60s",
	"\tmode ", "\ttimeout ", "\toption ", "\thttp-check expect status 200", "\tretries 3",
	"\tserver ", "\tbind 1", "\tbind 2", "\tbind [", "\tbind ", "\tbalance ",
	"\thash-type consistent", "\tmaxconn ", "\tacl allowed src -u ",
	"\ttcp-request connection reject unless allowed" };

static void judge_line(const char *line, size_t len, size_t *binds)
{
	bool is_known = len == 0;

	for (size_t i = 0; i < COUNT_OF(firsts); i++) {
		size_t first = strlen(firsts[i]);

		is_known |= len >= first && memcmp(line, firsts[i], first) == 0;
	}
	if (!is_known)
		abort();
	*binds += len > 6 && memcmp(line, "\tbind ", 6) == 0;
	for (size_t i = 1; i < len; i++) {
		unsigned char byte = (unsigned char)line[i];

		/* Quotes, escapes, variables and comments are what could change the meaning. */
		if (byte < 0x20 || byte > 0x7e || strchr("\"'\\$`;{}", byte))
			abort();
	}
}

static void judge(const struct want *want, const char *text, size_t len)
{
	size_t binds = 0, wanted = 0;

	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);

		if (!newline)
			abort();
		judge_line(text + at, (size_t)(newline - text) - at, &binds);
		at = (size_t)(newline - text) + 1;
	}
	for (size_t i = 0; i < want->listen_count; i++)
		wanted += want->listens[i].bind_count;
	if (binds != wanted)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct texts texts = { (const char *)data, size };
	auto_(model_freep) struct model *model = model_new();
	auto_(gen_settings_freep) struct gen_settings *settings = gen_settings_new();
	auto_(want_freep) struct want *want = NULL;
	auto_(strbuf_finip) struct strbuf text = { 0 };
	auto_(strbuf_finip) struct strbuf refusals = { 0 };

	add_service(model, &texts);
	add_node(model, &texts);
	add_service(model, &texts);
	want = want_new(&(struct want_input){ .model = model, .settings = settings });
	render(&(struct render_input){ want, settings, { 2, 6, true }, NULL }, &text);
	judge(want, strbuf_text(&text), text.len);
	refusals_print(want, &refusals);
	json_decref(refusals_json(want));
	return 0;
}
