#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every script passes shellcheck.
cd "$(dirname "$0")/../.." || exit 1
# SC1091: files that are sourced are checked themselves.
git ls-files -z '*.sh' test demo .ci/run | xargs -0 shellcheck -e SC1091
