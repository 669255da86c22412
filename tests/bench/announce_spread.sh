#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time from the first to the last address announced when COUNT are taken at once, as a client sees it.
# Usage: tests/bench/announce_spread.sh BUILD-DIR [COUNT] (a release build). Topology: lib.sh.
set -u
build=$(realpath "${1:?usage: $0 BUILD-DIR [COUNT]}")
count=${2:-1000}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

make_segment
mkdir "$work/manifests"
python3 "$(dirname "$0")/make_tree.py" "$work/manifests" "$count"
start_in client "$work/arp.log" tcpdump -B 16384 -tt -l -n -i eth0 arp
wait_for 5 "tcpdump listens" grep -q 'listening on' "$work/arp.log" || fail "tcpdump"
start_bellmand node-a "$work/manifests" 'log = { level = "warn"; };' 'metrics = { listen = ""; };'

# announcements: time and address of each that a node made in request form
announcements() { awk '/who-has/ { sub(",", "", $7); if ($5 == $7) print $1, $5 }' "$work/arp.log"; }
seen() { [ "$(announcements | awk '$2 ~ /^10\.64\./ { print $2 }' | sort -u | wc -l)" -eq "$count" ]; }
wait_for 60 "all are announced" seen || fail "not all were announced"
announcements | awk -v count="$count" '
	$2 !~ /^10\.64\./ || ($2 in first) { next }
	{ first[$2] = $1; if (!begin) begin = $1; end = $1 }
	END { printf "addresses=%d first_to_last_ms=%.1f\n", count, (end - begin) * 1000 }'
