#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A node whose kernel was started without IPv6 (its sockets are refused, by seccomp) fails over with
# two that have it, both ways. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"

make_cluster 0
for ((i = 0; i < 12; i++)); do
	write_service "$(printf 'four-%03d' $i)" IPv4
done >"$work/manifests/services.yaml"
under=("$build/tests/tools/without_ipv6")
start_node node-a
under=()
start_node node-b
start_node node-c
wait_for 20 "all nodes see all others" all_up || fail "sessions"
wait_for 10 "every address has one owner" all_owned || fail "owners at start"

# What it owns is taken over when it dies, as what it is told of is.
before=$(owned node-a)
[ -n "$before" ] || fail "node-a owns nothing although it was the first"
stop_node node-a KILL
wait_for 10 "the others take what node-a had ($before)" all_owned node-b node-c || fail "no heirs of node-a"
under=("$build/tests/tools/without_ipv6")
start_node node-a
under=()
wait_for 20 "all nodes see all others again" all_up || fail "sessions after a restart"
stop_node node-b KILL
stop_node node-c KILL
wait_for 10 "node-a takes all" all_owned node-a || fail "node-a is no heir"
grep -E 'ThreadSanitizer|AddressSanitizer|runtime error' "$work"/*.log && fail "a sanitizer complained"
echo "good"
