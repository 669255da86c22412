#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The speakers watch one another on a second network, so that a node that loses the link it serves on
# can still say so: another has its addresses long before the detection time. Again after 65 links of
# pods have come and gone, which is more than an agent knows links.
#
#   client --+
#   node-a --+-- switch            node-a --+
#   node-b --+                     node-b --+-- other (198.51.100.0/24)
#   node-c --+                     node-c --+
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"

# serves NODE: its link is back in its eyes
serves() { ctl "$1" -o json l2 | jq -e 'all(.addresses[]; .state != "aside")'; }

# carrier_lost: at the owner of the first address, whose peers go on hearing it
carrier_lost() {
	local owner node

	owner=$(owner_of "$first") || fail "$1: nobody owns $first"
	begin "$1: $owner" 2000 300
	fault "$owner" cable
	taken_over "$owner"
	for node in "${nodes[@]}"; do
		sees "$node" 2 || fail "$what: $node does not see all others meanwhile"
	done
	heal "$owner" cable
	wait_for 20 "$owner can serve" serves "$owner" || fail "$what: it does not serve again"
	settled
	finish
	grep -q 'address given up.*reason=no_link' "$work/$owner.log" || fail "$what: not given up for the link"
	at_most gap_ms 1000 "$what"
	gaps+=("$(figure gap_ms)")
}

make_addresses 2
second_network
# shellcheck disable=SC2119 # no settings besides
start_cluster
gaps=()
for ((i = 1; i <= 5; i++)); do
	carrier_lost "carrier lost, number $i"
done
for node in "${nodes[@]}"; do
	for ((i = 0; i < 65; i++)); do
		echo "link add pod$i type veth peer name pod$i-b"
		echo "link del pod$i"
	done | in_ns "$node" ip -batch - || fail "links of pods"
done
carrier_lost "carrier lost after 65 links went"
# On a quiet machine each is below 20.
printf '%s\n' "${gaps[@]}" | sort -n >"$work/gaps"
echo "outage in ms: $(xargs <"$work/gaps")"
[ "$(sed -n 3p "$work/gaps")" -lt 200 ] || fail "as slow as if nothing had been said: $(xargs <"$work/gaps")"
echo "good"
