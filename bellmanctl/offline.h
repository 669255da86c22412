/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What can be said about a directory of manifests without an agent: findings, and what every Node
 * would announce.
 */

#include "base/own.h"

#include <jansson.h>

/**
 * offline_lint() - every finding about the manifests in @path
 * @ret: as report_json() makes it; owned by the caller
 *
 * Return: 0, or -errno if @path can not be read.
 */
must_check int offline_lint(const char *path, json_t **ret);

/**
 * offline_plan() - who would get which address, and who would announce it
 * @ret: array of {namespace, name, addresses: [{ip, pool, owner}], reason, detail}
 */
must_check int offline_plan(const char *path, json_t **ret);

/* What changes from the plan @before to the plan @after: array of {service, before, after}. */
json_t *offline_diff(const json_t *before, const json_t *after);
