#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every source is as clang-format 14 writes it.
cd "$(dirname "$0")/../.." || exit 1
git ls-files -z '*.c' '*.h' | xargs -0 clang-format-14 --dry-run -Werror
