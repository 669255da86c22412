#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every script passes shellcheck.
cd "$(dirname "$0")/../.." || exit 1
# SC1091, SC2154: files that are sourced are checked themselves. SC2015: `a && b || fail` is meant.
git ls-files -z '*.sh' test demo .ci/run | xargs -0 shellcheck -e SC1091,SC2015,SC2154
