#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No function without a caller: what an object file of the product offers is used by another one, or
# in its own source, or it stands below with who needs it. Needs the sanitizer build.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

# Tests, fuzzers, tools and benches need these and could not do without: sessions_packets() is what the
# documentation is held to. model_endpoint_port() is for a data plane.
kept="
arp_engine_drop
arp_engine_probe
arp_engine_put
bfd_engine_set_admin_all
bgp_attrs_add_as
bgp_community_parse
bgp_received_find
bgp_rib_attrs_count
bgp_rib_memory
gen_settings_parse
model_endpoint_port
ownership_serve
ownership_set
sessions_packets
settings_parse
"

mapfile -t objects < <(find build-asan/ -name '*.c.o' ! -path 'build-asan/tests/*' ! -path '*/meson-*')
[ "${#objects[@]}" -gt 100 ] || { echo "no objects in build-asan"; exit 1; }
used=$(nm -g -u "${objects[@]}" | awk '$1 == "U" { print $2 }' | sort -u)

# "PATH NAME" of what is defined and no other object uses
alone() {
	nm -A -g --defined-only "${objects[@]}" | awk -v used="$used" '
		BEGIN { split(used, names, "\n"); for (i in names) is_used[names[i]] = 1 }
		$2 == "T" && !($3 in is_used) { sub(/:.*/, "", $1); print $1, $3 }'
}

while read -r object name; do
	source=$(sed -E 's,^build-asan/([^/]+)/[^/]+/(.*)\.o$,\1/\2,' <<<"$object")
	[ "$name" = main ] || [ ! -f "$source" ] && continue
	grep -qxF "$name" <<<"$kept" && continue
	[ "$(grep -cw -- "$name" "$source")" -gt 1 ] && continue
	echo "$source: nobody calls $name()"
	bad=1
done < <(alone)
exit $bad
