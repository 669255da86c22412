#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every script passes shellcheck, each by itself: with all at once it reads what is sourced again for
# each script, which takes ten times as long.
cd "$(dirname "$0")/../.." || exit 1
# SC1091, SC2154, SC2034: what is sourced is checked itself, and uses what is set here.
# SC2015: `a && b || fail` is meant.
git ls-files -z '*.sh' test demo .ci/run |
	xargs -0 -n 1 -P "$(nproc)" shellcheck -e SC1091,SC2015,SC2034,SC2154
