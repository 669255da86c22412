/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tests/golden/haproxy/NAME.yaml, with the settings NAME.conf if there are any, must give NAME.cfg
 * and, of what is not served, NAME.txt, byte for byte; and HAProxy must take NAME.cfg. With
 * GOLDEN_UPDATE in the environment the two are written instead, to be looked at.
 */

#include "base/mem.h"
#include "conf/directory.h"
#include "haproxy-gen/refusals.h"
#include "haproxy-gen/render.h"
#include "haproxy-gen/udp.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/etc/haproxy/certs" /* tls.folder in the settings of the cases */

static char scratch[] = "/tmp/haproxy_golden.XXXXXX";

static void must_equal(const char *name, const char *suffix, const char *text)
{
	auto_(freep) char *path = xasprintf("%s.%s", name, suffix);

	assert_golden(path, text);
}

static struct gen_settings *settings_of(const char *name)
{
	auto_(freep) char *path = xasprintf("%s.conf", name);
	auto_(report_finip) struct report report = { 0 };
	struct gen_settings *settings;

	if (access(path, R_OK) < 0)
		return gen_settings_new();
	assert_int_equal(gen_settings_load(path, &settings, &report), 0);
	return settings;
}

/* The folder of certificates is one of this test here; HAProxy opens nothing else when it checks. */
static void haproxy_must_take(const char *text)
{
	auto_(freep) char *path = xasprintf("%s/haproxy.cfg", scratch);
	auto_(freep) char *command = xasprintf("haproxy -c -q -f %s", path);
	auto_(strbuf_finip) struct strbuf local = { 0 };
	const char *at;

	while ((at = strstr(text, FOLDER)) != NULL) {
		strbuf_add_len(&local, text, (size_t)(at - text));
		strbuf_add(&local, scratch);
		text = at + strlen(FOLDER);
	}
	strbuf_add(&local, text);
	file_write(path, strbuf_text(&local));
	assert_int_equal(system(command), 0);
}

static bool has_certificate(void *user, const char *name)
{
	(void)user;
	return strcmp(name, "web.pem") == 0;
}

static struct ipam *allocate(struct model *model)
{
	struct ipam *ipam = ipam_new(IPAM_MANIFESTS, "");
	struct model_dirty dirty;

	model_take_dirty(model, &dirty);
	ipam_update(ipam, model, &dirty, NULL, NULL);
	model_dirty_fini(&dirty);
	return ipam;
}

static void the_file_is_as_wanted_and_haproxy_takes_it(void **state)
{
	const char *name = *state;
	auto_(freep) char *input_path = xasprintf("%s.yaml", name);
	auto_(model_freep) struct model *model = model_new();
	auto_(report_finip) struct report report = { 0 };
	auto_(gen_settings_freep) struct gen_settings *settings = NULL;
	auto_(ipam_freep) struct ipam *ipam = NULL;
	auto_(want_freep) struct want *want = NULL;
	auto_(strbuf_finip) struct strbuf text = { 0 };
	auto_(strbuf_finip) struct strbuf refusals = { 0 };
	auto_(strbuf_finip) struct strbuf rules = { 0 };

	assert_int_equal(chdir(HAPROXY_GOLDEN), 0);
	settings = settings_of(name);
	assert_int_equal(conf_directory_load(model, input_path, &report), 0);
	if (settings->allocator == GEN_ALLOCATE_MANIFESTS)
		ipam = allocate(model);
	want = want_new(&(struct want_input){
		.model = model,
		.settings = settings,
		.ipam = ipam,
		.has_certificate = has_certificate,
	});
	render(&(struct render_input){ want, settings, { 2, 6, true }, NULL }, &text);
	assert_int_equal(render_origin(strbuf_text(&text), text.len), RENDER_OURS);
	report_print(&report, true, &refusals);
	refusals_print(want, &refusals);
	must_equal(name, "cfg", strbuf_text(&text));
	must_equal(name, "txt", strbuf_text(&refusals));
	if (settings->output.udp[0]) {
		udp_render(want, &rules);
		must_equal(name, "nft", strbuf_text(&rules));
	}
	haproxy_must_take(strbuf_text(&text));
}

static int make_certificate(void **state)
{
	auto_(freep) char *command = NULL;

	(void)state;
	if (!mkdtemp(scratch))
		return -1;
	command = xasprintf("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
			    "-subj /CN=web -days 1 -keyout %s/key -out %s/cert 2>/dev/null && "
			    "cat %s/cert %s/key >%s/web.pem",
		scratch, scratch, scratch, scratch, scratch);
	return system(command);
}

static int remove_scratch(void **state)
{
	auto_(freep) char *command = xasprintf("rm -r %s", scratch);

	(void)state;
	return system(command);
}

#define ROW(name)                                                                       \
	{                                                                               \
		"golden_" name, the_file_is_as_wanted_and_haproxy_takes_it, NULL, NULL, \
			(char *)(uintptr_t)(name)                                       \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW("empty"),
		ROW("cluster"),
		ROW("local"),
		ROW("nodes"),
		ROW("last_node"),
		ROW("affinity"),
		ROW("peers"),
		ROW("ranges"),
		ROW("many_ranges"),
		ROW("annotations"),
		ROW("bad_annotations"),
		ROW("conflict"),
		ROW("dual_stack"),
		ROW("not_served"),
		ROW("udp"),
		ROW("udp_file"),
		ROW("allocator"),
		ROW("own"),
		ROW("node_port"),
		ROW("subset"),
		ROW("check_tcp"),
	};

	return cmocka_run_group_tests(tests, make_certificate, remove_scratch);
}
