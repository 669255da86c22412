#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy finds nothing in what the clang build compiles.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ ! -f build-clang/compile_commands.json ]; then
	echo "needs the clang build: ./test makes it"
	exit 77
fi
# Its exit status alone does not tell: a file that it can not read is an error too.
found=$(git ls-files '*.c' | grep -v '^tests/' | xargs -P "$(nproc)" -n 8 \
	clang-tidy-14 -p build-clang --quiet 2>/dev/null | grep -E '(warning|error):')
[ -z "$found" ] && exit 0
echo "$found"
exit 1
