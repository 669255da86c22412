#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every setting and every command is in its manual page, and the pages and the unit are well-formed.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

# must_have PAGE WORD...: each in bold
must_have() {
	local page=$1 word

	shift
	for word in "$@"; do
		grep -qF -e "*$word*" "$page" && continue
		echo "$page: says nothing of $word"
		bad=1
	done
}

mapfile -t settings < <(sed -nE 's/^\t\{ "([a-z_.0-9]+)", +KEY_.*/\1/p' conf/settings*.c)
[ "${#settings[@]}" -gt 10 ] || { echo "no settings found in conf/settings.c"; bad=1; }
must_have docs/man/bellmand.conf.5.scd "${settings[@]}"
mapfile -t commands < <(build-asan/bellmanctl/bellmanctl --commands)
[ "${#commands[@]}" -gt 5 ] || { echo "bellmanctl tells no commands"; bad=1; }
must_have docs/man/bellmanctl.1.scd "${commands[@]}"
mapfile -t settings < <(sed -nE 's/^\t\{ "([a-z_.0-9]+)", +KEY_.*/\1/p' haproxy-gen/settings.c)
[ "${#settings[@]}" -gt 10 ] || { echo "no settings found in haproxy-gen/settings.c"; bad=1; }
must_have docs/man/haproxy-gen.conf.5.scd "${settings[@]}"
mapfile -t annotations < <(sed -nE 's/^\t\{ "([a-z-]+)", read_.*/bellman.dev\/\1/p' haproxy-gen/want_options.c)
[ "${#annotations[@]}" -gt 5 ] || { echo "no annotations found in haproxy-gen/want_options.c"; bad=1; }
must_have docs/man/haproxy-gen.1.scd "${annotations[@]}"
for page in docs/man/*.scd; do
	scdoc <"$page" >/dev/null || { echo "$page: scdoc refuses it"; bad=1; }
done
for unit in deploy/systemd/*.service.in; do
	copy=$(mktemp -d)/$(basename "$unit" .in)
	# The program is not installed where the tests run.
	sed -E 's#@s?bindir@/[a-z-]+#/bin/true#' "$unit" >"$copy"
	found=$(systemd-analyze verify --man=no "$copy" 2>&1) || bad=1
	[ -z "$found" ] || { echo "$unit: $found"; bad=1; }
	rm -r "$(dirname "$copy")"
done
exit $bad
