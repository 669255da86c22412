/* SPDX-License-Identifier: Apache-2.0 */

#include "base/metrics.h"
#include "base/own.h"
#include "tests/unit/cmocka_all.h"

static void label_values_are_escaped(void **state)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	const struct metric_label labels[] = { { "pool", "a\"b\\c\nd" }, { "node", "n" } };

	(void)state;
	metrics_family(&out, "x_total", "counter", "Things.");
	metrics_sample(&out, "x_total", labels, 2, UINT64_MAX);
	metrics_sample_real(&out, "y", NULL, 0, 0.25);
	assert_string_equal(strbuf_text(&out),
		"# HELP x_total Things.\n# TYPE x_total counter\n"
		"x_total{pool=\"a\\\"b\\\\c\\nd\",node=\"n\"} 18446744073709551615\n"
		"y 0.25\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(label_values_are_escaped),
	};

	return cmocka_run_group_tests_name("base_metrics", tests, NULL, NULL);
}
