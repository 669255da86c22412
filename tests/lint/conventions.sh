#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rules of docs/hacking.md that a machine can check.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
complain() {
	echo "$1"
	bad=1
}
mapfile -t sources < <(git ls-files '*.c' '*.h')
for file in "${sources[@]}"; do
	[ "$(head -n 1 "$file")" = "/* SPDX-License-Identifier: Apache-2.0 */" ] ||
		complain "$file:1: the first line is not the SPDX line"
	lines=$(wc -l <"$file")
	case $file in
	tests/*) continue ;;
	*.h) [ "$lines" -le 200 ] || complain "$file: $lines lines; a header has at most 200" ;;
	*) [ "$lines" -le 600 ] || complain "$file: $lines lines; a source has at most 600" ;;
	esac
done
while IFS= read -r found; do
	complain "$found: no goto"
done < <(grep -nE '^[^*/"]*\bgoto\b' "${sources[@]}")
while IFS= read -r found; do
	complain "$found: no conditional compilation"
done < <(grep -nE '^#\s*(if|ifdef|ifndef)\b' "${sources[@]}")
while IFS= read -r found; do
	complain "$found: // comment"
done < <(grep -nE '^\s*//' "${sources[@]}")
# A function is from its opening brace in column 1 to the closing one.
while IFS= read -r found; do
	complain "$found"
done < <(awk 'FNR == 1 { start = 0 } /^{/ { start = FNR } /^}/ && start {
	if (FNR - start > 80) print FILENAME ":" start ": a function of " FNR - start " lines"
	start = 0 }' "${sources[@]}")
exit $bad
