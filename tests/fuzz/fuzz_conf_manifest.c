/* SPDX-License-Identifier: Apache-2.0 */

/* Documents, decoding, the rules, the rules together and lint: all that a manifest goes through. */

#include "base/mem.h"
#include "conf/decode.h"
#include "conf/lint.h"
#include "conf/manifest.h"
#include "conf/validate.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	CANDIDATES_MAX = 64
};

struct target {
	struct model *model;
	struct object *kept[CANDIDATES_MAX];
	size_t count;
};

static void on_good(void *user, struct object *object)
{
	struct target *t = user;

	if (validate_is_configuration(object->kind) && t->count < CANDIDATES_MAX)
		t->kept[t->count++] = decode_clone(object);
	(void)model_put(t->model, object);
}

static bool on_bad(void *user, const struct object_id *id, unsigned line)
{
	(void)user;
	(void)id;
	return line % 2;
}

static void on_unknown(void *user, const char *kind)
{
	(void)user;
	(void)kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target t = { .model = model_new() };
	struct validate_candidate candidates[CANDIDATES_MAX];
	auto_(report_finip) struct report report = { 0 };
	const struct manifest_sink sink = { on_good, on_bad, on_unknown, &report, &t };

	(void)manifest_read((const char *)data, size, "f", &sink);
	for (size_t i = 0; i < t.count; i++)
		candidates[i].object = t.kept[i];
	validate_together(candidates, t.count, &report);
	conf_lint(t.model, &report);
	json_decref(report_json(&report));
	for (size_t i = 0; i < t.count; i++)
		object_free(t.kept[i]);
	model_free(t.model);
	return 0;
}
