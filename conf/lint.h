/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is valid but surely not meant: Services that select nothing, ports that no container has,
 * addresses that no pool covers. Pure; each finding says what to write instead.
 */

#include "conf/report.h"
#include "model/model.h"

/* Adds warnings and notes about the objects of @model to @report. */
void conf_lint(const struct model *model, struct report *report);
