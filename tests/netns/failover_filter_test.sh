#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# For a minute a packet filter drops what the speakers of two of three nodes say to each other, while
# ARP and NDP go through: one is the owner. Each hears the other own the address, and neither hears it
# live. One owner is left in the end, frames stay few, and nothing moves when the filter is gone.
# Topology: cluster.sh.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"


make_addresses 2
# shellcheck disable=SC2119 # no settings besides
start_cluster
owner=$(owner_of "$first")
mapfile -t left < <(others "$owner")
deaf=${left[0]}

filter() {
	ip netns exec "$run-switch" nft -f - <<-EOF
		table bridge between {
			chain forward {
				type filter hook forward priority 0
				iifname "$1" oifname "$2" udp dport { 4784, 7473 } drop
				iifname "$2" oifname "$1" udp dport { 4784, 7473 } drop
			}
		}
	EOF
}
deaf_to_each_other() { ! sees "$owner" 2 && ! sees "$deaf" 2; }

begin "speakers that hear each other's ARP alone" 2000 3000
filter "$owner" "$deaf"
wait_for 10 "their session goes" deaf_to_each_other || fail "$what: the filter does nothing"
# Ten announcements of either, the last ones a second apart, until the worse one yields for good.
sleep 20
forget
before=$(claims)
sleep 40
[ $(($(claims) - before)) -le ${#all[@]} ] || fail "$what: $(($(claims) - before)) claims after it had settled"
wait_for 5 "one owner each" agreed 1 "${nodes[@]}" || fail "$what: owners"
holders=$(for node in "${nodes[@]}"; do owned "$node" | sed "s/^/$node /"; done)
ip netns exec "$run-switch" nft delete table bridge between
settled
[ "$holders" = "$(for node in "${nodes[@]}"; do owned "$node" | sed "s/^/$node /"; done)" ] ||
	fail "$what: addresses moved when the filter went"
finish
watched_at_most two_owners_ms 300
watched_at_most rounds_per_s 100
watched_at_most hellos_per_s 200
# The client saw the beginning too.
at_most two_owners_ms 8000 "$what"
at_most lost 50 "$what"
echo "good"
