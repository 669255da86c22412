/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What can be said about a directory of manifests without an agent: findings, what every Node would
 * announce and refuse, and what a change of them would move.
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
 * offline_plan() - who would get which address, and what each Node would make of it
 * @ret: owned by the caller:
 *
 *     { "services": [ { "namespace", "name", "addresses": [ { "ip", "pool", "owner" } ],
 *                       "reason", "detail" } ],
 *       "nodes": [ { "name", "announces": [ { "service", "ip" } ], "stands_by": COUNT,
 *                    "refuses": [ { "service", "reason", "detail" } ] } ],
 *       "findings": as report_json() makes it, without what lint adds }
 *
 * Services and nodes are in the order of their names. A Service's reason is "passed" or why no node
 * announces it. A node refuses what is its own affair; what stops a Service everywhere is in the
 * Service's own reason.
 *
 * Return: 0, or -errno if @path can not be read.
 */
must_check int offline_plan(const char *path, json_t **ret);

/**
 * offline_diff() - what changes from the plan @before to the plan @after
 *
 * Return: array of { "service", "change", "before", "after" }, in the order of Services; "change" is
 * "new", "gone", "address" (it has others), "node" (another node announces it) or "reason".
 */
json_t *offline_diff(const json_t *before, const json_t *after);
