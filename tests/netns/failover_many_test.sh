#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 500 addresses: a node dies, all it had is taken over; it comes back, and takes nothing. Then five
# failures in a row, of any node in any way. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"

make_cluster 200 100
# shellcheck disable=SC2119 # no settings besides
start_cluster
watched=(192.0.2.16 192.0.2.100 192.0.2.200 2001:db8::1:0 2001:db8::1:80)

others() { printf '%s\n' "${nodes[@]}" | grep -vxF "$1"; }

what="kill -9 with 500 addresses"
owner=$(owner_of 192.0.2.16)
[ "$(owned "$owner" | wc -l)" -gt 100 ] || fail "it has too few for this test"
start_client "${watched[@]}"
stop_node "$owner" KILL
mapfile -t left < <(others "$owner")
wait_for 10 "the others own all" all_owned "${left[@]}" || fail "$what: not taken over"
stop_client
at_most lost 50 "$what"
at_most silence_ms 3000 "$what"
for ip in 192.0.2.17 192.0.2.150 2001:db8::1:1 2001:db8::1:c0; do
	case $ip in
	*:*) answered=$(who_has6 $ip) ;;
	*) answered=$(who_has $ip) ;;
	esac
	[ "$(wc -l <<<"$answered")" = 1 ] && [ -n "$answered" ] || fail "$what: $ip is answered by: $answered"
done
cp "$work/owned" "$work/owned.before"
start_node "$owner"
wait_for 10 "all see all" all_up || fail "$what: sessions"
wait_for 10 "one owner each" all_owned || fail "$what: owners"
[ "$(owned "$owner" | wc -l)" = 0 ] || fail "$what: it took something back"

what="failures in a row"
RANDOM=7
for ((i = 0; i < 5; i++)); do
	node=${nodes[RANDOM % 3]}
	mapfile -t left < <(others "$node")
	fault=$((RANDOM % 3))
	case $fault in
	0) stop_node "$node" KILL ;;
	1) kill -STOP "$(pid_of "$node")" ;;
	2) ip -n "$run-switch" link set "$node" nomaster ;;
	esac
	wait_for 10 "the others own all" all_owned "${left[@]}" || fail "$what: number $i, $node, fault $fault"
	case $fault in
	0) start_node "$node" ;;
	1) kill -CONT "$(pid_of "$node")" ;;
	2) ip -n "$run-switch" link set "$node" master switch ;;
	esac
	wait_for 15 "all see all" all_up || fail "$what: sessions after number $i"
	wait_for 10 "one owner each" all_owned || fail "$what: owners after number $i"
done
echo "good"
