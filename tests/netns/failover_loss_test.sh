#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A minute in which every fifth frame between the nodes is lost, at each receiver by itself: the owner
# stays the owner. Then three parts, each of which serves its side, and a heal. Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"

make_cluster 1
# shellcheck disable=SC2119 # no settings besides
start_cluster
first=192.0.2.16
watched=("$first" 2001:db8::1:0)

# between_nodes VERDICT...: what happens to frames from one node to another
between_nodes() {
	ip netns exec "$run-switch" nft -f - <<-EOF
		table bridge between
		delete table bridge between
		table bridge between {
			chain forward {
				type filter hook forward priority 0
				iifname "node-*" oifname "node-*" $*
			}
		}
	EOF
}
taken() {
	local node

	for node in "${nodes[@]}"; do
		ctl "$node" -o json l2 | jq '[.counters.taken[]] | add // 0'
	done | paste -sd+ | bc
}

what="20 % loss for a minute"
before=$(taken)
start_client "${watched[@]}"
between_nodes numgen random mod 100 "<" 20 drop
sleep 60
between_nodes accept
stop_client
wait_for 10 "$what: all see all" all_up || fail "$what: sessions"
wait_for 5 "$what: one owner each" all_owned || fail "$what: owners"
after=$(taken)
# Two addresses, each at most one change; a change and its undoing are two claims.
[ $((after - before)) -le 2 ] || fail "$what: $((after - before)) claims"
at_most lost 50 "$what"
at_most two_owners_ms 500 "$what"
ctl node-a -o json l2 | jq -c .counters

what="three parts"
between_nodes drop
alone() { [ "$(ctl "$1" -o json l2 | jq .alone)" = true ] && [ "$(owned "$1" | wc -l)" = 2 ]; }
for node in "${nodes[@]}"; do
	wait_for 10 "$node serves its side" alone "$node" || fail "$what: $node does not serve"
done
between_nodes accept
wait_for 10 "$what: one owner each" all_owned || fail "$what: owners after the heal"
wait_for 10 "$what: all see all" all_up || fail "$what: sessions after the heal"
all_owned "${nodes[@]}" || fail "$what: owners when all see all"
order=$(ctl node-a -o json l2 | jq -r ".addresses[] | select(.ip == \"$first\") | .candidates[0]")
[ "$(owner_of $first)" = "$order" ] || fail "$what: not the first of the order has it"
echo "good"
